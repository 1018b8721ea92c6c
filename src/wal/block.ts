/**
 * A block's payload: whole batches of entries behind a stamp, in one form in every copy.
 *
 *     batch count (4)
 *     states   n × 1     1 whole, 2 pruned, 3 redacted
 *     lengths  n × 2     of the slot, in bytes
 *     shards   n × 2     0..255, 256 for entries without a concept path
 *     batches  m × 128   first entry (4, relative) ‖ count (4) ‖ author (32) ‖ writer (16)
 *                        ‖ sequence (8) ‖ signature (64)
 *     slots              one behind the other
 *
 * A whole slot holds the entry; a pruned one its 32-byte leaf hash; a redacted one the leaf hash,
 * then the position (log id 32, index 8) of the Redaction. Entries in no batch are authored by the
 * log's key: the stamp, which is the first entry of every block, and the genesis in front of it in
 * a log's first. n and the block's place stand in the frame's statement.
 *
 * Invariants, checked whenever bytes become a block, read or written:
 *
 * - tables and slots fill the payload exactly;
 * - batches ascend, do not overlap, and lie within the block;
 * - the stamp says the log, the first index, the count and the hybrid time of the frame: so a copy
 *   whose blocks were joined or cut elsewhere is no copy, though the root at its end fits.
 *
 * A block never changes, and neither do its bytes: many readers share one.
 */

import { GLOBAL_SHARD } from "../entry/batch.js";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import type { HybridTime } from "../model/hybrid-time.js";
import { blockPayloadBytesMax } from "../model/limits.js";
import type { LogId } from "../model/position.js";
import type { AdmittedBatch } from "./admitted-batch.js";
import { getSize, setSize, viewOf } from "./bytes.js";
import { BATCH_ROW_BYTES, blockEntriesMax, ENTRY_ROW_BYTES } from "./limits.js";
import { readStamp } from "./stamp.js";
import type { Statement } from "./statement.js";

// Set in stone: these are bytes on disk.
const SLOT_WHOLE = 1;
const SLOT_PRUNED = 2;
const SLOT_REDACTED = 3;
const PRUNED_BYTES = 32;
export const REDACTED_BYTES = 32 + 32 + 8;
const TABLE_AT = 4;
const AUTHOR_AT = 8;
const WRITER_AT = 40;
const SEQUENCE_AT = 56;
const SIGNATURE_AT = 64;

const HASH_BYTES = 32;

export type SlotState = "whole" | "pruned" | "redacted";

export interface BatchRecord {
  /** Relative to the block's first entry. */
  readonly firstEntry: number;
  readonly count: number;
  readonly author: Uint8Array;
  readonly writer: Uint8Array;
  readonly sequence: number;
  readonly signature: Uint8Array;
}

/** A committed block: an immutable view. Numbers `i` are relative to `firstIndex`. */
export interface Block {
  readonly logId: LogId;
  readonly firstIndex: number;
  readonly count: number;
  readonly hybridTime: HybridTime;
  /** The log's signed word for its size and root with this block. */
  readonly statement: Statement;
  readonly payloadBytes: number;
  /** The payload; entry `i` stands at `offset(i)`, in `length(i)` bytes. */
  readonly bytes: Uint8Array;
  offset(i: number): number;
  length(i: number): number;
  /** The entry's bytes (or its slot's, where it is not whole): a view. */
  entry(i: number): Uint8Array;
  state(i: number): SlotState;
  shard(i: number): number;
  /** The leaf hash where it is at hand without hashing: of blocks just written, and of holes. */
  leaf(i: number): Uint8Array | undefined;
  /** All leaf hashes, one behind the other: of blocks just written. */
  readonly leaves: Uint8Array | undefined;
  /** Where a redacted entry's Redaction stands. */
  redaction(i: number): { readonly logId: LogId; readonly index: number } | undefined;
  readonly batchCount: number;
  batch(b: number): BatchRecord;
  /** The batch of entry `i`; -1 where the log itself is the author. */
  batchOf(i: number): number;
}

export interface BlockFacts {
  readonly statement: Statement;
  readonly hybridTime: HybridTime;
}

/** What the log itself says in front of a block's batches: its stamp, and its genesis once. */
export interface NodeEntry {
  readonly bytes: Uint8Array;
  readonly leaf: Uint8Array;
}

export const payloadBytesOf = (count: number, batchCount: number, slotBytes: number): number =>
  TABLE_AT + count * ENTRY_ROW_BYTES + batchCount * BATCH_ROW_BYTES + slotBytes;

