/**
 * Goal: every entry is said in JSON without loss, records of people are read with the defaults that
 * they expect, and a mistake is named with field, limit and value. Method: entries of chance
 * through `JSON.stringify` and back to the same bytes; tables of forms and of mistakes.
 */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeEntry } from "../../src/entry/codec.js";
import {
  assertionFromJson,
  bodyFromJson,
  bodyToJson,
  entryFromJson,
  entryToJson,
} from "../../src/entry/json.js";
import type { Value } from "../../src/model/entry.js";
import { throwsFault } from "../support/expect.js";
import { entry as anyEntry } from "./arbitrary.js";
import { assertion, bodies, entryOf, samples } from "./samples.js";

const test = suite("entry: json");

const record = {
  concept_path: "web/key/api.Blob/firefox",
  predicate: "supported_since",
  value: { kind: "version", version: "13" },
  source: { id: "npm:@mdn/browser-compat-data" },
  asserted_at: "2025-11-24T16:00:00Z",
};

test("entries of chance and every sample: JSON and back gives the same bytes", () => {
  const check = (fields: Parameters<typeof encodeEntry>[0]): void => {
    const text = JSON.stringify(entryToJson(fields));
    const again = entryFromJson(JSON.parse(text));
    assert.is(Buffer.compare(encodeEntry(again), encodeEntry(fields)), 0, text);
  };
  for (const fields of samples.values()) check(fields);
  fc.assert(fc.property(anyEntry, check), { numRuns: 500 });
});

test("a record of an assertion: what it leaves out is what people mean", () => {
  assert.equal(assertionFromJson(record), {
    kind: "assertion",
    conceptPath: "web/key/api.Blob/firefox",
    predicate: "supported_since",
    value: { kind: "version", version: "13", bound: "exact" },
    polarity: "affirms",
    confidenceMillionths: 1_000_000,
    source: { id: "npm:@mdn/browser-compat-data", class: "community" },
    assertedMs: 1_764_000_000_000,
    lifecycle: "proposed",
  });
});

test("defaults stand in where a record is silent, and give way where it speaks", () => {
  const { asserted_at: _time, source: _source, ...short } = record;
  const defaults = { assertedMs: 5, source: { id: "x", class: "expert" } } as const;
  const read = assertionFromJson(short, defaults);
  assert.is(read.assertedMs, 5);
  assert.equal(read.source, defaults.source);
  assert.is(assertionFromJson(record, defaults).assertedMs, 1_764_000_000_000);
});

const valueForms: readonly (readonly [unknown, Value])[] = [
  [true, { kind: "boolean", boolean: true }],
  [12, { kind: "integer", integer: 12n, bound: "exact" }],
  [-0, { kind: "integer", integer: 0n, bound: "exact" }],
  [1.5, { kind: "number", number: 1.5, bound: "exact" }],
  ["text", { kind: "text", text: "text" }],
  [
    { kind: "text", text: "Text", language: "de" },
    { kind: "text", text: "Text", language: "de" },
  ],
  [
    { kind: "integer", integer: "9007199254740993", bound: "at_least" },
    { kind: "integer", integer: 9_007_199_254_740_993n, bound: "at_least" },
  ],
  [
    { kind: "number", number: 5, unit: "kg" },
    { kind: "number", number: 5, unit: "kg", bound: "exact" },
  ],
  [
    { kind: "date", date: "2024-02" },
    { kind: "date", year: 2024, month: 2, bound: "exact" },
  ],
  [
    { kind: "date", date: "-0044" },
    { kind: "date", year: -44, bound: "exact" },
  ],
  [
    { kind: "instant", instant: "1969-12-31T23:59:59.999999999Z" },
    { kind: "instant", instantNs: -1n, bound: "exact" },
  ],
  [
    { kind: "bytes", bytes: "00ff" },
    { kind: "bytes", bytes: new Uint8Array([0, 255]) },
  ],
  [
    { kind: "reference", reference: "a/b" },
    { kind: "reference", reference: "a/b" },
  ],
  [{ kind: "unknown" }, { kind: "unknown" }],
];

