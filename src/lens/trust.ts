/**
 * How far a voice is trusted: half to begin with, moved by what curators said of its claims.
 *
 *     trust = clamp(500,000 + Σ δ · 2^(-age / 30 days), 0, 1,000,000)     δ = +50,000 or -100,000
 *
 * Of each curator the latest word on a claim counts. What an outcome adds is rounded to a whole
 * number before it is summed, half away from zero, so that the sum is exact in any order.
 */
import { assert } from "../invariant/assert.js";
import type { LensParameters } from "../model/answer.js";
import { halved } from "./arithmetic.js";
import { comparePlaces, recordedMsOf } from "./cut.js";
import type { Cut, OutcomeSaid } from "./history.js";
import { keyOf } from "./keys.js";
import { authorVoice, sourceVoice, voiceOf } from "./voices.js";
import type { World } from "./world.js";

const trustPreset = 500_000;
const trustMax = 1_000_000;
const halfLifeMs = 30 * 86_400_000;

interface TrustInput {
  /** In canonical order. */
  readonly outcomes: readonly OutcomeSaid[];
  readonly world: World;
  readonly parameters: LensParameters;
  readonly cut: Cut;
  readonly evaluatedAtMs: number;
}

export class Trust {
  readonly #sums: ReadonlyMap<string, number>;

  private constructor(sums: ReadonlyMap<string, number>) {
    this.#sums = sums;
  }

  static fold(input: TrustInput): Trust {
    const sums = new Map<string, number>();
    for (const outcome of latestOutcomes(input).values()) {
      const voice = voiceMoved(outcome, input);
      sums.set(voice, (sums.get(voice) ?? 0) + movement(outcome, input));
    }
    return new Trust(sums);
  }

  /** In millionths. */
  of(voice: string): number {
    const sum = this.#sums.get(voice);
    if (sum === undefined) return trustPreset;
    return Math.max(0, Math.min(trustMax, trustPreset + sum));
  }
}

/** By (curator's voice, target). */
function latestOutcomes(input: TrustInput): ReadonlyMap<string, OutcomeSaid> {
  const { world, cut } = input;
  const latest = new Map<string, OutcomeSaid>();
  let last: OutcomeSaid | undefined;
  for (const outcome of input.outcomes) {
    assert(last === undefined || comparePlaces(last, outcome) < 0, "outcomes stand in order");
    last = outcome;
    if (!cut.includes(outcome) || outcome.path !== outcome.targetPath) continue;
    const curator = authorVoice(outcome.author);
    if (!world.rights.isCurator(curator, outcome.recorded, outcome.path)) continue;
    const voice = world.voiceOf(outcome, outcome.path);
    latest.set(keyOf(outcome.target) + voice, outcome);
  }
  return latest;
}

/**
 * An outcome does not say when its target was recorded, so that a gateway's key which was revoked
 * since still spoke for others: what it signed later does not count as a claim anyway.
 */
function voiceMoved(outcome: OutcomeSaid, { world, parameters }: TrustInput): string {
  if (parameters.voices === "sources") return sourceVoice(outcome.targetSourceId);
  const { targetAuthor: author, targetOnBehalfOf: onBehalfOf, targetPath: path } = outcome;
  const speaker = onBehalfOf === undefined ? { author } : { author, onBehalfOf };
  return voiceOf(speaker, { rights: world.rights, path, recorded: undefined });
}

function movement(outcome: OutcomeSaid, { parameters, evaluatedAtMs }: TrustInput): number {
  const isRight = outcome.outcome === "right";
  const ageMs = Math.max(0, evaluatedAtMs - recordedMsOf(outcome.recorded));
  const left = parameters.decay === "none" ? 1 : halved(ageMs / halfLifeMs);
  const moved = Math.floor((isRight ? 50_000 : 100_000) * left + 0.5);
  return isRight ? moved : -moved;
}
