/**
 * The recency lens: the value whose last claim is the latest wins, unless that claim denies it.
 *
 * Claims stand in the order of (time, canonical order), the time being a parameter. How sure the
 * answer is depends on how long before it somebody said otherwise: affirmed another value, or
 * denied this one. Claims do not age here, for the lens already looks at their time.
 */
import type { RecencyTime } from "../model/answer.js";
import { signOf, type WeighedClaim } from "./claim.js";
import { recordedMsOf } from "./cut.js";
import { type Decision, measure, type Scores, sumScores } from "./scores.js";
import type { Standing } from "./standing.js";
import type { Weighed } from "./weigh.js";

/** From the longest gap down: more than so many milliseconds, so sure. */
const certainties = [
  { gapMs: 86_400_000, confidenceMillionths: 950_000 },
  { gapMs: 3_600_000, confidenceMillionths: 800_000 },
  { gapMs: 60_000, confidenceMillionths: 600_000 },
] as const;
const certaintyMin = 500_000;
/** Nobody says otherwise. */
export const certaintyAlone = 1_000_000;

export function recencyScores({ standing }: Weighed): Scores {
  return sumScores(standing, ({ candidate }, at) =>
    standing.speaks[at] ? candidate.confidenceMillionths : 0,
  );
}

export function decideRecency(weighed: Weighed): Decision {
  const { standing } = weighed;
  const times = timesOf(standing, weighed.input.parameters.recencyTime ?? "asserted");
  const last = lastClaims(standing, times);
  const order = (left: number, right: number): number => laterFirst(times, left, right);
  const byLast = (left: number, right: number): number =>
    order(last[left] as number, last[right] as number);
  let winner = -1;
  for (let value = 0; value < last.length; value++) {
    if (signOf(standing.claims[last[value] as number] as WeighedClaim) < 0) continue;
    if (winner < 0 || byLast(value, winner) < 0) winner = value;
  }
  const scores = recencyScores(weighed);
  if (winner < 0) return measure(standing, scores, byLast);
  const decision = measure(standing, scores, (left, right) => {
    if (left === winner || right === winner) return left === winner ? -1 : 1;
    return byLast(left, right);
  });
  const other = lastOtherwise(standing, times, winner);
  const won = times[last[winner] as number] as number;
  const confidenceMillionths = other === undefined ? certaintyAlone : certainty(won, other);
  return { ...decision, winner: 0, confidenceMillionths };
}

const timesOf = ({ claims }: Standing, by: RecencyTime): readonly number[] =>
  claims.map((claim) => timeOf(claim, by));

/** The time that recency looks at. */
export function timeOf({ candidate, saidMs }: WeighedClaim, by: RecencyTime): number {
  if (by === "asserted") return saidMs;
  if (by === "recorded") return recordedMsOf(candidate.recorded);
  return candidate.validFromMs ?? Number.NEGATIVE_INFINITY;
}

/** Claims stand in canonical order: among equal times the later place is the later claim. */
function laterFirst(times: readonly number[], left: number, right: number): number {
  const ours = times[left] as number;
  const theirs = times[right] as number;
  if (ours === theirs) return right - left;
  return ours > theirs ? -1 : 1;
}

/** Of each value. */
function lastClaims(standing: Standing, times: readonly number[]): readonly number[] {
  const last = new Array<number>(standing.latest.length).fill(-1);
  for (let at = 0; at < times.length; at++) {
    const value = standing.values[at] as number;
    const before = last[value] as number;
    if (before < 0 || (times[at] as number) >= (times[before] as number)) last[value] = at;
  }
  return last;
}

/** The time of the last claim that affirms another value or denies the winner. */
function lastOtherwise(
  { claims, values }: Standing,
  times: readonly number[],
  winner: number,
): number | undefined {
  let latest: number | undefined;
  for (let at = 0; at < claims.length; at++) {
    const isAffirming = signOf(claims[at] as WeighedClaim) > 0;
    if (isAffirming === (values[at] === winner)) continue;
    const time = times[at] as number;
    if (latest === undefined || time > latest) latest = time;
  }
  return latest;
}

/** By how long before the winner somebody said otherwise. */
export function certainty(wonMs: number, otherMs: number): number {
  // Both without a time: no gap. Time without end lies between a time and none.
  const gap = wonMs === otherMs ? 0 : wonMs - otherMs;
  return certainties.find(({ gapMs }) => gap > gapMs)?.confidenceMillionths ?? certaintyMin;
}
