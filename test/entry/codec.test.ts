/**
 * Goal: what is encoded is canonical and decodes to the same; another implementation of protobuf
 * reads the same from it and writes the same; what has no bytes is refused by field. Method:
 * entries of chance through our codec and through ts-proto's, both ways, and a negative table of
 * wrong types.
 */
import { createHash, createHmac } from "node:crypto";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  decodeEntry,
  deriveSalt,
  encodeEntry,
  encodeSaltedEntry,
  encodeUnsaltedEntry,
  entryId,
} from "../../src/entry/codec.js";
import type { Body, EntryFields, Value } from "../../src/model/entry.js";
import { bodyKinds } from "../../src/model/entry.js";
import { Entry } from "../../src/wire/steme/v1/entry.js";
import { throwsFault } from "../support/expect.js";
import { entry as anyEntry } from "./arbitrary.js";
import { assertion, bodies, entryOf, filled, samples, values } from "./samples.js";

const test = suite("entry: codec");
const runs = { numRuns: 400 };
const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  createHmac("sha256", key).update(message).digest();
const sha256 = (...parts: Uint8Array[]): Uint8Array =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

/** A text that is equal where two models are: whatever class holds bytes, in whatever order. */
function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return `[${value.map(shown).join(", ")}]`;
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : `${value}`;
  const fields = Object.entries(value).filter(([, own]) => own !== undefined);
  return `{${fields
    .map(([name, own]) => `${name}: ${shown(own)}`)
    .sort()
    .join(", ")}}`;
}

test("every sample decodes to what was encoded", () => {
  for (const [name, fields] of samples) {
    assert.is(shown(decodeEntry(encodeEntry(fields))), shown(fields), name);
  }
});

test("entries of chance decode to what was encoded", () => {
  fc.assert(
    fc.property(anyEntry, (fields) => {
      const bytes = encodeEntry(fields);
      const decoded = decodeEntry(bytes);
      assert.is(shown(decoded), shown(fields));
      assert.is(Buffer.compare(encodeEntry(decoded), bytes), 0);
    }),
    runs,
  );
});

test("ts-proto decodes the same body, and encodes it to the same bytes", () => {
  const check = (fields: EntryFields): void => {
    const bytes = encodeEntry(fields);
    const message = Entry.decode(bytes);
    assert.is(Buffer.compare(Entry.encode(message).finish(), bytes), 0);
    assert.is(Buffer.compare(message.author, fields.author), 0);
    const kind = message.body?.$case.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    assert.is(kind, fields.body.kind);
    if (message.body?.$case !== "assertion" || fields.body.kind !== "assertion") return;
    const claim = message.body.value;
    const { body } = fields;
    assert.is(claim.conceptPath, body.conceptPath);
    assert.is(claim.predicate, body.predicate);
    assert.is(claim.confidenceMillionths, body.confidenceMillionths);
    assert.is(claim.assertedMs, BigInt(body.assertedMs));
    assert.is(claim.source?.id, body.source.id);
    assert.equal(claim.source?.derivedFrom, body.source.derivedFrom ?? []);
    assert.equal(claim.labels, body.labels ?? []);
    assert.equal(claim.vector, body.vector ?? []);
    assert.is(claim.epoch, body.epoch);
    if (body.value.kind === "integer") {
      assert.equal(claim.value?.kind, { $case: "integer", value: body.value.integer });
    }
  };
  for (const fields of samples.values()) check(fields);
  fc.assert(fc.property(anyEntry, check), runs);
});

test("what ts-proto encodes in canonical form is accepted and decodes to what it says", () => {
  const author = Buffer.alloc(32, 1);
  const salt = Buffer.alloc(16, 2);
  const target = Buffer.alloc(32, 3);
  const value = { target, path: "a/b", weightMillionths: -7 };
  const bytes = Entry.encode({
    author,
    salt,
    onBehalfOf: "x",
    body: { $case: "vote", value },
  }).finish();
  const decoded = decodeEntry(bytes);
  assert.is(decoded.onBehalfOf, "x");
  assert.is(shown(decoded.body), shown({ kind: "vote", ...value }));
});

