/**
 * The order of evaluation: what becomes of each claim of a question, and what is left of those that
 * count. The first of these that applies decides:
 *
 *     revoked ─▶ filtered (scope) ─▶ retracted ─▶ superseded ─▶ source_retracted ─▶ not_valid
 *             ─▶ lifecycle ─▶ epoch ─▶ revised ─▶ filtered (threshold) ─▶ considered
 *
 * A claim is revised by its own voice: by a later claim that came this far and speaks of the same
 * interval (of a many-valued predicate: and of the same value), or by one that names it as parent.
 * The second kind needs only to stand: not revoked, not retracted. A transition to `deprecated`
 * takes an approved claim out although it is not admitted itself.
 *
 * What most questions do not have costs them nothing: without acts, parents and claims left out no
 * key of an id is made, which would take an eighth of the time of weighing many claims.
 */
import { assert } from "../invariant/assert.js";
import { type Fate, type LensParameters, lifecyclesPreset } from "../model/answer.js";
import type { Lifecycle } from "../model/entry.js";
import type { EntryId } from "../model/position.js";
import { type Effects, effectsOf } from "./acts.js";
import { scaled } from "./arithmetic.js";
import type { OpenClaim, WeighedClaim } from "./claim.js";
import { comparePlaces, everything, recordedMsOf } from "./cut.js";
import type { Candidate, Cut, OutcomeSaid, QuestionHistory } from "./history.js";
import { keyOf } from "./keys.js";
import type { Reading } from "./reading.js";
import { type Scope, scopeOf } from "./scope.js";
import { decayMillionths, tierOf } from "./tiers.js";
import type { Trust } from "./trust.js";
import { authorVoice, behalfVoice, sourceVoice } from "./voices.js";
import type { World } from "./world.js";

/** All that an answer rests on, save the lens. */
export interface WeighInput {
  readonly history: QuestionHistory;
  /** Folded within the same cut. */
  readonly world: World;
  /** About the claims of this question's voices; in canonical order. */
  readonly outcomes: readonly OutcomeSaid[];
  readonly parameters: LensParameters;
  readonly cut: Cut;
  readonly evaluatedAtMs: number;
}

export interface Judged {
  /** The claims in the cut, in canonical order. */
  readonly claims: readonly WeighedClaim[];
  /** Of a many-valued predicate: which distinct value each claim speaks of. */
  readonly values: readonly number[] | undefined;
}

/** Decides every claim's fate; asks for trust only where a threshold of it is given. */
export function judge(input: WeighInput, reading: Reading, trust: () => Trust): Judged {
  const { parameters } = input;
  const claims = openClaims(input);
  const evaluation = new Evaluation(claims, input);
  evaluation.decideFirst();
  const values = reading.isManyValued ? numbered(claims, reading) : undefined;
  evaluation.revise(values);
  if (parameters.confidenceMillionthsMin || parameters.trustMillionthsMin) {
    applyThresholds(claims, parameters, trust);
  }
  return { claims, values };
}

/** The claims within the cut, aged; what their authors decide is decided. */
function openClaims(input: WeighInput): OpenClaim[] {
  const { cut, parameters } = input;
  const { candidates } = input.history;
  const scope = scopeOf(parameters);
  const claims: OpenClaim[] = [];
  let last: Candidate | undefined;
  for (let place = 0; place < candidates.length; place++) {
    const candidate = candidates[place] as Candidate;
    assert(last === undefined || comparePlaces(last, candidate) < 0, "claims stand in order");
    last = candidate;
    if (cut !== everything && !cut.includes(candidate)) continue;
    claims.push(openClaim(place, input, scope));
  }
  return claims;
}

