/**
 * Goal: a block read back is the block written, and no bytes on disk make a reader read out of
 * bounds, allocate without limit, or take for a block what is none. Method: batches of chance
 * through the codec and back; every truncation and every flipped bit of a small block; and payloads
 * with right checksums and wrong contents, which only the codec's own rules can refuse.
 */
import { crc32 } from "node:zlib";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GLOBAL_SHARD } from "../../src/entry/batch.js";
import { isFault } from "../../src/model/fault.js";
import { hybridTimeAt } from "../../src/model/hybrid-time.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import { encodePayload, StoredBlock } from "../../src/wal/block.js";
import { compressed, decompressed } from "../../src/wal/compression.js";
import {
  decodeFrameHeader,
  encodeFrameHeader,
  FRAME_KIND_BLOCK,
  type FrameHeader,
} from "../../src/wal/frame.js";
import { decodeBlock } from "../../src/wal/frame-window.js";
import { FRAME_HEADER_BYTES } from "../../src/wal/limits.js";
import { makeStamp } from "../../src/wal/node-entries.js";
import { throwsFault } from "../support/expect.js";
import { sampleBatch } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";
import { logKey, treeHash } from "./log-subject.js";

const test = suite("wal: block");
const random = new Seeded(5);
const logId = new Uint8Array(32).fill(6);
const hybridTime = hybridTimeAt(1_790_000_000_000);
const firstIndex = 1000;
const salt = 0xdead_beef;

function encode(batches: readonly AdmittedBatch[]) {
  const maker = { key: logKey, random, hash: treeHash };
  const count = batches.reduce((sum, batch) => sum + batch.count, 1);
  const stamp = makeStamp(maker, { logId, firstIndex, count, hybridTime });
  const root = new Uint8Array(32).fill(2);
  const signature = new Uint8Array(64).fill(1);
  const statement = { logId, firstIndex, count, root, signature };
  return { ...encodePayload([stamp], batches), statement, stamp };
}

function frameOf(encoded: ReturnType<typeof encode>) {
  const { payload, statement } = encoded;
  const stored = compressed(payload) ?? payload;
  const header: FrameHeader = {
    kind: FRAME_KIND_BLOCK,
    isCompressed: stored !== payload,
    fileOffset: 8192,
    storedBytes: stored.length,
    payloadBytes: payload.length,
    payloadCrc: crc32(stored),
    previousCrc: 77,
    syncedThrough: firstIndex,
    statement,
    hybridTime,
  };
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + stored.length);
  const headerCrc = encodeFrameHeader(header, { target: bytes, offset: 0, salt });
  bytes.set(stored, FRAME_HEADER_BYTES);
  return { header, headerCrc, bytes };
}

const place = { offset: 0, fileOffset: 8192, salt };
const small = encode([sampleBatch(random, { count: 2, entryBytesMax: 40, sequence: 3 }).batch]);

test("encode, decode: batches come back field by field (property)", () => {
  const shapes = fc.array(fc.record({ count: fc.integer({ min: 1, max: 40 }), seed: fc.nat() }), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(shapes, (list) => {
      const samples = list.map(({ count, seed }, i) =>
        sampleBatch(new Seeded(seed), { count, entryBytesMax: 700, sequence: i + 1 }),
      );
      const encoded = encode(samples.map(({ batch }) => batch));
      const { bytes } = frameOf(encoded);
      const frame = decodeFrameHeader(bytes, place);
      assert.ok(frame);
      const block = decodeBlock(frame, bytes.subarray(FRAME_HEADER_BYTES));
      assert.is(block.count, encoded.count);
      assert.is(block.batchCount, samples.length);
      assert.is(block.batchOf(0), -1);
      assert.is(block.shard(0), GLOBAL_SHARD);
      assert.equal(Buffer.from(block.entry(0)), Buffer.from(encoded.stamp.bytes));
      let entry = 1;
      samples.forEach(({ batch, entries }, b) => {
        const record = block.batch(b);
        assert.is(record.firstEntry, entry);
        assert.is(record.count, batch.count);
        assert.is(record.sequence, batch.sequence);
        for (const field of ["author", "writer", "signature"] as const) {
          assert.equal(Buffer.from(record[field]), Buffer.from(batch[field]));
        }
        entries.forEach((bytes, i) => {
          assert.ok(Buffer.from(block.entry(entry)).equals(bytes));
          assert.is(block.shard(entry), batch.shards[i]);
          assert.is(block.batchOf(entry), b);
          assert.is(block.state(entry), "whole");
          entry += 1;
        });
      });
    }),
    { numRuns: 60 },
  );
});