test("decoded bytes are copies: the entry may be overwritten", () => {
  const bytes = Buffer.from(encodeEntry(entryOf(bodies.vote)));
  const decoded = decodeEntry(bytes);
  bytes.fill(0);
  assert.equal(decoded.author, filled(32, 0xa1));
});

test("texts of every length encode like Buffer does, at each end of each path", () => {
  for (const text of ["a", "ö", "例", "😀", "a\u{10ffff}b"]) {
    for (const count of [1, 2, 11, 12, 47, 48, 49, 127, 128, 129, 300]) {
      const whole = text.repeat(count);
      const decoded = decodeEntry(
        encodeEntry(entryOf({ ...assertion, value: { kind: "text", text: whole } })),
      );
      const { body } = decoded;
      assert.ok(body.kind === "assertion" && body.value.kind === "text");
      if (body.kind === "assertion" && body.value.kind === "text")
        assert.is(body.value.text, whole);
    }
  }
});

test("salts: the same claim has the same salt and id, another claim or key another", () => {
  const key = filled(32, 9);
  const unsalted = { author: filled(32, 1), body: bodies.vote };
  const bytes = encodeSaltedEntry(unsalted, key, hmac);
  const salt = deriveSalt(hmac, key, unsalted);
  assert.equal(new Uint8Array(bytes), encodeEntry({ ...unsalted, salt }));
  assert.equal(deriveSalt(hmac, key, encodeUnsaltedEntry(unsalted)), salt);
  assert.equal(encodeSaltedEntry(unsalted, key, hmac), bytes);
  const other = encodeSaltedEntry(unsalted, filled(32, 8), hmac);
  assert.is.not(Buffer.compare(other, bytes), 0);
  const voiced = encodeSaltedEntry({ ...unsalted, onBehalfOf: "x" }, key, hmac);
  assert.is.not(Buffer.compare(deriveSalt(hmac, key, { ...unsalted, onBehalfOf: "x" }), salt), 0);
  assert.is(decodeEntry(voiced).onBehalfOf, "x");
});

test("ids: SHA-256 over 0x00 and the entry", () => {
  const bytes = encodeEntry(entryOf(bodies.alias));
  const expected = createHash("sha256")
    .update(Buffer.concat([Buffer.alloc(1), bytes]))
    .digest();
  assert.is(Buffer.compare(entryId(sha256, bytes), expected), 0);
});

const valued = (value: unknown): Body => ({ ...assertion, value: value as Value });
const claim = (fields: object): Body => ({ ...assertion, ...fields }) as Body;

