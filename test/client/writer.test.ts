/**
 * Goal: what is appended is settled exactly once and stands in the log exactly once, whatever
 * happens to the connection, the node or its answers; one bad entry takes no neighbour down; and
 * nothing grows without bound. Method: a node in memory over real sockets that breaks at the worst
 * moments, and checks every signature.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  BatchRefused,
  connect,
  type EntryReceipt,
  KeyPair,
  type StemeClient,
  type Writer,
  type WriterInput,
} from "../../src/client/index.js";
import { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { eventually, rejects, within } from "../support/expect.js";
import { batchBytesOf, FakeLogService, type Fate } from "../support/fake-log-service.js";
import { leafOf } from "../support/sample-batches.js";

interface Context {
  node: FakeLogService;
  client: StemeClient;
}

const test = suite<Context>("client: writer");
const keys = KeyPair.fromSeed(new Uint8Array(32).fill(9));
const patienceMs = 5_000;

test.before.each(async (context) => {
  context.node = await FakeLogService.open();
  context.client = connect({ address: context.node.address });
});

test.after.each(async ({ node, client }) => {
  client.close();
  await node.close();
});

const claim = (ordinal: number) => ({
  conceptPath: `test/concept/${ordinal}`,
  predicate: "is",
  value: ordinal,
  source: "test",
  assertedMs: 1_700_000_000_000,
});

const quick = (client: StemeClient, more: Partial<WriterInput> = {}): Writer =>
  client.writer({ keys, lingerMs: 1, retryDelayMsMin: 1, retryDelayMsMax: 20, ...more });

const claims = (writer: Writer, count: number, first = 0): Promise<EntryReceipt>[] =>
  Array.from({ length: count }, (_, ordinal) => writer.assert(claim(first + ordinal)));

/** The log holds what the receipts say, each entry where its receipt says it. */
function checkLog(node: FakeLogService, receipts: readonly EntryReceipt[]): void {
  for (const receipt of receipts) {
    const entry = node.entries[receipt.index];
    assert.ok(entry !== undefined, `there is an entry at ${receipt.index}`);
    assert.is(toHex(leafOf(entry)), toHex(receipt.id));
  }
  const indexes = receipts.map((receipt) => receipt.index);
  assert.is(new Set(indexes).size, indexes.length, "no two receipts share a place");
}

const fates = (...list: Fate[]): ((_: unknown, ordinal: number) => Fate) => {
  return (_, ordinal) => list[ordinal] ?? "answer";
};

test("append: receipts come with place and id, in the order of the appends", async (context) => {
  const { node, client } = context;
  const writer = quick(client);
  const receipts = await within(patienceMs, Promise.all(claims(writer, 10)));
  checkLog(node, receipts);
  assert.equal(
    receipts.map((receipt) => receipt.index),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  );
  assert.not(receipts.some((receipt) => receipt.existed));
  assert.is(receipts[0]?.level, "durable");
  await writer.close();
});

test("append: the same claim gives the same id from another writer", async ({ client }) => {
  const [first] = await Promise.all(claims(quick(client), 1));
  const [second] = await Promise.all(claims(quick(client), 1));
  assert.is(toHex(first?.id ?? keys.publicKey), toHex(second?.id ?? keys.saltKey));
  assert.is.not(first?.index, second?.index);
});

test("append: an invalid claim is refused at once, and its neighbours are not", async (context) => {
  const writer = quick(context.client);
  const good = writer.assert(claim(1));
  const fault = await rejects(writer.assert({ ...claim(2), predicate: "a/b" }), "ENTRY_INVALID");
  const { field } = (fault as Fault).detail;
  assert.match(String(field), "predicate");
  await rejects(writer.append(new Uint8Array(65_536)), "ENTRY_TOO_LARGE");
  await rejects(writer.append(new Uint8Array(0)), "ENTRY_TOO_LARGE");
  await within(patienceMs, good);
});

test("linger: appends of one moment share a batch", async ({ node, client }) => {
  const writer = quick(client, { lingerMs: 5 });
  await within(patienceMs, Promise.all(claims(writer, 50)));
  assert.is(node.requests.length, 1);
  assert.is(node.requests[0]?.batches.length, 1);
});

test("linger: a full batch does not wait for the others", async ({ node, client }) => {
  const writer = quick(client, { lingerMs: 60_000, batchEntriesMax: 4 });
  const receipts = claims(writer, 9);
  await within(patienceMs, Promise.all(receipts.slice(0, 8)));
  assert.is(node.size, 9, "the ninth still lingers");
  await within(patienceMs, writer.flush());
  await within(patienceMs, Promise.all(receipts));
  assert.is(node.size, 10);
});

