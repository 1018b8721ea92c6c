/** Makes the next block of a log: stamped, hashed into the tree, signed. Nothing is written yet. */
import type { TreeEdge } from "../merkle/tree-edge.js";
import { type HybridTime, nextHybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import type { AdmittedBatch } from "./admitted-batch.js";
import { encodePayload, type NodeEntry } from "./block.js";
import { makeStamp, type NodeEntryMaker } from "./node-entries.js";
import { type Statement, signStatement } from "./statement.js";

/** Where a log ends. */
export interface LogEnd {
  readonly logId: LogId;
  readonly edge: TreeEdge;
  readonly lastTime: HybridTime;
}

export interface NewBlock {
  readonly statement: Statement;
  readonly hybridTime: HybridTime;
  readonly payload: Uint8Array;
  readonly leaves: Uint8Array;
  /** The tree with this block. */
  readonly edge: TreeEdge;
}

export function makeBlock(
  maker: NodeEntryMaker,
  end: LogEnd,
  content: {
    readonly nowMs: number;
    readonly batches: readonly AdmittedBatch[];
    /** In a log's first block. */
    readonly genesis?: NodeEntry;
  },
): NewBlock {
  const { logId } = end;
  const { batches, genesis } = content;
  const firstIndex = end.edge.size;
  const hybridTime = nextHybridTime(end.lastTime, content.nowMs);
  let count = genesis === undefined ? 1 : 2;
  for (const batch of batches) count += batch.count;
  const stamp = makeStamp(maker, { logId, firstIndex, count, hybridTime });
  const nodeEntries = genesis === undefined ? [stamp] : [genesis, stamp];
  const { payload, leaves } = encodePayload(nodeEntries, batches);
  const edge = end.edge.append(maker.hash, leaves);
  const root = edge.root(maker.hash);
  const signature = signStatement({ logId, size: edge.size, root }, maker.key.secretKey);
  const statement = { logId, firstIndex, count, root, signature };
  return { statement, hybridTime, payload, leaves, edge };
}
