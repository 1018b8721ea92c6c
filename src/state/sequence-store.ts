/**
 * Where sequences are kept: what the table needs of the state store. The store behind a worker
 * thread is in state-store.ts; a test may put the rows on its own thread.
 */
import type { ReceiptSlots } from "./receipt-slots.js";
import type { SequenceJournal } from "./sequence-journal.js";

export interface AppliedSize {
  /** Of the log whose batches were applied, 32 bytes. */
  readonly logId: Uint8Array;
  /** Every batch of that log below this size is in the store. */
  readonly size: number;
}

export interface WriterHead {
  readonly highest: number;
  readonly lastHybridTime: bigint;
}

export interface StoredWindow {
  readonly count: number;
  readonly receipts: ReceiptSlots;
}

/** What became of a journal: it comes back either way, emptied or (with a fault) as it was. */
export interface JournalOutcome {
  readonly journal: SequenceJournal;
  readonly fault?: Error;
  /** Writers that could not be stored, for another one has the same 16-byte hash. */
  readonly collisionCount: number;
}

export interface SequenceStore {
  appliedSize(): Promise<AppliedSize | undefined>;
  /** Forgets all sequences. */
  clearSequences(): Promise<void>;
  /**
   * Writes receipts and the applied size in one durable transaction. The journal belongs to the
   * store until the outcome; a rejection says that it is lost, and the store with it.
   */
  applyReceipts(
    journal: SequenceJournal,
    logId: Uint8Array,
    appliedSize: number,
  ): Promise<JournalOutcome>;
  /** `writerName` is author ‖ writer. */
  writerHead(writerName: Uint8Array): Promise<WriterHead | undefined>;
  writerWindow(writerName: Uint8Array): Promise<StoredWindow>;
  /**
   * Forgets writers whose last append lies before `beforeMs`: one bounded step of a walk over all
   * of them that goes on at the next call. Returns how many were forgotten.
   */
  expireWriters(beforeMs: number): Promise<number>;
}
