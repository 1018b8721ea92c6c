/**
 * A frame is the unit that the log writes and recovers: a header of 208 bytes, a payload, zeros up
 * to the next multiple of 8. Integers are big-endian.
 *
 *       0        1        2        3        4        5        6        7
 *     +--------+--------+--------+--------+--------+--------+--------+--------+
 *   0 | magic "STEMEBLK"                                                      |
 *     +-----------------+-----------------+-----------------------------------+
 *   8 | version         | kind            | flags                             |
 *     +-----------------+-----------------+-----------------------------------+
 *  16 | file offset: where this header stands in its file                     |
 *     +-----------------------------------+-----------------------------------+
 *  24 | stored payload bytes              | payload bytes                     |
 *     +-----------------------------------+-----------------------------------+
 *  32 | crc32 of the stored payload       | header crc32 of the frame before  |
 *     +-----------------------------------+-----------------------------------+
 *  40 | synced through: entries known to be durable when this was written     |
 *     +-----------------------------------------------------------------------+
 *  48 | log id (32)                                    the statement: 48..192 |
 *     +-----------------------------------------------------------------------+
 *  80 | first index                                                           |
 *     +-----------------------------------+-----------------------------------+
 *  88 | count                             | zeros                             |
 *     +-----------------------------------+-----------------------------------+
 *  96 | root (32)                                                             |
 * 128 | signature (64)                                                        |
 *     +-----------------------------------------------------------------------+
 * 192 | hybrid time                                                           |
 *     +-----------------------------------+-----------------------------------+
 * 200 | zeros                             | crc32 of bytes 0..204             |
 *     +-----------------------------------+-----------------------------------+
 * 208 | stored payload, padded with zeros to a multiple of 8                  |
 *
 * The statement is identical in every copy of a block; the rest belongs to this file. Kinds: 1 is a
 * block of entries, 2 a marker (the tree's edge, count 0, nothing signed), 3 the seal that ends a
 * sealed segment. Flag bit 0: the stored payload is an LZ4 block.
 *
 * The header's checksum starts from the segment's salt, a random number in the segment's header, so
 * that neither a stale frame of another file nor bytes that somebody put into an entry can pass for
 * a frame when recovery looks for frames behind damage.
 *
 * Invariants:
 *
 * - A header whose checksum does not fit, or whose file offset is not its place, is no frame.
 * - A header that fits and has an unknown version, kind or flag was written by a newer StemeDB: it
 *   is unsupported, and never corrupt. (A newer version that changes where things stand begins a
 *   new segment, whose header says so.)
 */
import { crc32 } from "node:zlib";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { type HybridTime, toHybridTime } from "../model/hybrid-time.js";
import { blockPayloadBytesMax } from "../model/limits.js";
import { alignUp, getSize, setSize, viewOf } from "./bytes.js";
import { blockEntriesMax, FORMAT_VERSION, FRAME_ALIGNMENT, FRAME_HEADER_BYTES } from "./limits.js";
import type { Statement } from "./statement.js";

// Set in stone: these are bytes on disk.
const FRAME_MAGIC = "STEMEBLK";
export const FRAME_KIND_BLOCK = 1;
export const FRAME_KIND_MARKER = 2;
export const FRAME_KIND_SEAL = 3;
const FRAME_FLAG_LZ4 = 1;

const MAGIC = new TextEncoder().encode(FRAME_MAGIC);
const VERSION_AT = 8;
const KIND_AT = 10;
const FLAGS_AT = 12;
const FILE_OFFSET_AT = 16;
const STORED_BYTES_AT = 24;
const PAYLOAD_BYTES_AT = 28;
const PAYLOAD_CRC_AT = 32;
const PREVIOUS_CRC_AT = 36;
const SYNCED_THROUGH_AT = 40;
const LOG_ID_AT = 48;
const FIRST_INDEX_AT = 80;
const COUNT_AT = 88;
const ROOT_AT = 96;
export const SIGNATURE_AT = 128;
const HYBRID_TIME_AT = 192;
const RESERVED_AT = 200;
const HEADER_CRC_AT = 204;

export type FrameKind = typeof FRAME_KIND_BLOCK | typeof FRAME_KIND_MARKER | typeof FRAME_KIND_SEAL;

export interface FrameHeader {
  readonly kind: FrameKind;
  readonly isCompressed: boolean;
  readonly fileOffset: number;
  readonly storedBytes: number;
  readonly payloadBytes: number;
  readonly payloadCrc: number;
  /** Header crc32 of the frame before; the segment header's for a segment's first frame. */
  readonly previousCrc: number;
  /** A size: so many entries of the log were durable when this frame was written. */
  readonly syncedThrough: number;
  readonly statement: Statement;
  /** A block's own; of the last block before a marker or a seal. */
  readonly hybridTime: HybridTime;
}

/** A header as it was found in a file, with its checksum: what the next frame refers to. */
export interface FoundFrame extends FrameHeader {
  readonly headerCrc: number;
}

/** Bytes that a frame takes in its file. */
export const frameBytes = (storedBytes: number): number =>
  FRAME_HEADER_BYTES + alignUp(storedBytes);

/** Bytes that a frame takes, by its header. */
export const frameBytesOf = (header: FrameHeader): number => frameBytes(header.storedBytes);

