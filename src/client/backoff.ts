/**
 * How long to wait before trying again: doubling from a minimum to a maximum, with half of it at
 * random, so that a thousand clients of a node that comes back do not come back at once.
 */
import type { Random } from "../host/random.js";
import { assert } from "../invariant/assert.js";

export interface BackoffOptions {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

export class Backoff {
  readonly #options: BackoffOptions;
  readonly #random: Random;
  #tries = 0;

  constructor(options: BackoffOptions, random: Random) {
    assert(
      options.delayMsMin > 0 && options.delayMsMin <= options.delayMsMax,
      "delays are ordered",
    );
    this.#options = options;
    this.#random = random;
  }

  /** The next delay: between half of the bound and the bound. */
  nextMs(): number {
    const { delayMsMin, delayMsMax } = this.#options;
    const boundMs = Math.min(delayMsMax, delayMsMin * 2 ** Math.min(this.#tries, 30));
    this.#tries += 1;
    const [byte = 0] = this.#random.bytes(1);
    return boundMs * (0.5 + byte / 510);
  }

  /** After a success: the next delay is the shortest again. */
  reset(): void {
    this.#tries = 0;
  }
}
