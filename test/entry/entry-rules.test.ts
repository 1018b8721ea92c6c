/**
 * Goal: rules over several fields hold: lists, order, times, bounds, dates, groups, sizes. Method:
 * pairs of entries, one within the rule and one beside it, with the field that the reason names.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeEntry } from "../../src/entry/codec.js";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import { faultCodeOf, SCAN_OK } from "../../src/entry/scan-code.js";
import type { Body, Value } from "../../src/model/entry.js";
import { Fault } from "../../src/model/fault.js";
import { throwsFault } from "../support/expect.js";
import { located } from "./places.js";
import { bytesField, numberField } from "./raw.js";
import { assertion, assertionFull, bodies, entryOf, filled, values } from "./samples.js";

const test = suite("entry: rules over fields");
const scanner = new EntryScanner();
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test("a repeated field: 32 labels and 16 sources are the most", () => {
  const labels = (count: number) =>
    Array.from({ length: count }, (_item, index) => ({ key: `k${index + 100}`, value: "v" }));
  const sources = (count: number) =>
    Array.from({ length: count }, (_item, index) => `s${index + 10}`);
  const withLabels = (count: number) => ({ ...assertion, labels: labels(count) });
  const withSources = (count: number) => ({
    ...assertion,
    source: { ...assertion.source, derivedFrom: sources(count) },
  });
  encodeEntry(entryOf(withLabels(32)));
  encodeEntry(entryOf(withSources(16)));
  refused(withLabels(33), "assertion.labels");
  refused(withSources(17), "assertion.source.derived_from");
  // The encoder counts by itself: bytes that it would not write.
  for (const [path, number, item] of [
    ["assertion", 13, (index: number) => Buffer.concat([utf8("\n\u0003k"), utf8(`${index + 10}`)])],
    ["assertion.source", 7, (index: number) => utf8(`s${index + 10}`)],
  ] as const) {
    for (const place of located.get(path) ?? []) {
      const most = number === 13 ? 32 : 16;
      const others = place.fields.filter((field) => field.number !== number);
      const written = (count: number): Uint8Array => {
        const items = Array.from({ length: count }, (_item, i) => bytesField("", number, item(i)));
        return place.rebuild([...others, ...items].sort((a, b) => a.number - b.number));
      };
      const full = written(most);
      assert.is(scanner.scan(full, 0, full.length), SCAN_OK);
      const bytes = written(most + 1);
      assert.is(faultCodeOf(scanner.scan(bytes, 0, bytes.length)), "ENTRY_INVALID");
      assert.ok(/labels|derived_from/.test(scanner.reason().field));
    }
  }
});

function refused(body: Body, field: string, limit?: string): void {
  let found: unknown;
  try {
    encodeEntry(entryOf(body));
  } catch (error) {
    found = error;
  }
  if (!(found instanceof Fault)) throw new Error(`${field} is refused`);
  assert.is(found.code, "ENTRY_INVALID", found.message);
  const facts = found.detail as { readonly field?: unknown; readonly limit?: unknown };
  assert.is(facts.field, field);
  if (limit !== undefined) assert.is(facts.limit, limit);
}

const valued = (value: Value): Body => ({ ...assertion, value });

test("labels and sources: another order, or a pair twice, is refused", () => {
  const [one, two] = [
    { key: "a", value: "1" },
    { key: "a", value: "2" },
  ];
  encodeEntry(entryOf({ ...assertion, labels: [one, two] }));
  const other = { key: "b", value: "0" };
  encodeEntry(entryOf({ ...assertion, labels: [one, two, other] }));
  refused({ ...assertion, labels: [other, one] }, "assertion.labels");
  refused({ ...assertion, labels: [one, other, two] }, "assertion.labels");
  refused({ ...assertion, labels: [two, one] }, "assertion.labels");
  refused({ ...assertion, labels: [one, one] }, "assertion.labels");
  const source = (derivedFrom: readonly string[]): Body => ({
    ...assertion,
    source: { ...assertion.source, derivedFrom },
  });
  refused(source(["b", "a"]), "assertion.source.derived_from");
  refused(source(["a", "a"]), "assertion.source.derived_from");
  // By bytes, not by UTF-16: U+FF5E is smaller than U+1F600.
  encodeEntry(entryOf(source(["～", "😀"])));
  refused(source(["😀", "～"]), "assertion.source.derived_from");
});

test("labels: long values are ordered too, whatever their lengths take", () => {
  for (const [left, right] of [
    [0, 1],
    [1, 127],
    [127, 128],
    [128, 129],
    [255, 256],
    [0, 256],
  ] as const) {
    const labels = [
      { key: "k", value: "v".repeat(left) },
      { key: "k", value: "v".repeat(right) },
    ];
    encodeEntry(entryOf({ ...assertion, labels }));
    refused({ ...assertion, labels: labels.toReversed() }, "assertion.labels");
  }
});

test("valid until is after valid from", () => {
  const span = (validFromMs: number, validUntilMs: number): Body => ({
    ...assertion,
    validFromMs,
    validUntilMs,
  });
  encodeEntry(entryOf(span(-5, -4)));
  refused(span(-4, -4), "assertion.valid_until_ms", "after -4");
  refused(span(1_764_000_000_000, 1_763_999_999_999), "assertion.valid_until_ms");
  const limit = 8_640_000_000_000_000;
  encodeEntry(entryOf(span(-limit, limit)));
  refused(span(limit, -limit), "assertion.valid_until_ms");
});

test("a bound is required on ordered kinds and refused on the others", () => {
  const ordered = new Set(["integer", "number", "instant", "date", "version"]);
  for (const value of Object.values(values)) {
    if (ordered.has(value.kind)) {
      const { bound: _bound, ...bare } = value as { readonly bound?: unknown } & Value;
      refused(valued(bare as Value), "assertion.value.bound");
    } else {
      refused(valued({ ...value, bound: "exact" } as Value), "assertion.value.bound");
    }
  }
});

test("a value is exactly one kind", () => {
  const value = located.get("assertion.value") ?? [];
  for (const { fields, rebuild } of value) {
    const added =
      fields[0]?.number === 10 ? numberField("", 2, 1n) : bytesField("", 10, filled(0, 0));
    const both = [...fields, added].sort((left, right) => left.number - right.number);
    const bytes = rebuild(both);
    assert.is(faultCodeOf(scanner.scan(bytes, 0, bytes.length)), "ENTRY_NOT_CANONICAL");
    const none = rebuild(fields.filter((field) => field.number === 15));
    assert.is(faultCodeOf(scanner.scan(none, 0, none.length)), "ENTRY_INVALID");
    assert.is(scanner.reason().field, "assertion.value.kind");
  }
});

test("a grant gives exactly one right", () => {
  const { role: _role, ...bare } = bodies.grant_role;
  refused(bare, "grant.right", "exactly one");
});

test("dates: parts as the precision says, days within their month, leap years", () => {
  const date = (year: number, month?: number, day?: number): Body => {
    const parts = {
      ...(month === undefined ? {} : { month }),
      ...(day === undefined ? {} : { day }),
    };
    return valued({ kind: "date", year, ...parts, bound: "exact" });
  };
  for (const year of [2024, 2000, -4, 0, 9996]) encodeEntry(entryOf(date(year, 2, 29)));
  for (const year of [2023, 1900, 2100, 1, -1]) {
    refused(date(year, 2, 29), "assertion.value.date.day", "1..28 in this month");
  }
  refused(date(2024, 4, 31), "assertion.value.date.day", "1..30 in this month");
  encodeEntry(entryOf(date(-9999, 12, 31)));
  refused(date(10_000), "assertion.value.date.year");
  refused(date(2024, 0), "assertion.value.date.month");
  refused(date(2024, 13), "assertion.value.date.month");
  refused(date(2024, 1, 0), "assertion.value.date.day");
  const [place] = (located.get("assertion.value.date") ?? []).filter(
    ({ fields }) => fields.length === 4,
  );
  if (place === undefined) throw new Error("a sample has a whole date");
  for (const [precision, field] of [
    [1n, "month"],
    [2n, "day"],
  ] as const) {
    const bent = place.fields.map((raw) =>
      raw.number === 4 ? { ...raw, varint: precision } : raw,
    );
    const bytes = place.rebuild(bent);
    assert.is(faultCodeOf(scanner.scan(bytes, 0, bytes.length)), "ENTRY_INVALID");
    assert.is(scanner.reason().field, `assertion.value.date.${field}`);
  }
});

test("two names of one thing, where two are meant, are refused", () => {
  const { supersession, alias, epoch } = bodies;
  refused({ ...supersession, new: supersession.old }, "supersession.new");
  refused({ ...alias, canonical: alias.path }, "alias.canonical");
  refused({ ...epoch, supersedes: epoch.name }, "epoch.supersedes");
});

test("a chunk ends within 1,048,576 bytes", () => {
  const chunk = (offsetBytes: number, length: number): Body => ({
    ...bodies.source_chunk,
    offsetBytes,
    content: filled(length, 1),
  });
  encodeEntry(entryOf(chunk(1_048_575, 1)));
  encodeEntry(entryOf(chunk(1_048_576 - 49_152, 49_152)));
  refused(chunk(1_048_575, 2), "source_chunk.content", "ends at 1,048,576 at most");
});

test("a step stands with its comparator, and only there", () => {
  const { step: _step, ...bare } = bodies.predicate_record_full;
  refused(bare, "predicate_record.step");
  refused({ ...bodies.predicate_record, step: 1 }, "predicate_record.step");
});

test("a genesis is written by the log's own key", () => {
  refused({ ...bodies.log_genesis, logKey: filled(32, 1) }, "log_genesis.log_key");
});

test("an entry of 65,535 bytes is right, and one more is ENTRY_TOO_LARGE", () => {
  const sized = (extra: number): Body => ({
    ...assertionFull,
    conceptPath: "p".repeat(400),
    value: { kind: "text", text: "t".repeat(32_768) },
    vector: Array.from({ length: 4_096 }, () => 1),
    // Extra bytes go into the keys, 62 to a label.
    labels: Array.from({ length: 32 }, (_item, index) => ({
      key: `${index + 10}`.padEnd(2 + Math.min(62, Math.max(0, extra - 62 * index)), "k"),
      value: "v".repeat(256),
    })),
    source: {
      ...assertionFull.source,
      uri: "u".repeat(2_048),
      locator: "l".repeat(512),
      derivedFrom: Array.from({ length: 16 }, (_item, index) => `${index + 10}`.padEnd(200, "d")),
    },
  });
  const missing = 65_535 - encodeEntry(entryOf(sized(0))).length;
  assert.ok(missing > 0 && missing < 62 * 32, `${missing} bytes are missing`);
  assert.is(encodeEntry(entryOf(sized(missing))).length, 65_535);
  const { detail } = throwsFault(() => encodeEntry(entryOf(sized(missing + 1))), "ENTRY_TOO_LARGE");
  assert.equal(detail, { field: "entry", limit: "1..65,535 bytes", value: "65,536 bytes" });
});

test.run();
