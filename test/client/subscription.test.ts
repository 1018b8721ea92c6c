/**
 * Goal: every position is handed out exactly once, in order, across any number of broken calls; a
 * slow consumer holds the node back; silence, refusals and aborts end where they must. Method: a
 * node in memory over real sockets whose connections break after a number of frames.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  connect,
  type EntryRecord,
  type StemeClient,
  type Subscription,
  type SubscriptionEvent,
  type SubscriptionOptions,
  toIndex,
  toObservable,
} from "../../src/client/index.js";
import { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { eventually, rejects, within } from "../support/expect.js";
import { FakeLogService } from "../support/fake-log-service.js";
import { Seeded } from "../support/seeded.js";

interface Context {
  node: FakeLogService;
  client: StemeClient;
}

const test = suite<Context>("client: subscription");
const patienceMs = 5_000;

test.before.each(async (context) => {
  context.node = await FakeLogService.open();
  context.client = connect({ address: context.node.address, reconnectMsMin: 1 });
});

test.after.each(async ({ node, client }) => {
  client.close();
  await node.close();
});

const fill = (node: FakeLogService, count: number) => {
  for (let ordinal = 0; ordinal < count; ordinal++) {
    node.store(Buffer.from(`entry ${node.size}`));
  }
};

const open = (client: StemeClient, more: Partial<SubscriptionOptions> = {}): Subscription =>
  client.subscribe({ start: "start", retryDelayMsMin: 1, retryDelayMsMax: 10, ...more });

/** Indexes up to and without `end`, as they are handed out. */
async function indexesUntil(subscription: Subscription, end: number): Promise<number[]> {
  const indexes: number[] = [];
  for await (const event of subscription) {
    if (event.kind !== "entries") continue;
    for (const entry of event.entries) indexes.push(entry.index);
    if ((indexes.at(-1) ?? 0) >= end - 1) return indexes;
  }
  return indexes;
}

const upTo = (end: number, start = 0) =>
  Array.from({ length: end - start }, (_, place) => start + place);

test("replay: all entries in order, then caughtUp, then live ones", async ({ node, client }) => {
  fill(node, 9);
  const subscription = open(client);
  const events: SubscriptionEvent[] = [];
  await within(
    patienceMs,
    (async () => {
      for await (const event of subscription) {
        events.push(event);
        if (event.kind === "caughtUp" && event.size === 10) node.store(Buffer.from("live"));
        if (event.kind === "caughtUp" && event.size === 11) break;
      }
    })(),
  );
  const kinds = events.map((event) => event.kind);
  assert.equal(kinds.slice(0, 1), ["confirmed"]);
  const entries = events.flatMap((event) => (event.kind === "entries" ? event.entries : []));
  assert.equal(
    entries.map((entry) => entry.index),
    upTo(11),
  );
  assert.is(Buffer.from(entries[10]?.bytes ?? []).toString(), "live");
  assert.ok(subscription.frontier !== undefined);
});

test("start: every form reaches the node as it is meant", async ({ node, client }) => {
  fill(node, 5);
  const logId = node.logId;
  const forms = [
    ["end", "end"],
    [{ after: { logId, index: toIndex(2) } }, "after"],
    [{ at: { logId, index: toIndex(2) } }, "atPosition"],
    [{ frontier: new Uint8Array(48) }, "frontier"],
    [{ recordedMs: -5 }, "recordedMs"],
    [{ last: 2 }, "last"],
  ] as const;
  for (const [start, expected] of forms) {
    const subscription = open(client, { start });
    await within(patienceMs, subscription.next());
    subscription.close();
    assert.is(node.subscribes.at(-1)?.start?.at?.$case, expected);
  }
  await rejects(open(client, { start: { last: -1 } }).next(), "ARGUMENT_INVALID");
  await rejects(open(client, { start: { recordedMs: 0.5 } }).next(), "ARGUMENT_INVALID");
});

test("filter: names become numbers", async ({ node, client }) => {
  const filter = {
    conceptPrefixes: ["web"],
    sourceClasses: ["clinical"],
    kinds: ["assertion", "block_stamp"],
  } as const;
  await within(patienceMs, open(client, { filter }).next());
  const sent = node.subscribes[0]?.filter;
  assert.equal([...(sent?.kinds ?? [])], [10, 62]);
  assert.equal([...(sent?.sourceClasses ?? [])], [2]);
  await within(patienceMs, open(client, { filter: {} }).next());
  assert.is(node.subscribes[1]?.filter, undefined);
});

