/**
 * What admission found in a request, as a table of numbers behind the message in its range.
 *
 *     | message | pad | number lo | number hi | level | batches | row | row | … | results … |
 *
 * Everything is a float64, so that both threads read it without parsing; the places in a row are
 * byte offsets in the shared area. Refusals are rare and travel as objects beside the table.
 */
import type { FaultCode } from "../model/fault.js";
import { requestBatchesMax } from "../model/limits.js";

export interface Reason {
  readonly field: string;
  readonly limit: string;
  readonly value: string;
}

export interface EntryReason extends Reason {
  readonly index: number;
  readonly code: FaultCode;
}

/** Why a batch is not appended: about the batch as a whole, or about some of its entries. */
export interface Refusal {
  readonly code: FaultCode;
  readonly message: string;
  readonly reason?: Reason;
  /** The first ones; `entriesRefused` counts all. */
  readonly entries: readonly EntryReason[];
  readonly entriesRefused: number;
}

export interface BatchRefusal {
  /** Index of the batch in its request. */
  readonly batch: number;
  readonly refusal: Refusal;
}

const HEAD_FIELDS = 4;
const ROW_FIELDS = 12;
const FLOAT_BYTES = 8;

/** A row of the table: where the parts of an admitted batch stand in the area. */
export interface AdmittedRow {
  readonly author: number;
  readonly writer: number;
  readonly sequence: number;
  readonly signature: number;
  readonly root: number;
  readonly count: number;
  readonly entries: number;
  readonly entriesBytes: number;
  readonly leaves: number;
  readonly lengths: number;
  readonly shards: number;
  /** 1 where an entry is about rights, else 0. */
  readonly rights: number;
}

const align = (offset: number): number => (offset + 7) & ~7;

/**
 * How large a range must be for a message of `bytes`: the message, its table (a batch takes two
 * bytes at least), and the results (the gathered entries, and less than a message of hashes).
 */
export function rangeBytesFor(bytes: number): number {
  const batchesMax = Math.min(requestBatchesMax, Math.ceil(bytes / 2));
  return align(bytes) * 3 + (HEAD_FIELDS + batchesMax * ROW_FIELDS) * FLOAT_BYTES + 1024;
}

export class AdmittedTable {
  readonly #fields: Float64Array;

  private constructor(fields: Float64Array) {
    this.#fields = fields;
  }

  /** The table of the message of `bytes` bytes at `start`. */
  static at(area: Uint8Array, start: number, bytes: number, rows: number): AdmittedTable {
    const offset = area.byteOffset + align(start + bytes);
    return new AdmittedTable(
      new Float64Array(area.buffer, offset, HEAD_FIELDS + rows * ROW_FIELDS),
    );
  }

  /** Where results may begin. */
  static end(start: number, bytes: number, rows: number): number {
    return align(start + bytes) + (HEAD_FIELDS + rows * ROW_FIELDS) * FLOAT_BYTES;
  }

  setHead(head: { number: bigint; level: number; batches: number }): void {
    this.#fields[0] = Number(head.number & 0xffff_ffffn);
    this.#fields[1] = Number(head.number >> 32n);
    this.#fields[2] = head.level;
    this.#fields[3] = head.batches;
  }

  get number(): bigint {
    return (BigInt(this.#fields[1] ?? 0) << 32n) | BigInt(this.#fields[0] ?? 0);
  }

  get level(): number {
    return this.#fields[2] ?? 0;
  }

  get batches(): number {
    return this.#fields[3] ?? 0;
  }

  setRow(batch: number, row: AdmittedRow): void {
    const fields = this.#fields;
    const at = HEAD_FIELDS + batch * ROW_FIELDS;
    fields[at] = row.author;
    fields[at + 1] = row.writer;
    fields[at + 2] = row.sequence;
    fields[at + 3] = row.signature;
    fields[at + 4] = row.root;
    fields[at + 5] = row.count;
    fields[at + 6] = row.entries;
    fields[at + 7] = row.entriesBytes;
    fields[at + 8] = row.leaves;
    fields[at + 9] = row.lengths;
    fields[at + 10] = row.shards;
    fields[at + 11] = row.rights;
  }

  row(batch: number): AdmittedRow {
    const fields = this.#fields;
    const at = HEAD_FIELDS + batch * ROW_FIELDS;
    return {
      author: fields[at] ?? 0,
      writer: fields[at + 1] ?? 0,
      sequence: fields[at + 2] ?? 0,
      signature: fields[at + 3] ?? 0,
      root: fields[at + 4] ?? 0,
      count: fields[at + 5] ?? 0,
      entries: fields[at + 6] ?? 0,
      entriesBytes: fields[at + 7] ?? 0,
      leaves: fields[at + 8] ?? 0,
      lengths: fields[at + 9] ?? 0,
      shards: fields[at + 10] ?? 0,
      rights: fields[at + 11] ?? 0,
    };
  }
}
