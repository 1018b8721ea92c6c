/**
 * From raw entries to what lenses are given: which claims belong to a question, what was said about
 * them, and in which world. Part of the model (naive-lens.ts): reads every entry for every
 * question.
 */

import { valueKey } from "../../src/entry/value-key.js";
import type {
  Act,
  Candidate,
  Cut,
  OutcomeSaid,
  Place,
  QuestionHistory,
  WorldRecord,
  WorldRoot,
} from "../../src/lens/history.js";
import type { LensParameters, Question } from "../../src/model/answer.js";
import type { Assertion, Body, EntryFields } from "../../src/model/entry.js";
import type { EntryId } from "../../src/model/position.js";
import { NaiveRedactions } from "./naive-redactions.js";
import { byPlace, hex, NaiveWorld } from "./naive-world.js";

/** An entry at one of the places where it stands. */
export interface PlacedEntry {
  readonly place: Place;
  readonly id: EntryId;
  readonly fields: EntryFields;
}

/** Like `WeighInput` of src/lens, the world as the records that make it. */
export interface NaiveInput {
  readonly history: QuestionHistory;
  readonly root: WorldRoot;
  readonly records: readonly WorldRecord[];
  readonly outcomes: readonly OutcomeSaid[];
  readonly parameters: LensParameters;
  readonly cut: Cut;
  readonly evaluatedAtMs: number;
}

export interface Asked {
  readonly root: WorldRoot;
  readonly question: Question;
  readonly parameters: LensParameters;
  readonly cut: Cut;
  readonly evaluatedAtMs: number;
}

const worldKinds: ReadonlySet<Body["kind"]> = new Set([
  "grant",
  "revocation",
  "setting",
  "predicate_record",
  "alias",
  "epoch",
  "source_retraction",
  "source_record",
] as const);

const said = ({ place, id, fields }: PlacedEntry) => ({
  recorded: place.recorded,
  logId: place.logId,
  index: place.index,
  id,
  author: fields.author,
  ...(fields.onBehalfOf === undefined ? {} : { onBehalfOf: fields.onBehalfOf }),
});

/** In canonical order, each id once. */
export function firstOccurrences(entries: readonly PlacedEntry[]): PlacedEntry[] {
  const seen = new Set<string>();
  return [...entries]
    .sort((left, right) => byPlace(left.place, right.place))
    .filter(({ id }) => {
      if (seen.has(hex(id))) return false;
      seen.add(hex(id));
      return true;
    });
}

function candidateOf(entry: PlacedEntry, body: Assertion): Candidate {
  return {
    ...said(entry),
    conceptPath: body.conceptPath,
    value: body.value,
    valueKey: hex(valueKey(body.value)),
    polarity: body.polarity,
    confidenceMillionths: body.confidenceMillionths,
    sourceId: body.source.id,
    sourceClass: body.source.class,
    assertedMs: body.assertedMs,
    ...(body.validFromMs === undefined ? {} : { validFromMs: body.validFromMs }),
    ...(body.validUntilMs === undefined ? {} : { validUntilMs: body.validUntilMs }),
    lifecycle: body.lifecycle,
    ...(body.epoch === undefined ? {} : { epoch: body.epoch }),
    ...(body.parent === undefined ? {} : { parent: body.parent }),
  };
}

function actOf(entry: PlacedEntry): Act | undefined {
  const { body } = entry.fields;
  switch (body.kind) {
    case "retraction":
      return {
        ...said(entry),
        kind: body.kind,
        target: body.target,
        path: body.path,
        weightMillionths: 0,
      };
    case "supersession":
      return {
        ...said(entry),
        kind: body.kind,
        target: body.old,
        path: body.path,
        weightMillionths: 0,
        replacement: body.new,
      };
    case "vote":
      return {
        ...said(entry),
        kind: body.kind,
        target: body.target,
        path: body.path,
        weightMillionths: body.weightMillionths,
      };
    case "endorsement":
      return {
        ...said(entry),
        kind: body.kind,
        target: body.target,
        path: body.path,
        weightMillionths: 1_000_000,
      };
    default:
      return undefined;
  }
}

function outcomeOf(entry: PlacedEntry, all: readonly PlacedEntry[]): OutcomeSaid | undefined {
  const { body } = entry.fields;
  if (body.kind !== "trust_outcome") return undefined;
  const target = all.find(({ id }) => hex(id) === hex(body.target));
  if (target?.fields.body.kind !== "assertion") return undefined;
  const { onBehalfOf } = target.fields;
  return {
    ...said(entry),
    target: body.target,
    path: body.path,
    outcome: body.outcome,
    targetPath: target.fields.body.conceptPath,
    targetAuthor: target.fields.author,
    ...(onBehalfOf === undefined ? {} : { targetOnBehalfOf: onBehalfOf }),
    targetSourceId: target.fields.body.source.id,
  };
}

/** What lenses are given for a question. Where something is redacted, in the order of arrival. */
export function inputsOf(entries: readonly PlacedEntry[], asked: Asked): NaiveInput {
  const { root, question, parameters, cut, evaluatedAtMs } = asked;
  const redactions = new NaiveRedactions(entries, root);
  const all = firstOccurrences(entries).filter(({ id }) => !redactions.isErased(id));
  const records = all
    .filter(({ fields }) => worldKinds.has(fields.body.kind))
    .map(
      (entry): WorldRecord => ({
        ...said(entry),
        body: entry.fields.body as WorldRecord["body"],
      }),
    );
  const world = new NaiveWorld(root, records, cut);
  const conceptPath = world.canonicalPath(question.conceptPath);
  const paths = world.pathsOf(conceptPath);
  const candidates = all.flatMap((entry) => {
    const { body } = entry.fields;
    if (body.kind !== "assertion" || body.predicate !== question.predicate) return [];
    return paths.includes(body.conceptPath) ? [candidateOf(entry, body)] : [];
  });
  const ids = new Set(candidates.map(({ id }) => hex(id)));
  const acts = all
    .flatMap((entry) => actOf(entry) ?? [])
    .filter(({ target }) => ids.has(hex(target)));
  const outcomes = all.flatMap((entry) => outcomeOf(entry, all) ?? []);
  const { predicate } = question;
  const redactedCount = paths.reduce(
    (sum, path) => sum + redactions.count({ conceptPath: path, predicate }),
    0,
  );
  return {
    history: { conceptPath, predicate, candidates, acts, redactedCount },
    root,
    records,
    outcomes,
    parameters,
    cut,
    evaluatedAtMs,
  };
}
