/** Repeats of a stretch of the log, and which of them stand in a run. */
import { lowerBound, type RepeatList } from "./segment-ids.js";

export class KnownRepeats {
  readonly #indexes: number[] = [];
  readonly #firsts: number[] = [];

  get count(): number {
    return this.#indexes.length;
  }

  /** Adds what stands behind all that was added before. */
  add(list: RepeatList): void {
    for (const index of list.indexes) this.#indexes.push(index);
    for (const first of list.firsts) this.#firsts.push(first);
  }

  /** Entry, relative to `firstIndex` -> where its id stood first; undefined where none did. */
  within(firstIndex: number, start: number, end: number): ReadonlyMap<number, number> | undefined {
    const { length } = this.#indexes;
    if (length === 0) return undefined;
    let i = lowerBound(length, (at) => this.#indexes[at] as number, firstIndex + start);
    let found: Map<number, number> | undefined;
    for (; i < length; i++) {
      const entry = (this.#indexes[i] as number) - firstIndex;
      if (entry >= end) break;
      found ??= new Map();
      found.set(entry, this.#firsts[i] as number);
    }
    return found;
  }
}
