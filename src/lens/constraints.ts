/**
 * The constraints lens: what must be used and what is forbidden below a concept.
 *
 *     questions (path, must_use | forbidden) ─▶ one per value ─▶ layered ─▶ a rule, and whether it
 *     holds
 *
 * Both predicates are read as many-valued, whatever their records say; how values compare is taken
 * from the records. A rule holds where more speaks for it than against it. It is contradicted where
 * the other predicate holds for the same value at the same concept: the same by the reading of
 * either predicate.
 */
import { assert } from "../invariant/assert.js";
import type { Answer, Constraint, Counts } from "../model/answer.js";
import type { WeighInput } from "./fates.js";
import type { Candidate } from "./history.js";
import { compareText } from "./keys.js";
import { Reading } from "./reading.js";
import { answerOf } from "./resolve.js";
import { rule } from "./rule.js";
import { type Weighed, weigh } from "./weigh.js";

const predicates = ["forbidden", "must_use"] as const;
type ConstraintPredicate = (typeof predicates)[number];

interface Rule {
  readonly constraint: Constraint;
  readonly reading: Reading;
  /** The latest claim considered for it. */
  readonly latest: Candidate;
}

/** How the constraints lens reads a question: each value by itself. */
export const constraintReading = ({ world, history }: WeighInput): Reading =>
  Reading.manyValued(world.predicateRecord(history.predicate, history.conceptPath));

/**
 * One answer for a context: `inputs` are its questions and those of the concepts below it, with the
 * predicates `must_use` and `forbidden`, each once, in any order. A value of which no claim counts
 * is no rule.
 */
export function resolveConstraints(inputs: readonly WeighInput[], conceptPath: string): Answer {
  const rules: Rule[] = [];
  const counts = { candidates: 0, considered: 0, revised: 0, redacted: 0, ineligible: 0 };
  for (const input of [...inputs].sort(byQuestion)) {
    const reading = constraintReading(input);
    for (const [at, weighed] of weigh(input, reading).entries()) {
      add(counts, weighed.counts, at === 0);
      const found = ruleOf(weighed);
      if (found !== undefined) rules.push({ ...found, reading });
    }
  }
  const constraints = markContradictions(rules);
  const isContested = constraints.some(({ isContradicted }) => isContradicted);
  return {
    conceptPath,
    predicate: "",
    confidenceMillionths: 0,
    conflictMillionths: 0,
    status: constraints.length === 0 ? "none" : isContested ? "contested" : "unanimous",
    supports: [],
    valueCount: constraints.length,
    counts,
    constraints,
  };
}

function byQuestion({ history: left }: WeighInput, { history: right }: WeighInput): number {
  return (
    compareText(left.conceptPath, right.conceptPath) || compareText(left.predicate, right.predicate)
  );
}

/** Every value of a question counts the erased claims of the whole question: they are one. */
function add(sum: { -readonly [Key in keyof Counts]: number }, part: Counts, isFirst: boolean) {
  sum.candidates += part.candidates;
  sum.considered += part.considered;
  sum.revised += part.revised;
  sum.ineligible += part.ineligible;
  if (isFirst) sum.redacted += part.redacted;
}

function predicateOf(predicate: string): ConstraintPredicate {
  const known = predicates.find((name) => name === predicate);
  assert(known !== undefined, "constraints are claimed with must_use or forbidden");
  return known;
}

function ruleOf(weighed: Weighed): Omit<Rule, "reading"> | undefined {
  const { history } = weighed.input;
  const candidateOf = (place: number): Candidate => {
    const candidate = history.candidates[place];
    assert(candidate !== undefined, "a ruling names claims of its question");
    return candidate;
  };
  const ruling = rule("layered", weighed);
  const [value] = ruling.values;
  const answer = answerOf(ruling, history, candidateOf);
  const [support] = answer.supports;
  const [tier] = answer.tiers ?? [];
  if (value === undefined || support === undefined || tier === undefined) return undefined;
  return {
    latest: candidateOf(value.latest),
    constraint: {
      predicate: predicateOf(history.predicate),
      conceptPath: history.conceptPath,
      value: support.value,
      holds: answer.winner !== undefined,
      isContradicted: false,
      sourceClass: tier.sourceClass,
      confidenceMillionths: answer.confidenceMillionths,
      conflictMillionths: answer.conflictMillionths,
      status: answer.status,
      claims: support.claims,
    },
  };
}

function markContradictions(rules: readonly Rule[]): readonly Constraint[] {
  const readings = new Map<string, Set<Reading>>();
  for (const { constraint, reading } of rules) {
    const known = readings.get(constraint.conceptPath) ?? new Set();
    readings.set(constraint.conceptPath, known.add(reading));
  }
  const holding = new Set<string>();
  const keysOf = (rule: Rule, predicate: string): string[] => {
    const { conceptPath } = rule.constraint;
    const known = [...(readings.get(conceptPath) ?? [])];
    return known.map((reading, number) => {
      return `${number} ${predicate} ${conceptPath} ${reading.classOf(rule.latest)}`;
    });
  };
  for (const rule of rules) {
    if (!rule.constraint.holds) continue;
    for (const key of keysOf(rule, rule.constraint.predicate)) holding.add(key);
  }
  return rules.map((rule) => {
    const { constraint } = rule;
    const other = constraint.predicate === "must_use" ? "forbidden" : "must_use";
    const isContradicted = constraint.holds && keysOf(rule, other).some((key) => holding.has(key));
    return { ...constraint, isContradicted };
  });
}
