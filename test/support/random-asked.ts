/**
 * What is asked of random histories: questions that have claims, parameters that bite, cuts of
 * every kind, moments around the end. See random-histories.ts.
 */
import { cutAtPlace, cutAtSizes, cutAtTime, everything } from "../../src/lens/cut.js";
import type { Cut } from "../../src/lens/history.js";
import type { LensParameters, Question } from "../../src/model/answer.js";
import { lifecycles, sourceClasses } from "../../src/model/entry.js";
import type { Asked } from "./naive-entries.js";
import { hex } from "./naive-world.js";
import {
  historyKeys,
  historyPaths,
  historyPredicates,
  type RandomHistory,
} from "./random-histories.js";
import { inOrder } from "./random-places.js";
import type { Seeded } from "./seeded.js";

const dayMs = 86_400_000;

/** Mostly the question that most is said about. */
export function randomQuestion(random: Seeded): Question {
  const conceptPath = random.chance(70) ? historyPaths[0] : random.pick(historyPaths);
  return { conceptPath, predicate: random.chance(75) ? "p" : random.pick(historyPredicates) };
}

/** Each parameter now and then. */
export function randomParameters(random: Seeded, history: RandomHistory): LensParameters {
  const some = <T>(percent: number, value: () => T): T | undefined =>
    random.chance(percent) ? value() : undefined;
  const authors = () => [random.pick(historyKeys).publicKey, random.pick(historyKeys).publicKey];
  const chosen = {
    decay: some(60, () =>
      random.pick(["class", "none", { halfLifeMs: 1 + random.below(100 * dayMs) }] as const),
    ),
    lifecycles: some(10, () => [random.pick(lifecycles), "proposed"] as const),
    epoch: some(8, () => random.pick(["e1", "e2"])),
    validAtMs: some(15, () => now(history) - random.below(120) * dayMs),
    voices: some(25, () => random.pick(["authors", "sources"] as const)),
    authorsIn: some(6, authors),
    authorsOut: some(8, authors),
    sourcesIn: some(6, () => ["s1", "s2", "s3"]),
    sourcesOut: some(8, () => [random.pick(["s1", "s2"])]),
    classes: some(6, () => sourceClasses.filter(() => random.chance(60))),
    confidenceMillionthsMin: some(10, () => random.pick([1, 300_000, 900_000])),
    trustMillionthsMin: some(8, () => random.pick([450_000, 500_001])),
    recencyTime: some(60, () => random.pick(["asserted", "recorded", "valid_from"] as const)),
    claimsOut: some(12, () => [random.pick(history.entries).id, random.pick(history.entries).id]),
  };
  if (chosen.classes?.length === 0) chosen.classes = ["community"];
  const given = Object.entries(chosen).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as LensParameters;
}

function now(history: RandomHistory): number {
  const times = history.entries.map(({ place }) => Number(place.recorded >> 16n));
  return Math.max(0, ...times);
}

/** Everything, or up to a place, a time, or sizes of the logs. */
export function randomCut(random: Seeded, history: RandomHistory): Cut {
  const ordered = inOrder(history.entries);
  const turn = random.below(10);
  const { place } = random.pick(ordered);
  if (turn < 5) return everything;
  if (turn < 7) return cutAtPlace(place);
  if (turn < 9) return cutAtTime(Number(place.recorded >> 16n));
  const sizes = new Map<string, number>();
  for (const entry of history.entries) {
    if (random.chance(80)) sizes.set(hex(entry.place.logId), entry.place.index + 1);
  }
  return cutAtSizes(sizes);
}

export function randomAsked(random: Seeded, history: RandomHistory): Asked {
  const offsets = [0, 1_000, 10 * dayMs, 400 * dayMs, -20 * dayMs];
  const evaluatedAtMs = Math.floor((now(history) + random.pick(offsets)) / 1_000) * 1_000;
  return {
    root: history.root,
    question: randomQuestion(random),
    parameters: randomParameters(random, history),
    cut: randomCut(random, history),
    evaluatedAtMs,
  };
}
