/** The views at one moment: what a read transaction sees, as rows of the query engine's words. */
import { sha256 } from "../crypto/sha256.js";
import type { OutcomeSaid, WorldRecord, WorldRoot } from "../lens/history.js";
import type { LmdbReader } from "../lmdb/lmdb-transaction.js";
import { sourceClasses } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import type { Concept, QuestionFacts } from "../model/query.js";
import { contestedQuestion } from "./contested-rows.js";
import { type Counters, nobody, readCounters } from "./counters.js";
import { frontierLogs, frontierToken, readFrontier } from "./frontiers.js";
import { readSourceRow } from "./lists-projection.js";
import { numbered } from "./numbered-pages.js";
import { outcomesFor } from "./outcome-rows.js";
import {
  LIST_OF_ALL,
  LIST_OF_AUTHOR,
  LIST_OF_SOURCE,
  type ListItem,
  listKey,
  walkList,
} from "./place-lists.js";
import { isSamePlace, PLACE_BYTES, placeAt, placeKey, wordless } from "./places.js";
import {
  behindQuestion,
  conceptKey,
  conceptPathBytesMax,
  questionKey,
  questionKeyBytesMax,
  questionOfKey,
  rangesBelow,
  rowKey,
} from "./question-key.js";
import { take, walkBelow, walkConcepts, walkHeads } from "./question-walk.js";
import { type QuestionContext, QuestionView } from "./stored-question.js";
import type {
  AppliedTo,
  ClaimVoices,
  ConceptRange,
  Keyed,
  ListedPlace,
  Page,
  QuestionRange,
  StoredQuestion,
  StoredSource,
  ViewSnapshot,
} from "./view-types.js";
import { StoredWords, WordCache } from "./words.js";
import { latestSourceRecord, readWorldRecords } from "./world-rows.js";

const DIGEST_BYTES = 8;
/** A prefix is looked for among so many of the most contested questions. */
const contestedSearchedMax = 10_000;
/** The next most recent question is looked for among so many claims. */
const recentSearchedMax = 200_000;

/** What snapshots keep for those after them. */
export class SnapshotCaches {
  readonly words = new WordCache();
  worldStamp = -1;
  worldRecords: readonly WorldRecord[] = [];
  frontierRows = -1;
  frontierLogs: readonly Uint8Array[] = [];
}

export class Snapshot implements ViewSnapshot, QuestionContext {
  readonly transaction: LmdbReader;
  readonly words: StoredWords;
  private readonly caches: SnapshotCaches;
  private readonly counters: Counters;
  private redactions: number | undefined = undefined;

  constructor(transaction: LmdbReader, caches: SnapshotCaches) {
    this.transaction = transaction;
    this.words = new StoredWords(transaction, caches.words);
    this.caches = caches;
    this.counters = readCounters(transaction);
  }

  applied(logId: Uint8Array): AppliedTo | undefined {
    return readFrontier(this.transaction, "questions", logId);
  }

  frontier(): Uint8Array {
    const { caches, transaction } = this;
    // Rows are added with a log and never taken away: while there are as many, they are the same.
    const rows = transaction.count("frontiers");
    if (caches.frontierRows !== rows) {
      caches.frontierLogs = frontierLogs(transaction, "questions");
      caches.frontierRows = rows;
    }
    return frontierToken(transaction, "questions", caches.frontierLogs);
  }

  get worldStamp(): number {
    return this.counters.worldStamp;
  }

  get trustStamp(): number {
    return this.counters.trustStamp;
  }

  get worldRoot(): WorldRoot {
    return this.counters.root ?? nobody;
  }

  get assertionCount(): number {
    return this.counters.assertionCount;
  }

  get questionCount(): number {
    return this.counters.questionCount;
  }

  get skippedCount(): number {
    return this.counters.skippedCount;
  }

  worldRecords(): readonly WorldRecord[] {
    const { caches, worldStamp } = this;
    if (caches.worldStamp !== worldStamp) {
      caches.worldRecords = readWorldRecords(this.transaction);
      caches.worldStamp = worldStamp;
    }
    return caches.worldRecords;
  }

  question(conceptPath: string, predicate: string): StoredQuestion | undefined {
    const key = questionKey(conceptPath, predicate);
    return key.length > questionKeyBytesMax ? undefined : this.questionAt(key);
  }

  questions({ prefix, predicate, after, limit }: QuestionRange): readonly StoredQuestion[] {
    const start = after === undefined ? undefined : behindQuestion(checkedKey(after));
    const found: StoredQuestion[] = [];
    if (isTooLong(prefix)) return found;
    for (const { question, row } of walkBelow(this.transaction, prefix, start)) {
      if (found.length >= limit) break;
      const view = new QuestionView(this, question, row);
      if (predicate === undefined || view.predicate === predicate) found.push(view);
    }
    return found;
  }

  predicatesOf(conceptPath: string): readonly string[] {
    if (isTooLong(conceptPath)) return [];
    const heads = [...walkHeads(this.transaction, { prefix: conceptKey(conceptPath) })];
    return heads.map(({ question }) => questionOfKey(question).predicate);
  }

  concepts(range: ConceptRange): readonly Keyed<Concept>[] {
    if (isTooLong(range.prefix)) return [];
    if (range.after !== undefined) checkedKey(range.after);
    return walkConcepts(this.transaction, range);
  }

  outcomesFor(claims: readonly ClaimVoices[]): readonly OutcomeSaid[] {
    return outcomesFor(this.transaction, this.words, claims);
  }

