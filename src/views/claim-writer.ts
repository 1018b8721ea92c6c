/**
 * Claims and acts into questions, one entry at a time, inside a write transaction.
 *
 *     pending   target (32) ‖ first 8 bytes of the act's id → place (46) | id (32) | entry
 *     waiting   author (32) ‖ target (32) ‖ question digest (8)? → time (8)
 *
 * An act whose target has not come waits in `pending` and is applied at its own place when it does;
 * a redaction by a key that may not make it in `waiting`, until it may. What was erased stays so,
 * whatever becomes of that right: the bytes are gone.
 */
import type { Place } from "../lens/history.js";
import { authorVoice } from "../lens/voices.js";
import { bodyKinds, sourceClasses } from "../model/entry.js";
import { EntryFacts } from "./entry-facts.js";
import type { IdPlace } from "./id-rows.js";
import { OutcomeRows } from "./outcome-rows.js";
import { isEarlier, isSamePlace, PLACE_BYTES, placeAt, placeKey, wordless } from "./places.js";
import type { QuestionState } from "./question-state.js";
import {
  ACT,
  CLAIM,
  droppedRecord,
  type EntryWords,
  erasedRecord,
  movedRecord,
  noPlace,
  readClaim,
  readHead,
  recordKind,
  type WordPlace,
  writeAct,
  writeClaim,
} from "./records.js";
import { plain, RowReader, RowWriter, sameBytes } from "./row-bytes.js";
import type { ClaimEffect, ViewWriting } from "./view-writing.js";

const ID_BYTES = 32;
const ID_PREFIX_BYTES = 8;
const recordWriter = new RowWriter();
const pendingFacts = new EntryFacts();

export class ClaimWriter {
  private readonly writing: ViewWriting;
  private readonly effects: ClaimEffect[];
  private readonly outcomes: OutcomeRows;
  private hasPending: boolean;

  constructor(writing: ViewWriting, effects: ClaimEffect[]) {
    this.writing = writing;
    this.effects = effects;
    this.outcomes = new OutcomeRows(writing);
    this.hasPending = writing.transaction.count("pending") > 0;
  }

  assertion(entry: Uint8Array, facts: EntryFacts, id: Uint8Array, place: WordPlace): void {
    const { writing } = this;
    const { transaction, counters } = writing;
    const { pathStart, pathEnd, predicateStart, predicateEnd } = facts;
    const state = writing.openQuestion(entry, pathStart, pathEnd, predicateStart, predicateEnd);
    const known = this.ordinalOf(state, id);
    if (known !== undefined) {
      this.move(state, known, id, place);
      return;
    }
    if (counters.holeCount > 0 && writing.ids.find(id)?.kind === "erased") return;
    const words = this.wordsOf(entry, facts);
    recordWriter.clear();
    writeClaim(recordWriter, entry, facts, id, place, words);
    const ordinal = state.append(transaction, recordWriter.carved());
    if (state.claimCount === 0) counters.questionCount += 1;
    state.claimCount += 1;
    if (isEarlier(state.latest, place, writing.words)) state.latest = place;
    counters.assertionCount += 1;
    writing.touched.add(state);
    const { author, source } = words;
    const { sourceClass } = facts;
    const question = state.number;
    this.effects.push({ kind: "added", place, question, author, source, sourceClass });
    writing.addId(id, { kind: "record", number: question, ordinal });
    if (this.hasPending) this.settle(id);
  }

  /** Retractions, supersessions, votes, endorsements, trust outcomes, redactions. */
  act(entry: Uint8Array, facts: EntryFacts, id: Uint8Array, place: WordPlace): void {
    const { ids, words } = this.writing;
    const known = ids.find(id);
    if (known?.kind === "record") {
      const state = this.writing.questionOf(known.number);
      this.move(state, known.ordinal, id, place);
      return;
    }
    const at = wordless(place, words);
    if (known?.kind === "outcome") {
      this.outcomes.move(id, known.key, at);
      return;
    }
    const targetId = targetOf(entry, facts);
    const target = ids.find(targetId);
    if (facts.kind === bodyKinds.redaction) this.redact(entry, facts, targetId, target, id, place);
    else if (target === undefined || target.kind === "hole") this.postpone(targetId, entry, id, at);
    else if (target.kind === "record") this.attach(entry, facts, id, place, target);
  }

  /** An entry whose bytes are gone: a redaction of it may ask who signed it. */
  hole(id: Uint8Array, author: Uint8Array): void {
    const { ids, words, counters } = this.writing;
    if (ids.find(id) !== undefined) return;
    counters.holeCount += 1;
    ids.add(id, { kind: "hole", author: words.number(author) });
    if (this.hasPending) this.settle(id);
  }

