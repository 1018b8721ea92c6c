/**
 * The same question without an author or without a source: what each of them is worth. Every one of
 * these is what the lens would answer with `authorsOut` or `sourcesOut`.
 */
import type { Counterfactual } from "../model/answer.js";
import type { Field, FieldOutcome } from "./explain-field.js";
import type { WeightedClaim } from "./explain-weights.js";
import { compareBytes, compareText } from "./keys.js";
import { authorVoice } from "./voices.js";

/** Of authors, and of sources. */
const counterfactualsMax = 64;

interface Speaker {
  readonly without: Counterfactual["without"];
  /** What all its considered claims weigh. */
  size: number;
}

/** The weightiest authors, then the weightiest sources. */
export function counterfactualsOf(
  fields: readonly Field[],
  claims: readonly WeightedClaim[],
): readonly Counterfactual[] {
  const authors = new Map<string, Speaker>();
  const sources = new Map<string, Speaker>();
  for (const { claim, weightMillionths } of claims) {
    const { author, sourceId } = claim.candidate;
    const size = Math.abs(weightMillionths);
    count(authors, authorVoice(author), { without: { kind: "author", author }, size });
    count(sources, sourceId, { without: { kind: "source", sourceId }, size });
  }
  const speakers = [...weightiest(authors), ...weightiest(sources)];
  const all = fields.map((field) => ({
    field,
    outcome: field.outcomeWithout({
      removed: new Uint8Array(field.ids.length),
      isRetraction: false,
    }),
    authors: field.claims.map(({ claim }) => authorVoice(claim.candidate.author)),
  }));
  return speakers.map(({ without }) => counterfactual(without, all));
}

function count(speakers: Map<string, Speaker>, key: string, speaker: Speaker): void {
  const known = speakers.get(key);
  if (known === undefined) speakers.set(key, speaker);
  else known.size += speaker.size;
}

function weightiest(speakers: ReadonlyMap<string, Speaker>): readonly Speaker[] {
  const sorted = [...speakers.values()].sort(
    (left, right) => right.size - left.size || compareSpeakers(left, right),
  );
  return sorted.slice(0, counterfactualsMax);
}

function compareSpeakers({ without: left }: Speaker, { without: right }: Speaker): number {
  if (left.kind === "author" && right.kind === "author") {
    return compareBytes(left.author, right.author);
  }
  if (left.kind === "source" && right.kind === "source") {
    return compareText(left.sourceId, right.sourceId);
  }
  return 0;
}

interface Answered {
  readonly field: Field;
  /** With all claims. */
  readonly outcome: FieldOutcome;
  /** Of each claim, as a key. */
  readonly authors: readonly string[];
}

/** Of many answers the first that turns is told of; if none does, the first. */
function counterfactual(
  without: Counterfactual["without"],
  all: readonly Answered[],
): Counterfactual {
  const outcomes = all.map(({ field, outcome, authors }) => {
    const removed = new Uint8Array(field.ids.length);
    const author = without.kind === "author" ? authorVoice(without.author) : undefined;
    field.claims.forEach(({ claim }, at) => {
      const isOut =
        without.kind === "author"
          ? authors[at] === author
          : claim.candidate.sourceId === without.sourceId;
      if (isOut) removed[at] = 1;
    });
    const changed = field.outcomeWithout({ removed, isRetraction: false });
    return { field, changed, turns: changed.winner !== outcome.winner };
  });
  const told = outcomes.find(({ turns }) => turns) ?? outcomes[0];
  const { winner: _, latest, ...rest } = told?.changed ?? nothing;
  const value = told?.field.claims[latest]?.claim.candidate.value;
  return {
    without,
    ...(value === undefined ? {} : { winner: value }),
    ...rest,
    turns: told?.turns ?? false,
  };
}

const nothing: FieldOutcome = { winner: -1, latest: -1, confidenceMillionths: 0, status: "none" };
