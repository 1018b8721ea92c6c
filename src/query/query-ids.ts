/** Ids of queries: 16 unpredictable bytes each, drawn in supplies, since a draw costs a call. */
import type { Random } from "../host/random.js";

const ID_BYTES = 16;
const supplyBytes = 256 * ID_BYTES;

export class QueryIds {
  readonly #random: Random;
  #supply: Uint8Array = new Uint8Array(0);
  #used = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  next(): Uint8Array {
    if (this.#used >= this.#supply.length) {
      this.#supply = this.#random.bytes(supplyBytes);
      this.#used = 0;
    }
    const id = this.#supply.slice(this.#used, this.#used + ID_BYTES);
    this.#used += ID_BYTES;
    return id;
  }
}
