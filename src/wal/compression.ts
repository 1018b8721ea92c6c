/**
 * LZ4 around a block's payload. What is stored is a bare LZ4 block: the decompressed size stands in
 * the frame's header, and bounds what decompression may allocate.
 *
 * The library puts the size in front (4 bytes, little-endian) and wants it there; both sides of
 * that are closed off here.
 */
import { compressSync, uncompressSync } from "lz4-napi";
import { assert } from "../invariant/assert.js";
import { blockPayloadBytesMax } from "../model/limits.js";
import { asBuffer } from "./bytes.js";
import { compressBytesMin, compressRatioMax } from "./limits.js";

const SIZE_BYTES = 4;
const scratchBytesMin = 256 * 1024;

let scratch = Buffer.alloc(0);

/** The LZ4 block of a payload; `undefined` where it does not pay. */
export function compressed(payload: Uint8Array): Uint8Array | undefined {
  assert(payload.length <= blockPayloadBytesMax, "a payload is bounded");
  if (payload.length < compressBytesMin) return undefined;
  const block = compressSync(asBuffer(payload)).subarray(SIZE_BYTES);
  return block.length <= payload.length * compressRatioMax ? block : undefined;
}

/** The payload of `payloadBytes` bytes; `undefined` where the bytes are no LZ4 block of one. */
export function decompressed(stored: Uint8Array, payloadBytes: number): Uint8Array | undefined {
  assert(payloadBytes <= blockPayloadBytesMax, "a payload is bounded");
  const bytes = stored.length + SIZE_BYTES;
  if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(Math.max(scratchBytesMin, bytes));
  scratch.writeUInt32LE(payloadBytes, 0);
  scratch.set(stored, SIZE_BYTES);
  try {
    const payload = uncompressSync(scratch.subarray(0, bytes));
    return payload.length === payloadBytes ? payload : undefined;
  } catch {
    return undefined; // what the library says is about the bytes; the caller names their place
  }
}
