/**
 * Finds the parts of an `AppendRequest` without making an object per entry or per batch.
 *
 *     AppendRequest { 1 number | 2 batches… | 3 level }
 *     SignedBatch   { 1 author | 2 writer | 3 sequence | 4 entries… | 5 signature }
 *
 * Any protobuf library may have encoded the message: fields in any order, unknown ones skipped, the
 * last of a scalar wins, entries of a batch apart from each other. What is broken beyond telling
 * batches apart refuses the request; what is wrong with one batch refuses that batch alone, and the
 * others go on. What the entries say is the entry scanner's matter.
 *
 * Places stand in tables that grow up to the limits and are used again for the next request.
 */
import { assert } from "../invariant/assert.js";
import {
  batchBytesMax,
  batchEntriesMax,
  entryBytesMax,
  integerMax,
  requestBatchesMax,
  requestEntriesMax,
} from "../model/limits.js";
import { publicKeyBytes, signatureBytes, writerBytes } from "../model/position.js";
import { grouped } from "./field-rules.js";
import {
  faultCodeOf,
  SCAN_BATCH_INVALID,
  SCAN_MESSAGE_MALFORMED,
  SCAN_MESSAGE_TOO_LARGE,
  SCAN_OK,
  SCAN_TOO_LARGE,
  type ScanCode,
  type ScanReason,
} from "./scan-code.js";
import { VarintReader } from "./varint-reader.js";

// Columns of the batch table.
const AUTHOR = 0;
const WRITER = 2;
const SIGNATURE = 4;
const FIRST_ENTRY = 6;
const ENTRY_COUNT = 7;
const ENTRY_BYTES = 8;
/** Index, within the batch, of the first entry that is empty or too large; -1. */
const BAD_ENTRY = 9;
const COLUMNS = 10;

const ENTRIES_TAG = 0x22;
const entriesAtFirst = 1_024;

export class RequestScanner {
  /** The request's number. Known as far as the scan came. */
  number: bigint;
  /** The level asked for, as a number of `Level`; 0 where none is given. */
  level: number;
  batchCount: number;
  #entryCount: number;
  #batches: Int32Array;
  #sequences: Float64Array;
  #starts: Int32Array;
  #lengths: Int32Array;
  #code: ScanCode;
  #place: number;
  #start: number;
  #bytes: Uint8Array;
  readonly #varint: VarintReader;

  constructor() {
    this.number = 0n;
    this.level = 0;
    this.batchCount = 0;
    this.#entryCount = 0;
    this.#batches = new Int32Array(16 * COLUMNS);
    this.#sequences = new Float64Array(16);
    this.#starts = new Int32Array(entriesAtFirst);
    this.#lengths = new Int32Array(entriesAtFirst);
    this.#code = SCAN_OK;
    this.#place = 0;
    this.#start = 0;
    this.#bytes = new Uint8Array(0);
    this.#varint = new VarintReader();
  }

  /** Finds the parts of the request in `bytes[start..end)`, which stay the caller's. */
  scan(bytes: Uint8Array, start: number, end: number): ScanCode {
    assert(start >= 0 && start <= end && end <= bytes.length, "the request lies in the bytes");
    this.number = 0n;
    this.level = 0;
    this.batchCount = 0;
    this.#entryCount = 0;
    this.#code = SCAN_OK;
    this.#start = start;
    this.#bytes = bytes;
    this.#request(start, end);
    return this.#code;
  }

