/**
 * Records of a question: its claims and the acts upon them, in the order of their arrival.
 *
 *     record      length | flags (1) | id (32) | recorded (8) | log | index | author | …
 *     claim     … | source | class and lifecycle (1) | confidence | asserted | value, sized
 *                 | on behalf of? | valid from? | valid until? | epoch? | parent (32)?
 *     act       … | ordinal of its target | on behalf of? | path, sized? | weight?
 *               | replacement (32)?
 *     erased    … | source                a claim that was redacted: keeps its id from coming back
 *     dropped                             an act upon an erased claim; nothing behind the id
 *
 *     flags     bits 0..1  0 claim, 1 erased, 2 act, 3 dropped
 *               claim      bit 2 denies, 3 on behalf of, 4 valid from, 5 until, 6 epoch, 7 parent
 *               act        bits 2..3 its kind, 4 on behalf of, 5 path differs from the target's
 *
 * Log, author, source, on behalf of whom and epoch are words; lengths, words, indexes and ordinals
 * varints. A record is replaced as a whole, and never moves to another ordinal.
 */
import type { Act, Candidate } from "../lens/history.js";
import { lifecycles, polarities, sourceClasses } from "../model/entry.js";
import type { EntryFacts } from "./entry-facts.js";
import { damagedRow, mapKey, RowReader, type RowWriter } from "./row-bytes.js";
import { keyedValue } from "./value-bytes.js";
import type { Words } from "./words.js";

export const CLAIM = 0;
export const ERASED = 1;
export const ACT = 2;
const DROPPED = 3;
const KIND_MASK = 3;
const ID_AT = 1;
const ID_BYTES = 32;

const actKinds = ["retraction", "supersession", "vote", "endorsement"] as const;

/** Before every other. */
export const noPlace: WordPlace = { recorded: 0n, log: 0, index: 0 };

/** Where an entry stands, its log as a word. */
export interface WordPlace {
  readonly recorded: bigint;
  readonly log: number;
  readonly index: number;
}

/** Words of an entry, as far as it has them. */
export interface EntryWords {
  readonly author: number;
  readonly source: number;
  readonly onBehalfOf: number;
  readonly epoch: number;
}

function begin(writer: RowWriter, flags: number, id: Uint8Array): void {
  writer.byte(flags);
  writer.bytes(id);
}

export function writePlace(writer: RowWriter, place: WordPlace): void {
  writer.u64(place.recorded);
  writer.varint(place.log);
  writer.varint(place.index);
}

export function writeClaim(
  writer: RowWriter,
  entry: Uint8Array,
  facts: EntryFacts,
  id: Uint8Array,
  place: WordPlace,
  words: EntryWords,
): void {
  let flags = CLAIM;
  if (facts.polarity === 1) flags |= 4;
  if (facts.onBehalfOfStart >= 0) flags |= 8;
  if (facts.validFromMs !== undefined) flags |= 16;
  if (facts.validUntilMs !== undefined) flags |= 32;
  if (facts.epochStart >= 0) flags |= 64;
  if (facts.parentStart >= 0) flags |= 128;
  begin(writer, flags, id);
  writePlace(writer, place);
  writer.varint(words.author);
  writer.varint(words.source);
  writer.byte(facts.sourceClass * 8 + facts.lifecycle);
  writer.varint(facts.confidenceMillionths);
  writer.signed(facts.assertedMs);
  writer.sized(entry, facts.valueStart, facts.valueEnd);
  if (facts.onBehalfOfStart >= 0) writer.varint(words.onBehalfOf);
  if (facts.validFromMs !== undefined) writer.signed(facts.validFromMs);
  if (facts.validUntilMs !== undefined) writer.signed(facts.validUntilMs);
  if (facts.epochStart >= 0) writer.varint(words.epoch);
  const { parentStart } = facts;
  if (parentStart >= 0) writer.bytes(entry, parentStart, parentStart + ID_BYTES);
}

export interface ActTarget {
  readonly ordinal: number;
  /** The act names its target's path. */
  readonly isOwnPath: boolean;
}

