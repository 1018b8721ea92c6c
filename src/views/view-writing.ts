/**
 * One write transaction of the views: what projections change is held in memory, each question once
 * however often it is touched, and put sorted at the end.
 *
 * Invariant: rows that are held here are read through here. What an aborted transaction held is
 * forgotten with it, words that were given numbers included.
 */

import { everything } from "../lens/cut.js";
import type { WorldRecord } from "../lens/history.js";
import { World } from "../lens/world.js";
import type { LmdbRow } from "../lmdb/lmdb-range.js";
import type { LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { ContestedRows } from "./contested-rows.js";
import { type Counters, nobody, readCounters, writeCounters } from "./counters.js";
import { readFrontier, writeFrontier } from "./frontiers.js";
import { type IdPlace, IdRows } from "./id-rows.js";
import { appendNumbered, numbered } from "./numbered-pages.js";
import { questionKeyAt } from "./question-key.js";
import { QuestionState } from "./question-state.js";
import { hasId, type WordPlace } from "./records.js";
import { damagedRow, mapKey, sameBytes } from "./row-bytes.js";
import { isUniform, type RulingMemo } from "./ruling-memo.js";
import type { AppliedTo, CommittedEntries, ProjectionName, ViewTransaction } from "./view-types.js";
import { type WordCache, WordWriter } from "./words.js";
import { readWorldRecords, WorldRows } from "./world-rows.js";

/** What came of a claim, for the projections that follow. */
export type ClaimEffect =
  | {
      readonly kind: "added";
      readonly place: WordPlace;
      readonly question: number;
      readonly author: number;
      readonly source: number;
      readonly sourceClass: number;
    }
  | {
      readonly kind: "moved";
      readonly place: WordPlace;
      /** Where it may stand in lists. */
      readonly before: readonly WordPlace[];
      readonly question: number;
      readonly author: number;
      readonly source: number;
      readonly sourceClass: number;
    }
  | {
      readonly kind: "erased";
      readonly place: WordPlace;
      readonly author: number;
      readonly source: number;
    };

/** Folded worlds live as long as their stamp: kept by the store between transactions. */
export interface WorldCache {
  stamp: number;
  world: World | undefined;
  /** Neither the path nor the time of a claim changes how it is read. */
  isUniform: boolean;
}

export interface WritingCaches {
  readonly words: WordCache;
  readonly world: WorldCache;
  readonly rulings: RulingMemo;
}

export class ViewWriting implements ViewTransaction {
  readonly transaction: LmdbWriter;
  readonly words: WordWriter;
  readonly counters: Counters;
  readonly ids: IdRows;
  readonly worldRows: WorldRows;
  /** Questions whose records changed. */
  readonly touched = new Set<QuestionState>();
  readonly effects = new Map<CommittedEntries, readonly ClaimEffect[]>();
  readonly contested: ContestedRows;
  /** Questions that the sweep shall fold. */
  readonly stale: LmdbRow[] = [];
  private readonly caches: WritingCaches;
  private readonly questions = new Map<string, QuestionState>();
  private readonly byNumber = new Map<number, QuestionState>();
  private readonly firstName: number;
  private readonly namesAdded: Uint8Array[] = [];
  private lastQuestion: QuestionState | undefined = undefined;

  constructor(transaction: LmdbWriter, caches: WritingCaches) {
    this.transaction = transaction;
    this.caches = caches;
    this.counters = readCounters(transaction);
    this.firstName = this.counters.nextQuestion;
    this.words = new WordWriter(transaction, caches.words, this.counters.nextWord);
    this.ids = new IdRows(transaction, ({ number, ordinal }, id) =>
      hasId(this.questionOf(number).record(transaction, ordinal), id),
    );
    this.contested = new ContestedRows(transaction);
    this.worldRows = new WorldRows({
      transaction,
      ids: this.ids,
      rootOf: () => this.counters.root,
      changed: () => this.worldChanged(),
    });
  }

  applied(projection: ProjectionName, logId: Uint8Array): AppliedTo | undefined {
    return readFrontier(this.transaction, projection, logId);
  }

  setApplied(projection: ProjectionName, logId: Uint8Array, applied: AppliedTo): void {
    writeFrontier(this.transaction, projection, logId, applied);
  }

  /** The question whose parts lie in an entry; `undefined` where it is not known. */
  findQuestion(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    predicateStart: number,
    predicateEnd: number,
  ): QuestionState | undefined {
    const key = questionKeyAt(bytes, pathStart, pathEnd, predicateStart, predicateEnd);
    return this.stateOf(key);
  }

  /** The same, and made where it is not known. */
  openQuestion(
    bytes: Uint8Array,
    pathStart: number,
    pathEnd: number,
    predicateStart: number,
    predicateEnd: number,
  ): QuestionState {
    const key = questionKeyAt(bytes, pathStart, pathEnd, predicateStart, predicateEnd);
    const last = this.lastQuestion;
    if (last !== undefined && sameBytes(key, 0, key.length, last.key)) return last;
    const state = this.stateOf(key) ?? this.makeQuestion(key);
    this.lastQuestion = state;
    return state;
  }

  /** The question of a number that was given. */
  questionOf(number: number): QuestionState {
    const known = this.byNumber.get(number);
    if (known !== undefined) return known;
    const name = this.namesAdded[number - this.firstName];
    const key = name ?? numbered(this.transaction, "names", number);
    const state = this.stateOf(key);
    if (state === undefined) throw damagedRow();
    return state;
  }

  stateOf(key: Uint8Array): QuestionState | undefined {
    const name = mapKey(key);
    const known = this.questions.get(name);
    if (known !== undefined) return known;
    const loaded = QuestionState.load(this.transaction, key);
    if (loaded !== undefined) this.hold(name, loaded);
    return loaded;
  }

  /** Gives a new entry's id its place. One that was met without its bytes is no hole any more. */
  addId(id: Uint8Array, place: IdPlace): void {
    const { ids, counters } = this;
    if (counters.holeCount > 0 && ids.find(id) !== undefined) ids.replace(id, place);
    else ids.add(id, place);
  }

  /**
   * Rulings of all questions are old from here on. Counts changes, not transactions: wherever a log
   * is cut into transactions, equal stamps of it mean equal worlds.
   */
  worldChanged(): void {
    this.caches.world.world = undefined;
    this.counters.worldStamp += 1;
  }

  trustChanged(): void {
    this.counters.trustStamp += 1;
  }

  /** As it is now. */
  world(): World {
    const cache = this.caches.world;
    if (cache.world !== undefined && cache.stamp === this.counters.worldStamp) return cache.world;
    const records: readonly WorldRecord[] = readWorldRecords(this.transaction);
    const root = this.counters.root ?? nobody;
    cache.world = World.fold({ root, records, cut: everything });
    cache.stamp = this.counters.worldStamp;
    cache.isUniform = isUniform(records);
    return cache.world;
  }

  /** Rulings that hold for every question of one claim alike; `undefined` where none do. */
  get sharedRulings(): RulingMemo | undefined {
    this.world();
    return this.caches.world.isUniform ? this.caches.rulings : undefined;
  }

  flush(): void {
    const { transaction, counters } = this;
    this.words.flush();
    counters.nextWord = this.words.next;
    appendNumbered(transaction, "names", this.firstName, this.namesAdded);
    const states = [...this.questions.values()].filter(({ isChanged }) => isChanged);
    states.sort((left, right) => Buffer.compare(left.key, right.key));
    for (const state of states) state.put(transaction);
    this.ids.flush();
    this.contested.flush();
    transaction.putSorted("stale", this.stale);
    writeCounters(transaction, counters);
  }

  private makeQuestion(key: Uint8Array): QuestionState {
    const state = QuestionState.make(key, this.counters.nextQuestion);
    this.counters.nextQuestion += 1;
    this.namesAdded.push(key);
    this.hold(mapKey(key), state);
    return state;
  }

  private hold(name: string, state: QuestionState): void {
    this.questions.set(name, state);
    this.byNumber.set(state.number, state);
  }
}
