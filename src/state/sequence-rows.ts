/**
 * Sequences as rows of LMDB. Runs on the thread that owns the environment.
 *
 *     keyspace «sequences»     key                              value
 *       writer row             hash 16                          author 32 ‖ writer 16 ‖
 *                                                               highest 8 ‖ last hybrid time 8
 *       receipt row            hash 16 ‖ sequence 8             first index 8 ‖ count 4 ‖
 *                                                               hybrid time 8 ‖ root 32
 *     keyspace «meta»          "applied"                        log id 32 ‖ size 8
 *
 * hash = first 16 bytes of SHA-256(author ‖ writer). Integers are big-endian, so a writer's
 * receipts lie behind its row in the order of their sequences, and are deleted as one range.
 *
 * Invariants:
 *
 * - The applied size and the receipts below it are written in one transaction.
 * - Applying receipts again changes nothing, so a replay may begin too early.
 * - The rows are the windows of sequence-window.ts: the same rules, on disk.
 *
 * Why the full name stands in the value: 16 bytes keep keys short, and whoever finds two names with
 * one hash must not see or disturb the other's receipts. The second of them is not stored.
 */
import { sha256 } from "../crypto/sha256.js";
import { keyAfterPrefix, type LmdbRow } from "../lmdb/lmdb-range.js";
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { logIdBytes, rootBytes } from "../model/position.js";
import { ReceiptSlots } from "./receipt-slots.js";
import { type SequenceJournal, WRITER_NAME_BYTES } from "./sequence-journal.js";
import type { AppliedSize, StoredWindow, WriterHead } from "./sequence-store.js";
import { appendMs, isForgotten, lowestKept } from "./sequence-window.js";

// Set in stone for format version 1 of the state directory.
export const SEQUENCES_KEYSPACE = "sequences";
export const META_KEYSPACE = "meta";
const HASH_BYTES = 16;
const RECEIPT_KEY_BYTES = HASH_BYTES + 8;
const WRITER_ROW_BYTES = WRITER_NAME_BYTES + 16;
const RECEIPT_ROW_BYTES = 20 + rootBytes;
const APPLIED_ROW_BYTES = logIdBytes + 8;
const APPLIED_KEY = Buffer.from("applied", "latin1");

/** Bounds of one step of expiry: rows looked at, and rows deleted (give or take one writer). */
const expiryWritersMax = 256;
const expiryRowsMax = 4_096;

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const hashOf = (writerName: Uint8Array): Uint8Array => sha256(writerName).subarray(0, HASH_BYTES);

function receiptKey(hash: Uint8Array, sequence: number): Uint8Array {
  const key = new Uint8Array(RECEIPT_KEY_BYTES);
  key.set(hash);
  viewOf(key).setBigUint64(HASH_BYTES, BigInt(sequence));
  return key;
}

function checked(row: Uint8Array, bytes: number, what: string): Uint8Array {
  if (row.length === bytes) return row;
  const detail = { row: what, bytes: row.length, bytesExpected: bytes };
  throw new Fault("STATE_DAMAGED", `a ${what} row of the state directory is damaged`, detail);
}

function safeNumber(value: bigint, what: string): number {
  if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  const detail = { row: what, value: `${value}` };
  throw new Fault("STATE_DAMAGED", `a ${what} row of the state directory is damaged`, detail);
}

export function readAppliedSize(transaction: LmdbReader): AppliedSize | undefined {
  const row = transaction.get(META_KEYSPACE, APPLIED_KEY);
  if (row === undefined) return undefined;
  const size = viewOf(checked(row, APPLIED_ROW_BYTES, "applied")).getBigUint64(logIdBytes);
  return { logId: new Uint8Array(row.subarray(0, logIdBytes)), size: safeNumber(size, "applied") };
}

function writeAppliedSize(transaction: LmdbWriter, applied: AppliedSize): void {
  const row = new Uint8Array(APPLIED_ROW_BYTES);
  row.set(applied.logId);
  viewOf(row).setBigUint64(logIdBytes, BigInt(applied.size));
  transaction.put(META_KEYSPACE, APPLIED_KEY, row);
}

export function clearSequences(transaction: LmdbWriter): void {
  transaction.clear(SEQUENCES_KEYSPACE);
  transaction.delete(META_KEYSPACE, APPLIED_KEY);
}

interface StoredWriter extends WriterHead {
  readonly name: Uint8Array;
}

function decodeWriter(row: Uint8Array): StoredWriter {
  const view = viewOf(checked(row, WRITER_ROW_BYTES, "writer"));
  return {
    name: row.subarray(0, WRITER_NAME_BYTES),
    highest: safeNumber(view.getBigUint64(WRITER_NAME_BYTES), "writer"),
    lastHybridTime: view.getBigUint64(WRITER_NAME_BYTES + 8),
  };
}

function encodeWriter(writer: StoredWriter): Uint8Array {
  const row = new Uint8Array(WRITER_ROW_BYTES);
  row.set(writer.name);
  viewOf(row).setBigUint64(WRITER_NAME_BYTES, BigInt(writer.highest));
  viewOf(row).setBigUint64(WRITER_NAME_BYTES + 8, writer.lastHybridTime);
  return row;
}

/** `undefined` where the writer is not stored, be it that another one has its hash. */
export function readWriterHead(
  transaction: LmdbReader,
  writerName: Uint8Array,
): WriterHead | undefined {
  const row = transaction.get(SEQUENCES_KEYSPACE, hashOf(writerName));
  if (row === undefined) return undefined;
  const { name, highest, lastHybridTime } = decodeWriter(row);
  return bytesEqual(name, writerName) ? { highest, lastHybridTime } : undefined;
}

