/** An explanation in a few sentences, for people. */
import type { Answer, Counterfactual } from "../model/answer.js";
import type { Value } from "../model/entry.js";
import { fateCounts } from "./explain-sentences.js";
import type { Turning } from "./explain-turning.js";
import type { WeightedClaim } from "./explain-weights.js";
import { counted, share } from "./explain-words.js";
import type { RulingLens } from "./rule.js";

interface Summed {
  readonly lens: RulingLens;
  readonly answers: readonly Answer[];
  readonly weighted: readonly WeightedClaim[];
  readonly counterfactuals: readonly Counterfactual[];
  readonly turning: Turning;
}

/** Most answers of a many-valued predicate that are put in words. */
const answersToldMax = 5;

export function summaryOf(summed: Summed): readonly string[] {
  const { lens, answers, weighted, turning } = summed;
  if (weighted.length === 0) return ["Nobody has claimed anything."];
  const told = answers.slice(0, answersToldMax).map((answer) => answerSentence(lens, answer));
  const more = answers.length - told.length;
  return [
    ...told,
    ...(more > 0 ? [`And ${counted(more, "more value")}.`] : []),
    `Of ${fateCounts(weighted)}.`,
    ...withoutSentence(summed),
    ...turningSentence(turning, answers),
  ];
}

/** As people read it. */
function say(value: Value): string {
  switch (value.kind) {
    case "text":
      return JSON.stringify(value.text.length > 80 ? `${value.text.slice(0, 80)}…` : value.text);
    case "integer":
      return bounded(value.bound, String(value.integer));
    case "number":
      return bounded(value.bound, `${value.number}${value.unit ? ` ${value.unit}` : ""}`);
    case "boolean":
      return String(value.boolean);
    case "reference":
      return value.reference;
    case "instant":
      return bounded(value.bound, `${value.instantNs} ns`);
    case "date": {
      const parts = [value.month, value.day].filter((part) => part !== undefined);
      const rest = parts.map((part) => String(part).padStart(2, "0"));
      return bounded(value.bound, [String(value.year), ...rest].join("-"));
    }
    case "version":
      return bounded(value.bound, value.version);
    case "bytes":
      return counted(value.bytes.length, "byte");
    case "unknown":
      return "unknown";
  }
}

function bounded(bound: string, text: string): string {
  if (bound === "exact") return text;
  return bound === "at_most" ? `at most ${text}` : `at least ${text}`;
}

function answerSentence(lens: RulingLens, answer: Answer): string {
  const { winner, status, confidenceMillionths, conflictMillionths, valueCount } = answer;
  const [best] = answer.supports;
  const through = answer.isWithoutVotes ? "consensus, for nobody voted" : lens;
  if (best === undefined) return "Nothing wins: no claim counts.";
  if (winner === undefined) {
    const why =
      lens === "skeptic" ? "skeptic lets nothing win" : "what speaks against it is as much";
    const first = `${say(best.value)} comes first of ${counted(valueCount, "value")}`;
    const conflict = `with a conflict of ${share(conflictMillionths)}`;
    return `Nothing wins (${why}); ${first}, the claims are ${status}, ${conflict}.`;
  }
  const sure = `with confidence ${share(confidenceMillionths)}`;
  const rest = valueCount === 1 ? "nothing else is claimed" : `the claims are ${status}`;
  return `${say(winner)} wins by ${through} ${sure}; ${rest}.`;
}

function withoutSentence({ counterfactuals }: Summed): readonly string[] {
  const turning = counterfactuals.filter(({ turns }) => turns);
  if (turning.length === 0) return ["No single author and no single source decides."];
  const of = (kind: "author" | "source"): number =>
    turning.filter(({ without }) => without.kind === kind).length;
  const parts = (["author", "source"] as const)
    .filter((kind) => of(kind) > 0)
    .map((kind) => counted(of(kind), kind));
  const [first, ...others] = parts;
  const either = others.length > 0 ? `any one of ${first} or ${others[0]}` : `any one of ${first}`;
  return [`Without ${either} the answer would be another.`];
}

function turningSentence(turning: Turning, answers: readonly Answer[]): readonly string[] {
  const { ids, isSmallest } = turning;
  if (ids.length === 0) return [];
  const what = answers.length > 1 ? "one of the answers" : "the answer";
  const least = isSmallest ? "No fewer do." : "Fewer might do.";
  return [`Taking back ${counted(ids.length, "claim")} would turn ${what}. ${least}`];
}
