/**
 * Exact retries: what became of each sequence of each writer.
 *
 * A sequence is an idempotency key of (author, writer). The table answers, before a batch enters
 * the log, whether it did so already, and with which receipt:
 *
 *     judge ── new ──> begin ──> (the log) ──> settle: appended, durable
 *       │                            └───────> abandon: refused, or its outcome is unknown
 *       ├─ exists: the first receipt            ├─ tooOld: below the window, cannot be settled
 *       ├─ inFlight: the first attempt          └─ tooMany: 1,024 unsettled already
 *       └─ reused: another root
 *
 * Per writer the highest appended sequence and the receipts of the 1,024 below it are kept, until
 * seven days after its last append. Hot writers are in memory, all of them in the state store, and
 * the log is the source of both: the store remembers which size of the log it has applied, and
 * `open` replays what follows, or the last seven days where there is no store.
 *
 * Invariants:
 *
 * - A judgement depends on the durable batches of the log, on what is in flight, and on the clock;
 *   not on what is resident, flushed or replayed.
 * - `settle` is called once per durable batch, in the turn in which the log told of it: a flush in
 *   a later turn then carries a size below which no receipt is missing.
 * - Receipts between two flushes live in memory only, and in the log.
 */
import type { Clock, Timer } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { integerMax, sequenceWindow, writerRetentionMs } from "../model/limits.js";
import { rootBytes } from "../model/position.js";
import type { Probe } from "../observability/probe.js";
import type { BatchSource } from "./batch-source.js";
import type { SequenceReceipt } from "./receipt-slots.js";
import { ResidentWriter, ResidentWriters, writerKey, writerNameOf } from "./resident-writers.js";
import { SequenceFlusher } from "./sequence-flusher.js";
import { replayBatches } from "./sequence-replay.js";
import type { SequenceStore } from "./sequence-store.js";
import { appendMs, isForgotten, lowestKept, SequenceWindow } from "./sequence-window.js";

export type { SequenceReceipt } from "./receipt-slots.js";

export type SequenceJudgement<Attempt = unknown> =
  | { readonly kind: "new" }
  | { readonly kind: "exists"; readonly receipt: SequenceReceipt }
  | { readonly kind: "inFlight"; readonly attempt: Attempt }
  | { readonly kind: "reused" }
  | { readonly kind: "tooOld"; readonly highest: number }
  | { readonly kind: "tooMany" };

export interface SequenceTableBounds {
  /** A flush begins this long after the first receipt that it carries. */
  readonly flushIntervalMs: number;
  /** Or when so many wait. */
  readonly flushReceiptCount: number;
  /** Beyond so many receipts that are not in the store, judgements wait for a flush. */
  readonly unflushedReceiptCountMax: number;
  /** Writers in memory, as far as they may be dropped. */
  readonly residentWriterCountMax: number;
  /** Receipt slots in memory, 64 bytes each. */
  readonly residentSlotCountMax: number;
  /** How often one bounded step of expiry runs in the store. */
  readonly expiryIntervalMs: number;
}

export const sequenceTablePresets: SequenceTableBounds = {
  flushIntervalMs: 500,
  flushReceiptCount: 4_096,
  unflushedReceiptCountMax: 65_536,
  residentWriterCountMax: 16_384,
  residentSlotCountMax: 524_288, // 32 MiB
  expiryIntervalMs: 10_000,
};

export interface SequenceTableOptions extends SequenceTableBounds {
  readonly store: SequenceStore;
  readonly clock: Clock;
  readonly log: BatchSource;
  readonly probe: Probe;
}

/**
 * The size that the store has applied of a log, before anything is replayed: a floor of what that
 * log must hold. 0 where the store knows nothing, or another log (`logId`, if given).
 */
export async function peekAppliedSize(store: SequenceStore, logId?: Uint8Array): Promise<number> {
  const applied = await store.appliedSize();
  if (applied === undefined) return 0;
  return logId === undefined || bytesEqual(applied.logId, logId) ? applied.size : 0;
}

/** `slice` would not do: that of a Buffer shares its bytes, and the caller reuses them. */
const copyOf = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

const NEW = { kind: "new" } as const;
const REUSED = { kind: "reused" } as const;
const TOO_MANY = { kind: "tooMany" } as const;

export class SequenceTable<Attempt = unknown> {
  private readonly options: SequenceTableOptions;
  private readonly residents: ResidentWriters<Attempt>;
  private readonly flusher: SequenceFlusher;
  private readonly fetches = new Map<string, Promise<void>>();
  private expiryTimer: Timer | undefined = undefined;
  private expiring: Promise<void> = Promise.resolve();
  private isClosed = false;

