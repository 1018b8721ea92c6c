/**
 * A question without some of its claims, asked thousands of times: claims as numbers in arrays, and
 * a lens that says no more than who wins, how surely and how contested.
 *
 *     open question ─▶ Field: voice, interval, value, weight of each claim that could count
 *                        │ without these
 *                        ▼
 *                      which are considered ─▶ who wins
 *
 * What removing claims can do is bring claims of the same voice back: an earlier one that a removed
 * one had revised, or one that a removed one names as its parent. It never makes a claim eligible
 * that failed a step before, nor changes a weight: weights, trust and votes belong to a claim and
 * its voice. So the claims that reached the step of revisions, and those that name one of them, are
 * all there is to look at: they are the units here, first the claims, then those that only name.
 *
 * A claim that is left out by a parameter of scope still names its parent; one that is left out as
 * if it were retracted does not. `isRetraction` tells the two ways of leaving out apart.
 */
import type { Status } from "../model/answer.js";
import type { EntryId } from "../model/position.js";
import { effectsOf } from "./acts.js";
import { ratioMillionths, scaled } from "./arithmetic.js";
import { signOf, type WeighedClaim } from "./claim.js";
import { keyOf } from "./keys.js";
import { certainty, certaintyAlone, timeOf } from "./recency.js";
import type { RulingLens } from "./rule.js";
import { type Scope, scopeOf } from "./scope.js";
import { statusOf } from "./scores.js";
import { authorVoice } from "./voices.js";
import type { Weighed } from "./weigh.js";

export interface FieldOutcome {
  /** Number of a value; -1: nothing wins. */
  readonly winner: number;
  /** The claim that says the winning value: its number; -1: none. */
  readonly latest: number;
  readonly confidenceMillionths: number;
  readonly status: Status;
}

/** A claim that can take part, if others make room. */
export interface FieldClaim {
  readonly claim: WeighedClaim;
  readonly voice: number;
  /** Of one voice and interval: only the last that is left of them can be considered. */
  readonly group: number;
  readonly value: number;
  readonly sign: number;
  /** By the lens, without its sign. By votes where somebody voted. */
  readonly weight: number;
  /** By consensus, without its sign. */
  readonly aged: number;
  readonly time: number;
  /** It reaches the thresholds of confidence and trust. */
  readonly passes: boolean;
  /** Units that name it as their parent. */
  readonly namers: readonly number[];
}

interface Without {
  /** By unit: 1 where it is removed. */
  readonly removed: Uint8Array;
  /** As if they had been retracted; otherwise they are only left out. */
  readonly isRetraction: boolean;
}

export class Field {
  readonly lens: RulingLens;
  /** In canonical order. */
  readonly claims: readonly FieldClaim[];
  /** Ids of the units: of the claims, then of those that only name one. */
  readonly ids: readonly EntryId[];
  /** Voice of every unit. */
  readonly unitVoices: readonly number[];
  readonly voiceCount: number;
  readonly valueCount: number;
  /** Some voice has claims of several intervals: not all that is considered speaks. */
  readonly #hasIntervals: boolean;
  /** By group: in which round it was seen. */
  readonly #seen: Int32Array;
  #round = 0;

  private constructor(lens: RulingLens, claims: FieldClaim[], ids: EntryId[], voices: number[]) {
    const count = (numberOf: (claim: FieldClaim) => number): number =>
      claims.reduce((most, claim) => Math.max(most, numberOf(claim) + 1), 0);
    const groupCount = count(({ group }) => group);
    this.lens = lens;
    this.claims = claims;
    this.ids = ids;
    this.unitVoices = voices;
    this.voiceCount = voices.reduce((most, voice) => Math.max(most, voice + 1), 0);
    this.valueCount = count(({ value }) => value);
    this.#hasIntervals = groupCount > new Set(claims.map(({ voice }) => voice)).size;
    this.#seen = new Int32Array(groupCount);
  }

  /** `everyone`: the claims of all questions that were weighed together. */
  static of(lens: RulingLens, question: Weighed, everyone: readonly WeighedClaim[]): Field {
    const { parameters } = question.input;
    const scope = scopeOf(parameters);
    const reached = question.claims.filter((claim) => hasReached(claim, scope));
    const number = numbering();
    const units = [...reached];
    const namersOf = findNamers(reached, everyone, question, (child) => {
      units.push(child);
      return units.length - 1;
    });
    const claims = reached.map((claim, at): FieldClaim => {
      const { validFromMs, validUntilMs, confidenceMillionths } = claim.candidate;
      const isSure = confidenceMillionths >= (parameters.confidenceMillionthsMin ?? 0);
      const trustMin = parameters.trustMillionthsMin ?? 0;
      const voice = number("voice", claim.voice);
      return {
        claim,
        voice,
        group: number("group", `${voice}|${validFromMs}|${validUntilMs}`),
        value: number("value", question.reading.classOf(claim.candidate)),
        sign: signOf(claim),
        weight: weightOf(lens, claim, question),
        aged: claim.effectiveMillionths,
        time: timeOf(claim, parameters.recencyTime ?? "asserted"),
        passes: isSure && (trustMin === 0 || question.trustOf(claim) >= trustMin),
        namers: namersOf[at] ?? [],
      };
    });
    const ids = units.map(({ candidate }) => candidate.id);
    const voices = units.map(({ voice }) => number("voice", voice));
    return new Field(lens, claims, ids, voices);
  }