  /** Redactions that waited for the right to make them. */
  rightsChanged(): void {
    const { transaction, counters } = this.writing;
    if (counters.root === undefined || transaction.count("waiting") === 0) return;
    for (const { key, value } of [...transaction.rows("waiting")]) {
      const author = plain(key.subarray(0, ID_BYTES));
      const targetId = plain(key.subarray(ID_BYTES, 2 * ID_BYTES));
      const target = this.writing.ids.find(targetId);
      if (target === undefined) continue;
      if (!this.mayErase(author, target, new RowReader(value).u64())) continue;
      transaction.delete("waiting", key);
      this.erase(targetId, target, plain(key.subarray(2 * ID_BYTES)));
    }
  }

  private attach(
    entry: Uint8Array,
    facts: EntryFacts,
    id: Uint8Array,
    place: WordPlace,
    target: Extract<IdPlace, { readonly kind: "record" }>,
  ): void {
    const { writing } = this;
    const { transaction } = writing;
    const state = writing.questionOf(target.number);
    const record = state.record(transaction, target.ordinal);
    if (recordKind(record) !== CLAIM) return;
    if (facts.kind === bodyKinds.trust_outcome) {
      const claim = readClaim(record, state.conceptPath, writing.words);
      this.outcomes.add(entry, id, wordless(place, writing.words), claim);
      return;
    }
    const pathBytes = state.key.indexOf(0);
    const isOwnPath = sameBytes(
      entry,
      facts.pathStart,
      facts.pathEnd,
      state.key.subarray(0, pathBytes),
    );
    const words = this.wordsOf(entry, facts);
    recordWriter.clear();
    writeAct(recordWriter, entry, facts, id, place, words, {
      ordinal: target.ordinal,
      isOwnPath,
    });
    const ordinal = state.append(transaction, recordWriter.carved());
    writing.touched.add(state);
    writing.addId(id, { kind: "record", number: state.number, ordinal });
  }

  private redact(
    entry: Uint8Array,
    facts: EntryFacts,
    targetId: Uint8Array,
    target: IdPlace | undefined,
    id: Uint8Array,
    place: WordPlace,
  ): void {
    const { writing } = this;
    const { transaction } = writing;
    if (target === undefined) {
      this.postpone(targetId, entry, id, wordless(place, writing.words));
      return;
    }
    const author = entry.slice(facts.authorStart, facts.authorStart + ID_BYTES);
    const { digestStart } = facts;
    const digest =
      digestStart < 0 ? new Uint8Array(0) : entry.slice(digestStart, digestStart + ID_PREFIX_BYTES);
    if (this.ownerOf(target) === undefined) return;
    if (this.mayErase(author, target, place.recorded)) {
      this.erase(targetId, target, digest);
      return;
    }
    const key = new Uint8Array(2 * ID_BYTES + digest.length);
    key.set(author);
    key.set(targetId, ID_BYTES);
    key.set(digest, 2 * ID_BYTES);
    const before = transaction.get("waiting", key);
    if (before !== undefined && new RowReader(before).u64() <= place.recorded) return;
    recordWriter.clear();
    recordWriter.u64(place.recorded);
    transaction.put("waiting", key, recordWriter.copy());
  }

  /** Who signed it, or an administrator; not with a key that was revoked by then. */
  private mayErase(author: Uint8Array, target: IdPlace, recorded: bigint): boolean {
    const { rights } = this.writing.world();
    const voice = authorVoice(author);
    const owner = this.ownerOf(target);
    if (owner !== undefined && sameBytes(owner, 0, owner.length, author)) {
      return rights.revocationOf(voice, recorded) === undefined;
    }
    return rights.isAdministrator(voice, recorded);
  }

  /** Who signed what may be erased. */
  private ownerOf(target: IdPlace): Uint8Array | undefined {
    const { writing } = this;
    if (target.kind === "hole" || target.kind === "erased") {
      return writing.words.bytes(target.author);
    }
    if (target.kind === "source") return writing.worldRows.sourceRecordAuthor(target.key);
    if (target.kind !== "record") return undefined;
    const state = writing.questionOf(target.number);
    const head = readHead(state.record(writing.transaction, target.ordinal));
    return head === undefined || head.kind === ACT ? undefined : writing.words.bytes(head.author);
  }

  private erase(targetId: Uint8Array, target: IdPlace, digest: Uint8Array): void {
    const { writing } = this;
    const { transaction } = writing;
    if (digest.length > 0) {
      const key = new Uint8Array(digest.length + ID_BYTES);
      key.set(digest);
      key.set(targetId, digest.length);
      transaction.put("redactions", key, new Uint8Array(0));
    }
    if (target.kind === "hole") {
      writing.ids.replace(targetId, { kind: "erased", author: target.author });
    }
    if (target.kind === "source") {
      const author = writing.worldRows.sourceRecordAuthor(target.key);
      if (author === undefined) return;
      const word = writing.words.number(author);
      writing.worldRows.removeSourceRecord(targetId, target.key, word);
    }
    if (target.kind !== "record") return;
    const state = writing.questionOf(target.number);
    const record = state.record(transaction, target.ordinal);
    if (recordKind(record) === CLAIM) this.eraseClaim(state, target.ordinal, record);
  }

