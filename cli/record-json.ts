/** The JSON-lines record: an entry as `--json` prints it and `import` reads it. */
import type { BatchRecord, EntryRecord } from "../src/client/index.js";
import { entryToJson } from "../src/entry/json.js";
import { toHex } from "../src/model/hex.js";

/** Where an entry stands, and what it says; the entry's fields are what `import` reads. */
export function recordJson(record: EntryRecord): Record<string, unknown> {
  const { first, hole } = record;
  const decoded = record.decode();
  return {
    id: toHex(record.id),
    log_id: toHex(record.logId),
    index: record.index,
    hybrid_time: record.hybridTime.toString(),
    recorded_at: new Date(record.recordedMs).toISOString(),
    ...(first === undefined ? {} : { first: { log_id: toHex(first.logId), index: first.index } }),
    ...(hole === undefined ? {} : { hole: hole.isRedacted ? "redacted" : "pruned" }),
    ...(decoded === undefined ? {} : { entry: entryToJson(decoded) }),
  };
}

/** What the log keeps of the batch that an entry was signed in. */
export const batchJson = (batch: BatchRecord): Record<string, unknown> => ({
  author: toHex(batch.author),
  writer: toHex(batch.writer),
  sequence: batch.sequence,
  first_index: batch.firstIndex,
  count: batch.count,
  signature: toHex(batch.signature),
});
