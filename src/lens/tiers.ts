/**
 * Classes of sources as tiers: 0, regulatory, is the best. And how fast claims of each class age.
 */
import { assert } from "../invariant/assert.js";
import type { Decay } from "../model/answer.js";
import { type SourceClass, sourceClasses } from "../model/entry.js";
import { halved } from "./arithmetic.js";

const MILLION = 1_000_000;
const dayMs = 86_400_000;
const halfLifeDays: Readonly<Record<SourceClass, number | undefined>> = {
  regulatory: undefined,
  clinical: 730,
  observational: 365,
  expert: 180,
  community: 90,
  anecdotal: 30,
};
const halfLivesMs: readonly (number | undefined)[] = sourceClasses.map((sourceClass) => {
  const days = halfLifeDays[sourceClass];
  return days === undefined ? undefined : days * dayMs;
});

const tiers = Object.fromEntries(sourceClasses.map((name, tier) => [name, tier])) as Readonly<
  Record<SourceClass, number>
>;

/** The best class that a key without a granted ceiling speaks in. */
export const tierUngranted = tiers.community;

/** How long until half is left; `undefined`: for ever. */
export const halfLifeOf = (tier: number): number | undefined => halfLivesMs[tier];

export const tierOf = (sourceClass: SourceClass): number => tiers[sourceClass];

export function classOf(tier: number): SourceClass {
  const sourceClass = sourceClasses[tier];
  assert(sourceClass !== undefined, "every tier is a class");
  return sourceClass;
}

/**
 * What is left of a claim's confidence, in millionths: 2^(-age / half-life). A regulator's decision
 * never ages, whatever half-life is asked for: that is what the class means.
 */
export function decayMillionths(decay: Decay, tier: number, ageMs: number): number {
  if (decay === "none" || ageMs <= 0 || tier === tiers.regulatory) return MILLION;
  const halfLifeMs = decay === "class" ? halfLivesMs[tier] : decay.halfLifeMs;
  if (halfLifeMs === undefined) return MILLION;
  assert(halfLifeMs > 0, "a half-life is above 0");
  return Math.floor(halved(ageMs / halfLifeMs) * MILLION + 0.5);
}
