/**
 * The most contested questions first: 1,000,000 − conflict (3, big-endian) ‖ question → nothing.
 * Only questions with a conflict stand here.
 */
import type { LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { mapKey } from "./row-bytes.js";

const CONFLICT_BYTES = 3;
const conflictMax = 1_000_000;
const nothing = new Uint8Array(0);

function contestedKey(conflictMillionths: number, question: Uint8Array): Uint8Array {
  const key = new Uint8Array(CONFLICT_BYTES + question.length);
  const rank = conflictMax - conflictMillionths;
  key[0] = rank >>> 16;
  key[1] = rank >>> 8;
  key[2] = rank;
  key.set(question, CONFLICT_BYTES);
  return key;
}

export const contestedQuestion = (key: Uint8Array): Uint8Array => key.subarray(CONFLICT_BYTES);

export class ContestedRows {
  private readonly transaction: LmdbWriter;
  private readonly added = new Map<string, Uint8Array>();

  constructor(transaction: LmdbWriter) {
    this.transaction = transaction;
  }

  change(question: Uint8Array, before: number, after: number): void {
    if (before > 0) {
      const key = contestedKey(before, question);
      if (!this.added.delete(mapKey(key))) this.transaction.delete("contested", key);
    }
    if (after === 0) return;
    const key = contestedKey(after, question);
    this.added.set(mapKey(key), key);
  }

  flush(): void {
    const rows = [...this.added.values()].map((key) => ({ key, value: nothing }));
    this.transaction.putSorted("contested", rows);
    this.added.clear();
  }
}
