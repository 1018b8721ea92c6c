/**
 * What the views take in and give out: the words that the writing process, the reading process and
 * the query engine share.
 *
 * A *question* here is (concept path as written, predicate): aliases are resolved by whoever asks.
 */
import type { Act, Candidate, OutcomeSaid, WorldRecord, WorldRoot } from "../lens/history.js";
import type { Ruling } from "../lens/ruling.js";
import type { Concept, QuestionFacts, SourceFacts } from "../model/query.js";

/** Of keys and rows. Another version on disk is built anew. */
export const viewsVersion = 1;
/** A question with more claims has no materialised rulings: its lenses are computed when asked. */
export const materialisedClaimsMax = 4_096;
/** Kept per question, without decay and with all other parameters preset. */
export const materialisedLenses = [
  "recency",
  "consensus",
  "votes",
  "authority",
  "layered",
  "skeptic",
] as const;
export type MaterialisedLens = (typeof materialisedLenses)[number];

export const projectionNames = ["questions", "lists", "answers"] as const;
export type ProjectionName = (typeof projectionNames)[number];

/** One block of a log, as projections take it in. Numbers `i` are relative to `firstIndex`. */
export interface CommittedEntries {
  readonly logId: Uint8Array;
  readonly firstIndex: number;
  /** The block's hybrid time. */
  readonly recorded: bigint;
  /** First 8 bytes of the log's root behind the block. */
  readonly rootPrefix: Uint8Array;
  readonly count: number;
  /** The entry's bytes; `undefined` where they are gone. Read at once, and never kept. */
  entry(i: number): Uint8Array | undefined;
  /** Its id, known even where its bytes are gone. */
  id(i: number): Uint8Array;
  /** The key that signed its batch; the log's key where it stands in none. */
  batchAuthor(i: number): Uint8Array;
}

/** How much of a log a projection has applied: it stands at the end of a block. */
export interface AppliedTo {
  readonly size: number;
  /** First 8 bytes of the root over `size` entries. */
  readonly rootPrefix: Uint8Array;
  /** Hybrid time of the newest applied block. */
  readonly recorded: bigint;
}

/** All that is written inside one commit. Ends with the callback that it was handed to. */
export interface ViewTransaction {
  applied(projection: ProjectionName, logId: Uint8Array): AppliedTo | undefined;
  setApplied(projection: ProjectionName, logId: Uint8Array, applied: AppliedTo): void;
}

/**
 * Keeps one part of the views. `apply` takes blocks of one log or several, each log's in order and
 * without gaps; blocks that it has applied before are passed over. It moves its own frontier.
 */
export interface ViewProjection {
  readonly name: ProjectionName;
  apply(transaction: ViewTransaction, blocks: readonly CommittedEntries[]): void;
}

/** A page of a list: rows behind `after`, which is the `key` of a row handed out before. */
export interface Page {
  readonly after?: Uint8Array;
  readonly limit: number;
}

/** A row of a list, and where it stands in it. */
export type Keyed<Row> = Row & { readonly key: Uint8Array };

export interface QuestionRange extends Page {
  /** Whole segments of a concept path; absent or empty: all. */
  readonly prefix?: string;
  readonly predicate?: string;
}

export interface ConceptRange extends Page {
  /** Whole segments; empty: from the top. */
  readonly prefix: string;
  /** Only the next segment below the prefix, each once. */
  readonly childrenOnly?: boolean;
}

/** Where an assertion stands, in a list in canonical order. */
export interface ListedPlace {
  /** A hybrid time. */
  readonly recorded: bigint;
  readonly logId: Uint8Array;
  readonly index: number;
}

/** What is known of a source without asking who may withdraw it: `World` says that. */
export type StoredSource = Omit<SourceFacts, "isRetracted" | "retractionReason">;

/** A question at the moment of a snapshot. Used only while the snapshot is. */
export interface StoredQuestion extends QuestionFacts {
  /** Its place among all questions: what a page begins `after`. */
  readonly key: Uint8Array;
  /** Claims, erased ones not among them. */
  readonly claimCount: number;
  /** All that was said about it, each list in canonical order. Decodes everything. */
  records(): { readonly candidates: readonly Candidate[]; readonly acts: readonly Act[] };
  /**
   * What a lens decided, by ordinals for `claim`; `undefined` unless it is exactly what weighing
   * now would give: every record and the present world considered, and evaluated between two
   * moments at which claims begin or cease to hold.
   */
  ruling(lens: MaterialisedLens, at: { readonly evaluatedAtMs: number }): Ruling | undefined;
  /** The claim of an ordinal that a ruling names. */
  claim(ordinal: number): Candidate;
  /** Copies for `decodePieces` on another thread: from record 0, then from each `next`. */
  piece(from: number, rowsMax: number): QuestionPiece;
}

/** Some rows of a question, copied. */
export interface QuestionPiece {
  readonly bytes: Uint8Array;
  /** The record that the next piece begins with; absent: there is none. */
  readonly next?: number;
}

/** Whose trust a claim may depend on; a whole claim is one of these. */
export type ClaimVoices = Partial<Pick<Candidate, "author" | "onBehalfOf" | "sourceId">>;

/** The views at one moment. Used only inside the callback that it was handed to. */
export interface ViewSnapshot {
  /** Of the questions, in one log. */
  applied(logId: Uint8Array): AppliedTo | undefined;
  /** A frontier token: what the questions hold. */
  frontier(): Uint8Array;
  /** Changes whenever `worldRecords` or `worldRoot` does. */
  readonly worldStamp: number;
  /** Of no key and no cluster while no founding genesis was seen. */
  readonly worldRoot: WorldRoot;
  /** In canonical order. */
  worldRecords(): readonly WorldRecord[];
  question(conceptPath: string, predicate: string): StoredQuestion | undefined;
  /** In the order of their keys: by concept path, then predicate, bytewise. */
  questions(range: QuestionRange): readonly StoredQuestion[];
  predicatesOf(conceptPath: string): readonly string[];
  concepts(range: ConceptRange): readonly Keyed<Concept>[];
  /** What was said about the trust in the voices of these claims: authors, on behalf, sources. */
  outcomesFor(claims: readonly ClaimVoices[]): readonly OutcomeSaid[];
  /** Erased claims of a question. */
  redactedCount(conceptPath: string, predicate: string): number;
  assertionsOf(
    of:
      | { readonly kind: "author"; readonly author: Uint8Array }
      | { readonly kind: "source"; readonly sourceId: string },
    page: Page & { readonly isBackward?: boolean },
  ): readonly Keyed<ListedPlace>[];
  /** Questions with a conflict, by the skeptic lens without decay; the largest first. */
  contested(page: Page & { readonly prefix?: string }): readonly Keyed<QuestionFacts>[];
  /** Questions by their newest claim, the latest first. */
  recent(page: Page): readonly Keyed<QuestionFacts>[];
  /** In the order of their ids, bytewise. */
  sources(page: Page): readonly Keyed<StoredSource>[];
  source(sourceId: string): StoredSource | undefined;
  /** Distinct claims that are not erased. */
  readonly assertionCount: number;
  readonly questionCount: number;
  /** Entries that were passed over: not understood by this version. */
  readonly skippedCount: number;
}
