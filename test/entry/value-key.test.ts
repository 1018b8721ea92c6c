/**
 * Goal: keys are equal exactly where two values are the same claim. Method: a table of pairs, and
 * values of chance against a comparison of their fields.
 */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { valueKey } from "../../src/entry/value-key.js";
import type { Value } from "../../src/model/entry.js";
import { value as anyValue } from "./arbitrary.js";

const test = suite("entry: value key");
const key = (value: Value): string => Buffer.from(valueKey(value)).toString("hex");
const integer = (integer: bigint): Value => ({ kind: "integer", integer, bound: "exact" });
const number = (number: number): Value => ({ kind: "number", number, bound: "exact" });

const same: readonly (readonly [Value, Value])[] = [
  [integer(7n), number(7)],
  [integer(0n), number(-0)],
  [integer(-(2n ** 63n)), number(-(2 ** 63))],
  [
    { kind: "text", text: "a", language: "de-CH" },
    { kind: "text", text: "a", language: "DE-ch" },
  ],
];

const different: readonly (readonly [Value, Value])[] = [
  // Only a stored text is not in normalisation form C: it is taken as it stands.
  [
    { kind: "text", text: "o\u0308" },
    { kind: "text", text: "ö" },
  ],
  [integer(7n), number(7.5)],
  [integer(7n), { kind: "integer", integer: 7n, bound: "at_most" }],
  [integer(7n), { kind: "number", number: 7, unit: "kg", bound: "exact" }],
  [integer(7n), { kind: "instant", instantNs: 7n, bound: "exact" }],
  [integer(2n ** 63n - 1n), number(2 ** 63)],
  [
    { kind: "number", number: 7, unit: "kg", bound: "exact" },
    { kind: "number", number: 7, unit: "g", bound: "exact" },
  ],
  [
    { kind: "text", text: "a" },
    { kind: "text", text: "A" },
  ],
  [
    { kind: "text", text: "a" },
    { kind: "text", text: "a", language: "de" },
  ],
  [
    { kind: "text", text: "a" },
    { kind: "reference", reference: "a" },
  ],
  [
    { kind: "version", version: "1", bound: "exact" },
    { kind: "version", version: "1.0", bound: "exact" },
  ],
  [
    { kind: "date", year: 2024, bound: "exact" },
    { kind: "date", year: 2024, month: 1, bound: "exact" },
  ],
  [
    { kind: "boolean", boolean: true },
    { kind: "boolean", boolean: false },
  ],
];

test("values that say the same have one key", () => {
  for (const [left, right] of same) assert.is(key(left), key(right));
});

test("values that say something else have another key", () => {
  for (const [left, right] of different) assert.is.not(key(left), key(right));
});

test("integers and instants sort like their keys", () => {
  const numbers = [-(2n ** 63n), -300n, -1n, 0n, 1n, 255n, 256n, 2n ** 63n - 1n];
  const keys = numbers.map((number) => key(integer(number)));
  assert.equal(keys.toSorted(), keys);
});

test("the bytes of a key are set in stone: answers and questions name values by it", () => {
  const kept: readonly (readonly [Value, string])[] = [
    [{ kind: "text", text: "ö", language: "de-CH" }, "010064652d636800c3b6"],
    [integer(-1n), "02017fffffffffffffff"],
    [number(7), "02018000000000000007"],
    [{ kind: "number", number: 1.75, unit: "m", bound: "at_least" }, "03033ffc0000000000006d"],
    [number(2 ** 63), "030143e0000000000000"],
    [{ kind: "boolean", boolean: true }, "040001"],
    [{ kind: "reference", reference: "a/b" }, "0500612f62"],
    [{ kind: "instant", instantNs: 1n, bound: "at_most" }, "06028000000000000001"],
    [{ kind: "date", year: -1, month: 2, bound: "exact" }, "07017fff0200"],
    [{ kind: "version", version: "1.0", bound: "exact" }, "0801312e30"],
    [{ kind: "bytes", bytes: Uint8Array.of(0, 255) }, "090000ff"],
    [{ kind: "unknown" }, "0a00"],
  ];
  for (const [value, bytes] of kept) assert.is(key(value), bytes);
});

test("a number that is not finite has no key", () => {
  for (const bad of [Number.NaN, Infinity]) assert.throws(() => valueKey(number(bad)));
});

test("values of chance: one key where all fields are equal, another where they are not", () => {
  const shown = (value: Value): string =>
    JSON.stringify(value, (_name, own: unknown) => (typeof own === "bigint" ? `${own}n` : own));
  fc.assert(
    fc.property(anyValue, anyValue, (left, right) => {
      assert.is(key(left), key({ ...left }));
      const isWhole = (value: Value) => value.kind === "number" && Number.isInteger(value.number);
      if (isWhole(left) || isWhole(right)) return;
      assert.is(key(left) === key(right), shown(left) === shown(right));
    }),
    { numRuns: 500 },
  );
});

test.run();
