/**
 * From rulings to answers: `answerOf` puts claims where a ruling has places, so that a ruling which
 * was kept becomes an answer with no more than the claims it lists.
 */
import { assert } from "../invariant/assert.js";
import type {
  Answer,
  LensName,
  Question,
  Support,
  SupportingClaim,
  TierAnswer,
} from "../model/answer.js";
import { toIndex } from "../model/position.js";
import type { WeighInput } from "./fates.js";
import type { Candidate } from "./history.js";
import { type RulingLens, rule } from "./rule.js";
import type { RuledClaim, RuledTier, RuledValue, Ruling } from "./ruling.js";
import { type Weighed, weigh } from "./weigh.js";

export interface ResolveInput extends WeighInput {
  /** Any but `constraints`, which reads many questions: `resolveConstraints`. */
  readonly lens: LensName;
}

/** What the claim at a ruled place says. */
export type CandidateOf = (place: number) => Candidate;

/** One answer; of a many-valued predicate one per distinct value, in the order of their keys. */
export function resolve(input: ResolveInput): readonly Answer[] {
  const { lens } = input;
  assert(lens !== "constraints", "constraints are resolved over a context, not over a question");
  return answersOf(lens, weigh(input));
}

/** The answers to questions that were weighed. */
export function answersOf(lens: RulingLens, questions: readonly Weighed[]): readonly Answer[] {
  return questions.map((weighed) => {
    const { history } = weighed.input;
    const candidateOf = (place: number): Candidate => {
      const candidate = history.candidates[place];
      assert(candidate !== undefined, "a ruling names claims of its question");
      return candidate;
    };
    return answerOf(rule(lens, weighed), history, candidateOf);
  });
}

/** The answer that a ruling comes to. Asks for the claims that the ruling lists, and no others. */
export function answerOf(ruling: Ruling, subject: Question, candidateOf: CandidateOf): Answer {
  const { conceptPath, predicate } = subject;
  const { counts, valueCount, tiers, tiersConflictMillionths } = ruling;
  const { isWithoutVotes, isManyValued } = ruling;
  return {
    conceptPath,
    predicate,
    ...standingAnswer(ruling, candidateOf),
    valueCount,
    counts,
    ...(tiers === undefined ? {} : { tiers: tiers.map((tier) => tierAnswer(tier, candidateOf)) }),
    ...(tiersConflictMillionths === undefined ? {} : { tiersConflictMillionths }),
    ...(isWithoutVotes === undefined ? {} : { isWithoutVotes }),
    ...(isManyValued === undefined ? {} : { isManyValued }),
  };
}

const tierAnswer = (tier: RuledTier, candidateOf: CandidateOf): TierAnswer => ({
  sourceClass: tier.sourceClass,
  ...standingAnswer(tier, candidateOf),
});

type StandingAnswer = Omit<TierAnswer, "sourceClass">;

function standingAnswer(
  ruled: Omit<RuledTier, "sourceClass">,
  candidateOf: CandidateOf,
): StandingAnswer {
  const supports = ruled.values.map((value) => supportOf(value, candidateOf));
  const won = supports[ruled.winner];
  const { confidenceMillionths, conflictMillionths, status } = ruled;
  return {
    ...(won === undefined ? {} : { winner: won.value }),
    confidenceMillionths,
    conflictMillionths,
    status,
    supports,
  };
}

function supportOf(ruled: RuledValue, candidateOf: CandidateOf): Support {
  const { latest, supportMillionths, claimCount, voiceCount, claims } = ruled;
  return {
    value: candidateOf(latest).value,
    supportMillionths,
    claimCount,
    voiceCount,
    claims: claims.map((claim) => supportingClaim(claim, candidateOf(claim.candidate))),
  };
}

/** A claim as answers and explanations list it. */
export function supportingClaim(
  ruled: Omit<RuledClaim, "candidate">,
  candidate: Candidate,
): SupportingClaim {
  const { id, logId, index, recorded, author, onBehalfOf } = candidate;
  const { sourceId, polarity, confidenceMillionths, assertedMs } = candidate;
  const { weightMillionths, sourceClass, isOnBehalf } = ruled;
  return {
    id,
    position: { logId, index: toIndex(index) },
    recorded,
    author,
    ...(isOnBehalf && onBehalfOf !== undefined ? { onBehalfOf } : {}),
    sourceId,
    sourceClass,
    polarity,
    confidenceMillionths,
    weightMillionths,
    assertedMs,
  };
}
