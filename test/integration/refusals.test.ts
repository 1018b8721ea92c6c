/**
 * Goal: whatever a stranger sends is refused by name (code, field, limit, value), the call goes on,
 * and nothing of it is ever stored. Method: one node; each bad thing over the wire between good
 * ones; at the end the log is read back and holds the good ones, in order, and nothing else.
 */
import { connect as dial } from "node:net";
import { status } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, type FilterInput, type StemeClient } from "../../src/client/index.js";
import { messageBytesMax } from "../../src/model/limits.js";
import {
  type Filter,
  GetRequest,
  ReadRequest,
  type SignedBatch,
  type Start,
  SubscribeRequest,
} from "../../src/wire/steme/v1/log_service.js";
import {
  assertionBody,
  authorOf,
  entriesOf,
  entryOf,
  requestBytes,
  signedBatch,
} from "../support/batches.js";
import { eventually, within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { ServerProcess } from "../support/server-process.js";
import { faultOf, RawAppend, rawClient, receiptOf, refusalOf } from "./raw-calls.js";
import { refusalCases } from "./refusal-cases.js";

const test = suite("integration: refusals");
const author = authorOf(1);
const other = authorOf(2);
const writer = Buffer.alloc(16, 1);
/** For what must be refused. */
const apart = Buffer.alloc(16, 2);
/** Entries that must be in the log at the end, as text to compare, in order. */
const good: string[] = [];

let server: ServerProcess;
let client: StemeClient;
let sequence = 0;
let number = 1_000;

const textOf = (entry: Uint8Array): string => Buffer.from(entry).toString("base64");

/** A right batch that was never sent before. */
function rightBatch(count = 1): SignedBatch {
  const entries = entriesOf(author, number, count);
  number += count;
  return signedBatch({ author, writer, sequence: ++sequence, entries });
}

function keep(batch: SignedBatch): void {
  for (const entry of batch.entries) good.push(textOf(entry));
}

/** The call takes what is right: the proof that it goes on. */
async function goesOn(call: RawAppend): Promise<void> {
  const batch = rightBatch();
  receiptOf(await within(5_000, call.appendOne(batch)), "appended");
  keep(batch);
}

test.before(async () => {
  server = await (await ServerProcess.create()).start();
  client = connect({ address: server.address });
});

test.after(async () => {
  client.close();
  const { code } = await server.stop();
  assert.is(code, 0, server.process.stderr());
});

test("append: each way to be wrong is refused by code, field, limit and value", async () => {
  const call = new RawAppend(server.address);
  const cases = refusalCases({ author, other, writer: Buffer.alloc(16, 8), sequence: 7 });
  for (const { name, batch, code, field, limit = /./, value = /./ } of cases) {
    // A right one before and one behind it in the same request: they are not touched.
    const before = rightBatch();
    const behind = rightBatch();
    const outcomes = await within(5_000, call.append(before, batch, behind), name);
    for (const [at, one] of [before, batch, behind].entries()) {
      const outcome = outcomes[at];
      assert.ok(outcome, name);
      if (one !== batch) {
        receiptOf(outcome, "appended");
        keep(one);
        continue;
      }
      const refusal = refusalOf(outcome);
      assert.is(refusal.code, code, `${name}: ${JSON.stringify(refusal)}`);
      const [entry] = refusal.entries;
      const reason = entry?.reason ?? refusal.reason;
      assert.ok(reason, `${name}: has a reason`);
      if (entry !== undefined) assert.equal([entry.index, entry.code], [1, code], name);
      assert.ok(reason.field.startsWith(field), `${name}: ${field} in ${reason.field}`);
      assert.match(reason.limit, limit, name);
      assert.match(reason.value, value, name);
      assert.ok(Buffer.byteLength(reason.value) <= 128 && refusal.message !== "", name);
    }
  }
  assert.is((await call.end()).code, status.OK);
});

test("append: a sequence used for other entries is refused, the first stays", async () => {
  const call = new RawAppend(server.address);
  const first = rightBatch();
  const receipt = receiptOf(await call.appendOne(first), "appended");
  keep(first);
  const entries = entriesOf(author, 999_999, 1);
  const again = signedBatch({ author, writer, sequence: Number(first.sequence), entries });
  const refusal = refusalOf(await call.appendOne(again));
  assert.is(refusal.code, "SEQUENCE_REUSED");
  assert.is(refusal.reason?.field, "sequence");
  assert.is(refusal.reason?.value, String(first.sequence));
  assert.equal(receiptOf(await call.appendOne(first), "exists"), receipt);
  await goesOn(call);
  await call.end();
});

test("append: many wrong entries: sixteen are told, all are counted", async () => {
  const call = new RawAppend(server.address);
  const wrong = entryOf(other, assertionBody(1), 1);
  const entries = Array.from({ length: 40 }, () => wrong);
  const refusal = refusalOf(
    await call.appendOne(signedBatch({ author, writer, sequence: 9_999, entries })),
  );
  assert.is(refusal.entries.length, 16);
  assert.is(refusal.entriesRefused, 40);
  assert.equal(
    refusal.entries.map(({ index }) => index),
    Array.from({ length: 16 }, (_none, at) => at),
  );
  await goesOn(call);
  await call.end();
});

test("append: a level that one node cannot reach is refused", async () => {
  const call = new RawAppend(server.address);
  for (const level of [2, 4, 77, -1]) {
    const batch = signedBatch({
      author,
      writer: apart,
      sequence: 1,
      entries: entriesOf(author, 1, 1),
    });
    const bytes = requestBytes(1, [batch]);
    const wire = BigInt.asUintN(64, BigInt(level));
    const varint: number[] = [];
    for (let rest = wire; ; rest >>= 7n) {
      varint.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
      if (rest <= 0x7fn) break;
    }
    const reply = await call.send(Buffer.concat([bytes, Buffer.of(0x18, ...varint)]));
    const [outcome] = reply.outcomes;
    assert.ok(outcome);
    const refusal = refusalOf(outcome);
    assert.is(refusal.code, "ARGUMENT_INVALID", `level ${level}`);
    assert.is(refusal.reason?.field, "level");
  }
  await goesOn(call);
  await call.end();
});

test("append: bytes that are no request are refused, and the call goes on", async () => {
  const call = new RawAppend(server.address);
  const random = new Seeded(11);
  const whole = requestBytes(5, [
    signedBatch({ author, writer: apart, sequence: 2, entries: entriesOf(author, 5, 3) }),
  ]);
  const bad = [
    Buffer.of(0xff),
    Buffer.of(0x12, 0x7f),
    Buffer.of(0x0b, 0x0c), // a group
    Buffer.of(0x00, 0x00),
    Buffer.from("GET / HTTP/1.1\r\n\r\n"),
    whole.subarray(0, whole.length - 1),
    ...Array.from({ length: 200 }, () => random.bytes(1 + random.below(300))),
    ...Array.from({ length: 200 }, () => {
      const bytes = Buffer.from(whole);
      bytes[random.below(bytes.length)] = random.below(256);
      return bytes.subarray(0, 1 + random.below(bytes.length - 1));
    }),
  ];
  let malformed = 0;
  for (const message of bad) {
    const reply = await within(5_000, call.send(message), message.toString());
    for (const outcome of reply.outcomes) {
      const { code, reason } = refusalOf(outcome);
      if (code !== "MESSAGE_MALFORMED") continue;
      malformed++;
      assert.ok(reason?.field && reason.limit && reason.value);
    }
  }
  assert.ok(malformed > 100, `${malformed} were malformed`);
  await goesOn(call);
  assert.is((await call.end()).code, status.OK);
});

test("append: more batches or entries than a request may have", async () => {
  const call = new RawAppend(server.address);
  const batch = signedBatch({ author, writer, sequence: 1, entries: [] });
  const batches = Array.from({ length: 1_025 }, () => batch);
  const many = await call.send(requestBytes(1, batches));
  const [first] = many.outcomes;
  assert.ok(first);
  assert.is(refusalOf(first).code, "MESSAGE_TOO_LARGE");
  assert.is(refusalOf(first).reason?.field, "batches");
  const full = { ...batch, entries: Array.from({ length: 4_096 }, () => Buffer.of(1)) };
  const entries = await call.send(
    requestBytes(
      2,
      Array.from({ length: 9 }, () => full),
    ),
  );
  const [second] = entries.outcomes;
  assert.ok(second);
  assert.is(refusalOf(second).code, "MESSAGE_TOO_LARGE");
  assert.is(refusalOf(second).reason?.field, "batches.entries");
  await goesOn(call);
  await call.end();
});

test("append: up to twice the limit a message is refused by name, no further", async () => {
  const call = new RawAppend(server.address);
  for (const bytes of [messageBytesMax + 1, 3 << 20, 2 * messageBytesMax]) {
    const reply = await within(10_000, call.send(Buffer.alloc(bytes)), `${bytes} bytes`);
    const [outcome] = reply.outcomes;
    assert.ok(outcome);
    const { code, reason } = refusalOf(outcome);
    assert.is(code, "MESSAGE_TOO_LARGE");
    assert.match(reason?.limit ?? "", /2097152 bytes/);
    assert.is(reason?.value, `${bytes} bytes`);
    await goesOn(call);
  }
  const sending = call.send(Buffer.alloc(2 * messageBytesMax + 1)).catch(() => "ended");
  const ended = await within(10_000, call.ended);
  assert.is(ended.code, status.RESOURCE_EXHAUSTED);
  assert.is(faultOf(ended).code, "MESSAGE_TOO_LARGE");
  assert.is(await sending, "ended");
  const next = new RawAppend(server.address);
  await goesOn(next);
  await next.end();
});

test("append: the largest message that fits is taken", async () => {
  const call = new RawAppend(server.address);
  const text = "y".repeat(32_000);
  const large = (salt: number) =>
    Array.from({ length: 32 }, (_none, at) => {
      const value = { kind: "text", text } as const;
      return entryOf(author, assertionBody(at, { value }), salt + at);
    });
  const batches = [20_000, 20_100].map((salt) =>
    signedBatch({ author, writer, sequence: ++sequence, entries: large(salt) }),
  );
  // An unknown field pads the request to the last byte.
  const bytes = requestBytes(1, batches);
  const padding = messageBytesMax - bytes.length - 4;
  const tag = Buffer.of(0x7a, ...varintOf(padding));
  const message = Buffer.concat([bytes, tag, Buffer.alloc(padding)]);
  assert.is(message.length, messageBytesMax);
  const reply = await call.send(message);
  for (const outcome of reply.outcomes) receiptOf(outcome, "appended");
  for (const batch of batches) keep(batch);
  await call.end();
});

test("append: empty requests, unknown fields, any order, scalars twice are taken", async () => {
  const call = new RawAppend(server.address);
  assert.equal((await call.send(Buffer.alloc(0))).outcomes, []);
  assert.is((await call.send(Buffer.of(0x08, 0x2a))).number, 42n);
  const batch = rightBatch(2);
  const [first = Buffer.alloc(0), second = Buffer.alloc(0)] = batch.entries;
  const field = (tag: number, bytes: Uint8Array): Buffer => {
    const length = bytes.length;
    const varint = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >> 7];
    return Buffer.concat([Buffer.of(tag, ...varint), bytes]);
  };
  const inside = Buffer.concat([
    field(0x22, first),
    field(0x2a, Buffer.alloc(64)), // the last one counts
    field(0x2a, batch.signature),
    Buffer.of(0xa0, 0x06, 1), // an unknown number
    field(0x12, batch.writer),
    field(0x22, second),
    Buffer.of(0x18, 1, 0x18, ...varintOf(Number(batch.sequence))),
    Buffer.of(0xa5, 0x06, 1, 2, 3, 4), // unknown fixed32
    field(0x0a, batch.author),
  ]);
  const message = Buffer.concat([
    Buffer.of(0xfa, 0x07, 3, 1, 2, 3), // unknown bytes
    field(0x12, inside),
    Buffer.of(0x08, 1, 0x08, 9),
    Buffer.of(0xf9, 0x07, 0, 0, 0, 0, 0, 0, 0, 0), // unknown fixed64
  ]);
  const reply = await call.send(message);
  assert.is(reply.number, 9n);
  const [outcome] = reply.outcomes;
  assert.ok(outcome);
  receiptOf(outcome, "appended");
  keep(batch);
  await call.end();
});

