/**
 * Goal: the machine code hashes as node:crypto does, for every length, count and alignment, and
 * writes nothing but its outputs. Method: two areas with the same bytes, one per implementation;
 * after each call the whole areas are compared, so a stray write fails as a wrong hash does. A few
 * cases are compared with node:crypto directly, so that both cannot be wrong together.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  createSharedArea,
  openSha256Lanes,
  type Sha256Lanes,
} from "../../src/crypto/sha256-lanes.js";
import { isWasmSupported } from "../../src/crypto/sha256-wasm.js";
import { AssertionFailure } from "../../src/invariant/assert.js";

const test = suite("crypto: sha256 lanes");

const areaBytes = 1024 * 1024;
const wasm = openSha256Lanes({ bytes: areaBytes, implementation: "wasm" });
const portable = openSha256Lanes({ bytes: areaBytes, implementation: "portable" });
const both = [wasm, portable];

interface Range {
  readonly pointer: number;
  readonly length: number;
}

/** Cheap pseudo-random bytes: enough to tell messages apart. */
function fill(lanes: Sha256Lanes, seed: number): void {
  let state = seed | 1;
  for (let index = 0; index < lanes.bytes.length; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    lanes.bytes[index] = state >>> 24;
  }
}

function writeTable(lanes: Sha256Lanes, table: number, ranges: readonly Range[]): void {
  const view = new DataView(lanes.bytes.buffer, lanes.bytes.byteOffset, lanes.bytes.length);
  for (const [index, range] of ranges.entries()) {
    view.setUint32(table + index * 8, range.pointer, true);
    view.setUint32(table + index * 8 + 4, range.length, true);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const hashOf = (...parts: Uint8Array[]): string => {
  const hasher = createHash("sha256");
  for (const part of parts) hasher.update(part);
  return hasher.digest("hex");
};
const outputAt = (lanes: Sha256Lanes, out: number, index: number): string =>
  hex(lanes.bytes.subarray(out + index * 32, out + index * 32 + 32));

/** The areas are equal after the same call on both. */
function sameAreas(): boolean {
  return Buffer.compare(wasm.bytes, portable.bytes) === 0;
}

/** Lays `many`'s parts out: messages below, the table and the hashes above, wherever they start. */
const tableBase = 512 * 1024;
const outBase = 768 * 1024;

function manyAgrees(ranges: readonly Range[], table: number, out: number): boolean {
  for (const lanes of both) {
    writeTable(lanes, table, ranges);
    lanes.many(table, ranges.length, out);
  }
  return sameAreas();
}

for (const lanes of both) fill(lanes, 1);

test("wasm: this machine runs the module (or the rest proves nothing)", () => {
  assert.ok(isWasmSupported());
  assert.is(wasm.implementation, "wasm");
  assert.is(openSha256Lanes({ bytes: 64 }).implementation, "wasm");
});

test("many: every length from 0 to 600, all in one table", () => {
  const ranges = Array.from({ length: 601 }, (_, length) => ({ pointer: length * 601, length }));
  assert.ok(manyAgrees(ranges, tableBase, outBase));
  for (const [index, { pointer, length }] of ranges.entries()) {
    const message = wasm.bytes.subarray(pointer, pointer + length);
    assert.is(outputAt(wasm, outBase, index), hashOf(message), `length ${length}`);
  }
});

test("many: every length from 0 to 200 alone, with three lanes idle", () => {
  for (let length = 0; length <= 200; length++) {
    assert.ok(manyAgrees([{ pointer: 1000 + length, length }], tableBase, outBase));
  }
});

test("many: random counts, lengths, overlaps and alignments (property)", () => {
  const range = fc.record({
    pointer: fc.integer({ min: 0, max: 400_000 }),
    length: fc.oneof(
      fc.integer({ min: 0, max: 600 }),
      fc.constantFrom(55, 56, 63, 64, 65, 119, 120, 127, 128, 65_535),
    ),
  });
  const places = fc.integer({ min: 0, max: 64 });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 300 }), places, places, (ranges, table, out) =>
      manyAgrees(ranges, tableBase + table, outBase + out),
    ),
    { numRuns: 150 },
  );
});

