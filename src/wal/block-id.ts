/** Ids of a block's entries. */
import { sha256 } from "../crypto/sha256.js";
import type { EntryId } from "../model/position.js";
import type { Block } from "./block.js";

const LEAF_PREFIX = new Uint8Array([0]);

/** The id of entry `i`: at hand for blocks just written and for holes, hashed for others. */
export const idOf = (block: Block, i: number): EntryId =>
  block.leaf(i) ?? sha256(LEAF_PREFIX, block.entry(i));
