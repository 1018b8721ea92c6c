/** Ranges of a log that cannot be read: found when it was opened, refused ever after. */
import { Fault } from "../model/fault.js";

export interface DamagedRange {
  /** First index. */
  readonly start: number;
  /** Behind the last index. */
  readonly end: number;
  /** The row of the recovery table that judged it. */
  readonly label: string;
  readonly path: string;
  readonly reason: string;
}

export const repairAdvice =
  "nothing was shortened; restore the file from a backup or from a peer, then start again";

/** Throws LOG_CORRUPT where an index lies in a damaged range. */
export function requireUndamaged(damage: readonly DamagedRange[], index: number): void {
  for (const range of damage) {
    if (index < range.start || index >= range.end) continue;
    throw new Fault("LOG_CORRUPT", "this part of the log is damaged", {
      index,
      start: range.start,
      end: range.end,
      path: range.path,
      reason: range.reason,
      label: range.label,
      repair: repairAdvice,
    });
  }
}
