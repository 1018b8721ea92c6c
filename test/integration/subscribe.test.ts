/**
 * Goal: a subscription begins where its start says, sends what its filter says, each position once
 * and in order, and tells where it is. Method: a log of many kinds of entries; every form of start
 * and random filters are held against a model that decodes entry by entry.
 */
import { status } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  connect,
  type FilterInput,
  type StartInput,
  type StemeClient,
  toIndex,
} from "../../src/client/index.js";
import { filterOf, type FilterInput as Input, startOf } from "../../src/client/start-and-filter.js";
import type { SubscriptionEvent } from "../../src/client/subscription-event.js";
import { decodeFrontier, encodeFrontier } from "../../src/model/frontier.js";
import { assertionBody, authorOf, entryOf, signedBatch } from "../support/batches.js";
import { rejects, within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { ServerProcess } from "../support/server-process.js";
import { faultOf, RawAppend, RawSubscription, receiptOf } from "./raw-calls.js";
import { appendVaried, matches, randomFilter, readAll, type StoredEntry } from "./varied-log.js";

const test = suite("integration: subscribe");
const random = new Seeded(21);
const author = authorOf(20);
let server: ServerProcess;
let client: StemeClient;
let logId: Uint8Array;
/** The log as it was when the tests began. */
let log: readonly StoredEntry[] = [];

test.before(async () => {
  server = await (await ServerProcess.create()).start();
  client = connect({ address: server.address });
  await appendVaried(server.address, random, 120);
  await appendLarge(1);
  log = await readAll(client);
  ({ logId } = await client.status());
});

test.after(async () => {
  client.close();
  assert.is((await server.stop()).code, 0, server.process.stderr());
});

let sequence = 0;

/** A batch of nearly 1 MiB, which takes several frames: tokens inside of its block. */
async function appendLarge(seed: number, conceptPath = "large"): Promise<void> {
  const value = { kind: "text", text: "z".repeat(8_000) } as const;
  const entries = Array.from({ length: 125 }, (_none, at) =>
    entryOf(author, assertionBody(seed * 1_000 + at, { value, conceptPath }), at),
  );
  const writer = Buffer.alloc(16, 20);
  const call = new RawAppend(server.address);
  const batch = signedBatch({ author, writer, sequence: ++sequence, entries });
  receiptOf(await call.appendOne(batch), "appended");
  await call.end();
}

interface Asked {
  readonly start: StartInput;
  readonly filter?: FilterInput;
}

interface Heard {
  readonly indexes: number[];
  readonly events: SubscriptionEvent[];
}

/** All that comes until the end, as it comes. */
async function hear({ start, filter }: Asked): Promise<Heard> {
  const request = { start: startOf(start), filter: filterOf(filter as Input), untilEnd: true };
  const subscription = new RawSubscription(server.address, request);
  const heard: Heard = { indexes: [], events: [] };
  const listen = async () => {
    for await (const event of subscription.events()) {
      heard.events.push(event);
      if (event.kind !== "entries") continue;
      for (let at = 0; at < event.count; at++) {
        const index = event.index(at);
        heard.indexes.push(index);
        const stored = log[index];
        if (stored === undefined) continue;
        assert.is(Buffer.compare(event.bytes(at), stored.bytes), 0);
        assert.is(event.hybridTime, stored.hybridTime);
      }
    }
  };
  await within(10_000, listen());
  const ended = await subscription.ended;
  if (ended.code !== status.OK) throw faultOf(ended);
  return heard;
}

const indexesFrom = (start: number): number[] => log.slice(start).map(({ index }) => index);

test("start: every form begins where it says", async () => {
  const size = log.length;
  const middle = log[Math.floor(size / 2)];
  const newest = log.at(-1);
  assert.ok(middle && newest);
  const firstOf = (time: bigint) => log.findIndex(({ hybridTime }) => hybridTime >> 16n >= time);
  const ms = Number(middle.hybridTime >> 16n);
  const at = (index: number) => ({ logId, index: toIndex(index) });
  const starts: [StartInput, number][] = [
    ["start", 0],
    ["end", size],
    ...[0, 1, 2, 3, 4, 57, size - 2, size - 1].flatMap((index): [StartInput, number][] => [
      [{ after: at(index) }, index + 1],
      [{ at: at(index) }, index],
    ]),
    [{ at: at(size) }, size],
    [{ last: 0 }, size],
    [{ last: 1 }, size - 1],
    [{ last: 77 }, size - 77],
    [{ last: size }, 0],
    [{ last: size + 1_000_000 }, 0],
    [{ recordedMs: ms }, firstOf(BigInt(ms))],
    [{ recordedMs: ms + 1 }, firstOf(BigInt(ms + 1))],
    [{ recordedMs: 0 }, 0],
    [{ recordedMs: -5 }, 0],
    [{ recordedMs: Date.now() + 60_000 }, size],
    [{ recordedMs: Number.MAX_SAFE_INTEGER }, size],
  ];
  for (const [start, first] of starts) {
    const { indexes, events } = await hear({ start });
    const name = JSON.stringify(start);
    assert.equal(indexes, indexesFrom(first), name);
    const [confirmed] = events;
    assert.is(confirmed?.kind, "confirmed", name);
    if (confirmed?.kind !== "confirmed") continue;
    assert.is(confirmed.next.index, first, name);
    assert.is(confirmed.size, size);
    const last = events.at(-1);
    assert.is(last?.kind, "caughtUp", name);
    if (last?.kind === "caughtUp") assert.is(last.size, size);
  }
});

test("start: no such place is POSITION_INVALID, another log is LOG_UNKNOWN", async () => {
  const size = log.length;
  const at = (index: number, id = logId) => ({ logId: id, index: toIndex(index) });
  await rejects(hear({ start: { after: at(size) } }), "POSITION_INVALID");
  await rejects(hear({ start: { at: at(size + 1) } }), "POSITION_INVALID");
  const stranger = new Uint8Array(32).fill(1);
  await rejects(hear({ start: { after: at(0, stranger) } }), "LOG_UNKNOWN");
  await rejects(hear({ start: { at: at(0, stranger) } }), "LOG_UNKNOWN");
});

test("frontier: the token of every frame goes on behind it, inside of blocks too", async () => {
  const { events } = await hear({ start: "start" });
  let inside = 0;
  let next = 0;
  for (const event of events) {
    if (event.kind !== "entries" && event.kind !== "caughtUp") continue;
    if (event.kind === "entries") next = event.index(event.count - 1) + 1;
    const [item] = decodeFrontier(event.frontier) ?? [];
    assert.is(item?.next, next);
    if (item !== undefined && item.size !== item.next) inside++;
    const { indexes } = await hear({ start: { frontier: event.frontier } });
    assert.equal(indexes, indexesFrom(next));
  }
  assert.ok(inside >= 3, `${inside} tokens inside of a block`);
});

test("frontier: of another past, or of no block's end: POSITION_INVALID", async () => {
  const { events } = await hear({ start: "start" });
  const tokens = events.flatMap((event) => (event.kind === "entries" ? [event.frontier] : []));
  const [item] = decodeFrontier(tokens[40] ?? new Uint8Array(0)) ?? [];
  assert.ok(item);
  const refused = (token: Uint8Array) =>
    rejects(hear({ start: { frontier: token } }), "POSITION_INVALID");
  const rootPrefix = item.rootPrefix.slice();
  rootPrefix[3] = (rootPrefix[3] ?? 0) ^ 1;
  await refused(encodeFrontier([{ ...item, rootPrefix }]));
  await refused(encodeFrontier([{ ...item, rootPrefix, next: item.next + 1 }]));
  // No block ends one entry further on: a stamp never stands alone where clients append.
  await refused(encodeFrontier([{ ...item, size: item.size + 1, next: item.size + 1 }]));
  const behind = log.length + 1;
  await refused(encodeFrontier([{ ...item, next: behind }]));
  await refused(encodeFrontier([{ ...item, size: behind, next: behind }]));
  const token = encodeFrontier([item]);
  for (const cut of [1, 7, token.length - 1]) await refused(token.subarray(0, cut));
  await refused(Buffer.concat([token, Buffer.of(0)]));
  await refused(random.bytes(49));
  const stranger = encodeFrontier([{ ...item, logId: new Uint8Array(32).fill(2) }]);
  await rejects(hear({ start: { frontier: stranger } }), "LOG_UNKNOWN");
});

test("filter: what comes is what the model says, subscribed and read both ways", async () => {
  const below: FilterInput[] = [
    { conceptPrefixes: ["web/feature"] },
    { conceptPrefixes: ["web/feature/"] },
    { conceptPrefixes: ["https://example.org"] },
    { conceptPrefixes: ["web/feat"] },
    { kinds: ["block_stamp", "log_genesis", "grant"] },
    { sourceClasses: ["expert"] },
  ];
  const filters = [...below, ...Array.from({ length: 60 }, () => randomFilter(random))];
  let found = 0;
  for (const filter of filters) {
    const prefixes = filter.conceptPrefixes?.map((prefix) => prefix.replace(/\/$/, "")) ?? [];
    const meant = { ...filter, conceptPrefixes: prefixes };
    const expected = log.filter((entry) => matches(meant, entry.decoded)).map(({ index }) => index);
    const name = JSON.stringify(filter);
    found += expected.length;
    assert.equal((await hear({ start: "start", filter })).indexes, expected, name);
    const start = random.below(log.length);
    const { indexes } = await hear({ start: { at: { logId, index: toIndex(start) } }, filter });
    assert.equal(
      indexes,
      expected.filter((index) => index >= start),
      name,
    );
    const count = 1 + random.below(20);
    const read = async (backwards: boolean) => {
      const all: number[] = [];
      const options = { from: start, count, backwards, filter };
      for await (const { index } of client.read(options)) all.push(index);
      return all;
    };
    const ahead = expected.filter((index) => index >= start);
    assert.equal(await read(false), ahead.slice(0, count), name);
    const before = expected.filter((index) => index < start).toReversed();
    assert.equal(await read(true), before.slice(0, count), name);
  }
  assert.ok(found > 1_000, "filters let something through");
});

test("get: every entry by its id and by its place, with the batch that signed it", async () => {
  for (const { index, bytes } of log.filter((_entry, at) => at % 97 === 0)) {
    const place = await client.get({ position: { logId, index: toIndex(index) } });
    assert.is(Buffer.compare(place.entry.bytes, bytes), 0);
    const { batch } = place;
    if (batch !== undefined) {
      assert.ok(batch.firstIndex <= index && index < batch.firstIndex + batch.count);
    }
    assert.is((await client.get({ id: place.entry.id })).entry.index, index);
  }
  const behind = { logId, index: toIndex(log.length) };
  await rejects(client.get({ position: behind }), "NOT_FOUND");
  await rejects(client.get({ id: new Uint8Array(32) }), "NOT_FOUND");
});

/** The next event that fits, of those that come. */
async function until<Kind extends SubscriptionEvent["kind"]>(
  events: AsyncGenerator<SubscriptionEvent, void>,
  kind: Kind,
): Promise<Extract<SubscriptionEvent, { kind: Kind }>> {
  const look = async () => {
    for (;;) {
      const { value } = await events.next();
      if (!value) throw new Error(`the call ended without ${kind}`);
      if (value.kind === kind) return value as Extract<SubscriptionEvent, { kind: Kind }>;
    }
  };
  return within(5_000, look(), kind);
}

test("live: caught up first, then what is appended; heartbeats while nothing is", async () => {
  const { size } = await client.status();
  const start = startOf({ last: 3 });
  const subscription = new RawSubscription(server.address, { start, heartbeatMs: 100 });
  const events = subscription.events();
  assert.is((await until(events, "confirmed")).next.index, size - 3);
  assert.is((await until(events, "entries")).firstIndex, size - 3);
  assert.is((await until(events, "caughtUp")).size, size);
  for (let beat = 0; beat < 2; beat++) {
    const { next, size: told } = await until(events, "heartbeat");
    assert.equal([next.index, told], [size, size]);
  }
  await appendLarge(2);
  let next = size;
  while (next < size + 126) {
    const frame = await until(events, "entries");
    assert.is(frame.firstIndex, next);
    next = frame.index(frame.count - 1) + 1;
  }
  await until(events, "heartbeat");
  assert.is((await subscription.cancel()).code, status.CANCELLED);
});

test("progress: a filter that lets nothing through still says how far it is", async () => {
  const filter = filterOf({ conceptPrefixes: ["nowhere"] });
  const start = startOf("start");
  const subscription = new RawSubscription(server.address, { start, filter, heartbeatMs: 100 });
  const events = subscription.events();
  const { size } = await until(events, "caughtUp");
  await appendLarge(3);
  const { next, frontier } = await until(events, "progress");
  assert.is(next.index, size + 126);
  await subscription.cancel();
  const { indexes } = await hear({ start: { frontier }, filter: {} });
  assert.equal(indexes, []);
});

test("until the end: what is appended meanwhile is left for the next one", async () => {
  const { size } = await client.status();
  const request = { start: startOf("start"), untilEnd: true };
  const subscription = new RawSubscription(server.address, request);
  const events = subscription.events();
  await until(events, "confirmed");
  await appendLarge(4);
  let next = 0;
  for await (const event of events) {
    if (event.kind === "entries") next = event.index(event.count - 1) + 1;
  }
  assert.is(next, size);
  assert.is((await subscription.ended).code, status.OK);
});

test.run();
