/**
 * How large a transaction may be: as much as is applied in a given time, by what the last took.
 *
 * Large transactions are cheap, since rows that stand together are written together, and a question
 * that is touched often is folded once; but whoever asks waits for them, and so does an orderly
 * end. So they are short at the live end, and longer while there is much behind.
 */
const entriesMin = 64;
const entriesMost = 200_000;
/** Before anything was measured. */
const entriesFirst = 2_000;
/** What a measurement weighs against those before it. */
const weight = 0.3;
/** Much is behind where it takes so many long transactions. */
const longOnesBehind = 3;

export interface TransactionTimes {
  /** How long a transaction may take at the live end. */
  readonly shortMs: number;
  /** While there is much behind. */
  readonly longMs: number;
}

export class Pace {
  readonly #times: TransactionTimes;
  #entriesPerMs: number;

  constructor(times: TransactionTimes) {
    this.#times = times;
    this.#entriesPerMs = entriesFirst / times.shortMs;
  }

  /** Entries of the next transaction, with so many behind. */
  entriesMax(behind: number): number {
    const { shortMs, longMs } = this.#times;
    const isFar = behind > this.#in(longMs) * longOnesBehind;
    return this.#in(isFar ? longMs : shortMs);
  }

  /** Notes how long a transaction took. Small ones say little: most of their time is the commit. */
  took(entries: number, ms: number): void {
    if (entries < this.#in(this.#times.shortMs) / 4) return;
    const rate = entries / Math.max(ms, 1);
    this.#entriesPerMs += weight * (rate - this.#entriesPerMs);
  }

  #in(ms: number): number {
    return Math.max(entriesMin, Math.min(entriesMost, Math.round(this.#entriesPerMs * ms)));
  }
}
