/**
 * Collects receipts and brings them to the store, one durable transaction at a time.
 *
 *     settle ──> pending journal ──(interval or count)──> store ──> acknowledged flush number
 *                     ^                                     |
 *                     └── spare buffers <── journal back ───┘
 *
 * Invariants:
 *
 * - One flush is under way at a time. A journal that was refused is sent again, unchanged, before
 *   any newer one, so flushes reach the store in the order of the log.
 * - The applied size travels with the receipts below it.
 * - A flush begins in a turn of its own, never inside `add`: what one turn settles is in it whole.
 */
import type { Clock, Timer } from "../host/clock.js";
import { type Fault, isFault } from "../model/fault.js";
import type { Probe } from "../observability/probe.js";
import type { SequenceReceipt } from "./receipt-slots.js";
import type { ResidentWriter } from "./resident-writers.js";
import { SequenceJournal } from "./sequence-journal.js";
import type { SequenceStore } from "./sequence-store.js";

export interface FlusherOptions {
  readonly store: SequenceStore;
  readonly clock: Clock;
  readonly probe: Probe;
  readonly logId: Uint8Array;
  readonly appliedSize: number;
  /** The moment of the newest append that the store holds, as far as is known; else 0. */
  readonly storedMs: number;
  readonly flushIntervalMs: number;
  readonly flushReceiptCount: number;
  /** Called after each acknowledged flush. */
  readonly onFlushed: () => void;
}

/** One journal on its way, with what the store will have when it is written. */
interface Flush {
  readonly journal: SequenceJournal;
  readonly appliedSize: number;
  readonly newestMs: number;
}

export class SequenceFlusher {
  private readonly options: FlusherOptions;
  private pending = SequenceJournal.empty();
  private spare: SequenceJournal | undefined = undefined;
  private refused: Flush | undefined = undefined;
  private flushing: Promise<void> | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private isUrgent = false;
  private size: number;
  private newestMs: number;
  private newestStoredMs: number;
  private underWayCount = 0;
  private number = 1;
  private acknowledged = 0;
  private lastFault: Fault | undefined = undefined;
  private isLost = false;

  constructor(options: FlusherOptions) {
    this.options = options;
    this.size = options.appliedSize;
    this.newestMs = options.storedMs;
    this.newestStoredMs = options.storedMs;
  }

  /** Every batch of the log below it has been given to `add`. */
  get appliedSize(): number {
    return this.size;
  }

  /** The number that receipts added now are flushed under. */
  get flushNumber(): number {
    return this.number;
  }

  /** What was flushed under this number and below is in the store. */
  get acknowledgedNumber(): number {
    return this.acknowledged;
  }

  /**
   * The moment of the newest append in the store. Everything that is not in the store was appended
   * at that moment or later.
   */
  get storedMs(): number {
    return this.newestStoredMs;
  }

  /** Receipts that are not in the store. */
  get unflushedCount(): number {
    return this.pending.receiptCount + this.underWayCount;
  }

  /** Why the last flush failed; `undefined` once one succeeds again. */
  get fault(): Fault | undefined {
    return this.lastFault;
  }

  /** Whether the store is gone for good, with what was under way. */
  get isStoreLost(): boolean {
    return this.isLost;
  }

  add<Attempt>(
    writer: ResidentWriter<Attempt>,
    author: Uint8Array,
    writerId: Uint8Array,
    sequence: number,
    receipt: SequenceReceipt,
  ): void {
    if (writer.flushNumber !== this.number) {
      writer.flushNumber = this.number;
      writer.journalNumber = this.pending.addWriter(author, writerId);
    }
    this.pending.add(writer.journalNumber, sequence, receipt);
    this.size = Math.max(this.size, receipt.firstIndex + receipt.count);
    this.newestMs = Math.max(this.newestMs, writer.window.lastMs);
    this.schedule();
  }

  /** Returns when everything added so far is durable. */
  async flush(): Promise<void> {
    const target = this.pending.receiptCount > 0 ? this.number : this.number - 1;
    while (this.acknowledged < target) {
      await this.step();
      if (this.lastFault !== undefined) throw this.lastFault;
    }
  }

  /** Waits for the flush under way, or begins one. Never rejects. */
  step(): Promise<void> {
    if (this.isLost) return Promise.resolve();
    this.flushing ??= this.send().finally(() => {
      this.flushing = undefined;
      if (this.hasWork()) this.schedule();
    });
    return this.flushing;
  }

  /** No further flush begins by itself. */
  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private hasWork(): boolean {
    return this.refused !== undefined || this.pending.receiptCount > 0;
  }

  private schedule(): void {
    const { clock, flushIntervalMs, flushReceiptCount } = this.options;
    if (this.flushing !== undefined || this.isLost) return;
    const isFull = this.pending.receiptCount >= flushReceiptCount && this.lastFault === undefined;
    if (this.timer !== undefined && (this.isUrgent || !isFull)) return;
    this.timer?.cancel();
    this.isUrgent = isFull;
    this.timer = clock.after(isFull ? 0 : flushIntervalMs, () => {
      this.timer = undefined;
      void this.step();
    });
  }

  private async send(): Promise<void> {
    this.stop();
    const { store, logId, onFlushed } = this.options;
    const flush = this.next();
    const number = this.number - 1;
    try {
      const outcome = await store.applyReceipts(flush.journal, logId, flush.appliedSize);
      if (outcome.fault !== undefined) {
        this.refused = { ...flush, journal: outcome.journal };
        this.note(outcome.fault);
        return;
      }
      this.spare = outcome.journal;
      this.underWayCount = 0;
      this.acknowledged = number;
      this.newestStoredMs = flush.newestMs;
      this.lastFault = undefined;
      this.warnOfCollisions(outcome.collisionCount);
    } catch (error) {
      this.isLost = true;
      this.note(error);
      return;
    }
    onFlushed();
  }

  /** The refused journal first; else the pending one, and an empty one takes its place. */
  private next(): Flush {
    const refused = this.refused;
    this.refused = undefined;
    if (refused !== undefined) return refused;
    const journal = this.pending;
    this.pending = this.spare ?? SequenceJournal.empty();
    this.spare = undefined;
    this.underWayCount = journal.receiptCount;
    this.number += 1;
    return { journal, appliedSize: this.size, newestMs: this.newestMs };
  }

  private note(error: unknown): void {
    if (!isFault(error)) throw error;
    if (this.lastFault === undefined) {
      this.options.probe.error("sequences not flushed", {
        code: error.code,
        reason: error.message,
        receipts: this.unflushedCount,
      });
    }
    this.lastFault = error;
  }

  private warnOfCollisions(count: number): void {
    if (count > 0) this.options.probe.warn("writers not stored for their hash", { count });
  }
}
