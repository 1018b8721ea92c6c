/**
 * Goal: every field of every body is held to its limit, at the limit and one beyond, and the reason
 * names field and limit. Method: one row per field and limit, made from the table of rules; samples
 * are taken apart, one field is replaced by what the row says, and the scanner must say what the
 * row expects. Rules over several fields have rows of their own.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeEntry } from "../../src/entry/codec.js";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import type { FieldRule, MessageRule } from "../../src/entry/field-rules.js";
import { faultCodeOf, SCAN_OK } from "../../src/entry/scan-code.js";
import { entryRule } from "../../src/entry/schema.js";
import type { Body, Value } from "../../src/model/entry.js";
import { Fault, type FaultCode } from "../../src/model/fault.js";
import { bytesField, messagesOf, numberField, parseRaw, type RawField } from "./raw.js";
import { assertion, assertionFull, bodies, entryOf, filled, samples, values } from "./samples.js";

const test = suite("entry: limits");
const scanner = new EntryScanner();
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Row {
  readonly what: string;
  readonly field: RawField | undefined;
  /** `undefined` where the row is right. */
  readonly code: FaultCode | undefined;
}

/** A text of exactly so many bytes, of the field's shape. */
function textOf(rule: FieldRule, bytes: number): string {
  if (rule.shape !== "language") return "a".repeat(bytes);
  return "abcdefg-"
    .repeat(Math.ceil(bytes / 8))
    .slice(0, bytes)
    .replace(/-$/, "x");
}

function textRows(rule: FieldRule): Row[] {
  const row = (what: string, content: Uint8Array, code?: FaultCode): Row => ({
    what,
    field: bytesField(rule.path, rule.number, content),
    code,
  });
  const rows = [
    row("longest", utf8(textOf(rule, rule.max))),
    row("one byte longer", utf8(textOf(rule, rule.max + 1)), "ENTRY_INVALID"),
    row("an overlong encoding", new Uint8Array([0x61, 0xc0, 0xaf]), "ENTRY_INVALID"),
    row("a surrogate", new Uint8Array([0x61, 0xed, 0xa0, 0x80]), "ENTRY_INVALID"),
    row("cut off within a character", new Uint8Array([0x61, 0xc3]), "ENTRY_INVALID"),
    row("a decomposed umlaut", utf8("ou\u0308"), "ENTRY_INVALID"),
    row("a compatibility form that NFC replaces", utf8("a\u212b"), "ENTRY_INVALID"),
  ];
  if (rule.shape !== "language") rows.push(row("composed", utf8("größer 例 😀")));
  const isEmptyRight = rule.explicit && rule.min === 0;
  const isDefault = !rule.explicit && !rule.required && rule.type === "text";
  const empty = isDefault ? "ENTRY_NOT_CANONICAL" : "ENTRY_INVALID";
  rows.push(row("empty", filled(0, 0), isEmptyRight ? undefined : empty));
  if (rule.shape !== "free") {
    for (const control of ["\n", "\0", "\u001f", "\u007f", "\u0080", "\u009f"]) {
      const name = `control U+${control.codePointAt(0)?.toString(16)}`;
      rows.push(row(name, utf8(`a${control}b`), "ENTRY_INVALID"));
    }
  } else rows.push(row("a line break", utf8("a\nb")));
  if (rule.shape === "predicate") rows.push(row("a slash", utf8("a/b"), "ENTRY_INVALID"));
  if (rule.shape === "path") rows.push(...pathRows(row));
  if (rule.shape === "language") {
    for (const tag of ["de", "zh-Hant-TW", "x-a1"]) rows.push(row(tag, utf8(tag)));
    for (const tag of ["d_e", "-de", "de-", "1a", "abcdefghi", "de--CH", "dé"]) {
      rows.push(row(tag, utf8(tag), "ENTRY_INVALID"));
    }
  }
  return rows;
}

