/**
 * Work on a question's whole history: what is to be weighed, and how. Small work is done where it
 * arises, large work on another thread: the same function does both (weighing.ts).
 *
 *     engine ──{ job: histories as copied pieces, world, moment }──▶ weigh-worker
 *            ◀─{ voices, where trust in them counts }─────────────
 *            ──{ outcomes }──────────────────────────────────────▶
 *            ◀─{ result }────────────────────────────────────────
 *
 * Nothing is shared: a job is all that its thread needs to know, the world included.
 */
import type { OutcomeSaid, QuestionHistory } from "../lens/history.js";
import { keyOf } from "../lens/keys.js";
import type {
  Answer,
  AnswerDifference,
  Explanation,
  LensName,
  LensParameters,
} from "../model/answer.js";
import { publicKeyBytes } from "../model/position.js";
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
  | ({ readonly kind: "voices" } & Voices);

/** Of whom outcomes may speak: each once. */
export interface Voices {
  /** 32 bytes each. */
  readonly authors: Uint8Array;
  readonly onBehalfOf: readonly string[];
  readonly sourceIds: readonly string[];
}

export function voicesOf(histories: readonly QuestionHistory[]): Voices {
  const authors = new Map<string, Uint8Array>();
  const onBehalfOf = new Set<string>();
  const sourceIds = new Set<string>();
  for (const { candidates } of histories) {
    for (const claim of candidates) {
      const key = keyOf(claim.author);
      if (!authors.has(key)) authors.set(key, claim.author);
      if (claim.onBehalfOf !== undefined) onBehalfOf.add(claim.onBehalfOf);
      sourceIds.add(claim.sourceId);
    }
  }
  const all = new Uint8Array(authors.size * publicKeyBytes);
  let at = 0;
  for (const author of authors.values()) {
    all.set(author, at);
    at += publicKeyBytes;
  }
  return { authors: all, onBehalfOf: [...onBehalfOf], sourceIds: [...sourceIds] };
}
