/** The ids of a block's entries: see src/wal/block-hasher.ts. */
export { BlockHasher, type IdVisitor } from "../wal/block-hasher.js";
