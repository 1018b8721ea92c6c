/**
 * Goal: a node that is killed with SIGKILL at any moment, under load and while it starts, loses
 * nothing that it acknowledged, doubles nothing, invents nothing, and its clients go on by
 * themselves. Method: five clients append numbered claims all the time, two readers follow; the
 * node is killed and started on the same directory and port, 55 times. Then the log is read back
 * and held against what was sent, what was acknowledged and what the readers saw.
 *
 * `TEST_KILL_SEED` repeats the moments and sizes of a run (not what the system does between
 * them), `TEST_KILLS` sets how many kills there are.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { toHex } from "../../src/model/hex.js";
import { silentMetrics } from "../../src/observability/metrics.js";
import { silentProbe } from "../../src/observability/probe.js";
import { findOrFoundLog, openLog } from "../../src/server/open-log.js";
import { within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { ServerProcess } from "../support/server-process.js";
import { type Acknowledged, connectTo, Follower, Load, Probe } from "./kill-clients.js";
import { digestOf, NumberedAuthor, NumberedAuthors } from "./numbered-claims.js";

const test = suite("integration: kill");
const MiB = 1024 * 1024;
const killCount = Number(process.env["TEST_KILLS"] ?? 55);
const seed = Number(process.env["TEST_KILL_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const random = new Seeded(seed);
/** Segments as small as the configuration allows, so that many kills meet a change of segments. */
const flags = ["--wal-segment-bytes-max", "16MiB", "--wal-compression", "none"];

const moment = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

interface World {
  readonly server: ServerProcess;
  readonly loads: readonly Load[];
  readonly probe: Probe;
  readonly followers: readonly Follower[];
}

let world: World;
let killsWhileStarting = 0;

const authorOf = (name: string) => new NumberedAuthor(name, random.bytes(32));

async function openWorld(): Promise<World> {
  const server = await ServerProcess.create({ flags });
  const { address } = server;
  const load = (name: string, batchMax: number, paceMs: number) =>
    new Load({
      address,
      author: authorOf(name),
      random: new Seeded(random.below(2 ** 31)),
      batchMax,
      paceMs,
    });
  const loads = [
    load("large", 300, 12),
    load("mixed", 300, 16),
    load("small", 8, 3),
    load("single", 0, 1),
  ];
  const probe = new Probe({ author: authorOf("probe"), random, address });
  const followers = [new Follower(address, "client"), new Follower(address, "itself")];
  return { server, loads, probe, followers };
}

/** One life: killed after so many milliseconds, counted from the start or from when it serves. */
async function live(isKilledWhileStarting: boolean, ms: number): Promise<void> {
  const { server, probe } = world;
  server.spawn();
  let round: Promise<unknown> | undefined;
  if (!isKilledWhileStarting) {
    await server.untilServing();
    round = probe.round().catch((error: unknown) => error);
  }
  await moment(ms);
  const { signal } = await server.kill();
  assert.is(signal, "SIGKILL", `the node ended by itself: ${server.process.stderr()}`);
  const failure = await round;
  if (failure !== undefined) throw failure;
}

test("kill: under load and while it starts, and it comes back each time", async () => {
  console.log(`seed ${seed}`);
  world = await openWorld();
  for (let kill = 0; kill < killCount; kill++) {
    // The first ones meet the founding of the log.
    const isKilledWhileStarting = kill < 4 || random.chance(20);
    if (isKilledWhileStarting) killsWhileStarting++;
    await live(
      isKilledWhileStarting,
      isKilledWhileStarting ? 100 + random.below(450) : random.below(700),
    );
    for (const one of [...world.loads, ...world.followers]) one.check();
  }
  await world.server.start();
  assert.ok(killCount < 50 || world.server.lives > 50);
});

test("session: every client goes on by itself until all that it sent is acknowledged", async () => {
  const { loads, probe } = world;
  await within(30_000, Promise.all(loads.map((load) => load.stop())), "settling");
  await within(10_000, probe.settle(), "settling the probe");
  for (const { author, acknowledged } of [...loads, probe]) {
    assert.is(acknowledged.count, author.made, `${author.name}: all is acknowledged`);
    assert.ok(author.made > 0);
  }
  assert.ok(probe.existsCount > 0, "receipts were asked for again");
});