function pathRows(row: (what: string, content: Uint8Array, code?: FaultCode) => Row): Row[] {
  const right = ["a", "a/b", "s://a", "https://a/b", "A+1-.x://a", "a:b/c", "a:/b", ".", "1://a"];
  const wrong = ["/", "/a", "a/", "a//b", "://a", "s://", "s:///a", "s://a//b", "a/s://b", "ä://a"];
  return [
    ...right.slice(0, -1).map((path) => row(`path ${path}`, utf8(path))),
    row("a scheme that begins with a digit", utf8("1://a"), "ENTRY_INVALID"),
    ...wrong.map((path) => row(`path ${path}`, utf8(path), "ENTRY_INVALID")),
  ];
}

function bytesRows(rule: FieldRule): Row[] {
  const row = (length: number, code?: FaultCode): Row => ({
    what: `${length} bytes`,
    field: bytesField(rule.path, rule.number, filled(length, 1)),
    code,
  });
  const rows = [row(rule.max + 1, "ENTRY_INVALID")];
  // The log's key is also the author's: its own row below.
  if (rule.path !== "log_genesis.log_key") rows.push(row(rule.max), row(Math.max(rule.min, 1)));
  if (rule.min > 1) rows.push(row(rule.min - 1, "ENTRY_INVALID"));
  if (rule.min > 0 || rule.explicit) rows.push(row(0, rule.min > 0 ? "ENTRY_INVALID" : undefined));
  else rows.push(row(0, "ENTRY_NOT_CANONICAL"));
  return rows;
}

const zigzag = (value: bigint): bigint => (value >= 0n ? value << 1n : (-value << 1n) - 1n);

function integerRows(rule: FieldRule): Row[] {
  const isSigned = rule.type !== "uint";
  const row = (value: bigint, code?: FaultCode): Row => {
    const isDefault = value === 0n && !rule.explicit;
    const defaultCode = rule.required ? "ENTRY_INVALID" : "ENTRY_NOT_CANONICAL";
    const varint = isSigned ? zigzag(value) : value;
    const field = numberField(rule.path, rule.number, varint);
    return { what: `value ${value}`, field, code: isDefault ? defaultCode : code };
  };
  const most = rule.max === 0 ? 2n ** 63n - 1n : BigInt(rule.max);
  const least = rule.max === 0 ? -(2n ** 63n) : BigInt(rule.min);
  const beyond = (value: bigint, isBeyond32: boolean): Row =>
    row(value, isBeyond32 ? "ENTRY_NOT_CANONICAL" : "ENTRY_INVALID");
  const rows = [row(most), row(0n)];
  if (isSigned || least > 0n) rows.push(row(least));
  if (rule.max === 0) return rows;
  rows.push(beyond(most + 1n, !isSigned && most === 0xffff_ffffn));
  if (isSigned) rows.push(beyond(least - 1n, false));
  return rows;
}

function enumRows(rule: FieldRule): Row[] {
  const row = (value: number, code?: FaultCode): Row => ({
    what: `value ${value}`,
    field: numberField(rule.path, rule.number, BigInt.asUintN(64, BigInt(value))),
    code,
  });
  const named = rule.names.map((_name, index) => row(index + 1));
  const wrong = [0, rule.names.length + 1, -1, 2 ** 31].map((value) => row(value, "ENTRY_INVALID"));
  return [...named, ...wrong];
}

function fixedRows(rule: FieldRule): Row[] {
  const row = (what: string, content: Buffer, code?: FaultCode): Row => {
    const field = { ...bytesField(rule.path, rule.number, new Uint8Array(content)), wireType: 1 };
    return { what, field, code };
  };
  const zero = rule.explicit ? "ENTRY_INVALID" : "ENTRY_NOT_CANONICAL";
  const rows = [row("zero", Buffer.alloc(8), zero)];
  if (rule.type === "fixed64") return [...rows, row("largest", Buffer.alloc(8, 0xff))];
  const double = (value: number, code?: FaultCode): Row => {
    const content = Buffer.alloc(8);
    content.writeDoubleLE(value);
    return row(Object.is(value, -0) ? "-0" : String(value), content, code);
  };
  rows.push(double(Number.MAX_VALUE), double(Number.MIN_VALUE));
  rows.push(double(-1, rule.positive ? "ENTRY_INVALID" : undefined));
  for (const value of [Number.NaN, Infinity, -Infinity, -0])
    rows.push(double(value, "ENTRY_INVALID"));
  return rows;
}

