/**
 * Big-endian integers in byte arrays. Sizes, indexes and sequences are 64 bits on disk and exact
 * doubles in memory; what does not fit a double is no size of ours, and reads as `undefined`.
 */
import { assert } from "../invariant/assert.js";
import { FRAME_ALIGNMENT } from "./limits.js";

const HIGH = 2 ** 32;

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function setSize(view: DataView, offset: number, size: number): void {
  assert(Number.isSafeInteger(size) && size >= 0, "a size on disk is exact");
  view.setUint32(offset, Math.floor(size / HIGH));
  view.setUint32(offset + 4, size % HIGH);
}

export function getSize(view: DataView, offset: number): number | undefined {
  const size = view.getUint32(offset) * HIGH + view.getUint32(offset + 4);
  return Number.isSafeInteger(size) ? size : undefined;
}

export const alignUp = (bytes: number): number =>
  Math.ceil(bytes / FRAME_ALIGNMENT) * FRAME_ALIGNMENT;

/** A Buffer over the same memory, for native modules that want one. */
export const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