  private constructor(options: SequenceTableOptions, appliedSize: number, newestMs: number) {
    const { store, clock, probe, log, flushIntervalMs, flushReceiptCount } = options;
    this.options = options;
    this.residents = new ResidentWriters({
      writerCountMax: options.residentWriterCountMax,
      slotCountMax: options.residentSlotCountMax,
    });
    this.flusher = new SequenceFlusher({
      store,
      clock,
      probe,
      logId: new Uint8Array(log.logId),
      appliedSize,
      storedMs: newestMs,
      flushIntervalMs,
      flushReceiptCount,
      onFlushed: () => this.residents.shrink(this.flusher.acknowledgedNumber),
    });
    this.scheduleExpiry();
  }

  /**
   * Brings the store up to the log: replays what it has not applied, or the batches of the last
   * seven days where it knows nothing of this log. A store that has applied more than the log holds
   * is LOG_DAMAGED: the log lost durable entries.
   */
  static async open<Attempt = unknown>(
    options: SequenceTableOptions,
  ): Promise<SequenceTable<Attempt>> {
    const { appliedSize, newestMs } = await replayBatches(options);
    return new SequenceTable<Attempt>(options, appliedSize, newestMs);
  }

  /** Every batch of the log below this size is in the table. */
  get appliedSize(): number {
    return this.flusher.appliedSize;
  }

  /** Writers and receipt slots in memory, and receipts that are not in the store yet. */
  facts(): { writerCount: number; slotCount: number; unflushedCount: number } {
    const { residents, flusher } = this;
    return {
      writerCount: residents.count,
      slotCount: residents.slotCount,
      unflushedCount: flusher.unflushedCount,
    };
  }

  /**
   * What is known of a sequence. A promise only when the writer must be fetched, or when the store
   * is far behind; `judge` again before `begin` if a turn has passed, or use `admit`. Throws or
   * rejects with the store's fault when the store cannot keep up or is gone.
   */
  judge(
    author: Uint8Array,
    writer: Uint8Array,
    sequence: number,
    root: Uint8Array,
  ): SequenceJudgement<Attempt> | Promise<SequenceJudgement<Attempt>> {
    this.check(sequence, root);
    const name = writerKey(author, writer);
    return this.judgeNow(name, sequence, root) ?? this.judgeLater(name, sequence, copyOf(root));
  }

  /**
   * `judge`, and `begin` in the same breath where the judgement is «new»: also behind a promise, so
   * that of two callers with one sequence exactly one is answered «new».
   */
  admit(
    author: Uint8Array,
    writer: Uint8Array,
    sequence: number,
    root: Uint8Array,
    attempt: Attempt,
  ): SequenceJudgement<Attempt> | Promise<SequenceJudgement<Attempt>> {
    this.check(sequence, root);
    const name = writerKey(author, writer);
    const judgement = this.judgeNow(name, sequence, root);
    if (judgement === undefined) {
      const kept = { root: copyOf(root), attempt };
      return this.judgeLater(name, sequence, kept.root, kept);
    }
    if (judgement === NEW) this.beginNow(name, sequence, { root: copyOf(root), attempt });
    return judgement;
  }

  /** The batch is on its way into the log. Only after «new», in the same turn. */
  begin(
    author: Uint8Array,
    writer: Uint8Array,
    sequence: number,
    root: Uint8Array,
    attempt: Attempt,
  ): void {
    this.check(sequence, root);
    this.beginNow(writerKey(author, writer), sequence, { root: copyOf(root), attempt });
  }

  /** The batch is durable in the log. */
  settle(author: Uint8Array, writer: Uint8Array, sequence: number, receipt: SequenceReceipt): void {
    const resident = this.residents.use(writerKey(author, writer));
    assert(resident !== undefined, "a batch in flight keeps its writer resident");
    const inFlight = resident.inFlight.get(sequence);
    assert(inFlight !== undefined, "a settled batch was in flight");
    assert(bytesEqual(inFlight.root, receipt.root), "a batch settles with the root it began with");
    resident.inFlight.delete(sequence);
    const capacityBefore = resident.window.capacity;
    resident.window.append(sequence, receipt);
    this.residents.noteCapacity(resident, capacityBefore);
    this.flusher.add(resident, author, writer, sequence, receipt);
  }

  /**
   * The batch was refused, or the log cannot tell what became of it. The sequence is free again;
   * where the batch is in the log after all, the replay of the next start finds it. Never for a
   * batch that the log still works on.
   */
  abandon(author: Uint8Array, writer: Uint8Array, sequence: number): void {
    const resident = this.residents.use(writerKey(author, writer));
    assert(resident?.inFlight.has(sequence) === true, "an abandoned batch was in flight");
    resident.inFlight.delete(sequence);
  }

  /** Returns when everything settled so far is in the store, durably. */
  flush(): Promise<void> {
    return this.flusher.flush();
  }