  /** The claims that are considered without these, in canonical order. */
  considered({ removed, isRetraction }: Without): readonly number[] {
    const round = ++this.#round;
    const left: number[] = [];
    for (let at = this.claims.length - 1; at >= 0; at--) {
      if (removed[at] === 1) continue;
      const { group, passes, namers } = this.claims[at] as FieldClaim;
      if (this.#seen[group] === round) continue;
      this.#seen[group] = round;
      if (!passes) continue;
      if (namers.some((unit) => !isRetraction || removed[unit] !== 1)) continue;
      left.push(at);
    }
    return left.reverse();
  }

  /** Who wins without these. */
  outcomeWithout(without: Without): FieldOutcome {
    return this.outcomeOf(this.considered(without));
  }

  /** Who wins when exactly these are considered. */
  outcomeOf(considered: readonly number[]): FieldOutcome {
    if (this.lens === "recency") return this.#byRecency(considered);
    const decisive = this.lens === "layered" ? this.#bestTier(considered) : considered;
    const supports = this.lens === "confidence" ? this.#surest(decisive) : this.#sums(decisive);
    const latest = this.#latestOf(decisive);
    let winner = -1;
    let total = 0;
    for (let value = 0; value < supports.length; value++) {
      const support = supports[value] as number;
      total += support;
      if (support <= 0 || this.lens === "skeptic") continue;
      const lead = winner < 0 ? 1 : support - (supports[winner] as number);
      const isLater = (latest[value] as number) > (latest[winner] ?? -1);
      if (lead > 0 || (lead === 0 && isLater)) winner = value;
    }
    const top = winner < 0 ? 0 : (supports[winner] as number);
    return {
      winner,
      latest: latest[winner] ?? -1,
      confidenceMillionths: winner < 0 ? 0 : ratioMillionths(top, total),
      status: statusOf(supports),
    };
  }

  /** The considered claims that speak for their voices. */
  speaking(considered: readonly number[]): readonly number[] {
    if (!this.#hasIntervals) return considered;
    const heard = new Set<number>();
    const speaking: number[] = [];
    for (let place = considered.length - 1; place >= 0; place--) {
      const at = considered[place] as number;
      const { voice, value } = this.claims[at] as FieldClaim;
      const key = voice * this.valueCount + value;
      if (!heard.has(key)) speaking.push(at);
      heard.add(key);
    }
    return speaking;
  }

  #bestTier(considered: readonly number[]): readonly number[] {
    const tierOf = (at: number): number => (this.claims[at] as FieldClaim).claim.tier;
    const best = considered.reduce((least, at) => Math.min(least, tierOf(at)), 6);
    return considered.filter((at) => tierOf(at) === best);
  }

  #latestOf(considered: readonly number[]): readonly number[] {
    const latest = new Array<number>(this.valueCount).fill(-1);
    for (const at of considered) latest[(this.claims[at] as FieldClaim).value] = at;
    return latest;
  }

