/**
 * Entries that go into one batch, with who waits for them.
 *
 * A lingering group collects single appends, each with its own promise: it may be split, so that
 * an entry that is refused never takes its neighbours down. An atomic group is one append of many
 * entries: all or nothing.
 */
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import type { EntryId } from "../model/position.js";
import {
  type BatchReceipt,
  type BatchRefused,
  type EntryReceipt,
  type EntryRefusal,
  entryReceiptOf,
} from "./outcome.js";
import { idIn } from "./sealed-batch.js";

export interface Group {
  readonly entries: readonly Uint8Array[];
  readonly entryBytes: number;
  /** The batch stands in the log. `ids`: 32 bytes per entry. */
  settled(receipt: BatchReceipt, ids: Uint8Array): void;
  /** Whether it stands there is not known, or it was never sent. */
  failed(fault: Fault): void;
  /** It was judged and never stored. Returns what is to be sent in its stead, if anything. */
  refused(fault: BatchRefused): Group | undefined;
}

export interface Settlement<Receipt> {
  resolve(receipt: Receipt): void;
  reject(fault: Fault): void;
}

/** What a batch append gives back. */
export interface AtomicReceipt extends BatchReceipt {
  /** In the order of the entries. */
  readonly ids: readonly EntryId[];
}

/** Tells the writer that entries left the pipeline. */
export type Released = (entries: number, bytes: number) => void;

export class AtomicGroup implements Group {
  readonly entryBytes: number;

  constructor(
    readonly entries: readonly Uint8Array[],
    private readonly settlement: Settlement<AtomicReceipt>,
    private readonly released: Released,
  ) {
    this.entryBytes = entries.reduce((sum, entry) => sum + entry.length, 0);
  }

  settled(receipt: BatchReceipt, ids: Uint8Array): void {
    this.settlement.resolve({ ...receipt, ids: this.entries.map((_, entry) => idIn(ids, entry)) });
    this.released(this.entries.length, this.entryBytes);
  }

  failed(fault: Fault): void {
    this.settlement.reject(fault);
    this.released(this.entries.length, this.entryBytes);
  }

  refused(fault: BatchRefused): undefined {
    this.failed(fault);
  }
}

export class LingeringGroup implements Group {
  readonly entries: Uint8Array[] = [];
  readonly #settlements: Settlement<EntryReceipt>[] = [];
  entryBytes = 0;

  constructor(private readonly released: Released) {}

  add(entry: Uint8Array, settlement: Settlement<EntryReceipt>): void {
    this.entries.push(entry);
    this.#settlements.push(settlement);
    this.entryBytes += entry.length;
  }

  settled(receipt: BatchReceipt, ids: Uint8Array): void {
    assert(ids.length === this.entries.length * 32, "every entry has its id");
    for (const [entry, settlement] of this.#settlements.entries()) {
      settlement.resolve(entryReceiptOf(receipt, entry, idIn(ids, entry)));
    }
    this.released(this.entries.length, this.entryBytes);
  }

  failed(fault: Fault): void {
    for (const settlement of this.#settlements) settlement.reject(fault);
    this.released(this.entries.length, this.entryBytes);
  }

  /**
   * Rejects the entries that the node names and returns the others. Where it names none, what is
   * wrong is the batch (or all of it), and everybody is told.
   */
  refused(fault: BatchRefused): LingeringGroup | undefined {
    const named = fault.entries.filter((reason) => reason.entry < this.entries.length);
    const reasons = new Map(named.map((reason) => [reason.entry, reason]));
    const rest = new LingeringGroup(this.released);
    for (const [entry, settlement] of this.#settlements.entries()) {
      const bytes = this.entries[entry];
      assert(bytes !== undefined, "every settlement has its entry");
      const reason = reasons.get(entry);
      if (reason === undefined && reasons.size > 0) rest.add(bytes, settlement);
      else settlement.reject(reason === undefined ? fault : entryFault(fault, reason));
    }
    const left = rest.entries.length;
    this.released(this.entries.length - left, this.entryBytes - rest.entryBytes);
    return left === 0 ? undefined : rest;
  }
}

function entryFault(batch: BatchRefused, reason: EntryRefusal): Fault {
  const { code, field, limit, value } = reason;
  return new Fault(code, `${field}: ${limit}, found ${value}`, { field, limit, value }, batch);
}