  private eraseClaim(state: QuestionState, ordinal: number, record: Uint8Array): void {
    const { writing } = this;
    const { transaction, counters, words } = writing;
    const head = readHead(record);
    if (head === undefined) return;
    this.outcomes.removeOf(readClaim(record, state.conceptPath, words));
    state.replace(transaction, ordinal, erasedRecord(recordWriter, record));
    state.records(transaction).forEach((other, at) => {
      const said = readHead(other);
      if (said?.kind === ACT && said.link === ordinal) {
        state.replace(transaction, at, droppedRecord(other));
      }
    });
    state.latest = this.latestOf(state);
    state.claimCount -= 1;
    if (state.claimCount === 0) counters.questionCount -= 1;
    counters.assertionCount -= 1;
    writing.touched.add(state);
    const { place, author, link } = head;
    this.effects.push({ kind: "erased", place, author, source: link });
  }

  /** An id that stands already: the earlier of its places counts. */
  private move(state: QuestionState, ordinal: number, id: Uint8Array, place: WordPlace): void {
    const { writing } = this;
    const { transaction, words } = writing;
    const record = state.record(transaction, ordinal);
    const head = readHead(record);
    if (head === undefined || !isEarlier(place, head.place, words)) return;
    state.replace(transaction, ordinal, movedRecord(recordWriter, record, place));
    writing.touched.add(state);
    if (head.kind !== CLAIM) return;
    const moved = placeKey(wordless(head.place, words), id.subarray(0, ID_PREFIX_BYTES));
    transaction.put("moves", moved, new Uint8Array(0));
    if (isSamePlace(state.latest, head.place)) state.latest = this.latestOf(state);
    const { author, link } = head;
    const { sourceClass } = readClaim(record, state.conceptPath, words);
    this.effects.push({
      kind: "moved",
      place,
      before: [head.place],
      question: state.number,
      author,
      source: link,
      sourceClass: sourceClasses.indexOf(sourceClass),
    });
  }

  private latestOf(state: QuestionState): WordPlace {
    const { words, transaction } = this.writing;
    let latest = noPlace;
    for (const record of state.records(transaction)) {
      const head = readHead(record);
      if (head?.kind === CLAIM && isEarlier(latest, head.place, words)) latest = head.place;
    }
    return latest;
  }

  private ordinalOf(state: QuestionState, id: Uint8Array): number | undefined {
    if (state.isSmall) return state.ordinalAtHand(id);
    const known = this.writing.ids.find(id);
    return known?.kind === "record" ? known.ordinal : undefined;
  }

  private postpone(target: Uint8Array, entry: Uint8Array, id: Uint8Array, place: Place): void {
    const { transaction } = this.writing;
    const key = new Uint8Array(ID_BYTES + ID_PREFIX_BYTES);
    key.set(target);
    key.set(id.subarray(0, ID_PREFIX_BYTES), ID_BYTES);
    const at = placeKey(place);
    const before = transaction.get("pending", key);
    if (before !== undefined && Buffer.compare(before.subarray(0, PLACE_BYTES), at) <= 0) return;
    recordWriter.clear();
    recordWriter.bytes(at);
    recordWriter.bytes(id);
    recordWriter.bytes(entry);
    transaction.put("pending", key, recordWriter.copy());
    this.hasPending = true;
  }

  /** Applies the acts that waited for an entry. */
  private settle(target: Uint8Array): void {
    const { transaction, words } = this.writing;
    const rows = [...transaction.rows("pending", { prefix: target })];
    for (const { key, value } of rows) {
      transaction.delete("pending", key);
      const { recorded, logId, index } = placeAt(value, 0);
      const id = new Uint8Array(value.subarray(PLACE_BYTES, PLACE_BYTES + ID_BYTES));
      const entry = plain(value.subarray(PLACE_BYTES + ID_BYTES));
      const author = entry.subarray(2, 2 + ID_BYTES);
      if (!pendingFacts.read(entry, author)) continue;
      this.act(entry, pendingFacts, id, { recorded, log: words.number(logId), index });
    }
  }

  private wordsOf(entry: Uint8Array, facts: EntryFacts): EntryWords {
    const { words } = this.writing;
    const { authorStart, onBehalfOfStart, onBehalfOfEnd, epochStart, epochEnd } = facts;
    const isClaim = facts.kind === bodyKinds.assertion;
    return {
      author: words.number(entry, authorStart, authorStart + ID_BYTES),
      source: isClaim ? words.number(entry, facts.sourceStart, facts.sourceEnd) : -1,
      onBehalfOf: onBehalfOfStart < 0 ? -1 : words.number(entry, onBehalfOfStart, onBehalfOfEnd),
      epoch: isClaim && epochStart >= 0 ? words.number(entry, epochStart, epochEnd) : -1,
    };
  }
}

const targetOf = (entry: Uint8Array, facts: EntryFacts): Uint8Array =>
  entry.slice(facts.targetStart, facts.targetStart + ID_BYTES);