/** Writes the header and returns its checksum. The payload's crc32 is the caller's. */
export function encodeFrameHeader(
  header: FrameHeader,
  place: { readonly target: Uint8Array; readonly offset: number; readonly salt: number },
): number {
  const { statement } = header;
  assert(header.fileOffset % FRAME_ALIGNMENT === 0, "a frame is aligned");
  assert(header.payloadBytes <= blockPayloadBytesMax, "a payload is bounded");
  assert(header.storedBytes <= header.payloadBytes, "what is stored is not larger");
  assert(header.isCompressed || header.storedBytes === header.payloadBytes, "sizes agree");
  assert(statement.count > 0 === (header.kind === FRAME_KIND_BLOCK), "a block has entries");
  const bytes = place.target.subarray(place.offset, place.offset + FRAME_HEADER_BYTES);
  const view = viewOf(bytes);
  bytes.set(MAGIC, 0);
  view.setUint16(VERSION_AT, FORMAT_VERSION);
  view.setUint16(KIND_AT, header.kind);
  view.setUint32(FLAGS_AT, header.isCompressed ? FRAME_FLAG_LZ4 : 0);
  setSize(view, FILE_OFFSET_AT, header.fileOffset);
  view.setUint32(STORED_BYTES_AT, header.storedBytes);
  view.setUint32(PAYLOAD_BYTES_AT, header.payloadBytes);
  view.setUint32(PAYLOAD_CRC_AT, header.payloadCrc);
  view.setUint32(PREVIOUS_CRC_AT, header.previousCrc);
  setSize(view, SYNCED_THROUGH_AT, header.syncedThrough);
  bytes.set(statement.logId, LOG_ID_AT);
  setSize(view, FIRST_INDEX_AT, statement.firstIndex);
  view.setUint32(COUNT_AT, statement.count);
  view.setUint32(COUNT_AT + 4, 0);
  bytes.set(statement.root, ROOT_AT);
  bytes.set(statement.signature, SIGNATURE_AT);
  view.setBigUint64(HYBRID_TIME_AT, header.hybridTime);
  view.setUint32(RESERVED_AT, 0);
  const crc = crc32(bytes.subarray(0, HEADER_CRC_AT), place.salt);
  view.setUint32(HEADER_CRC_AT, crc);
  return crc;
}

/**
 * The frame whose header stands at `offset` of `bytes` and at `fileOffset` of its file; `undefined`
 * where there is none. Throws LOG_FORMAT_UNSUPPORTED for one of a newer StemeDB.
 */
export function decodeFrameHeader(
  bytes: Uint8Array,
  place: { readonly offset: number; readonly fileOffset: number; readonly salt: number },
): FoundFrame | undefined {
  const { offset, fileOffset } = place;
  if (bytes.length - offset < FRAME_HEADER_BYTES) return undefined;
  for (let i = 0; i < MAGIC.length; i++) if (bytes[offset + i] !== MAGIC[i]) return undefined;
  const header = bytes.subarray(offset, offset + FRAME_HEADER_BYTES);
  const view = viewOf(header);
  const headerCrc = view.getUint32(HEADER_CRC_AT);
  if (crc32(header.subarray(0, HEADER_CRC_AT), place.salt) !== headerCrc) return undefined;
  if (getSize(view, FILE_OFFSET_AT) !== fileOffset) return undefined;
  requireKnown(view, fileOffset);
  const kind = view.getUint16(KIND_AT) as FrameKind;
  const storedBytes = view.getUint32(STORED_BYTES_AT);
  const payloadBytes = view.getUint32(PAYLOAD_BYTES_AT);
  const isCompressed = view.getUint32(FLAGS_AT) === FRAME_FLAG_LZ4;
  const syncedThrough = getSize(view, SYNCED_THROUGH_AT);
  const firstIndex = getSize(view, FIRST_INDEX_AT);
  const count = view.getUint32(COUNT_AT);
  if (syncedThrough === undefined || firstIndex === undefined) return undefined;
  if (payloadBytes > blockPayloadBytesMax || storedBytes > payloadBytes) return undefined;
  if (!isCompressed && storedBytes !== payloadBytes) return undefined;
  if (count > blockEntriesMax || count > 0 !== (kind === FRAME_KIND_BLOCK)) return undefined;
  return {
    kind,
    isCompressed,
    fileOffset,
    storedBytes,
    payloadBytes,
    payloadCrc: view.getUint32(PAYLOAD_CRC_AT),
    previousCrc: view.getUint32(PREVIOUS_CRC_AT),
    syncedThrough,
    statement: {
      logId: header.slice(LOG_ID_AT, FIRST_INDEX_AT),
      firstIndex,
      count,
      root: header.slice(ROOT_AT, SIGNATURE_AT),
      signature: header.slice(SIGNATURE_AT, HYBRID_TIME_AT),
    },
    hybridTime: toHybridTime(view.getBigUint64(HYBRID_TIME_AT)),
    headerCrc,
  };
}

/** Where the next frame's header may stand at or behind `from`, by its magic; -1 for none. */
export function indexOfMagic(bytes: Buffer, from: number): number {
  let found = bytes.indexOf(FRAME_MAGIC, from, "latin1");
  while (found >= 0 && found % FRAME_ALIGNMENT !== 0) {
    found = bytes.indexOf(FRAME_MAGIC, found + 1, "latin1");
  }
  return found;
}

function requireKnown(view: DataView, fileOffset: number): void {
  const version = view.getUint16(VERSION_AT);
  const kind = view.getUint16(KIND_AT);
  const flags = view.getUint32(FLAGS_AT);
  const known =
    version === FORMAT_VERSION &&
    kind >= FRAME_KIND_BLOCK &&
    kind <= FRAME_KIND_SEAL &&
    (flags & ~FRAME_FLAG_LZ4) === 0 &&
    view.getUint32(COUNT_AT + 4) === 0 &&
    view.getUint32(RESERVED_AT) === 0;
  if (known) return;
  throw new Fault("LOG_FORMAT_UNSUPPORTED", "a frame of the log is of a newer StemeDB", {
    version,
    kind,
    flags,
    fileOffset,
  });
}
