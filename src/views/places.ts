/**
 * Places in canonical order as keys: recorded time (8) ‖ log id (32) ‖ index (6), big-endian, so
 * that rows sort like the entries they speak of.
 */
import { comparePlaces } from "../lens/cut.js";
import type { Place } from "../lens/history.js";
import type { WordPlace } from "./records.js";
import { bufferOf } from "./row-bytes.js";
import type { Words } from "./words.js";

const LOG_ID_BYTES = 32;
const LOG_AT = 8;
const INDEX_AT = LOG_AT + LOG_ID_BYTES;
export const PLACE_BYTES = INDEX_AT + 6;

export function placeKey(place: Place, prefix: Uint8Array = none): Uint8Array {
  const key = Buffer.allocUnsafeSlow(prefix.length + PLACE_BYTES);
  key.set(prefix);
  key.writeBigUInt64BE(place.recorded, prefix.length);
  key.set(place.logId, prefix.length + LOG_AT);
  key.writeUIntBE(place.index, prefix.length + INDEX_AT, 6);
  return new Uint8Array(key.buffer, 0, key.length);
}

const none = new Uint8Array(0);

/** The place that stands at `at` in a key. */
export function placeAt(key: Uint8Array, at: number): Place {
  const buffer = bufferOf(key);
  const logId = new Uint8Array(LOG_ID_BYTES);
  logId.set(key.subarray(at + LOG_AT, at + INDEX_AT));
  return {
    recorded: buffer.readBigUInt64BE(at),
    logId,
    index: buffer.readUIntBE(at + INDEX_AT, 6),
  };
}

export const wordless = (place: WordPlace, words: Words): Place => ({
  recorded: place.recorded,
  logId: words.bytes(place.log),
  index: place.index,
});

export const isSamePlace = (left: WordPlace, right: WordPlace): boolean =>
  left.recorded === right.recorded && left.log === right.log && left.index === right.index;

/** Whether a place comes before another in canonical order. */
export function isEarlier(left: WordPlace, right: WordPlace, words: Words): boolean {
  if (left.recorded !== right.recorded) return left.recorded < right.recorded;
  if (left.log === right.log) return left.index < right.index;
  return comparePlaces(wordless(left, words), wordless(right, words)) < 0;
}
