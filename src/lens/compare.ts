/**
 * What changed between two moments: the answers then and later, and which claims came, went or
 * weigh differently. Both sides are resolved; claims are matched by their ids.
 *
 * A claim that the later side does not have at all is not listed: claims do not vanish, except
 * where the moments are given the wrong way round or an alias has been turned elsewhere, and both
 * show in the answers.
 */
import { type AnswerDifference, type ClaimChange, claimsExplainedMax } from "../model/answer.js";
import {
  byWeight,
  type LensInput,
  listed,
  type Opened,
  open,
  type WeightedClaim,
  weightedClaims,
} from "./explain-weights.js";
import { keyOf } from "./keys.js";
import type { Reading } from "./reading.js";
import { answersOf } from "./resolve.js";
import { rule } from "./rule.js";

export function compareAnswers(from: LensInput, to: LensInput): AnswerDifference {
  const before = open(from);
  const after = open(to);
  return {
    from: answersOf(before.lens, before.questions),
    to: answersOf(after.lens, after.questions),
    changes: changesOf(before, after),
    winnerChanged: isOther(before, after),
  };
}

function changesOf(before: Opened, after: Opened): readonly ClaimChange[] {
  const known = new Map<string, WeightedClaim>();
  for (const weighted of weightedClaims(before)) {
    known.set(keyOf(weighted.claim.candidate.id), weighted);
  }
  const changed: { readonly now: WeightedClaim; readonly then: WeightedClaim | undefined }[] = [];
  for (const now of weightedClaims(after)) {
    const then = known.get(keyOf(now.claim.candidate.id));
    const isSame =
      then !== undefined &&
      then.claim.fate === now.claim.fate &&
      then.weightMillionths === now.weightMillionths;
    if (!isSame) changed.push({ now, then });
  }
  const size = (weighted: WeightedClaim | undefined): number =>
    Math.abs(weighted?.weightMillionths ?? 0);
  const most = ({ now, then }: (typeof changed)[number]): number => Math.max(size(now), size(then));
  changed.sort((left, right) => most(right) - most(left) || byWeight(left.now, right.now));
  return changed.slice(0, claimsExplainedMax).map(({ now, then }) => ({
    claim: listed(now),
    value: now.claim.candidate.value,
    ...(then === undefined ? {} : { before: then.claim.fate }),
    after: now.claim.fate,
    weightBeforeMillionths: then?.weightMillionths ?? 0,
    weightAfterMillionths: now.weightMillionths,
  }));
}

/** Other values win: the same ones by the reading of the later moment are the same. */
function isOther(before: Opened, after: Opened): boolean {
  const [first] = after.questions;
  if (first === undefined) return false;
  const then = winnersOf(before, first.reading);
  const now = winnersOf(after, first.reading);
  return then.size !== now.size || [...then].some((value) => !now.has(value));
}

function winnersOf({ lens, questions }: Opened, reading: Reading): ReadonlySet<string> {
  const winners = new Set<string>();
  for (const question of questions) {
    const ruling = rule(lens, question);
    const place = ruling.values[ruling.winner]?.latest ?? -1;
    const candidate = question.input.history.candidates[place];
    if (candidate !== undefined) winners.add(reading.classOf(candidate));
  }
  return winners;
}
