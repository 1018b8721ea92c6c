/** Every claim of a question with what it adds to the support of its value, under one lens. */
import type { LensName, SupportingClaim } from "../model/answer.js";
import type { WeighedClaim } from "./claim.js";
import { constraintReading } from "./constraints.js";
import type { WeighInput } from "./fates.js";
import { keyOf } from "./keys.js";
import { supportingClaim } from "./resolve.js";
import { type RulingLens, weightsOf } from "./rule.js";
import { classOf } from "./tiers.js";
import { type Weighed, weigh } from "./weigh.js";

export interface LensInput extends WeighInput {
  readonly lens: LensName;
}

/** A question as its lens reads it: one, or one per value. */
export interface Opened {
  readonly lens: RulingLens;
  readonly questions: readonly Weighed[];
}

export interface WeightedClaim {
  readonly claim: WeighedClaim;
  readonly question: Weighed;
  /** 0 unless it is considered. */
  readonly weightMillionths: number;
  /** It is its voice's latest considered claim on the value. */
  readonly speaks: boolean;
  /** The claim that revised it. */
  readonly reviser: WeighedClaim | undefined;
}

/** Constraints are resolved by layered, each value by itself. */
export function open(input: LensInput): Opened {
  if (input.lens === "constraints") {
    return { lens: "layered", questions: weigh(input, constraintReading(input)) };
  }
  return { lens: input.lens, questions: weigh(input) };
}

/** All claims within the cut: question by question, each in canonical order. */
export function weightedClaims({ lens, questions }: Opened): readonly WeightedClaim[] {
  const reviserOf = revisers(questions);
  return questions.flatMap((question) => {
    const { standing } = question;
    const weights = weightsOf(lens, question);
    let next = 0;
    return question.claims.map((claim) => {
      const reviser = reviserOf(claim);
      if (claim !== standing.claims[next]) {
        return { claim, question, weightMillionths: 0, speaks: false, reviser };
      }
      const at = next++;
      const [weightMillionths, speaks] = [weights[at] as number, standing.speaks[at] as boolean];
      return { claim, question, weightMillionths, speaks, reviser };
    });
  });
}

function revisers(
  questions: readonly Weighed[],
): (claim: WeighedClaim) => WeighedClaim | undefined {
  const isAnyRevised = questions.some(({ counts }) => counts.revised > 0);
  const byId = new Map<string, WeighedClaim>();
  for (const { claims } of isAnyRevised ? questions : []) {
    for (const claim of claims) byId.set(keyOf(claim.candidate.id), claim);
  }
  return ({ fate, fateEntry }) =>
    fate === "revised" && fateEntry !== undefined ? byId.get(keyOf(fateEntry)) : undefined;
}

/** The weightiest first, then the latest. */
export const byWeight = (left: WeightedClaim, right: WeightedClaim): number =>
  Math.abs(right.weightMillionths) - Math.abs(left.weightMillionths) ||
  right.claim.place - left.claim.place;

/** As answers list it. */
export const listed = ({ claim, weightMillionths }: WeightedClaim): SupportingClaim =>
  supportingClaim(
    { weightMillionths, sourceClass: classOf(claim.tier), isOnBehalf: claim.isOnBehalf },
    claim.candidate,
  );
