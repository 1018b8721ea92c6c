/**
 * The index's files may be deleted, damaged or put in each other's way at any moment: between two
 * operations on them, and within one. Whoever meets that does it again, from the log; and gives up
 * only where it happens over and over to the same piece of work, which is the disk's doing.
 */
import { Fault, isFault } from "../model/fault.js";

/** How often one piece of work is begun again. */
const attemptsMax = 8;

/** What an operation says whose file or directory is not what it was a moment ago. */
const movedErrnos: ReadonlySet<unknown> = new Set([
  "ENOENT",
  "ENOTDIR",
  "EISDIR",
  "EEXIST",
  "ENOTEMPTY",
]);

/** What says nothing about the file: the process or the machine has no room for it. */
const exhaustedErrnos: ReadonlySet<unknown> = new Set(["EMFILE", "ENFILE", "ENOMEM"]);

const isMoved = (error: unknown): boolean =>
  isFault(error, "DISK_FAILED") && movedErrnos.has(error.detail["errno"]);

/** Whether a file cannot be read, so that another has to be written in its place. */
export const isUnreadable = (error: unknown): error is Fault =>
  isFault(error, "DISK_FAILED") && !exhaustedErrnos.has(error.detail["errno"]);

/** Does something again while its files move, or it says `undefined`, which it may say last. */
export async function untilStill<T>(attempt: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let left = attemptsMax; ; left--) {
    try {
      const outcome = await attempt();
      if (outcome !== undefined || left === 1) return outcome;
    } catch (error) {
      if (left === 1 || !isMoved(error)) throw error;
    }
  }
}

export const notReadBack = (path: string, reason: string): Fault => {
  const message = "a table of ids cannot be read back after it was written";
  return new Fault("DISK_FAILED", message, { path, reason });
};

/** How much damage one question, or one table that is built, puts up with. */
export class Patience {
  readonly #met = new Map<string, number>();

  /** Throws DISK_FAILED where it met one table damaged too often. */
  meet(path: string, reason: string): void {
    const count = (this.#met.get(path) ?? 0) + 1;
    this.#met.set(path, count);
    if (count >= attemptsMax) throw notReadBack(path, reason);
  }
}
