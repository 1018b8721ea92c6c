/** Bytes → model, by the table. It reads what the scanner accepted, and nothing else. */
import type { DecodedEntry, Value } from "../model/entry.js";
import { copyBytes } from "./bytes.js";
import { FieldCursor } from "./field-cursor.js";
import type { FieldRule, MessageRule } from "./field-rules.js";
import { bodyFields, bodyNames, entryRule, valueKinds } from "./schema.js";

const valueRule = bodyFields.get("assertion")?.message?.byNumber[3]?.message as MessageRule;

interface Fields {
  [property: string]: unknown;
  kind?: unknown;
  bound?: unknown;
  body?: unknown;
}

/** The bytes with the two other ways of looking at them. */
interface Source {
  readonly bytes: Uint8Array;
  readonly buffer: Buffer;
  readonly view: DataView;
}

function contentOf(source: Source, field: FieldRule, cursor: FieldCursor): unknown {
  const { start, end } = cursor;
  switch (field.type) {
    case "text":
    case "texts":
      return source.buffer.toString("utf8", start, end);
    case "bytes":
      return copyBytes(source.bytes, start, end);
    case "uint":
      return cursor.varint.value();
    case "sint32":
      return cursor.varint.signed();
    case "sint64":
      return field.max === 0 ? cursor.varint.signedBigint() : cursor.varint.signed();
    case "enum":
      return field.names[cursor.varint.value() - 1];
    case "boolean":
      return cursor.varint.value() === 1;
    case "fixed64":
      return source.view.getBigUint64(start, true);
    case "double":
      return source.view.getFloat64(start, true);
    case "floats": {
      const numbers: number[] = [];
      for (let at = start; at < end; at += 4) numbers.push(source.view.getFloat32(at, true));
      return numbers;
    }
    default: {
      const rules = field.message as MessageRule;
      if (rules.check === "value") return claimedValueOf(source, rules, start, end);
      return messageOf(source, rules, start, end, {});
    }
  }
}

function defaultOf(field: FieldRule): unknown {
  switch (field.type) {
    case "text":
      return "";
    case "bytes":
      return new Uint8Array(0);
    case "fixed64":
      return 0n;
    default:
      return 0;
  }
}

const isRepeated = (field: FieldRule): boolean =>
  field.type === "texts" || field.type === "messages";

/** Reads the fields of a message into `target`, in the table's order. */
function messageOf(
  source: Source,
  rules: MessageRule,
  start: number,
  end: number,
  target: Fields,
): Fields {
  const cursor = new FieldCursor();
  cursor.open(source.bytes, start, end);
  let has = cursor.next();
  for (const field of rules.fields) {
    if (!has || cursor.number !== field.number) {
      const isMissing = !field.explicit && field.kept && !isRepeated(field);
      if (isMissing && field.type !== "floats") target[field.property] = defaultOf(field);
      continue;
    }
    if (isRepeated(field)) {
      const items: unknown[] = [];
      for (; has && cursor.number === field.number; has = cursor.next()) {
        items.push(contentOf(source, field, cursor));
      }
      target[field.property] = items;
      continue;
    }
    // A date's precision is told by which of its parts are there.
    if (field.name !== "precision") target[field.property] = contentOf(source, field, cursor);
    has = cursor.next();
  }
  return target;
}

function claimedValueOf(source: Source, rules: MessageRule, start: number, end: number): Fields {
  const cursor = new FieldCursor();
  cursor.open(source.bytes, start, end);
  cursor.next();
  const member = rules.byNumber[cursor.number] as FieldRule;
  const value: Fields = { kind: valueKinds.get(cursor.number) };
  if (member.message === undefined) value[member.property] = contentOf(source, member, cursor);
  else messageOf(source, member.message, cursor.start, cursor.end, value);
  if (cursor.next()) {
    value.bound = contentOf(source, rules.byNumber[cursor.number] as FieldRule, cursor);
  }
  return value;
}

/** Reads an entry that was scanned. */
export function readEntry(bytes: Uint8Array): DecodedEntry {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const source: Source = { bytes, buffer, view };
  const cursor = new FieldCursor();
  cursor.open(bytes, 0, bytes.length);
  const entry: Fields = {};
  while (cursor.next()) {
    const field = entryRule.byNumber[cursor.number] as FieldRule;
    if (field.message === undefined) {
      entry[field.property] = contentOf(source, field, cursor);
      continue;
    }
    const body: Fields = { kind: bodyNames.get(field.number) };
    messageOf(source, field.message, cursor.start, cursor.end, body);
    entry.body = body;
  }
  return entry as unknown as DecodedEntry;
}

/** Reads the message `Value` out of an assertion that was scanned. */
export function readValue(bytes: Uint8Array): Value {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const value = claimedValueOf({ bytes, buffer, view }, valueRule, 0, bytes.length);
  return value as unknown as Value;
}
