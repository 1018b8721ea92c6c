/**
 * The table of a sealed segment's ids, as a file: derived from the log, and deletable at any time.
 *
 *       0                 2                 4                                 8
 *      +-----------------------------------------------------------------------+
 *    0 | magic "STEMEIDS"                                                      |
 *      +-----------------+-----------------+-----------------------------------+
 *    8 | version         | header bytes    | prefix bits                       |
 *      +-----------------+-----------------+-----------------------------------+
 *   16 | log id (32)                                                           |
 *   48 | first index of the segment                                            |
 *      +-----------------------------------+-----------------------------------+
 *   56 | entries of the segment            | entries that could not be read    |
 *      +-----------------------------------+-----------------------------------+
 *   64 | rows                              | repeats                           |
 *      +-----------------------------------+-----------------------------------+
 *   72 | bucket bits                       | filter bytes                      |
 *      +-----------------------------------+-----------------------------------+
 *   80 | root of the log behind the segment (32); zeros where its seal is lost |
 *      +-----------------------------------+-----------------------------------+
 *  112 | crc32 of directory and filter     | crc32 of the repeats              |
 *      +-----------------------------------+-----------------------------------+
 *  120 | crc32 of the rows                 | header crc32 of the table before  |
 *      +-----------------------------------+-----------------------------------+
 *  128 | zeros                             | crc32 of bytes 0..132             |
 *      +-----------------------------------+-----------------------------------+
 *  136 | directory: per bucket its first row (4) ‖ checksum of its rows (4)    |
 *    … | filter over the rows' prefixes: see id-filter.ts                      |
 *    … | repeats: index, relative (4) ‖ where the id stood first (8)           |
 *    … | rows: prefix (8) ‖ index, relative (4); sorted                        |
 *
 * A row is an id that stands in this segment first. Of those that stood before, in this segment or
 * an earlier one, the repeats tell. So an id has one row in all tables together. The bucket of a
 * prefix is its first bits: about 256 rows. A bucket's checksum is a crc32 that begins with that of
 * the table's place (`placeCrc`): a bucket of another table, whole in itself, does not fit.
 *
 * Invariants:
 *
 * - A table says what the tables before it led to: it is good only behind the very ones that it
 *   was built on, and names the last of them by its header's checksum. The same log gives the same
 *   bytes, so a table that was lost and built again fits those behind it.
 * - A table of another version or log is no table: it is built anew.
 */
import { crc32 } from "node:zlib";
import { assert } from "../invariant/assert.js";
import { bytesEqual } from "../model/hex.js";
import { type LogId, rootBytes } from "../model/position.js";
import { getSize, setSize, viewOf } from "../wal/bytes.js";
import { filterBytes } from "./id-filter.js";

const TABLE_MAGIC = "STEMEIDS";
const TABLE_VERSION = 2;
export const TABLE_HEADER_BYTES = 136;
export const BUCKET_BYTES = 8;
export const REPEAT_BYTES = 12;
export const ROW_BYTES = 12;

const MAGIC = new TextEncoder().encode(TABLE_MAGIC);
const LOG_ID_AT = 16;
const FIRST_INDEX_AT = 48;
const ROOT_AT = 80;
const CRC_AT = 132;

const rowsPerBucket = 256;
const bucketBitsMax = 24;

/** Which table it is, and what it was built on. */
export interface TablePlace {
  readonly logId: LogId;
  readonly firstIndex: number;
  /** Entries of the segment. */
  readonly entryCount: number;
  readonly prefixBits: number;
  /** The log's root behind the segment. */
  readonly endRoot: Uint8Array;
  /** Header checksum of the table before; 0 for the first. */
  readonly previousCrc: number;
}

export interface TableHeader extends TablePlace {
  readonly unreadableCount: number;
  readonly rowCount: number;
  readonly repeatCount: number;
  readonly summaryCrc: number;
  readonly repeatsCrc: number;
  readonly rowsCrc: number;
}

export interface FoundTableHeader extends TableHeader {
  readonly headerCrc: number;
}

/** Where the parts of a table's file stand. */
export interface TableLayout {
  readonly bucketBits: number;
  readonly bucketCount: number;
  readonly filterAt: number;
  readonly repeatsAt: number;
  readonly rowsAt: number;
  readonly fileBytes: number;
}