/** The payload and the leaf hashes of a block, in buffers of their own: they become its views. */
export function encodePayload(
  nodeEntries: readonly NodeEntry[],
  batches: readonly AdmittedBatch[],
): { readonly payload: Uint8Array; readonly leaves: Uint8Array; readonly count: number } {
  let count = nodeEntries.length;
  let slotBytes = 0;
  for (const entry of nodeEntries) slotBytes += entry.bytes.length;
  for (const batch of batches) {
    count += batch.count;
    slotBytes += batch.entries.length;
  }
  const payloadBytes = payloadBytesOf(count, batches.length, slotBytes);
  assert(payloadBytes <= blockPayloadBytesMax, "a block's payload is bounded");
  assert(count <= blockEntriesMax, "a block's entries are bounded");

  const payload = Buffer.allocUnsafeSlow(payloadBytes);
  const leaves = Buffer.allocUnsafeSlow(count * HASH_BYTES);
  const view = viewOf(payload);
  view.setUint32(0, batches.length);
  payload.fill(SLOT_WHOLE, TABLE_AT, TABLE_AT + count);
  const lengthsAt = TABLE_AT + count;
  const shardsAt = lengthsAt + count * 2;
  const batchesAt = shardsAt + count * 2;
  let slotAt = batchesAt + batches.length * BATCH_ROW_BYTES;
  let entry = 0;
  for (const { bytes, leaf } of nodeEntries) {
    view.setUint16(lengthsAt + entry * 2, bytes.length);
    view.setUint16(shardsAt + entry * 2, GLOBAL_SHARD);
    payload.set(bytes, slotAt);
    leaves.set(leaf, entry * HASH_BYTES);
    slotAt += bytes.length;
    entry += 1;
  }
  batches.forEach((batch, b) => {
    encodeBatchRow(view, payload, batchesAt + b * BATCH_ROW_BYTES, entry, batch);
    setNumbers(payload, lengthsAt + entry * 2, batch.lengths, batch.count);
    setNumbers(payload, shardsAt + entry * 2, batch.shards, batch.count);
    payload.set(batch.entries, slotAt);
    leaves.set(batch.leaves, entry * HASH_BYTES);
    slotAt += batch.entries.length;
    entry += batch.count;
  });
  assert(slotAt === payloadBytes && entry === count, "tables and slots fill the payload");
  return { payload, leaves, count };
}

function encodeBatchRow(
  view: DataView,
  payload: Uint8Array,
  offset: number,
  firstEntry: number,
  batch: AdmittedBatch,
): void {
  assert(batch.leaves.length === batch.count * HASH_BYTES, "an entry has its leaf hash");
  assert(batch.count > 0, "a batch has entries");
  view.setUint32(offset, firstEntry);
  view.setUint32(offset + 4, batch.count);
  payload.set(batch.author, offset + AUTHOR_AT);
  payload.set(batch.writer, offset + WRITER_AT);
  setSize(view, offset + SEQUENCE_AT, batch.sequence);
  payload.set(batch.signature, offset + SIGNATURE_AT);
}

function setNumbers(target: Uint8Array, at: number, numbers: Uint16Array, count: number): void {
  assert(numbers.length === count, "an entry has its number");
  let offset = at;
  for (let i = 0; i < count; i++) {
    const number = numbers[i] as number;
    target[offset] = number >>> 8;
    target[offset + 1] = number & 0xff;
    offset += 2;
  }
}

export class StoredBlock implements Block {
  readonly statement: Statement;
  readonly logId: LogId;
  readonly firstIndex: number;
  readonly count: number;
  readonly hybridTime: HybridTime;
  readonly payloadBytes: number;
  readonly bytes: Uint8Array;
  readonly batchCount: number;
  readonly leaves: Uint8Array | undefined;
  private readonly view: DataView;
  /** Of the slots: count + 1 of them. */
  private readonly offsets: Uint32Array;

  /** Throws LOG_CORRUPT where the payload breaks an invariant. `leaves`: where they are known. */
  constructor(facts: BlockFacts, payload: Uint8Array, leaves?: Uint8Array) {
    const { statement } = facts;
    this.statement = statement;
    this.logId = statement.logId;
    this.firstIndex = statement.firstIndex;
    this.count = statement.count;
    this.hybridTime = facts.hybridTime;
    this.payloadBytes = payload.length;
    this.bytes = payload;
    this.view = viewOf(payload);
    this.leaves = leaves;
    this.offsets = new Uint32Array(this.count + 1);
    this.require(payload.length >= payloadBytesOf(this.count, 0, 0), "its tables are cut");
    this.batchCount = this.view.getUint32(0);
    this.require(this.batchCount <= this.count, "it has more batches than entries");
    const slotsAt = payloadBytesOf(this.count, this.batchCount, 0);
    this.require(payload.length >= slotsAt, "its tables are cut");
    this.fillOffsets(slotsAt);
    this.checkBatches();
    this.checkStamp();
  }

  offset(i: number): number {
    this.checkPlace(i);
    return this.offsets[i] as number;
  }

  length(i: number): number {
    this.checkPlace(i);
    return (this.offsets[i + 1] as number) - (this.offsets[i] as number);
  }

  entry(i: number): Uint8Array {
    this.checkPlace(i);
    return this.bytes.subarray(this.offsets[i], this.offsets[i + 1]);
  }