test("linger: none, appends of one turn still share a batch", async ({ node, client }) => {
  const writer = quick(client, { lingerMs: 0 });
  await within(patienceMs, Promise.all(claims(writer, 7)));
  assert.is(node.requests[0]?.batches[0]?.entries.length, 7);
});

test("appendBatch: entries stand one behind the other, with their ids", async (context) => {
  const { node, client } = context;
  const writer = quick(client);
  const bodies = [1, 2, 3].map(
    (ordinal) => ({ kind: "alias", path: `a/${ordinal}`, canonical: `b/${ordinal}` }) as const,
  );
  const receipt = await within(patienceMs, writer.appendBatch(bodies));
  assert.is(receipt.count, 3);
  for (const [place, id] of receipt.ids.entries()) {
    const entry = node.entries[receipt.firstIndex + place];
    assert.is(toHex(leafOf(entry ?? Buffer.alloc(0))), toHex(id));
  }
  await rejects(writer.appendBatch([]), "BATCH_INVALID");
});

test("appendBatch: what was appended before stands before it", async ({ client }) => {
  const writer = quick(client, { lingerMs: 60_000 });
  const single = writer.assert(claim(1));
  const batch = writer.appendBatch([{ kind: "alias", path: "a", canonical: "b" }]);
  assert.is((await within(patienceMs, single)).index, 1);
  assert.is((await within(patienceMs, batch)).firstIndex, 2);
});

test("packing: small batches that wait together travel together", async ({ node, client }) => {
  const writer = quick(client);
  const batches = Array.from({ length: 64 }, (_, ordinal) =>
    writer.appendBatch([{ kind: "alias", path: `p/${ordinal}`, canonical: "c" }]),
  );
  await within(patienceMs, Promise.all(batches));
  assert.ok(node.requests.length <= 3, `64 batches went in ${node.requests.length} messages`);
});

test("resume: the reply is lost, the same bytes go again, and EXISTS settles", async (context) => {
  const { node, client } = context;
  node.fateOf = fates("stored, reply lost");
  const receipts = await within(patienceMs, Promise.all(claims(quick(client), 5)));
  assert.is(node.size, 6, "nothing was stored twice");
  assert.ok(receipts.every((receipt) => receipt.existed));
  assert.is(node.requests.length, 2);
  const [first, second] = node.requests.map((request) => batchBytesOf(request));
  assert.equal(first, second);
  checkLog(node, receipts);
});

test("resume: the request is lost, it is sent again and appended once", async (context) => {
  const { node, client } = context;
  node.fateOf = fates("lost", "lost");
  const receipts = await within(patienceMs, Promise.all(claims(quick(client), 5)));
  assert.is(node.size, 6);
  assert.not(receipts.some((receipt) => receipt.existed));
});

test("resume: many in flight, all are sent again in order before anything new", async (context) => {
  const { node, client } = context;
  node.replies.hold();
  const writer = quick(client, { batchEntriesMax: 2, requestBytesMax: 1 });
  const receipts = claims(writer, 10);
  await eventually(() => node.requests.length === 5, patienceMs);
  node.link.cut();
  receipts.push(...claims(writer, 2, 10));
  await eventually(() => node.requests.length === 11, patienceMs);
  node.replies.release();
  checkLog(node, await within(patienceMs, Promise.all(receipts)));
  const sequences = node.requests.map((request) => Number(request.batches[0]?.sequence));
  assert.equal(sequences, [1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 6]);
  assert.is(node.size, 13);
});

test("resume: across a node that is gone for a while", async ({ node, client }) => {
  const writer = quick(client);
  await within(patienceMs, Promise.all(claims(writer, 3)));
  await node.link.lower();
  const receipts = claims(writer, 3, 3);
  await rejects(within(150, Promise.race(receipts)));
  await node.link.raise();
  checkLog(node, await within(patienceMs, Promise.all(receipts)));
});

test("unknown: the batch is sent again until the answer is final", async ({ node, client }) => {
  node.fateOf = fates("unknown", "unknown, not stored", "pending", "overloaded");
  const receipts = await within(patienceMs, Promise.all(claims(quick(client), 3)));
  checkLog(node, receipts);
  assert.is(node.requests.length, 5);
  assert.is(new Set(node.requests.map((request) => batchBytesOf(request)[0])).size, 1);
});

