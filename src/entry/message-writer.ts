/**
 * Writes protobuf messages from the end to the beginning, so that the length of a nested message is
 * known when its header is written: nothing is measured first and nothing is moved.
 *
 *     | free …                | at → tag | length | content written before |
 *
 * Fields are written in descending order, those without presence only where they are not their
 * default, as protobuf does. The area is used again for every message, and grows to the largest.
 */

/** Enough for most messages. */
const areaBytesMin = 64 * 1024;
/** Up to this length a loop beats the call into the engine's encoder. */
const loopCharactersMax = 48;
/** Twice such a number is still exact. */
const zigzagMax = Number.MAX_SAFE_INTEGER / 2;

const LENGTH_DELIMITED = 2;
const FIXED_64 = 1;

export class MessageWriter {
  #area: Buffer = Buffer.alloc(areaBytesMin);
  #at = areaBytesMin;

  /** Where what is written begins, counted from the end. */
  get written(): number {
    return this.#area.length - this.#at;
  }

  /** The whole message, in memory of its own; the writer begins anew. */
  finish(): Buffer {
    const whole = Buffer.from(this.#area.subarray(this.#at));
    this.#at = this.#area.length;
    return whole;
  }

  /** Forgets what was written. */
  clear(): void {
    this.#at = this.#area.length;
  }

  /** Closes a nested message: all that was written since `writtenBefore`. */
  message(field: number, writtenBefore: number): void {
    this.#varint(this.written - writtenBefore);
    this.#varint((field << 3) | LENGTH_DELIMITED);
  }

  /** An unsigned integer or enum that is not written where it is 0. */
  uint(field: number, value: number): void {
    if (value !== 0) this.uintAlways(field, value);
  }

  uintAlways(field: number, value: number): void {
    this.#varint(value);
    this.#varint(field << 3);
  }

  boolean(field: number, value: boolean): void {
    if (value) this.uintAlways(field, 1);
  }

  booleanAlways(field: number, value: boolean): void {
    this.uintAlways(field, value ? 1 : 0);
  }

  sint(field: number, value: number): void {
    if (value !== 0) this.sintAlways(field, value);
  }

  sintAlways(field: number, value: number): void {
    if (Math.abs(value) < zigzagMax) this.#varint(value >= 0 ? value * 2 : -value * 2 - 1);
    else this.#varint64(zigzag(BigInt(value)));
    this.#varint(field << 3);
  }

  /** A member of a oneof: written whatever it is. */
  sint64Always(field: number, value: bigint): void {
    this.#varint64(zigzag(value));
    this.#varint(field << 3);
  }

  fixed64(field: number, value: bigint): void {
    if (value === 0n) return;
    const at = this.#down(8);
    this.#area.writeBigUInt64LE(value, at);
    this.#varint((field << 3) | FIXED_64);
  }

  double(field: number, value: number): void {
    if (Object.is(value, 0)) return;
    const at = this.#down(8);
    this.#area.writeDoubleLE(value, at);
    this.#varint((field << 3) | FIXED_64);
  }

  bytes(field: number, value: Uint8Array): void {
    if (value.length > 0) this.bytesAlways(field, value);
  }

  bytesAlways(field: number, value: Uint8Array): void {
    this.raw(value);
    this.#varint(value.length);
    this.#varint((field << 3) | LENGTH_DELIMITED);
  }

  text(field: number, value: string): void {
    if (value !== "") this.textAlways(field, value);
  }

  textAlways(field: number, value: string): void {
    this.#varint(this.#utf8(value));
    this.#varint((field << 3) | LENGTH_DELIMITED);
  }

  /** Bytes of fields that were written before. */
  raw(value: Uint8Array): void {
    const at = this.#down(value.length);
    this.#area.set(value, at);
  }

  #varint(value: number): void {
    if (value < 0x80) {
      const at = this.#down(1);
      this.#area[at] = value;
      return;
    }
    let width = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) width++;
    let place = this.#down(width);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#area[place++] = (rest % 0x80) | 0x80;
    this.#area[place] = rest;
  }

  #varint64(value: bigint): void {
    let width = 1;
    for (let rest = value >> 7n; rest > 0n; rest >>= 7n) width++;
    let place = this.#down(width);
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.#area[place++] = Number(rest & 0x7fn) | 0x80;
    this.#area[place] = Number(rest);
  }

  /** Returns the bytes that it took. */
  #utf8(value: string): number {
    const { length } = value;
    if (length <= loopCharactersMax) {
      let place = this.#down(length);
      let all = 0;
      for (let i = 0; i < length; i++) {
        const unit = value.charCodeAt(i);
        all |= unit;
        this.#area[place++] = unit;
      }
      if (all < 0x80) return length;
      this.#at += length;
    }
    const bytes = Buffer.byteLength(value);
    const at = this.#down(bytes);
    this.#area.write(value, at, bytes, "utf8");
    return bytes;
  }

  #down(bytes: number): number {
    if (bytes > this.#at) this.#grow(bytes);
    this.#at -= bytes;
    return this.#at;
  }

  #grow(bytes: number): void {
    const { written } = this;
    const area = Buffer.alloc(Math.max(this.#area.length * 2, written + bytes));
    area.set(this.#area.subarray(this.#at), area.length - written);
    this.#at = area.length - written;
    this.#area = area;
  }
}

const zigzag = (value: bigint): bigint => (value >= 0n ? value << 1n : (-value << 1n) - 1n);
