/**
 * Prints digests of everything whose bytes must not depend on the version of Node.js: canonical
 * entries, ids, salts, signatures, tree hashes, what is refused, what a log on disk says, answers.
 *
 * Started by every Node.js that is there (node-versions.test.ts), which must all print the same
 * lines: `name digest`. All input is made here from constants; nothing is random or timed.
 */
import { join } from "node:path";
import { keyPairFromSeed, sign, verify } from "../../src/crypto/ed25519.js";
import { hmacSha256, sha256 } from "../../src/crypto/sha256.js";
import { openSha256Lanes, type Sha256Lanes } from "../../src/crypto/sha256-lanes.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { batchMessage } from "../../src/entry/batch.js";
import { decodeEntry, encodeEntry, encodeSaltedEntry, entryId } from "../../src/entry/codec.js";
import { rootOf, TreeEdge } from "../../src/merkle/tree-edge.js";
import type { Assertion, Body, Value } from "../../src/model/entry.js";
import { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { answerDigests } from "./answer-digests.js";
import { logDigests } from "./log-digests.js";

const lines: string[] = [];
const print = (name: string, ...parts: Uint8Array[]) => {
  lines.push(`${name} ${toHex(sha256(...parts))}`);
};
const text = (value: string) => new TextEncoder().encode(value);

/** `count` bytes that depend on the seed alone. */
function bytesOf(seed: string, count: number): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let block = 0; block * 32 < count; block++) blocks.push(sha256(text(`${seed} ${block}`)));
  return new Uint8Array(Buffer.concat(blocks).subarray(0, count));
}

const key = keyPairFromSeed(bytesOf("seed", 32));
const author = key.publicKey;

const values: readonly Value[] = [
  { kind: "text", text: "Ångström ‖ 水 𝒳 é", language: "sv-SE" },
  { kind: "integer", integer: -(2n ** 63n), bound: "exact" },
  { kind: "integer", integer: 2n ** 63n - 1n, bound: "at_most" },
  { kind: "number", number: 0.1 + 0.2, unit: "mg/dL", bound: "at_least" },
  { kind: "number", number: 5e-324, bound: "exact" },
  { kind: "number", number: Number.MAX_VALUE, bound: "exact" },
  { kind: "boolean", boolean: false },
  { kind: "reference", reference: "web/feature/grid" },
  { kind: "instant", instantNs: 1_700_000_000_123_456_789n, bound: "exact" },
  { kind: "date", year: 2024, month: 2, day: 29, bound: "exact" },
  { kind: "date", year: -44, bound: "at_most" },
  { kind: "version", version: "12.1.0-beta", bound: "at_least" },
  { kind: "bytes", bytes: bytesOf("value", 100) },
  { kind: "unknown" },
];

const assertion = (value: Value, index: number): Assertion => ({
  kind: "assertion",
  conceptPath: `test://runtimes/é水/${index}`,
  predicate: "says",
  value,
  polarity: index % 2 === 0 ? "affirms" : "denies",
  confidenceMillionths: 1_000_000 - index,
  source: { id: "runtimes", version: "1", class: "expert", derivedFrom: ["a", "é"] },
  assertedMs: 1_700_000_000_000 + index,
  validFromMs: -62_135_596_800_000,
  lifecycle: "proposed",
  labels: [
    { key: "a", value: "1" },
    { key: "a", value: "2" },
  ],
  vector: [0.1, -1.5, 3.4e38],
});

const id = bytesOf("id", 32);
const bodies: readonly Body[] = [
  ...values.map(assertion),
  { kind: "retraction", target: id, path: "a/b", reason: "wrong" },
  { kind: "vote", target: id, path: "a/b", weightMillionths: -1_000_000 },
  { kind: "source_record", id: "s", class: "clinical", contentBytes: 5, mediaType: "text/plain" },
  { kind: "predicate_record", predicate: "p", cardinality: "many", comparator: "step", step: 0.5 },
  { kind: "grant", clusterId: bytesOf("cluster", 16), key: author, role: "curator" },
  { kind: "revocation", clusterId: bytesOf("cluster", 16), key: author, since: 2n ** 63n },
];

