/**
 * Goal: admission lets through exactly the batches that are canonical, within limits and signed by
 * their author, and hands out their true ids, root and shards. Method: real batches; one thing
 * wrong at a time; every part of a request flipped bit by bit.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "../../src/crypto/sha256.js";
import { systemWorkers } from "../../src/host/workers.js";
import { AdmissionPool, type Admitted, isRefusal } from "../../src/ingest/admission-pool.js";
import type { Refusal } from "../../src/ingest/admitted.js";
import type { FaultCode } from "../../src/model/fault.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import type { SignedBatch } from "../../src/wire/steme/v1/log_service.js";
import {
  assertionBody,
  authorOf,
  batchRoot,
  entriesOf,
  entryOf,
  leavesOf,
  requestBytes,
  signedBatch,
} from "../support/batches.js";
import { within } from "../support/expect.js";
import { settled } from "../support/simulated-clock.js";

const test = suite("ingest: admission");
const author = authorOf(1);
const writer = new Uint8Array(16).fill(9);
const areaBytes = 16 * 1024 * 1024;

const poolOf = (workerCount: number) =>
  AdmissionPool.open({ workers: systemWorkers, workerCount, areaBytes, inlineBytesMax: 65_536 });

const inline = poolOf(0);

function judge(batches: readonly SignedBatch[]): Admitted {
  const admitted = inline.admit(requestBytes(7, batches), true);
  assert.ok(admitted !== undefined && !(admitted instanceof Promise));
  return admitted;
}

function refusalOf(batch: SignedBatch): Refusal {
  const admitted = judge([batch]);
  const [only] = admitted.batches;
  admitted.release();
  assert.ok(only !== undefined && isRefusal(only), "the batch is refused");
  return only;
}

function admittedOf(admitted: Admitted, at = 0): AdmittedBatch {
  const batch = admitted.batches[at];
  assert.ok(batch !== undefined && !isRefusal(batch), "the batch is admitted");
  return batch;
}

const good = (start: number, count: number, sequence = 1) =>
  signedBatch({ author, writer, sequence, entries: entriesOf(author, start, count) });

function requireTrue(batch: AdmittedBatch, entries: readonly Uint8Array[]): void {
  assert.is(batch.count, entries.length);
  assert.equal(Buffer.from(batch.entries), Buffer.concat(entries));
  assert.equal(
    Array.from(batch.lengths),
    entries.map((entry) => entry.length),
  );
  assert.equal(Buffer.from(batch.leaves), Buffer.from(leavesOf(entries)));
  assert.equal(Buffer.from(batch.root), Buffer.from(batchRoot(entries)));
}

for (const count of [1, 2, 3, 255, 256, 4_000]) {
  test(`admit: ${count} good entries, their ids, root and bytes`, () => {
    const admitted = judge([good(0, count)]);
    const batch = admittedOf(admitted);
    requireTrue(batch, entriesOf(author, 0, count));
    assert.is(admitted.number, 7n);
    assert.is(batch.sequence, 1);
    admitted.release();
  });
}

test("admit: shards are the first byte of SHA-256(path), 256 without a path", () => {
  const record = { kind: "epoch", name: "before" } as const;
  const entries = [...entriesOf(author, 0, 3), entryOf(author, record, 5)];
  const admitted = judge([signedBatch({ author, writer, sequence: 1, entries })]);
  const expected = [0, 1, 2].map(
    (number) => sha256(Buffer.from(assertionBody(number).conceptPath))[0],
  );
  assert.equal(Array.from(admittedOf(admitted).shards), [...expected, 256]);
  admitted.release();
});

test("admit: one bad batch of a request, the others go on", () => {
  const bad = { ...good(3, 2, 2), signature: Buffer.alloc(64) };
  const admitted = judge([good(0, 3), bad, good(5, 4, 3)]);
  requireTrue(admittedOf(admitted, 0), entriesOf(author, 0, 3));
  requireTrue(admittedOf(admitted, 2), entriesOf(author, 5, 4));
  const refused = admitted.batches[1];
  assert.ok(refused !== undefined && isRefusal(refused));
  assert.is(refused.code, "SIGNATURE_INVALID");
  admitted.release();
});

const other = authorOf(2);
const grant = {
  kind: "grant",
  clusterId: new Uint8Array(16),
  key: other.publicKey,
  role: "curator",
} as const;
const setting = {
  kind: "setting",
  clusterId: new Uint8Array(16),
  name: "x",
  value: "y",
} as const;
const stamp = {
  kind: "block_stamp",
  logId: new Uint8Array(32),
  firstIndex: 0,
  count: 1,
  hybridTime: 1n,
} as const;
const oneOf = (entry: Uint8Array) => signedBatch({ author, writer, sequence: 1, entries: [entry] });
const table: readonly [name: string, FaultCode, SignedBatch][] = [
  ["a foreign author", "AUTHOR_FOREIGN", oneOf(entryOf(other, assertionBody(1)))],
  [
    "another key's signature",
    "SIGNATURE_INVALID",
    { ...good(0, 1), signature: good(1, 1).signature },
  ],
  ["another sequence than signed", "SIGNATURE_INVALID", { ...good(0, 1), sequence: 2n }],
  ["another writer than signed", "SIGNATURE_INVALID", { ...good(0, 1), writer: Buffer.alloc(16) }],
  [
    "entries in another order",
    "SIGNATURE_INVALID",
    { ...good(0, 2), entries: good(0, 2).entries.reverse() },
  ],
  ["no entry", "BATCH_INVALID", { ...good(0, 1), entries: [] }],
  ["sequence 0", "BATCH_INVALID", { ...good(0, 1), sequence: 0n }],
  ["a short writer", "BATCH_INVALID", { ...good(0, 1), writer: Buffer.alloc(15) }],
  ["an administrative body", "BODY_NOT_ALLOWED", oneOf(entryOf(author, setting))],
  ["a body of the log itself", "BODY_NOT_ALLOWED", oneOf(entryOf(author, stamp))],
  [
    "an entry with a byte behind",
    "ENTRY_NOT_CANONICAL",
    oneOf(Buffer.concat([entryOf(author, assertionBody(1)), Buffer.of(0)])),
  ],
];

test("admit: a grant passes, and the batch says that somebody must judge it", () => {
  const claim = entryOf(author, assertionBody(1));
  const entries = [claim, entryOf(author, grant)];
  const admitted = judge([
    signedBatch({ author, writer, sequence: 1, entries }),
    signedBatch({ author, writer, sequence: 2, entries: [claim] }),
  ]);
  assert.is(admittedOf(admitted, 0).isAboutRights, true);
  assert.is(admittedOf(admitted, 1).isAboutRights, false);
  admitted.release();
});

for (const [name, code, batch] of table) {
  test(`admit: ${name} is ${code}`, () => {
    const refusal = refusalOf(batch);
    assert.is(refusal.code, code, refusal.message);
    assert.ok(refusal.message.length > 20, "the message says what to do");
  });
}

test("admit: of many bad entries sixteen are listed and all are counted", () => {
  const entries = Array.from({ length: 40 }, (_none, at) => entryOf(other, assertionBody(at), at));
  const refusal = refusalOf(signedBatch({ author, writer, sequence: 1, entries }));
  assert.is(refusal.entries.length, 16);
  assert.is(refusal.entriesRefused, 40);
  assert.equal(refusal.entries[3]?.index, 3);
});

test("admit: bytes that are no request are refused as a whole", () => {
  for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), Buffer.alloc(40, 0xff)]) {
    const admitted = inline.admit(bytes, true);
    assert.ok(admitted !== undefined && !(admitted instanceof Promise));
    assert.is(admitted.request?.code, "MESSAGE_MALFORMED");
    admitted.release();
  }
});

test("admit: no flipped bit of a batch is let through", () => {
  const bytes = requestBytes(0, [good(0, 1)]);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const admitted = inline.admit(flipped, true);
    assert.ok(admitted !== undefined && !(admitted instanceof Promise));
    for (const batch of admitted.batches) {
      // A flipped field number makes an unknown field, which is skipped: then nothing may be left.
      if (!isRefusal(batch)) requireTrue(batch, entriesOf(author, 0, 1));
    }
    admitted.release();
  }
});

test("pool: threads find what the main thread finds, and give their memory back", async () => {
  const pool = poolOf(2);
  const batches = [good(0, 256), { ...good(1, 1), signature: Buffer.alloc(64) }, good(2, 5, 3)];
  const bytes = requestBytes(9, batches);
  const all = await within(
    10_000,
    Promise.all(
      Array.from({ length: 40 }, async () => {
        const admitted = await pool.admit(bytes, false);
        assert.ok(admitted);
        requireTrue(admittedOf(admitted, 0), entriesOf(author, 0, 256));
        requireTrue(admittedOf(admitted, 2), entriesOf(author, 2, 5));
        assert.ok(isRefusal(admitted.batches[1] as Refusal));
        admitted.release();
      }),
    ),
  );
  assert.is(all.length, 40);
  await pool.close();
});

test("pool: where the area is full it says so, and settles when there is room", async () => {
  const pool = poolOf(1);
  const bytes = requestBytes(9, [good(0, 4_000)]);
  const held: Promise<Admitted>[] = [];
  for (;;) {
    const admitted = pool.admit(bytes, false);
    if (admitted === undefined) break;
    held.push(Promise.resolve(admitted));
  }
  assert.ok(held.length > 1);
  const room = pool.whenRoom();
  (await held[0])?.release();
  await within(1_000, room);
  const again = await pool.admit(bytes, false, true);
  assert.ok(again);
  await pool.close();
});

test("pool: room is given in the order of waiting, and no small message passes", () => {
  const pool = poolOf(0);
  const take = (bytes: Uint8Array, hasTurn = false) => {
    const admitted = pool.admit(bytes, false, hasTurn);
    assert.not(admitted instanceof Promise);
    return admitted as Admitted | undefined;
  };
  const small = requestBytes(1, [good(0, 1)]);
  const large = requestBytes(2, [good(0, 4_000), good(0, 4_000, 2)]);
  const held: Admitted[] = [];
  for (let next = take(small); next !== undefined; next = take(small)) held.push(next);

  const order: string[] = [];
  const enter = (name: string, bytes: Uint8Array) => {
    const retry = (isFirst: boolean): Promise<void> =>
      pool.whenRoom(isFirst).then(() => {
        if (take(bytes, true) === undefined) return retry(true);
        order.push(name);
        return undefined;
      });
    return retry(false);
  };
  const all = Promise.all([enter("large", large), enter("small", small)]);
  const free = async () => {
    for (const one of held.splice(0)) {
      one.release();
      assert.is(take(small), undefined, "a newcomer waits behind those who wait");
      await settled();
      if (order.length === 2) break;
    }
    await all;
    assert.equal(order, ["large", "small"]);
  };
  return within(10_000, free());
});

test.run();
