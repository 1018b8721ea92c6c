/** Records of a question, decoded: on the thread that read them, or on another one from copies. */

import { comparePlaces } from "../lens/cut.js";
import type { Act, Candidate } from "../lens/history.js";
import { readQuestionHead, recordsOf } from "./question-row.js";
import { ACT, CLAIM, readAct, readClaim, recordId, recordKind } from "./records.js";
import { damagedRow, RowReader } from "./row-bytes.js";
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