test("values: each form that people write", () => {
  for (const [form, value] of valueForms) {
    assert.equal(assertionFromJson({ ...record, value: form }).value, value);
  }
});

test("values are written in their shortest form", () => {
  const shortest = (value: Value) => bodyToJson({ ...assertion, value })["value"];
  assert.is(shortest({ kind: "integer", integer: -3n, bound: "exact" }), -3);
  assert.is(shortest({ kind: "text", text: "t" }), "t");
  assert.equal(shortest({ kind: "number", number: 3, bound: "exact" }), {
    kind: "number",
    number: 3,
    bound: "exact",
  });
  const large: Value = { kind: "integer", integer: 2n ** 60n, bound: "exact" };
  assert.equal(shortest(large), { kind: "integer", integer: String(2n ** 60n), bound: "exact" });
});

test("moments: any zone, up to milliseconds, far from now", () => {
  const at = (text: string): number =>
    assertionFromJson({ ...record, asserted_at: text }).assertedMs;
  assert.is(at("1970-01-01T01:00:00+01:00"), 0);
  assert.is(at("1969-12-31t23:59:59.9990z"), -1);
  assert.is(at("2000-02-29T00:00:00-00:30"), Date.UTC(2000, 1, 29, 0, 30));
  assert.is(at("0001-01-01T00:00:00Z"), Date.parse("0001-01-01T00:00:00Z"));
  assert.is(at("+275760-09-13T00:00:00Z"), 8_640_000_000_000_000);
  for (const text of [
    "2023-02-29T00:00:00Z",
    "2024-01-01",
    "2024-01-01T00:00:00",
    "2024-13-01T00:00:00Z",
    "2024-01-01T24:00:00Z",
    "2024-01-01T00:00:60Z",
    "2024-01-01T00:00:00.0001Z",
    "+275760-09-13T00:00:00.001Z",
    1_764_000_000_000,
  ]) {
    const { detail } = throwsFault(
      () => assertionFromJson({ ...record, asserted_at: text }),
      "ARGUMENT_INVALID",
    );
    assert.is((detail as { field?: unknown }).field, "asserted_at");
  }
});

test("labels and sources are sorted when they are read", () => {
  const pairs = [
    ["b", "1"],
    ["a", "2"],
    ["a", "1"],
  ];
  const sorted = [
    { key: "a", value: "1" },
    { key: "a", value: "2" },
    { key: "b", value: "1" },
  ];
  assert.equal(assertionFromJson({ ...record, labels: pairs }).labels, sorted);
  const named = assertionFromJson({ ...record, labels: { z: "1", "10": "2", __x: "3" } }).labels;
  assert.equal(
    named?.map(({ key }) => key),
    ["10", "__x", "z"],
  );
  const source = { id: "x", derived_from: ["b", "a"] };
  assert.equal(assertionFromJson({ ...record, source }).source.derivedFrom, ["a", "b"]);
  assert.is(assertionFromJson({ ...record, labels: {} }).labels, undefined);
});

test("other bodies stand under their name; an assertion's epoch is a text", () => {
  for (const body of Object.values(bodies)) {
    assert.is(bodyFromJson(bodyToJson(body)).kind, body.kind);
  }
  assert.is(bodyFromJson({ ...record, epoch: "2024" }).kind, "assertion");
});

