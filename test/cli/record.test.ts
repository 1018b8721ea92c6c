/**
 * Goal: an entry's line says what it claims, in one line, and cannot move the cursor. Method: a
 * table of values and bodies.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bodyText, valueText } from "../../cli/record.js";
import type { Assertion, Value } from "../../src/model/entry.js";

const test = suite("cli: record");
const bound = "exact" as const;

const claim: Assertion = {
  kind: "assertion",
  conceptPath: "a/b",
  predicate: "p",
  value: { kind: "integer", integer: 5n, bound },
  polarity: "affirms",
  confidenceMillionths: 900_000,
  source: { id: "s", class: "expert" },
  assertedMs: 0,
  lifecycle: "proposed",
};

test("value: every kind (table)", () => {
  const table: readonly (readonly [Value, string])[] = [
    [{ kind: "text", text: 'say "x"' }, '"say \\"x\\""'],
    [{ kind: "text", text: "ja", language: "de" }, '"ja"@de'],
    [{ kind: "integer", integer: -5n, bound: "at_most" }, "≤ -5"],
    [{ kind: "number", number: 1.5, unit: "mg", bound: "at_least" }, "≥ 1.5 mg"],
    [{ kind: "boolean", boolean: false }, "false"],
    [{ kind: "reference", reference: "x/y" }, "→ x/y"],
    [{ kind: "instant", instantNs: 0n, bound }, "1970-01-01T00:00:00Z"],
    [{ kind: "instant", instantNs: -1n, bound }, "1969-12-31T23:59:59.999999999Z"],
    [{ kind: "instant", instantNs: 1_500_000_000n, bound }, "1970-01-01T00:00:01.5Z"],
    [{ kind: "date", year: -44, month: 3, day: 15, bound }, "-0044-03-15"],
    [{ kind: "date", year: 2026, month: 2, bound }, "2026-02"],
    [{ kind: "date", year: 7, bound: "at_least" }, "≥ 0007"],
    [{ kind: "version", version: "57", bound }, "57"],
    [{ kind: "bytes", bytes: Uint8Array.of(1, 255) }, "0x01ff"],
    [{ kind: "bytes", bytes: new Uint8Array(17) }, `0x${"00".repeat(16)}…`],
    [{ kind: "unknown" }, "unknown"],
  ];
  for (const [value, text] of table) assert.is(valueText(value), text);
});

test("body: claims, denials, and others by name with short ids", () => {
  assert.is(bodyText(claim), "a/b  p = 5  (s, expert, 0.9)");
  assert.is(bodyText({ ...claim, polarity: "denies" }), "a/b  p ≠ 5  (s, expert, 0.9)");
  const target = new Uint8Array(32).fill(0xab);
  assert.is(
    bodyText({ kind: "vote", target, path: "a/b", weightMillionths: -500_000 }),
    'vote target="abababab…" path="a/b" weight=-0.5',
  );
});

test("body: one line, whatever its text holds", () => {
  const text = bodyText({ ...claim, source: { id: "s\u001b[2J\n", class: "expert" } });
  assert.not.match(text, /\p{Cc}/u);
});

test.run();
