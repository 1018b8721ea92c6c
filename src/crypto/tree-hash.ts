/**
 * The tree hash of RFC 6962 (0x00 before a leaf, 0x01 before a node) on the SHA-256 lanes: what
 * the arithmetic in src/merkle takes as its argument.
 *
 * Hashes are copied into the lanes' area and back out, in portions of the area's size: the area
 * is bounded, whatever the tree's.
 */
import { assert } from "../invariant/assert.js";
import { HASH_BYTES, sha256 } from "./sha256.js";
import { openSha256Lanes, type Sha256Lanes } from "./sha256-lanes.js";

const PAIR_BYTES = 2 * HASH_BYTES;
const LEAF_PREFIX = Uint8Array.of(0x00);

/** Room for 1,024 pairs: a portion large enough that its copying is all that is noticed. */
const areaBytesPreset = 64 * 1024;

export interface LanesTreeHash {
  /** SHA-256(0x00 ‖ data). */
  leaf(data: Uint8Array): Uint8Array;
  /** SHA-256(0x01 ‖ left ‖ right), both of 32 bytes. */
  node(left: Uint8Array, right: Uint8Array): Uint8Array;
  /** The node hashes of `count` consecutive pairs, 64 bytes each; 32 bytes each come back. */
  nodes(pairs: Uint8Array, count: number): Uint8Array;
}

/** Uses the whole area of `lanes`, if given, in every call; nothing is kept there between calls. */
export function openTreeHash(lanes?: Sha256Lanes): LanesTreeHash {
  const { bytes, ...area } = lanesOf(lanes ?? openSha256Lanes({ bytes: areaBytesPreset }));
  return {
    leaf: (data) => sha256(LEAF_PREFIX, data),

    node(left, right) {
      assert(left.length === HASH_BYTES && right.length === HASH_BYTES, "a hash has 32 bytes");
      bytes.set(left, 0);
      bytes.set(right, HASH_BYTES);
      area.nodes(1);
      return bytes.slice(0, HASH_BYTES);
    },

    nodes(pairs, count) {
      assert(pairs.length >= count * PAIR_BYTES, "every pair is there");
      const hashes = new Uint8Array(count * HASH_BYTES);
      for (let start = 0; start < count; start += area.pairsMax) {
        const end = Math.min(count, start + area.pairsMax);
        bytes.set(pairs.subarray(start * PAIR_BYTES, end * PAIR_BYTES), 0);
        area.nodes(end - start);
        hashes.set(bytes.subarray(0, (end - start) * HASH_BYTES), start * HASH_BYTES);
      }
      return hashes;
    },
  };
}

function lanesOf(lanes: Sha256Lanes) {
  const pairsMax = Math.floor(lanes.bytes.length / PAIR_BYTES);
  assert(pairsMax >= 1, "the area holds a pair");
  return { bytes: lanes.bytes, pairsMax, nodes: (count: number) => lanes.nodes(0, count, 0) };
}
