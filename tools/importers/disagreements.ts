/**
 * How often two sources answer the same question, and how often they answer differently.
 *
 * Counted are answers to `supported_since`, at the two levels. Answers differ when their values
 * are not the same claim (entry/value-key.ts): `≤79` and `79` differ, `12` and `12.0` do not.
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

export const isSameAnswer = (left: Value, right: Value): boolean =>
  left === right || keyOf(left) === keyOf(right);

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
      };
      const isDifferent = !isSameAnswer(left.value, right.value);
      into.set(name, {
        ...before,
        questions: before.questions + 1,
        different: before.different + (isDifferent ? 1 : 0),
      });
    }
  }
}

/** The feature with most sources and, among those, most different versions; the first of them. */
function exampleOf(answers: ReadonlyMap<string, readonly Answer[]>): string | undefined {
  let [best, bestScore] = [undefined as string | undefined, 0];
  for (const [path, given] of answers) {
    if (!path.startsWith(featureQuestions) || given.length < 2) continue;
    if (given.some(({ value }) => value.kind !== "version")) continue;
    const distinct = new Set(given.map(({ value }) => keyOf(value))).size;
    const score = distinct < 2 ? 0 : given.length * 10 + distinct;
    if (score > bestScore) [best, bestScore] = [path, score];
  }
  return best;
}
