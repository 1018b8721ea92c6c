/** Reads a bounded range of a log, forwards or backwards, as runs of blocks. */
import type { Log } from "../wal/log.js";
import { type EntryRun, runCount, runsOf } from "./entry-run.js";
import type { Filter } from "./filter.js";
import { SharedThread } from "./shared-thread.js";

export interface RangeOptions {
  /** Forwards: the first index read. Backwards: the first index above that is not read. */
  readonly from: number;
  /** At most this many entries are sent. */
  readonly count: number;
  readonly backwards: boolean;
  readonly filter: Filter | undefined;
  /** Ends the reading also where nothing matches for long. */
  readonly signal: AbortSignal;
}

/** Entries of one run stand in ascending order; backwards, later runs come first. */
export async function* readRange(log: Log, options: RangeOptions): AsyncGenerator<EntryRun, void> {
  if (options.backwards) yield* readBackwards(log, options);
  else yield* readForwards(log, options);
}

async function* readForwards(log: Log, options: RangeOptions): AsyncGenerator<EntryRun, void> {
  let left = options.count;
  let next = options.from;
  const cursor = log.cursor(next);
  const thread = new SharedThread();
  try {
    while (left > 0 && !options.signal.aborted) {
      const block = await cursor.next();
      if (block === undefined) return;
      for (const run of runsOf(block, next - block.firstIndex, block.count, options.filter)) {
        const kept = firstOf(run, left);
        left -= runCount(kept);
        if (runCount(kept) > 0) yield kept;
        if (left === 0) return;
      }
      next = block.firstIndex + block.count;
      await thread.passed(block.count);
    }
  } finally {
    await cursor.close();
  }
}

async function* readBackwards(log: Log, options: RangeOptions): AsyncGenerator<EntryRun, void> {
  let left = options.count;
  let above = Math.min(options.from, log.size);
  const thread = new SharedThread();
  while (left > 0 && above > 0 && !options.signal.aborted) {
    const block = await log.read(above - 1);
    const runs = [...runsOf(block, 0, above - block.firstIndex, options.filter)];
    for (const run of runs.reverse()) {
      const kept = lastOf(run, left);
      left -= runCount(kept);
      if (runCount(kept) > 0) yield kept;
      if (left === 0) return;
    }
    above = block.firstIndex;
    await thread.passed(block.count);
  }
}

function firstOf(run: EntryRun, count: number): EntryRun {
  if (runCount(run) <= count) return run;
  if (run.chosen === undefined) return { ...run, end: run.start + count };
  const chosen = run.chosen.slice(0, count);
  return { ...run, chosen, end: (chosen.at(-1) ?? run.start) + 1 };
}

function lastOf(run: EntryRun, count: number): EntryRun {
  if (runCount(run) <= count) return run;
  if (run.chosen === undefined) return { ...run, start: run.end - count };
  const chosen = run.chosen.slice(-count);
  return { ...run, chosen, start: chosen[0] ?? run.end };
}
