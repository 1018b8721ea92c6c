/**
 * The first 64 bits of an id, as two 32-bit words: what tables are sorted by and looked up with.
 *
 * Ids are hashes, so the prefix alone nearly always tells two apart; nearly is not enough, hence
 * whoever finds a prefix compares the whole id. Tests keep fewer bits, so that it matters.
 */
import { assert } from "../invariant/assert.js";

export interface PrefixMask {
  readonly high: number;
  readonly low: number;
}

export const prefixBitsMax = 64;

const maskOf = (bits: number): number => (bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0);

/** Keeps the first `bits` bits of a prefix. */
export function prefixMask(bits: number): PrefixMask {
  assert(bits > 0 && bits <= prefixBitsMax, "a prefix has 1 to 64 bits");
  return { high: maskOf(Math.min(bits, 32)), low: maskOf(Math.max(0, bits - 32)) };
}

/** The big-endian word at an offset. */
export const wordAt = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)) >>>
  0;
