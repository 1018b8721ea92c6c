/**
 * A blocked Bloom filter over prefixes: says "certainly not here" of nearly every id that is not.
 *
 * The high word chooses a block of 64 bytes (a line of the processor's cache), the low word 8 bits
 * in it; 16 bits per id let about one foreign id in a thousand pass. As many as half of that would
 * do for single lookups; a live feed looks each id up in every filter, and each that passes wrongly
 * costs a read.
 */
import { assert } from "../invariant/assert.js";

// Bytes on disk: changing how bits are chosen needs a new TABLE_VERSION.
const BLOCK_BYTES = 64;
const BLOCK_BITS = BLOCK_BYTES * 8;
const BITS_PER_ID = 16;
const PROBES = 8;

/** Size of a filter for so many ids; one block at least. */
export const filterBytes = (count: number): number =>
  Math.max(1, Math.ceil((count * BITS_PER_ID) / BLOCK_BITS)) * BLOCK_BYTES;

const blockOf = (filter: Uint8Array, high: number): number =>
  Math.floor((high * (filter.length / BLOCK_BYTES)) / 2 ** 32) * BLOCK_BYTES;

export function addToFilter(filter: Uint8Array, high: number, low: number): void {
  assert(filter.length % BLOCK_BYTES === 0, "a filter is made of blocks");
  const block = blockOf(filter, high);
  const step = ((low >>> 9) & (BLOCK_BITS - 1)) | 1;
  for (let probe = 0, bit = low; probe < PROBES; probe++, bit += step) {
    const at = block + ((bit & (BLOCK_BITS - 1)) >>> 3);
    filter[at] = (filter[at] as number) | (1 << (bit & 7));
  }
}

export function mayHold(filter: Uint8Array, high: number, low: number): boolean {
  const block = blockOf(filter, high);
  const step = ((low >>> 9) & (BLOCK_BITS - 1)) | 1;
  for (let probe = 0, bit = low; probe < PROBES; probe++, bit += step) {
    const byte = filter[block + ((bit & (BLOCK_BITS - 1)) >>> 3)] as number;
    if ((byte & (1 << (bit & 7))) === 0) return false;
  }
  return true;
}
