/**
 * Walks over questions in the order of their keys: their heads, and the concepts that they are of.
 *
 * Pages of a question stand behind its head; a walk steps over them by seeking, not by reading.
 * Questions without a claim, all of it erased, are passed over.
 */
import { keyAfterPrefix, type LmdbRange } from "../lmdb/lmdb-range.js";
import type { LmdbReader } from "../lmdb/lmdb-transaction.js";
import type { Concept } from "../model/query.js";
import {
  behindQuestion,
  conceptKey,
  questionOfKey,
  questionOfRow,
  rangesBelow,
} from "./question-key.js";
import { readQuestionHead } from "./question-row.js";
import { RowReader, textOf } from "./row-bytes.js";
import type { ConceptRange, Keyed } from "./view-types.js";

/** Most predicates that a concept is listed with. */
const predicatesListedMax = 64;

export interface WalkedHead {
  readonly question: Uint8Array;
  readonly row: Uint8Array;
  readonly claimCount: number;
}

/** Heads of one range of keys, from `start` on if given. */
export function* walkHeads(
  transaction: LmdbReader,
  range: LmdbRange,
  start: Uint8Array | undefined = undefined,
): Generator<WalkedHead> {
  let from = start;
  for (;;) {
    let behind: Uint8Array | undefined;
    const rows = transaction.rows(
      "questions",
      from === undefined ? range : { ...range, start: from },
    );
    for (const { key, value } of rows) {
      const question = new Uint8Array(questionOfRow(key));
      const { lastPage, claimCount } = readQuestionHead(new RowReader(value));
      if (claimCount > 0) yield { question, row: value, claimCount };
      if (lastPage === 0) continue;
      behind = behindQuestion(question);
      break;
    }
    if (behind === undefined) return;
    from = behind;
  }
}

/** Heads at or below a prefix of whole segments. */
export function* walkBelow(
  transaction: LmdbReader,
  prefix: string | undefined,
  start?: Uint8Array,
): Generator<WalkedHead> {
  for (const range of rangesBelow(prefix)) yield* walkHeads(transaction, range, start);
}

/** Concepts of a range; the key of one is its path. */
export function walkConcepts(
  transaction: LmdbReader,
  { prefix, childrenOnly = false, after, limit }: ConceptRange,
): readonly Keyed<Concept>[] {
  const concepts: Keyed<Concept>[] = [];
  const walk = childrenOnly
    ? walkChildren(transaction, prefix, after)
    : walkAll(transaction, prefix, after);
  for (const concept of walk) {
    if (concepts.length >= limit) break;
    concepts.push(concept);
  }
  return concepts;
}

function* walkAll(
  transaction: LmdbReader,
  prefix: string,
  after: Uint8Array | undefined,
): Generator<Keyed<Concept>> {
  const start = after === undefined ? undefined : behindConcept(textOf(after));
  let path: string | undefined;
  for (const { question } of walkBelow(transaction, prefix, start)) {
    const { conceptPath } = questionOfKey(question);
    if (conceptPath === path) continue;
    path = conceptPath;
    yield conceptOf(transaction, conceptPath);
  }
}

/** Each next segment below the prefix once, at the first question of it or below it. */
function* walkChildren(
  transaction: LmdbReader,
  prefix: string,
  after: Uint8Array | undefined,
): Generator<Keyed<Concept>> {
  const below = prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
  const range = below === "" ? {} : { prefix: bytesOf(below) };
  let start: Uint8Array | undefined = after;
  for (;;) {
    const [first] = take(walkHeads(transaction, range, start), 1);
    if (first === undefined) return;
    const { conceptPath } = questionOfKey(first.question);
    const child = childOf(conceptPath, below);
    const isItself = conceptPath === child;
    start = isItself ? behindConcept(child) : keyAfterPrefix(bytesOf(`${child}/`));
    const isNew = isItself || !hasClaims(transaction, child);
    // Where the next page begins, not which concept it was: `a/b` stands in two places.
    if (isNew) yield { ...conceptOf(transaction, child), key: start ?? bytesOf(child) };
    if (start === undefined) return;
  }
}

/** `scheme://first` and then each segment. */
function childOf(path: string, below: string): string {
  const scheme = below === "" ? (/^[^/]*:\/\//.exec(path)?.[0].length ?? 0) : 0;
  const end = path.indexOf("/", Math.max(below.length, scheme));
  return end < 0 ? path : path.slice(0, end);
}

function conceptOf(transaction: LmdbReader, conceptPath: string): Keyed<Concept> {
  const predicates: string[] = [];
  let claimCount = 0;
  for (const head of walkHeads(transaction, { prefix: conceptKey(conceptPath) })) {
    if (predicates.length < predicatesListedMax) {
      predicates.push(questionOfKey(head.question).predicate);
    }
    claimCount += head.claimCount;
  }
  const below = walkHeads(transaction, { prefix: bytesOf(`${conceptPath}/`) });
  const hasChildren = take(below, 1).length > 0;
  return { conceptPath, predicates, claimCount, hasChildren, key: bytesOf(conceptPath) };
}

const hasClaims = (transaction: LmdbReader, conceptPath: string): boolean =>
  take(walkHeads(transaction, { prefix: conceptKey(conceptPath) }), 1).length > 0;

/** The first key behind the questions of a concept. */
function behindConcept(conceptPath: string): Uint8Array {
  const key = conceptKey(conceptPath);
  key[key.length - 1] = 1;
  return key;
}

export function take<T>(items: Generator<T>, count: number): T[] {
  const taken: T[] = [];
  if (count === 0) return taken;
  for (const item of items) {
    taken.push(item);
    if (taken.length >= count) break;
  }
  return taken;
}

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
