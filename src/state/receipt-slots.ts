/**
 * Receipts as numbered slots of 64 bytes in one buffer: no object per receipt, and a buffer that
 * moves between threads without being copied.
 *
 *     0        4        8                16               24               32            64
 *     +--------+--------+----------------+----------------+----------------+-------------+
 *     | tag    | count  | sequence       | first index    | hybrid time    | root        |
 *     +--------+--------+----------------+----------------+----------------+-------------+
 *       u32      u32      float64          float64          u64              32 bytes
 *
 * Numbers are in the machine's order: the bytes stay in the process. The tag belongs to the owner;
 * 0 reads as an empty slot.
 */
import { assert } from "../invariant/assert.js";

/** What an append answered: where its entries stand. */
export interface SequenceReceipt {
  readonly firstIndex: number;
  readonly count: number;
  readonly hybridTime: bigint;
  /** RFC 6962 root of the batch, 32 bytes. */
  readonly root: Uint8Array;
}

export const SLOT_BYTES = 64;
const FLOATS = SLOT_BYTES / 8;
const WORDS = SLOT_BYTES / 4;
const ROOT_OFFSET = 32;
const ROOT_BYTES = 32;

export class ReceiptSlots {
  readonly buffer: ArrayBuffer;
  readonly capacity: number;
  private readonly words: Uint32Array;
  private readonly floats: Float64Array;
  private readonly times: BigUint64Array;
  private readonly bytes: Uint8Array;

  private constructor(buffer: ArrayBuffer) {
    this.buffer = buffer;
    this.capacity = buffer.byteLength / SLOT_BYTES;
    this.words = new Uint32Array(buffer);
    this.floats = new Float64Array(buffer);
    this.times = new BigUint64Array(buffer);
    this.bytes = new Uint8Array(buffer);
  }

  static ofCapacity(capacity: number): ReceiptSlots {
    return new ReceiptSlots(new ArrayBuffer(capacity * SLOT_BYTES));
  }

  static over(buffer: ArrayBuffer): ReceiptSlots {
    assert(buffer.byteLength % SLOT_BYTES === 0, "a buffer holds whole slots");
    return new ReceiptSlots(buffer);
  }

  set(slot: number, tag: number, sequence: number, receipt: SequenceReceipt): void {
    assert(slot < this.capacity, "a slot is inside the buffer");
    this.words[slot * WORDS] = tag;
    this.words[slot * WORDS + 1] = receipt.count;
    this.floats[slot * FLOATS + 1] = sequence;
    this.floats[slot * FLOATS + 2] = receipt.firstIndex;
    this.times[slot * FLOATS + 3] = receipt.hybridTime;
    this.bytes.set(receipt.root, slot * SLOT_BYTES + ROOT_OFFSET);
  }

  /** Copies a slot of another buffer, with a tag of its own. */
  copy(slot: number, tag: number, source: ReceiptSlots, sourceSlot: number): void {
    const start = sourceSlot * SLOT_BYTES;
    this.bytes.set(source.bytes.subarray(start, start + SLOT_BYTES), slot * SLOT_BYTES);
    this.words[slot * WORDS] = tag;
  }

  clear(slot: number): void {
    this.words[slot * WORDS] = 0;
  }

  tag(slot: number): number {
    return this.words[slot * WORDS] ?? 0;
  }

  sequence(slot: number): number {
    return this.floats[slot * FLOATS + 1] ?? 0;
  }

  count(slot: number): number {
    return this.words[slot * WORDS + 1] ?? 0;
  }

  firstIndex(slot: number): number {
    return this.floats[slot * FLOATS + 2] ?? 0;
  }

  hybridTime(slot: number): bigint {
    return this.times[slot * FLOATS + 3] ?? 0n;
  }

  /** A view. */
  root(slot: number): Uint8Array {
    const start = slot * SLOT_BYTES + ROOT_OFFSET;
    return this.bytes.subarray(start, start + ROOT_BYTES);
  }

  hasRoot(slot: number, root: Uint8Array): boolean {
    const start = slot * SLOT_BYTES + ROOT_OFFSET;
    for (let i = 0; i < ROOT_BYTES; i++) if (this.bytes[start + i] !== root[i]) return false;
    return true;
  }

  /** A copy of all that was answered. */
  receipt(slot: number): SequenceReceipt {
    return {
      firstIndex: this.firstIndex(slot),
      count: this.count(slot),
      hybridTime: this.hybridTime(slot),
      root: new Uint8Array(this.root(slot)),
    };
  }
}
