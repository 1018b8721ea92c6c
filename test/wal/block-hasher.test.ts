/**
 * Goal: ids hashed in bulk are the leaf hashes, holes keep theirs. Method: blocks of odd shapes
 * (entries of 1 byte, of the largest size, more than a stretch holds) against hashing one by one.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/model/hex.js";
import type { Block } from "../../src/wal/block.js";
import { BlockHasher } from "../../src/wal/block-hasher.js";
import { leafOf } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";

const test = suite("wal: block hasher");
const random = new Seeded(1);
const hasher = new BlockHasher();

/** What the hasher reads of a block. */
function blockOf(entries: readonly Uint8Array[], holes = new Map<number, Uint8Array>()): Block {
  const bytes = Buffer.concat([random.bytes(9), ...entries]);
  const offsets = entries.map((_, i) =>
    entries.slice(0, i).reduce((sum, entry) => sum + entry.length, 9),
  );
  const block: Partial<Block> = {
    bytes,
    count: entries.length,
    offset: (i) => offsets[i] as number,
    length: (i) => entries[i]?.length ?? 0,
    leaf: (i) => holes.get(i),
  };
  return block as Block;
}

function idsOf(block: Block): string[] {
  const found: string[] = [];
  hasher.visit(block, (i, bytes, at) => {
    assert.is(i, found.length);
    found.push(toHex(bytes.subarray(at, at + 32)));
  });
  return found;
}

const cases: Record<string, readonly number[]> = {
  "one entry": [40],
  "entries of 1 byte": [1, 1, 1, 1, 1, 1, 1],
  "the largest entries": [65_535, 1, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 65_535, 3],
  "an even number": [10, 300, 55, 64],
  "an odd number": [10, 300, 55, 64, 119],
  "more than a stretch": Array.from({ length: 4_500 }, () => 1 + random.below(50)),
};

for (const [name, lengths] of Object.entries(cases)) {
  test(`${name}: every id is the leaf hash`, () => {
    const entries = lengths.map((length) => random.bytes(length));
    const before = entries.map((entry) => toHex(leafOf(entry)));
    const block = blockOf(entries);
    const bytes = Buffer.from(block.bytes);
    assert.equal(idsOf(block), before);
    assert.ok(bytes.equals(block.bytes), "the block is unchanged");
  });
}

test("holes: keep the id that their slot tells", () => {
  const entries = [random.bytes(50), random.bytes(32), random.bytes(50)];
  const hole = random.bytes(32);
  const [first, , last] = entries.map((entry) => toHex(leafOf(entry)));
  assert.equal(idsOf(blockOf(entries, new Map([[1, hole]]))), [first, toHex(hole), last]);
});

test.run();
