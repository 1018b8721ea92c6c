/**
 * A tree's right edge as bytes: the size, and one hash for each set bit of it, largest subtree
 * first. Markers, seals and segment headers carry it, so that opening a log never hashes what lies
 * before it.
 *
 *     size (8) ‖ hashes (32 each, as many as the size has set bits)
 */
import { TreeEdge } from "../merkle/tree-edge.js";
import { getSize, setSize, viewOf } from "./bytes.js";

const HASH_BYTES = 32;

/** How many hashes the edge of a tree of that size has. */
export function edgeHashCount(size: number): number {
  let count = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
  return count;
}

export const edgeBytes = (size: number): number => 8 + HASH_BYTES * edgeHashCount(size);

/** Returns the offset behind the edge. */
export function encodeEdge(edge: TreeEdge, target: Uint8Array, offset: number): number {
  setSize(viewOf(target), offset, edge.size);
  let next = offset + 8;
  for (const hash of edge.hashes()) {
    target.set(hash, next);
    next += HASH_BYTES;
  }
  return next;
}

/** Returns `undefined` where the bytes are too few, or the size is none. */
export function decodeEdge(bytes: Uint8Array, offset: number): TreeEdge | undefined {
  if (bytes.length - offset < 8) return undefined;
  const size = getSize(viewOf(bytes), offset);
  if (size === undefined || bytes.length - offset < edgeBytes(size)) return undefined;
  const hashes: Uint8Array[] = [];
  for (let i = 0; i < edgeHashCount(size); i++) {
    const start = offset + 8 + i * HASH_BYTES;
    hashes.push(bytes.subarray(start, start + HASH_BYTES));
  }
  return TreeEdge.from(size, hashes);
}
