/** Rules over several fields of one message. The message's own fields were found right before. */
import { daysInMonth } from "../model/calendar.js";
import { compareBytes } from "./bytes.js";
import { FieldCursor } from "./field-cursor.js";
import type { MessageRule } from "./field-rules.js";
import { describeBytes, describeText } from "./scan-value.js";

export interface BrokenRule {
  readonly field: string;
  readonly limit: string;
  readonly value: string;
}

type Check = (bytes: Uint8Array, start: number, end: number) => BrokenRule | undefined;

// One cursor per place that is looked at: they are reused, since nothing here is re-entrant.
const one = new FieldCursor();
const other = new FieldCursor();

const BODY_LOG_GENESIS = 60;
const COMPARATOR_STEP = 3;
const CONTENT_BYTES_MAX = 1_048_576;
// Kinds of a value that take a bound: integer, number, instant, date, version.
const isOrdered = (kind: number): boolean => kind === 2 || kind === 3 || (kind >= 6 && kind <= 8);

/** Whether two fields of one message, length-delimited, are both there and equal. */
function areEqual(
  bytes: Uint8Array,
  start: number,
  end: number,
  left: number,
  right: number,
): boolean {
  if (!one.find(bytes, start, end, left) || !other.find(bytes, start, end, right)) return false;
  return compareBytes(bytes, one.start, one.end, other.start, other.end) === 0;
}

const differ =
  (left: number, right: number, field: string, limit: string, describe: typeof describeBytes) =>
  (bytes: Uint8Array, start: number, end: number): BrokenRule | undefined =>
    areEqual(bytes, start, end, left, right)
      ? { field, limit, value: describe(bytes, one.start, one.end) }
      : undefined;

function checkAssertion(bytes: Uint8Array, start: number, end: number): BrokenRule | undefined {
  if (!one.find(bytes, start, end, 8) || !other.find(bytes, start, end, 9)) return undefined;
  const from = one.varint.signed();
  const until = other.varint.signed();
  if (until > from) return undefined;
  return { field: "assertion.valid_until_ms", limit: `after ${from}`, value: String(until) };
}

function checkValue(bytes: Uint8Array, start: number, end: number): BrokenRule | undefined {
  one.open(bytes, start, end);
  one.next();
  const kind = one.number;
  const hasBound = other.find(bytes, start, end, 15);
  if (isOrdered(kind) === hasBound) return undefined;
  const limit = hasBound
    ? "only with integer, number, instant, date, version"
    : "required with integer, number, instant, date, version";
  return { field: "assertion.value.bound", limit, value: hasBound ? "present" : "absent" };
}

function numberOf(bytes: Uint8Array, start: number, end: number, number: number): number {
  return one.find(bytes, start, end, number) ? one.varint.value() : 0;
}

function checkDate(bytes: Uint8Array, start: number, end: number): BrokenRule | undefined {
  const year = one.find(bytes, start, end, 1) ? one.varint.signed() : 0;
  const month = numberOf(bytes, start, end, 2);
  const day = numberOf(bytes, start, end, 3);
  const precision = numberOf(bytes, start, end, 4);
  const field = "assertion.value.date";
  if (precision >= 2 !== month > 0) {
    const limit = precision >= 2 ? "1..12" : "absent where precision is year";
    return { field: `${field}.month`, limit, value: month === 0 ? "absent" : String(month) };
  }
  if ((precision === 3) !== day > 0) {
    const limit = precision === 3 ? "1..31" : "absent where precision is year or month";
    return { field: `${field}.day`, limit, value: day === 0 ? "absent" : String(day) };
  }
  if (day === 0 || day <= daysInMonth(year, month)) return undefined;
  const limit = `1..${daysInMonth(year, month)} in this month`;
  return { field: `${field}.day`, limit, value: String(day) };
}

function checkChunk(bytes: Uint8Array, start: number, end: number): BrokenRule | undefined {
  const offset = numberOf(bytes, start, end, 2);
  one.find(bytes, start, end, 3);
  const contentEnd = offset + one.end - one.start;
  if (contentEnd <= CONTENT_BYTES_MAX) return undefined;
  const limit = "ends at 1,048,576 at most";
  return { field: "source_chunk.content", limit, value: `ends at ${contentEnd}` };
}

