/**
 * Idempotency keys: what a caller's `Idempotency-Key` stood for, for seven days.
 *
 *     request ─▶ keep (caller, key) → entry, synced ─▶ append ─▶ receipt
 *
 * The entry is durable before it is appended, so that a retry, be it after a crash of either side,
 * appends the very same bytes: the same id, which counts once. Whether that happened the log tells.
 *
 * While one transaction is being synced, what comes is collected for the next: a sync costs
 * milliseconds, and the keys that wait for it share it.
 *
 * Invariant: no outcome `new` before the entry is durable.
 */
import type { Clock } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import { Fault, isFault } from "../model/fault.js";
import type { KeepOutcome, KeptLimits, KeyedEntry } from "./idempotency-rows.js";

export type { KeyedEntry };

/** Keeps entries by key: the state store, or rows on a test's own thread. */
export interface KeyedEntryStore {
  /** Durable when it settles; one outcome each, in order. */
  keepEntries(
    entries: readonly KeyedEntry[],
    nowMs: number,
    limits: KeptLimits,
  ): Promise<readonly KeepOutcome[]>;
}

export interface IdempotencyTableOptions extends KeptLimits {
  readonly store: KeyedEntryStore;
  readonly clock: Clock;
}

const MiB = 1024 * 1024;
const day = 24 * 60 * 60 * 1000;

/** Rows of entries of some hundred bytes: well below the size that is reserved for the state. */
export const idempotencyTablePreset = {
  retentionMs: 7 * day,
  callerKeysMax: 1_000_000,
  keysMax: 2_000_000,
  entryBytesMax: 1024 * MiB,
} as const satisfies KeptLimits;

/** Entries of one transaction: they are copied to the store's thread. */
const groupEntriesMax = 256;
const groupBytesMax = 4 * MiB;
/** Entries that may wait for a transaction. */
const waitingMax = 4_096;

interface Waiting {
  readonly keyed: KeyedEntry;
  readonly resolve: (outcome: KeepOutcome) => void;
  readonly reject: (fault: Fault) => void;
}

/** What a key stands for from now on. */
export type Kept =
  /** The entry that was given. */
  | { readonly kind: "new" }
  /** The entry that an earlier attempt gave, with the same request. */
  | { readonly kind: "known"; readonly entry: Uint8Array };

export class IdempotencyTable {
  readonly #options: IdempotencyTableOptions;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;

  constructor(options: IdempotencyTableOptions) {
    this.#options = options;
  }

  /**
   * Keeps an entry under its key, durably, or tells which one is kept already. Throws
   * IDEMPOTENCY_KEY_REUSED, OVERLOADED where there is no room for another key, or what the store
   * failed with: nothing may be appended then.
   */
  async keep(keyed: KeyedEntry): Promise<Kept> {
    assert(keyed.digest.length === 32, "a digest has 32 bytes");
    if (this.#waiting.length >= waitingMax) {
      const message = "too many requests with an Idempotency-Key wait for the disk; try again";
      throw new Fault("OVERLOADED", message, { waiting_max: waitingMax });
    }
    const outcome = await new Promise<KeepOutcome>((resolve, reject) => {
      this.#waiting.push({ keyed, resolve, reject });
      if (!this.#isWriting) void this.#write();
    });
    switch (outcome.kind) {
      case "reused":
        throw new Fault(
          "IDEMPOTENCY_KEY_REUSED",
          "the Idempotency-Key came before with another request: use a new one for a new request",
          { field: "Idempotency-Key", value: keyed.key },
        );
      case "full": {
        const who = outcome.of === "caller" ? "of this caller are" : "are";
        const message = `${outcome.limit} keys ${who} remembered; send it without a key, or later`;
        throw new Fault("OVERLOADED", message, { keys_max: outcome.limit });
      }
      default:
        return outcome;
    }
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    const { store, clock, retentionMs, callerKeysMax, keysMax, entryBytesMax } = this.#options;
    const limits = { retentionMs, callerKeysMax, keysMax, entryBytesMax };
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      const entries = group.map(({ keyed }) => keyed);
      try {
        const outcomes = await store.keepEntries(entries, clock.nowMs(), limits);
        for (const [at, { resolve }] of group.entries()) {
          const outcome = outcomes[at];
          assert(outcome !== undefined, "every entry has an outcome");
          resolve(outcome);
        }
      } catch (error) {
        if (!isFault(error)) throw error;
        for (const { reject } of group) reject(error);
      }
    }
    this.#isWriting = false;
  }

  #nextGroup(): readonly Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { keyed } of this.#waiting) {
      bytes += keyed.entry.length;
      if (count > 0 && (count === groupEntriesMax || bytes > groupBytesMax)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