function floatRows(rule: FieldRule): Row[] {
  const row = (what: string, numbers: readonly number[], code?: FaultCode): Row => {
    const content = Buffer.alloc(numbers.length * 4);
    for (const [index, number] of numbers.entries()) content.writeFloatLE(number, index * 4);
    return { what, field: bytesField(rule.path, rule.number, new Uint8Array(content)), code };
  };
  const many = (count: number): number[] => Array.from({ length: count }, () => 0.5);
  return [
    row("most", many(rule.countMax)),
    row("one more", many(rule.countMax + 1), "ENTRY_INVALID"),
    row("none", [], "ENTRY_NOT_CANONICAL"),
    row("NaN", [1, Number.NaN], "ENTRY_INVALID"),
    row("infinite", [-Infinity, 1], "ENTRY_INVALID"),
    row("-0", [0, -0], "ENTRY_INVALID"),
    row("0 and the smallest", [0, 1.401298464324817e-45, -3.4e38]),
    {
      what: "7 bytes",
      field: bytesField(rule.path, rule.number, filled(7, 1)),
      code: "ENTRY_NOT_CANONICAL",
    },
  ];
}

function rowsOf(rule: FieldRule): readonly Row[] {
  switch (rule.type) {
    case "text":
    case "texts":
      return textRows(rule);
    case "bytes":
      return bytesRows(rule);
    case "uint":
    case "sint32":
    case "sint64":
      return integerRows(rule);
    case "enum":
      return enumRows(rule);
    case "fixed64":
    case "double":
      return fixedRows(rule);
    case "floats":
      return floatRows(rule);
    case "boolean":
      return [0n, 1n, 2n].map((varint) => ({
        what: `value ${varint}`,
        field: numberField(rule.path, rule.number, varint),
        code: varint > 1n ? "ENTRY_NOT_CANONICAL" : undefined,
      }));
    default:
      return [];
  }
}

/** Rules over several fields make some values of a field wrong or right only with others. */
const entangled = new Set([
  "assertion.value.date.month",
  "assertion.value.date.day",
  "assertion.value.date.precision",
  "assertion.valid_from_ms",
  "assertion.valid_until_ms",
  "predicate_record.comparator",
  "source_chunk.offset_bytes",
]);

interface Place {
  readonly fields: readonly RawField[];
  readonly rebuild: (fields: readonly RawField[]) => Uint8Array;
}

/** Every message of every sample, by the path of its rules. */
function places(): ReadonlyMap<string, readonly Place[]> {
  const all = new Map<string, Place[]>();
  for (const entry of samples.values()) {
    const root = parseRaw(encodeEntry(entry), entryRule);
    for (const place of messagesOf(root)) {
      const path = place.fields[0]?.path.split(".").slice(0, -1).join(".") ?? "";
      all.set(path, [...(all.get(path) ?? []), place]);
    }
  }
  return all;
}

const located = places();

/** Replaces a field, or puts it in its place. */
function put(place: Place, rule: FieldRule, field: RawField | undefined): Uint8Array {
  const others = place.fields.filter((other) => other.number !== rule.number);
  const before = others.filter((other) => other.number < rule.number);
  const added = field === undefined ? [] : [field];
  return place.rebuild([...before, ...added, ...others.slice(before.length)]);
}

