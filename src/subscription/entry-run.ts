/**
 * A run of entries of one block: what a frame carries.
 *
 * Runs of a block are cut by size, and where a filter leaves entries out they list which stayed.
 */
import type { Block } from "../wal/block.js";
import type { Filter } from "./filter.js";

export interface EntryRun {
  readonly block: Block;
  /** First entry of the run in the block. */
  readonly start: number;
  /** Behind the last entry that the run speaks of, sent or left out. */
  readonly end: number;
  /** Entries that are sent, ascending; undefined: all from start to end. */
  readonly chosen: readonly number[] | undefined;
}

/** A frame stays well below a chunk: large enough to cost little, small enough to flow. */
const runBytesTarget = 256 * 1024;
const runEntriesMax = 8_192;

export const runCount = (run: EntryRun): number => run.chosen?.length ?? run.end - run.start;

/** The runs of a block from entry `start` up to `end`, in order. */
export function* runsOf(
  block: Block,
  start: number,
  end: number,
  filter: Filter | undefined,
): Generator<EntryRun> {
  let runStart = start;
  let bytes = 0;
  let count = 0;
  let chosen: number[] | undefined = filter === undefined ? undefined : [];
  for (let entry = start; entry < end; entry++) {
    if (filter !== undefined) {
      if (block.state(entry) !== "whole" || !filter.matches(block.entry(entry))) continue;
    }
    const length = block.length(entry);
    if (count > 0 && (bytes + length > runBytesTarget || count === runEntriesMax)) {
      yield { block, start: runStart, end: entry, chosen };
      runStart = entry;
      bytes = 0;
      count = 0;
      chosen = chosen === undefined ? undefined : [];
    }
    chosen?.push(entry);
    bytes += length;
    count++;
  }
  if (runStart < end) yield { block, start: runStart, end, chosen };
}
