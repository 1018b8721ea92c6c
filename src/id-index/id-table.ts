/**
 * A segment's table, for looking up ids. What is read is checked against its checksum, and what
 * does not fit is told as damage: the table is built anew, and nobody sees a wrong row. The file
 * may vanish or change at any moment, also into another table, whole in itself: the header is read
 * once, and everything read later must belong to it.
 *
 * Directory and filter stay in memory while the budget allows. It is not a cache that evicts: a
 * live feed goes through all filters over and over, where the longest unused is the next one
 * needed; those that found no room are read each time, and the others stay.
 */
import { crc32 } from "node:zlib";
import type { Disk, DiskFile } from "../host/disk.js";
import { assert } from "../invariant/assert.js";
import { Fault, isFault } from "../model/fault.js";
import { getSize, viewOf } from "../wal/bytes.js";
import { mayHold } from "./id-filter.js";
import { isUnreadable } from "./patience.js";
import type { RepeatList } from "./segment-ids.js";
import {
  BUCKET_BYTES,
  bucketOf,
  decodeTableHeader,
  type FoundTableHeader,
  isTableOf,
  placeCrc,
  REPEAT_BYTES,
  ROW_BYTES,
  TABLE_HEADER_BYTES,
  type TableLayout,
  type TablePlace,
  tableLayout,
} from "./table-format.js";

/** Rows that are read at once when all are gone through: 1.5 MiB. */
const rowsAtOnce = 128 * 1024;
/** Beside its bytes, a table that stays in memory keeps its file open. */
const residentCost = 16 * 1024;

/** Directory and filter. */
export interface TableSummary {
  readonly directory: DataView;
  readonly filter: Uint8Array;
}

/** Memory for the summaries of all tables. */
export class SummaryBudget {
  #bytesLeft: number;

  constructor(bytesMax: number) {
    this.#bytesLeft = bytesMax;
  }

  take(bytes: number): boolean {
    if (bytes > this.#bytesLeft) return false;
    this.#bytesLeft -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#bytesLeft += bytes;
  }
}

interface Resident {
  readonly file: DiskFile;
  readonly summary: TableSummary;
  readonly cost: number;
}

export interface TableSource {
  readonly disk: Disk;
  readonly path: string;
  readonly budget: SummaryBudget;
}

/** Inside this folder only: the engine catches it and has the table built again. */
export const isTableDamage = (error: unknown): boolean => isFault(error, "STATE_DAMAGED");

export class IdTable {
  readonly header: FoundTableHeader;
  readonly #disk: Disk;
  readonly #path: string;
  readonly #layout: TableLayout;
  readonly #budget: SummaryBudget;
  /** What the checksums of buckets begin with. */
  readonly #bucketSeed: number;
  #resident: Resident | undefined;
  #isDamaged = false;
  #isClosed = false;

  private constructor(source: TableSource, header: FoundTableHeader) {
    this.#disk = source.disk;
    this.#path = source.path;
    this.#budget = source.budget;
    this.header = header;
    this.#layout = tableLayout(header);
    this.#bucketSeed = placeCrc(header);
  }

  /**
   * Opens what stands at a path; `undefined` where that is no table of this version, or cannot be
   * read, or is gone by then. Reads the header alone.
   */
  static async open(source: TableSource, place?: TablePlace): Promise<IdTable | undefined> {
    try {
      if ((await source.disk.facts(source.path))?.kind !== "file") return undefined;
      const file = await source.disk.open(source.path, "read");
      try {
        const bytes = new Uint8Array(TABLE_HEADER_BYTES);
        const count = await file.read(bytes, 0);
        const header = decodeTableHeader(bytes.subarray(0, count));
        if (header === undefined) return undefined;
        if (place !== undefined && !isTableOf(header, place)) return undefined;
        if ((await file.size()) !== tableLayout(header).fileBytes) return undefined;
        return new IdTable(source, header);
      } finally {
        await file.close();
      }
    } catch (error) {
      if (isUnreadable(error)) return undefined;
      throw error;
    }
  }

  get end(): number {
    return this.header.firstIndex + this.header.entryCount;
  }

  /** Whether a read met bytes that are not what was written. */
  get isDamaged(): boolean {
    return this.#isDamaged;
  }

