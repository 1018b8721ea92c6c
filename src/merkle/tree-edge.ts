/**
 * The right edge of a growing RFC 6962 tree: all that has to be kept to append to it and to know
 * its root. One hash for each set bit of the size, the root of a perfect subtree:
 *
 *     size 13 = 8 + 4 + 1       hashes:  [ H(0..8)     H(8..12)   H(12) ]
 *
 *             *        level 3
 *         /       \
 *       *           *        *            level 2
 *      / \         / \      / \
 *     *   *       *   *    *   *          level 1
 *    /\   /\     /\   /\  /\   /\
 *    0 1 2 3     4 5 6 7  8 9 10 11   12  level 0
 *
 * Appending works on one level at a time: the nodes of a level that are new, with the kept one to
 * their left where the first of them is a right child, are hashed in pairs by one call, because
 * the hash is several times as fast in bulk.
 *
 * Invariants: `hashes().length` is the number of set bits of `size`; an edge is never changed,
 * so that one that is in use (a block being written) stays what it was.
 */
import { assert } from "../invariant/assert.js";
import { HASH_BYTES, type TreeHash } from "./tree-hash.js";

/** SHA-256 of nothing: the root of the empty tree (RFC 6962 section 2.1). */
const EMPTY_ROOT = Uint8Array.from(
  // biome-ignore format: the digits of the constant
  [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
  ],
);

export class TreeEdge {
  /** How many leaves the tree has. */
  readonly size: number;
  /** By level; undefined where the size has no bit. */
  readonly #levels: readonly (Uint8Array | undefined)[];

  private constructor(size: number, levels: readonly (Uint8Array | undefined)[]) {
    this.size = size;
    this.#levels = levels;
  }

  static empty(): TreeEdge {
    return new TreeEdge(0, []);
  }

  /** The edge whose `hashes()` were kept, largest subtree first. The hashes are copied. */
  static from(size: number, hashes: readonly Uint8Array[]): TreeEdge {
    assert(Number.isSafeInteger(size) && size >= 0, "a size is a whole number");
    const levels: (Uint8Array | undefined)[] = [];
    let next = hashes.length;
    for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) {
      const hash = rest % 2 === 1 ? hashes[--next] : undefined;
      assert(rest % 2 === 0 || hash?.length === HASH_BYTES, "a bit of the size has its hash");
      levels.push(hash === undefined ? undefined : copyOf(hash));
    }
    assert(next === 0, "a hash has its bit of the size");
    return new TreeEdge(size, levels);
  }

  /** One hash per set bit of `size`, largest subtree first: copies. */
  hashes(): Uint8Array[] {
    return this.#levels.flatMap((hash) => (hash === undefined ? [] : [copyOf(hash)])).reverse();
  }

  /** The edge after `leaves` (leaf hashes, 32 bytes each, one behind the other) were appended. */
  append(hash: TreeHash, leaves: Uint8Array): TreeEdge {
    assert(leaves.length % HASH_BYTES === 0, "a leaf hash has 32 bytes");
    const added = leaves.length / HASH_BYTES;
    if (added === 0) return this;
    assert(Number.isSafeInteger(this.size + added), "the tree's size is a whole number");

    const levels: (Uint8Array | undefined)[] = [];
    let nodes = leaves; // the new complete subtrees of this level, and the kept one to their left
    for (let rest = this.size + added; rest > 0; rest = Math.floor(rest / 2)) {
      nodes = prepend(this.#levels[levels.length], nodes);
      const count = nodes.length / HASH_BYTES;
      assert(count % 2 === rest % 2, "a level has a lone node where the size has a bit");
      const last = nodes.subarray((count - 1) * HASH_BYTES);
      levels.push(count % 2 === 1 ? copyOf(last) : undefined);
      if (count >= 2) nodes = hash.nodes(nodes, count >>> 1);
      else nodes = nodes.subarray(0, 0);
    }
    return new TreeEdge(this.size + added, levels);
  }

  /** The Merkle tree hash of RFC 6962 section 2.1 over all leaves. */
  root(hash: TreeHash): Uint8Array {
    let root: Uint8Array | undefined;
    for (const subtree of this.#levels) {
      if (subtree === undefined) continue;
      root = root === undefined ? subtree : hash.node(subtree, root);
    }
    return copyOf(root ?? EMPTY_ROOT);
  }
}

/** The root over `leaves`: leaf hashes, 32 bytes each, one behind the other. */
export function rootOf(hash: TreeHash, leaves: Uint8Array): Uint8Array {
  return TreeEdge.empty().append(hash, leaves).root(hash);
}

/** Not `slice`: that of a Buffer is a view. */
function copyOf(hash: Uint8Array): Uint8Array {
  return new Uint8Array(hash);
}

function prepend(left: Uint8Array | undefined, nodes: Uint8Array): Uint8Array {
  if (left === undefined) return nodes;
  const joined = new Uint8Array(left.length + nodes.length);
  joined.set(left, 0);
  joined.set(nodes, left.length);
  return joined;
}
