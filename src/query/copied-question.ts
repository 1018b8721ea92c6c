/**
 * A question's history, copied out of the views: to be decoded on another thread, or in a later
 * turn. A large one is copied over many turns of the event loop, a few milliseconds each; what is
 * said about it meanwhile is of a later moment than the pinned one, and is not in the cut.
 */
import { type Clock, nextTurn } from "../host/clock.js";
import type { QuestionHistory } from "../lens/history.js";
import type { Question } from "../model/answer.js";
import { decodePieces } from "../views/question-copy.js";
import type { CutLimit } from "./cuts.js";
import { cancelled } from "./freshness.js";
import { findQuestion, mergeRecords, redactedCountOf } from "./histories.js";
import type { PinnedReads, PinnedView } from "./pinned-reads.js";
import type { FoldedWorld } from "./worlds.js";

/** Rows of about 1.4 KiB that are copied before the clock is looked at. */
const rowsInPieceMax = 32;
/** How long the event loop is held at a time. */
export const turnMsMax = 5;

export interface CopiedQuestion {
  readonly subject: Question;
  /** Of each name that it has records under. */
  readonly pieces: readonly (readonly Uint8Array[])[];
  readonly redactedCount: number;
}

/** A copy, and how it is to be read. */
export interface Copy {
  readonly question: CopiedQuestion;
  readonly claimCount: number;
  readonly limits: readonly CutLimit[];
  readonly world: FoldedWorld;
  /** Names that the question was searched under. */
  readonly paths: readonly string[];
}

export interface CopyParts {
  readonly reads: PinnedReads;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Decodes on any thread. */
export function decodeCopied({ subject, pieces, redactedCount }: CopiedQuestion): QuestionHistory {
  return { ...subject, ...mergeRecords(pieces.map(decodePieces)), redactedCount };
}

export const bytesCopied = ({ pieces }: CopiedQuestion): number =>
  pieces.reduce((sum, path) => path.reduce((bytes, piece) => bytes + piece.length, sum), 0);

/** Copies a question, giving up the turn every few milliseconds. Throws CANCELLED. */
export async function copyQuestion(parts: CopyParts, question: Question): Promise<Copy> {
  const copying = new Copying(question, parts.clock);
  for (;;) {
    const copy = parts.reads.read((view) => copying.turn(view));
    if (copy !== undefined) return copy;
    await nextTurn();
    if (parts.signal.aborted) throw cancelled(parts.signal.reason);
  }
}

class Copying {
  readonly #question: Question;
  readonly #clock: Clock;
  /** By name; none for names that nothing is written under. */
  readonly #pieces: (Uint8Array[] | undefined)[] = [];
  /** The name whose turn it is, and the record that its next piece begins with. */
  #name = 0;
  #next = 0;

  constructor(question: Question, clock: Clock) {
    this.#question = question;
    this.#clock = clock;
  }

  /** Copies for a while; returns the copy when it is whole. */
  turn(view: PinnedView): Copy | undefined {
    const startedMs = this.#clock.monotonicMs();
    const { snapshot, limits, world } = view;
    const found = findQuestion(snapshot, world.world, this.#question);
    const { subject, claimCount, paths } = found;
    while (this.#name < paths.length) {
      if (this.#clock.monotonicMs() - startedMs > turnMsMax) return undefined;
      const stored = snapshot.question(paths[this.#name] as string, subject.predicate);
      const piece = stored?.piece(this.#next, rowsInPieceMax);
      if (piece !== undefined) this.#piecesOf(this.#name).push(piece.bytes);
      this.#next = piece?.next ?? 0;
      if (this.#next === 0) this.#name++;
    }
    const pieces = this.#pieces.filter((one) => one !== undefined);
    const redactedCount = redactedCountOf(snapshot, found);
    return { question: { subject, pieces, redactedCount }, claimCount, limits, world, paths };
  }

  #piecesOf(name: number): Uint8Array[] {
    const known = this.#pieces[name] ?? [];
    this.#pieces[name] = known;
    return known;
  }
}
