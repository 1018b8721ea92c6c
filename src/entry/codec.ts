/**
 * Entries between the model and their canonical bytes.
 *
 * Every entry that is encoded is scanned before it is handed out, and every one that is decoded
 * before it is read: what a program can make or see is what a node admits. What stands in a log is
 * decoded as stored, and what is not understood there is no error.
 */

import { assert } from "../invariant/assert.js";
import type { DecodedEntry, EntryFields, UnsaltedEntry } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { saltBytes } from "../model/position.js";
import { copyBytes } from "./bytes.js";
import { readEntry } from "./decoder.js";
import { writeAuthor, writeBody, writeSalt } from "./encoder.js";
import { EntryScanner } from "./entry-scanner.js";
import { EntryWriter } from "./entry-writer.js";
import { SCAN_OK, type ScanReason } from "./scan-code.js";

/** HMAC-SHA-256. */
export type Hmac = (key: Uint8Array, message: Uint8Array) => Uint8Array;
/** SHA-256 over parts that stand one behind the other. */
export type Sha256 = (...parts: Uint8Array[]) => Uint8Array;

/** Author field with tag and length; and the salt field. */
const AUTHOR_FIELD_BYTES = 34;
const SALT_FIELD_BYTES = 18;
const LEAF_PREFIX = new Uint8Array([0x00]);

const writer = new EntryWriter();
const scanner = new EntryScanner();
const storedScanner = new EntryScanner("stored");

/** A scanner's reason as a fault: code, and field, limit and value as its facts. */
function faultOf(reason: ScanReason): Fault {
  const { code, field, limit, value } = reason;
  const message = `${field} must be ${limit}; it is ${value}`;
  return new Fault(code, message, { field, limit, value });
}

function checked(bytes: Uint8Array, start: number, end: number): Uint8Array {
  if (scanner.scan(bytes, start, end) !== SCAN_OK) throw faultOf(scanner.reason());
  return copyBytes(bytes, start, end);
}

/**
 * The canonical bytes of an entry. Throws a fault, ENTRY_INVALID or ENTRY_TOO_LARGE, with field,
 * limit and value.
 */
export function encodeEntry(entry: EntryFields): Uint8Array {
  writer.clear();
  writeBody(writer, entry);
  writeSalt(writer, entry.salt);
  writeAuthor(writer, entry.author);
  return checked(writer.area, writer.at, writer.end);
}

/** The canonical bytes of an entry without its salt field: what its salt is derived from. */
export function encodeUnsaltedEntry(entry: UnsaltedEntry): Uint8Array {
  writer.clear();
  writeBody(writer, entry);
  writeAuthor(writer, entry.author);
  return copyBytes(writer.area, writer.at, writer.end);
}

/**
 * The canonical bytes of an entry whose salt is derived from what it says, so that saying the same
 * again gives the same bytes and the same id. Throws like `encodeEntry`.
 */
export function encodeSaltedEntry(
  entry: UnsaltedEntry,
  saltKey: Uint8Array,
  hmac: Hmac,
): Uint8Array {
  const unsalted = encodeUnsaltedEntry(entry);
  const salt = deriveSalt(hmac, saltKey, unsalted);
  const bytes = new Uint8Array(unsalted.length + SALT_FIELD_BYTES);
  bytes.set(unsalted.subarray(0, AUTHOR_FIELD_BYTES));
  bytes[AUTHOR_FIELD_BYTES] = 0x12;
  bytes[AUTHOR_FIELD_BYTES + 1] = saltBytes;
  bytes.set(salt, AUTHOR_FIELD_BYTES + 2);
  const rest = unsalted.subarray(AUTHOR_FIELD_BYTES);
  bytes.set(rest, AUTHOR_FIELD_BYTES + SALT_FIELD_BYTES);
  if (scanner.scan(bytes, 0, bytes.length) !== SCAN_OK) throw faultOf(scanner.reason());
  return bytes;
}

/**
 * The first 16 bytes of HMAC-SHA-256(salt key, canonical entry without its salt field). Takes those
 * bytes, or the fields that they are made of.
 */
export function deriveSalt(
  hmac: Hmac,
  saltKey: Uint8Array,
  unsalted: UnsaltedEntry | Uint8Array,
): Uint8Array {
  const bytes = unsalted instanceof Uint8Array ? unsalted : encodeUnsaltedEntry(unsalted);
  const digest = hmac(saltKey, bytes);
  assert(digest.length === 32, "HMAC-SHA-256 has 32 bytes");
  return copyBytes(digest, 0, saltBytes);
}

/**
 * What an entry says that comes in. Throws a fault of the scanner's codes with field, limit and
 * value.
 */
export function decodeEntry(bytes: Uint8Array): DecodedEntry {
  if (scanner.scan(bytes, 0, bytes.length) !== SCAN_OK) throw faultOf(scanner.reason());
  return readEntry(bytes);
}

/** What an entry of a log says; `undefined` where this version does not understand it. */
export function decodeStoredEntry(bytes: Uint8Array): DecodedEntry | undefined {
  const isRead = storedScanner.scan(bytes, 0, bytes.length) === SCAN_OK;
  return isRead ? readEntry(bytes) : undefined;
}

/** SHA-256(0x00 ‖ entry): the entry's id, and its leaf in every Merkle tree that holds it. */
export const entryId = (sha256: Sha256, entry: Uint8Array): Uint8Array =>
  sha256(LEAF_PREFIX, entry);
