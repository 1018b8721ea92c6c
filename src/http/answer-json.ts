/**
 * Answers in JSON: names in snake_case, ids and keys in hexadecimal, moments by RFC 3339, hybrid
 * times as decimal text.
 *
 * Millionths become numbers: 950,000 is 0.95. Every millionth has a double that prints with six
 * decimals at most, so `Math.round(x * 1e6)` gives the integer back, exactly.
 */
import type { JsonObject, JsonValue } from "../entry/json.js";
import { valueToJson } from "../entry/json-value.js";
import type {
  Answer,
  AnswerDifference,
  Basis,
  ClaimChange,
  ClaimExplanation,
  Constraint,
  Counterfactual,
  Counts,
  Explanation,
  LensParameters,
  Moment,
  Support,
  SupportingClaim,
  TierAnswer,
} from "../model/answer.js";
import { formatMoment } from "../model/calendar.js";
import type { Value } from "../model/entry.js";
import { toHex } from "../model/hex.js";
import { millisecondsOf, toHybridTime } from "../model/hybrid-time.js";
import type { Position } from "../model/position.js";

const millionth = 1_000_000;

export const fraction = (millionths: number): number => millionths / millionth;
export const momentJson = (ms: number): string => formatMoment({ ms, ns: 0 });
export const recordedJson = (recorded: bigint): JsonObject => ({
  hybrid_time: recorded.toString(),
  recorded_at: momentJson(millisecondsOf(toHybridTime(recorded))),
});
/** As `as_of` and `freshness` take it. */
export const positionText = ({ logId, index }: Position): string => `${toHex(logId)}/${index}`;

const winnerJson = (winner: Value | undefined): JsonValue =>
  winner === undefined ? null : valueToJson(winner);

function claimJson(claim: SupportingClaim): JsonObject {
  return {
    id: toHex(claim.id),
    log_id: toHex(claim.position.logId),
    index: claim.position.index,
    ...recordedJson(claim.recorded),
    author: toHex(claim.author),
    ...(claim.onBehalfOf === undefined ? {} : { on_behalf_of: claim.onBehalfOf }),
    source_id: claim.sourceId,
    source_class: claim.sourceClass,
    polarity: claim.polarity,
    confidence: fraction(claim.confidenceMillionths),
    weight: fraction(claim.weightMillionths),
    asserted_at: momentJson(claim.assertedMs),
  };
}

const supportJson = (support: Support): JsonObject => ({
  value: valueToJson(support.value),
  support: fraction(support.supportMillionths),
  claim_count: support.claimCount,
  voice_count: support.voiceCount,
  claims: support.claims.map(claimJson),
});

const tierJson = (tier: TierAnswer): JsonObject => ({
  source_class: tier.sourceClass,
  winner: winnerJson(tier.winner),
  confidence: fraction(tier.confidenceMillionths),
  conflict: fraction(tier.conflictMillionths),
  status: tier.status,
  supports: tier.supports.map(supportJson),
});

const constraintJson = (constraint: Constraint): JsonObject => ({
  predicate: constraint.predicate,
  concept_path: constraint.conceptPath,
  value: valueToJson(constraint.value),
  holds: constraint.holds,
  contradicted: constraint.isContradicted,
  ...(constraint.sourceClass === undefined ? {} : { source_class: constraint.sourceClass }),
  confidence: fraction(constraint.confidenceMillionths),
  conflict: fraction(constraint.conflictMillionths),
  status: constraint.status,
  claims: constraint.claims.map(claimJson),
});

const countsJson = (counts: Counts): JsonObject => ({
  candidates: counts.candidates,
  considered: counts.considered,
  revised: counts.revised,
  redacted: counts.redacted,
  ineligible: counts.ineligible,
});

export function answerJson(answer: Answer): JsonObject {
  const { tiers, tiersConflictMillionths, constraints } = answer;
  return {
    concept_path: answer.conceptPath,
    predicate: answer.predicate,
    winner: winnerJson(answer.winner),
    confidence: fraction(answer.confidenceMillionths),
    conflict: fraction(answer.conflictMillionths),
    status: answer.status,
    supports: answer.supports.map(supportJson),
    value_count: answer.valueCount,
    counts: countsJson(answer.counts),
    ...(tiers === undefined ? {} : { tiers: tiers.map(tierJson) }),
    ...(tiersConflictMillionths === undefined
      ? {}
      : { tiers_conflict: fraction(tiersConflictMillionths) }),
    ...(answer.isWithoutVotes === true ? { without_votes: true } : {}),
    ...(constraints === undefined ? {} : { constraints: constraints.map(constraintJson) }),
    ...(answer.isManyValued === true ? { many_valued: true } : {}),
  };
}

