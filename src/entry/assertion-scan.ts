/**
 * The fast scan of assertions: most of what is appended, so most of what a node scans.
 *
 *     1 concept path | 2 predicate | 3 value | 4 polarity | 5 confidence | 6 source | 7 asserted |
 *     8 valid from | 9 valid until | 10 lifecycle | 11 epoch | 12 parent | 13 labels
 *
 * It is sound and not complete: what it accepts is right, and what it does not accept (a mistake,
 * but also a date, a vector, anything of 16 KiB) is for the table scanner to judge. A test holds
 * the two together. Functions take the place of a field's content or length and return the place
 * behind it, or -1; they keep no state and allocate nothing.
 */
import { compareBytes } from "./bytes.js";
import type { ScanMode } from "./scan-code.js";
import {
  checkFree,
  checkLanguage,
  checkPath,
  checkPlain,
  isPrintable,
  TEXT_OK,
} from "./text-check.js";

/** Where the parts of an entry lie that are looked at on every path. */
export interface ClaimFacts {
  pathStart: number;
  pathEnd: number;
  predicateStart: number;
  predicateEnd: number;
  sourceClass: number;
}

const NO = -1;
const SLASH = 0x2f;
/** Texts and bytes may be longer; whoever is, is not for this scan. */
const TEXT_BYTES_MAX = 0x3fff;
const labelsMax = 32;
const derivedFromMax = 16;
const millionth = 1_000_000;

/** The length at `at` if it is a minimal varint of at most 2 bytes, else -1. */
function lengthAt(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return NO;
  const first = bytes[at] as number;
  if (first < 0x80) return first;
  if (at + 2 > end) return NO;
  const second = bytes[at + 1] as number;
  return second === 0 || second >= 0x80 ? NO : (first & 0x7f) | (second << 7);
}

/** How many bytes such a length takes. */
const widthOf = (length: number): number => (length < 0x80 ? 1 : 2);

function freeText(bytes: Uint8Array, at: number, end: number, max: number, mode: ScanMode): number {
  const length = lengthAt(bytes, at, end);
  if (length < 1 || length > max) return NO;
  const start = at + widthOf(length);
  const stop = start + length;
  if (stop > end) return NO;
  return isPrintable(bytes, start, stop) || checkFree(bytes, start, stop, mode) === TEXT_OK
    ? stop
    : NO;
}

function plainText(
  bytes: Uint8Array,
  at: number,
  end: number,
  max: number,
  mode: ScanMode,
): number {
  const length = lengthAt(bytes, at, end);
  if (length < 1 || length > max) return NO;
  const start = at + widthOf(length);
  const stop = start + length;
  if (stop > end) return NO;
  return checkPlain(bytes, start, stop, mode) === TEXT_OK ? stop : NO;
}

function pathText(bytes: Uint8Array, at: number, end: number, mode: ScanMode): number {
  const length = lengthAt(bytes, at, end);
  if (length < 1 || length > 400) return NO;
  const start = at + widthOf(length);
  const stop = start + length;
  if (stop > end) return NO;
  let segmentStart = start;
  for (let place = start; place < stop; place++) {
    const byte = bytes[place] as number;
    const isOdd = byte < 0x20 || byte > 0x7e || (byte === SLASH && place === segmentStart);
    if (isOdd) return checkPath(bytes, start, stop, mode) === TEXT_OK ? stop : NO;
    if (byte === SLASH) segmentStart = place + 1;
  }
  return segmentStart < stop ? stop : NO;
}

/** A predicate is short: 1 to 64 bytes, so its length is one byte. */
function predicateText(bytes: Uint8Array, at: number, end: number, mode: ScanMode): number {
  const stop = plainText(bytes, at, end, 64, mode);
  for (let place = at + 1; place < stop; place++) if (bytes[place] === SLASH) return NO;
  return stop;
}

function blob(bytes: Uint8Array, at: number, end: number, min: number, max: number): number {
  const length = lengthAt(bytes, at, end);
  if (length < min || length > max) return NO;
  const stop = at + widthOf(length) + length;
  return stop > end ? NO : stop;
}

/** A minimal varint of at most `width` bytes. */
function varint(bytes: Uint8Array, at: number, end: number, width: number): number {
  const stop = Math.min(end, at + width);
  for (let place = at; place < stop; place++) {
    const byte = bytes[place] as number;
    if (byte < 0x80) return byte === 0 && place > at ? NO : place + 1;
  }
  return NO;
}

/** The value of a minimal varint in `bytes[at..end)`; exact below 2^53. */
function unsignedAt(bytes: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let place = end - 1; place >= at; place--) {
    value = value * 128 + ((bytes[place] as number) & 0x7f);
  }
  return value;
}

/** The same, zigzag decoded. */
function signedAt(bytes: Uint8Array, at: number, end: number): number {
  const raw = unsignedAt(bytes, at, end);
  return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
}

