/**
 * Goal: the tree hash on the lanes is RFC 6962's, whatever the number of pairs against the size of
 * the area, with machine code and without. Method: against sha256 with the prefixes spelled out.
 */
import { execFileSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "../../src/crypto/sha256.js";
import { openSha256Lanes } from "../../src/crypto/sha256-lanes.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { AssertionFailure } from "../../src/invariant/assert.js";

const test = suite("crypto: tree hash");

const pairs = new Uint8Array(3000 * 64).map((_, index) => (index * 31) ^ (index >>> 7));
const expectedNodes = (count: number): Uint8Array =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) =>
      sha256(Uint8Array.of(1), pairs.subarray(index * 64, index * 64 + 64)),
    ),
  );

test("leaf: SHA-256 of 0x00 and the data", () => {
  const hash = openTreeHash();
  for (const length of [0, 1, 250, 65_535]) {
    const data = pairs.subarray(0, length);
    assert.equal(Buffer.from(hash.leaf(data)), Buffer.from(sha256(Uint8Array.of(0), data)));
  }
});

test("node: SHA-256 of 0x01 and both hashes, in memory of its own", () => {
  const hash = openTreeHash();
  const first = hash.node(pairs.subarray(0, 32), pairs.subarray(32, 64));
  const second = hash.node(pairs.subarray(64, 96), pairs.subarray(96, 128));
  assert.is(Buffer.compare(Buffer.concat([first, second]), expectedNodes(2)), 0);
});

for (const implementation of ["wasm", "portable"] as const) {
  test(`nodes: counts around the area's room, ${implementation}`, () => {
    const hash = openTreeHash(openSha256Lanes({ bytes: 64 * 9 + 5, implementation }));
    for (const count of [0, 1, 2, 8, 9, 10, 17, 18, 19, 100]) {
      assert.is(Buffer.compare(hash.nodes(pairs, count), expectedNodes(count)), 0);
    }
  });
}

test("nodes: more than the preset area holds", () => {
  assert.is(Buffer.compare(openTreeHash().nodes(pairs, 3000), expectedNodes(3000)), 0);
});

test("arguments: hashes of another length and missing pairs are assertion failures", () => {
  const hash = openTreeHash();
  const isAssertion = (error: unknown): boolean => error instanceof AssertionFailure;
  assert.throws(() => hash.node(pairs.subarray(0, 31), pairs.subarray(0, 32)), isAssertion);
  assert.throws(() => hash.nodes(pairs.subarray(0, 127), 2), isAssertion);
  assert.throws(() => openTreeHash(openSha256Lanes({ bytes: 63 })), isAssertion);
});

test("fallback: where Node.js has no WebAssembly the lanes are portable and hash the same", () => {
  const lanes = new URL("../../src/crypto/sha256-lanes.js", import.meta.url).href;
  const script = `
    const { openSha256Lanes } = await import(${JSON.stringify(lanes)});
    const lanes = openSha256Lanes({ bytes: 128 });
    lanes.nodes(0, 1, 64);
    console.log(lanes.implementation, Buffer.from(lanes.bytes.subarray(64, 96)).toString("hex"));`;
  const output = execFileSync(
    process.execPath,
    ["--jitless", "--input-type=module", "--eval", script],
    { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const zeros = Buffer.from(sha256(Uint8Array.of(1), new Uint8Array(64))).toString("hex");
  assert.is(output.trim(), `portable ${zeros}`);
});

test.run();
