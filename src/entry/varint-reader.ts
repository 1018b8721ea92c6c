/**
 * Reads minimal varints, at most 64 bits, without allocating.
 *
 * The value stands in two halves of 32 bits, kept as signed integers so that they stay small
 * integers to the engine; `value()` joins them, exactly up to 2^53.
 */

const TWO_32 = 4_294_967_296;

export class VarintReader {
  /** Bits 0 to 31. */
  low: number;
  /** Bits 32 to 63. */
  high: number;

  constructor() {
    this.low = 0;
    this.high = 0;
  }

  /** Returns the end of the varint at `at`, or -1: cut off, beyond 64 bits, or not minimal. */
  read(bytes: Uint8Array, at: number, end: number): number {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) return -1;
      const byte = bytes[at + i] as number;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        if (byte === 0 && i > 0) return -1;
        if (i === 9 && byte > 1) return -1;
        this.low = low;
        this.high = high;
        return at + i + 1;
      }
    }
    return -1;
  }

  /** The same, and longer than need be is fine: for messages, which any library may encode. */
  readLoose(bytes: Uint8Array, at: number, end: number): number {
    let low = 0;
    let high = 0;
    for (let i = 0; i < 10; i++) {
      if (at + i >= end) return -1;
      const byte = bytes[at + i] as number;
      const bits = byte & 0x7f;
      if (i < 4) low |= bits << (7 * i);
      else if (i === 4) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (7 * i - 32);
      if (byte < 0x80) {
        this.low = low;
        this.high = high;
        return at + i + 1;
      }
    }
    return -1;
  }

  /** Whether the value fits 32 bits. */
  get is32(): boolean {
    return this.high === 0;
  }

  /** Unsigned; exact up to 2^53, and in order above. */
  value(): number {
    return (this.high >>> 0) * TWO_32 + (this.low >>> 0);
  }

  /** Zigzag decoded; exact within ±2^53, and in order outside. */
  signed(): number {
    const half = (this.high >>> 0) * (TWO_32 / 2) + (this.low >>> 1);
    return (this.low & 1) === 0 ? half : -half - 1;
  }

  /** Unsigned, exact. */
  bigint(): bigint {
    return (BigInt(this.high >>> 0) << 32n) | BigInt(this.low >>> 0);
  }

  /** Zigzag decoded, exact. */
  signedBigint(): bigint {
    const raw = this.bigint();
    return (raw >> 1n) ^ -(raw & 1n);
  }
}
