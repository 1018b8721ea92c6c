/**
 * Answers: the rulings of every question that was touched, folded anew in the transaction that
 * touched it; and the sweep, which folds what a change of the world made old.
 *
 * A fold costs what its question has claims. One that is large against what came is left to the
 * sweep, by a row in `stale`: so a claim costs the same on average however large its question is,
 * and until the sweep comes by, its answer is computed when asked. Rulings that are old are never
 * used: their stamps say so.
 */
import { assert } from "../invariant/assert.js";
import type { LmdbRow } from "../lmdb/lmdb-range.js";
import { bodyKinds } from "../model/entry.js";
import { EntryFacts } from "./entry-facts.js";
import { fold } from "./materialise.js";
import { ordinalOfRow, questionOfRow } from "./question-key.js";
import { readQuestionHead } from "./question-row.js";
import type { QuestionState } from "./question-state.js";
import { advance, unapplied } from "./questions-projection.js";
import { RowReader } from "./row-bytes.js";
import {
  type CommittedEntries,
  materialisedClaimsMax,
  type ViewProjection,
  type ViewTransaction,
} from "./view-types.js";
import { ViewWriting } from "./view-writing.js";

/** A question with as many claims is folded whenever it is touched. */
const smallClaims = 32;
/** A larger one when this many times what came is all that it has. */
const growthMax = 8;
const nothing = new Uint8Array(0);
const facts = new EntryFacts();

export class AnswersProjection implements ViewProjection {
  readonly name = "answers";

  apply(transaction: ViewTransaction, blocks: readonly CommittedEntries[]): void {
    assert(transaction instanceof ViewWriting, "a projection writes into its store's transaction");
    for (const block of unapplied(transaction, this.name, blocks)) {
      if (!transaction.effects.has(block)) touchBehind(transaction, block);
      advance(transaction, this.name, block);
    }
    for (const state of transaction.touched) foldOrLeave(transaction, state);
    noteSwept(transaction);
    transaction.touched.clear();
  }
}

function foldOrLeave(writing: ViewWriting, state: QuestionState): void {
  const { claimCount, addedCount } = state;
  if (claimCount <= smallClaims || claimCount <= growthMax * addedCount) fold(writing, state);
  else if (claimCount <= materialisedClaimsMax)
    writing.stale.push({ key: state.key, value: nothing });
}

/** Touches the questions of a block that the questions had applied before. */
function touchBehind(writing: ViewWriting, block: CommittedEntries): void {
  for (let i = 0; i < block.count; i++) {
    const entry = block.entry(i);
    if (entry === undefined || !facts.read(entry, block.batchAuthor(i))) continue;
    if (facts.kind === bodyKinds.assertion) {
      const { pathStart, pathEnd, predicateStart, predicateEnd } = facts;
      const state = writing.findQuestion(entry, pathStart, pathEnd, predicateStart, predicateEnd);
      if (state !== undefined) writing.touched.add(state);
    } else if (facts.isAct) {
      const target = writing.ids.find(entry.slice(facts.targetStart, facts.targetStart + 32));
      if (target?.kind === "record") writing.touched.add(writing.questionOf(target.number));
    }
  }
}

/** While there is nothing to sweep, a change of the world makes nothing old. */
function noteSwept({ counters, touched }: ViewWriting): void {
  if (counters.questionCount > touched.size) return;
  counters.sweptWorldStamp = counters.worldStamp;
  counters.sweptTrustStamp = counters.trustStamp;
}

/** Folds up to `limit` questions that are old; returns about how many are left. */
export function sweep(writing: ViewWriting, limit: number): number {
  const left = limit - sweepStale(writing, limit);
  const stale = writing.transaction.count("stale");
  return stale + (left > 0 ? sweepStamps(writing, left) : 0);
}

function sweepStale(writing: ViewWriting, limit: number): number {
  const keys: Uint8Array[] = [];
  for (const key of writing.transaction.keys("stale")) {
    if (keys.length >= limit) break;
    keys.push(new Uint8Array(key));
  }
  for (const key of keys) {
    writing.transaction.delete("stale", key);
    const state = writing.stateOf(key);
    if (state !== undefined) fold(writing, state);
  }
  return keys.length;
}

/** Goes on where the sweep stands, towards the present stamps. */
function sweepStamps(writing: ViewWriting, limit: number): number {
  const { counters } = writing;
  const { worldStamp, trustStamp } = counters;
  const isSwept =
    counters.sweptWorldStamp === worldStamp && counters.sweptTrustStamp === trustStamp;
  if (isSwept) return 0;
  if (counters.sweepWorldStamp !== worldStamp || counters.sweepTrustStamp !== trustStamp) {
    counters.sweepWorldStamp = worldStamp;
    counters.sweepTrustStamp = trustStamp;
    counters.sweepKey = nothing;
  }
  const { old, seen, next } = oldQuestions(writing, limit);
  for (const key of old) {
    const state = writing.stateOf(key);
    if (state !== undefined) fold(writing, state);
  }
  if (next === undefined) {
    counters.sweptWorldStamp = worldStamp;
    counters.sweptTrustStamp = trustStamp;
    counters.sweepKey = nothing;
    return 0;
  }
  counters.sweepKey = next;
  return Math.max(1, counters.nextQuestion - seen);
}

/** Questions behind the sweep's key whose rulings are of other stamps. */
function oldQuestions(writing: ViewWriting, limit: number) {
  const { counters, transaction } = writing;
  const { sweepKey, worldStamp, trustStamp } = counters;
  const old: Uint8Array[] = [];
  let seen = 0;
  const range = sweepKey.length === 0 ? {} : { start: sweepKey };
  for (const row of transaction.rows("questions", range)) {
    if (ordinalOfRow(row.key) !== 0) continue;
    if (old.length >= limit || seen >= limit * seenPerFold) {
      return { old, seen, next: new Uint8Array(row.key) };
    }
    seen += 1;
    const { ruled, claimCount } = headOf(row);
    const isOld =
      ruled === undefined
        ? claimCount > 0 && claimCount <= materialisedClaimsMax
        : ruled.worldStamp !== worldStamp || ruled.trustStamp !== trustStamp;
    if (isOld) old.push(new Uint8Array(questionOfRow(row.key)));
  }
  return { old, seen, next: undefined };
}

/** How many questions are looked at for one that is folded: looking is cheap. */
const seenPerFold = 16;

const headOf = (row: LmdbRow) => readQuestionHead(new RowReader(row.value));
