/**
 * From weights to an answer: supports, their rank, how sure and how contested it is.
 *
 *     support of a value = max(0, Σ weights of its claims)     a denial's weight is negative
 *
 * Sums of millionths are whole numbers below 2^53, exact in any order. Of many values only the best
 * 64 are ranked, of many claims the weightiest 16 listed: one pass each, in which nearly all are
 * turned away by one comparison, where sorting them all would take most of the time of an answer.
 */
import { claimsListedMax, type Status, valuesListedMax } from "../model/answer.js";
import { conflictOf, ratioMillionths } from "./arithmetic.js";
import { signOf, type WeighedClaim } from "./claim.js";
import type { RuledClaim, RuledTier, RuledValue } from "./ruling.js";
import type { Standing } from "./standing.js";
import { classOf } from "./tiers.js";

/** In millionths. */
export interface Scores {
  /** Of each claim of the standing; negative where it takes off support. */
  readonly weights: readonly number[];
  /** Of each value. */
  readonly supports: readonly number[];
}

/** What a class or a whole question comes to. */
export type Decision = Omit<RuledTier, "sourceClass"> & { readonly valueCount: number };

/** Negative where `left` ranks before `right`; values are never equal in rank. */
export type Ranking = (left: number, right: number) => number;

/** Weights for the claims that speak for their voices; +0 for the others. */
export function sumScores(
  standing: Standing,
  weightOf: (claim: WeighedClaim, at: number) => number,
): Scores {
  const { claims, values } = standing;
  const weights: number[] = [];
  const sums = new Array<number>(standing.latest.length).fill(0);
  for (let at = 0; at < claims.length; at++) {
    const claim = claims[at] as WeighedClaim;
    const value = values[at] as number;
    const size = weightOf(claim, at);
    // A denial of nothing is 0, not -0.
    const weight = size === 0 ? 0 : size * signOf(claim);
    weights.push(weight);
    sums[value] = (sums[value] as number) + weight;
  }
  return { weights, supports: sums.map((sum) => Math.max(0, sum)) };
}

/** Most support first; among equals the value that was claimed last. */
const bySupport =
  (standing: Standing, { supports }: Scores): Ranking =>
  (left, right) =>
    (supports[right] as number) - (supports[left] as number) ||
    (standing.latest[right] as number) - (standing.latest[left] as number);

/** The most support wins. */
export function decide(standing: Standing, scores: Scores): Decision {
  const decision = measure(standing, scores, bySupport(standing, scores));
  const [top] = decision.values;
  if (top === undefined || top.supportMillionths === 0) return decision;
  const confidence = ratioMillionths(top.supportMillionths, sumOf(scores.supports));
  return { ...decision, winner: 0, confidenceMillionths: confidence };
}

/** All but who wins. */
export function measure(standing: Standing, scores: Scores, ranking: Ranking): Decision {
  const ranked = firstOf(standing.latest.length, valuesListedMax, ranking);
  return {
    winner: -1,
    confidenceMillionths: 0,
    conflictMillionths: conflictOf(scores.supports),
    status: statusOf(scores.supports),
    values: ruledValues(standing, scores, ranked),
    valueCount: standing.latest.length,
  };
}

function sumOf(supports: readonly number[]): number {
  let sum = 0;
  for (const support of supports) sum += support;
  return sum;
}

/** How far supports agree. */
export function statusOf(supports: readonly number[]): Status {
  let total = 0;
  let top = 0;
  let count = 0;
  for (const support of supports) {
    if (support > 0) count++;
    if (support > top) top = support;
    total += support;
  }
  if (count <= 1) return count === 0 ? "none" : "unanimous";
  // At least 0.8 of all: the others have at most a quarter of it. A quarter is exact in a double.
  return total - top <= top / 4 ? "agreed" : "contested";
}

/** The first `max` of the numbers below `count`, in the order of `ranking`. */
function firstOf(count: number, max: number, ranking: Ranking): readonly number[] {
  const first: number[] = [];
  // From the end: what was claimed last wins ties, so that most of the others come too late.
  for (let item = count - 1; item >= 0; item--) {
    const last = first[max - 1];
    if (last !== undefined && ranking(item, last) > 0) continue;
    let start = 0;
    for (let end = first.length; start < end; ) {
      const middle = (start + end) >>> 1;
      if (ranking(item, first[middle] as number) < 0) end = middle;
      else start = middle + 1;
    }
    first.splice(start, 0, item);
    if (first.length > max) first.pop();
  }
  return first;
}

function ruledValues(
  standing: Standing,
  { weights, supports }: Scores,
  ranked: readonly number[],
): readonly RuledValue[] {
  const listed = new Map<number, number[]>();
  for (const value of ranked) listed.set(value, []);
  // From the end: among equal weights the later claim stands first.
  for (let at = standing.claims.length - 1; at >= 0; at--) {
    const claims = listed.get(standing.values[at] as number);
    if (claims !== undefined) insertClaim(claims, at, weights);
  }
  return ranked.map((value) => ({
    latest: placeOf(standing, standing.latest[value] as number),
    supportMillionths: supports[value] as number,
    claimCount: standing.claimCounts[value] as number,
    voiceCount: standing.voiceCounts[value] as number,
    claims: (listed.get(value) ?? []).map((at) => ruledClaim(standing, at, weights[at] as number)),
  }));
}

/** Keeps the weightiest. */
function insertClaim(list: number[], at: number, weights: readonly number[]): void {
  const size = Math.abs(weights[at] as number);
  let place = list.length;
  const isLighter = (): boolean => Math.abs(weights[list[place - 1] as number] as number) < size;
  if (place === claimsListedMax) {
    if (!isLighter()) return;
    list.pop();
    place--;
  }
  while (place > 0 && isLighter()) place--;
  list.splice(place, 0, at);
}

const placeOf = (standing: Standing, at: number): number =>
  (standing.claims[at] as WeighedClaim).place;

function ruledClaim(standing: Standing, at: number, weightMillionths: number): RuledClaim {
  const { place, tier, isOnBehalf } = standing.claims[at] as WeighedClaim;
  return { candidate: place, weightMillionths, sourceClass: classOf(tier), isOnBehalf };
}