test("refusal: only the entry that the node names is rejected", async ({ node, client }) => {
  node.verdictOn = (entry) =>
    entry.includes("test/concept/3") || entry.includes("test/concept/5")
      ? { code: "ENTRY_INVALID", field: "entry", limit: "not erased", value: "it is" }
      : undefined;
  const writer = quick(client);
  const results = await within(patienceMs, Promise.allSettled(claims(writer, 8)));
  const rejected = results.flatMap((result, place) =>
    result.status === "rejected" ? [place] : [],
  );
  assert.equal(rejected, [3, 5]);
  const [third] = results.slice(3);
  assert.is(third?.status === "rejected" && third.reason.detail.limit, "not erased");
  assert.is(node.size, 7);
  await within(patienceMs, Promise.all(claims(writer, 2, 20)));
});

test("refusal: more wrong entries than a refusal lists, each is told", async ({ node, client }) => {
  node.verdictOn = (entry) =>
    entry.includes("bad")
      ? { code: "ENTRY_INVALID", field: "f", limit: "l", value: "v" }
      : undefined;
  const writer = quick(client, { lingerMs: 5 });
  const appends = Array.from({ length: 60 }, (_, ordinal) =>
    writer.assert({ ...claim(ordinal), predicate: ordinal % 2 === 0 ? "bad" : "fine" }),
  );
  const results = await within(patienceMs, Promise.allSettled(appends));
  for (const [ordinal, result] of results.entries()) {
    assert.is(result.status, ordinal % 2 === 0 ? "rejected" : "fulfilled");
  }
  assert.is(node.size, 31);
});

test("refusal: an atomic batch is refused whole, with its entries' reasons", async (context) => {
  const { node, client } = context;
  node.verdictOn = (entry) =>
    entry.includes("bad")
      ? { code: "ENTRY_INVALID", field: "alias.path", limit: "good", value: "bad" }
      : undefined;
  const writer = quick(client);
  const batch = writer.appendBatch([
    { kind: "alias", path: "fine", canonical: "c" },
    { kind: "alias", path: "bad", canonical: "c" },
  ]);
  const fault = await rejects(batch, "ENTRY_INVALID");
  assert.instance(fault, BatchRefused);
  if (fault instanceof BatchRefused) {
    assert.is(fault.entries[0]?.entry, 1);
    const { limit } = fault.detail;
    assert.is(limit, "good");
  }
  assert.is(node.size, 1);
  await within(patienceMs, writer.assert(claim(1)));
});

test("back-pressure: a stuck node, what is in flight and taken stays bounded", async (context) => {
  const { node, client } = context;
  node.replies.hold();
  const writer = quick(client, {
    batchEntriesMax: 10,
    unsettledEntriesMax: 200,
    inFlightBytesMax: 4_096,
    requestBytesMax: 2_048,
  });
  const receipts = claims(writer, 1_000);
  await eventually(() => node.requests.length > 0, patienceMs);
  let hasCapacity = false;
  const capacity = writer.capacity().then(() => {
    hasCapacity = true;
  });
  await rejects(within(100, Promise.race(receipts)));
  assert.ok(writer.unsettledEntries <= 200, `${writer.unsettledEntries} taken`);
  assert.ok(writer.inFlightBytes <= 4_096, `${writer.inFlightBytes} bytes in flight`);
  assert.is(writer.waitingEntries, 800);
  assert.not(hasCapacity);
  node.replies.release();
  checkLog(node, await within(patienceMs, Promise.all(receipts)));
  await within(patienceMs, capacity);
});

test("back-pressure: too many who wait are OVERLOADED", async ({ node, client }) => {
  node.replies.hold();
  const writer = quick(client, { unsettledEntriesMax: 1, waitingEntriesMax: 2 });
  const receipts = claims(writer, 4);
  await rejects(receipts[3] ?? Promise.resolve(), "OVERLOADED");
  node.replies.release();
  await within(patienceMs, Promise.all(receipts.slice(0, 3)));
});

test("sequences: at most 1,024 from the oldest unsettled to the newest", async (context) => {
  const { node, client } = context;
  node.replies.hold();
  const writer = quick(client, { inFlightBytesMax: 1024 * 1024 * 64, batchEntriesMax: 1 });
  const receipts = claims(writer, 1_500);
  await eventually(() => writer.nextSequence === 1_025, patienceMs);
  await rejects(within(50, Promise.race(receipts)));
  assert.is(writer.nextSequence, 1_025);
  node.replies.release();
  await within(patienceMs, Promise.all(receipts));
});

