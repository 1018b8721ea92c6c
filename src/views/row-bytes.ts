/**
 * Bytes of rows: what every row format is written with and read by.
 *
 * Varints are little-endian groups of seven bits, up to 2^53; signed numbers are zigzag. Fixed
 * integers are big-endian, so that keys sort like what they say. Nothing here is set in stone:
 * `viewsVersion` names the formats, and another version is built anew from the log.
 */
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";

const GROUP = 0x80;

export class RowWriter {
  private area: Buffer;
  at = 0;

  constructor(bytes = 4_096) {
    this.area = Buffer.allocUnsafeSlow(bytes);
  }

  clear(): void {
    this.at = 0;
  }

  byte(value: number): void {
    this.reserve(1);
    this.area[this.at++] = value;
  }

  varint(value: number): void {
    assert(value >= 0 && value <= Number.MAX_SAFE_INTEGER, "a varint is a safe integer");
    this.reserve(8);
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.area[this.at++] = (rest % GROUP) + GROUP;
      rest = Math.floor(rest / GROUP);
    }
    while (rest >= GROUP) {
      this.area[this.at++] = (rest & 0x7f) | GROUP;
      rest >>>= 7;
    }
    this.area[this.at++] = rest;
  }

  /** Within ±2^52. */
  signed(value: number): void {
    this.varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  u64(value: bigint): void {
    this.reserve(8);
    putU64(this.area, this.at, value);
    this.at += 8;
  }

  bytes(source: Uint8Array, start = 0, end = source.length): void {
    const length = end - start;
    this.reserve(length);
    if (length <= 24) {
      for (let i = 0; i < length; i++) this.area[this.at + i] = source[start + i] as number;
    } else this.area.set(source.subarray(start, end), this.at);
    this.at += length;
  }

  /** The length, then the bytes. */
  sized(source: Uint8Array, start = 0, end = source.length): void {
    this.varint(end - start);
    this.bytes(source, start, end);
  }

  text(text: string): void {
    this.sized(Buffer.from(text));
  }

  /** What was written, in the writer's own memory: until the next `clear`. */
  view(): Uint8Array {
    return this.area.subarray(0, this.at);
  }

  /** A copy of what was written since `start`. */
  copy(start = 0): Uint8Array {
    const copy = new Uint8Array(this.at - start);
    copy.set(this.area.subarray(start, this.at));
    return copy;
  }

  /** A copy that lives no longer than the transaction: see `carve`. */
  carved(): Uint8Array {
    const copy = carve(this.at);
    copy.set(this.area.subarray(0, this.at));
    return copy;
  }

  private reserve(bytes: number): void {
    const needed = this.at + bytes;
    if (needed <= this.area.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.area.length * 2));
    larger.set(this.area.subarray(0, this.at));
    this.area = larger;
  }
}

/** Reads what `RowWriter` wrote. A row that ends early is VIEWS_DAMAGED. */
export class RowReader {
  bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.bytes.length;
  }

  byte(): number {
    const value = this.bytes[this.at++];
    if (value === undefined) throw damagedRow();
    return value;
  }

  varint(): number {
    const { bytes } = this;
    let byte = bytes[this.at++];
    if (byte === undefined) throw damagedRow();
    if (byte < GROUP) return byte;
    let value = byte & 0x7f;
    let scale = GROUP;
    do {
      byte = bytes[this.at++];
      if (byte === undefined || scale > 2 ** 49) throw damagedRow();
      value += (byte & 0x7f) * scale;
      scale *= GROUP;
    } while (byte >= GROUP);
    return value;
  }

  signed(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  u64(): bigint {
    if (this.at + 8 > this.bytes.length) throw damagedRow();
    const value = getU64(this.bytes, this.at);
    this.at += 8;
    return value;
  }

  /** A view of the row's memory. */
  view(length: number): Uint8Array {
    const { bytes, at } = this;
    if (at + length > bytes.length) throw damagedRow();
    this.at = at + length;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + at, length);
  }

  sized(): Uint8Array {
    return this.view(this.varint());
  }

  text(): string {
    const length = this.varint();
    const start = this.at;
    if (start + length > this.bytes.length) throw damagedRow();
    this.at = start + length;
    return textOf(this.bytes, start, this.at);
  }
}

/** A row that this version cannot have written. */
export const damagedRow = (): Fault =>
  new Fault("VIEWS_DAMAGED", "a row of the views is damaged; rebuild them: steme views rebuild");

/** The same memory, with a buffer's methods. */
export const bufferOf = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

type Slice = (this: Uint8Array, start: number, end: number) => string;

// What `toString` of a buffer calls: on any bytes, without making a buffer of them first.
const { latin1Slice, utf8Slice } = Buffer.prototype as unknown as {
  readonly latin1Slice: Slice;
  readonly utf8Slice: Slice;
};

/** The text that `bytes[start..end)` are in UTF-8. */
export const textOf = (bytes: Uint8Array, start = 0, end = bytes.length): string =>
  utf8Slice.call(bytes, start, end);

const slabBytes = 256 * 1024;
let slab = new Uint8Array(slabBytes);
let slabAt = 0;

/**
 * Bytes for as long as a transaction lasts, cut from a larger piece: making many small arrays costs
 * more than what is put into them. Whoever keeps one keeps the piece.
 */
export function carve(length: number): Uint8Array {
  if (length > slabBytes / 8) return new Uint8Array(length);
  if (slabAt + length > slabBytes) {
    slab = new Uint8Array(slabBytes);
    slabAt = 0;
  }
  slabAt += length;
  return slab.subarray(slabAt - length, slabAt);
}

/** The same memory, without a buffer's `slice`, which would share it. */
export const plain = (bytes: Uint8Array): Uint8Array =>
  new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes as a key of a map. */
export const mapKey = (bytes: Uint8Array, start = 0, end = bytes.length): string =>
  latin1Slice.call(bytes, start, end);

export function putU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

export const getU32 = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) |
    ((bytes[at + 1] ?? 0) << 16) |
    ((bytes[at + 2] ?? 0) << 8) |
    (bytes[at + 3] ?? 0)) >>>
  0;

const wide = new DataView(new ArrayBuffer(8));

/** Big-endian. */
export function getU64(bytes: Uint8Array, at: number): bigint {
  wide.setUint32(0, getU32(bytes, at));
  wide.setUint32(4, getU32(bytes, at + 4));
  return wide.getBigUint64(0);
}

/** Big-endian. */
export function putU64(bytes: Uint8Array, at: number, value: bigint): void {
  wide.setBigUint64(0, value);
  putU32(bytes, at, wide.getUint32(0));
  putU32(bytes, at + 4, wide.getUint32(4));
}

/** Whether `bytes[start..end)` are the bytes of `other`. */
export function sameBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array) {
  if (end - start !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[start + i] !== other[i]) return false;
  return true;
}