const wrongTypes: readonly (readonly [string, Body])[] = [
  ["assertion.concept_path", claim({ conceptPath: 7 })],
  ["assertion.concept_path", claim({ conceptPath: "a\ud800" })],
  ["assertion.concept_path", claim({ conceptPath: "x".repeat(100_000) })],
  ["assertion.polarity", claim({ polarity: "perhaps" })],
  ["assertion.confidence_millionths", claim({ confidenceMillionths: 0.5 })],
  ["assertion.confidence_millionths", claim({ confidenceMillionths: 1_000_001 })],
  ["assertion.confidence_millionths", claim({ confidenceMillionths: Number.NaN })],
  ["assertion.confidence_millionths", claim({ confidenceMillionths: 2 ** 40 })],
  ["assertion.asserted_ms", claim({ assertedMs: undefined })],
  ["assertion.asserted_ms", claim({ assertedMs: 1n })],
  ["assertion.asserted_ms", claim({ assertedMs: 2 ** 53 })],
  ["assertion.source", claim({ source: undefined })],
  ["assertion.source", claim({ source: "mdn" })],
  ["assertion.source.class", claim({ source: { id: "x", class: "hearsay" } })],
  ["assertion.labels", claim({ labels: { a: "b" } })],
  ["assertion.vector", claim({ vector: ["1"] })],
  ["assertion.vector", claim({ vector: Array.from({ length: 5_000 }, () => 1) })],
  ["assertion.vector", claim({ vector: [3.5e38] })],
  ["assertion.parent", claim({ parent: "00".repeat(32) })],
  ["assertion.parent", claim({ parent: filled(31, 0) })],
  ["assertion.value.integer", valued({ kind: "integer", integer: 1, bound: "exact" })],
  ["assertion.value.integer", valued({ kind: "integer", integer: 2n ** 63n, bound: "exact" })],
  ["assertion.value.number.number", valued({ kind: "number", number: "1", bound: "exact" })],
  ["assertion.value.number.number", valued({ kind: "number", number: Number.NaN, bound: "exact" })],
  ["assertion.value.number.number", valued({ kind: "number", number: -0, bound: "exact" })],
  ["assertion.value.boolean", valued({ kind: "boolean", boolean: 1 })],
  ["assertion.value.bytes", valued({ kind: "bytes", bytes: [1] })],
  ["assertion.value.text.text", valued({ kind: "text", text: "ou\u0308" })],
  ["assertion.value.bound", valued({ kind: "version", version: "1", bound: "roughly" })],
  ["assertion.value.date.year", valued({ kind: "date", year: 1.5, bound: "exact" })],
  ["block_stamp.hybrid_time", { ...bodies.block_stamp, hybridTime: -1n }],
  ["block_stamp.hybrid_time", { ...bodies.block_stamp, hybridTime: 2n ** 64n }],
  ["block_stamp.count", { ...bodies.block_stamp, count: 0 }],
  ["retraction.target", { ...bodies.retraction, target: filled(33, 1) }],
];

test("what has no bytes, or breaks a rule, is ENTRY_INVALID with field, limit and value", () => {
  for (const [field, body] of wrongTypes) {
    const { detail } = throwsFault(() => encodeEntry(entryOf(body)), "ENTRY_INVALID");
    const { field: found, limit, value } = detail as Record<string, unknown>;
    assert.is(found, field);
    assert.ok(typeof limit === "string" && limit.length > 0, field);
    assert.ok(typeof value === "string" && Buffer.byteLength(value) <= 128, field);
  }
});

test("a kind that is none is refused, of bodies and of values", () => {
  const body = { kind: "opinion" } as unknown as Body;
  throwsFault(() => encodeEntry(entryOf(body)), "ENTRY_INVALID");
  throwsFault(() => encodeEntry(entryOf(valued({ kind: "guess" }))), "ENTRY_INVALID");
  throwsFault(() => encodeEntry(entryOf(valued(undefined))), "ENTRY_INVALID");
});

test("author and salt of another size are refused", () => {
  const fields = entryOf(bodies.vote);
  for (const length of [0, 31, 33]) {
    throwsFault(() => encodeEntry({ ...fields, author: filled(length, 1) }), "ENTRY_INVALID");
  }
  for (const length of [0, 15, 17]) {
    throwsFault(() => encodeEntry({ ...fields, salt: filled(length, 1) }), "ENTRY_INVALID");
  }
});

test("bytes that are no entry are refused when decoded, with the scanner's code", () => {
  throwsFault(() => decodeEntry(new Uint8Array(0)), "ENTRY_TOO_LARGE");
  throwsFault(() => decodeEntry(filled(10, 1)), "ENTRY_NOT_CANONICAL");
});

test("samples have every kind", () => {
  assert.is(
    new Set(Object.values(bodies).map(({ kind }) => kind)).size,
    Object.keys(bodyKinds).length,
  );
  assert.is(new Set(Object.values(values).map(({ kind }) => kind)).size, 10);
});

test.run();
