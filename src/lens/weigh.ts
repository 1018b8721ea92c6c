/**
 * What all lenses share, computed once: which claims count, how old they are, what they say.
 *
 *     history, world, parameters ─▶ judge (fates.ts) ─▶ split by value, if many ─▶ Weighed ─▶ rule
 *
 * A `Weighed` is one question: where a predicate may have many values, one per distinct value that
 * any claim within the cut speaks of, in the order of their keys. What only some lenses need
 * (trust, tiers, the decision of consensus) is made when the first of them asks.
 */
import { assert } from "../invariant/assert.js";
import type { Counts } from "../model/answer.js";
import type { WeighedClaim } from "./claim.js";
import { type Judged, judge, type WeighInput } from "./fates.js";
import type { Reading } from "./reading.js";
import { type Decision, decide, type Scores, sumScores } from "./scores.js";
import { type Standing, standingOf } from "./standing.js";
import { Trust } from "./trust.js";

/** Weights of a standing by consensus, and what they come to. */
export interface Consensus {
  readonly standing: Standing;
  readonly scores: Scores;
  readonly decision: Decision;
}

interface Tier extends Consensus {
  /** 0, regulatory, to 5. */
  readonly tier: number;
}

interface Shared {
  readonly reading: Reading;
  readonly trust: () => Trust;
}

export class Weighed {
  readonly input: WeighInput;
  /** Those of this question within the cut, in canonical order. */
  readonly claims: readonly WeighedClaim[];
  /** Those that are weighed. */
  readonly standing: Standing;
  readonly counts: Counts;
  readonly isManyValued: boolean;
  /** Which values are the same. */
  readonly reading: Reading;
  readonly #trust: () => Trust;
  #consensus: Consensus | undefined;
  #tiers: readonly Tier[] | undefined;

  constructor(input: WeighInput, claims: readonly WeighedClaim[], shared: Shared) {
    const considered = claims.filter(({ fate }) => fate === "considered");
    this.input = input;
    this.claims = claims;
    this.standing = standingOf(considered, shared.reading);
    this.counts = countsOf(claims, considered.length, input.history.redactedCount);
    this.isManyValued = shared.reading.isManyValued;
    this.reading = shared.reading;
    this.#trust = shared.trust;
  }

  /** Of a claim's voice, in millionths. */
  trustOf(claim: WeighedClaim): number {
    return this.#trust().of(claim.voice);
  }

  consensus(): Consensus {
    this.#consensus ??= consensusOf(this.standing);
    return this.#consensus;
  }

  /** Consensus within each class that has claims, the best class first. */
  tiers(): readonly Tier[] {
    this.#tiers ??= this.#split();
    return this.#tiers;
  }

  #split(): readonly Tier[] {
    const byTier = new Map<number, WeighedClaim[]>();
    for (const claim of this.standing.claims) {
      const claims = byTier.get(claim.tier);
      if (claims) claims.push(claim);
      else byTier.set(claim.tier, [claim]);
    }
    const tiers = [...byTier].sort(([left], [right]) => left - right);
    return tiers.map(([tier, claims]) => {
      if (tiers.length === 1) return { tier, ...this.consensus() };
      return { tier, ...consensusOf(standingOf(claims, this.reading)) };
    });
  }
}

function consensusOf(standing: Standing): Consensus {
  const { speaks } = standing;
  const scores = sumScores(standing, (claim, at) => (speaks[at] ? claim.effectiveMillionths : 0));
  return { standing, scores, decision: decide(standing, scores) };
}

function countsOf(claims: readonly WeighedClaim[], considered: number, redacted: number): Counts {
  let revised = 0;
  for (const { fate } of claims) if (fate === "revised") revised++;
  const candidates = claims.length;
  const ineligible = candidates - considered - revised;
  return { candidates, considered, revised, redacted, ineligible };
}

const readingOf = ({ history, world }: WeighInput): Reading =>
  world.readingOf(history.predicate, history.conceptPath);

/** One; of a many-valued predicate one per distinct value, and one if there are no claims. */
export function weigh(input: WeighInput, reading = readingOf(input)): readonly Weighed[] {
  let folded: Trust | undefined;
  const trust = (): Trust => {
    folded ??= Trust.fold(input);
    return folded;
  };
  const judged = judge(input, reading, trust);
  const shared = { reading, trust };
  return questionsOf(judged).map((claims) => new Weighed(input, claims, shared));
}

function questionsOf({ claims, values }: Judged): readonly (readonly WeighedClaim[])[] {
  if (values === undefined || claims.length === 0) return [claims];
  const questions: { least: string; readonly claims: WeighedClaim[] }[] = [];
  for (let at = 0; at < claims.length; at++) {
    const claim = claims[at] as WeighedClaim;
    const key = claim.candidate.valueKey;
    const question = questions[values[at] as number];
    if (question === undefined) questions.push({ least: key, claims: [claim] });
    else {
      question.claims.push(claim);
      if (key < question.least) question.least = key;
    }
  }
  assert(
    questions.every(({ least }) => !/[^0-9a-f]/.test(least)),
    "keys of values are lower-case hex",
  );
  questions.sort((left, right) => (left.least < right.least ? -1 : 1));
  return questions.map((question) => question.claims);
}
