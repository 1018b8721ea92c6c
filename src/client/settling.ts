/**
 * Knows when everything that had begun at some moment is settled, while more goes on beginning.
 *
 * Work is counted by the epoch in which it began; asking opens the next epoch. Settling may come
 * in any order, so an answer is given when no epoch up to its own has anything left.
 */
import { assert } from "../invariant/assert.js";

interface Waiter {
  readonly epoch: number;
  readonly resolve: () => void;
}

export class Settling {
  #epoch = 0;
  readonly #open = new Map<number, number>();
  #waiters: Waiter[] = [];

  /** Counts one more; call what comes back once, when it is settled. */
  begin(): () => void {
    const epoch = this.#epoch;
    this.#open.set(epoch, (this.#open.get(epoch) ?? 0) + 1);
    return () => this.#end(epoch);
  }

  /** Resolves when everything that has begun until now is settled. */
  settled(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    const epoch = this.#epoch;
    this.#epoch += 1;
    return new Promise((resolve) => this.#waiters.push({ epoch, resolve }));
  }

  #end(epoch: number): void {
    const count = this.#open.get(epoch);
    assert(count !== undefined && count > 0, "what ends has begun");
    if (count > 1) {
      this.#open.set(epoch, count - 1);
      return;
    }
    this.#open.delete(epoch);
    const oldest = Math.min(...this.#open.keys());
    const isDone = (waiter: Waiter) => waiter.epoch < oldest;
    for (const waiter of this.#waiters.filter(isDone)) waiter.resolve();
    this.#waiters = this.#waiters.filter((waiter) => !isDone(waiter));
  }
}