test("flush: resolves when what was appended before is settled, either way", async (context) => {
  const { node, client } = context;
  node.verdictOn = (entry) =>
    entry.includes("bad")
      ? { code: "ENTRY_INVALID", field: "f", limit: "l", value: "v" }
      : undefined;
  const writer = quick(client, { lingerMs: 60_000 });
  const settled: string[] = [];
  const good = writer.assert(claim(1)).then(() => settled.push("good"));
  const bad = writer.assert({ ...claim(2), predicate: "bad" }).catch(() => settled.push("bad"));
  await within(patienceMs, writer.flush());
  assert.equal(settled.sort(), ["bad", "good"]);
  await Promise.all([good, bad]);
  await within(patienceMs, writer.flush());
});

test("close: settles what was appended and takes no more", async ({ node, client }) => {
  const writer = quick(client, { lingerMs: 60_000 });
  const receipts = claims(writer, 3);
  await within(patienceMs, writer.close());
  checkLog(node, await Promise.all(receipts));
  await rejects(writer.assert(claim(4)), "CANCELLED");
  await writer.close();
});

test("retry: no node at all, UNAVAILABLE after retryMsMax", async ({ node, client }) => {
  await node.link.lower();
  const writer = quick(client, { retryMsMax: 60, connectMsMax: 20 });
  await rejects(within(patienceMs, writer.assert(claim(1))), "UNAVAILABLE");
  await node.link.raise();
  await within(patienceMs, writer.assert(claim(2)));
});

test("retry: sent and never answered, OUTCOME_UNKNOWN after retryMsMax", async (context) => {
  const { node, client } = context;
  node.fateOf = () => "lost";
  const writer = quick(client, { retryMsMax: 60 });
  await rejects(within(patienceMs, writer.assert(claim(1))), "OUTCOME_UNKNOWN");
  node.fateOf = () => "answer";
  await within(patienceMs, writer.assert(claim(2)));
  assert.is(node.size, 2);
});

test("retry: a node that takes and never answers is left for a new call", async (context) => {
  const { node, client } = context;
  node.replies.hold();
  const writer = quick(client, { replyMsMax: 50 });
  const receipt = writer.assert(claim(1));
  await eventually(() => node.requests.length >= 2, patienceMs);
  node.replies.release();
  assert.ok((await within(patienceMs, receipt)).existed);
});

test("failure: a fault that waiting does not cure rejects at once", async ({ node, client }) => {
  node.replies.hold();
  const writer = quick(client);
  const receipt = writer.assert(claim(1));
  await node.replies.untilHeld();
  node.failAppends(new Fault("STATE_DAMAGED", "the state directory cannot be used"));
  const fault = await rejects(within(patienceMs, receipt), "OUTCOME_UNKNOWN");
  const { last_code } = (fault as Fault).detail;
  assert.is(last_code, "STATE_DAMAGED");
  node.replies.release();
  await within(patienceMs, writer.assert(claim(2)));
});

test("failure: a reply that fits no request is never taken for an answer", async (context) => {
  const { node, client } = context;
  node.isConfused = true;
  await rejects(within(patienceMs, quick(client).assert(claim(1))), "OUTCOME_UNKNOWN");
});

test("abort: everything is rejected, waiters too", async ({ node, client }) => {
  node.replies.hold();
  const abort = new AbortController();
  const writer = quick(client, {
    signal: abort.signal,
    unsettledEntriesMax: 2,
    batchEntriesMax: 1,
  });
  const receipts = claims(writer, 6);
  await eventually(() => node.requests.length > 0, patienceMs);
  abort.abort();
  const results = await within(patienceMs, Promise.allSettled(receipts));
  assert.ok(results.every((result) => result.status === "rejected"));
  await rejects(writer.assert(claim(9)), "CANCELLED");
});

test("client close: rejects what is not settled, and everything after it", async (context) => {
  const { node, client } = context;
  node.replies.hold();
  const writer = quick(client);
  const receipt = writer.assert(claim(1));
  const refused = rejects(receipt);
  await node.replies.untilHeld();
  client.close();
  await within(patienceMs, refused);
  await rejects(writer.assert(claim(2)), "CANCELLED");
  assert.throws(() => client.writer({ keys }), /closed/);
});

test.run();
