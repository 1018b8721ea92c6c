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

/** Some questions of a subject. */
export interface Units {
  readonly units: readonly Unit[];
  /** How far was looked; absent: to the end. The last unit may stand before it. */
  readonly until?: Uint8Array;
}

export interface UnitsView {
  readonly snapshot: Pick<ViewSnapshot, "questions" | "predicatesOf">;
  readonly world: FoldedWorld;
}

/** Rows that are looked at in one go. */
const rowsMax = 64;
const nowhere = new Uint8Array(0);

/** The next questions behind a place (empty: from the first). */
export function unitsBehind(view: UnitsView, subject: QuerySubject, place: Uint8Array): Units {
  switch (subject.kind) {
    case "question": {
      if (place.length > 0) return { units: [] };
      return { units: [{ question: subject.question, place: Uint8Array.of(1) }] };
    }
    case "questions":
      return listed(subject.questions, place);
    case "concept":
      return predicatesBehind(view, subject.conceptPath, place);
    case "prefix":
      return below(view, subject, place);
  }
}

function listed(questions: readonly Question[], place: Uint8Array): Units {
  const start = place.length === 0 ? 0 : numberAt(place) + 1;
  const end = Math.min(start + rowsMax, questions.length);
  const units = questions.slice(start, end).map((question, at) => {
    return { question, place: placeOf(start + at) };
  });
  return end === questions.length ? { units } : { units, until: placeOf(end - 1) };
}

const placeOf = (number: number): Uint8Array => Uint8Array.of(number >> 8, number & 0xff);
const numberAt = (place: Uint8Array): number => ((place[0] as number) << 8) | (place[1] as number);
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

function predicatesBehind(
  { snapshot, world: { world } }: UnitsView,
  asked: string,
  place: Uint8Array,
): Units {
  const conceptPath = world.canonicalPath(asked);
  const paths = world.pathsOf(conceptPath);
  const unitOf = (predicate: string): Unit => ({
    question: { conceptPath, predicate },
    place: bytesOf(predicate),
  });
  if (paths.length > 1) {
    const units = [...new Set(paths.flatMap((path) => snapshot.predicatesOf(path)))].map(unitOf);
    units.sort((left, right) => Buffer.compare(left.place, right.place));
    return { units: units.filter((unit) => Buffer.compare(unit.place, place) > 0) };
  }
  // Its own questions stand before those of the concepts below it.
  const last = place.length === 0 ? {} : { after: questionKey(conceptPath, textOf(place)) };
  const rows = snapshot.questions({ prefix: conceptPath, limit: rowsMax, ...last });
  const own = rows.filter((row) => row.conceptPath === conceptPath);
  const units = own.map(({ predicate }) => unitOf(predicate));
  const until = units.at(-1)?.place;
  return own.length < rowsMax || until === undefined ? { units } : { units, until };
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

function below(
  view: UnitsView,
  subject: Extract<QuerySubject, { readonly kind: "prefix" }>,
  after: Uint8Array,
): Units {
  const { world } = view.world;
  const prefix = subject.prefix === "" ? "" : world.canonicalPath(subject.prefix);
  const only = subject.predicate;
  const range = { prefix, limit: rowsMax };
  const rows = view.snapshot.questions(after.length === 0 ? range : { ...range, after });
  const key = rows.length < rowsMax ? undefined : rows.at(-1)?.key;
  const until = key === undefined ? undefined : new Uint8Array(key);
  const units: Unit[] = [];
  for (const { conceptPath, predicate, key: place } of rows) {
    if (only !== undefined && predicate !== only) continue;
    if (world.canonicalPath(conceptPath) !== conceptPath) continue;
    units.push({ question: { conceptPath, predicate }, place: new Uint8Array(place) });
  }
  const all = mergeUnits(units, unwritten(view, { prefix, only, after, end: until }));
  return until === undefined ? { units: all } : { units: all, until };
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
    const paths = view.world.world.pathsOf(conceptPath);
    for (const predicate of new Set(paths.flatMap((path) => view.snapshot.predicatesOf(path)))) {
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
function isBelow(path: string, prefix: string): boolean {
  if (prefix === "" || path === prefix) return true;
  return path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}
