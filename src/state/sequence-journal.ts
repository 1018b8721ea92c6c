/**
 * Receipts that the store does not hold yet, in the order of the log.
 *
 * Two buffers: the writers that occur (author 32 ‖ writer 16), and the receipts, each tagged with
 * the number of its writer + 1. Both are handed to the store's thread and come back when it is
 * done, so a flush allocates nothing and copies nothing.
 */
import { assert } from "../invariant/assert.js";
import { publicKeyBytes, writerBytes } from "../model/position.js";
import { ReceiptSlots, type SequenceReceipt, SLOT_BYTES } from "./receipt-slots.js";

/** Author and writer, one behind the other. */
export const WRITER_NAME_BYTES = publicKeyBytes + writerBytes;
const WRITERS_MIN = 64;
const RECEIPTS_MIN = 1024;

/** What travels to the store's thread and back. */
export interface JournalParts {
  readonly writers: ArrayBuffer;
  readonly writerCount: number;
  readonly receipts: ArrayBuffer;
  readonly receiptCount: number;
  /** Of the log, 32 bytes. */
  readonly logId: Uint8Array;
  /** Every batch of the log below this size is in the store once these receipts are. */
  readonly appliedSize: number;
}

export class SequenceJournal {
  private writers: Uint8Array;
  private receipts: ReceiptSlots;
  private writersUsed = 0;
  private receiptsUsed = 0;

  private constructor(writers: Uint8Array, receipts: ReceiptSlots) {
    this.writers = writers;
    this.receipts = receipts;
  }

  static empty(): SequenceJournal {
    return new SequenceJournal(
      new Uint8Array(WRITERS_MIN * WRITER_NAME_BYTES),
      ReceiptSlots.ofCapacity(RECEIPTS_MIN),
    );
  }

  /** The journal that was handed out as parts. */
  static over(parts: JournalParts): SequenceJournal {
    const journal = new SequenceJournal(
      new Uint8Array(parts.writers),
      ReceiptSlots.over(parts.receipts),
    );
    journal.writersUsed = parts.writerCount;
    journal.receiptsUsed = parts.receiptCount;
    return journal;
  }

  get writerCount(): number {
    return this.writersUsed;
  }

  get receiptCount(): number {
    return this.receiptsUsed;
  }

  /** Returns the number under which the writer's receipts are added. */
  addWriter(author: Uint8Array, writer: Uint8Array): number {
    const offset = this.writersUsed * WRITER_NAME_BYTES;
    if (offset === this.writers.length) {
      const larger = new Uint8Array(this.writers.length * 2);
      larger.set(this.writers);
      this.writers = larger;
    }
    this.writers.set(author, offset);
    this.writers.set(writer, offset + publicKeyBytes);
    this.writersUsed += 1;
    return this.writersUsed - 1;
  }

  add(writerNumber: number, sequence: number, receipt: SequenceReceipt): void {
    assert(writerNumber < this.writersUsed, "a receipt belongs to a writer of the journal");
    if (this.receiptsUsed === this.receipts.capacity) this.growReceipts();
    this.receipts.set(this.receiptsUsed, writerNumber + 1, sequence, receipt);
    this.receiptsUsed += 1;
  }

  /** Author ‖ writer: a view. */
  writerName(number: number): Uint8Array {
    const start = number * WRITER_NAME_BYTES;
    return this.writers.subarray(start, start + WRITER_NAME_BYTES);
  }

  /** The places of each writer's receipts, in the order of the log. */
  receiptsByWriter(): number[][] {
    const places: number[][] = Array.from({ length: this.writersUsed }, () => []);
    for (let i = 0; i < this.receiptsUsed; i++) places[this.receipts.tag(i) - 1]?.push(i);
    return places;
  }

  get slots(): ReceiptSlots {
    return this.receipts;
  }

  clear(): void {
    this.writersUsed = 0;
    this.receiptsUsed = 0;
  }

  /** Hands the buffers out; the journal is not used any more. */
  parts(logId: Uint8Array, appliedSize: number): JournalParts {
    return {
      writers: this.writers.buffer as ArrayBuffer,
      writerCount: this.writersUsed,
      receipts: this.receipts.buffer,
      receiptCount: this.receiptsUsed,
      logId,
      appliedSize,
    };
  }

  private growReceipts(): void {
    const larger = new ArrayBuffer(this.receipts.buffer.byteLength * 2);
    new Uint8Array(larger).set(new Uint8Array(this.receipts.buffer));
    assert(larger.byteLength % SLOT_BYTES === 0, "a buffer holds whole slots");
    this.receipts = ReceiptSlots.over(larger);
  }
}