const varintOf = (value: number): number[] =>
  value < 128 ? [value] : [(value & 0x7f) | 0x80, ...varintOf(value >> 7)];

test("append: thousands of tiny batches in one breath, each answered in order", async () => {
  const call = new RawAppend(server.address);
  const batches = Array.from({ length: 3_000 }, () => rightBatch());
  // At most 1,024 of a writer may be unsettled.
  for (let at = 0; at < batches.length; at += 1_000) {
    const part = batches.slice(at, at + 1_000);
    const sent = [
      ...part.slice(0, 500).map(async (batch) => [await call.appendOne(batch)]),
      call.append(...part.slice(500)),
    ];
    const outcomes = (await within(20_000, Promise.all(sent))).flat();
    const indexes = outcomes.map((outcome) => receiptOf(outcome, "appended").firstIndex);
    assert.ok(indexes.every((index, i) => i === 0 || index > (indexes[i - 1] ?? 0n)));
    for (const batch of part) keep(batch);
  }
  await call.end();
});

test("append: 1,025 unsettled batches of a writer are too many, and it goes on", async () => {
  const call = new RawAppend(server.address);
  const own = Buffer.alloc(16, 77);
  const seal = (count: number) =>
    signedBatch({
      author,
      writer: own,
      sequence: count,
      entries: entriesOf(author, 50_000 + count, 1),
    });
  const batches = Array.from({ length: 1_024 }, (_none, at) => seal(at + 1));
  const [outcomes, [last]] = await within(
    20_000,
    Promise.all([call.append(...batches), call.append(seal(1_025))]),
  );
  for (const outcome of outcomes) receiptOf(outcome, "appended");
  for (const batch of batches) keep(batch);
  assert.ok(last);
  // The first 1,024 may be settled by then; if not, the writer is told to wait.
  if (last.outcome?.$case === "refused") {
    assert.is(refusalOf(last).code, "SEQUENCES_TOO_MANY");
    assert.is(refusalOf(last).reason?.field, "sequence");
    receiptOf(await call.appendOne(seal(1_025)), "appended");
  }
  keep(seal(1_025));
  await call.end();
});

