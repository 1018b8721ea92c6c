/** Randomness, as an argument: so that a simulator can own it. */
import { randomFillSync } from "node:crypto";

export interface Random {
  /** Unpredictable bytes. */
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = {
  bytes: (count) => randomFillSync(new Uint8Array(count)),
};
