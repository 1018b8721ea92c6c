/** Compares what is stored of questions with a fold of the log: stub. */
import type { CommittedEntries, ViewSnapshot } from "./view-types.js";

/**
 * Folds the log for the questions of one part out of `parts`, so that memory is bounded: take in
 * all blocks that the questions have applied, then compare.
 */
export class QuestionFold {
  constructor(_part: { readonly part: number; readonly parts: number }) {}
  add(_block: CommittedEntries): void {
    throw new Error("not yet");
  }
  /** Compares with a snapshot whose `applied` is what was added; one line per difference. */
  *differences(_snapshot: ViewSnapshot): Generator<{ questions: number; difference?: string }> {}
}
