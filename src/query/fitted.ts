/**
 * Explanations and differences of large questions, cut to what a reply holds: the weightiest claims
 * are kept, and counts tell how many there are.
 */
import type { Answer, AnswerDifference, Explanation } from "../model/answer.js";
import { fitted } from "./answer-page.js";
import {
  answerBytes,
  changeBytes,
  counterfactualBytes,
  explanationBytes,
  fitting,
  replyBytesMax,
  shortened,
} from "./answer-size.js";

/** Parts of a reply, in bytes. */
const answersBytesMax = replyBytesMax / 3;
const othersBytesMax = replyBytesMax / 6;
const claimsBytesMax = replyBytesMax / 3;
const ineffectiveMax = 1_000;
const turningSetMax = 4_096;

export function fittedExplanation(explanation: Explanation): Explanation {
  return {
    ...explanation,
    answers: fittedAnswers(explanation.answers, answersBytesMax),
    claims: fitting(explanation.claims, explanationBytes, claimsBytesMax),
    counterfactuals: fitting(explanation.counterfactuals, counterfactualBytes, othersBytesMax),
    turningSet: explanation.turningSet.slice(0, turningSetMax),
    ineffective: explanation.ineffective.slice(0, ineffectiveMax),
  };
}

export function fittedDifference(difference: AnswerDifference): AnswerDifference {
  return {
    ...difference,
    from: fittedAnswers(difference.from, answersBytesMax),
    to: fittedAnswers(difference.to, answersBytesMax),
    changes: fitting(difference.changes, changeBytes, claimsBytesMax),
  };
}

/** Every answer of a question, as far as they have room. */
function fittedAnswers(answers: readonly Answer[], bytesMax: number): readonly Answer[] {
  const short = answers.map((answer) => shortened(answer, bytesMax) ?? fitted(answer));
  return fitting(short, answerBytes, bytesMax);
}