function check(bytes: Uint8Array, row: Row, rule: FieldRule): void {
  const name = `${rule.path}: ${row.what}`;
  const code = scanner.scan(bytes, 0, bytes.length);
  if (row.code === undefined) {
    if (code !== SCAN_OK && entangled.has(rule.path)) return;
    assert.is(
      code,
      SCAN_OK,
      code === SCAN_OK ? name : `${name} ${JSON.stringify(scanner.reason())}`,
    );
    return;
  }
  assert.is(faultCodeOf(code), row.code, name);
  const reason = scanner.reason();
  assert.is(reason.code, row.code, name);
  assert.is(reason.field, rule.path, name);
  assert.ok(reason.limit.length > 0 && Buffer.byteLength(reason.value) <= 128, name);
}

/** The places where a field may stand: for members of a group, where that member stands. */
function placesOf(rules: MessageRule, rule: FieldRule): readonly Place[] {
  const all = located.get(rules.path) ?? [];
  const having = all.filter((place) => place.fields.some((field) => field.path === rule.path));
  return rule.oneof === undefined ? all : having;
}

function eachField(rules: MessageRule, call: (rules: MessageRule, rule: FieldRule) => void): void {
  for (const rule of rules.fields) {
    call(rules, rule);
    if (rule.message !== undefined) eachField(rule.message, call);
  }
}

let rowCount = 0;
eachField(entryRule, (rules, rule) => {
  const rows = rowsOf(rule);
  if (rows.length === 0) return;
  test(`${rule.path}: ${rule.limit}`, () => {
    // An unknown message is empty, and has no path to be found by.
    const [place] = placesOf(rules, rule).filter(({ fields }) => {
      const isWhole = rule.path !== "predicate_record.step" || fields.length > 4;
      return isWhole && (rule.path !== "assertion.value.bound" || fields.length > 1);
    });
    if (place === undefined) throw new Error("a sample has the field's message");
    for (const row of rows) {
      check(put(place, rule, row.field), row, rule);
      rowCount++;
    }
    if (!rule.required) return;
    const absent: Row = { what: "absent", field: undefined, code: "ENTRY_INVALID" };
    check(put(place, rule, undefined), absent, rule);
    rowCount++;
  });
});

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
  const place = located.get("assertion")?.find(({ fields }) => fields.length > 12);
  const label = place?.fields.find((field) => field.path === "assertion.labels");
  if (place === undefined || label?.children === undefined) throw new Error("a sample has labels");
  const many = labels(33).map(({ key }) => ({
    ...label,
    children: [bytesField("", 1, utf8(key))],
  }));
  const others = place.fields.filter((field) => field.number !== 13);
  const bytes = place.rebuild([...others, ...many].sort((a, b) => a.number - b.number));
  assert.is(faultCodeOf(scanner.scan(bytes, 0, bytes.length)), "ENTRY_INVALID");
  assert.is(scanner.reason().field, "assertion.labels");
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
  const sized = (bytes: number): Body => ({
    ...assertionFull,
    value: { kind: "text", text: "t".repeat(32_768) },
    vector: Array.from({ length: 4_096 }, () => 1),
    labels: Array.from({ length: 32 }, (_item, index) => ({
      key: `${index + 10}`,
      value: "v".repeat(256),
    })),
    source: {
      ...assertionFull.source,
      uri: "u".repeat(2_048),
      locator: "l".repeat(512),
      derivedFrom: Array.from({ length: 16 }, (_item, index) => `${index + 10}`.padEnd(200, "d")),
    },
    conceptPath: "p".repeat(bytes),
  });
  const overhead = encodeEntry(entryOf(sized(128))).length - 128;
  const missing = 65_535 - overhead;
  if (missing <= 400) {
    assert.is(encodeEntry(entryOf(sized(missing))).length, 65_535);
    throws(() => encodeEntry(entryOf(sized(missing + 1))), "ENTRY_TOO_LARGE");
  } else assert.ok(encodeEntry(entryOf(sized(400))).length < 65_535);
});

function throws(call: () => unknown, code: FaultCode): void {
  assert.throws(call, (error: unknown) => error instanceof Fault && error.code === code);
}

test("the table of rows is not empty", () => {
  assert.ok(rowCount > 900, `${rowCount} rows`);
});

test.run();