/** Somebody claimed something, be it that it was erased since. */
const hasClaims = ({ counts, constraints }: Answer): boolean =>
  counts.candidates > 0 || counts.redacted > 0 || (constraints?.length ?? 0) > 0;

export const answersJson = (answers: readonly Answer[]): readonly JsonObject[] =>
  answers.filter(hasClaims).map(answerJson);

export function momentText(moment: Moment): string {
  switch (moment.kind) {
    case "position":
      return positionText(moment.position);
    case "frontier":
      return toHex(moment.frontier);
    case "recorded":
      return momentJson(moment.recordedMs);
  }
}

const hexList = (list: readonly Uint8Array[]): readonly string[] => list.map(toHex);

/** Under the names that a request gives them. */
export function parametersJson(parameters: LensParameters): JsonObject {
  const json: Record<string, JsonValue> = {};
  const put = (name: string, value: JsonValue | undefined): void => {
    if (value !== undefined) json[name] = value;
  };
  const { decay, validAtMs, confidenceMillionthsMin, trustMillionthsMin } = parameters;
  if (typeof decay === "object") put("half_life_ms", decay.halfLifeMs);
  else put("decay", decay);
  put("lifecycles", parameters.lifecycles);
  put("epoch", parameters.epoch);
  if (validAtMs !== undefined) put("valid_at", momentJson(validAtMs));
  put("voices", parameters.voices);
  if (parameters.authorsIn !== undefined) put("authors_in", hexList(parameters.authorsIn));
  if (parameters.authorsOut !== undefined) put("authors_out", hexList(parameters.authorsOut));
  put("sources_in", parameters.sourcesIn);
  put("sources_out", parameters.sourcesOut);
  put("classes", parameters.classes);
  if (confidenceMillionthsMin !== undefined) {
    put("confidence_min", fraction(confidenceMillionthsMin));
  }
  if (trustMillionthsMin !== undefined) put("trust_min", fraction(trustMillionthsMin));
  put("recency_time", parameters.recencyTime);
  if (parameters.claimsOut !== undefined) put("claims_out", hexList(parameters.claimsOut));
  return json;
}

/** What the same answers of the same question always rest on: no frontier, no moment. */
export const lensJson = (basis: Basis): JsonObject => ({
  lens: basis.lens,
  lens_version: basis.lensVersion,
  parameters: parametersJson(basis.parameters),
  ...(basis.asOf === undefined ? {} : { as_of: momentText(basis.asOf) }),
  ...(basis.settled === undefined ? {} : { settled: basis.settled }),
});

export const basisJson = (basis: Basis): JsonObject => ({
  ...lensJson(basis),
  frontier: toHex(basis.frontier),
  evaluated_at: momentJson(basis.evaluatedAtMs),
});

const claimExplanationJson = (one: ClaimExplanation): JsonObject => ({
  claim: claimJson(one.claim),
  value: valueToJson(one.value),
  fate: one.fate,
  ...(one.fateEntry === undefined ? {} : { fate_entry: toHex(one.fateEntry) }),
  sentence: one.sentence,
  decay: fraction(one.decayMillionths),
  ...(one.trustMillionths === undefined ? {} : { trust: fraction(one.trustMillionths) }),
});

const counterfactualJson = (one: Counterfactual): JsonObject => ({
  ...(one.without.kind === "author"
    ? { without_author: toHex(one.without.author) }
    : { without_source: one.without.sourceId }),
  winner: winnerJson(one.winner),
  confidence: fraction(one.confidenceMillionths),
  status: one.status,
  turns: one.turns,
});

export const explanationJson = (explanation: Explanation): JsonObject => ({
  answers: answersJson(explanation.answers),
  summary: explanation.summary,
  claims: explanation.claims.map(claimExplanationJson),
  claim_count: explanation.claimCount,
  counterfactuals: explanation.counterfactuals.map(counterfactualJson),
  turning_set: hexList(explanation.turningSet),
  turning_set_smallest: explanation.isTurningSetSmallest,
  ineffective: explanation.ineffective.map(({ id, kind, sentence }) => ({
    id: toHex(id),
    kind,
    sentence,
  })),
});

const changeJson = (change: ClaimChange): JsonObject => ({
  claim: claimJson(change.claim),
  value: valueToJson(change.value),
  before: change.before ?? null,
  after: change.after,
  weight_before: fraction(change.weightBeforeMillionths),
  weight_after: fraction(change.weightAfterMillionths),
});

export const differenceJson = (difference: AnswerDifference): JsonObject => ({
  from: answersJson(difference.from),
  to: answersJson(difference.to),
  winner_changed: difference.winnerChanged,
  changes: difference.changes.map(changeJson),
});
