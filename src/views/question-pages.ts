/** Records of a question, decoded: on the thread that read them, or on another one from copies. */

import { assert } from "../invariant/assert.js";
import { comparePlaces } from "../lens/cut.js";
import type { Act, Candidate } from "../lens/history.js";
import { readQuestionHead, recordsOf } from "./question-row.js";
import { ACT, CLAIM, ERASED, readAct, readClaim, recordId, recordKind } from "./records.js";
import { damagedRow, RowReader, RowWriter } from "./row-bytes.js";
import type { Words } from "./words.js";

export interface QuestionRecords {
  readonly candidates: readonly Candidate[];
  readonly acts: readonly Act[];
  /** Of each candidate. */
  readonly ordinals: readonly number[];
}

/** Decodes records that stand in the order of their arrival. */
export function decodeRecords(
  records: readonly Uint8Array[],
  conceptPath: string,
  words: Words,
): QuestionRecords {
  const candidates: Candidate[] = [];
  const ordinals: number[] = [];
  const acts: Act[] = [];
  const idOf = (ordinal: number): Uint8Array => {
    const record = records[ordinal];
    if (record === undefined) throw damagedRow();
    return recordId(record);
  };
  for (let ordinal = 0; ordinal < records.length; ordinal++) {
    const record = records[ordinal] as Uint8Array;
    const kind = recordKind(record);
    if (kind === CLAIM) {
      candidates.push(readClaim(record, conceptPath, words));
      ordinals.push(ordinal);
    } else if (kind === ACT) acts.push(readAct(record, conceptPath, words, idOf));
  }
  if (!isInOrder(acts)) acts.sort(comparePlaces);
  if (isInOrder(candidates)) return { candidates, acts, ordinals };
  const order = candidates.map((_, place) => place);
  const at = (place: number): Candidate => candidates[place] as Candidate;
  order.sort((left, right) => comparePlaces(at(left), at(right)));
  return {
    candidates: order.map(at),
    acts,
    ordinals: order.map((place) => ordinals[place] as number),
  };
}

function isInOrder(said: readonly (Candidate | Act)[]): boolean {
  for (let i = 1; i < said.length; i++) {
    if (comparePlaces(said[i - 1] as Candidate, said[i] as Candidate) > 0) return false;
  }
  return true;
}

/**
 * Copies for another thread: the words that the records name, then the head row and the pages.
 *
 *     words   concept path, sized | each: number | word, sized
 */
export function copyPages(
  conceptPath: string,
  rows: readonly Uint8Array[],
  words: Words,
): Uint8Array[] {
  const writer = new RowWriter();
  writer.text(conceptPath);
  const seen = new Set<number>();
  const collecting: Words = {
    bytes(number) {
      if (!seen.has(number)) {
        seen.add(number);
        writer.varint(number);
        writer.sized(words.bytes(number));
      }
      return nothing;
    },
    text(number) {
      collecting.bytes(number);
      return "";
    },
  };
  for (const record of recordsOfRows(rows)) {
    const kind = recordKind(record);
    if (kind === CLAIM) readClaim(record, "", collecting);
    if (kind === ACT) readAct(record, "", collecting, () => nothing);
  }
  return [writer.copy(), ...rows.map((row) => new Uint8Array(row))];
}

const nothing = new Uint8Array(0);

/** All records of a question, out of its head row and its pages. */
export function recordsOfRows(rows: readonly Uint8Array[]): Uint8Array[] {
  const [head, ...pages] = rows;
  if (head === undefined) throw damagedRow();
  const reader = new RowReader(head);
  const { recordCount } = readQuestionHead(reader);
  const records = recordsOf(head, reader.at);
  for (const page of pages) for (const record of recordsOf(page)) records.push(record);
  if (records.length !== recordCount) throw damagedRow();
  return records;
}

/** What `StoredQuestion.pages` copied, decoded: each list in canonical order. */
export function decodeQuestion(pages: readonly Uint8Array[]): {
  readonly candidates: readonly Candidate[];
  readonly acts: readonly Act[];
} {
  const [first, ...rows] = pages;
  assert(first !== undefined, "a question was copied with its words");
  const reader = new RowReader(first);
  const conceptPath = reader.text();
  const words = new Map<number, Uint8Array>();
  while (!reader.isAtEnd) words.set(reader.varint(), reader.sized());
  const texts = new Map<number, string>();
  const bytes = (number: number): Uint8Array => {
    const word = words.get(number);
    if (word === undefined) throw damagedRow();
    return word;
  };
  const text = (number: number): string => {
    const known = texts.get(number);
    if (known !== undefined) return known;
    const made = Buffer.from(bytes(number)).toString("utf8");
    texts.set(number, made);
    return made;
  };
  const { candidates, acts } = decodeRecords(recordsOfRows(rows), conceptPath, { bytes, text });
  return { candidates, acts };
}

/** Whether a record still stands for a claim or has stood for one. */
export const isClaimRecord = (record: Uint8Array): boolean =>
  recordKind(record) === CLAIM || recordKind(record) === ERASED;