  /** Why the last scan failed. */
  reason(): ScanReason {
    assert(this.#code !== SCAN_OK, "a reason is asked for a scan that failed");
    const code = faultCodeOf(this.#code);
    if (this.#code === SCAN_MESSAGE_MALFORMED) {
      const value = `broken at byte ${this.#place - this.#start}`;
      return { code, field: "request", limit: "a protobuf message AppendRequest", value };
    }
    if (this.batchCount > requestBatchesMax) {
      const limit = `0..${grouped(requestBatchesMax)} batches`;
      return { code, field: "batches", limit, value: `${grouped(this.batchCount)} or more` };
    }
    const limit = `0..${grouped(requestEntriesMax)} entries in all batches`;
    return { code, field: "batches.entries", limit, value: `${grouped(this.#entryCount)} or more` };
  }

  /** Where the author's 32 bytes lie. The batch's code is `SCAN_OK`. */
  authorStart(batch: number): number {
    return this.#column(batch, AUTHOR);
  }

  /** Where the writer's 16 bytes lie. The batch's code is `SCAN_OK`. */
  writerStart(batch: number): number {
    return this.#column(batch, WRITER);
  }

  /** Where the signature's 64 bytes lie. The batch's code is `SCAN_OK`. */
  signatureStart(batch: number): number {
    return this.#column(batch, SIGNATURE);
  }

  /** The sequence; -1 where it is above 2^53 - 1. */
  sequence(batch: number): number {
    const sequence = this.#sequences[batch] as number;
    return sequence > integerMax ? -1 : sequence;
  }

  /** Index of the batch's first entry in the table of entries. */
  firstEntry(batch: number): number {
    return this.#column(batch, FIRST_ENTRY);
  }

  entryCount(batch: number): number {
    return this.#column(batch, ENTRY_COUNT);
  }

  /** Sum of the bytes of the batch's entries. */
  entryBytes(batch: number): number {
    return this.#column(batch, ENTRY_BYTES);
  }

  entryStart(entry: number): number {
    return this.#starts[entry] as number;
  }

  entryLength(entry: number): number {
    return this.#lengths[entry] as number;
  }

  /** Whether the batch's own fields are right: `SCAN_OK`, BATCH_INVALID or ENTRY_TOO_LARGE. */
  batchCode(batch: number): ScanCode {
    if (this.#brokenField(batch) !== undefined) return SCAN_BATCH_INVALID;
    return this.#column(batch, BAD_ENTRY) < 0 ? SCAN_OK : SCAN_TOO_LARGE;
  }

  /** Why a batch's code is not `SCAN_OK`. */
  batchReason(batch: number): ScanReason {
    const broken = this.#brokenField(batch);
    const code = faultCodeOf(this.batchCode(batch));
    if (broken !== undefined) return { code, ...broken };
    const bad = this.#column(batch, BAD_ENTRY);
    assert(bad >= 0, "a reason is asked for a batch that is refused");
    const length = this.entryLength(this.firstEntry(batch) + bad);
    const limit = `1..${grouped(entryBytesMax)} bytes`;
    return { code, field: `entries[${bad}]`, limit, value: `${grouped(length)} bytes` };
  }

  #column(batch: number, column: number): number {
    assert(batch >= 0 && batch < this.batchCount, "the batch is one of the request");
    return this.#batches[batch * COLUMNS + column] as number;
  }

  #brokenField(batch: number): Omit<ScanReason, "code"> | undefined {
    const author = this.#column(batch, AUTHOR + 1);
    const writer = this.#column(batch, WRITER + 1);
    const signature = this.#column(batch, SIGNATURE + 1);
    if (author !== publicKeyBytes) return sized("author", publicKeyBytes, author);
    if (writer !== writerBytes) return sized("writer", writerBytes, writer);
    if (signature !== signatureBytes) return sized("signature", signatureBytes, signature);
    const sequence = this.#sequences[batch] as number;
    if (sequence < 1 || sequence > integerMax) {
      const limit = `1..${grouped(integerMax)}`;
      const value = sequence < 1 ? "0" : `above ${grouped(integerMax)}`;
      return { field: "sequence", limit, value };
    }
    const count = this.#column(batch, ENTRY_COUNT);
    if (count < 1 || count > batchEntriesMax) {
      const limit = `1..${grouped(batchEntriesMax)} entries`;
      return { field: "entries", limit, value: `${grouped(count)} entries` };
    }
    const bytes = this.#column(batch, ENTRY_BYTES);
    if (bytes <= batchBytesMax) return undefined;
    const limit = `at most ${grouped(batchBytesMax)} bytes in all`;
    return { field: "entries", limit, value: `${grouped(bytes)} bytes` };
  }

  #request(start: number, end: number): boolean {
    const varint = this.#varint;
    let at = start;
    while (at < end) {
      this.#place = at;
      const behindTag = varint.readLoose(this.#bytes, at, end);
      const tag = varint.low >>> 0;
      if (behindTag < 0 || !varint.is32 || tag >>> 3 === 0) return this.#stop();
      at = this.#behind(tag & 7, behindTag, end);
      if (at < 0) return this.#stop();
      if (tag === 0x08) this.number = varint.bigint();
      else if (tag === 0x18) this.level = varint.low;
      else if (tag === 0x12 && !this.#batch(at - varint.value(), at)) return false;
    }
    return true;
  }

  /** Returns whether the request goes on behind the batch. */
  #batch(start: number, end: number): boolean {
    const batch = this.batchCount;
    this.batchCount = batch + 1;
    if (batch >= requestBatchesMax) return this.#stopTooLarge();
    if (batch >= this.#sequences.length) this.#growBatches();
    const row = batch * COLUMNS;
    this.#batches.fill(0, row, row + COLUMNS);
    this.#batches[row + FIRST_ENTRY] = this.#entryCount;
    this.#batches[row + BAD_ENTRY] = -1;
    this.#sequences[batch] = 0;
    const varint = this.#varint;
    let at = start;
    while (at < end) {
      if (this.#bytes[at] === ENTRIES_TAG) {
        at = this.#entries(row, at, end);
        if (at < 0) return false;
        continue;
      }
      this.#place = at;
      const behindTag = varint.readLoose(this.#bytes, at, end);
      const tag = varint.low >>> 0;
      if (behindTag < 0 || !varint.is32 || tag >>> 3 === 0) return this.#stop();
      at = this.#behind(tag & 7, behindTag, end);
      if (at < 0) return this.#stop();
      if (tag === 0x0a) this.#keep(row + AUTHOR, at);
      else if (tag === 0x12) this.#keep(row + WRITER, at);
      else if (tag === 0x2a) this.#keep(row + SIGNATURE, at);
      else if (tag === 0x18) this.#sequences[batch] = varint.value();
      else if (tag === ENTRIES_TAG && !this.#entry(row, at - varint.value(), at)) return false;
    }
    return true;
  }

  /** A run of entries with the tag in one byte, as nearly all are; returns where it ends, or -1. */
  #entries(row: number, start: number, end: number): number {
    const bytes = this.#bytes;
    const varint = this.#varint;
    let at = start;
    while (at < end && bytes[at] === ENTRIES_TAG) {
      this.#place = at;
      const open = varint.readLoose(bytes, at + 1, end);
      const stop = open + varint.value();
      if (open < 0 || stop > end) {
        this.#stop();
        return -1;
      }
      if (!this.#entry(row, open, stop)) return -1;
      at = stop;
    }
    return at;
  }

  #entry(row: number, start: number, end: number): boolean {
    const entry = this.#entryCount;
    this.#entryCount = entry + 1;
    if (entry >= requestEntriesMax) return this.#stopTooLarge();
    if (entry >= this.#starts.length) this.#growEntries();
    const length = end - start;
    this.#starts[entry] = start;
    this.#lengths[entry] = length;
    const batches = this.#batches;
    const index = batches[row + ENTRY_COUNT] as number;
    batches[row + ENTRY_COUNT] = index + 1;
    batches[row + ENTRY_BYTES] = (batches[row + ENTRY_BYTES] as number) + length;
    const isBad = length === 0 || length > entryBytesMax;
    if (isBad && (batches[row + BAD_ENTRY] as number) < 0) batches[row + BAD_ENTRY] = index;
    return true;
  }

  /** Keeps where a length-delimited field that ends at `end` lies: its start and its length. */
  #keep(column: number, end: number): void {
    const length = this.#varint.value();
    this.#batches[column] = end - length;
    this.#batches[column + 1] = length;
  }

  /** The place behind a field's content, or -1. A varint's value or a length is left behind. */
  #behind(wireType: number, at: number, end: number): number {
    if (wireType === 1) return at + 8 <= end ? at + 8 : -1;
    if (wireType === 5) return at + 4 <= end ? at + 4 : -1;
    if (wireType !== 0 && wireType !== 2) return -1;
    const next = this.#varint.readLoose(this.#bytes, at, end);
    if (next < 0 || wireType === 0) return next;
    const stop = next + this.#varint.value();
    return stop <= end ? stop : -1;
  }

  #stop(): false {
    this.#code = SCAN_MESSAGE_MALFORMED;
    return false;
  }

  #stopTooLarge(): false {
    this.#code = SCAN_MESSAGE_TOO_LARGE;
    return false;
  }

  #growBatches(): void {
    const batches = new Int32Array(this.#batches.length * 2);
    batches.set(this.#batches);
    const sequences = new Float64Array(this.#sequences.length * 2);
    sequences.set(this.#sequences);
    this.#batches = batches;
    this.#sequences = sequences;
  }

  #growEntries(): void {
    const starts = new Int32Array(this.#starts.length * 2);
    starts.set(this.#starts);
    const lengths = new Int32Array(this.#lengths.length * 2);
    lengths.set(this.#lengths);
    this.#starts = starts;
    this.#lengths = lengths;
  }
}

const sized = (field: string, bytes: number, length: number): Omit<ScanReason, "code"> => ({
  field,
  limit: `${bytes} bytes`,
  value: length === 0 ? "absent" : `${length} bytes`,
});
