/** Pages of a question, decoded on any thread: stub while the rows take shape. */
import type { Act, Candidate } from "../lens/history.js";

/** What `StoredQuestion.pages` copied, decoded: each list in canonical order. */
export function decodeQuestion(_pages: readonly Uint8Array[]): {
  readonly candidates: readonly Candidate[];
  readonly acts: readonly Act[];
} {
  throw new Error("not yet");
}
