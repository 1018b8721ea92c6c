/**
 * What each lens makes of the claims that are considered. Part of the model (naive-lens.ts): exact
 * sums in BigInt, one plain loop per sentence of the rules.
 */
import type { Candidate } from "../../src/lens/history.js";
import type {
  Answer,
  LensName,
  LensParameters,
  Status,
  Support,
  SupportingClaim,
  TierAnswer,
} from "../../src/model/answer.js";
import { type SourceClass, sourceClasses } from "../../src/model/entry.js";
import { toIndex } from "../../src/model/position.js";
import { naiveLn } from "./naive-weights.js";
import { byPlace } from "./naive-world.js";

/** A considered claim and all that lenses want to know about it. */
export interface Row {
  readonly claim: Candidate;
  readonly voice: string;
  readonly isOnBehalf: boolean;
  readonly sourceClass: SourceClass;
  /** Equal for equal values. */
  readonly same: string;
  /** Confidence, aged. */
  readonly effective: number;
  readonly trust: number;
  /** Of effective votes, withdrawn ones included. */
  readonly votes: readonly number[];
}

interface Value {
  readonly same: string;
  /** In canonical order. */
  readonly rows: readonly Row[];
  readonly latest: Row;
  readonly support: bigint;
  readonly weights: ReadonlyMap<Row, bigint>;
}

type Outcome = Pick<
  Answer,
  "winner" | "confidenceMillionths" | "conflictMillionths" | "status" | "supports" | "valueCount"
>;

const sign = (row: Row): bigint => (row.claim.polarity === "affirms" ? 1n : -1n);
const descending = (left: bigint, right: bigint): number =>
  Number(left < right) - Number(left > right);
const largest = (numbers: readonly bigint[]): bigint => [0n, ...numbers].sort(descending)[0] ?? 0n;
const sum = (numbers: Iterable<bigint>): bigint => {
  let total = 0n;
  for (const number of numbers) total += number;
  return total;
};
const last = <T>(items: readonly T[]): T => items[items.length - 1] as T;

function valuesOf(
  rows: readonly Row[],
  weigh: (rows: readonly Row[]) => { weights: Map<Row, bigint>; support?: bigint },
): Value[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(row.same, [...(groups.get(row.same) ?? []), row]);
  return [...groups].map(([same, group]) => {
    const { weights, support } = weigh(group);
    const exact = support ?? sum(weights.values());
    return { same, rows: group, latest: last(group), support: exact > 0n ? exact : 0n, weights };
  });
}

/** Each voice counts once, by its latest claim on the value. */
const byVoices = (weight: (row: Row) => bigint) => (group: readonly Row[]) => ({
  weights: new Map(
    group.map((row) => {
      const isLatest = group.findLast(({ voice }) => voice === row.voice) === row;
      return [row, isLatest ? sign(row) * weight(row) : 0n];
    }),
  ),
});

/** The surest for the value, less the surest against it. */
function bySurest(group: readonly Row[]) {
  const surest = (polarity: string): bigint =>
    largest(
      group
        .filter(({ claim }) => claim.polarity === polarity)
        .map(({ effective }) => BigInt(effective)),
    );
  return {
    weights: new Map(group.map((row) => [row, sign(row) * BigInt(row.effective)])),
    support: surest("affirms") - surest("denies"),
  };
}

const byVotes = (group: readonly Row[]) => ({
  weights: new Map(group.map((row) => [row, sign(row) * sum(row.votes.map(BigInt))])),
});

function bySupport(left: Value, right: Value): number {
  if (left.support !== right.support) return left.support > right.support ? -1 : 1;
  return byPlace(right.latest.claim, left.latest.claim);
}

/** Shannon entropy over its maximum. */
export function naiveConflict(supports: readonly bigint[]): number {
  const positive = supports.filter((support) => support > 0n);
  if (positive.length <= 1) return 0;
  if (positive.every((support) => support === positive[0])) return 1_000_000;
  const total = Number(sum(positive));
  let entropy = 0;
  for (const support of positive) {
    const share = Number(support) / total;
    entropy -= share * naiveLn(share);
  }
  const millionths = Math.floor((entropy / naiveLn(positive.length)) * 1_000_000 + 0.5);
  return Math.min(1_000_000, Math.max(0, millionths));
}

function statusOf(supports: readonly bigint[]): Status {
  const positive = supports.filter((support) => support > 0n);
  if (positive.length === 0) return "none";
  if (positive.length === 1) return "unanimous";
  return 5n * largest(positive) >= 4n * sum(positive) ? "agreed" : "contested";
}

function claimOf(row: Row, weight: bigint): SupportingClaim {
  const { claim } = row;
  return {
    id: claim.id,
    position: { logId: claim.logId, index: toIndex(claim.index) },
    recorded: claim.recorded,
    author: claim.author,
    ...(row.isOnBehalf && claim.onBehalfOf !== undefined ? { onBehalfOf: claim.onBehalfOf } : {}),
    sourceId: claim.sourceId,
    sourceClass: row.sourceClass,
    polarity: claim.polarity,
    confidenceMillionths: claim.confidenceMillionths,
    weightMillionths: Number(weight),
    assertedMs: claim.assertedMs,
  };
}