test("resume: after every broken call on behind the last frame", async ({ node, client }) => {
  fill(node, 60);
  node.framesUntilCut = 4;
  const indexes = await within(patienceMs, indexesUntil(open(client), 61));
  assert.equal(indexes, upTo(61));
  assert.ok(node.subscribes.length > 3, `${node.subscribes.length} calls`);
  assert.is(node.subscribes[1]?.start?.at?.$case, "frontier");
});

test("resume: a node that repeats, what was handed out is left out", async ({ node, client }) => {
  fill(node, 60);
  node.framesUntilCut = 6;
  node.rewind = 5;
  assert.equal(await within(patienceMs, indexesUntil(open(client), 61)), upTo(61));
});

test("resume: from the end, before any entry came, nothing is missed", async (context) => {
  const { node, client } = context;
  fill(node, 3);
  const subscription = open(client, { start: "end" });
  assert.is((await within(patienceMs, subscription.next())).value?.kind, "confirmed");
  const next = indexesUntil(subscription, 6);
  await eventually(() => node.framesWritten >= 2, patienceMs); // confirmed, caughtUp
  await node.link.lower();
  fill(node, 2);
  await node.link.raise();
  assert.equal(await within(patienceMs, next), [4, 5]);
});

test("resume: at random moments, every position exactly once (20 seeds)", async (context) => {
  const { node, client } = context;
  fill(node, 200);
  for (let seed = 1; seed <= 20; seed++) {
    const chance = new Seeded(seed);
    node.framesUntilCut = 0;
    const { length: calls } = node.subscribes;
    const subscription = open(client);
    const indexes: number[] = [];
    const reading = (async () => {
      for await (const event of subscription) {
        if (event.kind !== "entries") continue;
        for (const entry of event.entries) indexes.push(entry.index);
        if (chance.chance(8)) node.link.cut();
        if (indexes.length === node.size) return;
      }
    })();
    await within(patienceMs, reading, `seed ${seed}`);
    assert.equal(indexes, upTo(node.size), `seed ${seed}`);
    assert.ok(node.subscribes.length > calls);
  }
});

test("gap: a node that leaves out positions ends the subscription", async ({ node, client }) => {
  fill(node, 20);
  node.leftOut = new Set([7]);
  node.frameEntries = 1;
  const subscription = open(client);
  await rejects(within(patienceMs, indexesUntil(subscription, 21)), "INTERNAL");
  await rejects(subscription.next(), "INTERNAL");
});

test("gap: with a filter positions are left out, and indexes say which", async (context) => {
  const { node, client } = context;
  fill(node, 9);
  node.leftOut = new Set([1, 4, 5]);
  node.frameEntries = 5;
  const filter = { predicates: ["p"] };
  const indexes = await within(patienceMs, indexesUntil(open(client, { filter }), 10));
  assert.equal(indexes, [0, 2, 3, 6, 7, 8, 9]);
});

test("untilEnd: ends where the log ended, also when it was resumed", async ({ node, client }) => {
  fill(node, 29);
  assert.equal(
    await within(patienceMs, indexesUntil(open(client, { untilEnd: true }), 999)),
    upTo(30),
  );

  node.framesUntilCut = 3;
  const subscription = open(client, { untilEnd: true });
  await within(patienceMs, subscription.next());
  fill(node, 10);
  assert.equal(await within(patienceMs, indexesUntil(subscription, 999)), upTo(30));
});

test("slow consumer: the node is held back, and nothing is lost", async ({ node, client }) => {
  const large = Buffer.alloc(60_000, 1);
  node.store(...Array.from({ length: 4_000 }, () => large));
  node.frameEntries = 4;
  const subscription = open(client);
  await within(patienceMs, subscription.next());
  await within(patienceMs, subscription.next());
  let before = -1;
  await eventually(() => {
    const isStill = node.framesWritten === before && before > 2;
    before = node.framesWritten;
    return isStill;
  }, patienceMs);
  const heldBytes = node.framesWritten * 4 * large.length;
  assert.ok(
    heldBytes < 24 * 1024 * 1024,
    `${heldBytes} bytes were sent to a reader who stands still`,
  );
  let entries = 4;
  for await (const event of subscription) {
    if (event.kind === "entries") entries += event.count;
    if (entries >= 4_001) break;
  }
  assert.is(entries, 4_001);
});

