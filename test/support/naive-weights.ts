/**
 * How claims age and how voices earn trust. Part of the model (naive-lens.ts). 2^-x and ln are the
 * lenses' own: what the model checks is what goes in and what becomes of it.
 */
import { halved, ln } from "../../src/lens/arithmetic.js";
import type { Candidate, OutcomeSaid } from "../../src/lens/history.js";
import type { LensParameters } from "../../src/model/answer.js";
import type { SourceClass } from "../../src/model/entry.js";
import { hex, type NaiveWorld } from "./naive-world.js";

export const naiveLn = ln;

const dayMs = 86_400_000;
const halfLifeDays = {
  regulatory: undefined,
  clinical: 730,
  observational: 365,
  expert: 180,
  community: 90,
  anecdotal: 30,
} as const satisfies Record<SourceClass, number | undefined>;

/** What ageing leaves of a claim, in millionths. */
export function naiveDecay(
  claim: Candidate,
  sourceClass: SourceClass,
  { decay = "class" }: LensParameters,
  evaluatedAtMs: number,
): number {
  const days = halfLifeDays[sourceClass];
  if (decay === "none" || days === undefined) return 1_000_000;
  const halfLifeMs = decay === "class" ? days * dayMs : decay.halfLifeMs;
  const said = Math.min(claim.assertedMs, Number(claim.recorded >> 16n));
  const age = Math.max(0, evaluatedAtMs - said);
  return Math.floor(halved(age / halfLifeMs) * 1_000_000 + 0.5);
}

export interface Trusting {
  readonly world: NaiveWorld;
  /** Within the cut, in canonical order. */
  readonly outcomes: readonly OutcomeSaid[];
  readonly parameters: LensParameters;
  readonly evaluatedAtMs: number;
}

/** Half up, what lies below 0 half down. */
const halfAwayFromZero = (number: number): number =>
  number < 0 ? -Math.floor(-number + 0.5) : Math.floor(number + 0.5);

/** The voice that an outcome moves. */
function movedVoice(outcome: OutcomeSaid, world: NaiveWorld, parameters: LensParameters): string {
  if (parameters.voices === "sources") return `source:${outcome.targetSourceId}`;
  const { targetOnBehalfOf, targetAuthor, targetPath } = outcome;
  const isOnBehalf =
    targetOnBehalfOf !== undefined && world.isGranted("gateway", targetAuthor, [targetPath]);
  return isOnBehalf ? `behalf:${targetOnBehalfOf}` : `author:${hex(targetAuthor)}`;
}

/** The trust that a voice has earned, in millionths. */
export function naiveTrust(voice: string, trusting: Trusting): number {
  const { world, outcomes, parameters, evaluatedAtMs } = trusting;
  const latest = new Map<string, OutcomeSaid>();
  for (const outcome of outcomes) {
    if (outcome.path !== outcome.targetPath) continue;
    if (!world.hasRole("curator", outcome, [outcome.path])) continue;
    latest.set(`${world.voice(outcome, [outcome.path])} ${hex(outcome.target)}`, outcome);
  }
  let trust = 500_000;
  for (const outcome of latest.values()) {
    if (movedVoice(outcome, world, parameters) !== voice) continue;
    const delta = outcome.outcome === "right" ? 50_000 : -100_000;
    const age = Math.max(0, evaluatedAtMs - Number(outcome.recorded >> 16n));
    const factor = parameters.decay === "none" ? 1 : halved(age / (30 * dayMs));
    trust += halfAwayFromZero(delta * factor);
  }
  return Math.min(1_000_000, Math.max(0, trust));
}
