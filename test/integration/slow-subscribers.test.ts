/**
 * Goal: a reader that is slow or stuck costs bounded memory, and neither the writer nor another
 * reader waits for it; whoever reads from disk while the log grows gets each position once.
 * Method: small caches and segments, several times their size in entries; the node's own memory as
 * the system counts it (RssAnon), and ratios within this run, never absolute times.
 */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, type StemeClient } from "../../src/client/index.js";
import { startOf } from "../../src/client/start-and-filter.js";
import type { SubscriptionEvent } from "../../src/client/subscription-event.js";
import { eventually, within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { ServerProcess } from "../support/server-process.js";
import { digestOf, NumberedAuthor } from "./numbered-claims.js";
import { RawSubscription } from "./raw-calls.js";

const test = suite("integration: slow subscribers");
const MiB = 1024 * 1024;
const stuckCount = 6;
const bufferBytes = MiB;
const random = new Seeded(31);
const author = new NumberedAuthor("slow", random.bytes(32));
let server: ServerProcess;
let client: StemeClient;

test.before(async () => {
  const flags = [
    ...["--wal-segment-bytes-max", "16MiB", "--wal-compression", "none"],
    ...["--wal-cache-bytes-max", "8MiB", "--subscription-buffer-bytes-max", "1MiB"],
  ];
  server = await (await ServerProcess.create({ flags })).start();
  client = connect({ address: server.address });
});

test.after(async () => {
  client.close();
  assert.is((await server.stop()).code, 0, server.process.stderr());
});

/** Appends entries of so many bytes in all, pipelined; returns entries per second. */
async function append(bytes: number): Promise<number> {
  const writer = client.writer({ keys: author.keys });
  const first = author.made;
  const startedMs = performance.now();
  let sent = 0;
  while (sent < bytes) {
    await writer.capacity();
    const entries = author.many(200);
    sent += entries.reduce((sum, entry) => sum + entry.length, 0);
    void writer.appendBatch(entries);
  }
  await writer.close();
  return ((author.made - first) / (performance.now() - startedMs)) * 1000;
}

/** Anonymous memory of the node's process: its heap, its buffers, and nothing of files. */
function memoryBytes(): number {
  const text = readFileSync(`/proc/${server.process.id}/status`, "utf8");
  return Number(/^RssAnon:\s+(\d+) kB/m.exec(text)?.[1]) * 1024;
}

/** A raw subscription, with the events that were taken and a check that nothing comes twice. */
class Listener {
  readonly subscription: RawSubscription;
  readonly kinds: string[] = [];
  readonly #events: AsyncGenerator<SubscriptionEvent, void>;
  next: number;

  constructor(first: number | "start") {
    const start = startOf(first === "start" ? "start" : "end");
    this.subscription = new RawSubscription(server.address, { start, heartbeatMs: 1_000 });
    this.#events = this.subscription.events();
    this.next = first === "start" ? 0 : first;
  }

  /** Takes events until one of a kind came, or until the position. */
  async until(stop: SubscriptionEvent["kind"] | number): Promise<void> {
    const isThere = () => typeof stop === "number" && this.next >= stop;
    while (!isThere()) {
      const { value } = await this.#events.next();
      if (!value) throw new Error("the subscription ended");
      if (value.kind !== this.kinds.at(-1)) this.kinds.push(value.kind);
      if (value.kind === "entries") {
        assert.is(value.firstIndex, this.next, "each position once, in order");
        this.next = value.index(value.count - 1) + 1;
      }
      if (value.kind === stop) return;
    }
  }
}

test("stuck: memory stays bounded, the writer and the other readers go on", async () => {
  await append(24 * MiB); // warms both sides up
  const rate = Math.max(await append(24 * MiB), await append(24 * MiB));
  const { size } = await client.status();
  const stuck = Array.from({ length: stuckCount }, () => new Listener(size));
  const live = new Listener(size);
  await within(10_000, Promise.all([...stuck, live].map((one) => one.until("caughtUp"))));
  const before = memoryBytes();

  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, memoryBytes());
  }, 50);
  const following = live.until(size + 1);
  const rates = [await append(24 * MiB), await append(24 * MiB), await append(24 * MiB)];
  clearInterval(watch);
  await following;
  const { size: end } = await client.status();
  await within(5_000, live.until(end), "the live reader");
  const grownMiB = (peak - before) / MiB;
  const allowedMiB = (stuckCount * bufferBytes) / MiB + 96;
  console.log(
    `${stuckCount} stuck: ${Math.round(Math.max(...rates))} of ${Math.round(rate)} entries/s, ` +
      `memory ${Math.round(before / MiB)} + ${Math.round(grownMiB)} MiB`,
  );
  assert.ok(grownMiB < allowedMiB, `memory grew by ${grownMiB} of ${allowedMiB} MiB`);
  assert.ok(Math.max(...rates) > rate * 0.5, `${rates} of ${rate} entries/s beside stuck readers`);

  // Those that were stuck go on where they stood, from disk, and are told so.
  await within(20_000, Promise.all(stuck.map((one) => one.until(end))), "catching up");
  for (const one of stuck) assert.ok(one.kinds.includes("fellBehind"), one.kinds.join());
  await within(5_000, Promise.all(stuck.map((one) => one.until("caughtUp"))));
  for (const { subscription } of [...stuck, live]) await subscription.cancel();
  await eventually(async () => (await client.status()).subscriptions === 0, 5_000, "ended");
});

test("disk: over many segments, while it grows, each position comes once", async () => {
  const readers = Array.from({ length: 3 }, () => new Listener("start"));
  const growing = append(24 * MiB);
  const { size: begun } = await client.status();
  const reading = Promise.all(readers.map((one) => one.until(begun)));
  await within(25_000, Promise.all([growing, reading]), "reading");
  const { size, segmentCount } = await client.status();
  assert.ok(segmentCount > 5, `${segmentCount} segments`);
  await within(20_000, Promise.all(readers.map((one) => one.until(size))), "reading to the end");
  for (const { subscription } of readers) await subscription.cancel();
});

test("log: read back, it holds every claim, once, in order", async () => {
  let number = 0;
  const filter = { authors: [author.keys.publicKey] };
  const subscription = client.subscribe({ start: "start", untilEnd: true, filter });
  for await (const event of subscription) {
    if (event.kind !== "entries") continue;
    for (let at = 0; at < event.count; at++) {
      const bytes = event.bytes(at);
      if (author.numberOf(bytes) !== number) throw new Error(`${number}: ${digestOf(bytes)}`);
      number++;
    }
  }
  assert.is(number, author.made);
});

test.run();