const mistakes: readonly (readonly [string, unknown])[] = [
  ["record", null],
  ["record", []],
  ["record", "a"],
  ["concept_path", {}],
  ["concept_path", { ...record, concept_path: 7 }],
  ["conceptPath", { ...record, conceptPath: "a" }],
  ["value", { ...record, value: undefined }],
  ["value", { ...record, value: null }],
  ["value", { ...record, value: [1] }],
  ["value", { ...record, value: 1e20 }],
  ["value.kind", { ...record, value: { version: "1" } }],
  ["value.kind", { ...record, value: { kind: "guess" } }],
  ["value.unit", { ...record, value: { kind: "version", version: "1", unit: "kg" } }],
  ["value.version", { ...record, value: { kind: "version", version: 13 } }],
  ["value.bound", { ...record, value: { kind: "version", version: "1", bound: "=" } }],
  ["value.integer", { ...record, value: { kind: "integer", integer: "9223372036854775808" } }],
  ["value.integer", { ...record, value: { kind: "integer", integer: 1.5 } }],
  ["value.bytes", { ...record, value: { kind: "bytes", bytes: "0" } }],
  ["value.date", { ...record, value: { kind: "date", date: "24-01-01" } }],
  ["value.instant", { ...record, value: { kind: "instant", instant: "2300-01-01T00:00:00Z" } }],
  ["polarity", { ...record, polarity: "maybe" }],
  ["confidence", { ...record, confidence: 1.1 }],
  ["confidence", { ...record, confidence: 0.123_456_7 }],
  ["confidence", { ...record, confidence: -0.1 }],
  ["confidence", { ...record, confidence: "high" }],
  ["source", { ...record, source: undefined }],
  ["source", { ...record, source: "mdn" }],
  ["source.id", { ...record, source: {} }],
  ["source.class", { ...record, source: { id: "x", class: "best" } }],
  ["source.url", { ...record, source: { id: "x", url: "y" } }],
  ["asserted_at", { ...record, asserted_at: undefined }],
  ["labels", { ...record, labels: "a" }],
  ["labels", { ...record, labels: [["a"]] }],
  ["labels", { ...record, labels: { a: 1 } }],
  ["vector", { ...record, vector: ["1"] }],
  ["parent", { ...record, parent: "xyz" }],
  ["predicate", { retraction: { target: "00" }, predicate: "x" }],
  ["retraction", { retraction: 5 }],
  ["retraction.target", { retraction: {} }],
  ["retraction.because", { retraction: { target: "00", path: "a", because: "b" } }],
  ["vote.weight", { vote: { target: "00", path: "a" } }],
  ["vote.weight", { vote: { target: "00", path: "a", weight: 2 } }],
  [
    "block_stamp.hybrid_time",
    { block_stamp: { log_id: "", first_index: 0, count: 1, hybrid_time: 5 } },
  ],
];

test("mistakes are ARGUMENT_INVALID and named by field, limit and value", () => {
  for (const [field, mistake] of mistakes) {
    const { detail } = throwsFault(() => bodyFromJson(mistake), "ARGUMENT_INVALID");
    const facts = detail as { readonly field?: unknown; limit?: unknown; value?: unknown };
    assert.is(facts.field, field, JSON.stringify(mistake));
    assert.ok(typeof facts.limit === "string" && facts.limit !== "");
    assert.ok(typeof facts.value === "string" && Buffer.byteLength(facts.value) <= 128);
  }
});

test("names that objects inherit are not fields", () => {
  for (const name of ["constructor", "toString", "__proto__"]) {
    const text = JSON.stringify(record).replace("{", `{"${name}": 1, `);
    throwsFault(() => bodyFromJson(JSON.parse(text)), "ARGUMENT_INVALID");
  }
  const value = JSON.parse('{"kind": "constructor"}');
  throwsFault(() => bodyFromJson({ ...record, value }), "ARGUMENT_INVALID");
});

test("author and salt are read as hexadecimal of their size", () => {
  const json = entryToJson(entryOf(bodies.vote));
  throwsFault(() => entryFromJson({ ...json, author: "00" }), "ARGUMENT_INVALID");
  throwsFault(() => entryFromJson({ ...json, salt: undefined }), "ARGUMENT_INVALID");
  throwsFault(() => entryFromJson({ ...json, on_behalf_of: 1 }), "ARGUMENT_INVALID");
});

test.run();