test("append: a deadline or a cancellation leaves whole batches or none", async () => {
  const own = Buffer.alloc(16, 99);
  let count = 0;
  const sent: SignedBatch[] = [];
  for (let round = 0; round < 12; round++) {
    const options = round % 2 === 0 ? { deadline: Date.now() + 10 + round * 2 } : {};
    const call = new RawAppend(server.address, options);
    for (let i = 0; i < 20; i++) {
      const entries = entriesOf(author, 100_000 + count * 100, 97);
      const batch = signedBatch({ author, writer: own, sequence: ++count, entries });
      sent.push(batch);
      call.append(batch).catch(() => {});
    }
    const { code } = await within(10_000, round % 2 === 0 ? call.ended : cancelSoon(call, round));
    assert.is(code, round % 2 === 0 ? status.DEADLINE_EXCEEDED : status.CANCELLED);
  }
  // Sending the same sequences again settles all of them, each exactly once.
  const call = new RawAppend(server.address);
  let existed = 0;
  const placed: [bigint, SignedBatch][] = [];
  for (const batch of sent) {
    const outcome = await call.appendOne(batch);
    const isOld = outcome.outcome?.$case === "exists";
    if (isOld) existed++;
    placed.push([receiptOf(outcome, isOld ? "exists" : "appended").firstIndex, batch]);
  }
  for (const [, batch] of placed.sort(([a], [b]) => Number(a - b))) keep(batch);
  assert.ok(existed > 0, "some had been appended before");
  await call.end();
});

