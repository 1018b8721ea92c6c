/**
 * Goal: every form of the grammar means one thing, every other text is refused, and an offset
 * always lands inside of the log. Method: tables of both spaces; all pairs of points as ranges
 * (exhaustive); properties over sizes and over garbage.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  extentOf,
  offsetForms,
  type Point,
  parseOffset,
  parsePoint,
  readOffset,
} from "../../cli/offset.js";
import { Usage } from "../../cli/usage.js";
import { toHex } from "../../src/model/hex.js";

const test = suite("cli: offset");

const nowMs = Date.parse("2026-06-01T12:00:00Z");
const log = "ab".repeat(32);

const points: readonly (readonly [text: string, point: Point])[] = [
  ["start", { kind: "start" }],
  ["end", { kind: "end" }],
  ["0", { kind: "index", index: 0 }],
  ["100", { kind: "index", index: 100 }],
  ["9007199254740991", { kind: "index", index: Number.MAX_SAFE_INTEGER }],
  ["-10", { kind: "beforeEnd", count: 10 }],
  ["-0", { kind: "beforeEnd", count: 0 }],
  ["+10", { kind: "behindStart", count: 10 }],
  ["@-1h", { kind: "recorded", ms: nowMs - 3_600_000 }],
  ["@-90s", { kind: "recorded", ms: nowMs - 90_000 }],
  ["@-250ms", { kind: "recorded", ms: nowMs - 250 }],
  ["@-5m", { kind: "recorded", ms: nowMs - 300_000 }],
  ["@-7d", { kind: "recorded", ms: nowMs - 604_800_000 }],
  ["@2026-01-01T00:00:00Z", { kind: "recorded", ms: Date.UTC(2026, 0, 1) }],
  ["@2026-01-01T00:00:00.250Z", { kind: "recorded", ms: Date.UTC(2026, 0, 1) + 250 }],
  ["@2026-01-01T02:00+02:00", { kind: "recorded", ms: Date.UTC(2026, 0, 1) }],
  ["@2026-01-01", { kind: "recorded", ms: Date.UTC(2026, 0, 1) }],
  ["@2024-02-29", { kind: "recorded", ms: Date.UTC(2024, 1, 29) }],
];

const refused = [
  "",
  ":",
  "::",
  "100::200",
  "1:2:3",
  "begin",
  "START",
  "1.5",
  "1e3",
  "0x10",
  "--1",
  "+-1",
  "+",
  "-",
  "9007199254740992",
  "99999999999999999999",
  " 1",
  "1 ",
  "1: 2",
  "@",
  "@1h",
  "@+1h",
  "@-h",
  "@-1w",
  "@-1.5h",
  "@now",
  "@2026",
  "@2026-02-30",
  "@2026-13-01",
  "@2025-02-29",
  "@2026-01-01T00:00:00",
  "@2026-01-01T25:00Z",
  "@2026-01-01T00:00:00z",
  "@-99999999999999999999d",
  "startend",
  "start-10",
  "abc:1",
  `${log}`,
  `${log}:`,
  `${log}:end`,
  `${log}:-1`,
  `${log}:@-1h`,
  `${log}::5`,
  `${log.slice(1)}:1`,
  `${log}:1:2:3`,
];

test("read: every form of a point (table)", () => {
  for (const [text, point] of points) assert.equal(readOffset(text, nowMs), { start: point }, text);
});

test("read: every pair of points is a range (exhaustive)", () => {
  for (const [left, start] of points) {
    assert.equal(readOffset(`${left}:`, nowMs), { start, end: { kind: "end" } }, left);
    assert.equal(readOffset(`:${left}`, nowMs), { start: { kind: "start" }, end: start }, left);
    for (const [right, end] of points) {
      assert.equal(readOffset(`${left}:${right}`, nowMs), { start, end }, `${left}:${right}`);
    }
  }
});

test("read: an index of a named log, alone or as the start of a range", () => {
  const single = readOffset(`${log.toUpperCase()}:100`, nowMs);
  assert.is(toHex(single?.logId ?? new Uint8Array()), log);
  assert.equal(single?.start, { kind: "index", index: 100 });
  assert.equal(readOffset(`${log}:1:+5`, nowMs)?.end, { kind: "behindStart", count: 5 });
});

test("read: everything else is refused (table)", () => {
  for (const text of refused) assert.is(readOffset(text, nowMs), undefined, JSON.stringify(text));
});

test("read: garbage never throws, and what is read came from the grammar's characters", () => {
  const garbage = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom(..."0123456789:+-@TZhmsdstarten") }),
  );
  fc.assert(
    fc.property(garbage, (text) => {
      if (readOffset(text, nowMs) !== undefined)
        assert.match(text, /^[0-9a-fA-F:+\-@.TZhmsdstrn]+$/);
    }),
    { numRuns: 2_000 },
  );
});

test("parse: a refusal names the argument and lists the forms; a range is no point", () => {
  assert.throws(
    () => parseOffset("yesterday", nowMs, "--from"),
    (error: unknown) =>
      error instanceof Usage && error.message.includes("--from") && error.message.includes("@-1h"),
  );
  assert.throws(
    () => parsePoint("1:2", nowMs, "--from"),
    (error: unknown) => error instanceof Usage,
  );
  assert.equal(parsePoint("-1", nowMs, "--from").start, { kind: "beforeEnd", count: 1 });
});

test("forms: the documented ones are of the grammar", () => {
  for (const [form] of offsetForms) {
    assert.ok(readOffset(form.replace("<log id>", log), nowMs) !== undefined, form);
  }
});

test("extent: what a log of 50 entries gives (table)", async () => {
  const table: readonly [string, number, number][] = [
    ["start", 0, 50],
    ["end", 50, 50],
    ["-10", 40, 50],
    ["-100", 0, 50],
    ["+10", 10, 50],
    ["20", 20, 50],
    ["100", 50, 50],
    ["10:20", 10, 20],
    ["20:10", 20, 20],
    ["10:+5", 10, 15],
    ["-10:-5", 40, 45],
    [":", 0, 50],
    [":7", 0, 7],
    ["@-1h", 30, 50],
    ["@-1h:+3", 30, 33],
  ];
  for (const [text, start, end] of table) {
    const offset = text === ":" ? readOffset("start:", nowMs) : readOffset(text, nowMs);
    if (offset === undefined) throw new Error(text);
    assert.equal(await extentOf(offset, 50, async () => 30), { start, end }, text);
  }
});

test("extent: always inside of the log, the start never behind the end", async () => {
  const text = fc.constantFrom(...points.map(([form]) => form));
  await fc.assert(
    fc.asyncProperty(text, text, fc.nat(200), fc.nat(300), async (left, right, size, recorded) => {
      const offset = readOffset(`${left}:${right}`, nowMs);
      if (offset === undefined) throw new Error("of the grammar");
      const { start, end } = await extentOf(offset, size, async () => recorded);
      assert.ok(0 <= start && start <= end && end <= size, `${left}:${right} of ${size}`);
    }),
  );
});

test.run();
