/**
 * A sentence for every claim: how its weight came about, or why it lost. For people; programs read
 * the fields beside it.
 */
import { type Decay, type LensParameters, lifecyclesPreset } from "../model/answer.js";
import type { SourceClass } from "../model/entry.js";
import { signOf, type WeighedClaim } from "./claim.js";
import { recordedMsOf } from "./cut.js";
import type { WeightedClaim } from "./explain-weights.js";
import { counted, moment, share, span } from "./explain-words.js";
import { keyOf } from "./keys.js";
import type { RulingLens } from "./rule.js";
import { scopeOf } from "./scope.js";
import { classOf, halfLifeOf } from "./tiers.js";
import { authorVoice } from "./voices.js";

/** What became of the claim, in a sentence. */
export function sentenceOf(lens: RulingLens, weighted: WeightedClaim): string {
  const { claim } = weighted;
  const { parameters } = weighted.question.input;
  switch (claim.fate) {
    case "considered":
      return consideredSentence(lens, weighted);
    case "revoked":
      return "does not count: its author's key was revoked before it was recorded";
    case "retracted":
      if (claim.fateEntry === undefined) return "is left out, as if it had been taken back";
      return "does not count: its own voice took it back";
    case "superseded":
      return "does not count: it was replaced, by its own voice or by a curator";
    case "source_retracted":
      return `does not count: its source ${claim.candidate.sourceId} was withdrawn`;
    case "not_valid":
      return notValidSentence(weighted);
    case "lifecycle":
      return `does not count: it is ${words(claim.candidate.lifecycle)}, and only ${list(
        (parameters.lifecycles ?? lifecyclesPreset).map(words),
      )} claims are admitted`;
    case "epoch":
      return epochSentence(claim, parameters);
    case "revised":
      return revisedSentence(weighted);
    case "filtered":
      return filteredSentence(weighted);
  }
}

const words = (name: string): string => name.replaceAll("_", " ");

function list(names: readonly string[]): string {
  if (names.length < 2) return names[0] ?? "no";
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}

function notValidSentence({ claim, question }: WeightedClaim): string {
  const { validFromMs, validUntilMs } = claim.candidate;
  const { parameters, evaluatedAtMs } = question.input;
  const from = validFromMs === undefined ? "" : ` from ${moment(validFromMs)}`;
  const until = validUntilMs === undefined ? "" : ` until ${moment(validUntilMs)}`;
  const at = moment(parameters.validAtMs ?? evaluatedAtMs);
  return `does not count: it holds${from}${until}, and not at ${at}`;
}

function epochSentence({ candidate }: WeighedClaim, { epoch }: LensParameters): string {
  const belongs = candidate.epoch === undefined ? "no epoch" : `the epoch ${candidate.epoch}`;
  if (epoch === undefined) return `does not count: it belongs to ${belongs}, which was superseded`;
  return `does not count: it belongs to ${belongs}, and only ${epoch} is asked for`;
}

function revisedSentence({ claim, reviser }: WeightedClaim): string {
  const parent = reviser?.candidate.parent;
  if (parent !== undefined && keyOf(parent) === keyOf(claim.candidate.id)) {
    return "was revised by a claim of the same voice that names it as its parent";
  }
  return "was revised by a later claim of the same voice";
}

function filteredSentence({ claim, question }: WeightedClaim): string {
  const { parameters } = question.input;
  const { candidate, tier } = claim;
  const author = authorVoice(candidate.author);
  const { authorsIn, authorsOut, sourcesIn, sourcesOut, classes } = parameters;
  const leaves = (part: LensParameters): boolean =>
    scopeOf(part)?.({ author, sourceId: candidate.sourceId, tier }) === false;
  const isByAuthor = (authorsIn && leaves({ authorsIn })) || (authorsOut && leaves({ authorsOut }));
  if (isByAuthor) return "is left out: the parameters leave its author out";
  const isBySource = (sourcesIn && leaves({ sourcesIn })) || (sourcesOut && leaves({ sourcesOut }));
  if (isBySource) return `is left out: the parameters leave the source ${candidate.sourceId} out`;
  if (classes && leaves({ classes })) {
    return `is left out: it counts as ${classOf(tier)}, and the parameters leave that class out`;
  }
  const sure = parameters.confidenceMillionthsMin ?? 0;
  if (candidate.confidenceMillionths < sure) {
    const confidence = share(candidate.confidenceMillionths);
    return `is left out: its confidence ${confidence} is below ${share(sure)}`;
  }
  const trusted = parameters.trustMillionthsMin ?? 0;
  const trust = share(question.trustOf(claim));
  return `is left out: its voice is trusted ${trust}, which is below ${share(trusted)}`;
}