  /** Flushes. The store stays open: it belongs to the caller. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.expiryTimer?.cancel();
    try {
      await this.expiring;
      await this.flusher.flush();
    } finally {
      this.flusher.stop();
    }
  }

  private check(sequence: number, root: Uint8Array): void {
    assert(!this.isClosed, "the table is used before it is closed");
    assert(Number.isSafeInteger(sequence) && sequence >= 1, "a sequence is a positive integer");
    assert(sequence <= integerMax && root.length === rootBytes, "a root has 32 bytes");
    const { fault, isStoreLost, unflushedCount } = this.flusher;
    if (fault === undefined) return;
    if (isStoreLost || unflushedCount >= this.options.unflushedReceiptCountMax) throw fault;
  }

  /** `undefined` where something must be awaited first. */
  private judgeNow(
    name: string,
    sequence: number,
    root: Uint8Array,
  ): SequenceJudgement<Attempt> | undefined {
    if (this.flusher.unflushedCount >= this.options.unflushedReceiptCountMax) return undefined;
    const resident = this.residents.use(name);
    if (resident === undefined) return undefined;
    const { window, inFlight } = resident;
    if (inFlight.size > 0) {
      const first = inFlight.get(sequence);
      if (first !== undefined) {
        if (!bytesEqual(first.root, root)) return REUSED;
        return { kind: "inFlight", attempt: first.attempt };
      }
    }
    const { highest } = window;
    if (sequence <= highest && !isForgotten(window.lastMs, this.options.clock.nowMs())) {
      if (sequence < lowestKept(highest)) return { kind: "tooOld", highest };
      if (window.has(sequence)) {
        if (!window.hasRoot(sequence, root)) return REUSED;
        return { kind: "exists", receipt: window.receipt(sequence) };
      }
      if (!window.isWhole) return undefined;
    }
    return inFlight.size >= sequenceWindow ? TOO_MANY : NEW;
  }

  private async judgeLater(
    name: string,
    sequence: number,
    root: Uint8Array,
    beginning?: { root: Uint8Array; attempt: Attempt },
  ): Promise<SequenceJudgement<Attempt>> {
    for (;;) {
      await this.makeReady(name);
      this.check(sequence, root);
      const judgement = this.judgeNow(name, sequence, root);
      if (judgement === undefined) continue;
      if (judgement === NEW && beginning !== undefined) this.beginNow(name, sequence, beginning);
      return judgement;
    }
  }

  private beginNow(
    name: string,
    sequence: number,
    batch: { root: Uint8Array; attempt: Attempt },
  ): void {
    const resident = this.residents.use(name);
    assert(resident !== undefined, "a batch begins in the turn of its judgement");
    assert(!resident.inFlight.has(sequence), "a sequence is in flight once");
    resident.inFlight.set(sequence, batch);
  }

  /** Does one of the things that a judgement may have to wait for. */
  private makeReady(name: string): Promise<void> {
    if (this.flusher.unflushedCount >= this.options.unflushedReceiptCountMax) {
      return this.flusher.step();
    }
    const resident = this.residents.use(name);
    if (resident !== undefined) {
      resident.completing ??= this.complete(resident).finally(() => {
        resident.completing = undefined;
      });
      return resident.completing;
    }
    let fetch = this.fetches.get(name);
    if (fetch === undefined) {
      fetch = this.fetch(name).finally(() => this.fetches.delete(name));
      this.fetches.set(name, fetch);
    }
    return fetch;
  }

  private async fetch(name: string): Promise<void> {
    const head = await this.options.store.writerHead(writerNameOf(name));
    const window =
      head === undefined
        ? new SequenceWindow()
        : new SequenceWindow(head.highest, appendMs(head.lastHybridTime));
    this.residents.add(new ResidentWriter(name, window));
    this.residents.shrink(this.flusher.acknowledgedNumber);
  }

  private async complete(resident: ResidentWriter<Attempt>): Promise<void> {
    const stored = await this.options.store.writerWindow(writerNameOf(resident.name));
    const capacityBefore = resident.window.capacity;
    resident.window.complete(stored.receipts, stored.count);
    if (this.residents.use(resident.name) !== resident) return;
    this.residents.noteCapacity(resident, capacityBefore);
    this.residents.shrink(this.flusher.acknowledgedNumber);
  }

  private scheduleExpiry(): void {
    const { clock, expiryIntervalMs } = this.options;
    this.expiryTimer = clock.after(expiryIntervalMs, () => {
      this.expiring = this.expire();
    });
  }

  /**
   * One step. Bounded by the time of the newest append in the store as well as by the clock: a
   * clock that jumps ahead for a while makes the table forget nothing, and a writer whose newer
   * appends are not flushed yet keeps its older receipts.
   */
  private async expire(): Promise<void> {
    const { clock, store, probe } = this.options;
    const beforeMs = Math.min(clock.nowMs(), this.flusher.storedMs) - writerRetentionMs;
    try {
      if (beforeMs > 0) {
        const count = await store.expireWriters(beforeMs);
        if (count > 0) probe.debug("writers expired", { count });
      }
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      probe.warn("writers not expired", { code: error.code, reason: error.message });
    }
    if (!this.isClosed) this.scheduleExpiry();
  }
}
