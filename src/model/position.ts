/**
 * Places in a log.
 *
 * An index is 0-based and gapless; a size is a count of entries. Both are exact in a double up to
 * 2^53 - 1, which at a million entries a second is 285 years.
 */
import { assert } from "../invariant/assert.js";
import { integerMax } from "./limits.js";

declare const indexBrand: unique symbol;
/** 0-based place of an entry in its log. */
export type Index = number & { readonly [indexBrand]: true };

export function toIndex(value: number): Index {
  assert(Number.isSafeInteger(value) && value >= 0 && value <= integerMax, "an index is exact");
  return value as Index;
}

/** 32 bytes: the id of a log's first entry. */
export type LogId = Uint8Array;
/** 32 bytes: SHA-256(0x00 ‖ entry). */
export type EntryId = Uint8Array;

export interface Position {
  readonly logId: LogId;
  readonly index: Index;
}

export const logIdBytes = 32;
export const entryIdBytes = 32;
export const publicKeyBytes = 32;
export const signatureBytes = 64;
export const writerBytes = 16;
export const saltBytes = 16;
export const clusterIdBytes = 16;
export const rootBytes = 32;