function openClaim(place: number, input: WeighInput, scope: Scope): OpenClaim {
  const { parameters, evaluatedAtMs } = input;
  const { rights } = input.world;
  const candidate = input.history.candidates[place] as Candidate;
  const { onBehalfOf, conceptPath, recorded, sourceId } = candidate;
  const author = authorVoice(candidate.author);
  const isOnBehalf = onBehalfOf !== undefined && rights.isGateway(author, recorded, conceptPath);
  const ownVoice = isOnBehalf ? behalfVoice(onBehalfOf) : author;
  const tier = Math.max(tierOf(candidate.sourceClass), rights.ceilingOf(author, conceptPath));
  const saidMs = Math.min(candidate.assertedMs, recordedMsOf(recorded));
  const decay = decayMillionths(parameters.decay ?? "class", tier, evaluatedAtMs - saidMs);
  const revocation = rights.revocationOf(author, recorded);
  let fate: Fate = "considered";
  if (revocation !== undefined) fate = "revoked";
  else if (scope !== undefined && !scope({ author, sourceId, tier })) fate = "filtered";
  return {
    place,
    candidate,
    ownVoice,
    voice: parameters.voices === "sources" ? sourceVoice(sourceId) : ownVoice,
    isOnBehalf,
    tier,
    saidMs,
    fate,
    fateEntry: revocation,
    decayMillionths: decay,
    effectiveMillionths: scaled(candidate.confidenceMillionths, decay),
    votesMillionths: 0,
    hasVotes: false,
  };
}

/** Numbers the distinct values that claims speak of, in the order of their first claims. */
function numbered(claims: readonly WeighedClaim[], reading: Reading): readonly number[] {
  const numbers = new Map<string, number>();
  return claims.map(({ candidate }) => {
    const value = reading.classOf(candidate);
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  });
}

const noEffects: Effects = { retracted: new Map(), superseded: new Map(), votes: new Map() };

type Verdict = readonly [fate: Fate, entry: EntryId | undefined];

class Evaluation {
  readonly #claims: readonly OpenClaim[];
  readonly #input: WeighInput;
  /** Of the claims' ids, where anything names one. */
  readonly #keys: readonly string[] | undefined;
  readonly #effects: Effects;
  readonly #claimsOut: ReadonlySet<string>;
  readonly #lifecycles: readonly Lifecycle[];
  readonly #validAtMs: number;

  constructor(claims: readonly OpenClaim[], input: WeighInput) {
    const { history, parameters, evaluatedAtMs } = input;
    this.#claims = claims;
    this.#input = input;
    this.#claimsOut = new Set(parameters.claimsOut?.map((id) => keyOf(id)));
    this.#lifecycles = parameters.lifecycles ?? lifecyclesPreset;
    this.#validAtMs = parameters.validAtMs ?? evaluatedAtMs;
    const isNamed =
      history.acts.length > 0 ||
      this.#claimsOut.size > 0 ||
      claims.some(({ candidate }) => candidate.parent !== undefined);
    this.#keys = isNamed ? claims.map(({ candidate }) => keyOf(candidate.id)) : undefined;
    this.#effects = this.#foldActs();
  }

  /** Everything up to `epoch`. */
  decideFirst(): void {
    for (let at = 0; at < this.#claims.length; at++) {
      const claim = this.#claims[at] as OpenClaim;
      if (claim.fate !== "considered") continue;
      const verdict = this.#verdictOn(claim, this.#keys?.[at]);
      if (verdict !== undefined) end(claim, ...verdict);
    }
  }

  /** `values` are given where each value is a question of its own. */
  revise(values: readonly number[] | undefined): void {
    const children = this.#children();
    const latest = new Map<string, OpenClaim>();
    for (let at = this.#claims.length - 1; at >= 0; at--) {
      const claim = this.#claims[at] as OpenClaim;
      if (claim.fate !== "considered") continue;
      const topic = topicOf(claim, values?.[at]);
      const later = latest.get(topic);
      if (later === undefined) latest.set(topic, claim);
      const key = this.#keys?.[at];
      const named = key === undefined ? undefined : children.get(key);
      const reviser = later ?? named?.findLast((child) => child.voice === claim.voice);
      if (reviser !== undefined) end(claim, "revised", reviser.candidate.id);
    }
  }

