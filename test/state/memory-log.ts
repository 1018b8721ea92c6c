/** A log in memory: durable batches in order, and the source that a sequence table replays. */
import { nextHybridTime, toHybridTime } from "../../src/model/hybrid-time.js";
import type { BatchSource, SourceBatch } from "../../src/state/batch-source.js";
import type { SequenceReceipt } from "../../src/state/receipt-slots.js";
import { appendMs } from "../../src/state/sequence-window.js";

export interface SentBatch {
  readonly author: Uint8Array;
  readonly writer: Uint8Array;
  readonly sequence: number;
  readonly root: Uint8Array;
}

/** An author, a writer or a root, told apart by a number. */
export const filled = (bytes: number, n: number): Uint8Array => {
  const made = new Uint8Array(bytes).fill(n % 251);
  new DataView(made.buffer).setUint32(4, n);
  return made;
};

export class MemoryLog implements BatchSource {
  readonly logId: Uint8Array;
  readonly batches: SourceBatch[] = [];
  size = 2; // genesis and its stamp
  replayedCount = 0;
  private lastTime = toHybridTime(0n);

  constructor(logNumber = 1) {
    this.logId = filled(32, logNumber);
  }

  /** What the log answers when the batch is durable. */
  append(batch: SentBatch, nowMs: number, count = 3): SequenceReceipt {
    this.lastTime = nextHybridTime(this.lastTime, nowMs);
    this.size += 1; // the stamp of its block
    const { author, writer, sequence, root } = batch;
    const receipt = { firstIndex: this.size, count, hybridTime: this.lastTime, root: root.slice() };
    this.batches.push({ ...receipt, author, writer, sequence });
    this.size += count;
    return receipt;
  }

  async indexAtTime(ms: number): Promise<number> {
    const found = this.batches.find((batch) => appendMs(batch.hybridTime) >= ms);
    return found === undefined ? this.size : found.firstIndex - 1;
  }

  async *batchesFrom(index: number): AsyncGenerator<SourceBatch> {
    for (const batch of this.batches) {
      if (batch.firstIndex < index) continue;
      this.replayedCount += 1;
      yield batch;
    }
  }
}
