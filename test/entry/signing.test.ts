/**
 * Goal: docs/reference/signing.md is enough to write a client from, and true. Method: the page's
 * vectors are computed anew twice: by code in this file that follows the page and uses node:crypto
 * and nothing of the database, and by the database's own code. The annotated bytes of the page's
 * table are checked against the entry they belong to.
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign,
  verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  batchMessage,
  batchMessageBytes,
  GLOBAL_SHARD,
  isClientBody,
  shardOf,
} from "../../src/entry/batch.js";
import {
  decodeEntry,
  deriveSalt,
  encodeEntry,
  encodeSaltedEntry,
  encodeUnsaltedEntry,
  entryId,
} from "../../src/entry/codec.js";
import { assertionFromJson } from "../../src/entry/json.js";
import { bodyKinds } from "../../src/model/entry.js";

const test = suite("entry: signing");
const page = readFileSync("docs/reference/signing.md", "utf8");

type Block = ReadonlyMap<string, string>;

function blockOf(name: string): Block {
  const match = new RegExp(`\`\`\`vectors ${name}\\n([^\`]*)\`\`\``).exec(page);
  if (match === null) throw new Error(`the page has vectors ${name}`);
  const lines = (match[1] ?? "").trim().split("\n");
  return new Map(lines.map((line) => line.split(" = ") as [string, string]));
}

const text = (block: Block, name: string): string => {
  const value = block.get(name);
  if (value === undefined) throw new Error(`the block says ${name}`);
  return value;
};
const hex = (block: Block, name: string): Buffer => Buffer.from(text(block, name), "hex");

const keys = blockOf("keys");
const entries = ["1", "2", "3"].map((index) => blockOf(`entry ${index}`));
const batches = [
  [blockOf("batch 1 2 3"), entries],
  [blockOf("batch 1"), entries.slice(0, 1)],
] as const;

const sha256 = (...parts: readonly Uint8Array[]): Buffer =>
  createHash("sha256").update(Buffer.concat(parts)).digest();
const hmac = (key: Uint8Array, message: Uint8Array): Buffer =>
  createHmac("sha256", key).update(message).digest();
const same = (found: Uint8Array, expected: Uint8Array, what: string): void =>
  assert.is(Buffer.from(found).toString("hex"), Buffer.from(expected).toString("hex"), what);

const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex");
const privateKey = createPrivateKey({
  key: Buffer.concat([pkcs8, hex(keys, "seed")]),
  format: "der",
  type: "pkcs8",
});
const publicKey = createPublicKey(privateKey);

function rootOf(leaves: readonly Buffer[]): Buffer {
  const [only] = leaves;
  if (leaves.length === 1 && only !== undefined) return only;
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.from([1]), rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

test("the page alone: keys follow from the seed", () => {
  const spki = publicKey.export({ format: "der", type: "spki" });
  same(spki.subarray(12), hex(keys, "author"), "author");
  same(
    hmac(hex(keys, "seed"), Buffer.from("stemedb/salt/v1\0")),
    hex(keys, "salt key"),
    "salt key",
  );
});

test("the page alone: salts, entries and ids follow from the unsalted entries", () => {
  for (const block of entries) {
    const unsalted = hex(block, "unsalted");
    const salt = hmac(hex(keys, "salt key"), unsalted).subarray(0, 16);
    same(salt, hex(block, "salt"), "salt");
    const field = Buffer.concat([Buffer.from("1210", "hex"), salt]);
    const entry = Buffer.concat([unsalted.subarray(0, 34), field, unsalted.subarray(34)]);
    same(entry, hex(block, "entry"), "entry");
    same(sha256(Buffer.from([0]), entry), hex(block, "id"), "id");
  }
});

test("the page alone: roots, messages and signatures follow from the ids", () => {
  for (const [batch, members] of batches) {
    const root = rootOf(members.map((block) => hex(block, "id")));
    same(root, hex(batch, "root"), "root");
    const numbers = Buffer.alloc(12);
    numbers.writeBigUInt64BE(BigInt(text(batch, "sequence")));
    numbers.writeUInt32BE(members.length, 8);
    assert.is(text(batch, "count"), String(members.length));
    const context = Buffer.from("stemedb/batch/v1\0");
    const message = Buffer.concat([context, hex(batch, "writer"), numbers, root]);
    assert.is(message.length, 77);
    same(message, hex(batch, "message"), "message");
    same(sign(null, message, privateKey), hex(batch, "signature"), "signature");
    assert.ok(verify(null, message, publicKey, hex(batch, "signature")));
  }
});

test("the page's table of bytes is the first entry, in order", () => {
  const section = page.split("### An assertion, byte by byte")[1]?.split("\n## ")[0] ?? "";
  const rows = section.split("\n").filter((line) => line.startsWith("| `"));
  let rest = text(entries[0] ?? keys, "entry");
  for (const row of rows) {
    const cell = row.split(" | ")[0] ?? "";
    for (const [, bytes = ""] of cell.matchAll(/`([0-9a-f… ]+)`/g)) {
      const [head = "", tail] = bytes.replaceAll(" ", "").split("…");
      assert.ok(rest.startsWith(head), `${head} stands in ${rest}`);
      rest = rest.slice(head.length);
      if (tail !== undefined) rest = rest.slice(rest.indexOf(tail) + tail.length);
    }
  }
  assert.is(rest, "", "the table says every byte");
  assert.is(rows.length, 16);
});

test("our own code: the same salts, entries, ids and messages", () => {
  const saltKey = hex(keys, "salt key");
  for (const block of entries) {
    const entry = hex(block, "entry");
    const decoded = decodeEntry(entry);
    same(decoded.author, hex(keys, "author"), "author");
    same(encodeEntry(decoded), entry, "entry");
    same(encodeUnsaltedEntry(decoded), hex(block, "unsalted"), "unsalted");
    same(deriveSalt(hmac, saltKey, hex(block, "unsalted")), hex(block, "salt"), "salt");
    same(encodeSaltedEntry(decoded, saltKey, hmac), entry, "salted");
    same(entryId(sha256, entry), hex(block, "id"), "id");
  }
  for (const [batch, members] of batches) {
    const sequence = Number(text(batch, "sequence"));
    const root = hex(batch, "root");
    const message = batchMessage(hex(batch, "writer"), sequence, members.length, root);
    same(message, hex(batch, "message"), "message");
    assert.is(message.length, batchMessageBytes);
  }
});

test("the page's second entry is the record that it prints", () => {
  const [, json = ""] = /```json entry 2\n([^`]*)```/.exec(page) ?? [];
  const author = hex(keys, "author");
  const unsalted = encodeUnsaltedEntry({ author, body: assertionFromJson(JSON.parse(json)) });
  same(unsalted, hex(entries[1] ?? keys, "unsalted"), "unsalted");
});

test("batch messages: a sequence of 53 bits keeps all of them", () => {
  const writer = new Uint8Array(16);
  const root = new Uint8Array(32);
  for (const sequence of [1, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    const message = Buffer.from(batchMessage(writer, sequence, 4_096, root));
    assert.is(message.readBigUInt64BE(33), BigInt(sequence));
    assert.is(message.readUInt32BE(41), 4_096);
  }
  for (const sequence of [0, -1, 2 ** 53]) {
    assert.throws(() => batchMessage(writer, sequence, 1, root));
  }
});

test("shards: the first byte of the path's hash; 256 without a path", () => {
  assert.is(shardOf(Uint8Array.from([0xfe, 1, 2])), 254);
  assert.is(GLOBAL_SHARD, 256);
});

test("bodies: who may write which", () => {
  const writers = Object.entries(bodyKinds).map(([kind, number]) => [kind, isClientBody(number)]);
  const of = (writer: string): unknown[] =>
    writers.filter(([, who]) => who === writer).map(([kind]) => kind);
  assert.equal(of("node"), ["log_genesis", "log_closed", "block_stamp"]);
  assert.is(of("client").length, 13);
  assert.equal(of("administrative"), [
    "grant",
    "revocation",
    "setting",
    "member_join",
    "member_remove",
    "quarantine",
    "quarantine_end",
    "shard_move",
  ]);
});

test.run();