  state(i: number): SlotState {
    const state = this.slotState(i);
    return state === SLOT_WHOLE ? "whole" : state === SLOT_PRUNED ? "pruned" : "redacted";
  }

  shard(i: number): number {
    this.checkPlace(i);
    return this.view.getUint16(TABLE_AT + this.count * 3 + i * 2);
  }

  leaf(i: number): Uint8Array | undefined {
    if (this.slotState(i) !== SLOT_WHOLE) return this.entry(i).subarray(0, HASH_BYTES);
    return this.leaves?.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES);
  }

  redaction(i: number): { readonly logId: LogId; readonly index: number } | undefined {
    if (this.slotState(i) !== SLOT_REDACTED) return undefined;
    const slot = this.entry(i);
    const index = getSize(viewOf(slot), 64);
    this.require(index !== undefined, "a redaction's index is out of range");
    return { logId: slot.subarray(32, 64), index: index ?? 0 };
  }

  batch(b: number): BatchRecord {
    const at = this.rowAt(b);
    const field = (start: number, end: number) => this.bytes.subarray(at + start, at + end);
    return {
      firstEntry: this.view.getUint32(at),
      count: this.view.getUint32(at + 4),
      author: field(AUTHOR_AT, WRITER_AT),
      writer: field(WRITER_AT, SEQUENCE_AT),
      sequence: getSize(this.view, at + SEQUENCE_AT) ?? 0,
      signature: field(SIGNATURE_AT, BATCH_ROW_BYTES),
    };
  }

  batchOf(i: number): number {
    this.checkPlace(i);
    let low = 0;
    let high = this.batchCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.view.getUint32(this.rowAt(middle)) <= i) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return -1;
    const at = this.rowAt(low - 1);
    return i < this.view.getUint32(at) + this.view.getUint32(at + 4) ? low - 1 : -1;
  }

  private slotState(i: number): number {
    this.checkPlace(i);
    return this.bytes[TABLE_AT + i] as number;
  }

  private rowAt(b: number): number {
    assert(b >= 0 && b < this.batchCount, "a batch is one of the block's");
    return TABLE_AT + this.count * ENTRY_ROW_BYTES + b * BATCH_ROW_BYTES;
  }

  private fillOffsets(slotsAt: number): void {
    const { bytes, count, offsets } = this;
    const lengthsAt = TABLE_AT + count;
    const shardsAt = lengthsAt + count * 2;
    let next = slotsAt;
    for (let i = 0; i < count; i++) {
      const at = lengthsAt + i * 2;
      const length = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
      const state = bytes[TABLE_AT + i] as number;
      if (state !== SLOT_WHOLE) this.checkHole(state, length);
      else if (length === 0) this.require(false, "an entry is empty");
      const high = bytes[shardsAt + i * 2] as number;
      if (high > 0) {
        this.require(high === 1 && bytes[shardsAt + i * 2 + 1] === 0, "a shard is none");
      }
      offsets[i] = next;
      next += length;
    }
    offsets[count] = next;
    this.require(next === bytes.length, "its slots do not fill it");
  }

  private checkHole(state: number, length: number): void {
    const fits =
      (state === SLOT_PRUNED && length === PRUNED_BYTES) ||
      (state === SLOT_REDACTED && length === REDACTED_BYTES);
    this.require(fits, "a slot without its entry has another length or state");
  }

  private checkBatches(): void {
    let end = 0;
    for (let b = 0; b < this.batchCount; b++) {
      const at = this.rowAt(b);
      const first = this.view.getUint32(at);
      const count = this.view.getUint32(at + 4);
      this.require(first >= end && count > 0 && first + count <= this.count, "batches overlap");
      this.require(
        getSize(this.view, at + SEQUENCE_AT) !== undefined,
        "a sequence is out of range",
      );
      end = first + count;
    }
  }

  private checkStamp(): void {
    const place = this.firstIndex === 0 ? 1 : 0;
    this.require(this.count > place, "it has no stamp");
    if (this.slotState(place) !== SLOT_WHOLE) return;
    const stamp = readStamp(this.entry(place));
    this.require(stamp !== undefined, "its first entry is no stamp");
    this.require(stamp?.hybridTime === this.hybridTime, "its stamp says another time");
    const fits =
      stamp?.firstIndex === this.firstIndex &&
      stamp.count === this.count &&
      bytesEqual(stamp.logId, this.logId);
    this.require(fits, "its stamp says another place");
  }

  private checkPlace(i: number): void {
    assert(i >= 0 && i < this.count, "an entry is one of the block's");
  }

  private require(holds: boolean, what: string): void {
    if (holds) return;
    throw new Fault("LOG_CORRUPT", `a block of the log is not what was written: ${what}`, {
      firstIndex: this.firstIndex,
      count: this.count,
      payloadBytes: this.payloadBytes,
    });
  }
}