test("many: 64 KiB messages beside empty ones keep their lanes apart", () => {
  const ranges = Array.from({ length: 41 }, (_, index) => ({
    pointer: index * 97,
    length: index % 5 === 0 ? 65_536 : index % 3,
  }));
  assert.ok(manyAgrees(ranges, tableBase, outBase));
});

test("many: a message that ends where the area ends, and an empty one there", () => {
  for (let length = 0; length <= 130; length++) {
    assert.ok(manyAgrees([{ pointer: areaBytes - length, length }], tableBase, outBase));
  }
});

test("many: no messages write nothing", () => {
  assert.ok(manyAgrees([], tableBase, outBase));
  assert.ok(manyAgrees([], areaBytes, areaBytes));
});

test("many: a length that needs more than 32 bits of bits is padded right", () => {
  // 2^29 bytes are 2^32 bits: the high word of the length is not zero.
  const bytes = 2 ** 29;
  const large = openSha256Lanes({ bytes: bytes + 64, implementation: "wasm" });
  writeTable(large, bytes, [{ pointer: 0, length: bytes }]);
  large.many(bytes, 1, bytes + 32);
  assert.is(outputAt(large, bytes + 32, 0), hashOf(large.bytes.subarray(0, bytes)));
});

test("many: a range outside the area is an assertion failure in both", () => {
  const ranges: Range[] = [
    { pointer: areaBytes, length: 1 },
    { pointer: areaBytes - 5, length: 6 },
    { pointer: 0, length: areaBytes + 1 },
    { pointer: 0xffff_ffff, length: 2 },
    { pointer: 8, length: 0xffff_ffff },
    { pointer: areaBytes + 1, length: 0 },
  ];
  for (const lanes of both) {
    for (const range of ranges) {
      // Last of six, so that it is met while other lanes are at work.
      const good = Array.from({ length: 5 }, () => ({ pointer: 0, length: 100 }));
      writeTable(lanes, tableBase, [...good, range]);
      assert.throws(() => lanes.many(tableBase, 6, outBase), isAssertion);
      assert.throws(() => lanes.gather(tableBase, 6, outBase), isAssertion);
    }
  }
  for (const lanes of both) fill(lanes, 2);
});

test("places: a table, an output or pairs outside the area are assertion failures", () => {
  for (const lanes of both) {
    assert.throws(() => lanes.many(areaBytes - 7, 1, 0), isAssertion);
    assert.throws(() => lanes.many(0, 1, areaBytes - 31), isAssertion);
    assert.throws(() => lanes.many(-8, 1, 0), isAssertion);
    assert.throws(() => lanes.many(0, -1, 64), isAssertion);
    assert.throws(() => lanes.nodes(areaBytes - 63, 1, 0), isAssertion);
    assert.throws(() => lanes.nodes(0, 1, areaBytes - 31), isAssertion);
    assert.throws(() => lanes.root(0, 3, areaBytes - 95), isAssertion);
    assert.throws(() => lanes.gather(0, 0, areaBytes + 1), isAssertion);
  }
  assert.ok(sameAreas());
});

test("nodes: every count from 0 to 70, out behind the pairs", () => {
  for (let count = 0; count <= 70; count++) {
    for (const lanes of both) lanes.nodes(3, count, outBase + 1);
    assert.ok(sameAreas(), `count ${count}`);
  }
  const pair = wasm.bytes.subarray(3 + 64, 3 + 128);
  assert.is(outputAt(wasm, outBase + 1, 1), hashOf(Uint8Array.of(1), pair));
});

test("nodes: in place, at the area's start and at its end", () => {
  for (let count = 0; count <= 70; count++) {
    for (const lanes of both) {
      lanes.nodes(0, count, 0);
      lanes.nodes(areaBytes - 64 * count, count, areaBytes - 64 * count);
    }
    assert.ok(sameAreas(), `count ${count}`);
  }
});

test("nodes: every value of the last byte (it shares a block with the padding)", () => {
  for (let value = 0; value < 256; value++) {
    for (const lanes of both) lanes.bytes[value * 64 + 63] = value;
  }
  for (const lanes of both) lanes.nodes(0, 256, outBase);
  assert.ok(sameAreas());
});

