/** What is asked of a process that fills views and asks questions, and what it says. */
import type { LensName, LensParameters } from "../../../src/client/index.js";
import type { Figures } from "../figures.js";

/** Which questions are asked: of the demo's data, or one that was generated. */
export type Asked =
  | { readonly kind: "demo" }
  | {
      readonly kind: "generated";
      readonly question: number;
      /** Which its answer must rest on; absent: not looked at. */
      readonly claims?: number;
    };

export interface AskJob {
  readonly kind: "ask";
  readonly address: string;
  /** Asked over HTTP instead, where it is given. */
  readonly httpAddress?: string;
  readonly asked: Asked;
  readonly lens: LensName;
  readonly parameters: LensParameters;
  readonly callers: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  /** As of moments of chance between these two, in milliseconds since 1970. */
  readonly asOfMs?: { readonly from: number; readonly until: number };
}

export type AnswerJob =
  /** The demo's claims, appended by its importer; the views follow. */
  | { readonly kind: "demo"; readonly address: string; readonly keyFile: string }
  /** Claims about questions of chance; the views follow, and the last tenth is timed. */
  | {
      readonly kind: "random";
      readonly address: string;
      readonly entries: number;
      readonly questions: number;
      /** One in so many claims is another version of question `versionedQuestion`; 0: none. */
      readonly versionEvery: number;
    }
  /** So many claims of one question, each from a source of its own. */
  | {
      readonly kind: "crowd";
      readonly address: string;
      readonly question: number;
      readonly claims: number;
    }
  /** Receipts at a rate, and how long after each an answer rests on it. */
  | {
      readonly kind: "lag";
      readonly address: string;
      readonly entriesPerSecond: number;
      readonly seconds: number;
    }
  | { readonly kind: "rebuild"; readonly address: string }
  | AskJob;

/** Its versions are claims of one author. */
export const versionedQuestion = 9_000_001;
export const smallCrowd = 9_000_002;
export const largeCrowd = 9_000_003;

export interface AnswerJobResult {
  readonly figures: Figures;
  readonly note?: string;
  /** When the work began and ended, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Entries that the job appended. */
  readonly entries: number;
}

export type AnswerMessage =
  | { readonly kind: "done"; readonly result: AnswerJobResult }
  | { readonly kind: "failed"; readonly message: string };
