/**
 * Goal: a sealed segment can be written anew, as redaction and pruning will do it, beside segments
 * that are not touched: the log opens undamaged, its root stays, and what was not erased is read as
 * before. Method: a segment of several is rewritten frame by frame with another salt, without LZ4,
 * its first assertion a redacted slot and its second a pruned one.
 */
import { crc32 } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bytesEqual } from "../../src/model/hex.js";
import { type Block, payloadBytesOf } from "../../src/wal/block.js";
import {
  encodeFrameHeader,
  type FoundFrame,
  FRAME_KIND_BLOCK,
  FRAME_KIND_SEAL,
  frameBytes,
} from "../../src/wal/frame.js";
import { decodeBlock } from "../../src/wal/frame-window.js";
import { FRAME_HEADER_BYTES, SEGMENT_HEADER_BYTES } from "../../src/wal/limits.js";
import { decodeSegmentHeader, encodeSegmentHeader } from "../../src/wal/segment-header.js";
import { decodeSealFrame } from "../../src/wal/segments.js";
import { SparseIndex } from "../../src/wal/sparse-index.js";
import { blocksOf, framesOf, LogSubject, treeHash } from "./log-subject.js";

const test = suite("wal: rewrite");

/** The block's payload with entry 1 redacted and entry 2 pruned. */
function withHoles(block: Block): Buffer {
  const slots = Array.from({ length: block.count }, (_, i) => Buffer.from(block.entry(i)));
  const position = Buffer.concat([Buffer.alloc(32, 0xbb), Buffer.from("0000000000000009", "hex")]);
  const leaf = (i: number) => Buffer.from(treeHash.leaf(block.entry(i)));
  slots[1] = Buffer.concat([leaf(1), position]);
  slots[2] = leaf(2);
  const { count, batchCount } = block;
  const tables = Buffer.from(block.bytes.subarray(0, payloadBytesOf(count, batchCount, 0)));
  tables[4 + 1] = 3;
  tables[4 + 2] = 2;
  slots.forEach((slot, i) => {
    tables.writeUInt16BE(slot.length, 4 + count + i * 2);
  });
  return Buffer.concat([tables, ...slots]);
}

/** The bytes of a segment whose every frame is written anew. */
function rewritten(segment: Buffer): Buffer {
  const header = decodeSegmentHeader(segment.subarray(0, SEGMENT_HEADER_BYTES));
  assert.ok(header);
  const salt = header.salt ^ 0x0f0f;
  const page = encodeSegmentHeader({ ...header, salt });
  const parts: Uint8Array[] = [page.bytes];
  const index = new SparseIndex();
  let fileOffset = SEGMENT_HEADER_BYTES;
  let previousCrc = page.headerCrc;
  const put = (frame: FoundFrame, payload: Uint8Array) => {
    const target = Buffer.alloc(frameBytes(payload.length));
    target.set(payload, FRAME_HEADER_BYTES);
    const sizes = { storedBytes: payload.length, payloadBytes: payload.length };
    const own = { fileOffset, previousCrc, payloadCrc: crc32(payload), isCompressed: false };
    previousCrc = encodeFrameHeader({ ...frame, ...sizes, ...own }, { target, offset: 0, salt });
    parts.push(target);
    fileOffset += target.length;
  };
  framesOf(segment).forEach(({ frame, start }, i) => {
    const from = start + FRAME_HEADER_BYTES;
    const stored = segment.subarray(from, from + frame.storedBytes);
    if (frame.kind === FRAME_KIND_BLOCK) {
      const block = decodeBlock(frame, stored);
      index.add({ ...block, fileOffset });
      put(frame, i === 0 ? withHoles(block) : Buffer.from(block.bytes));
    } else if (frame.kind === FRAME_KIND_SEAL) {
      const seal = decodeSealFrame(frame, stored);
      assert.ok(seal);
      put(frame, index.encodeSeal(seal.edge, fileOffset));
    }
  });
  return Buffer.concat(parts);
}

test("a segment written anew beside the others: the log opens as it was", async () => {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen();
  while ((await subject.segments()).length < 4) await subject.appendEach(log, 8);
  const { size } = log;
  const root = log.root();
  const before = await blocksOf(log);
  await log.close();

  const [, name = ""] = await subject.segments();
  subject.disk.edit(`${subject.directory}/${name}`, (old) => rewritten(Buffer.from(old)));
  const again = await subject.open();
  assert.is(again.state, "open");
  assert.equal(again.damage, []);
  assert.is(again.size, size);
  assert.ok(bytesEqual(again.root(), root));

  const start = Number(name.slice(0, 20));
  const after = await blocksOf(again);
  assert.is(after.length, before.length);
  after.forEach((block, b) => {
    const old = before[b] as Block;
    const { root: oldRoot, signature, ...rest } = old.statement;
    assert.ok(bytesEqual(block.statement.root, oldRoot));
    assert.ok(bytesEqual(block.statement.signature, signature));
    assert.is(block.statement.count, rest.count);
    for (let i = 0; i < block.count; i++) {
      const isHit = block.firstIndex === start && (i === 1 || i === 2);
      if (!isHit) assert.ok(bytesEqual(block.entry(i), old.entry(i)));
      else assert.ok(bytesEqual(block.leaf(i) ?? new Uint8Array(), treeHash.leaf(old.entry(i))));
    }
  });
  const [hit] = after.filter((block) => block.firstIndex === start);
  assert.is(hit?.state(1), "redacted");
  assert.is(hit?.redaction(1)?.index, 9);
  assert.is(hit?.state(2), "pruned");
  // The batches' roots, and so the authors' signatures, still fit.
  let batches = 0;
  for await (const batch of again.batchesFrom(0)) {
    const { root: signed } = (subject.written[batches++] as (typeof subject.written)[0]).batch;
    assert.ok(bytesEqual(batch.root, signed));
  }
  assert.is(batches, subject.written.length);
  await subject.appendEach(again, 3);
  await again.close();
});

test.run();
