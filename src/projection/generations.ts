/**
 * The directories of the views.
 *
 *     db/3            in use: the lowest number
 *     db/4            being built beside it
 *     db/2.removed    on its way out
 *     db/ids          not ours: the index of ids
 *
 * A generation gets another name before its files are removed, so that half of one is never taken
 * for one. Where building was interrupted both stand there, and the lower one is used; the higher
 * one only where the lower turns out to be of no use.
 */
import { join } from "node:path";
import type { Disk } from "../host/disk.js";

const removedSuffix = ".removed";

export class Generations {
  readonly #disk: Disk;
  readonly #directory: string;
  #newest = 0;

  private constructor(disk: Disk, directory: string) {
    this.#disk = disk;
    this.#directory = directory;
  }

  /** Makes the directory where it is missing. `found`: generations that stand there, ascending. */
  static async open(
    disk: Disk,
    directory: string,
  ): Promise<{ readonly generations: Generations; readonly found: readonly number[] }> {
    await disk.makeDirectory(directory);
    const names = await disk.list(directory);
    for (const name of names) {
      if (name.endsWith(removedSuffix)) await disk.remove(join(directory, name));
    }
    const found = names
      .filter((name) => /^[1-9][0-9]{0,8}$/.test(name))
      .map(Number)
      .sort((one, other) => one - other);
    const generations = new Generations(disk, directory);
    generations.#newest = found.at(-1) ?? 0;
    return { generations, found };
  }

  directoryOf(generation: number): string {
    return join(this.#directory, String(generation));
  }

  /** The number of the next one. */
  next(): number {
    this.#newest += 1;
    return this.#newest;
  }

  /** Nobody has it open any more. */
  async remove(generation: number): Promise<void> {
    const directory = this.directoryOf(generation);
    if ((await this.#disk.facts(directory)) === undefined) return;
    const removed = `${directory}${removedSuffix}`;
    await this.#disk.rename(directory, removed);
    await this.#disk.syncDirectory(this.#directory);
    await this.#disk.remove(removed);
  }
}
