/**
 * Frontiers: how much of each log a projection has applied, in the transaction that applied it.
 *
 *     projection (1) ‖ log id (32) → size | root prefix (8) | hybrid time (8)
 */
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { encodeFrontier, type FrontierItem } from "../model/frontier.js";
import { RowReader, RowWriter } from "./row-bytes.js";
import { type AppliedTo, type ProjectionName, projectionNames } from "./view-types.js";

const ROOT_PREFIX_BYTES = 8;
const writer = new RowWriter(64);

function frontierKey(projection: ProjectionName, logId: Uint8Array): Uint8Array {
  const key = new Uint8Array(1 + logId.length);
  key[0] = projectionNames.indexOf(projection);
  key.set(logId, 1);
  return key;
}

function decode(row: Uint8Array): AppliedTo {
  const reader = new RowReader(row);
  const size = reader.varint();
  const rootPrefix = new Uint8Array(reader.view(ROOT_PREFIX_BYTES));
  return { size, rootPrefix, recorded: reader.u64() };
}

export function readFrontier(
  transaction: LmdbReader,
  projection: ProjectionName,
  logId: Uint8Array,
): AppliedTo | undefined {
  const row = transaction.get("frontiers", frontierKey(projection, logId));
  return row === undefined ? undefined : decode(row);
}

export function writeFrontier(
  transaction: LmdbWriter,
  projection: ProjectionName,
  logId: Uint8Array,
  applied: AppliedTo,
): void {
  writer.clear();
  writer.varint(applied.size);
  writer.bytes(applied.rootPrefix, 0, ROOT_PREFIX_BYTES);
  writer.u64(applied.recorded);
  transaction.put("frontiers", frontierKey(projection, logId), writer.copy());
}

/** The logs that a projection has applied something of, in the order of their ids. */
export function frontierLogs(
  transaction: LmdbReader,
  projection: ProjectionName,
): readonly Uint8Array[] {
  const prefix = Uint8Array.of(projectionNames.indexOf(projection));
  return [...transaction.keys("frontiers", { prefix })].map((key) => key.slice(1));
}

/** What a projection has applied of logs, as a frontier token. */
export function frontierToken(
  transaction: LmdbReader,
  projection: ProjectionName,
  logs: readonly Uint8Array[],
): Uint8Array {
  const items: FrontierItem[] = [];
  for (const logId of logs) {
    const applied = readFrontier(transaction, projection, logId);
    if (applied === undefined) continue;
    const { size, rootPrefix } = applied;
    items.push({ logId, size, rootPrefix, next: size });
  }
  return encodeFrontier(items);
}
