/**
 * A segment file begins with one page that says where in the log it stands: so the log opens
 * without reading what lies before.
 *
 *        0                 2                 4                                 8
 *       +-----------------------------------------------------------------------+
 *     0 | magic "STEMESEG"                                                      |
 *       +-----------------+-----------------+-----------------------------------+
 *     8 | version         | header bytes    | salt of frame checksums           |
 *       +-----------------+-----------------+-----------------------------------+
 *    16 | log id (32)                                                           |
 *    48 | first index                                                           |
 *    56 | hybrid time of the last block before (0: none)                        |
 *       +-----------------------------------+-----------------------------------+
 *    64 | zeros                             | count of edge hashes              |
 *       +-----------------------------------+-----------------------------------+
 *    72 | the tree's right edge at first index: 32 bytes per hash, at most 64   |
 *     … | zeros                                                                 |
 *  4088 |                                   | crc32 of bytes 0..4092            |
 *       +-----------------------------------+-----------------------------------+
 *
 * Invariants:
 *
 * - A header is written, and the file gets its name, only after the segment before was sealed and
 *   synced: everything below `firstIndex` was durable then.
 * - It says nothing that depends on how the segment before is stored: what goes on from one segment
 *   to the next is the tree and the time. So a segment can be written anew (its redacted entries
 *   gone, its frames changed) without a change to any other file.
 * - The version stands apart from the magic and is looked at before the checksum: a file of a newer
 *   StemeDB is unsupported, and never corrupt.
 */
import { crc32 } from "node:zlib";
import { assert } from "../invariant/assert.js";
import { TreeEdge } from "../merkle/tree-edge.js";
import { Fault } from "../model/fault.js";
import { type HybridTime, toHybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import { getSize, setSize, viewOf } from "./bytes.js";
import { edgeHashCount } from "./edge.js";
import { EDGE_HASHES_MAX, FORMAT_VERSION, SEGMENT_HEADER_BYTES } from "./limits.js";

// Set in stone: these are bytes on disk.
const SEGMENT_MAGIC = "STEMESEG";

const MAGIC = new TextEncoder().encode(SEGMENT_MAGIC);
const VERSION_AT = 8;
const HEADER_BYTES_AT = 10;
const SALT_AT = 12;
const LOG_ID_AT = 16;
const FIRST_INDEX_AT = 48;
const HYBRID_TIME_AT = 56;
const HASH_COUNT_AT = 68;
const HASHES_AT = 72;
const CRC_AT = SEGMENT_HEADER_BYTES - 4;
const HASH_BYTES = 32;

assert(HASHES_AT + EDGE_HASHES_MAX * HASH_BYTES <= CRC_AT, "an edge fits the header");

export interface SegmentHeader {
  readonly salt: number;
  readonly logId: LogId;
  readonly firstIndex: number;
  /** Of the last block before this segment; 0 in the first. */
  readonly lastTime: HybridTime;
  /** The tree over everything before this segment. */
  readonly edge: TreeEdge;
}

/** A header as it was found, with its checksum: what the segment's first frame refers to. */
export interface FoundSegmentHeader extends SegmentHeader {
  readonly headerCrc: number;
}

export function encodeSegmentHeader(header: SegmentHeader): {
  readonly bytes: Uint8Array;
  readonly headerCrc: number;
} {
  assert(header.edge.size === header.firstIndex, "the edge stands where the segment begins");
  const bytes = new Uint8Array(SEGMENT_HEADER_BYTES);
  const view = viewOf(bytes);
  const hashes = header.edge.hashes();
  bytes.set(MAGIC, 0);
  view.setUint16(VERSION_AT, FORMAT_VERSION);
  view.setUint16(HEADER_BYTES_AT, SEGMENT_HEADER_BYTES);
  view.setUint32(SALT_AT, header.salt);
  bytes.set(header.logId, LOG_ID_AT);
  setSize(view, FIRST_INDEX_AT, header.firstIndex);
  view.setBigUint64(HYBRID_TIME_AT, header.lastTime);
  view.setUint32(HASH_COUNT_AT, hashes.length);
  hashes.forEach((hash, i) => {
    bytes.set(hash, HASHES_AT + i * HASH_BYTES);
  });
  const headerCrc = crc32(bytes.subarray(0, CRC_AT));
  view.setUint32(CRC_AT, headerCrc);
  return { bytes, headerCrc };
}

/**
 * The header in a file's first page; `undefined` where the page is not one. Throws
 * LOG_FORMAT_UNSUPPORTED where a newer StemeDB wrote it.
 */
export function decodeSegmentHeader(bytes: Uint8Array): FoundSegmentHeader | undefined {
  if (bytes.length < SEGMENT_HEADER_BYTES) return undefined;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[i] !== MAGIC[i]) return undefined;
  const view = viewOf(bytes);
  const version = view.getUint16(VERSION_AT);
  if (version !== FORMAT_VERSION) {
    throw new Fault("LOG_FORMAT_UNSUPPORTED", "a segment of the log is of a newer StemeDB", {
      version,
      supported: FORMAT_VERSION,
    });
  }
  const headerCrc = view.getUint32(CRC_AT);
  if (crc32(bytes.subarray(0, CRC_AT)) !== headerCrc) return undefined;
  const firstIndex = getSize(view, FIRST_INDEX_AT);
  const hashCount = view.getUint32(HASH_COUNT_AT);
  if (view.getUint16(HEADER_BYTES_AT) !== SEGMENT_HEADER_BYTES) return undefined;
  if (firstIndex === undefined || hashCount !== edgeHashCount(firstIndex)) return undefined;
  const hashes = Array.from({ length: hashCount }, (_, i) =>
    bytes.subarray(HASHES_AT + i * HASH_BYTES, HASHES_AT + (i + 1) * HASH_BYTES),
  );
  return {
    salt: view.getUint32(SALT_AT),
    logId: bytes.slice(LOG_ID_AT, FIRST_INDEX_AT),
    firstIndex,
    lastTime: toHybridTime(view.getBigUint64(HYBRID_TIME_AT)),
    edge: TreeEdge.from(firstIndex, hashes),
    headerCrc,
  };
}
