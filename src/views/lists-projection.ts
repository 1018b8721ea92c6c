/**
 * Lists: assertions by author, by source and all together, and what is known of each source.
 *
 *     sources   source id → word | claims | best class
 *
 * What came of each claim of a block the questions say, in the same transaction. Where this
 * projection is behind them, their rows say it: a claim belongs to its present place, and an
 * occurrence that stands there no more has left a row in `moves`.
 */
import { assert } from "../invariant/assert.js";
import { bodyKinds } from "../model/entry.js";
import { EntryFacts } from "./entry-facts.js";
import { LIST_OF_ALL, LIST_OF_AUTHOR, LIST_OF_SOURCE, ListWriter } from "./place-lists.js";
import { isSamePlace, placeAt } from "./places.js";
import { advance, unapplied } from "./questions-projection.js";
import { CLAIM, ERASED, readHead, type WordPlace } from "./records.js";
import { RowReader, RowWriter } from "./row-bytes.js";
import type { CommittedEntries, ViewProjection, ViewTransaction } from "./view-types.js";
import { type ClaimEffect, ViewWriting } from "./view-writing.js";

const ID_PREFIX_BYTES = 8;
const facts = new EntryFacts();
const writer = new RowWriter(64);

export interface SourceRow {
  readonly claimCount: number;
  /** Place in `sourceClasses`: the best that a claim gave it. */
  readonly sourceClass: number;
}

export function readSourceRow(row: Uint8Array): SourceRow {
  const reader = new RowReader(row);
  return { claimCount: reader.varint(), sourceClass: reader.byte() };
}

export class ListsProjection implements ViewProjection {
  readonly name = "lists";

  apply(transaction: ViewTransaction, blocks: readonly CommittedEntries[]): void {
    assert(transaction instanceof ViewWriting, "a projection writes into its store's transaction");
    const lists = new ListWriter(transaction.transaction, transaction.words);
    const sources = new SourceCounts(transaction);
    for (const block of unapplied(transaction, this.name, blocks)) {
      const effects = transaction.effects.get(block) ?? effectsBehind(transaction, block);
      for (const effect of effects) applyEffect(lists, sources, effect);
      advance(transaction, this.name, block);
    }
    lists.flush();
    sources.flush();
  }
}

function applyEffect(lists: ListWriter, sources: SourceCounts, effect: ClaimEffect): void {
  const { author, source, place } = effect;
  if (effect.kind === "added") {
    addTo(lists, effect, effect.question);
    sources.add(source, 1, effect.sourceClass);
    return;
  }
  let wasThere = false;
  for (const old of effect.kind === "moved" ? effect.before : [place]) {
    lists.remove(LIST_OF_AUTHOR, author, old);
    lists.remove(LIST_OF_SOURCE, source, old);
    if (lists.remove(LIST_OF_ALL, 0, old)) wasThere = true;
  }
  if (effect.kind === "erased") {
    if (wasThere) sources.add(source, -1, undefined);
    return;
  }
  addTo(lists, effect, effect.question);
  if (!wasThere) sources.add(source, 1, effect.sourceClass);
}

function addTo(lists: ListWriter, effect: ClaimEffect, question: number): void {
  const { author, source, place } = effect;
  const { recorded, log, index } = place;
  const item = { recorded, log, index, question };
  lists.add(LIST_OF_ALL, 0, item);
  lists.add(LIST_OF_AUTHOR, author, item);
  lists.add(LIST_OF_SOURCE, source, item);
}

/** What came of a block's claims, out of what is stored by now. */
function effectsBehind(writing: ViewWriting, block: CommittedEntries): ClaimEffect[] {
  const effects: ClaimEffect[] = [];
  const log = writing.words.number(block.logId);
  for (let i = 0; i < block.count; i++) {
    const entry = block.entry(i);
    if (entry === undefined || !facts.read(entry, block.batchAuthor(i))) continue;
    const here = { recorded: block.recorded, log, index: block.firstIndex + i };
    if (facts.kind === bodyKinds.assertion) {
      const { sourceClass } = facts;
      effects.push(...claimBehind(writing, block.id(i), here, sourceClass));
    } else if (facts.kind === bodyKinds.redaction) {
      const target = entry.slice(facts.targetStart, facts.targetStart + 32);
      effects.push(...erasedBehind(writing, target));
    }
  }
  return effects;
}

function* claimBehind(
  writing: ViewWriting,
  id: Uint8Array,
  here: WordPlace,
  sourceClass: number,
): Generator<ClaimEffect> {
  const { transaction, ids, words } = writing;
  const known = ids.find(id);
  if (known?.kind !== "record") return;
  const state = writing.questionOf(known.number);
  const head = readHead(state.record(transaction, known.ordinal));
  if (head?.kind !== CLAIM) return;
  const { place, author, link } = head;
  if (!isSamePlace(place, here)) return;
  const moves = [...transaction.keys("moves", { prefix: id.subarray(0, ID_PREFIX_BYTES) })];
  const before = moves.map((key) => {
    const { recorded, logId, index } = placeAt(key, ID_PREFIX_BYTES);
    return { recorded, log: words.number(logId), index };
  });
  const claim = { place, question: known.number, author, source: link, sourceClass };
  if (before.length === 0) yield { kind: "added", ...claim };
  else yield { kind: "moved", before, ...claim };
}

function* erasedBehind(writing: ViewWriting, target: Uint8Array): Generator<ClaimEffect> {
  const known = writing.ids.find(target);
  if (known?.kind !== "record") return;
  const state = writing.questionOf(known.number);
  const head = readHead(state.record(writing.transaction, known.ordinal));
  if (head?.kind !== ERASED) return;
  yield { kind: "erased", place: head.place, author: head.author, source: head.link };
}

/** Claims per source, changed once per transaction. */
class SourceCounts {
  private readonly writing: ViewWriting;
  private readonly changes = new Map<number, { added: number; sourceClass: number | undefined }>();

  constructor(writing: ViewWriting) {
    this.writing = writing;
  }

  add(source: number, count: number, sourceClass: number | undefined): void {
    const change = this.changes.get(source) ?? { added: 0, sourceClass: undefined };
    change.added += count;
    if (sourceClass !== undefined) {
      change.sourceClass = Math.min(change.sourceClass ?? sourceClass, sourceClass);
    }
    this.changes.set(source, change);
  }

  flush(): void {
    const { transaction, words } = this.writing;
    for (const [source, { added, sourceClass }] of this.changes) {
      const key = words.bytes(source);
      const row = transaction.get("sources", key);
      const before = row === undefined ? undefined : readSourceRow(row);
      writer.clear();
      writer.varint(Math.max(0, (before?.claimCount ?? 0) + added));
      writer.byte(Math.min(before?.sourceClass ?? 0xff, sourceClass ?? 0xff));
      transaction.put("sources", key, writer.copy());
    }
  }
}
