/**
 * Goal: a segment's header comes back as it was written; any other page is none, or is of a newer
 * version. Method: edges of many sizes there and back; every flipped bit of a page.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TreeEdge } from "../../src/merkle/tree-edge.js";
import { isFault } from "../../src/model/fault.js";
import { hybridTimeAt } from "../../src/model/hybrid-time.js";
import { decodeEdge, edgeBytes, encodeEdge } from "../../src/wal/edge.js";
import { SEGMENT_HEADER_BYTES } from "../../src/wal/limits.js";
import { decodeSegmentHeader, encodeSegmentHeader } from "../../src/wal/segment-header.js";
import { SparseIndex } from "../../src/wal/sparse-index.js";
import { Seeded } from "../support/seeded.js";
import { treeHash } from "./log-subject.js";

const test = suite("wal: segment header");
const random = new Seeded(3);

function headerAt(firstIndex: number) {
  const edge = TreeEdge.empty().append(treeHash, random.bytes(firstIndex * 32));
  const logId = random.bytes(32);
  return { salt: 0x8000_0001, logId, firstIndex, lastTime: hybridTimeAt(9), edge };
}

test("encode, decode: the page comes back, edge and all", () => {
  for (const firstIndex of [0, 1, 2, 3, 255, 1000]) {
    const header = headerAt(firstIndex);
    const { bytes, headerCrc } = encodeSegmentHeader(header);
    assert.is(bytes.length, SEGMENT_HEADER_BYTES);
    const found = decodeSegmentHeader(bytes);
    assert.ok(found);
    assert.is(found.headerCrc, headerCrc);
    assert.is(found.firstIndex, firstIndex);
    assert.is(found.salt, header.salt);
    assert.is(found.lastTime, header.lastTime);
    const root = Buffer.from(found.edge.root(treeHash));
    assert.equal(root, Buffer.from(header.edge.root(treeHash)));
  }
});

test("decode: a flipped bit is no header, or a newer version's (exhaustive)", () => {
  const { bytes } = encodeSegmentHeader(headerAt(7));
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes);
    flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
    const isVersion = bit >>> 3 === 8 || bit >>> 3 === 9;
    try {
      assert.is(decodeSegmentHeader(flipped), undefined);
      assert.not.ok(isVersion);
    } catch (error) {
      assert.ok(isVersion && isFault(error, "LOG_FORMAT_UNSUPPORTED"));
    }
  }
  assert.is(decodeSegmentHeader(bytes.subarray(0, SEGMENT_HEADER_BYTES - 1)), undefined);
});

test("edge: comes back, and every truncation is refused", () => {
  const edge = TreeEdge.empty().append(treeHash, random.bytes(13 * 32));
  const bytes = new Uint8Array(edgeBytes(13));
  assert.is(encodeEdge(edge, bytes, 0), bytes.length);
  const root = Buffer.from(edge.root(treeHash));
  assert.equal(Buffer.from(decodeEdge(bytes, 0)?.root(treeHash) ?? []), root);
  for (let length = 0; length < bytes.length; length++) {
    assert.is(decodeEdge(bytes.subarray(0, length), 0), undefined);
  }
  assert.is(decodeEdge(new Uint8Array(200).fill(0xff), 0), undefined);
});

test("sparse index: finds the row before an index and a time, there and back", () => {
  const index = new SparseIndex();
  for (let i = 0; i < 50; i++) {
    index.add({ firstIndex: i * 10, fileOffset: 4096 + i * 40_000, hybridTime: BigInt(i + 1) });
  }
  assert.is(index.length, 25, "a row per 64 KiB, not per block");
  const edge = TreeEdge.empty().append(treeHash, random.bytes(3 * 32));
  const seal = index.encodeSeal(edge, 123_456);
  const found = SparseIndex.decodeSeal(seal)?.index;
  assert.ok(found);
  for (const one of [index, found]) {
    assert.is(one.before(0)?.fileOffset, 4096);
    assert.is(one.before(45)?.firstIndex, 40);
    assert.is(one.before(1e6)?.firstIndex, 480);
    assert.is(one.beforeTime(1n), undefined);
    assert.is(one.beforeTime(6n)?.firstIndex, 40);
  }
  for (let length = 0; length < seal.length; length++) {
    assert.is(SparseIndex.decodeSeal(seal.subarray(0, length)), undefined);
  }
});

test.run();
