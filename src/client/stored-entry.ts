/** One entry by its id or place, with the batch that it was signed in. */
import { Fault } from "../model/fault.js";
import { toHybridTime } from "../model/hybrid-time.js";
import { type EntryId, type Index, type Position, toIndex } from "../model/position.js";
import {
  GetRequest,
  GetResponse,
  LogServiceService,
  type BatchRecord as WireBatchRecord,
} from "../wire/steme/v1/log_service.js";
import type { CallLimits, Connection } from "./connection.js";
import { EntryRecord } from "./entry-record.js";
import { wirePositionOf } from "./start-and-filter.js";
import { positionOf } from "./wire-position.js";

export type GetBy = { readonly id: EntryId } | { readonly position: Position };

/** What the log keeps of a batch: with the entries' ids, all that its signature covers. */
export interface BatchRecord {
  readonly author: Uint8Array;
  readonly writer: Uint8Array;
  readonly sequence: number;
  readonly firstIndex: Index;
  readonly count: number;
  readonly signature: Uint8Array;
}

export interface StoredEntry {
  /** The entry at the first place of its id. */
  readonly entry: EntryRecord;
  /** Absent for entries of the log's own key. */
  readonly batch: BatchRecord | undefined;
}

/** Throws NOT_FOUND where nothing is. */
export async function readEntry(
  connection: Connection,
  by: GetBy,
  limits: CallLimits,
): Promise<StoredEntry> {
  const { path } = LogServiceService.get;
  const answer = await connection.unaryCall(path, requestOf(by), limits);
  const { id, position, hybridTime, entry: bytes, hole, batch } = GetResponse.decode(answer);
  if (position === undefined) throw new Fault("MESSAGE_MALFORMED", "the answer lacks its position");
  const entry = new EntryRecord({
    ...positionOf(position),
    hybridTime: toHybridTime(hybridTime),
    bytes,
    first: undefined,
    hole: hole === undefined ? undefined : { id, isRedacted: hole.redacted },
  });
  return { entry, batch: batch === undefined ? undefined : batchOf(batch) };
}

function requestOf(by: GetBy): Uint8Array {
  const wire: GetRequest["by"] =
    "id" in by
      ? { $case: "id", value: Buffer.from(by.id) }
      : { $case: "position", value: wirePositionOf(by.position) };
  return GetRequest.encode({ by: wire }).finish();
}

const batchOf = (batch: WireBatchRecord): BatchRecord => ({
  ...batch,
  sequence: Number(batch.sequence),
  firstIndex: toIndex(Number(batch.firstIndex)),
});
