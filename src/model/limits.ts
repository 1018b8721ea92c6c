/**
 * Every limit on what comes from outside, once. The scanner, the client, the server and
 * docs/reference/limits.md all read this table.
 */
import { assert } from "../invariant/assert.js";

const KiB = 1024;
const MiB = 1024 * KiB;

/** Largest entry, in bytes: its length fits 16 bits in a block's entry table. */
export const entryBytesMax = 65_535;
/** Most entries of a batch. */
export const batchEntriesMax = 4_096;
/** Most entry bytes of a batch. */
export const batchBytesMax = 1 * MiB;
/** Most batches of an append request. */
export const requestBatchesMax = 1_024;
/** Most entries of an append request, over all its batches. */
export const requestEntriesMax = 32_768;
/** Largest message on any port. */
export const messageBytesMax = 2 * MiB;
/** Largest chunk of entries in a frame that a node sends. */
export const chunkBytesMax = 1 * MiB;
/** Largest block payload before compression. */
export const blockPayloadBytesMax = 8 * MiB;
/** How far below a writer's highest sequence receipts are kept, and how many may be unsettled. */
export const sequenceWindow = 1_024;
/** How long a writer is remembered after its last append. */
export const writerRetentionMs = 7 * 24 * 60 * 60 * 1000;
/** Highest sequence and highest index: what a double holds exactly. */
export const integerMax = Number.MAX_SAFE_INTEGER;

/** Scopes a signature to batches: `"stemedb/batch/v1" ‖ 0x00`. */
export const BATCH_SIGNATURE_CONTEXT = "stemedb/batch/v1\0";
/** Scopes a signature to blocks: `"stemedb/block/v1" ‖ 0x00`. */
export const BLOCK_SIGNATURE_CONTEXT = "stemedb/block/v1\0";

// A full batch with its table and the largest entries fits a message, and so does a full block a
// few messages: one batch never has to be split.
assert(entryBytesMax <= batchBytesMax, "an entry fits a batch");
assert(batchBytesMax + batchEntriesMax * 4 + 4 * KiB <= messageBytesMax, "a batch fits a message");
assert(
  batchBytesMax + batchEntriesMax * 5 + 4 * KiB <= blockPayloadBytesMax,
  "a batch fits a block",
);