test("root: RFC 6962's recursion for every count from 0 to 130, and the leaves stay", () => {
  for (let count = 0; count <= 130; count++) {
    const leaves = Buffer.from(wasm.bytes.subarray(77, 77 + count * 32));
    for (const lanes of both) {
      const root = lanes.root(77, count, outBase);
      const expected = naiveRoot(leaves);
      assert.is(hex(lanes.bytes.subarray(root, root + 32)), hex(expected), `count ${count}`);
      assert.ok(Buffer.from(lanes.bytes.subarray(77, 77 + count * 32)).equals(leaves));
    }
    assert.ok(sameAreas());
  }
});

test("gather: copies the ranges one behind the other (property)", () => {
  const range = fc.record({
    pointer: fc.integer({ min: 0, max: 100_000 }),
    length: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(fc.array(range, { maxLength: 100 }), (ranges) => {
      const expected = Buffer.concat(
        ranges.map(({ pointer, length }) => wasm.bytes.slice(pointer, pointer + length)),
      );
      for (const lanes of both) {
        writeTable(lanes, tableBase, ranges);
        assert.is(lanes.gather(tableBase, ranges.length, outBase), expected.length);
      }
      const copy = wasm.bytes.subarray(outBase, outBase + expected.length);
      return sameAreas() && Buffer.compare(copy, expected) === 0;
    }),
  );
});

test("gather: moves ranges down over themselves", () => {
  const ranges = [
    { pointer: 10, length: 100 },
    { pointer: 111, length: 50 },
    { pointer: 162, length: 300 },
  ];
  const expected = Buffer.concat(
    ranges.map(({ pointer, length }) => wasm.bytes.slice(pointer, pointer + length)),
  );
  for (const lanes of both) {
    writeTable(lanes, tableBase, ranges);
    assert.is(lanes.gather(tableBase, 3, 5), 450);
    assert.is(Buffer.compare(lanes.bytes.subarray(5, 455), expected), 0);
  }
  assert.ok(sameAreas());
});

test("gather: copies that would leave the area are an assertion failure in both", () => {
  for (const lanes of both) {
    writeTable(lanes, tableBase, [{ pointer: 0, length: 100 }]);
    assert.throws(() => lanes.gather(tableBase, 1, areaBytes - 99), isAssertion);
    assert.is(lanes.gather(tableBase, 1, areaBytes - 100), 100);
  }
});

test("shared: two instances over one memory see the same area and keep apart", () => {
  const memory = createSharedArea(70_000);
  const first = openSha256Lanes({ bytes: 70_000, shared: memory });
  const second = openSha256Lanes({ bytes: 70_000, shared: memory, implementation: "portable" });
  const third = openSha256Lanes({ bytes: 70_000, shared: memory });
  assert.is(first.memory, memory);
  fill(first, 9);
  for (const [index, lanes] of [first, second, third].entries()) {
    lanes.nodes(0, 5, 60_000 + index * 160);
  }
  const outputs = [0, 1, 2].map((index) =>
    hex(first.bytes.subarray(60_000 + index * 160, 60_160 + index * 160)),
  );
  assert.is(outputs[0], outputs[1]);
  assert.is(outputs[0], outputs[2]);
  assert.is(third.bytes.length, 70_000);
});

test("shared: a memory that is too small, or cannot grow, is an assertion failure", () => {
  const full = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true });
  assert.throws(() => openSha256Lanes({ bytes: 65_536, shared: full }), isAssertion);
  const memory = createSharedArea(65_536);
  assert.throws(() => openSha256Lanes({ bytes: 65_536 * 2, shared: memory }), isAssertion);
});

function isAssertion(error: unknown): boolean {
  return error instanceof AssertionFailure;
}

/** RFC 6962 section 2.1, word for word. */
function naiveRoot(leaves: Buffer): Buffer {
  const count = leaves.length / 32;
  if (count === 0) return createHash("sha256").digest();
  if (count === 1) return leaves;
  let split = 1;
  while (split * 2 < count) split *= 2;
  const left = naiveRoot(leaves.subarray(0, split * 32));
  const right = naiveRoot(leaves.subarray(split * 32));
  return createHash("sha256").update(Uint8Array.of(1)).update(left).update(right).digest();
}

test.run();
