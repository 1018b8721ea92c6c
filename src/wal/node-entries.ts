/**
 * The entries that a log writes about itself: its genesis, and the stamp of each block. Their salts
 * are random: nobody has to derive them again.
 */
import type { KeyPair } from "../crypto/ed25519.js";
import { decodeStoredEntry, encodeEntry } from "../entry/codec.js";
import type { Random } from "../host/random.js";
import type { TreeHash } from "../merkle/tree-hash.js";
import type { LogGenesis } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import type { HybridTime } from "../model/hybrid-time.js";
import { type LogId, saltBytes } from "../model/position.js";
import type { Block, NodeEntry } from "./block.js";

/** Bounds a stamp: log id, author, salt, and numbers. */
export const stampBytesMax = 256;

const randomPoolBytes = 1024;

export interface NodeEntryMaker {
  readonly key: KeyPair;
  readonly random: Random;
  readonly hash: TreeHash;
}

/** Asks for much at once: a block needs 16 bytes, and one call costs as much as many bytes. */
export function bufferedRandom(random: Random): Random {
  let pool: Uint8Array = new Uint8Array(0);
  let used = 0;
  return {
    bytes(count) {
      if (used + count > pool.length) {
        pool = random.bytes(Math.max(randomPoolBytes, count));
        used = 0;
      }
      used += count;
      return pool.subarray(used - count, used);
    },
  };
}

export function makeGenesis(maker: NodeEntryMaker, genesis: LogGenesis): NodeEntry {
  return makeEntry(maker, genesis);
}

export function makeStamp(
  maker: NodeEntryMaker,
  stamp: {
    readonly logId: LogId;
    readonly firstIndex: number;
    readonly count: number;
    readonly hybridTime: HybridTime;
  },
): NodeEntry {
  return makeEntry(maker, { kind: "block_stamp", ...stamp });
}

function makeEntry(
  maker: NodeEntryMaker,
  body: Parameters<typeof encodeEntry>[0]["body"],
): NodeEntry {
  const author = maker.key.publicKey;
  const bytes = encodeEntry({ author, salt: maker.random.bytes(saltBytes), body });
  return { bytes, leaf: maker.hash.leaf(bytes) };
}

/** The genesis in a log's first block. Throws LOG_CORRUPT where it is not that log's. */
export function readGenesis(block: Block, logId: LogId, hash: TreeHash): LogGenesis {
  const bytes = block.entry(0);
  if (block.firstIndex !== 0 || !bytesEqual(hash.leaf(bytes), logId)) {
    throw new Fault("LOG_CORRUPT", "the log's first entry is not its genesis");
  }
  const genesis = decodeStoredEntry(bytes);
  if (genesis?.body.kind !== "log_genesis" || !bytesEqual(genesis.author, genesis.body.logKey)) {
    throw new Fault("LOG_CORRUPT", "the log's first entry is not a genesis");
  }
  return genesis.body;
}