function checkPredicate(bytes: Uint8Array, start: number, end: number): BrokenRule | undefined {
  const isStep = numberOf(bytes, start, end, 4) === COMPARATOR_STEP;
  const hasStep = one.find(bytes, start, end, 7);
  if (isStep === hasStep) return undefined;
  const limit = "with the comparator step, and only there";
  return { field: "predicate_record.step", limit, value: hasStep ? "present" : "absent" };
}

function checkEntry(bytes: Uint8Array, start: number, end: number): BrokenRule | undefined {
  if (!one.find(bytes, start, end, BODY_LOG_GENESIS)) return undefined;
  const bodyStart = one.start;
  const bodyEnd = one.end;
  one.find(bytes, start, end, 1);
  other.find(bytes, bodyStart, bodyEnd, 1);
  if (compareBytes(bytes, one.start, one.end, other.start, other.end) === 0) return undefined;
  const value = describeBytes(bytes, other.start, other.end);
  return { field: "log_genesis.log_key", limit: "the entry's author", value };
}

interface CrossRule {
  readonly check: Check;
  /** The rule in words, for the reference. */
  readonly words: string;
}

/** Rules over several fields, by the message that they belong to. */
export const crossRules: Readonly<Record<string, CrossRule>> = {
  entry: { check: checkEntry, words: "The `log_key` of a `log_genesis` is the entry's author." },
  assertion: { check: checkAssertion, words: "`valid_until_ms` is after `valid_from_ms`." },
  value: {
    check: checkValue,
    words:
      "`bound` is required with integer, number, instant_ns, date and version, and refused with " +
      "the other kinds.",
  },
  date: {
    check: checkDate,
    words: "`month` and `day` are there as `precision` says, and `day` is within its month.",
  },
  source_chunk: { check: checkChunk, words: "`content` ends at 1,048,576 at most." },
  predicate_record: {
    check: checkPredicate,
    words: "`step` is there with the comparator step, and only there.",
  },
  supersession: {
    check: differ(1, 2, "supersession.new", "another one than `old`", describeBytes),
    words: "`new` is another one than `old`.",
  },
  alias: {
    check: differ(1, 2, "alias.canonical", "another one than `path`", describeText),
    words: "`canonical` is another one than `path`.",
  },
  epoch: {
    check: differ(1, 2, "epoch.supersedes", "another one than `name`", describeText),
    words: "`supersedes` is another one than `name`.",
  },
};

/** Checks a message whose own fields are right; `undefined` where nothing is broken. */
export function crossCheck(
  rules: MessageRule,
  bytes: Uint8Array,
  start: number,
  end: number,
): BrokenRule | undefined {
  return rules.check === undefined ? undefined : crossRules[rules.check]?.check(bytes, start, end);
}

/** Compares two labels, each a checked message, by (key, value) bytewise. */
export function compareLabels(
  bytes: Uint8Array,
  leftStart: number,
  leftEnd: number,
  rightStart: number,
  rightEnd: number,
): number {
  one.find(bytes, leftStart, leftEnd, 1);
  other.find(bytes, rightStart, rightEnd, 1);
  const keys = compareBytes(bytes, one.start, one.end, other.start, other.end);
  if (keys !== 0) return keys;
  const hasLeft = one.find(bytes, leftStart, leftEnd, 2);
  const hasRight = other.find(bytes, rightStart, rightEnd, 2);
  if (!hasLeft || !hasRight) return Number(hasLeft) - Number(hasRight);
  return compareBytes(bytes, one.start, one.end, other.start, other.end);
}

/** A label, a checked message, as people write it. */
export function describeLabel(bytes: Uint8Array, start: number, end: number): string {
  one.find(bytes, start, end, 1);
  const key = describeText(bytes, one.start, one.end);
  if (!other.find(bytes, start, end, 2)) return `key of ${key}`;
  return `key of ${key}, value of ${describeText(bytes, other.start, other.end)}`;
}
