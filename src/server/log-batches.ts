/** The log as the sequence table replays it. */
import { integerMax } from "../model/limits.js";
import type { BatchSource, SourceBatch } from "../state/batch-source.js";
import type { Log } from "../wal/log.js";

export const logBatches = (log: Log): BatchSource =>
  log.state === "damaged"
    ? damagedBatches(log)
    : {
        logId: log.id,
        get size() {
          return log.size;
        },
        indexAtTime: (ms) => log.timeIndex(ms),
        batchesFrom: (index) => log.batchesFrom(index),
      };

/**
 * A damaged log takes no appends, so nobody asks for a sequence: nothing is replayed from it, and
 * what the table has applied stays what it is. Once the log is repaired, the replay goes on there;
 * where the table was lost, from the beginning. How much such a log once held is not known, so no
 * table has seen too much of it.
 */
const damagedBatches = (log: Log): BatchSource => ({
  logId: log.id,
  size: integerMax,
  indexAtTime: () => Promise.resolve(0),
  batchesFrom: nothing,
});

async function* nothing(): AsyncGenerator<SourceBatch, void> {}