function isEnum(bytes: Uint8Array, at: number, end: number, max: number): boolean {
  if (at >= end) return false;
  const value = bytes[at] as number;
  return value >= 1 && value <= max;
}

/** Text {text = 1, language = 2}. */
function textValue(bytes: Uint8Array, at: number, end: number, mode: ScanMode): number {
  const length = lengthAt(bytes, at, end);
  if (length < 0) return NO;
  let place = at + widthOf(length);
  const stop = place + length;
  if (stop > end) return NO;
  if (place < stop && bytes[place] === 0x0a) {
    place = freeText(bytes, place + 1, stop, TEXT_BYTES_MAX, mode);
    if (place < 0) return NO;
  }
  if (place < stop && bytes[place] === 0x12) {
    const tag = lengthAt(bytes, place + 1, stop);
    const tagStart = place + 2;
    if (tag < 1 || tag > 35 || tagStart + tag > stop) return NO;
    if (checkLanguage(bytes, tagStart, tagStart + tag) !== TEXT_OK) return NO;
    place = tagStart + tag;
  }
  return place === stop ? stop : NO;
}

/** Number {number = 1, unit = 2}. */
function numberValue(bytes: Uint8Array, at: number, end: number, mode: ScanMode): number {
  const length = lengthAt(bytes, at, end);
  if (length < 0 || length > 75) return NO;
  let place = at + 1;
  const stop = place + length;
  if (stop > end) return NO;
  if (place + 9 <= stop && bytes[place] === 0x09) {
    const last = (bytes[place + 8] as number) & 0x7f;
    // Neither infinite nor NaN, nor with a high byte that 0 and -0 have.
    if (last === 0 || (last === 0x7f && (bytes[place + 7] as number) >= 0xf0)) return NO;
    place += 9;
  }
  if (place < stop && bytes[place] === 0x12) {
    place = freeText(bytes, place + 1, stop, 64, mode);
    if (place < 0) return NO;
  }
  return place === stop ? stop : NO;
}

/** The content of a `Value`; returns whether it is right. */
function isValue(bytes: Uint8Array, start: number, end: number, mode: ScanMode): boolean {
  if (start >= end) return false;
  const at = start + 1;
  let isOrdered = false;
  let place = NO;
  switch (bytes[start]) {
    case 0x0a:
      place = textValue(bytes, at, end, mode);
      break;
    case 0x10:
    case 0x30:
      isOrdered = true;
      place = varint(bytes, at, end, 9);
      break;
    case 0x1a:
      isOrdered = true;
      place = numberValue(bytes, at, end, mode);
      break;
    case 0x20:
      place = at < end && (bytes[at] as number) <= 1 ? at + 1 : NO;
      break;
    case 0x2a:
      place = pathText(bytes, at, end, mode);
      break;
    case 0x42:
      isOrdered = true;
      place = freeText(bytes, at, end, 64, mode);
      break;
    case 0x4a:
      place = blob(bytes, at, end, 0, TEXT_BYTES_MAX);
      break;
    case 0x52:
      place = at < end && bytes[at] === 0 ? at + 1 : NO;
      break;
    default:
      return false;
  }
  if (!isOrdered || place < 0) return place === end;
  return place + 2 === end && bytes[place] === 0x78 && isEnum(bytes, place + 1, end, 3);
}

/** The content of a `Source`; returns its class, or -1. */
function sourceClassOf(bytes: Uint8Array, start: number, end: number, mode: ScanMode): number {
  if (start >= end || bytes[start] !== 0x0a) return NO;
  let at = plainText(bytes, start + 1, end, 200, mode);
  if (at > 0 && at < end && bytes[at] === 0x12) at = freeText(bytes, at + 1, end, 64, mode);
  if (at > 0 && at < end && bytes[at] === 0x1a) at = blob(bytes, at + 1, end, 16, 64);
  if (at < 0 || at >= end || bytes[at] !== 0x20 || !isEnum(bytes, at + 1, end, 6)) return NO;
  const sourceClass = bytes[at + 1] as number;
  at += 2;
  if (at < end && bytes[at] === 0x2a) at = freeText(bytes, at + 1, end, 2_048, mode);
  if (at > 0 && at < end && bytes[at] === 0x32) at = freeText(bytes, at + 1, end, 512, mode);
  let previous = NO;
  for (let count = 0; at > 0 && at < end && bytes[at] === 0x3a; count++) {
    const next = plainText(bytes, at + 1, end, 200, mode);
    if (next < 0 || count >= derivedFromMax) return NO;
    const own = next - at - 2 < 0x80 ? at + 2 : at + 3;
    if (previous > 0 && compareBytes(bytes, previous, at, own, next) >= 0) return NO;
    previous = own;
    at = next;
  }
  return at === end ? sourceClass : NO;
}