async function cancelSoon(call: RawAppend, ms: number) {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return call.cancel();
}

/** A server-streaming or unary call of raw bytes; its status. */
function statusOf(path: string, message: Uint8Array): Promise<number> {
  const raw = rawClient(server.address);
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise<number>((resolve) => {
    const call = raw.makeServerStreamRequest(path, same, same, Buffer.from(message));
    call.on("data", () => {});
    call.on("error", () => {});
    call.on("status", (found) => {
      raw.close();
      resolve(found.code);
    });
  });
}

test("reads: arguments that break a rule are named with field, limit and value", async () => {
  const invalid = async (run: () => Promise<unknown>, field: string) => {
    try {
      await run();
    } catch (error) {
      const { code, detail } = error as { code: string; detail: Record<string, string> };
      assert.is(code, "ARGUMENT_INVALID", String(error));
      assert.is(detail["field"], field);
      assert.ok(detail["limit"] && detail["value"]);
      return;
    }
    throw new Error(`${field}: expected to be refused`);
  };
  const path = "/steme.v1.LogService/Subscribe";
  const subscribe = (more: Partial<SubscribeRequest>) => {
    const request = {
      start: undefined,
      filter: undefined,
      heartbeatMs: 0,
      untilEnd: true,
      ...more,
    };
    return statusOf(path, SubscribeRequest.encode(request).finish());
  };
  const start: Start = { at: { $case: "end", value: {} } };
  assert.is(await subscribe({}), status.INVALID_ARGUMENT);
  assert.is(await subscribe({ start }), status.OK);
  assert.is(await subscribe({ start: { at: undefined } }), status.INVALID_ARGUMENT);
  assert.is(await subscribe({ start, heartbeatMs: 99 }), status.INVALID_ARGUMENT);
  assert.is(await subscribe({ start, heartbeatMs: 600_001 }), status.INVALID_ARGUMENT);
  const lists = { conceptPrefixes: [], predicates: [], authors: [], sourceClasses: [], kinds: [] };
  for (const unknown of [{ kinds: [0] }, { kinds: [23] }, { sourceClasses: [7] }]) {
    const filter: Filter = { ...lists, ...unknown };
    assert.is(await subscribe({ start, filter }), status.INVALID_ARGUMENT);
  }
  const get = "/steme.v1.LogService/Get";
  const nothing = GetRequest.encode({ by: undefined }).finish();
  assert.is(await statusOf(get, nothing), status.INVALID_ARGUMENT);
  const read = "/steme.v1.LogService/Read";
  const range = { logId: undefined, fromIndex: 0n, backwards: false, filter: undefined };
  for (const count of [0n, 1_000_001n]) {
    const request = ReadRequest.encode({ ...range, count }).finish();
    assert.is(await statusOf(read, request), status.INVALID_ARGUMENT);
  }
  for (const each of [path, get, read]) {
    const code = await statusOf(each, Buffer.of(0xff, 0xff, 0xff));
    assert.ok(code !== status.OK, `${each}: malformed`);
  }

  const subscribed = async (filter: FilterInput) => {
    for await (const _event of client.subscribe({ start: "start", untilEnd: true, filter }));
  };
  const many = Array.from({ length: 65 }, (_none, at) => `p${at}`);
  await invalid(() => subscribed({ conceptPrefixes: many }), "filter.concept_prefixes");
  await invalid(
    () => subscribed({ conceptPrefixes: ["x".repeat(401)] }),
    "filter.concept_prefixes",
  );
  await invalid(() => subscribed({ predicates: ["x".repeat(65)] }), "filter.predicates");
  await invalid(() => subscribed({ authors: [new Uint8Array(31)] }), "filter.authors");
  await invalid(() => client.get({ id: new Uint8Array(31) }), "id");
});

