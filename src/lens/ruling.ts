/**
 * A ruling: what a lens decided, by places in the list of candidates. Small enough to be kept for
 * every question; `answerOf` turns it into an answer once the candidates are at hand.
 */
import type { Counts, LensName, Status } from "../model/answer.js";
import type { SourceClass } from "../model/entry.js";

export interface RuledClaim {
  /** Its place in `QuestionHistory.candidates`. */
  readonly candidate: number;
  /** Negative where it takes off support. */
  readonly weightMillionths: number;
  /** The class that counts. */
  readonly sourceClass: SourceClass;
  /** Its author may speak on behalf of others, and does. */
  readonly isOnBehalf: boolean;
}

export interface RuledValue {
  /** The latest claim that says the value. */
  readonly latest: number;
  readonly supportMillionths: number;
  readonly claimCount: number;
  readonly voiceCount: number;
  /** The weightiest first, then the latest; at most `claimsListedMax`. */
  readonly claims: readonly RuledClaim[];
}

export interface RuledTier {
  readonly sourceClass: SourceClass;
  /** Place in `values`; -1: nothing wins. */
  readonly winner: number;
  readonly confidenceMillionths: number;
  readonly conflictMillionths: number;
  readonly status: Status;
  /** Ranked; at most `valuesListedMax`. */
  readonly values: readonly RuledValue[];
}

export interface Ruling extends Omit<RuledTier, "sourceClass"> {
  readonly lens: LensName;
  readonly valueCount: number;
  readonly counts: Counts;
  /** Of the layered lens. */
  readonly tiers?: readonly RuledTier[];
  /** Of the layered lens. */
  readonly tiersConflictMillionths?: number;
  /** Of the votes lens. */
  readonly isWithoutVotes?: boolean;
  readonly isManyValued?: boolean;
}
