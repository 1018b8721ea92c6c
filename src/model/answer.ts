/**
 * Answers, and what is asked to get them: plain, readonly objects that lenses compute, the query
 * service and the HTTP API translate, and the client hands out.
 *
 * Millionths are integers. Sums of them stay exact: 2^53 millionths are nine billion claims.
 */
import type { Lifecycle, Polarity, SourceClass, Value } from "./entry.js";
import type { EntryId, Position } from "./position.js";

// In the order of their enum numbers in query_service.proto, which start at 1.
export const lensNames = [
  "recency",
  "confidence",
  "consensus",
  "votes",
  "authority",
  "layered",
  "skeptic",
  "constraints",
] as const;
export const voicesKinds = ["authors", "sources"] as const;
export const recencyTimes = ["asserted", "recorded", "valid_from"] as const;
export const statuses = ["none", "unanimous", "agreed", "contested"] as const;
export const fates = [
  "considered",
  "revoked",
  "retracted",
  "superseded",
  "source_retracted",
  "not_valid",
  "lifecycle",
  "epoch",
  "revised",
  "filtered",
] as const;
export const freshnessLevels = ["local", "known", "latest"] as const;

export type LensName = (typeof lensNames)[number];
export type VoicesKind = (typeof voicesKinds)[number];
export type RecencyTime = (typeof recencyTimes)[number];
export type Status = (typeof statuses)[number];
export type Fate = (typeof fates)[number];
export type FreshnessLevel = (typeof freshnessLevels)[number];

export const lensPreset: LensName = "consensus";
export const lifecyclesPreset: readonly Lifecycle[] = ["proposed", "under_review", "approved"];

/** How claims age: by the class of their source, not at all, or by one half-life. */
export type Decay = "class" | "none" | { readonly halfLifeMs: number };

/** What a lens is told. All that is absent has its preset; a list that is absent admits all. */
export interface LensParameters {
  /** `class` unless told otherwise. */
  readonly decay?: Decay;
  /** `lifecyclesPreset` unless told otherwise. */
  readonly lifecycles?: readonly Lifecycle[];
  /** Only this epoch; absent: all but superseded ones. */
  readonly epoch?: string;
  /** Absent: the moment that the answer is evaluated at. */
  readonly validAtMs?: number;
  /** `authors` unless told otherwise. */
  readonly voices?: VoicesKind;
  readonly authorsIn?: readonly Uint8Array[];
  readonly authorsOut?: readonly Uint8Array[];
  readonly sourcesIn?: readonly string[];
  readonly sourcesOut?: readonly string[];
  /** Effective classes. */
  readonly classes?: readonly SourceClass[];
  /** Of the claim as it was made. */
  readonly confidenceMillionthsMin?: number;
  readonly trustMillionthsMin?: number;
  /** `asserted` unless told otherwise. */
  readonly recencyTime?: RecencyTime;
  /** As if these claims had been retracted. */
  readonly claimsOut?: readonly EntryId[];
}

export interface Question {
  readonly conceptPath: string;
  readonly predicate: string;
}

/** A moment in the history of what was claimed. */
export type Moment =
  | { readonly kind: "position"; readonly position: Position }
  /** A frontier token. */
  | { readonly kind: "frontier"; readonly frontier: Uint8Array }
  | { readonly kind: "recorded"; readonly recordedMs: number };

/** How much a node must have seen before it answers. */
export type Freshness =
  | { readonly kind: "level"; readonly level: FreshnessLevel }
  | { readonly kind: "position"; readonly position: Position }
  | { readonly kind: "frontier"; readonly frontier: Uint8Array };

/** What answers rest on. */
export interface Basis {
  readonly lens: LensName;
  readonly lensVersion: number;
  readonly parameters: LensParameters;
  /** A frontier token: what the views held. */
  readonly frontier: Uint8Array;
  readonly evaluatedAtMs: number;
  readonly asOf?: Moment;
  /** With `asOf`: nothing can be recorded at or before that moment any more. */
  readonly settled?: boolean;
}

/** A claim that an answer rests on. */
export interface SupportingClaim {
  readonly id: EntryId;
  readonly position: Position;
  /** A hybrid time. */
  readonly recorded: bigint;
  readonly author: Uint8Array;
  /** Only where it is honoured. */
  readonly onBehalfOf?: string;
  readonly sourceId: string;
  /** The class that counts: the lower of the claimed one and the author's ceiling. */
  readonly sourceClass: SourceClass;
  readonly polarity: Polarity;
  readonly confidenceMillionths: number;
  /** What it adds to the support of its value; negative where it takes some off. */
  readonly weightMillionths: number;
  readonly assertedMs: number;
}

