/**
 * What a node remembers of one writer: its highest appended sequence, and the receipts of that and
 * the 1,024 sequences below it.
 *
 * Receipts lie in a ring, at sequence modulo capacity. The ring grows with the span of what it
 * holds, so a writer with three batches costs three slots and not a thousand.
 *
 * Invariants:
 *
 * - A kept sequence is at most 1,024 below the highest.
 * - What is remembered depends on which batches were appended and on their hybrid times, and on
 *   nothing else: replaying a log gives the same windows as living through it. Hence the rule of
 *   the seven days stands here too, applied to the hybrid times of two appends that follow.
 * - `isWhole`: every kept receipt is in the ring. A window of which only the highest was fetched
 *   from the store holds the receipts of what was appended since, and says that it is not whole.
 */
import { assert } from "../invariant/assert.js";
import { millisecondsOf, toHybridTime } from "../model/hybrid-time.js";
import { sequenceWindow, writerRetentionMs } from "../model/limits.js";
import { ReceiptSlots, type SequenceReceipt } from "./receipt-slots.js";

const KEPT = 1;
const CAPACITY_MIN = 5; // times four, four times over: 1,280
const CAPACITY_MAX = sequenceWindow + 1;

/** The millisecond of an append. */
export const appendMs = (hybridTime: bigint): number => millisecondsOf(toHybridTime(hybridTime));

/** Whether a writer whose last append was at `lastMs` is forgotten at `nowMs`. */
export const isForgotten = (lastMs: number, nowMs: number): boolean =>
  nowMs - lastMs >= writerRetentionMs;

/** The lowest sequence that is kept beside a highest one. */
export const lowestKept = (highest: number): number => Math.max(1, highest - sequenceWindow);

export class SequenceWindow {
  private highestAppended: number;
  private lastAppendMs: number;
  private whole: boolean;
  private slots: ReceiptSlots | undefined = undefined;
  /** No kept receipt in the ring is below it. */
  private lowest = 0;

  /** A writer that was never seen, or one of which the store told the highest. */
  constructor(highest = 0, lastAppendMs = 0) {
    this.highestAppended = highest;
    this.lastAppendMs = lastAppendMs;
    this.whole = highest === 0;
  }

  /** Highest appended sequence; 0 = none. */
  get highest(): number {
    return this.highestAppended;
  }

  get lastMs(): number {
    return this.lastAppendMs;
  }

  get isWhole(): boolean {
    return this.whole;
  }

  /** Slots allocated: what the window costs, at 64 bytes each. */
  get capacity(): number {
    return this.slots?.capacity ?? 0;
  }

  hasRoot(sequence: number, root: Uint8Array): boolean {
    assert(this.has(sequence), "a receipt is in the window");
    return this.slots?.hasRoot(sequence % this.slots.capacity, root) ?? false;
  }

  has(sequence: number): boolean {
    const { slots } = this;
    if (slots === undefined) return false;
    const slot = sequence % slots.capacity;
    return slots.tag(slot) === KEPT && slots.sequence(slot) === sequence;
  }

  receipt(sequence: number): SequenceReceipt {
    assert(this.slots !== undefined && this.has(sequence), "a receipt is in the window");
    return this.slots.receipt(sequence % this.slots.capacity);
  }

  /** Takes the receipt of a durable batch, in the order of the log. */
  append(sequence: number, receipt: SequenceReceipt): void {
    const ms = appendMs(receipt.hybridTime);
    if (this.highestAppended > 0 && isForgotten(this.lastAppendMs, ms)) this.forget();
    this.lastAppendMs = Math.max(this.lastAppendMs, ms);
    this.raise(sequence);
    if (sequence < lowestKept(this.highestAppended)) return;
    const slots = this.slotsFor(sequence);
    slots.set(sequence % slots.capacity, KEPT, sequence, receipt);
  }

  /** Adds what the store holds of the window. Receipts already here are newer, and stay. */
  complete(stored: ReceiptSlots, count: number): void {
    if (this.whole) return;
    for (let i = 0; i < count; i++) {
      const sequence = stored.sequence(i);
      if (sequence < lowestKept(this.highestAppended) || this.has(sequence)) continue;
      assert(sequence <= this.highestAppended, "a stored receipt is not above the highest");
      const slots = this.slotsFor(sequence);
      slots.copy(sequence % slots.capacity, KEPT, stored, i);
    }
    this.whole = true;
  }

  private forget(): void {
    this.highestAppended = 0;
    this.slots = undefined;
    this.lowest = 0;
    this.whole = true;
  }

  /** Moves the highest up, and drops what falls below the window. */
  private raise(sequence: number): void {
    if (sequence <= this.highestAppended) return;
    this.highestAppended = sequence;
    const floor = lowestKept(sequence);
    if (this.slots !== undefined && this.lowest < floor) {
      // What lies below the floor is at most one turn of the ring.
      const end = Math.min(floor, this.lowest + this.slots.capacity);
      for (let old = this.lowest; old < end; old++) {
        if (this.has(old)) this.slots.clear(old % this.slots.capacity);
      }
      this.lowest = floor;
    }
  }

  /** A ring in which every kept sequence, and this one, has a slot of its own. */
  private slotsFor(sequence: number): ReceiptSlots {
    this.lowest = this.slots === undefined ? sequence : Math.min(this.lowest, sequence);
    const span = this.highestAppended - this.lowest + 1;
    assert(span <= CAPACITY_MAX, "a window spans at most 1,025 sequences");
    if (this.slots !== undefined && span <= this.slots.capacity) return this.slots;
    let capacity = this.slots?.capacity ?? CAPACITY_MIN;
    while (capacity < span) capacity *= 4;
    this.slots = this.grown(Math.min(capacity, CAPACITY_MAX));
    return this.slots;
  }

  private grown(capacity: number): ReceiptSlots {
    const grown = ReceiptSlots.ofCapacity(capacity);
    const old = this.slots;
    for (let slot = 0; slot < (old?.capacity ?? 0); slot++) {
      if (old === undefined || old.tag(slot) !== KEPT) continue;
      grown.copy(old.sequence(slot) % capacity, KEPT, old, slot);
    }
    return grown;
  }
}
