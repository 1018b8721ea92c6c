/**
 * Goal: a typed value becomes the value that was meant, and what cannot be one is refused with the
 * rule. Method: tables of both spaces; properties that integers and numbers come through exactly.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  guessKind,
  parseClaimValue,
  parseLabel,
  parseMoment,
  type ValueFacts,
} from "../../cli/claim-value.js";
import { Usage } from "../../cli/usage.js";
import type { Value } from "../../src/model/entry.js";

const test = suite("cli: claim value");
const bound = "exact" as const;

test("parse: without a type, the text says what it is (table)", () => {
  const table: readonly [text: string, value: Value][] = [
    ["true", { kind: "boolean", boolean: true }],
    ["42", { kind: "integer", integer: 42n, bound }],
    ["-42", { kind: "integer", integer: -42n, bound }],
    ["1.50", { kind: "number", number: 1.5, bound }],
    ["6e23", { kind: "number", number: 6e23, bound }],
    ["-0.0", { kind: "number", number: 0, bound }],
    ["9223372036854775808", { kind: "number", number: 2 ** 63, bound }],
    ["1.2.3", { kind: "text", text: "1.2.3" }],
    ["True", { kind: "text", text: "True" }],
    ["", { kind: "text", text: "" }],
    ["e\u0301", { kind: "text", text: "\u00e9" }],
  ];
  for (const [text, value] of table) assert.equal(parseClaimValue(text, {}), value, text);
});

test("parse: with a type, the text is of that type (table)", () => {
  const table: readonly [text: string, facts: ValueFacts, value: Value][] = [
    ["42", { kind: "text" }, { kind: "text", text: "42" }],
    ["hallo", { language: "de" }, { kind: "text", text: "hallo", language: "de" }],
    ["42", { unit: "mg" }, { kind: "number", number: 42, unit: "mg", bound }],
    ["7", { bound: "at_most" }, { kind: "integer", integer: 7n, bound: "at_most" }],
    ["120", { kind: "version" }, { kind: "version", version: "120", bound }],
    ["web/api", { kind: "reference" }, { kind: "reference", reference: "web/api" }],
    ["2026", { kind: "date" }, { kind: "date", year: 2026, bound }],
    ["2026-02", { kind: "date" }, { kind: "date", year: 2026, month: 2, bound }],
    ["-44-03-15", { kind: "date" }, { kind: "date", year: -44, month: 3, day: 15, bound }],
    [
      "1970-01-01T00:00:01.000000007Z",
      { kind: "instant" },
      { kind: "instant", instantNs: 1_000_000_007n, bound },
    ],
    ["00ff", { kind: "bytes" }, { kind: "bytes", bytes: Uint8Array.of(0, 255) }],
    ["unknown", { kind: "unknown" }, { kind: "unknown" }],
  ];
  for (const [text, facts, value] of table) assert.equal(parseClaimValue(text, facts), value, text);
});

test("parse: what is not of its type is refused (table)", () => {
  const table: readonly [text: string, facts: ValueFacts][] = [
    ["x", { kind: "integer" }],
    ["9223372036854775808", { kind: "integer" }],
    ["NaN", { kind: "number" }],
    ["Infinity", { kind: "number" }],
    ["1e999", { kind: "number" }],
    ["yes", { kind: "boolean" }],
    ["2026-1", { kind: "date" }],
    ["today", { kind: "date" }],
    ["2026-01-01", { kind: "instant" }],
    ["2026-01-01T00:00:00", { kind: "instant" }],
    ["9999-01-01T00:00:00Z", { kind: "instant" }],
    ["0g", { kind: "bytes" }],
    ["0", { kind: "bytes" }],
    ["", { kind: "unknown" }],
    ["x", { unit: "mg" }],
    ["1", { kind: "integer", unit: "mg" }],
    ["1", { kind: "integer", language: "de" }],
    ["x", { kind: "text", bound: "at_most" }],
    ["true", { bound: "exact" }],
  ];
  for (const [text, facts] of table) {
    assert.throws(
      () => parseClaimValue(text, facts),
      (error: unknown) => error instanceof Usage,
      `${text} ${JSON.stringify(facts)}`,
    );
  }
});

test("parse: every 64-bit integer and every finite number comes through exactly", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (integer) => {
      assert.equal(parseClaimValue(String(integer), {}), { kind: "integer", integer, bound });
    }),
  );
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const value = parseClaimValue(String(number), { kind: "number" });
      assert.equal(value, { kind: "number", number: number === 0 ? 0 : number, bound });
    }),
  );
});

test("guess: a unit makes a number, a language makes a text", () => {
  assert.is(guessKind("5", { unit: "mg" }), "number");
  assert.is(guessKind("5", { language: "en" }), "text");
});

test("moment: RFC 3339, a date or milliseconds", () => {
  assert.is(parseMoment("asserted", "1970-01-01T01:00:00+01:00"), 0);
  assert.is(parseMoment("asserted", "1970-01-02"), 86_400_000);
  assert.is(parseMoment("asserted", "-5"), -5);
  for (const text of ["", "soon", "2026-02", "1.5", "2026-01-01T00:00"]) {
    assert.throws(
      () => parseMoment("asserted", text),
      (error: unknown) => error instanceof Usage,
    );
  }
});

test("label: the first equals sign divides", () => {
  assert.equal(parseLabel("a=b=c"), { key: "a", value: "b=c" });
  assert.equal(parseLabel("a="), { key: "a", value: "" });
  for (const text of ["a", "=b", ""]) {
    assert.throws(
      () => parseLabel(text),
      (error: unknown) => error instanceof Usage,
    );
  }
});

test.run();