  #foldActs(): Effects {
    const { history, world, cut } = this.#input;
    if (history.acts.length === 0) return noEffects;
    const targets = new Map<string, OpenClaim>();
    this.#claims.forEach((claim, at) => {
      targets.set(this.#keys?.[at] ?? "", claim);
    });
    const effects = effectsOf({ acts: history.acts, targets, world, cut });
    for (const [key, votes] of effects.votes) {
      const claim = targets.get(key);
      assert(claim !== undefined, "votes are on claims of the question");
      for (const weight of votes.values()) {
        claim.votesMillionths += weight;
        if (weight !== 0) claim.hasVotes = true;
      }
    }
    return effects;
  }

  #verdictOn({ candidate }: OpenClaim, key: string | undefined): Verdict | undefined {
    const { world, parameters } = this.#input;
    if (key !== undefined) {
      if (this.#isRetracted(key)) return ["retracted", this.#effects.retracted.get(key)];
      const supersession = this.#effects.superseded.get(key);
      if (supersession !== undefined) return ["superseded", supersession];
    }
    const sourceRetraction = world.sourceRetracted(candidate.sourceId);
    if (sourceRetraction !== undefined) return ["source_retracted", sourceRetraction];
    if (!this.#isValid(candidate)) return ["not_valid", undefined];
    if (!this.#lifecycles.includes(candidate.lifecycle)) return ["lifecycle", undefined];
    if (parameters.epoch !== undefined) {
      return candidate.epoch === parameters.epoch ? undefined : ["epoch", undefined];
    }
    if (candidate.epoch === undefined) return undefined;
    const superseding = world.epochSuperseded(candidate.epoch);
    return superseding === undefined ? undefined : ["epoch", superseding];
  }

  #isRetracted(key: string): boolean {
    return this.#effects.retracted.has(key) || this.#claimsOut.has(key);
  }

  #isValid({ validFromMs, validUntilMs }: Candidate): boolean {
    if (validFromMs !== undefined && validFromMs > this.#validAtMs) return false;
    return validUntilMs === undefined || this.#validAtMs < validUntilMs;
  }

  /** By the key of their parent: claims that stand, whatever else they are. */
  #children(): ReadonlyMap<string, readonly OpenClaim[]> {
    const children = new Map<string, OpenClaim[]>();
    if (this.#keys === undefined) return children;
    for (let at = 0; at < this.#claims.length; at++) {
      const claim = this.#claims[at] as OpenClaim;
      const { parent } = claim.candidate;
      if (parent === undefined || claim.fate === "revoked") continue;
      if (this.#isRetracted(this.#keys[at] as string)) continue;
      const key = keyOf(parent);
      const named = children.get(key);
      if (named) named.push(claim);
      else children.set(key, [claim]);
    }
    return children;
  }
}

function end(claim: OpenClaim, fate: Fate, entry: EntryId | undefined): void {
  claim.fate = fate;
  claim.fateEntry = entry;
}

/**
 * What a later claim of the same voice replaces: the interval, and the value where that is a
 * question of its own. Texts end in the voice, so that nothing in it is read as something else.
 */
function topicOf({ candidate, voice }: WeighedClaim, value: number | undefined): string {
  const { validFromMs, validUntilMs } = candidate;
  if (value === undefined && validFromMs === undefined && validUntilMs === undefined) return voice;
  return `${value}|${validFromMs}|${validUntilMs}|${voice}`;
}

function applyThresholds(
  claims: readonly OpenClaim[],
  { confidenceMillionthsMin = 0, trustMillionthsMin = 0 }: LensParameters,
  trust: () => Trust,
): void {
  for (const claim of claims) {
    if (claim.fate !== "considered") continue;
    const isSure = claim.candidate.confidenceMillionths >= confidenceMillionthsMin;
    const isTrusted = trustMillionthsMin === 0 || trust().of(claim.voice) >= trustMillionthsMin;
    if (!isSure || !isTrusted) claim.fate = "filtered";
  }
}
