/**
 * The lenses: one rule each, from what was weighed to a ruling. After `weigh` they are cheap: a
 * pass or two over the claims that count.
 *
 *     recency      the latest claim            (recency.ts)
 *     confidence   the surest claim for a value, less the surest against it
 *     consensus    Σ effective confidence over voices
 *     votes        Σ votes; nobody voted: consensus
 *     authority    Σ effective confidence × trust over voices
 *     layered      consensus in each class of source; the best class decides
 *     skeptic      consensus, and nothing wins
 */
import type { LensName } from "../model/answer.js";
import { conflictOf, scaled } from "./arithmetic.js";
import { signOf } from "./claim.js";
import { decideRecency, recencyScores } from "./recency.js";
import type { RuledTier, Ruling } from "./ruling.js";
import { type Decision, decide, type Scores, sumScores } from "./scores.js";
import { classOf } from "./tiers.js";
import type { Weighed } from "./weigh.js";

/** Changes whenever a lens, the order of evaluation or the arithmetic gives other answers. */
export const lensVersion = 1;

/** The lenses that rule on one question. `constraints` reads many. */
export type RulingLens = Exclude<LensName, "constraints">;

/** What a lens decides. */
export function rule(lens: RulingLens, weighed: Weighed): Ruling {
  const isWithoutVotes = lens === "votes" && !hasVotes(weighed);
  return {
    lens,
    ...decisionOf(lens, weighed),
    counts: weighed.counts,
    ...(lens === "layered" ? layers(weighed) : {}),
    ...(isWithoutVotes ? { isWithoutVotes } : {}),
    ...(weighed.isManyValued ? { isManyValued: true } : {}),
  };
}

/** What each claim of `weighed.standing` adds to the support of its value, in millionths. */
export function weightsOf(lens: RulingLens, weighed: Weighed): readonly number[] {
  if (lens === "recency") return recencyScores(weighed).weights;
  if (lens === "layered") return layeredWeights(weighed);
  return scoresOf(lens, weighed).weights;
}

function decisionOf(lens: RulingLens, weighed: Weighed): Decision {
  switch (lens) {
    case "recency":
      return decideRecency(weighed);
    case "layered":
      return weighed.tiers()[0]?.decision ?? weighed.consensus().decision;
    case "skeptic":
      return { ...weighed.consensus().decision, winner: -1, confidenceMillionths: 0 };
    case "consensus":
      return weighed.consensus().decision;
    case "votes":
      if (!hasVotes(weighed)) return weighed.consensus().decision;
      break;
    default:
  }
  return decide(weighed.standing, scoresOf(lens, weighed));
}

function scoresOf(lens: Exclude<RulingLens, "recency" | "layered">, weighed: Weighed): Scores {
  const { standing } = weighed;
  switch (lens) {
    case "confidence":
      return confidenceScores(weighed);
    case "authority":
      return sumScores(standing, (claim, at) =>
        standing.speaks[at] ? scaled(claim.effectiveMillionths, weighed.trustOf(claim)) : 0,
      );
    case "votes":
      if (!hasVotes(weighed)) return weighed.consensus().scores;
      return sumScores(standing, (claim) => claim.votesMillionths);
    default:
      return weighed.consensus().scores;
  }
}

const hasVotes = ({ standing }: Weighed): boolean =>
  standing.claims.some((claim) => claim.hasVotes);

/** The surest claim for a value, less the surest against it. Every claim is listed with its own. */
function confidenceScores({ standing }: Weighed): Scores {
  const { weights } = sumScores(standing, (claim) => claim.effectiveMillionths);
  const count = standing.latest.length;
  const surest = {
    affirming: new Array<number>(count).fill(0),
    denying: new Array<number>(count).fill(0),
  };
  standing.claims.forEach((claim, at) => {
    const side = signOf(claim) > 0 ? surest.affirming : surest.denying;
    const value = standing.values[at] as number;
    side[value] = Math.max(side[value] as number, claim.effectiveMillionths);
  });
  const supports = surest.affirming.map((affirming, value) =>
    Math.max(0, affirming - (surest.denying[value] as number)),
  );
  return { weights, supports };
}

type Layers = Required<Pick<Ruling, "tiers" | "tiersConflictMillionths">>;

function layers(weighed: Weighed): Layers {
  const { reading, input } = weighed;
  const tiers: RuledTier[] = [];
  const winners = new Map<string, number>();
  for (const { tier, decision } of weighed.tiers()) {
    const { winner, confidenceMillionths, status, values } = decision;
    const { conflictMillionths } = decision;
    const sourceClass = classOf(tier);
    tiers.push({ sourceClass, winner, confidenceMillionths, conflictMillionths, status, values });
    const won = input.history.candidates[values[winner]?.latest ?? -1];
    if (won === undefined) continue;
    const distinct = reading.classOf(won);
    winners.set(distinct, (winners.get(distinct) ?? 0) + 1);
  }
  return { tiers, tiersConflictMillionths: conflictOf([...winners.values()]) };
}

/** What each claim weighs within its class. */
function layeredWeights(weighed: Weighed): readonly number[] {
  const weights = new Map<number, number>();
  for (const { standing, scores } of weighed.tiers()) {
    standing.claims.forEach(({ place }, at) => {
      weights.set(place, scores.weights[at] as number);
    });
  }
  return weighed.standing.claims.map(({ place }) => weights.get(place) as number);
}
