/**
 * Values in JSON: `true`, `12`, `1.5` and `"text"` as they are, everything else as an object with
 * its kind, for example `{"kind": "version", "version": "120", "bound": "exact"}`.
 *
 * A whole JSON number is an integer and any other is a number, both with the bound `exact`; a text
 * has no language. Integers beyond 2^53 are written as decimal strings inside an object.
 */

import { formatMoment, parseMoment } from "../model/calendar.js";
import { type Bound, bounds, type Value } from "../model/entry.js";
import { fromHex, toHex } from "../model/hex.js";
import { type JsonValue, jsonFault, objectOf, refuseUnknown } from "./json-fault.js";
import { valueFields } from "./schema.js";

type Record_ = Readonly<Record<string, unknown>>;

const msNs = 1_000_000n;
const datePattern = /^(-?\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;

const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

function formatInstant(instantNs: bigint): string {
  const ns = ((instantNs % msNs) + msNs) % msNs;
  return formatMoment({ ms: Number((instantNs - ns) / msNs), ns: Number(ns) });
}

function formatDate(value: Extract<Value, { readonly kind: "date" }>): string {
  const digits = (number: number, width: number) => String(number).padStart(width, "0");
  const year = `${value.year < 0 ? "-" : ""}${digits(Math.abs(value.year), 4)}`;
  if (value.month === undefined) return year;
  if (value.day === undefined) return `${year}-${digits(value.month, 2)}`;
  return `${year}-${digits(value.month, 2)}-${digits(value.day, 2)}`;
}

/** A value in its shortest form that reads back as the same value. */
export function valueToJson(value: Value): JsonValue {
  switch (value.kind) {
    case "text":
      return value.language === undefined ? value.text : { ...value, language: value.language };
    case "integer": {
      const number = Number(value.integer);
      const isSafe = Number.isSafeInteger(number);
      if (isSafe && value.bound === "exact") return number;
      return { ...value, integer: isSafe ? number : String(value.integer) };
    }
    case "number": {
      const isPlain = value.unit === undefined && value.bound === "exact";
      if (isPlain && !Number.isInteger(value.number)) return value.number;
      const { kind, number, unit, bound } = value;
      return { kind, number, ...(unit === undefined ? {} : { unit }), bound };
    }
    case "boolean":
      return value.boolean;
    case "instant":
      return { kind: value.kind, instant: formatInstant(value.instantNs), bound: value.bound };
    case "date":
      return { kind: value.kind, date: formatDate(value), bound: value.bound };
    case "bytes":
      return { kind: value.kind, bytes: toHex(value.bytes) };
    default:
      return { ...value };
  }
}

function boundOf(field: string, record: Record_): Bound {
  const { bound = "exact" } = record as { readonly bound?: unknown };
  if ((bounds as readonly unknown[]).includes(bound)) return bound as Bound;
  throw jsonFault(`${field}.bound`, `one of ${bounds.join(", ")}`, bound);
}

function textOf(field: string, name: string, value: unknown): string {
  if (typeof value === "string") return value;
  throw jsonFault(`${field}.${name}`, "a text", value);
}

function integerOf(field: string, value: unknown): bigint {
  const isText = typeof value === "string" && /^-?\d{1,19}$/.test(value);
  if (isText || Number.isSafeInteger(value)) {
    const integer = BigInt(value as string | number);
    if (isInt64(integer)) return integer;
  }
  throw jsonFault(field, "a whole number of 64 bits, as a decimal string above 2^53", value);
}

function dateOf(field: string, text: unknown): { year: number; month?: number; day?: number } {
  const match = typeof text === "string" ? datePattern.exec(text) : null;
  if (match === null) throw jsonFault(field, "YYYY, YYYY-MM or YYYY-MM-DD", text);
  const [, year, month, day] = match;
  return {
    year: Number(year) + 0,
    ...(month === undefined ? {} : { month: Number(month) }),
    ...(day === undefined ? {} : { day: Number(day) }),
  };
}

function instantOf(field: string, text: unknown): bigint {
  const moment = typeof text === "string" ? parseMoment(text) : undefined;
  const ns = moment === undefined ? undefined : BigInt(moment.ms) * msNs + BigInt(moment.ns);
  if (ns !== undefined && isInt64(ns)) return ns;
  throw jsonFault(field, "a moment by RFC 3339 from 1677 to 2262", text);
}

/** The fields that each kind has in JSON. */
const names: Readonly<Record<Value["kind"], readonly string[]>> = {
  text: ["kind", "text", "language"],
  integer: ["kind", "integer", "bound"],
  number: ["kind", "number", "unit", "bound"],
  boolean: ["kind", "boolean"],
  reference: ["kind", "reference"],
  instant: ["kind", "instant", "bound"],
  date: ["kind", "date", "bound"],
  version: ["kind", "version", "bound"],
  bytes: ["kind", "bytes"],
  unknown: ["kind"],
};

function objectValueOf(field: string, kind: Value["kind"], record: Record_): Value {
  refuseUnknown(field, record, names[kind]);
  const content = record[kind];
  switch (kind) {
    case "text": {
      const { language } = record as { readonly language?: unknown };
      const text = textOf(field, "text", content);
      if (language === undefined) return { kind, text };
      return { kind, text, language: textOf(field, "language", language) };
    }
    case "integer":
      return {
        kind,
        integer: integerOf(`${field}.integer`, content),
        bound: boundOf(field, record),
      };
    case "number": {
      const { unit } = record as { readonly unit?: unknown };
      if (typeof content !== "number") throw jsonFault(`${field}.number`, "a number", content);
      const bound = boundOf(field, record);
      const number = content === 0 ? 0 : content;
      if (unit === undefined) return { kind, number, bound };
      return { kind, number, unit: textOf(field, "unit", unit), bound };
    }
    case "boolean":
      if (typeof content === "boolean") return { kind, boolean: content };
      throw jsonFault(`${field}.boolean`, "true or false", content);
    case "reference":
      return { kind, reference: textOf(field, "reference", content) };
    case "instant":
      return {
        kind,
        instantNs: instantOf(`${field}.instant`, content),
        bound: boundOf(field, record),
      };
    case "date":
      return { kind, ...dateOf(`${field}.date`, content), bound: boundOf(field, record) };
    case "version":
      return { kind, version: textOf(field, "version", content), bound: boundOf(field, record) };
    case "bytes": {
      const bytes = typeof content === "string" ? fromHex(content) : undefined;
      if (bytes === undefined) throw jsonFault(`${field}.bytes`, "hexadecimal", content);
      return { kind, bytes };
    }
    case "unknown":
      return { kind };
  }
}

/** Reads a value. Throws ARGUMENT_INVALID with field, limit and value. */
export function valueFromJson(field: string, value: unknown): Value {
  if (typeof value === "boolean") return { kind: "boolean", boolean: value };
  if (typeof value === "string") return { kind: "text", text: value };
  if (typeof value === "number") {
    if (Number.isInteger(value)) {
      return { kind: "integer", integer: integerOf(field, value), bound: "exact" };
    }
    return { kind: "number", number: value, bound: "exact" };
  }
  const record = objectOf(field, value);
  const { kind } = record as { readonly kind?: unknown };
  if (typeof kind === "string" && valueFields.has(kind)) {
    return objectValueOf(field, kind as Value["kind"], record);
  }
  throw jsonFault(`${field}.kind`, `one of ${[...valueFields.keys()].join(", ")}`, kind);
}
