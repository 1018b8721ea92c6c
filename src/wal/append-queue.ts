/** Batches that wait for the next block, with those who wait for their receipts. */
import { assert } from "../invariant/assert.js";
import type { Fault } from "../model/fault.js";
import { blockPayloadBytesMax } from "../model/limits.js";
import type { AdmittedBatch, Committed } from "./admitted-batch.js";
import { payloadBytesOf, REDACTED_BYTES } from "./block.js";
import { blockEntriesMax } from "./limits.js";
import { stampBytesMax } from "./node-entries.js";

export interface Pending {
  readonly batch: AdmittedBatch;
  /** Whether nothing else was on its way when it came. */
  readonly isAlone: boolean;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (fault: Fault) => void;
}

/** What goes into one block. */
export interface Group {
  readonly members: readonly Pending[];
  /** A bound of the block's payload. */
  readonly payloadBytesMax: number;
}

/** A stamp, and no more than that. */
const emptyBlockBytes = payloadBytesOf(1, 0, stampBytesMax);

export class AppendQueue {
  private pending: Pending[] = [];

  get length(): number {
    return this.pending.length;
  }

  push(one: Pending): void {
    this.pending.push(one);
  }

  /** Whole batches, in order, as many as fit a block, even one whose every entry is redacted. */
  takeGroup(): Group {
    let count = 1;
    let payloadBytesMax = emptyBlockBytes;
    let taken = 0;
    for (const { batch } of this.pending) {
      const bytes = payloadBytesMax + batchPayloadBytes(batch);
      if (bytes > blockPayloadBytesMax || count + batch.count > blockEntriesMax) break;
      payloadBytesMax = bytes;
      count += batch.count;
      taken += 1;
    }
    assert(taken > 0, "a batch fits a block");
    if (taken < this.pending.length) {
      return { members: this.pending.splice(0, taken), payloadBytesMax };
    }
    const members = this.pending;
    this.pending = [];
    return { members, payloadBytesMax };
  }
}

/**
 * A redacted slot may be larger than the entry that stood in it (a small source record), and the
 * block that is written anew has the same bound.
 */
function batchPayloadBytes(batch: AdmittedBatch): number {
  let slotBytes = batch.entries.length;
  for (const length of batch.lengths) {
    if (length < REDACTED_BYTES) slotBytes += REDACTED_BYTES - length;
  }
  return payloadBytesOf(batch.count, 1, slotBytes) - payloadBytesOf(0, 0, 0);
}