  #sums(considered: readonly number[]): readonly number[] {
    const sums = new Array<number>(this.valueCount).fill(0);
    const isVoted = considered.some((at) => (this.claims[at] as FieldClaim).claim.hasVotes);
    const isByVotes = this.lens === "votes" && isVoted;
    for (const at of isByVotes ? considered : this.speaking(considered)) {
      const { value, sign, weight, aged } = this.claims[at] as FieldClaim;
      const size = this.lens === "votes" && !isVoted ? aged : weight;
      sums[value] = (sums[value] as number) + sign * size;
    }
    return sums.map((sum) => Math.max(0, sum));
  }

  #surest(considered: readonly number[]): readonly number[] {
    const affirming = new Array<number>(this.valueCount).fill(0);
    const denying = new Array<number>(this.valueCount).fill(0);
    for (const at of considered) {
      const { value, sign, weight } = this.claims[at] as FieldClaim;
      const side = sign > 0 ? affirming : denying;
      side[value] = Math.max(side[value] as number, weight);
    }
    return affirming.map((size, value) => Math.max(0, size - (denying[value] as number)));
  }

  #byRecency(considered: readonly number[]): FieldOutcome {
    const last = new Array<number>(this.valueCount).fill(-1);
    for (const at of considered) {
      const { value } = this.claims[at] as FieldClaim;
      const before = last[value] as number;
      if (before < 0 || this.isLater(at, before)) last[value] = at;
    }
    let winner = -1;
    for (let value = 0; value < last.length; value++) {
      const at = last[value] as number;
      if (at < 0 || (this.claims[at] as FieldClaim).sign < 0) continue;
      if (winner < 0 || this.isLater(at, last[winner] as number)) winner = value;
    }
    const status = statusOf(this.#sums(considered));
    if (winner < 0) return { winner, latest: -1, confidenceMillionths: 0, status };
    const latest = this.#latestOf(considered)[winner] as number;
    const won = (this.claims[last[winner] as number] as FieldClaim).time;
    return { winner, latest, confidenceMillionths: this.#gap(considered, winner, won), status };
  }

  /** By the time that recency looks at. */
  isLater(left: number, right: number): boolean {
    const difference =
      (this.claims[left] as FieldClaim).time - (this.claims[right] as FieldClaim).time;
    // Both without a time: not a number, and equal.
    return difference > 0 || (!(difference < 0) && left > right);
  }

  #gap(considered: readonly number[], winner: number, won: number): number {
    let other: number | undefined;
    for (const at of considered) {
      const { value, sign, time } = this.claims[at] as FieldClaim;
      if (sign > 0 === (value === winner)) continue;
      if (other === undefined || time > other) other = time;
    }
    return other === undefined ? certaintyAlone : certainty(won, other);
  }
}

/** It came as far as the step of revisions. */
function hasReached(claim: WeighedClaim, scope: Scope): boolean {
  if (claim.fate === "considered" || claim.fate === "revised") return true;
  return claim.fate === "filtered" && isInScope(claim, scope);
}

const isInScope = ({ candidate, tier }: WeighedClaim, scope: Scope): boolean =>
  scope === undefined ||
  scope({ author: authorVoice(candidate.author), sourceId: candidate.sourceId, tier });

function weightOf(lens: RulingLens, claim: WeighedClaim, question: Weighed): number {
  if (lens === "recency") return claim.candidate.confidenceMillionths;
  if (lens === "votes") return claim.votesMillionths;
  if (lens !== "authority") return claim.effectiveMillionths;
  return scaled(claim.effectiveMillionths, question.trustOf(claim));
}

/** Of each kind of name its numbers, from 0 up. */
function numbering(): (kind: string, name: string) => number {
  const kinds = new Map<string, Map<string, number>>();
  return (kind, name) => {
    const known = kinds.get(kind) ?? new Map<string, number>();
    kinds.set(kind, known);
    const number = known.get(name) ?? known.size;
    known.set(name, number);
    return number;
  };
}

/** By claim: the units that name it as their parent and stand. */
function findNamers(
  reached: readonly WeighedClaim[],
  everyone: readonly WeighedClaim[],
  question: Weighed,
  unitOf: (child: WeighedClaim) => number,
): readonly (readonly number[])[] {
  const children = everyone.filter(
    ({ candidate, fate }) =>
      candidate.parent !== undefined && fate !== "revoked" && fate !== "retracted",
  );
  if (children.length === 0) return [];
  const standing = withoutRetracted(children, question);
  const places = new Map<string, number>();
  reached.forEach(({ candidate }, at) => {
    places.set(keyOf(candidate.id), at);
  });
  const namers: number[][] = [];
  for (const child of standing) {
    const at = places.get(keyOf(child.candidate.parent as EntryId));
    if (at === undefined || (reached[at] as WeighedClaim).voice !== child.voice) continue;
    const unit = places.get(keyOf(child.candidate.id)) ?? unitOf(child);
    namers[at] = [...(namers[at] ?? []), unit];
  }
  return namers;
}

/** A claim that scope leaves out may be retracted as well: scope comes first, and hides it. */
function withoutRetracted(
  children: readonly WeighedClaim[],
  { input }: Weighed,
): readonly WeighedClaim[] {
  if (!children.some(({ fate }) => fate === "filtered")) return children;
  const { history, world, cut, parameters } = input;
  const targets = new Map(children.map((child) => [keyOf(child.candidate.id), child]));
  const { retracted } = effectsOf({ acts: history.acts, targets, world, cut });
  const out = new Set(parameters.claimsOut?.map((id) => keyOf(id)));
  return children.filter(({ candidate }) => {
    const key = keyOf(candidate.id);
    return !retracted.has(key) && !out.has(key);
  });
}
