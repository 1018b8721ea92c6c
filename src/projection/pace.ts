/**
 * How large a transaction may be: as much as is applied in a given time, by what the last ones took.
 *
 * Large transactions are cheap, since rows that stand together are written together; but whoever
 * asks waits for them, and so does an orderly end.
 */
const entriesMin = 64;
const entriesMost = 200_000;
/** Before anything was measured. */
const entriesFirst = 2_000;
/** What a measurement weighs against those before it. */
const weight = 0.3;

export class Pace {
  readonly #transactionMs: number;
  #entriesPerMs: number;

  constructor(transactionMs: number) {
    this.#transactionMs = transactionMs;
    this.#entriesPerMs = entriesFirst / transactionMs;
  }

  get entriesMax(): number {
    const entries = Math.round(this.#entriesPerMs * this.#transactionMs);
    return Math.max(entriesMin, Math.min(entriesMost, entries));
  }

  /** Notes how long a transaction took. Small ones say little: most of their time is the commit. */
  took(entries: number, ms: number): void {
    if (entries < this.entriesMax / 4) return;
    const rate = entries / Math.max(ms, 1);
    this.#entriesPerMs += weight * (rate - this.#entriesPerMs);
  }
}