export function tableLayout(header: {
  readonly rowCount: number;
  readonly repeatCount: number;
}): TableLayout {
  const buckets = Math.ceil(Math.log2(Math.max(1, header.rowCount / rowsPerBucket)));
  const bucketBits = Math.min(bucketBitsMax, buckets);
  const bucketCount = 2 ** bucketBits;
  const filterAt = TABLE_HEADER_BYTES + bucketCount * BUCKET_BYTES;
  const repeatsAt = filterAt + filterBytes(header.rowCount);
  const rowsAt = repeatsAt + header.repeatCount * REPEAT_BYTES;
  const fileBytes = rowsAt + header.rowCount * ROW_BYTES;
  return { bucketBits, bucketCount, filterAt, repeatsAt, rowsAt, fileBytes };
}

/** What the checksum of a bucket begins with: all that tells this table from another. */
export function placeCrc(place: TablePlace): number {
  const bytes = new Uint8Array(place.logId.length + rootBytes + 20);
  const view = viewOf(bytes);
  view.setUint32(0, place.prefixBits);
  view.setUint32(4, place.entryCount);
  view.setUint32(8, place.previousCrc);
  setSize(view, 12, place.firstIndex);
  bytes.set(place.logId, 20);
  bytes.set(place.endRoot, 20 + place.logId.length);
  return crc32(bytes);
}

/** The bucket of a prefix. */
export const bucketOf = (high: number, bucketBits: number): number =>
  bucketBits === 0 ? 0 : high >>> (32 - bucketBits);

export function encodeTableHeader(header: TableHeader): {
  readonly bytes: Uint8Array;
  readonly headerCrc: number;
} {
  assert(header.endRoot.length === rootBytes, "a root has 32 bytes");
  const layout = tableLayout(header);
  const bytes = new Uint8Array(TABLE_HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint16(8, TABLE_VERSION);
  view.setUint16(10, TABLE_HEADER_BYTES);
  view.setUint32(12, header.prefixBits);
  bytes.set(header.logId, LOG_ID_AT);
  setSize(view, FIRST_INDEX_AT, header.firstIndex);
  view.setUint32(56, header.entryCount);
  view.setUint32(60, header.unreadableCount);
  view.setUint32(64, header.rowCount);
  view.setUint32(68, header.repeatCount);
  view.setUint32(72, layout.bucketBits);
  view.setUint32(76, layout.repeatsAt - layout.filterAt);
  bytes.set(header.endRoot, ROOT_AT);
  view.setUint32(112, header.summaryCrc);
  view.setUint32(116, header.repeatsCrc);
  view.setUint32(120, header.rowsCrc);
  view.setUint32(124, header.previousCrc);
  const headerCrc = crc32(bytes.subarray(0, CRC_AT));
  view.setUint32(CRC_AT, headerCrc);
  return { bytes, headerCrc };
}

/** The header that a file begins with; `undefined` where it is none of this version. */
export function decodeTableHeader(bytes: Uint8Array): FoundTableHeader | undefined {
  if (bytes.length < TABLE_HEADER_BYTES) return undefined;
  if (!bytesEqual(bytes.subarray(0, MAGIC.length), MAGIC)) return undefined;
  const view = viewOf(bytes);
  if (view.getUint16(8) !== TABLE_VERSION || view.getUint16(10) !== TABLE_HEADER_BYTES) {
    return undefined;
  }
  const headerCrc = view.getUint32(CRC_AT);
  const firstIndex = getSize(view, FIRST_INDEX_AT);
  if (crc32(bytes.subarray(0, CRC_AT)) !== headerCrc || firstIndex === undefined) return undefined;
  const header = {
    prefixBits: view.getUint32(12),
    logId: bytes.slice(LOG_ID_AT, FIRST_INDEX_AT),
    firstIndex,
    entryCount: view.getUint32(56),
    unreadableCount: view.getUint32(60),
    rowCount: view.getUint32(64),
    repeatCount: view.getUint32(68),
    endRoot: bytes.slice(ROOT_AT, ROOT_AT + rootBytes),
    summaryCrc: view.getUint32(112),
    repeatsCrc: view.getUint32(116),
    rowsCrc: view.getUint32(120),
    previousCrc: view.getUint32(124),
    headerCrc,
  };
  const layout = tableLayout(header);
  const fits =
    view.getUint32(72) === layout.bucketBits &&
    view.getUint32(76) === layout.repeatsAt - layout.filterAt;
  return fits ? header : undefined;
}

/** Whether a table is the one that would be built now. One with gaps is always built again. */
export const isTableOf = (header: TableHeader, place: TablePlace): boolean =>
  bytesEqual(header.logId, place.logId) &&
  header.firstIndex === place.firstIndex &&
  header.entryCount === place.entryCount &&
  header.prefixBits === place.prefixBits &&
  header.previousCrc === place.previousCrc &&
  header.unreadableCount === 0 &&
  bytesEqual(header.endRoot, place.endRoot);