  /** Of directory and filter: at hand, or read. */
  async summary(): Promise<TableSummary> {
    if (this.#resident !== undefined) return this.#resident.summary;
    const { filterAt, repeatsAt } = this.#layout;
    const bytes = await this.#read(TABLE_HEADER_BYTES, repeatsAt);
    this.#require(crc32(bytes) === this.header.summaryCrc, "its filter");
    const summary = {
      directory: viewOf(bytes),
      filter: bytes.subarray(filterAt - TABLE_HEADER_BYTES),
    };
    await this.#keep(summary, bytes.length + residentCost);
    return summary;
  }

  /** The filter, where it is at hand. */
  get residentFilter(): Uint8Array | undefined {
    return this.#resident?.summary.filter;
  }

  /** As `find`, but not at all where a filter at hand says that there are none. */
  async lookUp(high: number, low: number): Promise<readonly number[]> {
    const filter = this.residentFilter;
    return filter === undefined || mayHold(filter, high, low) ? this.find(high, low) : [];
  }

  /** Indexes of the entries whose ids have the prefix, in the order of the log. */
  async find(high: number, low: number): Promise<readonly number[]> {
    const { start, end, crc } = await this.#bucket(bucketOf(high, this.#layout.bucketBits));
    this.#require(start <= end && end <= this.header.rowCount, "its directory");
    const { rowsAt } = this.#layout;
    const bytes = await this.#read(rowsAt + start * ROW_BYTES, rowsAt + end * ROW_BYTES);
    this.#require(crc32(bytes, this.#bucketSeed) === crc, "a bucket of it");
    const view = viewOf(bytes);
    const found: number[] = [];
    for (let at = 0; at < bytes.length; at += ROW_BYTES) {
      if (view.getUint32(at) !== high || view.getUint32(at + 4) !== low) continue;
      found.push(this.header.firstIndex + view.getUint32(at + 8));
    }
    return found;
  }

  /** All rows, in pieces. Throws behind the last where they are not what was written. */
  async *rowPieces(): AsyncGenerator<DataView, void> {
    let crc = 0;
    for (let row = 0; row < this.header.rowCount; row += rowsAtOnce) {
      const end = Math.min(this.header.rowCount, row + rowsAtOnce);
      const { rowsAt } = this.#layout;
      const bytes = await this.#read(rowsAt + row * ROW_BYTES, rowsAt + end * ROW_BYTES);
      crc = crc32(bytes, crc);
      yield viewOf(bytes);
    }
    this.#require(crc === this.header.rowsCrc, "its rows");
  }

  async repeats(): Promise<RepeatList> {
    const { firstIndex, repeatCount } = this.header;
    if (repeatCount === 0) return { indexes: [], firsts: [] };
    const bytes = await this.#read(this.#layout.repeatsAt, this.#layout.rowsAt);
    this.#require(crc32(bytes) === this.header.repeatsCrc, "its repeats");
    const view = viewOf(bytes);
    const indexes: number[] = [];
    const firsts: number[] = [];
    for (let at = 0; at < bytes.length; at += REPEAT_BYTES) {
      indexes.push(firstIndex + view.getUint32(at));
      firsts.push(getSize(view, at + 4) ?? 0);
    }
    return { indexes, firsts };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const resident = this.#resident;
    if (resident === undefined) return;
    this.#resident = undefined;
    this.#budget.give(resident.cost);
    await resident.file.close();
  }

  async #keep(summary: TableSummary, cost: number): Promise<void> {
    if (this.#isClosed || this.#resident !== undefined || !this.#budget.take(cost)) return;
    const file = await this.#disk.open(this.#path, "read").catch(() => undefined);
    if (file !== undefined && this.#resident === undefined && !this.#isClosed) {
      this.#resident = { file, summary, cost };
      return;
    }
    this.#budget.give(cost);
    await file?.close();
  }

  async #bucket(
    bucket: number,
  ): Promise<{ readonly start: number; readonly end: number; readonly crc: number }> {
    const isLast = bucket === this.#layout.bucketCount - 1;
    const at = bucket * BUCKET_BYTES;
    let view = this.#resident?.summary.directory;
    let offset = at;
    if (view === undefined) {
      const start = TABLE_HEADER_BYTES + at;
      view = viewOf(await this.#read(start, start + BUCKET_BYTES * (isLast ? 1 : 2)));
      offset = 0;
    }
    return {
      start: view.getUint32(offset),
      crc: view.getUint32(offset + 4),
      end: isLast ? this.header.rowCount : view.getUint32(offset + BUCKET_BYTES),
    };
  }

  /** Bytes of the file, `end` exclusive. A file that is gone or cut short is damage too. */
  async #read(start: number, end: number): Promise<Uint8Array> {
    assert(start <= end, "a range has a length");
    const bytes = new Uint8Array(end - start);
    try {
      const kept = this.#resident?.file;
      const file = kept ?? (await this.#disk.open(this.#path, "read"));
      try {
        const count = await file.read(bytes, start);
        this.#require(count === bytes.length, "its end");
      } finally {
        if (kept === undefined) await file.close();
      }
      return bytes;
    } catch (error) {
      if (isUnreadable(error)) throw this.#damage(error.message);
      throw error;
    }
  }

  #require(holds: boolean, what: string): void {
    if (!holds) throw this.#damage(`${what} is not what was written`);
  }

  #damage(reason: string): Fault {
    this.#isDamaged = true;
    return new Fault("STATE_DAMAGED", "a table of ids is damaged", { path: this.#path, reason });
  }
}
