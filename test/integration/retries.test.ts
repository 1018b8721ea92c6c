/**
 * Goal: a batch sent again under its sequence is answered with its first receipt, whatever happened
 * in between, and is never in the log twice. Method: signed batches are kept and sent again over
 * other calls and connections, after a clean stop, SIGKILL, and the loss of `state/`, which is then
 * rebuilt from the log; at the end the log is read back.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, KeyPair } from "../../src/client/index.js";
import type { Receipt, SignedBatch } from "../../src/wire/steme/v1/log_service.js";
import { authorOf, entriesOf, signedBatch } from "../support/batches.js";
import { within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { ServerProcess } from "../support/server-process.js";
import { RawAppend, receiptOf, refusalOf } from "./raw-calls.js";

const test = suite("integration: retries");
const author = authorOf(3);
const random = new Seeded(3);
let server: ServerProcess;
let entryNumber = 0;
/** Every entry that must be in the log, and where, as receipts told. */
const placed = new Map<string, bigint>();

const textOf = (entry: Uint8Array): string => Buffer.from(entry).toString("base64");

interface SealParts {
  readonly writer: Uint8Array;
  readonly sequence: number;
  readonly count?: number;
}

/** Entries that no other batch has. */
function seal({ writer, sequence, count = 1 }: SealParts): SignedBatch {
  const entries = entriesOf(author, entryNumber, count);
  entryNumber += count;
  return signedBatch({ author, writer, sequence, entries });
}

function place(batch: SignedBatch, receipt: Receipt): void {
  assert.is(receipt.count, batch.entries.length);
  for (const [at, entry] of batch.entries.entries()) {
    const index = receipt.firstIndex + BigInt(at);
    assert.ok([undefined, index].includes(placed.get(textOf(entry))));
    placed.set(textOf(entry), index);
  }
}

/** Runs with a call of its own. */
async function withCall<T>(run: (call: RawAppend) => Promise<T>): Promise<T> {
  const call = new RawAppend(server.address);
  try {
    return await within(20_000, run(call));
  } finally {
    await call.end();
  }
}

const append = (batch: SignedBatch): Promise<Receipt> =>
  withCall(async (call) => {
    const receipt = receiptOf(await call.appendOne(batch), "appended");
    place(batch, receipt);
    return receipt;
  });

const requireExists = (batch: SignedBatch, receipt: Receipt): Promise<void> =>
  withCall(async (call) => {
    assert.equal(receiptOf(await call.appendOne(batch), "exists"), receipt);
  });

const requireRefused = (batch: SignedBatch, code: string): Promise<void> =>
  withCall(async (call) => {
    const refusal = refusalOf(await call.appendOne(batch));
    assert.is(refusal.code, code);
    assert.is(refusal.reason?.field, "sequence");
    assert.is(refusal.reason?.value, String(batch.sequence));
  });

const loseState = () => rmSync(join(server.dataDir, "state"), { recursive: true });

/** What may lie between a batch and its repetition. */
const interruptions: readonly [string, () => Promise<unknown>][] = [
  ["another call", async () => {}],
  [
    "a clean restart",
    async () => {
      assert.is((await server.stop()).code, 0, server.process.stderr());
      await server.start();
    },
  ],
  [
    "SIGKILL",
    async () => {
      await server.kill();
      await server.start();
    },
  ],
  [
    "a clean stop and the loss of state/",
    async () => {
      assert.is((await server.stop()).code, 0, server.process.stderr());
      loseState();
      await server.start();
    },
  ],
  [
    "SIGKILL and the loss of state/",
    async () => {
      await server.kill();
      loseState();
      await server.start();
    },
  ],
];

test.before(async () => {
  server = await (await ServerProcess.create()).start();
});

test.after(async () => {
  assert.is((await server.stop()).code, 0, server.process.stderr());
});

test("exists: the first receipt, after everything that may lie between", async () => {
  const kept: [SignedBatch, Receipt][] = [];
  const writers = Array.from({ length: 5 }, () => random.bytes(16));
  for (const [round, [name, interrupt]] of interruptions.entries()) {
    for (const writer of writers) {
      const batch = seal({ writer, sequence: round * 3 + 1, count: 1 + random.below(300) });
      kept.push([batch, await append(batch)]);
    }
    await interrupt();
    for (const [batch, receipt] of kept) await requireExists(batch, receipt);
    const [first] = kept;
    assert.ok(first, name);
    const [{ sequence, writer }] = first;
    await requireRefused(seal({ writer, sequence: Number(sequence) }), "SEQUENCE_REUSED");
  }
});

test("window: 1,024 below the highest are known, lower is too old, gaps are free", async () => {
  const writer = random.bytes(16);
  const highest = 2_500;
  const batches = new Map<number, [SignedBatch, Receipt]>();
  const sequences = [1, highest - 1_025, highest - 1_024, highest - 1_023, highest - 1, highest];
  for (const sequence of sequences) {
    const batch = seal({ writer, sequence, count: 2 });
    batches.set(sequence, [batch, await append(batch)]);
  }
  let gap = highest - 1_000;
  for (const [, interrupt] of interruptions) {
    await interrupt();
    for (const [sequence, [batch, receipt]] of batches) {
      if (sequence < highest - 1_024) await requireRefused(batch, "SEQUENCE_TOO_OLD");
      else await requireExists(batch, receipt);
    }
    await requireRefused(seal({ writer, sequence: 700 }), "SEQUENCE_TOO_OLD");
    // A sequence inside the window that was never used is free.
    const late = seal({ writer, sequence: gap });
    batches.set(gap++, [late, await append(late)]);
  }
});

