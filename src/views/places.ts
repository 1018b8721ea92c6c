/**
 * Places in canonical order as keys: recorded time (8) ‖ log id (32) ‖ index (6), big-endian, so
 * that rows sort like the entries they speak of.
 */
import { comparePlaces } from "../lens/cut.js";
import type { Place } from "../lens/history.js";
import type { WordPlace } from "./records.js";
import { getU32, getU64, putU32, putU64 } from "./row-bytes.js";
import type { Words } from "./words.js";

const TWO_32 = 4_294_967_296;
const LOG_ID_BYTES = 32;
const LOG_AT = 8;
const INDEX_AT = LOG_AT + LOG_ID_BYTES;
export const PLACE_BYTES = INDEX_AT + 6;

export function placeKey(place: Place, prefix: Uint8Array = none): Uint8Array {
  const key = new Uint8Array(prefix.length + PLACE_BYTES);
  key.set(prefix);
  putU64(key, prefix.length, place.recorded);
  key.set(place.logId, prefix.length + LOG_AT);
  const indexAt = prefix.length + INDEX_AT;
  const high = Math.floor(place.index / TWO_32);
  key[indexAt] = high >>> 8;
  key[indexAt + 1] = high;
  putU32(key, indexAt + 2, place.index % TWO_32);
  return key;
}

const none = new Uint8Array(0);

/** The place that stands at `at` in a key. */
export function placeAt(key: Uint8Array, at: number): Place {
  const logId = new Uint8Array(LOG_ID_BYTES);
  logId.set(key.subarray(at + LOG_AT, at + INDEX_AT));
  const indexAt = at + INDEX_AT;
  const high = (key[indexAt] ?? 0) * 256 + (key[indexAt + 1] ?? 0);
  return { recorded: getU64(key, at), logId, index: high * TWO_32 + getU32(key, indexAt + 2) };
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