  redactedCount(conceptPath: string, predicate: string): number {
    this.redactions ??= this.transaction.count("redactions");
    if (this.redactions === 0) return 0;
    const digest = sha256(Buffer.from(`${conceptPath}\0${predicate}`)).subarray(0, DIGEST_BYTES);
    let count = 0;
    for (const _ of this.transaction.keys("redactions", { prefix: digest })) count += 1;
    return count;
  }

  assertionsOf(
    of:
      | { readonly kind: "author"; readonly author: Uint8Array }
      | { readonly kind: "source"; readonly sourceId: string },
    { after, limit, isBackward = false }: Page & { readonly isBackward?: boolean },
  ): readonly Keyed<ListedPlace>[] {
    const isAuthor = of.kind === "author";
    const word = this.words.find(isAuthor ? of.author : Buffer.from(of.sourceId));
    if (word === undefined) return [];
    const list = listKey(isAuthor ? LIST_OF_AUTHOR : LIST_OF_SOURCE, word);
    const walk = walkList(this.transaction, this.words, list, {
      after: this.itemOf(after),
      isBackward,
    });
    return take(walk, limit).map((item) => {
      const place = wordless(item, this.words);
      return { ...place, key: placeKey(place) };
    });
  }

  contested({
    prefix,
    after,
    limit,
  }: Page & { readonly prefix?: string }): readonly Keyed<QuestionFacts>[] {
    const rows: Keyed<QuestionFacts>[] = [];
    const ranges = rangesBelow(prefix).map((range) => range.prefix);
    let searched = 0;
    if (isTooLong(prefix)) return rows;
    const start = after === undefined ? {} : { start: behind(checkedKey(after)) };
    for (const key of this.transaction.keys("contested", start)) {
      if (rows.length >= limit || searched++ >= contestedSearchedMax) break;
      const question = contestedQuestion(key);
      if (!ranges.some((range) => range === undefined || startsWith(question, range))) continue;
      const view = this.questionAt(new Uint8Array(question));
      if (view !== undefined) rows.push(factsOf(view, new Uint8Array(key)));
    }
    return rows;
  }

  recent({ after, limit }: Page): readonly Keyed<QuestionFacts>[] {
    const rows: Keyed<QuestionFacts>[] = [];
    const seen = new Set<number>();
    let searched = 0;
    const list = listKey(LIST_OF_ALL, 0);
    const range = { after: this.itemOf(after), isBackward: true };
    for (const item of walkList(this.transaction, this.words, list, range)) {
      if (rows.length >= limit || searched++ >= recentSearchedMax) break;
      if (seen.has(item.question)) continue;
      seen.add(item.question);
      const question = numbered(this.transaction, "names", item.question);
      const view = this.questionAt(question);
      // A question that has a newer claim stands further up.
      if (view === undefined || !isSamePlace(view.latestPlace, item)) continue;
      rows.push(factsOf(view, placeKey(wordless(item, this.words))));
    }
    return rows;
  }

  sources({ after, limit }: Page): readonly Keyed<StoredSource>[] {
    const rows: Keyed<StoredSource>[] = [];
    const start = after === undefined ? {} : { start: behind(checkedKey(after)) };
    for (const { key, value } of this.transaction.rows("sources", start)) {
      if (rows.length >= limit) break;
      const sourceId = Buffer.from(key).toString("utf8");
      rows.push({ ...this.sourceOf(sourceId, value), key: new Uint8Array(key) });
    }
    return rows;
  }

  source(sourceId: string): StoredSource | undefined {
    const key = Buffer.from(sourceId);
    if (key.length === 0 || key.length > sourceIdBytesMax) return undefined;
    const row = this.transaction.get("sources", key);
    return row === undefined ? undefined : this.sourceOf(sourceId, row);
  }

  private sourceOf(sourceId: string, row: Uint8Array): StoredSource {
    const { claimCount, sourceClass } = readSourceRow(row);
    const best = sourceClasses[sourceClass];
    const record = latestSourceRecord(this.transaction, sourceId);
    return {
      sourceId,
      claimCount,
      ...(best === undefined ? {} : { sourceClass: best }),
      ...(record === undefined ? {} : { record }),
    };
  }

  private questionAt(key: Uint8Array): QuestionView | undefined {
    const row = this.transaction.get("questions", rowKey(key, 0));
    if (row === undefined) return undefined;
    const view = new QuestionView(this, key, row);
    return view.claimCount === 0 ? undefined : view;
  }

  private itemOf(key: Uint8Array | undefined): ListItem | undefined {
    if (key === undefined) return undefined;
    if (key.length !== PLACE_BYTES) throw foreignKey();
    const { recorded, logId, index } = placeAt(key, 0);
    const log = this.words.find(logId);
    return log === undefined ? undefined : { recorded, log, index, question: 0 };
  }
}

const sourceIdBytesMax = 400;
const keyBytesMax = 480;

const foreignKey = (): Fault =>
  new Fault("CURSOR_INVALID", "the page begins behind a key that no list has");

function checkedKey(key: Uint8Array): Uint8Array {
  if (key.length === 0 || key.length > keyBytesMax) throw foreignKey();
  return key;
}

const isTooLong = (path: string | undefined): boolean =>
  path !== undefined && Buffer.byteLength(path) > conceptPathBytesMax;

/** The first key behind one. */
function behind(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1);
  next.set(key);
  return next;
}

function factsOf(view: QuestionView, key: Uint8Array): Keyed<QuestionFacts> {
  const { conceptPath, predicate, claimCount, conflictMillionths, valueCount, latest } = view;
  return { conceptPath, predicate, claimCount, conflictMillionths, valueCount, latest, key };
}

function startsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false;
  return true;
}
