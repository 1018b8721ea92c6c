/**
 * Seals entries into a batch: ids, root, signature, and the bytes that are sent and, if need be,
 * sent again exactly.
 */
import { openTreeHash } from "../crypto/tree-hash.js";
import { batchMessage } from "../entry/batch.js";
import { assert } from "../invariant/assert.js";
import { rootOf } from "../merkle/tree-edge.js";
import type { TreeHash } from "../merkle/tree-hash.js";
import { batchBytesMax, batchEntriesMax } from "../model/limits.js";
import { type EntryId, entryIdBytes } from "../model/position.js";
import { encodeSignedBatch } from "./append-request.js";
import type { KeyPair } from "./key-pair.js";
import { LeafHasher } from "./leaf-hasher.js";

export interface SealedBatch {
  readonly sequence: number;
  readonly count: number;
  /** The encoded `SignedBatch`. */
  readonly bytes: Buffer;
  /** `count` ids of 32 bytes, one behind the other: the leaves under the signed root. */
  readonly ids: Uint8Array;
}

export interface Unsealed {
  readonly keys: KeyPair;
  /** 16 bytes. */
  readonly writer: Uint8Array;
  /** 1 to 2^53 - 1. */
  readonly sequence: number;
  /** Canonical entries of the author that `keys` belong to. */
  readonly entries: readonly Uint8Array[];
}

let treeHash: TreeHash | undefined;
let leafHasher: LeafHasher | undefined;

export function sealBatch(unsealed: Unsealed): SealedBatch {
  const { keys, writer, sequence, entries } = unsealed;
  assert(entries.length >= 1 && entries.length <= batchEntriesMax, "a batch has 1..4096 entries");
  const entryBytes = entries.reduce((sum, entry) => sum + entry.length, 0);
  assert(entryBytes <= batchBytesMax, "a batch has at most 1 MiB of entries");
  treeHash ??= openTreeHash();
  leafHasher ??= new LeafHasher();
  const ids = leafHasher.leaves(entries);
  const root = rootOf(treeHash, ids);
  const signature = keys.sign(batchMessage(writer, sequence, entries.length, root));
  const author = keys.publicKey;
  const bytes = encodeSignedBatch({ author, writer, sequence, entries, signature });
  return { sequence, count: entries.length, bytes, ids };
}

/** The id of one entry of a batch: a view of the batch's ids. */
export const idIn = (ids: Uint8Array, entry: number): EntryId =>
  ids.subarray(entry * entryIdBytes, (entry + 1) * entryIdBytes);