/** A distinct value and what speaks for it. */
export interface Support {
  /** As its latest claim in canonical order says it. */
  readonly value: Value;
  readonly supportMillionths: number;
  readonly claimCount: number;
  readonly voiceCount: number;
  /** The weightiest first, then the latest; at most `claimsListedMax`. */
  readonly claims: readonly SupportingClaim[];
}

/** The answer of the sources of one class. */
export interface TierAnswer {
  readonly sourceClass: SourceClass;
  readonly winner?: Value;
  readonly confidenceMillionths: number;
  readonly conflictMillionths: number;
  readonly status: Status;
  readonly supports: readonly Support[];
}

/** A rule that holds below a concept. */
export interface Constraint {
  readonly predicate: "must_use" | "forbidden";
  readonly conceptPath: string;
  readonly value: Value;
  /** More speaks for the rule than against it. */
  readonly holds: boolean;
  /** The same value must be used and is forbidden, at one concept. */
  readonly isContradicted: boolean;
  readonly sourceClass?: SourceClass;
  readonly confidenceMillionths: number;
  readonly conflictMillionths: number;
  readonly status: Status;
  readonly claims: readonly SupportingClaim[];
}

/** What became of the claims of a question. */
export interface Counts {
  /** Claims at the moment asked for. */
  readonly candidates: number;
  readonly considered: number;
  readonly revised: number;
  readonly redacted: number;
  readonly ineligible: number;
}

export interface Answer {
  /** Aliases resolved. */
  readonly conceptPath: string;
  readonly predicate: string;
  readonly winner?: Value;
  readonly confidenceMillionths: number;
  readonly conflictMillionths: number;
  readonly status: Status;
  /** Ranked; at most `valuesListedMax`. */
  readonly supports: readonly Support[];
  readonly valueCount: number;
  readonly counts: Counts;
  /** With the layered lens: the best class first. */
  readonly tiers?: readonly TierAnswer[];
  /** With the layered lens. */
  readonly tiersConflictMillionths?: number;
  /** With the votes lens: nobody voted, and consensus decided. */
  readonly isWithoutVotes?: boolean;
  /** With the constraints lens. */
  readonly constraints?: readonly Constraint[];
  /** The predicate may have many values, and this answer is about one of them. */
  readonly isManyValued?: boolean;
}

/** Most distinct values that an answer lists. */
export const valuesListedMax = 64;
/** Most claims that an answer lists for a value. */
export const claimsListedMax = 16;
/** Most claims that an explanation lists. */
export const claimsExplainedMax = 4_096;

/** One claim in the light of an answer. */
export interface ClaimExplanation {
  /** Its weight is 0 unless it was considered. */
  readonly claim: SupportingClaim;
  readonly value: Value;
  readonly fate: Fate;
  /** The entry that decided its fate. */
  readonly fateEntry?: EntryId;
  /** For people: how its weight came about, or why it lost. */
  readonly sentence: string;
  /** What ageing left of its confidence. */
  readonly decayMillionths: number;
  /** Of its voice, where the lens asks for it. */
  readonly trustMillionths?: number;
}

/** The same question without an author or a source. */
export interface Counterfactual {
  readonly without:
    | { readonly kind: "author"; readonly author: Uint8Array }
    | { readonly kind: "source"; readonly sourceId: string };
  readonly winner?: Value;
  readonly confidenceMillionths: number;
  readonly status: Status;
  /** Another value would win, or none. */
  readonly turns: boolean;
}

/** An entry about the claims that has no effect, and why. */
export interface Ineffective {
  readonly id: EntryId;
  readonly kind: "retraction" | "supersession" | "vote" | "endorsement";
  readonly sentence: string;
}

/** How an answer comes about. */
export interface Explanation {
  readonly answers: readonly Answer[];
  /** The weightiest first; at most `claimsExplainedMax`. */
  readonly claims: readonly ClaimExplanation[];
  readonly claimCount: number;
  readonly counterfactuals: readonly Counterfactual[];
  /** Claims whose removal turns the answer; empty where nothing wins. */
  readonly turningSet: readonly EntryId[];
  /** No smaller set turns it. */
  readonly isTurningSetSmallest: boolean;
  readonly ineffective: readonly Ineffective[];
  /** For people. */
  readonly summary: readonly string[];
}

/** A claim that came, went, or weighs differently. */
export interface ClaimChange {
  readonly claim: SupportingClaim;
  readonly value: Value;
  /** Absent: it had not been recorded. */
  readonly before?: Fate;
  readonly after: Fate;
  readonly weightBeforeMillionths: number;
  readonly weightAfterMillionths: number;
}

/** The difference between the answers at two moments. */
export interface AnswerDifference {
  readonly from: readonly Answer[];
  readonly to: readonly Answer[];
  readonly changes: readonly ClaimChange[];
  readonly winnerChanged: boolean;
}
