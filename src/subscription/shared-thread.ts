/**
 * Long reading lets others have the thread: blocks that are in memory come without waiting for
 * anything, and where a filter leaves them out nothing is written either, so a reader would go
 * through the whole cache in one turn while appends and other readers stand still.
 */
import { nextTurn } from "../host/clock.js";

/** Some milliseconds of filtering. */
const entriesPerTurn = 8_192;

export class SharedThread {
  #entries = 0;

  /** Call behind so many entries; await what it returns, if anything. */
  passed(entries: number): Promise<void> | undefined {
    this.#entries += entries;
    if (this.#entries < entriesPerTurn) return undefined;
    this.#entries = 0;
    return nextTurn();
  }
}
