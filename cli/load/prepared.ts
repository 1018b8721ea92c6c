/**
 * Signed batches, made before they are needed.
 *
 * A load generator that signs while it measures measures itself. So batches are sealed beforehand,
 * up to a bound of memory; behind it they are sealed on the fly, and counted, so that a result says
 * how much of it was the generator's own work.
 */
import { randomBytes } from "node:crypto";
import { type KeyPair, sealBatch } from "../../src/client/index.js";
import { writerBytes } from "../../src/model/position.js";
import { EntryMaker } from "./entries.js";

export interface PreparedOptions {
  readonly keys: KeyPair;
  readonly batchEntries: number;
  readonly entryBytes: number;
}

export class PreparedBatches {
  readonly #options: PreparedOptions;
  readonly #maker: EntryMaker;
  readonly #writer = randomBytes(writerBytes);
  readonly #ready: Uint8Array[] = [];
  #taken = 0;
  #sequence = 0;
  #late = 0;

  constructor(options: PreparedOptions) {
    this.#options = options;
    this.#maker = new EntryMaker(options.keys.publicKey, randomBytes(8), options.entryBytes);
  }

  /** How many batches were sealed only when they were asked for. */
  get late(): number {
    return this.#late;
  }

  /** Seals batches ahead; returns their bytes. */
  prepare(count: number): number {
    let bytes = 0;
    for (let i = 0; i < count; i++) {
      const batch = this.#seal();
      bytes += batch.length;
      this.#ready.push(batch);
    }
    return bytes;
  }

  /** The next batch: an encoded `SignedBatch`. */
  next(): Uint8Array {
    const batch = this.#ready[this.#taken];
    if (batch === undefined) {
      this.#late += 1;
      return this.#seal();
    }
    this.#ready[this.#taken] = new Uint8Array(0); // sent: its memory is free again
    this.#taken += 1;
    return batch;
  }

  #seal(): Uint8Array {
    const { keys, batchEntries } = this.#options;
    const entries = Array.from({ length: batchEntries }, () => this.#maker.make());
    this.#sequence += 1;
    return sealBatch({ keys, writer: this.#writer, sequence: this.#sequence, entries }).bytes;
  }
}
