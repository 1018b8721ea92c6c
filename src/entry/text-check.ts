/**
 * Whether bytes are a text as entries hold it: UTF-8 in normalisation form C, of a shape.
 *
 * Nearly all texts are printable ASCII, for which one loop over the bytes settles everything. Only
 * what is beyond ASCII is decoded, and then from a copy, since the bytes may lie in shared memory.
 *
 * What depends on Unicode's tables (normalisation, which characters are marks) is asked of what
 * comes in, and never of what is stored: the tables grow with each version of Unicode, and nodes
 * with different ones must read the same log alike.
 */
import { copyBytes } from "./bytes.js";
import type { Shape } from "./field-rules.js";
import type { ScanMode } from "./scan-code.js";
import { isUtf8 } from "./utf8.js";

export const TEXT_OK = 0;
export const TEXT_NOT_UTF8 = 1;
export const TEXT_NOT_NFC = 2;
const TEXT_BAD_SHAPE = 3;
export const TEXT_TOO_MANY_MARKS = 4;

/**
 * Combining marks in a row, as in the stream-safe form of UAX #15. Normalising sorts a run of marks
 * in a time that grows with its square: 32 KiB of them would hold up a thread for 0.2 s.
 */
export const combiningMarksMax = 30;
const tooManyMarks = new RegExp(`\\p{M}{${combiningMarksMax + 1}}`, "u");

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const SLASH = 0x2f;
const COLON = 0x3a;

/** Whether all bytes are printable ASCII: then they are UTF-8, NFC, and have no controls. */
export function isPrintable(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x20 || byte > 0x7e) return false;
  }
  return true;
}

/** Checks encoding and normalisation alone: any characters may stand in the text. */
export function checkFree(bytes: Uint8Array, start: number, end: number, mode: ScanMode): number {
  let all = 0;
  for (let at = start; at < end; at++) all |= bytes[at] as number;
  if (all < 0x80) return TEXT_OK;
  if (!isUtf8(bytes, start, end)) return TEXT_NOT_UTF8;
  if (mode === "stored") return TEXT_OK;
  const text = decoder.decode(copyBytes(bytes, start, end));
  if (tooManyMarks.test(text)) return TEXT_TOO_MANY_MARKS;
  return text.normalize("NFC") === text ? TEXT_OK : TEXT_NOT_NFC;
}

/** Whether a text that is UTF-8 has a C0 or C1 control character or DEL. */
function hasControl(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x20 || byte === 0x7f) return true;
    // U+0080 to U+009F are C2 80 to C2 9F.
    if (byte === 0xc2 && at + 1 < end && (bytes[at + 1] as number) < 0xa0) return true;
  }
  return false;
}

/** Checks without control characters. */
export function checkPlain(bytes: Uint8Array, start: number, end: number, mode: ScanMode): number {
  if (isPrintable(bytes, start, end)) return TEXT_OK;
  const code = checkFree(bytes, start, end, mode);
  if (code !== TEXT_OK) return code;
  return hasControl(bytes, start, end) ? TEXT_BAD_SHAPE : TEXT_OK;
}

/** Checks a predicate: no control characters, no slash, 1 byte at least. */
function checkPredicate(bytes: Uint8Array, start: number, end: number, mode: ScanMode): number {
  const code = checkPlain(bytes, start, end, mode);
  if (code !== TEXT_OK) return code;
  for (let at = start; at < end; at++) if (bytes[at] === SLASH) return TEXT_BAD_SHAPE;
  return start < end ? TEXT_OK : TEXT_BAD_SHAPE;
}

/**
 * Checks a concept path: an optional `scheme://`, then segments joined by `/`, none of them empty.
 * A scheme is a letter, then letters, digits, `+`, `-` and `.`, as in RFC 3986.
 */
export function checkPath(bytes: Uint8Array, start: number, end: number, mode: ScanMode): number {
  const code = checkPlain(bytes, start, end, mode);
  if (code !== TEXT_OK) return code;
  return hasWholeSegments(bytes, start, end) ? TEXT_OK : TEXT_BAD_SHAPE;
}

function hasWholeSegments(bytes: Uint8Array, start: number, end: number): boolean {
  // The byte before the first one counts as a slash, and so does the one behind the last.
  let segmentStart = start;
  for (let at = start; at < end; at++) {
    if (bytes[at] !== SLASH) continue;
    if (at === segmentStart) {
      if (!endsScheme(bytes, start, at)) return false;
    }
    segmentStart = at + 1;
  }
  return segmentStart < end;
}

/** Whether the slash at `at` is the second one of a `scheme://` that begins the path. */
function endsScheme(bytes: Uint8Array, start: number, at: number): boolean {
  const colon = at - 2;
  if (colon <= start || bytes[colon] !== COLON) return false;
  for (let place = start; place < colon; place++) {
    const byte = bytes[place] as number;
    const lower = byte | 0x20;
    const isLetter = lower >= 0x61 && lower <= 0x7a;
    if (isLetter) continue;
    const isOther =
      (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
    if (place === start || !isOther) return false;
  }
  return true;
}

/** Checks a language tag: subtags of 1 to 8 letters and digits, joined by `-`; letters first. */
export function checkLanguage(bytes: Uint8Array, start: number, end: number): number {
  let subtagStart = start;
  for (let at = start; at <= end; at++) {
    const byte = at < end ? (bytes[at] as number) : 0x2d;
    if (byte === 0x2d) {
      if (at === subtagStart || at - subtagStart > 8) return TEXT_BAD_SHAPE;
      subtagStart = at + 1;
      continue;
    }
    const lower = byte | 0x20;
    const isLetter = byte < 0x80 && lower >= 0x61 && lower <= 0x7a;
    const isDigit = byte >= 0x30 && byte <= 0x39;
    if (!isLetter && !(isDigit && subtagStart > start)) return TEXT_BAD_SHAPE;
  }
  return TEXT_OK;
}

/** Checks any shape. */
export function checkText(
  bytes: Uint8Array,
  start: number,
  end: number,
  shape: Shape,
  mode: ScanMode,
): number {
  switch (shape) {
    case "free":
      return checkFree(bytes, start, end, mode);
    case "plain":
      return checkPlain(bytes, start, end, mode);
    case "path":
      return checkPath(bytes, start, end, mode);
    case "predicate":
      return checkPredicate(bytes, start, end, mode);
    case "language":
      return checkLanguage(bytes, start, end);
  }
}
