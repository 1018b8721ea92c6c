/** A block of the log as projections take it in: its entries with their ids and who signed them. */
import { entryIdBytes } from "../model/position.js";
import type { CommittedEntries } from "../views/view-types.js";
import type { Block } from "../wal/block.js";
import { BlockHasher } from "../wal/block-hasher.js";

const rootPrefixBytes = 8;

/** Makes them for one log; entries are hashed four at a time. */
export class BlockTranslator {
  readonly #logKey: Uint8Array;
  readonly #hasher = new BlockHasher();

  constructor(logKey: Uint8Array) {
    this.#logKey = logKey;
  }

  translate(block: Block): CommittedEntries {
    const ids = new Uint8Array(block.count * entryIdBytes);
    this.#hasher.visit(block, (i, bytes, at) => {
      ids.set(bytes.subarray(at, at + entryIdBytes), i * entryIdBytes);
    });
    const logKey = this.#logKey;
    return {
      logId: block.logId,
      firstIndex: block.firstIndex,
      recorded: block.hybridTime,
      rootPrefix: block.statement.root.subarray(0, rootPrefixBytes),
      count: block.count,
      entry: (i) => (block.state(i) === "whole" ? block.entry(i) : undefined),
      id: (i) => ids.subarray(i * entryIdBytes, (i + 1) * entryIdBytes),
      batchAuthor: (i) => {
        const batch = block.batchOf(i);
        return batch < 0 ? logKey : block.batch(batch).author;
      },
    };
  }
}
