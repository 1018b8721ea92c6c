/**
 * Model → bytes, by the table. What it writes is canonical in form; whether it is valid the scanner
 * says, so that rules stand in one place. It refuses by itself only what has no bytes at all: a
 * wrong type, a name that is not of the enum, an integer that is none.
 */

import type { UnsaltedEntry, Value } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import type { EntryWriter } from "./entry-writer.js";
import type { FieldRule, MessageRule } from "./field-rules.js";
import { shorten } from "./scan-value.js";
import { bodyFields, entryRule, valueFields } from "./schema.js";

type Fields = Readonly<Record<string, unknown>>;

const int64Max = 2n ** 63n - 1n;
const loneSurrogate = /\p{Surrogate}/u;

/** The fault of a field that has no bytes. */
function refused(field: FieldRule, value: unknown): Fault {
  const found = value instanceof Uint8Array ? toHex(value) : String(value);
  const detail = { field: field.path, limit: field.limit, value: shorten(found) };
  const message = `${field.path} must be ${field.limit}; it is ${detail.value}`;
  return new Fault("ENTRY_INVALID", message, detail);
}

function writeInteger(writer: EntryWriter, field: FieldRule, value: unknown): boolean {
  if (typeof value === "bigint" && field.type === "sint64" && field.max === 0) {
    if (value > int64Max || value < -int64Max - 1n) throw refused(field, value);
    writer.varint64(value >= 0n ? value << 1n : (-value << 1n) - 1n);
    return true;
  }
  const isWhole = typeof value === "number" && Number.isSafeInteger(value);
  if (!isWhole || value < field.min || value > field.max) throw refused(field, value);
  if (field.type === "uint") {
    if (value === 0 && !field.explicit) return false;
    writer.varint(value);
    return true;
  }
  if (value === 0 && !field.explicit) return false;
  if (Math.abs(value) <= Number.MAX_SAFE_INTEGER / 2) {
    writer.varint(value >= 0 ? value * 2 : -value * 2 - 1);
  } else {
    const exact = BigInt(value);
    writer.varint64(exact >= 0n ? exact << 1n : (-exact << 1n) - 1n);
  }
  return true;
}

function writeText(writer: EntryWriter, field: FieldRule, value: unknown): boolean {
  if (typeof value !== "string") throw refused(field, value);
  if (value === "" && !field.explicit && field.type === "text") return false;
  if (value.length > field.max) throw refused(field, `${value.length} characters: ${value}`);
  const before = writer.at;
  writer.text(value);
  // More bytes than characters: only then may there be a surrogate without its other half.
  if (before - writer.at !== value.length && loneSurrogate.test(value)) {
    throw refused(field, "not well-formed Unicode");
  }
  writer.varint(before - writer.at);
  return true;
}

function writeBytes(writer: EntryWriter, field: FieldRule, value: unknown): boolean {
  if (!(value instanceof Uint8Array)) throw refused(field, value);
  if (value.length === 0 && !field.explicit) return false;
  if (value.length > field.max) throw refused(field, `${value.length} bytes`);
  writer.bytes(value);
  writer.varint(value.length);
  return true;
}

function writeFloats(writer: EntryWriter, field: FieldRule, value: unknown): boolean {
  if (!Array.isArray(value) || value.length > field.countMax) throw refused(field, value);
  if (value.length === 0) return false;
  for (let i = value.length - 1; i >= 0; i--) {
    if (typeof value[i] !== "number") throw refused(field, value[i]);
    writer.float(value[i]);
  }
  writer.varint(value.length * 4);
  return true;
}

/** Writes a field's content (with its length); returns whether there is anything to write. */
function writeContent(writer: EntryWriter, field: FieldRule, value: unknown): boolean {
  switch (field.type) {
    case "text":
    case "texts":
      return writeText(writer, field, value);
    case "bytes":
      return writeBytes(writer, field, value);
    case "uint":
    case "sint32":
    case "sint64":
      return writeInteger(writer, field, value);
    case "enum": {
      const number = field.names.indexOf(value as string) + 1;
      if (number === 0) throw refused(field, value);
      writer.varint(number);
      return true;
    }
    case "boolean":
      if (typeof value !== "boolean") throw refused(field, value);
      writer.varint(value ? 1 : 0);
      return true;
    case "fixed64":
      if (typeof value !== "bigint" || value < 0n || value >> 64n > 0n) throw refused(field, value);
      if (value === 0n && !field.explicit) return false;
      writer.fixed64(value);
      return true;
    case "double":
      if (typeof value !== "number") throw refused(field, value);
      if (Object.is(value, 0) && !field.explicit) return false;
      writer.double(value);
      return true;
    case "floats":
      return writeFloats(writer, field, value);
    default:
      return writeNested(writer, field, value);
  }
}

function writeNested(writer: EntryWriter, field: FieldRule, value: unknown): boolean {
  if (typeof value !== "object" || value === null) throw refused(field, value);
  const before = writer.at;
  const rules = field.message as MessageRule;
  if (rules.check === "value") writeValue(writer, rules, value as Value);
  else writeMessage(writer, rules, value as Fields);
  writer.varint(before - writer.at);
  return true;
}

function writeField(writer: EntryWriter, field: FieldRule, value: unknown): void {
  if (value === undefined) return;
  const tag = (field.number << 3) | field.wireType;
  if (field.type !== "texts" && field.type !== "messages") {
    if (writeContent(writer, field, value)) writer.varint(tag);
    return;
  }
  if (!Array.isArray(value) || value.length > field.countMax) throw refused(field, value);
  for (let i = value.length - 1; i >= 0; i--) {
    writeContent(writer, field, value[i]);
    writer.varint(tag);
  }
}

function writeMessage(writer: EntryWriter, rules: MessageRule, value: Fields): void {
  const { fields } = rules;
  for (let i = fields.length - 1; i >= 0; i--) {
    const field = fields[i] as FieldRule;
    writeField(writer, field, value[field.property]);
  }
}

function writeValue(writer: EntryWriter, rules: MessageRule, value: Value): void {
  const member = valueFields.get(value.kind);
  const bound = rules.fields[rules.fields.length - 1] as FieldRule;
  if (member === undefined) throw refused(bound, value.kind);
  writeField(writer, bound, (value as { readonly bound?: unknown }).bound);
  if (member.message === undefined) {
    writeField(writer, member, (value as unknown as Fields)[member.property]);
  } else if (value.kind === "date") {
    const precision =
      value.month === undefined ? "year" : value.day === undefined ? "month" : "day";
    writeField(writer, member, { ...value, precision });
  } else writeField(writer, member, value);
}

/** Writes everything of an entry but author and salt. */
export function writeBody(writer: EntryWriter, entry: UnsaltedEntry): void {
  const field = bodyFields.get(entry.body.kind);
  if (field === undefined) {
    const value = shorten(String(entry.body.kind));
    const detail = { field: "body", limit: "a kind of body", value };
    throw new Fault("ENTRY_INVALID", `body: ${value} is not a kind of body`, detail);
  }
  writeField(writer, field, entry.body);
  writeField(writer, entryRule.fields[2] as FieldRule, entry.onBehalfOf);
}

/** Writes the salt; behind the body. */
export const writeSalt = (writer: EntryWriter, salt: Uint8Array): void =>
  writeField(writer, entryRule.fields[1] as FieldRule, salt);

/** Writes the author; last. */
export const writeAuthor = (writer: EntryWriter, author: Uint8Array): void =>
  writeField(writer, entryRule.fields[0] as FieldRule, author);