interface ReadBack {
  readonly indexes: Map<NumberedAuthor, number[]>;
  readonly size: number;
  /** Entries that are no numbered claim: of the node itself. */
  readonly others: number;
}

async function readBack(): Promise<ReadBack> {
  const { server, loads, probe, followers } = world;
  const writers = [...loads, probe];
  const authors = new NumberedAuthors(writers.map(({ author }) => author));
  const indexes = new Map<NumberedAuthor, number[]>();
  for (const { author } of writers) indexes.set(author, []);
  const client = connectTo(server.address);
  const { size } = await client.status();
  await within(20_000, Promise.all(followers.map((one) => one.until(size))), "following");
  let next = 0;
  let others = 0;
  for await (const event of client.subscribe({ start: "start", untilEnd: true })) {
    if (event.kind !== "entries") continue;
    assert.is(event.firstIndex, next, "positions are gapless");
    for (let at = 0; at < event.count; at++, next++) {
      const bytes = event.bytes(at);
      const digest = digestOf(bytes);
      for (const one of followers) assert.ok(one.digest(next).equals(digest), `index ${next}`);
      const author = authors.authorOf(bytes);
      const number = author?.numberOf(bytes);
      if (author === undefined) others++;
      else {
        assert.ok(number !== undefined, `index ${next}: an entry of ${author.name} never made`);
        const seen = indexes.get(author) ?? [];
        assert.is(number, seen.length, `index ${next}: ${author.name} in order, each once`);
        seen.push(next);
      }
    }
  }
  assert.is(next, size);
  client.close();
  return { indexes, size, others };
}

const placesOf = (acknowledged: Acknowledged, made: number): (number | undefined)[] =>
  Array.from({ length: made }, (_none, number) => acknowledged.indexOf(number));

test("log: what was acknowledged is there, where receipts say, in order, once", async () => {
  const { loads, probe, followers } = world;
  const { indexes, size, others } = await readBack();
  for (const { author, acknowledged } of [...loads, probe]) {
    const places = placesOf(acknowledged, author.made);
    assert.ok(
      indexes.get(author)?.every((index, number) => index === places[number]),
      `${author.name}: each entry stands where its receipt says`,
    );
    assert.is(indexes.get(author)?.length, author.made);
  }
  const made = [...loads, probe].reduce((sum, { author }) => sum + author.made, 0);
  assert.is(size, made + others);
  console.log(
    `${killCount} kills (${killsWhileStarting} while starting), ${made} entries, ` +
      `${probe.existsCount} receipts asked for again, ` +
      `${followers.map((one) => one.callCount).join(" and ")} calls of followers`,
  );
});

test("batches: no sequence stands in the log twice, and each writer's ascend", async () => {
  const { server, loads, probe } = world;
  assert.is((await server.stop()).code, 0, server.process.stderr());
  const options = {
    dataDirectory: server.dataDir,
    segmentBytesMax: 16 * MiB,
    reserveBytes: 0,
    cacheBytesMax: 8 * MiB,
    compression: "none",
    probe: silentProbe,
    metrics: silentMetrics,
  } as const;
  const found = await findOrFoundLog(nodeDisk, options);
  const log = await openLog(found, 0, options);
  assert.equal(log.damage, []);
  const highest = new Map<string, number>();
  let entries = 0;
  for await (const { author, writer, sequence, count } of log.batchesFrom(0)) {
    const name = toHex(author) + toHex(writer);
    assert.ok(sequence > (highest.get(name) ?? 0), "sequences ascend");
    highest.set(name, sequence);
    entries += count;
  }
  await log.close();
  // The clients, and the batch that the log was founded with.
  assert.is(highest.size, loads.length + 2);
  assert.is(entries, [...loads, probe].reduce((sum, { author }) => sum + author.made, 0) + 2);
  const segments = readdirSync(join(server.dataDir, "wal", toHex(found.logId))).filter((name) =>
    name.endsWith(".seg"),
  );
  console.log(`${segments.length} segments`);
  assert.ok(killCount < 50 || segments.length > 1, "segments changed under load");
});

test.run();