function printEntries(): readonly Uint8Array[] {
  return bodies.map((body, index) => {
    const salted = encodeSaltedEntry({ author, body }, bytesOf("salt key", 32), hmacSha256);
    const entry = encodeEntry({ author, body, salt: bytesOf(`salt ${index}`, 16) });
    print(`entry ${body.kind} ${index}`, entry);
    print(`salted ${body.kind} ${index}`, salted);
    print(`again ${body.kind} ${index}`, encodeEntry(decodeEntry(entry)));
    lines.push(`id ${index} ${toHex(entryId(sha256, entry))}`);
    return entry;
  });
}

/** What is refused, and why, in the same words: every truncation and some changed bytes. */
function printRefusals(entry: Uint8Array): void {
  const judge = (bytes: Uint8Array): string => {
    try {
      decodeEntry(bytes);
      return "fine";
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      return `${error.code} ${JSON.stringify(error.detail)}`;
    }
  };
  const verdicts: string[] = [];
  for (let end = 0; end < entry.length; end++) verdicts.push(judge(entry.subarray(0, end)));
  for (let at = 0; at < entry.length; at++) {
    for (const change of [0x01, 0x80, 0xff]) {
      const changed = new Uint8Array(entry);
      changed[at] = (changed[at] ?? 0) ^ change;
      verdicts.push(judge(changed));
    }
  }
  print(`refusals ${verdicts.length}`, text(verdicts.join("\n")));
}

function printBatch(entries: readonly Uint8Array[]): void {
  const hash = openTreeHash();
  const leaves = new Uint8Array(Buffer.concat(entries.map((entry) => entryId(sha256, entry))));
  const root = rootOf(hash, leaves);
  const message = batchMessage(bytesOf("writer", 16), 2 ** 53 - 1, entries.length, root);
  const signature = sign(message, key.secretKey);
  print("batch message", message);
  print("batch signature", signature);
  lines.push(`batch verifies ${verify(signature, message, author)}`);
}

/** Messages of 0 to 299 bytes, twice: at places that are aligned, and that are not. */
function printLanes(implementation: "wasm" | "portable"): void {
  const lanes: Sha256Lanes = openSha256Lanes({ bytes: 1 << 20, implementation });
  const count = 600;
  const view = new DataView(lanes.bytes.buffer, lanes.bytes.byteOffset);
  let at = count * 8;
  for (let i = 0; i < count; i++) {
    const bytes = i % 300;
    lanes.bytes.set(bytesOf(`lane ${i}`, bytes), at);
    view.setUint32(i * 8, at, true);
    view.setUint32(i * 8 + 4, bytes, true);
    at += bytes;
  }
  const out = 1 << 19;
  lanes.many(0, count, out);
  const leaves = lanes.bytes.slice(out, out + count * 32);
  print(`lanes ${implementation} many`, leaves);
  const roots: Uint8Array[] = [];
  for (const size of [0, 1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 599, 600]) {
    lanes.bytes.set(leaves, out);
    const root = lanes.root(out, size, out + count * 32);
    roots.push(lanes.bytes.slice(root, root + 32));
  }
  print(`lanes ${implementation} roots`, ...roots);
}

function printTrees(): void {
  const hash = openTreeHash();
  const leaves = bytesOf("leaves", 300 * 32);
  let edge = TreeEdge.empty();
  const roots: Uint8Array[] = [];
  for (let size = 0; size < 300; size++) {
    edge = edge.append(hash, leaves.subarray(size * 32, (size + 1) * 32));
    roots.push(edge.root(hash), ...edge.hashes());
  }
  print("tree edges", ...roots);
}

const entries = printEntries();
printRefusals(entries[0] ?? new Uint8Array());
printBatch(entries);
printLanes("wasm");
printLanes("portable");
printTrees();
lines.push(...(await logDigests(join(process.cwd(), "test/formats"))));
lines.push(...answerDigests(join(process.cwd(), "test/golden/lens")));
process.stdout.write(`${lines.join("\n")}\n`);
