/**
 * How an answer comes about, and what would change it.
 *
 *     weigh ─▶ answers
 *       │ ───▶ every claim: fate, weight, a sentence          explain-weights.ts, -sentences.ts
 *       │ ───▶ acts without effect, and why                   explain-acts.ts
 *       └ Field ─▶ without each author, without each source   explain-field.ts, -without.ts
 *               ─▶ the smallest set that turns the answer     explain-turning.ts
 *
 * Of a many-valued predicate everything is about all its answers: a counterfactual tells of the
 * first that would turn, and the turning set turns the one that is turned by fewest.
 */

import { type ClaimExplanation, claimsExplainedMax, type Explanation } from "../model/answer.js";
import { ineffectiveActs } from "./explain-acts.js";
import { Field } from "./explain-field.js";
import { sentenceOf } from "./explain-sentences.js";
import { summaryOf } from "./explain-summary.js";
import { type Turning, turningSetOf } from "./explain-turning.js";
import {
  byWeight,
  type LensInput,
  listed,
  type Opened,
  open,
  type WeightedClaim,
  weightedClaims,
} from "./explain-weights.js";
import { counterfactualsOf } from "./explain-without.js";
import { answersOf } from "./resolve.js";

/** `constraints` explains a question as that lens reads it: by layered, each value by itself. */
export function explain(input: LensInput): Explanation {
  const opened = open(input);
  const { lens, questions } = opened;
  const answers = answersOf(lens, questions);
  const weighted = weightedClaims(opened);
  const everyone = weighted.map(({ claim }) => claim);
  const fields = questions.map((question) => Field.of(lens, question, everyone));
  const counterfactuals = counterfactualsOf(fields, weighted);
  const turning = leastTurning(fields);
  return {
    answers,
    claims: explainClaims(opened, weighted),
    claimCount: weighted.length,
    counterfactuals,
    turningSet: turning.ids,
    isTurningSetSmallest: turning.isSmallest,
    ineffective: ineffectiveActs(input, everyone),
    summary: summaryOf({ lens, answers, weighted, counterfactuals, turning }),
  };
}

function leastTurning(fields: readonly Field[]): Turning {
  let least: Turning = { ids: [], isSmallest: false };
  let isSmallest = true;
  for (const field of fields) {
    // One claim is the least there is, whatever is known of the other answers.
    if (least.ids.length === 1) break;
    const turning = turningSetOf(field, fields.length);
    if (turning.ids.length === 0) continue;
    isSmallest &&= turning.isSmallest;
    if (least.ids.length === 0 || turning.ids.length < least.ids.length) least = turning;
  }
  const isProven = least.ids.length > 0 && (isSmallest || least.ids.length === 1);
  return { ids: least.ids, isSmallest: isProven };
}

function explainClaims(
  { lens }: Opened,
  weighted: readonly WeightedClaim[],
): readonly ClaimExplanation[] {
  return [...weighted]
    .sort(byWeight)
    .slice(0, claimsExplainedMax)
    .map((one): ClaimExplanation => {
      const { claim, question } = one;
      const { fate, fateEntry, candidate, decayMillionths } = claim;
      return {
        claim: listed(one),
        value: candidate.value,
        fate,
        ...(fateEntry === undefined ? {} : { fateEntry }),
        sentence: sentenceOf(lens, one),
        decayMillionths: lens === "recency" ? 1_000_000 : decayMillionths,
        ...(lens === "authority" ? { trustMillionths: question.trustOf(claim) } : {}),
      };
    });
}
