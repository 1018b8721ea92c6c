/**
 * Sizes of the log's parts on disk and in memory, with the relations between them asserted where
 * they are declared.
 */
import { assert } from "../invariant/assert.js";
import {
  batchBytesMax,
  batchEntriesMax,
  blockPayloadBytesMax,
  entryBytesMax,
} from "../model/limits.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const GiB = 1024 * MiB;

// Set in stone: these are bytes on disk.
/** The only version of the format so far: of segment headers, and of frames. */
export const FORMAT_VERSION = 1;
export const SEGMENT_HEADER_BYTES = 4096;
export const FRAME_HEADER_BYTES = 208;
/** Every frame starts at a multiple of this. */
export const FRAME_ALIGNMENT = 8;
/** Per entry: state (1), length (2), shard (2). */
export const ENTRY_ROW_BYTES = 5;
export const BATCH_ROW_BYTES = 128;
/** A tree of 2^53 entries has no more levels, and neither has one of 2^64. */
export const EDGE_HASHES_MAX = 64;

/** Most entries of a block. */
export const blockEntriesMax = 65_536;
/** Smallest payload worth compressing, and what it must shrink to. */
export const compressBytesMin = 1 * KiB;
export const compressRatioMax = 7 / 8;
/** Written in a segment since its last edge before the next edge is due. */
export const edgeDistanceBytes = 8 * MiB;
/** About one row of the sparse index per this many bytes of file. */
export const sparseDistanceBytes = 64 * KiB;
/** Segment files: what options may ask for. */
export const segmentBytesMin = 16 * KiB;
export const segmentBytesMax = 1 * GiB;
/** Segments that opening looks into; older ones are looked into when they are first read. */
export const segmentsCheckedMax = 256;
/** Segment files kept open for reading. */
export const openSegmentsMax = 32;
/** What a sequential reader reads at once. */
export const cursorReadBytes = 1 * MiB;
/** What a single read fetches around the block that it looks for. */
export const pointReadBytes = 128 * KiB;
/** Bytes that recovery looks through at once. */
export const recoveryReadBytes = 4 * MiB;

// A batch always fits a block, with a stamp and the tables.
assert(
  batchBytesMax + (batchEntriesMax + 2) * ENTRY_ROW_BYTES + BATCH_ROW_BYTES + 2 * KiB <=
    blockPayloadBytesMax,
  "a batch fits a block",
);
assert(batchEntriesMax + 2 <= blockEntriesMax, "a batch's entries fit a block");
assert(entryBytesMax < 2 ** 16, "an entry's length fits 16 bits");
// What LZ4 makes of a payload is kept only where it shrank, so 32 bits and the same bound hold.
assert(blockPayloadBytesMax < 2 ** 32, "a payload's size fits 32 bits");
assert(blockPayloadBytesMax <= recoveryReadBytes * 2, "recovery reads a block in few steps");
assert(FRAME_HEADER_BYTES % FRAME_ALIGNMENT === 0, "a payload is aligned");
assert(SEGMENT_HEADER_BYTES % FRAME_ALIGNMENT === 0, "the first frame is aligned");
assert(segmentBytesMin >= SEGMENT_HEADER_BYTES * 2, "a segment has room behind its header");
// The seal's sparse index is a payload too.
assert(
  (segmentBytesMax / sparseDistanceBytes + 2) * 24 + EDGE_HASHES_MAX * 32 + 64 <=
    blockPayloadBytesMax,
  "a seal fits a frame",
);
