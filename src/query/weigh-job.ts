/**
 * Work on a question's whole history: what is to be weighed, and how. Small work is done where it
 * arises, large work on another thread: the same function does both (weighing.ts).
 *
 *     engine ──{ job: histories as copied pieces, world, moment }──▶ weigh-worker
 *            ◀─{ claims: one per voice, where trust counts }──────
 *            ──{ outcomes }──────────────────────────────────────▶
 *            ◀─{ result }────────────────────────────────────────
 *
 * Nothing is shared: a job is all that its thread needs to know, the world included.
 */
import type { Candidate, OutcomeSaid, QuestionHistory } from "../lens/history.js";
import type {
  Answer,
  AnswerDifference,
  Explanation,
  LensName,
  LensParameters,
} from "../model/answer.js";
import type { PagePart, Room } from "./answer-page.js";
import type { CopiedQuestion } from "./copied-question.js";
import type { CutLimit } from "./cuts.js";
import type { WorldSource } from "./worlds.js";

/** How a history is to be read. */
export interface ReadingAsked {
  readonly lens: LensName;
  readonly parameters: LensParameters;
  /** What of the history had been said. */
  readonly limits: readonly CutLimit[];
  readonly evaluatedAtMs: number;
  /** Of the world to read it in. */
  readonly worldKey: string;
}

/** What is to be done with one history or several. */
export type Work =
  | {
      readonly kind: "answers";
      readonly reading: ReadingAsked;
      /** Behind which value of a many-valued predicate; empty: from the first. */
      readonly after: Uint8Array;
      readonly room: Room;
    }
  | { readonly kind: "explain"; readonly reading: ReadingAsked }
  | { readonly kind: "compare"; readonly reading: ReadingAsked; readonly to: ReadingAsked }
  | {
      readonly kind: "constraints";
      readonly reading: ReadingAsked;
      readonly conceptPath: string;
    };

export interface WorkResults {
  readonly answers: PagePart;
  readonly explain: Explanation;
  readonly compare: AnswerDifference;
  readonly constraints: Answer;
}
export type WorkResult = WorkResults[keyof WorkResults];

export interface WeighJob {
  readonly work: Work;
  readonly questions: readonly CopiedQuestion[];
  /** Those that the work names. */
  readonly worlds: readonly WorldSource[];
  /** Whether trust in voices counts: then outcomes are asked for. */
  readonly needsTrust: boolean;
}

export type ToWorker =
  | { readonly kind: "job"; readonly job: WeighJob }
  | { readonly kind: "outcomes"; readonly outcomes: readonly OutcomeSaid[] };

export type FromWorker =
  | { readonly kind: "result"; readonly result: WorkResult }
  /** A claim of each author, beneficiary and source, of whom outcomes may speak. */
  | { readonly kind: "claims"; readonly claims: readonly Candidate[] };

/** One claim for all that have the same author, beneficiary and source. */
export function claimsOfVoices(histories: readonly QuestionHistory[]): readonly Candidate[] {
  const claims = new Map<string, Candidate>();
  for (const { candidates } of histories) {
    for (const claim of candidates) {
      const author = String.fromCharCode(...claim.author);
      const key = `${author}${claim.onBehalfOf ?? ""}\0${claim.sourceId}`;
      if (!claims.has(key)) claims.set(key, claim);
    }
  }
  return [...claims.values()];
}
