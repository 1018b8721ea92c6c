/**
 * The canonical key of a value: two values are the same claim when their keys are equal.
 *
 *     | kind 1 | bound 1 | content |
 *
 *     text       language, its ASCII letters in lower case, 0x00, text
 *     integer    8 bytes, and any number without a unit that is whole and fits 64 bits
 *     number     8 bytes of the double, then the unit
 *     boolean    1 byte
 *     reference  the path
 *     instant    8 bytes
 *     date       year 2, month 1, day 1; 0 where the precision ends
 *     version    the version; bytes: the bytes; unknown: nothing
 *
 * Kind is the value's field number, bound its enum number, 0 for the kinds that take none. Integers
 * are big-endian with the sign bit flipped, so that keys of one kind sort like their values. Texts
 * are taken as they stand: in an entry that was admitted they are in NFC, and a stored one must not
 * be read by the Unicode tables of one Node.js or another.
 */
import { assert } from "../invariant/assert.js";
import { bounds, type Value } from "../model/entry.js";
import { valueFields } from "./schema.js";

const int64Max = 2n ** 63n - 1n;
const yearOffset = 0x8000;

function keyOf(kind: string, bound: string | undefined, content: Uint8Array): Uint8Array {
  const field = valueFields.get(kind);
  assert(field !== undefined, "every kind of value has a field");
  const key = new Uint8Array(2 + content.length);
  key[0] = field.number;
  key[1] = bound === undefined ? 0 : (bounds as readonly string[]).indexOf(bound) + 1;
  key.set(content, 2);
  return key;
}

const lowerCase = (tag: string): string =>
  tag.replace(/[A-Z]/g, (letter) => String.fromCharCode(letter.charCodeAt(0) + 0x20));

const utf8 = (text: string): Uint8Array => Buffer.from(text);

function sortable(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value) ^ (1n << 63n));
  return bytes;
}

function numberKey(value: Extract<Value, { readonly kind: "number" }>): Uint8Array {
  // -0 is 0. A number that is not finite is no value of an entry.
  const number = value.number === 0 ? 0 : value.number;
  assert(Number.isFinite(number), "the scanner refuses numbers that are not finite");
  if (value.unit === undefined && Number.isInteger(number)) {
    const integer = BigInt(number);
    const fits = integer <= int64Max && integer >= -int64Max - 1n;
    if (fits) return keyOf("integer", value.bound, sortable(integer));
  }
  const content = Buffer.alloc(8);
  content.writeDoubleBE(number);
  return keyOf("number", value.bound, Buffer.concat([content, utf8(value.unit ?? "")]));
}

function dateKey(value: Extract<Value, { readonly kind: "date" }>): Uint8Array {
  const content = Buffer.alloc(4);
  content.writeUInt16BE(value.year + yearOffset);
  content.writeUInt8(value.month ?? 0, 2);
  content.writeUInt8(value.day ?? 0, 3);
  return keyOf("date", value.bound, content);
}

/** The canonical key of a value that an entry may hold. */
export function valueKey(value: Value): Uint8Array {
  switch (value.kind) {
    case "text": {
      const language = lowerCase(value.language ?? "");
      return keyOf("text", undefined, utf8(`${language}\0${value.text}`));
    }
    case "integer":
      return keyOf("integer", value.bound, sortable(value.integer));
    case "number":
      return numberKey(value);
    case "boolean":
      return keyOf("boolean", undefined, new Uint8Array([value.boolean ? 1 : 0]));
    case "reference":
      return keyOf("reference", undefined, utf8(value.reference));
    case "instant":
      return keyOf("instant", value.bound, sortable(value.instantNs));
    case "date":
      return dateKey(value);
    case "version":
      return keyOf("version", value.bound, utf8(value.version));
    case "bytes":
      return keyOf("bytes", undefined, value.bytes);
    case "unknown":
      return keyOf("unknown", undefined, new Uint8Array(0));
  }
}
