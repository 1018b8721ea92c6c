/**
 * Brings the store of sequences up to its log when a node starts.
 *
 *     label   the store has applied           what happens
 *     A       nothing                         the last seven days of the log are applied
 *     B       another log                     it is cleared, then as A
 *     C       up to the log's size or less    what follows is applied
 *     D       more than the log holds         LOG_DAMAGED: durable entries are gone
 *
 * Receipts go straight to the store, in chunks; nothing becomes resident. Each chunk is one durable
 * transaction with the size that it reaches, so a start that is cut short goes on from there.
 */
import type { Clock } from "../host/clock.js";
import { Fault } from "../model/fault.js";
import { bytesEqual, toHex } from "../model/hex.js";
import { writerRetentionMs } from "../model/limits.js";
import type { Probe } from "../observability/probe.js";
import type { BatchSource, SourceBatch } from "./batch-source.js";
import { writerKey } from "./resident-writers.js";
import { SequenceJournal } from "./sequence-journal.js";
import type { SequenceStore } from "./sequence-store.js";
import { appendMs } from "./sequence-window.js";

export interface ReplayOptions {
  readonly store: SequenceStore;
  readonly clock: Clock;
  readonly log: BatchSource;
  readonly probe: Probe;
}

export interface Replayed {
  readonly appliedSize: number;
  /** The moment of the newest batch that was replayed; 0: none was. */
  readonly newestMs: number;
}

const chunkReceiptCount = 16_384;

/** Applies what the store lacks, by the table above. */
export async function replayBatches(options: ReplayOptions): Promise<Replayed> {
  const { log, probe } = options;
  const start = await startOf(options);
  const replay = new Replay(options, start);
  for await (const batch of log.batchesFrom(start)) await replay.take(batch);
  await replay.finish();
  const { receiptCount, newestMs } = replay;
  if (receiptCount > 0) {
    const fields = { receipts: receiptCount, from: start, size: log.size };
    probe.info("sequences replayed from the log", fields);
  }
  return { appliedSize: replay.appliedSize, newestMs };
}

async function startOf({ store, clock, log, probe }: ReplayOptions): Promise<number> {
  const applied = await store.appliedSize();
  if (applied !== undefined && bytesEqual(applied.logId, log.logId)) {
    if (applied.size <= log.size) return applied.size;
    throw new Fault(
      "LOG_DAMAGED",
      `the log holds ${log.size} entries, and the state directory has seen ${applied.size} of it`,
      { logId: toHex(log.logId), size: log.size, appliedSize: applied.size },
    );
  }
  if (applied !== undefined) {
    probe.warn("sequences of another log cleared", {
      logId: toHex(log.logId),
      otherLogId: toHex(applied.logId),
    });
    await store.clearSequences();
  }
  return log.indexAtTime(Math.max(0, clock.nowMs() - writerRetentionMs));
}

class Replay {
  receiptCount = 0;
  newestMs = 0;
  appliedSize: number;
  private readonly options: ReplayOptions;
  private journal = SequenceJournal.empty();
  private readonly numbers = new Map<string, number>();
  private hasFlushed = false;

  constructor(options: ReplayOptions, start: number) {
    this.options = options;
    this.appliedSize = start;
  }

  async take(batch: SourceBatch): Promise<void> {
    const { author, writer, sequence, firstIndex, count, hybridTime, root } = batch;
    const name = writerKey(author, writer);
    let number = this.numbers.get(name);
    if (number === undefined) {
      number = this.journal.addWriter(author, writer);
      this.numbers.set(name, number);
    }
    this.journal.add(number, sequence, { firstIndex, count, hybridTime, root });
    this.receiptCount += 1;
    this.newestMs = Math.max(this.newestMs, appendMs(hybridTime));
    this.appliedSize = Math.max(this.appliedSize, firstIndex + count);
    if (this.journal.receiptCount >= chunkReceiptCount) await this.flush();
  }

  /** Also where nothing was replayed: the next start must not look for the seven days again. */
  async finish(): Promise<void> {
    if (this.journal.receiptCount > 0 || !this.hasFlushed) await this.flush();
  }

  private async flush(): Promise<void> {
    const { store, log, probe } = this.options;
    const logId = new Uint8Array(log.logId);
    const outcome = await store.applyReceipts(this.journal, logId, this.appliedSize);
    if (outcome.fault !== undefined) throw outcome.fault;
    if (outcome.collisionCount > 0) {
      probe.warn("writers not stored for their hash", { count: outcome.collisionCount });
    }
    this.journal = outcome.journal;
    this.numbers.clear();
    this.hasFlushed = true;
  }
}
