/**
 * How often two sources answer the same question, and how often they answer differently.
 *
 * Counted are answers to `supported_since`, at the two levels. Answers differ when their values
 * are not the same claim (entry/value-key.ts): `≤79` and `79` differ, `12` and `12.0` do not. They
 * contradict each other when not both can be true: `≤79` and `79` can, `≤79` and `80` cannot.
 */
import { valueKey } from "../../src/entry/value-key.js";
import type { Value } from "../../src/model/entry.js";
import { type Dataset, featureQuestions, keyQuestions } from "./claim.js";

export interface Comparison {
  readonly level: "key" | "feature";
  /** Source ids. */
  readonly left: string;
  readonly right: string;
  /** Questions that both answer. */
  readonly questions: number;
  /** Those that they answer differently. */
  readonly different: number;
  /** Those of them where not both answers can be true. */
  readonly contradicting: number;
}

export interface Tally {
  /** Claims of all sources. */
  readonly claims: number;
  readonly comparisons: readonly Comparison[];
  /** A question that all sources answer, as differently as any: worth a look. */
  readonly example: string | undefined;
}

interface Answer {
  readonly source: string;
  readonly value: Value;
}

const keys = new WeakMap<Value, string>();

/** Values are shared between claims: each is keyed once. */
function keyOf(value: Value): string {
  let key = keys.get(value);
  if (key === undefined) {
    key = Buffer.from(valueKey(value)).toString("latin1");
    keys.set(value, key);
  }
  return key;
}

const isSameAnswer = (left: Value, right: Value): boolean =>
  left === right || keyOf(left) === keyOf(right);

/** Whether not both can be true. */
export function isContradiction(left: Value, right: Value): boolean {
  if (left.kind === "unknown" || right.kind === "unknown") return false;
  if (left.kind !== "version" || right.kind !== "version") return !isSameAnswer(left, right);
  if (left.bound === "at_most" && right.bound === "at_most") return false;
  const order = compareVersions(left.version, right.version);
  if (left.bound === "at_most") return order < 0;
  if (right.bound === "at_most") return order > 0;
  return order !== 0;
}

/** By their numbers: 9.1 < 10 < 10.1. */
function compareVersions(left: string, right: string): number {
  const [lefts, rights] = [left.split(".").map(Number), right.split(".").map(Number)];
  for (let place = 0; place < Math.max(lefts.length, rights.length); place++) {
    const difference = (lefts[place] ?? 0) - (rights[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function tallyOf(datasets: readonly Dataset[]): Tally {
  const answers = new Map<string, Answer[]>();
  let claims = 0;
  for (const { source, claims: claimsOf } of datasets) {
    for (const { path, predicate, value } of claimsOf()) {
      claims += 1;
      if (predicate !== "supported_since") continue;
      const given = answers.get(path);
      if (given === undefined) answers.set(path, [{ source: source.id, value }]);
      else given.push({ source: source.id, value });
    }
  }
  const comparisons = new Map<string, Comparison>();
  for (const [path, given] of answers) compare(comparisons, path, given);
  return { claims, comparisons: [...comparisons.values()], example: exampleOf(answers) };
}

function compare(into: Map<string, Comparison>, path: string, given: readonly Answer[]): void {
  const level = path.startsWith(keyQuestions) ? "key" : "feature";
  for (const [place, left] of given.entries()) {
    for (const right of given.slice(place + 1)) {
      const name = `${level} ${left.source} ${right.source}`;
      const before = into.get(name) ?? {
        level,
        left: left.source,
        right: right.source,
        questions: 0,
        different: 0,
        contradicting: 0,
      };
      const isDifferent = !isSameAnswer(left.value, right.value);
      const isContradicting = isDifferent && isContradiction(left.value, right.value);
      into.set(name, {
        ...before,
        questions: before.questions + 1,
        different: before.different + (isDifferent ? 1 : 0),
        contradicting: before.contradicting + (isContradicting ? 1 : 0),
      });
    }
  }
}

const isContested = (given: readonly Answer[]): boolean =>
  given.some(({ value }, place) =>
    given.slice(place + 1).some((other) => isContradiction(value, other.value)),
  );

/** The feature with most sources and, among those, most different versions; the first of them. */
function exampleOf(answers: ReadonlyMap<string, readonly Answer[]>): string | undefined {
  let best: string | undefined;
  let bestScore = 0;
  for (const [path, given] of answers) {
    if (!path.startsWith(featureQuestions) || given.length < 2) continue;
    if (given.some(({ value }) => value.kind !== "version")) continue;
    const distinct = new Set(given.map(({ value }) => keyOf(value))).size;
    const score = isContested(given) ? given.length * 10 + distinct : 0;
    if (score <= bestScore) continue;
    best = path;
    bestScore = score;
  }
  return best;
}