/** Labels from the tag at `at` on; returns the place behind the last. */
function labelsEnd(bytes: Uint8Array, start: number, end: number, mode: ScanMode): number {
  let at = start;
  let keyStart = NO;
  let keyEnd = NO;
  let lastStart = NO;
  let lastEnd = NO;
  for (let count = 0; at < end && bytes[at] === 0x6a; count++) {
    const length = lengthAt(bytes, at + 1, end);
    if (length < 3 || count >= labelsMax) return NO;
    const open = at + 1 + widthOf(length);
    const stop = open + length;
    if (stop > end || bytes[open] !== 0x0a) return NO;
    const middle = plainText(bytes, open + 1, stop, 64, mode);
    if (middle < 0) return NO;
    if (middle < stop && bytes[middle] !== 0x12) return NO;
    if (middle < stop && plainText(bytes, middle + 1, stop, 256, mode) !== stop) return NO;
    const key = open + 2;
    const valueStart = middle < stop ? middle + 1 + widthOf(stop - middle - 2) : stop;
    if (keyStart > 0) {
      const keys = compareBytes(bytes, keyStart, keyEnd, key, middle);
      if (keys > 0) return NO;
      if (keys === 0 && compareBytes(bytes, lastStart, lastEnd, valueStart, stop) >= 0) return NO;
    }
    keyStart = key;
    keyEnd = middle;
    lastStart = valueStart;
    lastEnd = stop;
    at = stop;
  }
  return at;
}

/** Fields 1 to 6: what is claimed, and from where. Writes the facts. */
function claimEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  facts: ClaimFacts,
  mode: ScanMode,
): number {
  if (start >= end || bytes[start] !== 0x0a) return NO;
  let at = pathText(bytes, start + 1, end, mode);
  if (at < 0 || at >= end || bytes[at] !== 0x12) return NO;
  facts.pathStart = at - start < 130 ? start + 2 : start + 3;
  facts.pathEnd = at;
  facts.predicateStart = at + 2;
  at = predicateText(bytes, at + 1, end, mode);
  facts.predicateEnd = at;
  if (at < 0 || at >= end || bytes[at] !== 0x1a) return NO;

  const valueLength = lengthAt(bytes, at + 1, end);
  const valueStart = at + 1 + widthOf(valueLength);
  at = valueStart + valueLength;
  if (valueLength < 0 || at + 2 > end || !isValue(bytes, valueStart, at, mode)) return NO;

  if (bytes[at] !== 0x20 || !isEnum(bytes, at + 1, end, 2)) return NO;
  at += 2;
  if (at < end && bytes[at] === 0x28) {
    const confidenceEnd = varint(bytes, at + 1, end, 3);
    if (confidenceEnd < 0) return NO;
    const confidence = unsignedAt(bytes, at + 1, confidenceEnd);
    if (confidence === 0 || confidence > millionth) return NO;
    at = confidenceEnd;
  }
  if (at >= end || bytes[at] !== 0x32) return NO;
  const sourceLength = lengthAt(bytes, at + 1, end);
  const sourceStart = at + 1 + widthOf(sourceLength);
  at = sourceStart + sourceLength;
  if (sourceLength < 0 || at > end) return NO;
  facts.sourceClass = sourceClassOf(bytes, sourceStart, at, mode);
  return facts.sourceClass < 0 ? NO : at;
}

/**
 * Whether `bytes[start..end)` is an assertion that is right beyond doubt. Then the facts are
 * written; else they are garbage, and the table scanner is to judge.
 */
export function scanAssertion(
  bytes: Uint8Array,
  start: number,
  end: number,
  facts: ClaimFacts,
  mode: ScanMode,
): boolean {
  let at = claimEnd(bytes, start, end, facts, mode);
  // Times of at most 7 bytes, 49 bits, lie within the limit.
  if (at < 0 || at >= end || bytes[at] !== 0x38) return false;
  at = varint(bytes, at + 1, end, 7);
  let from = Number.NEGATIVE_INFINITY;
  if (at > 0 && at < end && bytes[at] === 0x40) {
    const open = at + 1;
    at = varint(bytes, open, end, 7);
    from = signedAt(bytes, open, at);
  }
  if (at > 0 && at < end && bytes[at] === 0x48) {
    const open = at + 1;
    at = varint(bytes, open, end, 7);
    if (at > 0 && signedAt(bytes, open, at) <= from) return false;
  }
  if (at < 0 || at >= end || bytes[at] !== 0x50 || !isEnum(bytes, at + 1, end, 5)) return false;
  at += 2;
  if (at < end && bytes[at] === 0x5a) at = plainText(bytes, at + 1, end, 64, mode);
  if (at > 0 && at < end && bytes[at] === 0x62) at = blob(bytes, at + 1, end, 32, 32);
  if (at > 0 && at < end && bytes[at] === 0x6a) at = labelsEnd(bytes, at, end, mode);
  return at === end;
}
