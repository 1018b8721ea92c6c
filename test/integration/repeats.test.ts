/**
 * Goal: an id that stands in the log again carries its first position, in replay and live, in
 * sealed segments and in the newest, after restarts too; `get` by id gives the first. Method: the
 * same entries appended again by other writers, near and far apart, held against a map.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type StemeClient, toIndex } from "../../src/client/index.js";
import { startOf } from "../../src/client/start-and-filter.js";
import type { SubscriptionEvent } from "../../src/client/subscription-event.js";
import { authorOf, entriesOf, signedBatch } from "../support/batches.js";
import { within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import type { ServerProcess } from "../support/server-process.js";
import { NumberedAuthor } from "./numbered-claims.js";
import { RawAppend, RawSubscription, receiptOf } from "./raw-calls.js";
import { started, stopped } from "./started-node.js";

const test = suite("integration: repeats");
const MiB = 1024 * 1024;
const flags = ["--wal-segment-bytes-max", "16MiB", "--wal-compression", "none"];
const author = authorOf(51);
const random = new Seeded(51);
let server: ServerProcess;
let client: StemeClient;
let sequence = 0;
/** By entry as text: where it stood first, as the log is read. */
const firsts = new Map<string, number>();

const textOf = (entry: Uint8Array): string => Buffer.from(entry).toString("base64");

/** Appends numbered entries in an order; every call is another writer. */
async function append(numbers: readonly number[]): Promise<void> {
  const call = new RawAppend(server.address);
  const writer = random.bytes(16);
  const entries = numbers.flatMap((number) => entriesOf(author, number, 1));
  const batch = signedBatch({ author, writer, sequence: ++sequence, entries });
  receiptOf(await within(10_000, call.appendOne(batch)), "appended");
  await call.end();
}

/** Enough other claims that the segment changes. */
async function fillSegment(): Promise<void> {
  const numbered = new NumberedAuthor("filler", random.bytes(32));
  const writer = client.writer({ keys: numbered.keys });
  for (let sent = 0; sent < 17 * MiB; ) {
    await writer.capacity();
    const entries = numbered.many(250);
    for (const entry of entries) sent += entry.length;
    void writer.appendBatch(entries);
  }
  await writer.close();
}

/** Holds a frame against the map; returns how many repeats it had. */
function check(event: SubscriptionEvent): number {
  if (event.kind !== "entries") return 0;
  let repeats = 0;
  for (let at = 0; at < event.count; at++) {
    const text = textOf(event.bytes(at));
    const first = firsts.get(text);
    const index = event.index(at);
    const expected = first === undefined || first >= index ? undefined : first;
    assert.is(event.first(at)?.index, expected, `index ${index}`);
    if (expected === undefined) firsts.set(text, index);
    else repeats++;
  }
  return repeats;
}

async function replay(): Promise<number> {
  const request = { start: startOf("start"), untilEnd: true };
  const subscription = new RawSubscription(server.address, request);
  let repeats = 0;
  for await (const event of subscription.events()) repeats += check(event);
  await subscription.ended;
  return repeats;
}

async function requireGet(): Promise<void> {
  const { logId } = await client.status();
  for (const number of [1, 5, 30, 99]) {
    const [entry = new Uint8Array(0)] = entriesOf(author, number, 1);
    const first = firsts.get(textOf(entry));
    assert.ok(first !== undefined);
    const { index, id } = (await client.get({ position: { logId, index: toIndex(first) } })).entry;
    assert.is(index, first);
    assert.is((await client.get({ id })).entry.index, first);
  }
}

const range = (start: number, end: number): number[] =>
  Array.from({ length: end - start }, (_none, at) => start + at);

test.before(async () => {
  [server, client] = await started(flags);
});

test.after(() => stopped(server, client));

test("near: in the same batch, the next block, another writer's batch", async () => {
  await append(range(0, 50));
  await append([1, 1, 60, 2, 60]);
  await append(range(40, 100));
  await append([99, 0, 99]);
  // 1, 1, 2, one 60; 40 to 49 and 60; 99, 0, 99.
  assert.is(await within(10_000, replay()), 4 + 11 + 3);
  await requireGet();
});

test("live: what is appended again is told at once", async () => {
  const { size } = await client.status();
  const subscription = new RawSubscription(server.address, { start: startOf("end") });
  const events = subscription.events();
  const until = async (kind: string): Promise<SubscriptionEvent> => {
    for (;;) {
      const { value } = await within(5_000, events.next(), kind);
      if (!value) throw new Error("the subscription ended");
      if (value.kind === kind) return value;
    }
  };
  await until("caughtUp");
  await append([7, 100, 100, 99]);
  const event = await until("entries");
  assert.is(check(event), 3);
  assert.is(event.kind === "entries" ? event.firstIndex : -1, size);
  await subscription.cancel();
});

test("far: in another segment, and after a restart and SIGKILL", async () => {
  const before = await replay();
  await fillSegment();
  await append([3, 101, 101, 100, 4]);
  assert.is(await within(20_000, replay()), before + 4);
  await requireGet();
  await server.kill();
  await server.start();
  assert.is(await within(20_000, replay()), before + 4);
  await append([101, 5]);
  assert.is(await within(20_000, replay()), before + 6);
  await requireGet();
});

test.run();