/** Says something to the port that is no HTTP/2; returns when the node closed, or could have. */
function babble(bytes: Uint8Array): Promise<void> {
  const [host = "", port = ""] = server.address.split(":");
  return new Promise((resolve) => {
    const socket = dial(Number(port), host, () => socket.end(bytes));
    const timer = setTimeout(() => socket.destroy(), 500);
    socket.on("error", () => {});
    socket.on("data", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

test("port: garbage on a connection ends that connection alone", async () => {
  const random = new Seeded(5);
  const call = new RawAppend(server.address);
  await goesOn(call);
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const hello = Buffer.from("16030100c8010000c40303", "hex");
  const garbage = [
    Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    Buffer.from("POST /steme.v1.LogService/Append HTTP/1.0\r\n\r\n"),
    Buffer.concat([hello, random.bytes(200)]),
    preface.subarray(0, 11),
    Buffer.concat([preface, random.bytes(500)]),
    Buffer.concat([preface, Buffer.of(0xff, 0xff, 0xff, 4, 0, 0, 0, 0, 0)]),
    Buffer.concat([preface, Buffer.of(0, 0, 8, 6, 0, 0, 0, 0, 0), random.bytes(8)]),
    Buffer.alloc(0),
    Buffer.alloc(100_000),
    ...Array.from({ length: 40 }, () => random.bytes(1 + random.below(2_000))),
    ...Array.from({ length: 40 }, () =>
      Buffer.concat([
        preface,
        Buffer.of(0, 0, random.below(64), random.below(12)),
        random.bytes(80),
      ]),
    ),
  ];
  await within(15_000, Promise.all(garbage.map((bytes) => babble(bytes))));
  await goesOn(call);
  await call.end();
  assert.is(await client.health(), "serving");
});

test("log: holds what was right, in order, once, and nothing refused", async () => {
  const stored: string[] = [];
  for await (const entry of client.read({
    count: 1_000_000,
    filter: { authors: [author.publicKey] },
  })) {
    stored.push(textOf(entry.bytes));
  }
  assert.is(stored.length, good.length);
  const at = stored.findIndex((text, i) => text !== good[i]);
  assert.is(at, -1, `entry ${at} is another one`);
  for await (const entry of client.read({
    count: 1_000_000,
    filter: { authors: [other.publicKey] },
  })) {
    throw new Error(`stored: ${textOf(entry.bytes)}`);
  }
  const { appendCalls, appended, refused } = await client.status();
  assert.is(appended, good.length);
  assert.ok(refused > 40);
  await eventually(async () => (await client.status()).appendCalls === 0, 5_000, "calls closed");
  assert.ok(appendCalls >= 0);
  assert.is(server.process.stderr(), "", "the node had nothing to say");
});

test.run();