test("decode: a header comes back as it was written", () => {
  const { header, headerCrc, bytes } = frameOf(small);
  const frame = decodeFrameHeader(bytes, place);
  assert.ok(frame);
  const { statement, ...rest } = frame;
  const { statement: expected, ...expectedRest } = header;
  assert.equal(rest, { ...expectedRest, headerCrc });
  assert.equal(Buffer.from(statement.signature), Buffer.from(expected.signature));
  assert.equal(Buffer.from(statement.root), Buffer.from(expected.root));
  assert.is(statement.firstIndex, firstIndex);
});

test("decode: another place, or another file's salt, is no frame", () => {
  const { bytes } = frameOf(small);
  assert.is(decodeFrameHeader(bytes, { ...place, fileOffset: 8200 }), undefined);
  assert.is(decodeFrameHeader(bytes, { ...place, salt: salt + 1 }), undefined);
});

test("decode: every truncation of a frame is refused (exhaustive)", () => {
  const { bytes } = frameOf(small);
  for (let length = 0; length < bytes.length; length++) {
    const torn = bytes.subarray(0, length);
    const frame = decodeFrameHeader(torn, place);
    assert.is(frame === undefined, length < FRAME_HEADER_BYTES);
    if (frame === undefined) continue;
    throwsFault(() => decodeBlock(frame, torn.subarray(FRAME_HEADER_BYTES)), "LOG_CORRUPT");
  }
});

test("decode: every flipped bit of a frame is refused (exhaustive)", () => {
  const { bytes } = frameOf(small);
  const whole = decodeFrameHeader(bytes, place);
  assert.ok(whole);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
    const frame = decodeFrameHeader(flipped, place);
    assert.is(frame === undefined, bit < FRAME_HEADER_BYTES * 8);
    if (frame === undefined) continue;
    throwsFault(() => decodeBlock(frame, flipped.subarray(FRAME_HEADER_BYTES)), "LOG_CORRUPT");
  }
});

/** What a payload with a right checksum may do: be refused, or be a block within its bounds. */
function readsWithinBounds(count: number, payload: Uint8Array): void {
  try {
    const block = new StoredBlock(
      { statement: { ...small.statement, count }, hybridTime },
      payload,
    );
    for (let i = 0; i < block.count; i++) {
      assert.ok(block.offset(i) + block.length(i) <= payload.length);
      assert.is(block.entry(i).length, block.length(i));
      assert.ok(block.shard(i) <= GLOBAL_SHARD);
      block.leaf(i);
      block.redaction(i);
      assert.ok(block.batchOf(i) < block.batchCount);
    }
    for (let b = 0; b < block.batchCount; b++) {
      const { firstEntry, count: entries } = block.batch(b);
      assert.ok(firstEntry + entries <= block.count);
    }
  } catch (error) {
    if (!isFault(error, "LOG_CORRUPT")) throw error;
  }
}

test("decode: wrong contents under a right checksum are refused or stay in bounds", () => {
  const { payload, count } = small;
  for (let bit = 0; bit < payload.length * 8; bit++) {
    const flipped = Uint8Array.from(payload);
    flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
    readsWithinBounds(count, flipped);
  }
  for (let length = 0; length < payload.length; length++) {
    readsWithinBounds(count, payload.subarray(0, length));
  }
  for (const wrong of [1, 2, 4, 100, 65_536]) readsWithinBounds(wrong, payload);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.integer({ min: 1, max: 60 }), (bytes, n) =>
      readsWithinBounds(n, bytes),
    ),
    { numRuns: 500 },
  );
});

test("decode: a frame whose stamp says another time is LOG_CORRUPT", () => {
  const facts = { statement: small.statement, hybridTime: hybridTimeAt(5) };
  throwsFault(() => new StoredBlock(facts, small.payload), "LOG_CORRUPT");
});

