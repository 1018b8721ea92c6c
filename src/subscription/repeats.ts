/**
 * Where ids stood before: a log may hold an entry twice (sent again by another writer, or long
 * after), and an id counts once, at its first position.
 */
import type { EntryRun } from "./entry-run.js";

export interface Repeats {
  /** Entry in the run's block -> index where its id stood first; undefined where none did. */
  of(run: EntryRun): Promise<ReadonlyMap<number, number> | undefined>;
}
