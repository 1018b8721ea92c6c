/**
 * Goal: moments are read and written as RFC 3339 says, far from now too. Method: every day around
 * the odd years and moments of chance against the engine's own calendar.
 */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { daysInMonth, formatMoment, parseMoment } from "../../src/model/calendar.js";

const test = suite("model: calendar");

test("days in a month: as the engine counts them, in years before year 1 too", () => {
  for (const year of [-9999, -4, -1, 0, 1, 4, 1900, 2000, 2023, 2024, 2100, 9999]) {
    for (let month = 1; month <= 12; month++) {
      const last = new Date(0);
      last.setUTCFullYear(year, month, 0);
      assert.is(daysInMonth(year, month), last.getUTCDate(), `${year}-${month}`);
    }
  }
  assert.is(daysInMonth(2024, 0), 0);
  assert.is(daysInMonth(2024, 13), 0);
});

test("a moment written is read back, and the engine reads the same", () => {
  const ms = fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 });
  const near = fc.integer({ min: -62_167_219_200_000, max: 253_402_300_799_999 });
  fc.assert(
    fc.property(fc.oneof(ms, near), fc.integer({ min: 0, max: 999_999 }), (time, ns) => {
      const text = formatMoment({ ms: time, ns });
      assert.equal(parseMoment(text), { ms: time, ns });
      assert.is(Date.parse(formatMoment({ ms: time, ns: 0 })), time);
    }),
    { numRuns: 2_000 },
  );
});

test("zones move a moment; decimals are kept as written", () => {
  assert.equal(parseMoment("1970-01-01T00:00:00+01:30"), { ms: -5_400_000, ns: 0 });
  assert.equal(parseMoment("1970-01-01T00:00:00.000000001-00:01"), { ms: 60_000, ns: 1 });
  assert.is(formatMoment({ ms: -1, ns: 500_000 }), "1969-12-31T23:59:59.9995Z");
  assert.is(formatMoment({ ms: 0, ns: 0 }), "1970-01-01T00:00:00Z");
});

test("what is no moment is none", () => {
  for (const text of [
    "",
    "2024-01-01",
    "2024-02-30T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-01 00:00:00Z",
    "2024-01-01T00:00:00.Z",
    "2024-01-01T00:00:00.1234567890Z",
    "2024-01-01T00:00:00+24:00",
    "-000000-01-01T00:00:00Z",
    "24-01-01T00:00:00Z",
  ]) {
    assert.is(parseMoment(text), undefined, text);
  }
});

test.run();
