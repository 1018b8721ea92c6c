/**
 * Goal: real views beside a real log: they follow, are found again, are built anew when they are of
 * no use, beside those that are read meanwhile; what is wrong with the log, the disk or the views
 * stops the views, says why, and never the log; and an end is quick wherever it comes. Method: a
 * writer in a process of its own, files damaged and exchanged by hand, a naive model of the claims.
 */
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Views, ViewsOptions } from "../../src/projection/views.js";
import { eventually, throwsFault } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { keptLines, ViewsSubject } from "./views-subject.js";

const test = suite("integration: views");

const never = new AbortController().signal;
const pauses = { msMin: 5, msMax: 50 };
const KiB = 1024;
const MiB = 1024 * KiB;

interface Node {
  readonly directory: string;
  readonly subject: ViewsSubject;
  readonly views: Views;
  readonly lines: string[];
  readonly close: () => Promise<void>;
}

async function start(
  directory = temporaryDirectory("views"),
  more: Partial<ViewsOptions> = {},
  appended?: readonly number[],
): Promise<Node> {
  const subject = await ViewsSubject.open(directory, 256 * KiB);
  subject.resume(appended ?? (await subject.numbersStored()));
  const { probe, lines } = keptLines();
  const views = await subject.openViews({ restarts: pauses, retries: pauses, probe, ...more });
  const close = async () => {
    await views.close();
    await subject.close();
  };
  return { directory, subject, views, lines, close };
}

async function checkAll({ views, subject }: Pick<Node, "views" | "subject">): Promise<void> {
  const reached = await views.reached(subject.log.size, { withinMs: 10_000, signal: never });
  assert.ok(reached, `the views reach ${subject.log.size}: ${JSON.stringify(views.status())}`);
  assert.equal(
    views.read((snapshot) => subject.differences(snapshot)),
    [],
  );
}

const generations = (directory: string): readonly string[] => readdirSync(join(directory, "db"));

test("follow: what was appended is there soon, and is found again after a restart", async () => {
  const random = new Seeded(1);
  const first = await start();
  for (let i = 0; i < 60; i++) await first.subject.append(1 + random.below(40), random);
  await checkAll(first);
  const before = performance.now();
  await first.subject.append(1);
  await first.views.reached(first.subject.log.size, { withinMs: 5_000, signal: never });
  assert.ok(performance.now() - before < 1_000);
  await eventually(() => first.views.status().lagMs === 0, 5_000);
  assert.equal(new Set(first.views.status().projections.map(({ state }) => state)).size, 1);
  await first.close();
  const second = await start(first.directory);
  await second.subject.append(20);
  await checkAll(second);
  assert.is(second.views.status().generation, 1);
  assert.not.ok(second.lines.some((line) => line.startsWith("views built")));
  await second.close();
});

