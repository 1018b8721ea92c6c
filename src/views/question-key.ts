/**
 * Keys of questions: in the order of their concept paths, so that lists of concepts, prefixes and
 * pages come for nothing.
 *
 *     question   concept path ‖ 0x00 ‖ predicate ‖ 0x00           at most 466 bytes
 *     row        question ‖ ordinal of its first record (4)        at most 470 of LMDB's 511
 *
 * Neither part can hold a zero byte: an entry that does is not understood. A concept stands before
 * the concepts below it, but `a/b-c` stands between `a/b` and `a/b/c`: what is at or below a prefix
 * is two ranges. Why not a hash: docs/decisions/0004-question-keys.md.
 */
import type { LmdbRange } from "../lmdb/lmdb-range.js";
import { carve, getU32, putU32, textOf } from "./row-bytes.js";

export const conceptPathBytesMax = 400;
export const predicateBytesMax = 64;
export const questionKeyBytesMax = conceptPathBytesMax + predicateBytesMax + 2;
const ORDINAL_BYTES = 4;

/** The key of a question whose parts lie in `bytes`. */
export function questionKeyAt(
  bytes: Uint8Array,
  pathStart: number,
  pathEnd: number,
  predicateStart: number,
  predicateEnd: number,
): Uint8Array {
  const pathLength = pathEnd - pathStart;
  const key = carve(pathLength + predicateEnd - predicateStart + 2);
  for (let i = 0; i < pathLength; i++) key[i] = bytes[pathStart + i] as number;
  const shift = pathLength + 1 - predicateStart;
  for (let i = predicateStart; i < predicateEnd; i++) key[i + shift] = bytes[i] as number;
  key[pathLength] = 0;
  key[key.length - 1] = 0;
  return key;
}

export function questionKey(conceptPath: string, predicate: string): Uint8Array {
  const bytes = Buffer.from(`${conceptPath}\0${predicate}\0`);
  return new Uint8Array(bytes);
}

/** The beginning of the keys of all questions of a concept. */
export const conceptKey = (conceptPath: string): Uint8Array =>
  new Uint8Array(Buffer.from(`${conceptPath}\0`));

export function questionOfKey(key: Uint8Array): { conceptPath: string; predicate: string } {
  const zero = key.indexOf(0);
  return {
    conceptPath: textOf(key, 0, zero),
    predicate: textOf(key, zero + 1, key.length - 1),
  };
}

/** The key of the row that begins with a record. */
export function rowKey(question: Uint8Array, firstOrdinal: number): Uint8Array {
  const key = carve(question.length + ORDINAL_BYTES);
  key.set(question);
  putU32(key, question.length, firstOrdinal);
  return key;
}

export const questionOfRow = (row: Uint8Array): Uint8Array =>
  row.subarray(0, row.length - ORDINAL_BYTES);

export const ordinalOfRow = (row: Uint8Array): number => getU32(row, row.length - ORDINAL_BYTES);

/** The first key behind all rows of a question. */
export const behindQuestion = (question: Uint8Array): Uint8Array => {
  const key = new Uint8Array(question.length + ORDINAL_BYTES + 1).fill(0xff);
  key.set(question);
  return key;
};

/** The ranges of the keys at or below a prefix of whole segments. */
export function rangesBelow(prefix: string | undefined): readonly LmdbRange[] {
  if (prefix === undefined || prefix === "") return [{}];
  if (prefix.endsWith("/")) return [{ prefix: new Uint8Array(Buffer.from(prefix)) }];
  return [{ prefix: conceptKey(prefix) }, { prefix: new Uint8Array(Buffer.from(`${prefix}/`)) }];
}
