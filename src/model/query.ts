/**
 * What the query service is asked and gives back, as programs handle it: the rpc service and the
 * HTTP API translate into these, the client translates out of them.
 */
import type {
  Answer,
  AnswerDifference,
  Basis,
  Explanation,
  Freshness,
  LensName,
  LensParameters,
  Moment,
  Question,
} from "./answer.js";
import type { SourceClass } from "./entry.js";
import type { EntryId, Position } from "./position.js";

/** Most questions of one request. */
export const questionsMax = 1_000;
/** Most rows of a page. */
export const pageSizeMax = 1_000;
export const pageSizePreset = 100;
/** Longest wait for freshness. */
export const freshnessWaitMs = 1_000;
/** Most ids, authors or sources in one list of a lens's parameters. */
export const parameterListMax = 64;
/** Largest cursor that is read. */
export const cursorBytesMax = 1_024;

export type QuerySubject =
  | { readonly kind: "question"; readonly question: Question }
  | { readonly kind: "concept"; readonly conceptPath: string }
  | { readonly kind: "questions"; readonly questions: readonly Question[] }
  | { readonly kind: "prefix"; readonly prefix: string; readonly predicate?: string };

/** Through which lens, as of when, how fresh. */
export interface LensRequest {
  readonly lens?: LensName;
  readonly parameters?: LensParameters;
  readonly asOf?: Moment;
  readonly evaluatedAtMs?: number;
  readonly freshness?: Freshness;
  /** Longest wait for freshness, where the caller has less time than `freshnessWaitMs`. */
  readonly waitMs?: number;
}

export interface Paging {
  readonly pageSize?: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: Uint8Array;
}

export interface QueryInput extends LensRequest, Paging {
  readonly subject: QuerySubject;
}

export interface QueryResult {
  readonly basis: Basis;
  readonly answers: readonly Answer[];
  readonly nextCursor?: Uint8Array;
  readonly isBehind: boolean;
  /** 16 bytes: names this query in a trace. */
  readonly queryId: Uint8Array;
}

export interface ExplainInput extends LensRequest {
  readonly question: Question;
}

export interface ExplainResult extends Explanation {
  readonly basis: Basis;
  readonly isBehind: boolean;
}

export interface DiffInput extends Omit<LensRequest, "asOf" | "evaluatedAtMs"> {
  readonly question: Question;
  readonly from: Moment;
  /** Absent: now. */
  readonly to?: Moment;
}

export interface DiffResult extends AnswerDifference {
  readonly fromBasis: Basis;
  readonly toBasis: Basis;
  readonly isBehind: boolean;
}

/** What every list says beside its rows. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly nextCursor?: Uint8Array;
  /** A frontier token: what the views held. */
  readonly frontier: Uint8Array;
  readonly isBehind: boolean;
}

export interface ListRequest extends Paging {
  readonly freshness?: Freshness;
  /** As in `LensRequest`. */
  readonly waitMs?: number;
}

export interface ConceptsInput extends ListRequest {
  /** Whole segments; empty: from the top. */
  readonly prefix: string;
  /** Only the next segment below the prefix, each once. */
  readonly childrenOnly?: boolean;
}

export interface Concept {
  readonly conceptPath: string;
  readonly predicates: readonly string[];
  readonly claimCount: number;
  readonly hasChildren: boolean;
}

export interface QuestionsInput extends ListRequest {
  readonly which:
    | { readonly kind: "concept"; readonly conceptPath: string }
    | { readonly kind: "prefix"; readonly prefix: string }
    | { readonly kind: "most_contested"; readonly prefix: string }
    | { readonly kind: "most_recent" };
}

export interface QuestionFacts extends Question {
  readonly claimCount: number;
  /** By the skeptic lens without decay. */
  readonly conflictMillionths: number;
  readonly valueCount: number;
  /** A hybrid time: of the newest claim. */
  readonly latest: bigint;
}

export interface AssertionsInput extends ListRequest {
  readonly of:
    | { readonly kind: "author"; readonly author: Uint8Array }
    | { readonly kind: "source"; readonly sourceId: string };
  readonly isBackward?: boolean;
}

export interface ListedAssertion {
  readonly id: EntryId;
  readonly position: Position;
  /** A hybrid time. */
  readonly recorded: bigint;
  /** As stored; empty where its bytes are gone. */
  readonly entry: Uint8Array;
}

export interface SourcesInput extends ListRequest {
  readonly sourceId?: string;
}

export interface SourceFacts {
  readonly sourceId: string;
  readonly claimCount: number;
  /** The best that a claim gave it. */
  readonly sourceClass?: SourceClass;
  /** The latest record of it, as an entry. */
  readonly record?: Uint8Array;
  readonly isRetracted: boolean;
  readonly retractionReason?: string;
}

export type ProjectionState = "live" | "catching_up" | "stopped";

/** How a projection stands. */
export interface ProjectionStatus {
  readonly name: string;
  readonly state: ProjectionState;
  /** Entries of the log that it has applied. */
  readonly applied: number;
  /** Index of the first entry that it could not apply. */
  readonly stoppedAt?: number;
  readonly stoppedBecause?: string;
  readonly retryInMs?: number;
}

/** How the views stand. */
export interface ViewsStatus {
  readonly generation: number;
  readonly version: number;
  /** Entries of the log that every projection has applied. */
  readonly applied: number;
  readonly size: number;
  readonly bytes: number;
  readonly projections: readonly ProjectionStatus[];
  /** Entries that a generation being built has applied. */
  readonly building?: number;
  readonly writerPid?: number;
  readonly writerRestarts: number;
  readonly lagMs: number;
}

/** How far a rebuild of the views is. */
export interface RebuildProgress {
  /** Entries of the log that the generation being built has applied. */
  readonly applied: number;
  readonly size: number;
  /** Of the last report: the generation now in use. */
  readonly generation?: number;
}

/** How far a comparison of the views with the log is. */
export interface VerifyProgress {
  readonly questions: number;
  readonly total: number;
  /** A question whose views differ from the log. */
  readonly difference?: string;
  /** Of the last report: how many differ. */
  readonly differences?: number;
}

/** Answers questions; the rpc service and the HTTP API translate for it. */
export interface Queries {
  query(input: QueryInput, signal: AbortSignal): Promise<QueryResult>;
  /** The same, where it can be given at once: nothing is waited for. */
  queryNow?(input: QueryInput): QueryResult | undefined;
  explain(input: ExplainInput, signal: AbortSignal): Promise<ExplainResult>;
  diff(input: DiffInput, signal: AbortSignal): Promise<DiffResult>;
  concepts(input: ConceptsInput, signal: AbortSignal): Promise<Listing<Concept>>;
  questions(input: QuestionsInput, signal: AbortSignal): Promise<Listing<QuestionFacts>>;
  assertions(input: AssertionsInput, signal: AbortSignal): Promise<Listing<ListedAssertion>>;
  sources(input: SourcesInput, signal: AbortSignal): Promise<Listing<SourceFacts>>;
}