function consideredSentence(lens: RulingLens, weighted: WeightedClaim): string {
  switch (lens) {
    case "recency":
      return recencySentence(weighted);
    case "votes":
      return votesSentence(weighted);
    case "confidence":
      return `${opening("is sure to", weighted)}: ${aged(weighted)}`;
    default:
      break;
  }
  if (speaksNot(weighted)) return silentSentence;
  if (lens !== "authority") return `${opening("counts", weighted)}: ${aged(weighted)}`;
  const trust = share(weighted.question.trustOf(weighted.claim));
  return `${opening("counts", weighted)}: ${aged(weighted)}, of a voice that is trusted ${trust}`;
}

const silentSentence = "adds nothing: a later claim of its voice speaks for the same value";

function opening(verb: string, { claim, weightMillionths }: WeightedClaim): string {
  const size = share(Math.abs(weightMillionths));
  return signOf(claim) < 0 ? `${verb} ${size} against the value` : `${verb} ${size}`;
}

/** It is considered, and still another claim of its voice speaks for the value. */
const speaksNot = ({ speaks, weightMillionths }: WeightedClaim): boolean =>
  weightMillionths === 0 && !speaks;

function aged({ claim, question }: WeightedClaim): string {
  const { candidate, decayMillionths, tier, saidMs } = claim;
  const { parameters, evaluatedAtMs } = question.input;
  const sourceClass = classOf(tier);
  const halfLifeMs = halfLife(parameters.decay ?? "class", tier);
  const ageMs = Math.max(0, evaluatedAtMs - saidMs);
  const left = share(decayMillionths);
  const age =
    halfLifeMs === undefined || ageMs === 0
      ? ", not aged"
      : `, aged ${span(ageMs)} with a half-life of ${span(halfLifeMs)} (x ${left})`;
  const confidence = share(candidate.confidenceMillionths);
  return `confidence ${confidence}${age}, from ${sources(sourceClass, candidate.sourceClass)}`;
}

function halfLife(decay: Decay, tier: number): number | undefined {
  if (decay === "none") return undefined;
  const ofClass = halfLifeOf(tier);
  return decay === "class" || ofClass === undefined ? ofClass : decay.halfLifeMs;
}

function sources(counted: SourceClass, claimed: SourceClass): string {
  if (counted === claimed) return `${counted} sources`;
  return `sources that count as ${counted} (they claim ${claimed})`;
}

function votesSentence(weighted: WeightedClaim): string {
  const { claim, question } = weighted;
  const isVotedOn = question.standing.claims.some(({ hasVotes }) => hasVotes);
  if (!isVotedOn) {
    if (speaksNot(weighted)) return silentSentence;
    return `${opening("counts", weighted)}, for nobody voted: ${aged(weighted)}`;
  }
  if (!claim.hasVotes) return "adds nothing: nobody voted on it";
  const votes = share(claim.votesMillionths);
  if (signOf(claim) > 0) return `counts ${votes}: the sum of the votes on it`;
  return `counts ${votes} against the value: the sum of the votes on it`;
}

function recencySentence(weighted: WeightedClaim): string {
  const { claim, question } = weighted;
  const { candidate, saidMs } = claim;
  const by = question.input.parameters.recencyTime ?? "asserted";
  const says = signOf(claim) < 0 ? "denies the value" : "says so";
  const confidence = `with confidence ${share(candidate.confidenceMillionths)}`;
  if (by === "asserted") return `${says} since ${moment(saidMs)}, ${confidence}`;
  if (by === "recorded")
    return `${says}, recorded ${moment(recordedMsOf(candidate.recorded))}, ${confidence}`;
  const { validFromMs } = candidate;
  const from = validFromMs === undefined ? "always" : moment(validFromMs);
  return `${says}, valid from ${from}, ${confidence}`;
}

/** How many claims came to what, for a summary. */
export const fateCounts = (claims: readonly WeightedClaim[]): string => {
  const counts = new Map<string, number>();
  for (const { claim } of claims) counts.set(claim.fate, (counts.get(claim.fate) ?? 0) + 1);
  const parts = [...counts].map(([fate, count]) => `${count} ${words(fate)}`);
  return `${counted(claims.length, "claim")}: ${list(parts)}`;
};