export function writeAct(
  writer: RowWriter,
  entry: Uint8Array,
  facts: EntryFacts,
  id: Uint8Array,
  place: WordPlace,
  words: EntryWords,
  target: ActTarget,
): void {
  const kind = facts.kind - 11;
  let flags = ACT | (kind << 2);
  if (facts.onBehalfOfStart >= 0) flags |= 16;
  if (!target.isOwnPath) flags |= 32;
  begin(writer, flags, id);
  writePlace(writer, place);
  writer.varint(words.author);
  writer.varint(target.ordinal);
  if (facts.onBehalfOfStart >= 0) writer.varint(words.onBehalfOf);
  if (!target.isOwnPath) writer.sized(entry, facts.pathStart, facts.pathEnd);
  if (kind === 2) writer.signed(facts.weightMillionths);
  const { replacementStart } = facts;
  if (kind === 1) writer.bytes(entry, replacementStart, replacementStart + ID_BYTES);
}

/** What any record says first. */
export interface RecordHead {
  readonly kind: number;
  readonly place: WordPlace;
  readonly author: number;
  /** Of a claim, erased or not: its source. Of an act: the ordinal of its target. */
  readonly link: number;
}

export const recordKind = (record: Uint8Array): number => (record[0] ?? 0) & KIND_MASK;

export const recordId = (record: Uint8Array): Uint8Array =>
  record.subarray(ID_AT, ID_AT + ID_BYTES);

/** Whether a record is the one of an id. */
export function hasId(record: Uint8Array, id: Uint8Array): boolean {
  for (let i = 0; i < ID_BYTES; i++) if (record[ID_AT + i] !== id[i]) return false;
  return true;
}

export function readHead(record: Uint8Array): RecordHead | undefined {
  const kind = recordKind(record);
  if (kind === DROPPED) return undefined;
  const reader = new RowReader(record, ID_AT + ID_BYTES);
  const place = readPlace(reader);
  return { kind, place, author: reader.varint(), link: reader.varint() };
}

export function readPlace(reader: RowReader): WordPlace {
  return { recorded: reader.u64(), log: reader.varint(), index: reader.varint() };
}

/** The same record at another place. */
export function movedRecord(writer: RowWriter, record: Uint8Array, place: WordPlace): Uint8Array {
  const reader = new RowReader(record, ID_AT + ID_BYTES);
  readPlace(reader);
  writer.clear();
  writer.bytes(record, 0, ID_AT + ID_BYTES);
  writePlace(writer, place);
  writer.bytes(record, reader.at);
  return writer.copy();
}

/** What stays of a claim that was erased. */
export function erasedRecord(writer: RowWriter, record: Uint8Array): Uint8Array {
  const head = readHead(record);
  if (head === undefined) throw damagedRow();
  writer.clear();
  begin(writer, ERASED, recordId(record));
  writePlace(writer, head.place);
  writer.varint(head.author);
  writer.varint(head.link);
  return writer.copy();
}

/** What stays of an act upon a claim that was erased. */
export function droppedRecord(record: Uint8Array): Uint8Array {
  const dropped = new Uint8Array(ID_AT + ID_BYTES);
  dropped.set(record.subarray(0, ID_AT + ID_BYTES));
  dropped[0] = DROPPED;
  return dropped;
}

