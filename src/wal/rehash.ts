/** Leaf hashes from the bytes in a file: from the slot where an entry's bytes are gone. */
import { rootOf } from "../merkle/tree-edge.js";
import type { TreeHash } from "../merkle/tree-hash.js";
import type { Block } from "./block.js";
import { FRAME_KIND_BLOCK, frameBytesOf } from "./frame.js";
import { decodeBlock, type FrameWindow } from "./frame-window.js";

const HASH_BYTES = 32;

/** The leaf hashes of a block's entries from `start` (inclusive) to `end` (exclusive). */
function blockLeaves(block: Block, hash: TreeHash, start = 0, end = block.count): Uint8Array {
  const leaves = new Uint8Array((end - start) * HASH_BYTES);
  for (let i = start; i < end; i++) {
    const leaf = block.leaf(i) ?? hash.leaf(block.entry(i));
    leaves.set(leaf, (i - start) * HASH_BYTES);
  }
  return leaves;
}

/** The root that a batch's author signed. */
export function batchRoot(block: Block, batch: number, hash: TreeHash): Uint8Array {
  const { firstEntry, count } = block.batch(batch);
  return rootOf(hash, blockLeaves(block, hash, firstEntry, firstEntry + count));
}

/** The leaf hashes of every block in a stretch of frames without damage. */
export async function leavesOf(stretch: {
  readonly window: FrameWindow;
  readonly start: number;
  readonly end: number;
  readonly hash: TreeHash;
}): Promise<readonly Uint8Array[]> {
  const { window, hash } = stretch;
  const leaves: Uint8Array[] = [];
  let offset = stretch.start;
  while (offset < stretch.end) {
    const frame = await window.frame(offset);
    if (frame === undefined) {
      const next = await window.nextFrame(offset); // a marker that was lost
      if (next.frame === undefined || next.frame.fileOffset >= stretch.end) break;
      offset = next.frame.fileOffset;
      continue;
    }
    if (frame.kind === FRAME_KIND_BLOCK) {
      leaves.push(blockLeaves(decodeBlock(frame, await window.stored(frame)), hash));
    }
    offset += frameBytesOf(frame);
  }
  return leaves;
}
