/**
 * Goal: reads, single answers, streaming appends and presigned calls do what they say, give up when
 * told to, and name what went wrong. Method: a node in memory over real sockets.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  appendMany,
  connect,
  type EntryInput,
  encodeAppendRequest,
  encodeInput,
  KeyPair,
  type StemeClient,
  sealBatch,
  toIndex,
} from "../../src/client/index.js";
import { toHex } from "../../src/model/hex.js";
import { eventually, rejects, throwsFault, within } from "../support/expect.js";
import { FakeLogService } from "../support/fake-log-service.js";
import { leafOf } from "../support/sample-batches.js";

interface Context {
  node: FakeLogService;
  client: StemeClient;
}

const test = suite<Context>("client: reads and calls");
const keys = KeyPair.fromSeed(new Uint8Array(32).fill(2));
const patienceMs = 5_000;

test.before.each(async (context) => {
  context.node = await FakeLogService.open();
  context.client = connect({ address: context.node.address, callTimeoutMs: 2_000 });
});

test.after.each(async ({ node, client }) => {
  client.close();
  await node.close();
});

const alias = (ordinal: number): EntryInput => ({
  kind: "alias",
  path: `a/${ordinal}`,
  canonical: "c",
});

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

test("read: forwards and backwards, entry by entry", async ({ node, client }) => {
  for (let ordinal = 1; ordinal < 20; ordinal++) node.store(Buffer.from(`entry ${ordinal}`));
  const forwards = await collect(client.read({ from: 5, count: 7 }));
  assert.equal(
    forwards.map((entry) => entry.index),
    [5, 6, 7, 8, 9, 10, 11],
  );
  const backwards = await collect(client.read({ from: 12, count: 7, backwards: true }));
  assert.equal(
    backwards.map((entry) => entry.index),
    [11, 10, 9, 8, 7, 6, 5],
  );
  const newest = await collect(client.read({ count: 2, backwards: true }));
  assert.equal(
    newest.map((entry) => entry.index),
    [19, 18],
  );
  assert.is(Buffer.from(newest[0]?.bytes ?? []).toString(), "entry 19");
});

test("read: left early, the call is given up; aborted, it is CANCELLED", async (context) => {
  const { node, client } = context;
  for (let ordinal = 1; ordinal < 50; ordinal++) node.store(Buffer.from("x"));
  for await (const entry of client.read({ count: 50 })) if (entry.index === 3) break;
  const signal = AbortSignal.abort();
  await rejects(collect(client.read({ count: 50, signal })), "CANCELLED");
  await rejects(collect(client.read({ count: 0.5 })), "ARGUMENT_INVALID");
});

test("get: by id and by place; nothing there is NOT_FOUND", async ({ node, client }) => {
  const writer = client.writer({ keys, lingerMs: 0 });
  const { id, index, logId } = await within(patienceMs, writer.append(alias(1)));
  const byId = await client.get({ id });
  assert.is(byId.entry.index, index);
  assert.is(toHex(byId.entry.id), toHex(id));
  assert.equal(byId.entry.decode()?.body, alias(1));
  const byPlace = await client.get({ position: { logId, index } });
  assert.equal(byPlace.entry.bytes, node.entries[index]);
  await rejects(client.get({ position: { logId, index: toIndex(99) } }), "NOT_FOUND");
});

test("status: numbers are numbers", async ({ client }) => {
  const status = await client.status();
  assert.is(status.size, 1);
  assert.is(status.batchEntriesMax, 4_096);
  assert.is(typeof status.hybridTime, "bigint");
});

test("calls: a node that is gone is UNAVAILABLE, and ready says so", async ({ node, client }) => {
  await client.ready();
  await node.link.lower();
  await eventually(async () => {
    const outcome = await client.status().then(
      () => "fine",
      (error) => error.code,
    );
    return outcome === "UNAVAILABLE";
  }, patienceMs);
  await rejects(client.ready(50), "UNAVAILABLE");
  throwsFault(() => connect({}), "ARGUMENT_INVALID");
});

test("calls: something that is no node says so", async ({ client }) => {
  await rejects(client.health(), "UNAVAILABLE");
});

test("calls: a deadline and an abort end them", async ({ node, client }) => {
  await client.ready();
  await rejects(client.status({ signal: AbortSignal.abort() }), "CANCELLED");
  node.link.freeze();
  await rejects(client.status({ timeoutMs: 30 }), "DEADLINE_EXCEEDED");
  const abort = new AbortController();
  const answer = client.status({ signal: abort.signal });
  abort.abort();
  await rejects(within(patienceMs, answer), "CANCELLED");
});

test("addresses: another way to the same node is tried", async ({ node }) => {
  const client = connect({ addresses: ["127.0.0.1:1", node.address], reconnectMsMin: 1 });
  const writer = client.writer({ keys, connectMsMax: 30, retryDelayMsMin: 1 });
  await within(patienceMs, writer.append(alias(1)));
  client.close();
});

test("appendMany: results in the order of the source, faults among them", async (context) => {
  const { node, client } = context;
  const writer = client.writer({ keys, lingerMs: 1, unsettledEntriesMax: 50 });
  const source = function* () {
    for (let ordinal = 0; ordinal < 500; ordinal++) {
      yield ordinal === 77 ? new Uint8Array(0) : alias(ordinal);
    }
  };
  const results = await within(patienceMs, collect(appendMany(writer, source())));
  assert.equal(
    results.map((result) => result.ordinal),
    Array.from({ length: 500 }, (_, place) => place),
  );
  assert.is(results[77]?.fault?.code, "ENTRY_TOO_LARGE");
  assert.is(results.filter((result) => result.receipt !== undefined).length, 499);
  assert.is(node.size, 500);
});

test("appendMany: takes no more than the writer and the reader have room for", async (context) => {
  const { node, client } = context;
  node.replies.hold();
  const writer = client.writer({ keys, lingerMs: 1, unsettledEntriesMax: 20 });
  let taken = 0;
  const source = async function* () {
    for (; taken < 1_000; taken++) yield alias(taken);
  };
  const results = appendMany(writer, source());
  const first = results.next();
  await eventually(() => node.requests.length > 0, patienceMs);
  await rejects(within(50, first));
  assert.ok(taken <= 25, `${taken} taken`);
  node.replies.release();
  await within(patienceMs, first);
  await results.return();
});

test("appendMany: what the source throws comes after the results before it", async ({ client }) => {
  const writer = client.writer({ keys, lingerMs: 1 });
  const source = function* () {
    yield alias(1);
    throw new Error("the file ends here");
  };
  const results = appendMany(writer, source());
  assert.is((await within(patienceMs, results.next())).value?.receipt?.index, 1);
  await within(
    patienceMs,
    results.next().then(
      () => assert.unreachable(),
      (error) => assert.match(error.message, "ends here"),
    ),
  );
});

test("presigned: sealed by hand, sent raw, answered in order", async ({ node, client }) => {
  const call = client.appendCall();
  const writer = new Uint8Array(16).fill(1);
  for (let number = 1; number <= 3; number++) {
    const entries = [encodeInput(alias(number), keys), encodeInput(alias(-number), keys)];
    const { bytes, ids } = sealBatch({ keys, writer, sequence: number, entries });
    assert.is(toHex(ids.subarray(0, 32)), toHex(leafOf(entries[0] ?? new Uint8Array())));
    call.send(encodeAppendRequest(number, [bytes], "durable"));
  }
  call.end();
  const replies = await within(patienceMs, collect(call.replies()));
  assert.equal(
    replies.map((reply) => reply.number),
    [1, 2, 3],
  );
  assert.is(replies[2]?.outcomes[0]?.kind, "appended");
  assert.is(node.size, 7);
});

test("presigned: a cancelled call ends with CANCELLED, replies by callback", async ({ client }) => {
  const numbers: number[] = [];
  const call = client.appendCall({ onReply: (reply) => numbers.push(reply.number) });
  call.send(encodeAppendRequest(7, []));
  await eventually(() => numbers.length === 1, patienceMs);
  call.cancel();
  await rejects(within(patienceMs, call.ended()), "CANCELLED");
});

test.run();