export function readClaim(record: Uint8Array, conceptPath: string, words: Words): Candidate {
  const flags = record[0] as number;
  const reader = new RowReader(record, ID_AT + ID_BYTES);
  const recorded = reader.u64();
  const logId = words.bytes(reader.varint());
  const index = reader.varint();
  const author = words.bytes(reader.varint());
  const sourceId = words.text(reader.varint());
  const classAndLifecycle = reader.byte();
  const sourceClass = sourceClasses[classAndLifecycle >> 3];
  const lifecycle = lifecycles[classAndLifecycle & 7];
  const polarity = polarities[(flags >> 2) & 1];
  if (sourceClass === undefined || lifecycle === undefined || polarity === undefined) {
    throw damagedRow();
  }
  const confidenceMillionths = reader.varint();
  const assertedMs = reader.signed();
  const { value, valueKey } = keyedValue(reader.sized());
  const claim = {
    id: recordId(record),
    recorded,
    logId,
    index,
    author,
    conceptPath,
    value,
    valueKey,
    polarity,
    confidenceMillionths,
    sourceId,
    sourceClass,
    assertedMs,
    lifecycle,
  };
  if ((flags & 0xf8) === 0) return claim;
  return {
    ...claim,
    ...((flags & 8) === 0 ? {} : { onBehalfOf: words.text(reader.varint()) }),
    ...((flags & 16) === 0 ? {} : { validFromMs: reader.signed() }),
    ...((flags & 32) === 0 ? {} : { validUntilMs: reader.signed() }),
    ...((flags & 64) === 0 ? {} : { epoch: words.text(reader.varint()) }),
    ...((flags & 128) === 0 ? {} : { parent: reader.view(ID_BYTES) }),
  };
}

/** Numbers of the words that a record names: a claim's or an act's. */
export function wordsOfRecord(record: Uint8Array, see: (word: number) => void): void {
  const kind = recordKind(record);
  if (kind !== CLAIM && kind !== ACT) return;
  const flags = record[0] as number;
  const reader = new RowReader(record, ID_AT + ID_BYTES + 8);
  see(reader.varint());
  reader.varint();
  see(reader.varint());
  if (kind === ACT) {
    reader.varint();
    if ((flags & 16) !== 0) see(reader.varint());
    return;
  }
  see(reader.varint());
  if ((flags & (8 | 64)) === 0) return;
  reader.byte();
  reader.varint();
  reader.signed();
  reader.sized();
  if ((flags & 8) !== 0) see(reader.varint());
  if ((flags & 16) !== 0) reader.signed();
  if ((flags & 32) !== 0) reader.signed();
  if ((flags & 64) !== 0) see(reader.varint());
}

/** `idOf`: the id of the claim at an ordinal. */
export function readAct(
  record: Uint8Array,
  conceptPath: string,
  words: Words,
  idOf: (ordinal: number) => Uint8Array,
): Act {
  const flags = record[0] as number;
  const reader = new RowReader(record, ID_AT + ID_BYTES);
  const recorded = reader.u64();
  const logId = words.bytes(reader.varint());
  const index = reader.varint();
  const author = words.bytes(reader.varint());
  const target = idOf(reader.varint());
  const kind = actKinds[(flags >> 2) & 3] ?? "vote";
  const onBehalfOf = (flags & 16) === 0 ? {} : { onBehalfOf: words.text(reader.varint()) };
  const path = (flags & 32) === 0 ? conceptPath : reader.text();
  const weightMillionths =
    kind === "vote" ? reader.signed() : kind === "endorsement" ? 1_000_000 : 0;
  const replacement = kind === "supersession" ? { replacement: reader.view(ID_BYTES) } : {};
  const id = recordId(record);
  const said = { id, recorded, logId, index, author, ...onBehalfOf };
  return { ...said, kind, target, path, weightMillionths, ...replacement };
}

const HAS_INTERVAL_OR_PARENT = 16 | 32 | 128;

/**
 * All that a claim says apart from its id, its place, its value and when it was asserted, as the
 * key of a map; `undefined` where it is no claim, holds for an interval, or names a parent, which
 * nobody else does.
 */
export function singleClaimKey(record: Uint8Array): string | undefined {
  const flags = record[0] as number;
  if ((flags & KIND_MASK) !== CLAIM || (flags & HAS_INTERVAL_OR_PARENT) !== 0) return undefined;
  const reader = new RowReader(record, ID_AT + ID_BYTES + 8);
  reader.varint();
  reader.varint();
  const start = reader.at;
  reader.varint();
  reader.varint();
  reader.byte();
  reader.varint();
  const end = reader.at;
  reader.signed();
  const valueBytes = reader.varint();
  reader.at += valueBytes;
  return `${flags}/${mapKey(record, start, end)}/${mapKey(record, reader.at)}`;
}
