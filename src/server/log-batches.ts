/** The log as the sequence table replays it. */
import type { BatchSource } from "../state/batch-source.js";
import type { Log } from "../wal/log.js";

export const logBatches = (log: Log): BatchSource => ({
  logId: log.id,
  get size() {
    return log.size;
  },
  indexAtTime: (ms) => log.timeIndex(ms),
  batchesFrom: (index) => log.batchesFrom(index),
});
