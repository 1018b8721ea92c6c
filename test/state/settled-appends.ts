/** Appends that follow from their number, for a child process and the test that looks after it. */
import type { BatchSource } from "../../src/state/batch-source.js";
import { filled } from "./memory-log.js";

export const writerCount = 5;
const startMs = Date.now() - 60_000;

/** Append n fills index n alone: the size after it is n + 1. */
export const appendOf = (n: number) => ({
  author: filled(32, 1),
  writer: filled(16, n % writerCount),
  sequence: Math.floor(n / writerCount) + 1,
  receipt: {
    firstIndex: n,
    count: 1,
    hybridTime: BigInt(startMs) << 16n,
    root: filled(32, n),
  },
});

/** The log of the first `size` appends. */
export const sourceUpTo = (size: number): BatchSource => ({
  logId: filled(32, 1),
  size,
  indexAtTime: async () => 0,
  batchesFrom: async function* (index) {
    for (let n = index; n < size; n++) {
      const { author, writer, sequence, receipt } = appendOf(n);
      yield { author, writer, sequence, ...receipt };
    }
  },
});