test("decode: a frame that is not what its stamp says is LOG_CORRUPT", () => {
  const { statement, payload } = small;
  const changes = [
    { firstIndex: firstIndex + 1 },
    { firstIndex: firstIndex - 1 },
    { logId: new Uint8Array(32).fill(7) },
  ];
  for (const change of changes) {
    const facts = { statement: { ...statement, ...change }, hybridTime };
    throwsFault(() => new StoredBlock(facts, payload), "LOG_CORRUPT");
  }
});

test("decode: two blocks joined into one are LOG_CORRUPT", () => {
  const { batch } = sampleBatch(random, { count: 2, entryBytesMax: 40, sequence: 4 });
  const maker = { key: logKey, random, hash: treeHash };
  const stamp = makeStamp(maker, { logId, firstIndex, count: 3, hybridTime });
  const { payload, count } = encodePayload([stamp, stamp], [batch]);
  const statement = { ...small.statement, count };
  throwsFault(() => new StoredBlock({ statement, hybridTime }, payload), "LOG_CORRUPT");
});

test("decode: a stamp with a field of a newer version is a stamp", () => {
  const maker = { key: logKey, random, hash: treeHash };
  const { bytes } = makeStamp(maker, { logId, firstIndex, count: 1, hybridTime });
  const bodyAt = 34 + 18 + 3; // behind author, salt, and the body's tag and length
  const newer = Buffer.concat([bytes, Uint8Array.of(0x28, 0x07)]); // field 5: 7
  newer[bodyAt - 1] = bytes.length - bodyAt + 2;
  const { payload } = encodePayload([{ bytes: newer, leaf: treeHash.leaf(newer) }], []);
  const statement = { ...small.statement, count: 1 };
  assert.is(new StoredBlock({ statement, hybridTime }, payload).count, 1);
});

test("slots: pruned and redacted entries give their leaf hash, and the redaction", () => {
  const hash = Buffer.alloc(32, 0xaa);
  const redaction = Buffer.concat([
    hash,
    Buffer.alloc(32, 0xbb),
    Buffer.from("0000000000000123", "hex"),
  ]);
  const maker = { key: logKey, random, hash: treeHash };
  const stamp = makeStamp(maker, { logId, firstIndex, count: 3, hybridTime });
  const slots = [stamp.bytes, hash, redaction];
  const table = Buffer.alloc(4 + 3 * 5);
  slots.forEach((slot, i) => {
    table[4 + i] = i + 1;
    table.writeUInt16BE(slot.length, 7 + i * 2);
    table.writeUInt16BE(i, 13 + i * 2);
  });
  const statement = { ...small.statement, count: 3 };
  const block = new StoredBlock({ statement, hybridTime }, Buffer.concat([table, ...slots]));
  assert.is(block.state(1), "pruned");
  assert.is(block.state(2), "redacted");
  assert.equal(Buffer.from(block.leaf(1) ?? []), hash);
  assert.equal(Buffer.from(block.leaf(2) ?? []), hash);
  assert.is(block.redaction(1), undefined);
  assert.is(block.redaction(2)?.index, 0x123);
  assert.equal(Buffer.from(block.redaction(2)?.logId ?? []), Buffer.alloc(32, 0xbb));
  table[5] = 3; // a redacted slot of a pruned one's length
  const wrong = Buffer.concat([table, ...slots]);
  throwsFault(() => new StoredBlock({ statement, hybridTime }, wrong), "LOG_CORRUPT");
});

test("compression: never gives more than the size that was promised", () => {
  const payload = Buffer.alloc(100_000, "claims ");
  const stored = compressed(payload);
  assert.ok(stored !== undefined && stored.length < payload.length / 2);
  assert.ok(Buffer.from(decompressed(stored, payload.length) ?? []).equals(payload));
  assert.is(decompressed(stored, payload.length - 1), undefined);
  assert.is(decompressed(stored, payload.length + 1), undefined);
  assert.is(decompressed(new Uint8Array(40).fill(0xff), 1000), undefined);
  assert.is(compressed(random.bytes(10_000)), undefined);
  assert.is(compressed(Buffer.alloc(1000)), undefined);
});

test.run();
