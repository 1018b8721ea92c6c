/**
 * Goal: an edge that grew in any steps is the edge of RFC 6962's tree over the same leaves, and
 * survives being stored. Method: the definition, word for word and without any sharing, over
 * node:crypto; all sizes to 130, all two-step splits to 65, random steps to 1,025, and the roots of
 * the Certificate Transparency reference implementation.
 */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { rootOf, TreeEdge } from "../../src/merkle/tree-edge.js";
import type { TreeHash } from "../../src/merkle/tree-hash.js";

const test = suite("merkle: tree edge");

const lanes: TreeHash = openTreeHash();
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const prefixed = (prefix: number, ...parts: Uint8Array[]): Uint8Array => {
  const hasher = createHash("sha256").update(Uint8Array.of(prefix));
  for (const part of parts) hasher.update(part);
  return hasher.digest();
};

/** MTH of RFC 6962 section 2.1, over leaf hashes. */
function definition(leaves: Uint8Array): Uint8Array {
  const count = leaves.length / 32;
  if (count === 0) return createHash("sha256").digest();
  if (count === 1) return leaves;
  const split = splitOf(count);
  const left = definition(leaves.subarray(0, split * 32));
  const right = definition(leaves.subarray(split * 32));
  return prefixed(1, left, right);
}

/** The largest power of two smaller than `count`. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** The roots of the perfect subtrees a tree of this size has on its right edge. */
function definedEdge(leaves: Uint8Array): string[] {
  const hashes: string[] = [];
  let start = 0;
  for (let rest = leaves.length / 32; rest > 0; ) {
    const size = rest === 1 ? 1 : (rest & (rest - 1)) === 0 ? rest : splitOf(rest);
    hashes.push(hex(definition(leaves.subarray(start * 32, (start + size) * 32))));
    start += size;
    rest -= size;
  }
  return hashes;
}

const leaves = Buffer.concat(
  Array.from({ length: 1025 }, (_, index) => prefixed(0, Buffer.from(`leaf ${index}`))),
);
const first = (count: number): Uint8Array => leaves.subarray(0, count * 32);
const edgeOf = (edge: TreeEdge): string[] => edge.hashes().map(hex);

test("root: the reference roots of Certificate Transparency", () => {
  const data = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
  ];
  const roots = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];
  let edge = TreeEdge.empty();
  for (const [index, bytes] of data.entries()) {
    edge = edge.append(lanes, lanes.leaf(Buffer.from(bytes, "hex")));
    assert.is(hex(edge.root(lanes)), roots[index]);
  }
});

test("root: of the empty tree is SHA-256 of nothing", () => {
  const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  assert.is(hex(TreeEdge.empty().root(lanes)), nothing);
  assert.is(hex(rootOf(lanes, new Uint8Array(0))), nothing);
});

test("append: every size to 130, root and edge as defined", () => {
  for (let size = 0; size <= 130; size++) {
    const edge = TreeEdge.empty().append(lanes, first(size));
    assert.is(edge.size, size);
    assert.is(hex(edge.root(lanes)), hex(definition(first(size))), `size ${size}`);
    assert.equal(edgeOf(edge), definedEdge(first(size)), `size ${size}`);
    assert.is(hex(rootOf(lanes, first(size))), hex(edge.root(lanes)));
  }
});

test("append: every split to 65: a, then b, is a and b at once", () => {
  const whole = Array.from({ length: 66 }, (_, size) => ({
    root: hex(definition(first(size))),
    edge: definedEdge(first(size)),
  }));
  for (let a = 0; a <= 65; a++) {
    const start = TreeEdge.empty().append(lanes, first(a));
    for (let b = 0; a + b <= 65; b++) {
      const edge = start.append(lanes, leaves.subarray(a * 32, (a + b) * 32));
      assert.is(hex(edge.root(lanes)), whole[a + b]?.root, `${a} + ${b}`);
      assert.equal(edgeOf(edge), whole[a + b]?.edge, `${a} + ${b}`);
    }
    assert.equal(edgeOf(start), whole[a]?.edge, "an edge that was appended to stays what it was");
  }
});

test("append: random steps to 1,025 leaves, stored and read in between (property)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 12 }),
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      (steps, stores) => {
        let edge = TreeEdge.empty();
        for (const [index, step] of steps.entries()) {
          const end = Math.min(1025, edge.size + step);
          edge = edge.append(lanes, leaves.subarray(edge.size * 32, end * 32));
          if (stores[index] === true) edge = TreeEdge.from(edge.size, edge.hashes());
        }
        return hex(edge.root(lanes)) === hex(definition(first(edge.size)));
      },
    ),
    { numRuns: 60 },
  );
});

test("append: a size beyond 32 bits keeps its levels", () => {
  const size = 2 ** 40 + 2 ** 33 + 1;
  const leaf = (index: number): Uint8Array => leaves.subarray(index * 32, index * 32 + 32);
  const [high, middle, low, added] = [leaf(0), leaf(1), leaf(2), leaf(3)];
  const edge = TreeEdge.from(size, [high, middle, low]).append(lanes, added);
  const expected = [high, middle, prefixed(1, low, added)].map(hex);
  assert.is(edge.size, size + 1);
  assert.equal(edgeOf(edge), expected);
  const right = prefixed(1, middle, Buffer.from(expected[2] ?? "", "hex"));
  assert.is(hex(edge.root(lanes)), hex(prefixed(1, high, right)));
});

test("append: hashes each new node once, level by level in bulk", () => {
  const counts: number[] = [];
  const counting: TreeHash = {
    ...lanes,
    nodes(pairs, count) {
      counts.push(count);
      return lanes.nodes(pairs, count);
    },
  };
  TreeEdge.empty()
    .append(lanes, first(5))
    .append(counting, leaves.subarray(160, 160 + 11 * 32));
  // 5 + 11 = 16: leaves 4..15 make 6 nodes, those and the kept ones 3 of 4 leaves, then 2, then 1.
  assert.equal(counts, [6, 3, 2, 1]);
});

test("edge: what it gives out and takes in is copied", () => {
  const stored = TreeEdge.empty().append(lanes, first(3)).hashes();
  const edge = TreeEdge.from(3, stored);
  const root = hex(edge.root(lanes));
  for (const hash of [...stored, ...edge.hashes(), edge.root(lanes)]) hash.fill(0);
  assert.is(hex(edge.root(lanes)), root);
  const one = Uint8Array.from(first(1));
  const single = TreeEdge.empty().append(lanes, one);
  one.fill(0);
  assert.is(hex(single.root(lanes)), hex(first(1)));
});

test("edge: hashes that do not fit the size are an assertion failure", () => {
  const isAssertion = (error: unknown): boolean => error instanceof AssertionFailure;
  const hash = leaves.subarray(0, 32);
  assert.throws(() => TreeEdge.from(3, [hash]), isAssertion);
  assert.throws(() => TreeEdge.from(4, [hash, hash]), isAssertion);
  assert.throws(() => TreeEdge.from(1, [hash.subarray(1)]), isAssertion);
  assert.throws(() => TreeEdge.from(-1, []), isAssertion);
  assert.throws(() => TreeEdge.from(1.5, [hash]), isAssertion);
  assert.throws(() => TreeEdge.empty().append(lanes, hash.subarray(1)), isAssertion);
});

test.run();