function supportOf(value: Value): Support {
  const magnitude = (number: bigint): bigint => (number < 0n ? -number : number);
  const weighed = [...value.weights].sort(([left, a], [right, b]) => {
    if (magnitude(a) !== magnitude(b)) return magnitude(a) > magnitude(b) ? -1 : 1;
    return byPlace(right.claim, left.claim);
  });
  return {
    value: value.latest.claim.value,
    supportMillionths: Number(value.support),
    claimCount: value.rows.length,
    voiceCount: new Set(value.rows.map(({ voice }) => voice)).size,
    claims: weighed.slice(0, 16).map(([row, weight]) => claimOf(row, weight)),
  };
}

/** An answer of values that are ranked already. */
export function finish(
  ranked: readonly Value[],
  decided?: { winner: Value | undefined; confidence: number },
): Outcome {
  const supports = ranked.map(({ support }) => support);
  const [first] = ranked;
  const winner = decided
    ? decided.winner
    : first !== undefined && first.support > 0n
      ? first
      : undefined;
  const total = sum(supports);
  const share = (top: bigint): number =>
    total > 0n ? Number((top * 1_000_000n + total / 2n) / total) : 0;
  return {
    ...(winner === undefined ? {} : { winner: winner.latest.claim.value }),
    confidenceMillionths: decided ? decided.confidence : share(largest(supports)),
    conflictMillionths: naiveConflict(supports),
    status: statusOf(supports),
    supports: ranked.slice(0, 64).map(supportOf),
    valueCount: ranked.length,
  };
}

const consensusOf = (rows: readonly Row[]): Value[] =>
  valuesOf(
    rows,
    byVoices(({ effective }) => BigInt(effective)),
  ).sort(bySupport);

function timeOf(row: Row, parameters: LensParameters): number {
  const recordedMs = Number(row.claim.recorded >> 16n);
  if (parameters.recencyTime === "recorded") return recordedMs;
  if (parameters.recencyTime === "valid_from") return row.claim.validFromMs ?? -Infinity;
  return Math.min(row.claim.assertedMs, recordedMs);
}

function recencyConfidence(gapMs: number): number {
  if (gapMs > 86_400_000) return 950_000;
  if (gapMs > 3_600_000) return 800_000;
  return gapMs > 60_000 ? 600_000 : 500_000;
}

function recency(rows: readonly Row[], parameters: LensParameters): Outcome {
  const time = (row: Row): number => timeOf(row, parameters);
  const byTime = (left: Row, right: Row): number => {
    if (time(left) !== time(right)) return time(left) < time(right) ? -1 : 1;
    return byPlace(left.claim, right.claim);
  };
  const inTime = [...rows].sort(byTime);
  const lastOf = (value: Value): Row => last([...value.rows].sort(byTime));
  const values = valuesOf(
    rows,
    byVoices(({ claim }) => BigInt(claim.confidenceMillionths)),
  ).sort((left, right) => byTime(lastOf(right), lastOf(left)));
  const winner = values.find((value) => lastOf(value).claim.polarity === "affirms");
  const ranked = winner ? [winner, ...values.filter((value) => value !== winner)] : values;
  if (winner === undefined) return finish(ranked, { winner, confidence: 0 });
  const other = inTime.findLast(({ same, claim }) =>
    same === winner.same ? claim.polarity === "denies" : claim.polarity === "affirms",
  );
  let confidence = 1_000_000;
  if (other !== undefined) {
    const mine = time(lastOf(winner));
    confidence = recencyConfidence(mine === -Infinity ? 0 : mine - time(other));
  }
  return finish(ranked, { winner, confidence });
}

function layered(rows: readonly Row[]) {
  const tiers: TierAnswer[] = [];
  const outcomes: Outcome[] = [];
  const winners = new Map<string, bigint>();
  for (const sourceClass of sourceClasses) {
    const within = rows.filter((row) => row.sourceClass === sourceClass);
    if (within.length === 0) continue;
    const values = consensusOf(within);
    const outcome = finish(values);
    const { valueCount: _, ...answer } = outcome;
    outcomes.push(outcome);
    tiers.push({ sourceClass, ...answer });
    const [first] = values;
    if (first === undefined || outcome.winner === undefined) continue;
    winners.set(first.same, (winners.get(first.same) ?? 0n) + 1n);
  }
  const tiersConflictMillionths = naiveConflict([...winners.values()]);
  return { ...(outcomes[0] ?? finish([])), tiers, tiersConflictMillionths };
}

/** What the lens says of these claims, which stand in canonical order. */
export function ruleBy(
  lens: Exclude<LensName, "constraints">,
  rows: readonly Row[],
  parameters: LensParameters,
): Omit<Answer, "conceptPath" | "predicate" | "counts"> {
  switch (lens) {
    case "recency":
      return recency(rows, parameters);
    case "confidence":
      return finish(valuesOf(rows, bySurest).sort(bySupport));
    case "consensus":
      return finish(consensusOf(rows));
    case "votes": {
      const isVoted = rows.some(({ votes }) => votes.some((weight) => weight !== 0));
      if (!isVoted) return { ...finish(consensusOf(rows)), isWithoutVotes: true };
      return finish(valuesOf(rows, byVotes).sort(bySupport));
    }
    case "authority": {
      const weight = ({ effective, trust }: Row): bigint =>
        (BigInt(effective) * BigInt(trust) + 500_000n) / 1_000_000n;
      return finish(valuesOf(rows, byVoices(weight)).sort(bySupport));
    }
    case "layered":
      return layered(rows);
    case "skeptic":
      return finish(consensusOf(rows), { winner: undefined, confidence: 0 });
  }
}
