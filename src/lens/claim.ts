/** A claim on its way through the order of evaluation (fates.ts), and what is left of it. */
import type { Fate } from "../model/answer.js";
import type { EntryId } from "../model/position.js";
import type { Candidate } from "./history.js";

export interface WeighedClaim {
  /** In `QuestionHistory.candidates`. */
  readonly place: number;
  readonly candidate: Candidate;
  /** Who may take it back. */
  readonly ownVoice: string;
  /** Who counts as one: with `voices` of sources not the same. */
  readonly voice: string;
  /** It was said on behalf of another, and that is honoured. */
  readonly isOnBehalf: boolean;
  /** The class that counts: 0, regulatory, to 5. */
  readonly tier: number;
  /** The earlier of asserted and recorded time. */
  readonly saidMs: number;
  readonly fate: Fate;
  /** The entry that decided its fate, where one did. */
  readonly fateEntry: EntryId | undefined;
  /** What ageing left, of a whole and of its confidence. */
  readonly decayMillionths: number;
  readonly effectiveMillionths: number;
  /** Sum of the votes on it. */
  readonly votesMillionths: number;
  /** Some vote on it was not 0. */
  readonly hasVotes: boolean;
}

/** While fates are decided. */
export type OpenClaim = { -readonly [Key in keyof WeighedClaim]: WeighedClaim[Key] };

/** +1 where a claim affirms its value, -1 where it denies it. */
export const signOf = (claim: WeighedClaim): number =>
  claim.candidate.polarity === "affirms" ? 1 : -1;