test("silence: longer than the limit counts as a lost call", async ({ node, client }) => {
  node.isSilent = true;
  const subscription = open(client, { heartbeatMs: 100, silenceMsMax: 40 });
  const resumed: boolean[] = [];
  const reading = (async () => {
    for await (const event of subscription) {
      if (event.kind === "entries") return;
      if (event.kind === "confirmed") resumed.push(event.isResumed);
      if (resumed.length === 3) node.isSilent = false;
    }
  })();
  await within(patienceMs, reading);
  assert.equal(resumed.slice(0, 3), [false, true, true]);
});

test("heartbeats: keep a quiet subscription alive", async ({ node, client }) => {
  const subscription = open(client, { start: "end", heartbeatMs: 100 });
  const kinds: string[] = [];
  const reading = (async () => {
    for await (const event of subscription) {
      kinds.push(event.kind);
      if (kinds.length === 4) return;
    }
  })();
  await within(patienceMs, reading);
  assert.equal(kinds, ["confirmed", "caughtUp", "heartbeat", "heartbeat"]);
  assert.is(node.subscribes.length, 1);
});

test("failure: what waiting does not cure ends the subscription", async ({ node, client }) => {
  node.subscribeFault = new Fault("LOG_UNKNOWN", "another log", { log_id: "ab" });
  const fault = await rejects(within(patienceMs, open(client).next()), "LOG_UNKNOWN");
  const { log_id } = (fault as Fault).detail;
  assert.is(log_id, "ab");
  assert.is(node.subscribes.length, 1);
});

test("failure: what passes is tried again, for no longer than retryMsMax", async (context) => {
  const { node, client } = context;
  node.subscribeFault = new Fault("SHUTTING_DOWN", "the node is stopping");
  const subscription = open(client, { retryMsMax: 50 });
  await rejects(within(patienceMs, subscription.next()), "SHUTTING_DOWN");
  assert.ok(node.subscribes.length > 1);
});

test("resume off: the first interruption ends the subscription", async ({ node, client }) => {
  fill(node, 30);
  node.framesUntilCut = 3;
  const subscription = open(client, { resume: false });
  await rejects(within(patienceMs, indexesUntil(subscription, 31)), "UNAVAILABLE");
  assert.is(node.subscribes.length, 1);
});

test("abort: a waiting next rejects with CANCELLED", async ({ client }) => {
  const abort = new AbortController();
  const subscription = open(client, { start: "end", signal: abort.signal });
  await within(patienceMs, subscription.next());
  await within(patienceMs, subscription.next());
  const next = subscription.next();
  abort.abort();
  await rejects(within(patienceMs, next), "CANCELLED");
  const already = open(client, { signal: AbortSignal.abort() });
  await rejects(
    within(
      patienceMs,
      (async () => {
        for await (const _ of already);
      })(),
    ),
    "CANCELLED",
  );
});

test("close: a waiting next is done, and so is every later one", async ({ client }) => {
  const subscription = open(client, { start: "end" });
  await within(patienceMs, subscription.next());
  await within(patienceMs, subscription.next());
  const next = subscription.next();
  subscription.close();
  assert.is((await within(patienceMs, next)).done, true);
  assert.is((await subscription.next()).done, true);
});

test("next: one at a time", async ({ client }) => {
  const subscription = open(client, { start: "end" });
  const first = subscription.next();
  await rejects(subscription.next(), "ARGUMENT_INVALID");
  await within(patienceMs, first);
});

test("entries: single ones, with place, time and id", async ({ node, client }) => {
  fill(node, 4);
  const seen: EntryRecord[] = [];
  for await (const entry of open(client).entries()) {
    seen.push(entry);
    if (seen.length === 5) break;
  }
  const last = seen[4];
  assert.is(last?.index, 4);
  assert.is(toHex(last?.logId ?? new Uint8Array()), toHex(node.logId));
  assert.is(last?.id.length, 32);
  assert.is(last?.recordedMs, 1);
});

test("observable: emits, completes at the end, closes when unsubscribed", async (context) => {
  const { node, client } = context;
  fill(node, 8);
  const kinds: string[] = [];
  await within(
    patienceMs,
    new Promise<void>((resolve, reject) => {
      toObservable(open(client, { untilEnd: true })).subscribe({
        next: (event) => kinds.push(event.kind),
        error: reject,
        complete: resolve,
      });
    }),
  );
  assert.equal(kinds, ["confirmed", "entries", "entries", "entries"]);

  const live = open(client, { start: "end" });
  toObservable(live).subscribe().unsubscribe();
  assert.is((await live.next().catch(() => ({ done: true }))).done, true);
});

test.run();