test("rebuild: beside the views that are read, under load, and then in their place", async () => {
  const random = new Seeded(2);
  const node = await start();
  const { subject, views } = node;
  for (let i = 0; i < 60; i++) await subject.append(60, random);
  await checkAll(node);
  let isOver = false;
  let last = 0;
  const load = (async () => {
    while (!isOver) {
      await subject.append(1 + random.below(30), random);
      const size = views.read((snapshot) => snapshot.applied(subject.log.id)?.size ?? 0);
      assert.ok(size >= last, "a reader never goes back");
      last = size;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  let generation: number | undefined;
  let applied = 0;
  for await (const progress of views.rebuild(never)) {
    applied = progress.applied;
    generation = progress.generation;
  }
  assert.is(generation, 2);
  assert.ok(applied > 3_600);
  isOver = true;
  await load;
  await checkAll(node);
  assert.is(views.status().generation, 2);
  await eventually(() => generations(node.directory).join() === "2", 5_000, "the old one goes");
  await node.close();
  const again = await start(node.directory);
  await checkAll(again);
  assert.is(again.views.status().generation, 2);
  await again.close();
});

test("verify: finds nothing while the log grows", async () => {
  const random = new Seeded(3);
  const node = await start();
  for (let i = 0; i < 60; i++) await node.subject.append(30, random);
  await checkAll(node);
  let isOver = false;
  const load = (async () => {
    while (!isOver) {
      await node.subject.append(1 + random.below(20), random);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  let last: { differences?: number; questions: number; total: number } | undefined;
  for await (const progress of node.views.verify(never)) {
    assert.is(progress.difference, undefined);
    last = progress;
  }
  isOver = true;
  await load;
  assert.is(last?.differences, 0);
  assert.ok((last?.total ?? 0) > 100);
  await node.close();
});

test("damage: views that are no database are built anew, and the log says why", async () => {
  const first = await start();
  for (let i = 0; i < 10; i++) await first.subject.append(20);
  await checkAll(first);
  await first.close();
  const file = join(first.directory, "db", "1", "data.mdb");
  writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0x5a));
  const second = await start(first.directory);
  await checkAll(second);
  assert.ok(second.lines.some((line) => /^views built anew .*VIEWS_DAMAGED/.test(line)));
  assert.is(second.views.status().generation, 2);
  await eventually(() => generations(first.directory).join() === "2", 5_000, "the old one goes");
  await second.close();
});

test("another log: views that hold more than the log, or of another one, are built anew", async () => {
  const first = await start();
  for (let i = 0; i < 10; i++) await first.subject.append(20);
  await checkAll(first);
  await first.close();
  const copy = join(temporaryDirectory("copy"), "wal");
  cpSync(join(first.directory, "wal"), copy, { recursive: true });
  const second = await start(first.directory);
  await second.subject.append(20);
  await checkAll(second);
  await second.close();
  rmSync(join(first.directory, "wal"), { recursive: true });
  cpSync(copy, join(first.directory, "wal"), { recursive: true });
  const third = await start(first.directory);
  await checkAll(third);
  assert.ok(third.lines.some((line) => /^views built anew .*hold more than the log/.test(line)));
  await third.close();

  // The same size, and another history.
  rmSync(join(first.directory, "wal"), { recursive: true });
  cpSync(copy, join(first.directory, "wal"), { recursive: true });
  const fourth = await start(first.directory, { directory: join(first.directory, "elsewhere") });
  await fourth.subject.append(20);
  await checkAll(fourth);
  await fourth.close();
  rmSync(join(first.directory, "db"), { recursive: true });
  const foreign = await start();
  for (let i = 0; i < 11; i++) await foreign.subject.append(20);
  await checkAll(foreign);
  await foreign.close();
  cpSync(join(foreign.directory, "db"), join(first.directory, "db"), {
    recursive: true,
    filter: (path) => !path.includes("/lock/"), // sockets
  });
  const fifth = await start(first.directory);
  await checkAll(fifth);
  await fifth.close();
});

test("log: at a block that cannot be read the views stop, say so, and go on once it can be", async () => {
  const first = await start();
  for (let i = 0; i < 40; i++) await first.subject.append(40);
  const name = readdirSync(first.subject.segmentsDirectory).sort()[0] ?? "";
  const segment = join(first.subject.segmentsDirectory, name);
  await first.close();
  rmSync(join(first.directory, "db"), { recursive: true });
  const whole = readFileSync(segment);
  const damaged = Buffer.from(whole);
  damaged.fill(0, 40 * KiB, 41 * KiB);
  rmSync(segment);
  writeFileSync(segment, damaged);
  const second = await start(first.directory, {}, first.subject.appended);
  const { views, subject } = second;
  const stopped = () => views.status().projections.every(({ state }) => state === "stopped");
  await eventually(stopped, 10_000, "the views stop");
  const { stoppedAt, stoppedBecause, applied } = views.status().projections[0] ?? {};
  assert.match(stoppedBecause ?? "", /LOG_CORRUPT/);
  assert.is(stoppedAt, applied);
  assert.ok((applied ?? 0) > 0 && (applied ?? 0) < subject.log.size);
  assert.ok(second.lines.some((line) => line.startsWith("views stopped")));
  assert.is(
    views.read((snapshot) => snapshot.applied(subject.log.id)?.size),
    applied,
  );
  await subject.append(5);
  rmSync(segment);
  writeFileSync(segment, whole);
  await checkAll(second);
  await second.close();
});

test("map: where it is full the views stop, appends do not; a larger one goes on", async () => {
  const first = await start(undefined, { mapBytes: 1 * MiB });
  const { subject, views } = first;
  for (let i = 0; i < 100; i++) await subject.append(60);
  const stopped = () => views.status().projections.every(({ state }) => state === "stopped");
  await eventually(stopped, 10_000, "the views stop");
  assert.match(views.status().projections[0]?.stoppedBecause ?? "", /DISK_FULL.*reserved/);
  await subject.append(60);
  assert.is(subject.log.size > views.appliedSize, true);
  await first.close();
  const second = await start(first.directory);
  await checkAll(second);
  assert.is(second.views.status().generation, 1);
  await second.close();
});

test("close: quick in the middle of catching up and of a rebuild, and nothing is lost", async () => {
  const first = await start();
  for (let i = 0; i < 250; i++) await first.subject.append(100);
  void first.views.rebuild(never).next();
  await eventually(() => first.views.appliedSize > 0, 10_000);
  const before = performance.now();
  await first.views.close();
  assert.ok(performance.now() - before < 2_000, `${performance.now() - before} ms`);
  throwsFault(() => first.views.read(() => 1), "SHUTTING_DOWN");
  await first.subject.close();
  const second = await start(first.directory);
  await checkAll(second);
  assert.is(second.views.status().generation, 1);
  await eventually(() => generations(first.directory).join() === "1", 5_000, "the half one goes");
  await second.close();
  assert.ok(existsSync(join(first.directory, "db", "1")));
});

test.run();