/** The receipts of a writer, ascending. */
export function readWriterWindow(transaction: LmdbReader, writerName: Uint8Array): StoredWindow {
  const rows: LmdbRow[] = [];
  if (readWriterHead(transaction, writerName) !== undefined) {
    const hash = hashOf(writerName);
    rows.push(
      ...transaction.rows(SEQUENCES_KEYSPACE, { prefix: hash, start: receiptKey(hash, 0) }),
    );
  }
  const receipts = ReceiptSlots.ofCapacity(rows.length);
  for (const [slot, { key, value }] of rows.entries()) {
    const view = viewOf(checked(value, RECEIPT_ROW_BYTES, "receipt"));
    const sequence = viewOf(checked(key, RECEIPT_KEY_BYTES, "receipt")).getBigUint64(HASH_BYTES);
    receipts.set(slot, 1, safeNumber(sequence, "receipt"), {
      firstIndex: safeNumber(view.getBigUint64(0), "receipt"),
      count: view.getUint32(8),
      hybridTime: view.getBigUint64(12),
      root: value.subarray(20),
    });
  }
  return { count: rows.length, receipts };
}

function encodeReceipt(slots: ReceiptSlots, slot: number): Uint8Array {
  const row = new Uint8Array(RECEIPT_ROW_BYTES);
  const view = viewOf(row);
  view.setBigUint64(0, BigInt(slots.firstIndex(slot)));
  view.setUint32(8, slots.count(slot));
  view.setBigUint64(12, slots.hybridTime(slot));
  row.set(slots.root(slot), 20);
  return row;
}

/**
 * Applies a journal and the size that it brings the store to. Returns how many of its writers could
 * not be stored, for their hash is another one's.
 */
export function applyJournal(
  transaction: LmdbWriter,
  journal: SequenceJournal,
  applied: AppliedSize,
): number {
  const rows: LmdbRow[] = [];
  let collisionCount = 0;
  for (const [number, places] of journal.receiptsByWriter().entries()) {
    const name = journal.writerName(number);
    const isStored = applyWriter(transaction, name, journal.slots, places, rows);
    if (!isStored) collisionCount += 1;
  }
  transaction.putSorted(SEQUENCES_KEYSPACE, rows);
  writeAppliedSize(transaction, applied);
  return collisionCount;
}

function applyWriter(
  transaction: LmdbWriter,
  name: Uint8Array,
  slots: ReceiptSlots,
  places: readonly number[],
  rows: LmdbRow[],
): boolean {
  const hash = hashOf(name);
  const row = transaction.get(SEQUENCES_KEYSPACE, hash);
  const stored = row === undefined ? undefined : decodeWriter(row);
  if (stored !== undefined && !bytesEqual(stored.name, name)) return false;

  let highest = stored?.highest ?? 0;
  let lastHybridTime = stored?.lastHybridTime ?? 0n;
  let first = 0;
  for (const [order, place] of places.entries()) {
    const hybridTime = slots.hybridTime(place);
    if (highest > 0 && isForgotten(appendMs(lastHybridTime), appendMs(hybridTime))) {
      transaction.deleteRange(SEQUENCES_KEYSPACE, { prefix: hash });
      highest = 0;
      first = order;
    }
    if (hybridTime > lastHybridTime) lastHybridTime = hybridTime;
    highest = Math.max(highest, slots.sequence(place));
  }

  const floor = lowestKept(highest);
  const fallen = { start: receiptKey(hash, 0), end: receiptKey(hash, floor) };
  transaction.deleteRange(SEQUENCES_KEYSPACE, fallen);
  for (const place of places.slice(first)) {
    const sequence = slots.sequence(place);
    if (sequence < floor) continue;
    rows.push({ key: receiptKey(hash, sequence), value: encodeReceipt(slots, place) });
  }
  rows.push({ key: hash, value: encodeWriter({ name, highest, lastHybridTime }) });
  return true;
}

export interface ExpiryStep {
  /** Hashes of writers whose last append lies before the moment. */
  readonly expired: readonly Uint8Array[];
  /** Where the next step begins; `undefined`: at the first writer again. */
  readonly resume: Uint8Array | undefined;
}

/** Looks at the next writers of the walk. Writes nothing, for most steps find nothing. */
export function findExpired(
  transaction: LmdbReader,
  resume: Uint8Array | undefined,
  beforeMs: number,
): ExpiryStep {
  const expired: Uint8Array[] = [];
  let start = resume;
  let rowCount = 0;
  for (let looked = 0; looked < expiryWritersMax && rowCount < expiryRowsMax; looked++) {
    const row = firstRow(transaction, start);
    if (row === undefined) return { expired, resume: undefined };
    const hash = row.key.subarray(0, HASH_BYTES);
    if (row.key.length !== HASH_BYTES || isBefore(row.value, beforeMs)) {
      expired.push(hash);
      for (const _ of transaction.keys(SEQUENCES_KEYSPACE, { prefix: hash })) rowCount += 1;
    }
    start = keyAfterPrefix(hash);
    if (start === undefined) return { expired, resume: undefined };
  }
  return { expired, resume: start };
}

const isBefore = (writerRow: Uint8Array, beforeMs: number): boolean =>
  appendMs(decodeWriter(writerRow).lastHybridTime) < beforeMs;

function firstRow(transaction: LmdbReader, start: Uint8Array | undefined): LmdbRow | undefined {
  const range = start === undefined ? {} : { start };
  for (const row of transaction.rows(SEQUENCES_KEYSPACE, range)) return row;
  return undefined;
}

/** Deletes what a step found. Nothing is written in between: one thread owns the environment. */
export function deleteExpired(transaction: LmdbWriter, step: ExpiryStep): void {
  for (const hash of step.expired) {
    transaction.deleteRange(SEQUENCES_KEYSPACE, { prefix: hash });
  }
}
