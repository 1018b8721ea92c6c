/**
 * Which questions a request is about, in order, from any place on.
 *
 * | subject  | its questions                                          | a place            |
 * |---|---|---|
 * | question | that one                                               | nothing            |
 * | questions| those, as listed                                       | number of the last |
 * | concept  | its predicates under any of its names                  | predicate          |
 * | prefix   | those whose *canonical* path lies at or below it       | key of a question  |
 *
 * Below a prefix, questions written under an alias are asked by what the alias means: there, and
 * once. A concept that is only ever written under other names has no rows of its own; its questions
 * are put between the others.
 */
import type { Question } from "../model/answer.js";
import type { QuerySubject } from "../model/query.js";
import { questionKey } from "../views/question-key.js";
import type { ViewSnapshot } from "../views/view-types.js";
import type { FoldedWorld } from "./worlds.js";

/** A question to be asked, and the place in its list. */
export interface Unit {
  readonly question: Question;
  readonly place: Uint8Array;
}

export interface UnitsView {
  readonly snapshot: Pick<ViewSnapshot, "questions" | "predicatesOf">;
  readonly world: FoldedWorld;
}

/** Rows that are looked at in one go. */
const rowsMax = 64;
const nowhere = new Uint8Array(0);

/** The next questions behind a place (empty: from the first), at least one unless there are none. */
export function unitsBehind(
  view: UnitsView,
  subject: QuerySubject,
  place: Uint8Array,
): readonly Unit[] {
  switch (subject.kind) {
    case "question":
      return place.length > 0 ? [] : [{ question: subject.question, place: Uint8Array.of(1) }];
    case "questions":
      return listed(subject.questions, place);
    case "concept":
      return predicatesBehind(view, subject.conceptPath, place);
    case "prefix":
      return below(view, subject, place);
  }
}

function listed(questions: readonly Question[], place: Uint8Array): readonly Unit[] {
  const start = place.length === 0 ? 0 : numberAt(place) + 1;
  return questions.slice(start, start + rowsMax).map((question, at) => {
    return { question, place: placeOf(start + at) };
  });
}

const placeOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 0xff);
const numberAt = (place: Uint8Array): number => ((place[0] as number) << 8) | (place[1] as number);

function predicatesBehind(
  { snapshot, world }: UnitsView,
  asked: string,
  place: Uint8Array,
): readonly Unit[] {
  const conceptPath = world.world.canonicalPath(asked);
  return predicatesOf(snapshot, world, conceptPath)
    .map((predicate) => ({
      question: { conceptPath, predicate },
      place: new Uint8Array(Buffer.from(predicate)),
    }))
    .filter((unit) => place.length === 0 || Buffer.compare(unit.place, place) > 0);
}

/** Under all names of a canonical path, in the order of their bytes. */
export function predicatesOf(
  snapshot: Pick<ViewSnapshot, "predicatesOf">,
  { world }: FoldedWorld,
  conceptPath: string,
): readonly string[] {
  const paths = world.pathsOf(conceptPath);
  if (paths.length === 1) return snapshot.predicatesOf(conceptPath);
  const predicates = new Set(paths.flatMap((path) => snapshot.predicatesOf(path)));
  return [...predicates].sort((left, right) =>
    Buffer.compare(Buffer.from(left), Buffer.from(right)),
  );
}

function below(
  view: UnitsView,
  subject: Extract<QuerySubject, { readonly kind: "prefix" }>,
  place: Uint8Array,
): readonly Unit[] {
  const { world } = view.world;
  const prefix = subject.prefix === "" ? "" : world.canonicalPath(subject.prefix);
  const only = subject.predicate;
  for (let after = place; ; ) {
    const range = { prefix, limit: rowsMax, ...(only === undefined ? {} : { predicate: only }) };
    const rows = view.snapshot.questions(after.length === 0 ? range : { ...range, after });
    const isLast = rows.length < rowsMax;
    const end = isLast ? undefined : rows.at(-1)?.key;
    const units: Unit[] = [];
    for (const { conceptPath, predicate, key } of rows) {
      if (world.canonicalPath(conceptPath) !== conceptPath) continue;
      units.push({ question: { conceptPath, predicate }, place: new Uint8Array(key) });
    }
    const all = mergeUnits(units, unwritten(view, { prefix, only, after, end }));
    if (all.length > 0 || end === undefined) return all;
    after = new Uint8Array(end);
  }
}

interface UnwrittenRange {
  readonly prefix: string;
  readonly only: string | undefined;
  /** Keys: behind the one, up to and with the other. */
  readonly after: Uint8Array;
  readonly end: Uint8Array | undefined;
}

/** Questions of concepts that are written under other names, whether or not under their own. */
function unwritten(view: UnitsView, range: UnwrittenRange): readonly Unit[] {
  const { prefix, only, after, end } = range;
  const units: Unit[] = [];
  for (const conceptPath of view.world.canonicalPaths) {
    if (!isBelow(conceptPath, prefix)) continue;
    for (const predicate of predicatesOf(view.snapshot, view.world, conceptPath)) {
      if (only !== undefined && only !== predicate) continue;
      const place = questionKey(conceptPath, predicate);
      if (Buffer.compare(place, after) <= 0) continue;
      if (end !== undefined && Buffer.compare(place, end) > 0) continue;
      units.push({ question: { conceptPath, predicate }, place });
    }
  }
  return units;
}

/** In the order of their places, each once. */
function mergeUnits(rows: readonly Unit[], others: readonly Unit[]): readonly Unit[] {
  if (others.length === 0) return rows;
  let last: Uint8Array = nowhere;
  return [...rows, ...others]
    .sort((left, right) => Buffer.compare(left.place, right.place))
    .filter(({ place }) => {
      const isFirst = Buffer.compare(place, last) !== 0;
      last = place;
      return isFirst;
    });
}

/** Whether a path is the prefix or lies below it, by whole segments. */
export function isBelow(path: string, prefix: string): boolean {
  if (prefix === "" || path === prefix) return true;
  return path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}
