/**
 * Goal: every field of every body is held to its limit, at the limit and one beyond, and the reason
 * names field and limit. Method: one row per field and limit, made from the table of rules; samples
 * are taken apart, one field is replaced by what the row says, and the scanner must say what the
 * row expects. Rules over several fields are in entry-rules.test.ts.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import type { FieldRule, MessageRule } from "../../src/entry/field-rules.js";
import { faultCodeOf, SCAN_OK } from "../../src/entry/scan-code.js";
import { entryRule } from "../../src/entry/schema.js";
import type { FaultCode } from "../../src/model/fault.js";
import { located, type Place } from "./places.js";
import { bytesField, numberField, type RawField } from "./raw.js";
import { filled } from "./samples.js";

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
    row("31 combining marks in a row", utf8(`x${"\u0323".repeat(31)}`), "ENTRY_INVALID"),
    row("a compatibility form that NFC replaces", utf8("a\u212b"), "ENTRY_INVALID"),
  ];
  if (rule.shape !== "language") {
    rows.push(row("composed", utf8("größer 例 😀")));
    rows.push(row("30 combining marks in a row", utf8(`x${"\u0323".repeat(30)}`)));
  }
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

test("the table of rows is not empty", () => {
  assert.ok(rowCount > 900, `${rowCount} rows`);
});

test.run();