test("in flight: the same batch on eight calls at once is appended once", async () => {
  const writer = random.bytes(16);
  const calls = Array.from({ length: 8 }, () => new RawAppend(server.address));
  const rounds = Array.from({ length: 60 }, (_none, at) =>
    seal({ writer, sequence: at + 1, count: 1 + random.below(200) }),
  );
  const outcomes = await within(
    20_000,
    Promise.all(rounds.map((batch) => Promise.all(calls.map((call) => call.appendOne(batch))))),
  );
  for (const [at, batch] of rounds.entries()) {
    const all = outcomes[at] ?? [];
    const first = all.filter(({ outcome }) => outcome?.$case === "appended");
    assert.is(first.length, 1, "appended once");
    const [winner] = first;
    assert.ok(winner);
    const receipt = receiptOf(winner, "appended");
    place(batch, receipt);
    for (const one of all) if (one !== winner) assert.equal(receiptOf(one, "exists"), receipt);
  }
  for (const call of calls) await call.end();
});

test("in flight: one sequence for eight different batches takes one of them", async () => {
  const writer = random.bytes(16);
  const calls = Array.from({ length: 8 }, () => new RawAppend(server.address));
  for (let sequence = 1; sequence <= 30; sequence++) {
    const batches = calls.map(() => seal({ writer, sequence, count: 1 + random.below(50) }));
    const sent = calls.map((call, at) => call.appendOne(batches[at] ?? seal({ writer, sequence })));
    const outcomes = await within(20_000, Promise.all(sent));
    let taken = 0;
    for (const [at, outcome] of outcomes.entries()) {
      const batch = batches[at];
      if (batch === undefined) throw new Error("a batch per call");
      if (outcome.outcome?.$case === "appended") {
        taken++;
        place(batch, receiptOf(outcome, "appended"));
      } else assert.is(refusalOf(outcome).code, "SEQUENCE_REUSED");
    }
    assert.is(taken, 1, `sequence ${sequence}`);
  }
  for (const call of calls) await call.end();
});

test("request: a batch twice in one request, and a refused one that uses no sequence", async () => {
  const writer = random.bytes(16);
  const batch = seal({ writer, sequence: 1, count: 3 });
  const forged = { ...seal({ writer, sequence: 2 }), signature: Buffer.alloc(64, 1) };
  const right = seal({ writer, sequence: 2 });
  const outcomes = await withCall((call) => call.append(batch, forged, batch, right, batch));
  const [first, second, third, fourth, fifth] = outcomes;
  assert.ok(first && second && third && fourth && fifth);
  const receipt = receiptOf(first, "appended");
  place(batch, receipt);
  assert.is(refusalOf(second).code, "SIGNATURE_INVALID");
  assert.equal(receiptOf(third, "exists"), receipt);
  place(right, receiptOf(fourth, "appended"));
  assert.equal(receiptOf(fifth, "exists"), receipt);
});

test("writers: the same 16 bytes of two authors are two lines of sequences", async () => {
  const writer = random.bytes(16);
  const batch = seal({ writer, sequence: 1 });
  await append(batch);
  const other = authorOf(4);
  const entries = entriesOf(other, 1, 1);
  const theirs = signedBatch({ author: other, writer, sequence: 1, entries });
  await withCall(async (call) => receiptOf(await call.appendOne(theirs), "appended"));
});

test("client: a writer that is taken up again is answered with the first receipts", async () => {
  const keys = KeyPair.fromSeed(new Uint8Array(32).fill(5));
  const other = { publicKey: keys.publicKey, secretKey: keys.secretKey, seed: new Uint8Array(32) };
  const entries = entriesOf(other, 1, 40);
  const writerId = random.bytes(16);
  const run = async (): Promise<[boolean, number, bigint]> => {
    const client = connect({ address: server.address });
    const writer = client.writer({ keys, writerId });
    const { existed, firstIndex, hybridTime } = await writer.appendBatch(entries);
    await writer.close();
    client.close();
    return [existed, firstIndex, hybridTime];
  };
  const [existed, ...receipt] = await run();
  assert.is(existed, false);
  await server.kill();
  await server.start();
  assert.equal(await run(), [true, ...receipt]);
});

test("log: every entry stands once, where its receipt says", async () => {
  const client = connect({ address: server.address });
  const filter = { authors: [author.publicKey] };
  let count = 0;
  for await (const entry of client.read({ count: 1_000_000, filter })) {
    assert.is(placed.get(textOf(entry.bytes)), BigInt(entry.index));
    count++;
  }
  assert.is(count, placed.size);
  client.close();
});

test.run();
