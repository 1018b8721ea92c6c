/**
 * Copies of a question for another thread, piece by piece: a question of 100,000 claims is copied
 * in many short reads, and what arrives is decoded elsewhere.
 *
 *     piece   concept path, sized | how many words | each: number | word, sized
 *             | each row: sized                       the head is the first row of the first piece
 *
 * A piece is one buffer, so that it is handed over and not copied again. It brings the words that
 * its records name. Numbers of words hold within one generation: pieces that give one number to two
 * words are of two generations, and no copy.
 */
import type { Act, Candidate } from "../lens/history.js";
import type { LmdbReader } from "../lmdb/lmdb-transaction.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { behindQuestion, ordinalOfRow, rowKey } from "./question-key.js";
import { decodeRecords } from "./question-pages.js";
import { readQuestionHead, recordsOf } from "./question-row.js";
import { wordsOfRecord } from "./records.js";
import { bufferOf, damagedRow, RowReader, RowWriter } from "./row-bytes.js";
import type { QuestionPiece } from "./view-types.js";
import type { Words } from "./words.js";

/** What copies are made from. */
export interface CopiedFrom {
  readonly transaction: LmdbReader;
  readonly words: Words;
  readonly key: Uint8Array;
  readonly conceptPath: string;
}

/** Copies the row that begins with record `from`, and those behind it: `rowsMax` in all. */
export function copyPiece(question: CopiedFrom, from: number, rowsMax: number): QuestionPiece {
  const { transaction, words, key } = question;
  const range = { start: rowKey(key, from), end: behindQuestion(key) };
  const rows: Uint8Array[] = [];
  const numbers = new Set<number>();
  let next: number | undefined;
  for (const row of transaction.rows("questions", range)) {
    if (rows.length === rowsMax) {
      next = ordinalOfRow(row.key);
      break;
    }
    rows.push(row.value);
    for (const record of recordsIn(row.value, ordinalOfRow(row.key))) {
      wordsOfRecord(record, (number) => numbers.add(number));
    }
  }
  const writer = new RowWriter(64 * 1024);
  writer.text(question.conceptPath);
  writer.varint(numbers.size);
  for (const number of numbers) {
    writer.varint(number);
    writer.sized(words.bytes(number));
  }
  for (const row of rows) writer.sized(row);
  const bytes = writer.copy();
  return next === undefined ? { bytes } : { bytes, next };
}

function recordsIn(row: Uint8Array, ordinal: number): Uint8Array[] {
  if (ordinal > 0) return recordsOf(row);
  const reader = new RowReader(row);
  readQuestionHead(reader);
  return recordsOf(row, reader.at);
}

/** What pieces of one question hold, each list in canonical order. */
export function decodePieces(pieces: readonly Uint8Array[]): {
  readonly candidates: readonly Candidate[];
  readonly acts: readonly Act[];
} {
  const words = new PieceWords();
  const rows: Uint8Array[] = [];
  let conceptPath = "";
  for (const piece of pieces) {
    const reader = new RowReader(piece);
    conceptPath = reader.text();
    for (let count = reader.varint(); count > 0; count--)
      words.add(reader.varint(), reader.sized());
    while (!reader.isAtEnd) rows.push(reader.sized());
  }
  const { candidates, acts } = decodeRecords(recordsOfCopies(rows), conceptPath, words);
  return { candidates, acts };
}

/** As many records as the head names: what came between pieces is of a later moment. */
function recordsOfCopies(rows: readonly Uint8Array[]): Uint8Array[] {
  const [head, ...pages] = rows;
  if (head === undefined) throw damagedRow();
  const reader = new RowReader(head);
  const { recordCount } = readQuestionHead(reader);
  const records = recordsOf(head, reader.at);
  for (const page of pages) for (const record of recordsOf(page)) records.push(record);
  if (records.length < recordCount) throw damagedRow();
  records.length = recordCount;
  return records;
}

class PieceWords implements Words {
  readonly #words = new Map<number, Uint8Array>();
  readonly #texts = new Map<number, string>();

  add(number: number, word: Uint8Array): void {
    const known = this.#words.get(number);
    if (known === undefined) this.#words.set(number, word);
    else if (!bytesEqual(known, word)) throw swapped();
  }

  bytes(number: number): Uint8Array {
    const word = this.#words.get(number);
    if (word === undefined) throw damagedRow();
    return word;
  }

  text(number: number): string {
    const known = this.#texts.get(number);
    if (known !== undefined) return known;
    const text = bufferOf(this.bytes(number)).toString("utf8");
    this.#texts.set(number, text);
    return text;
  }
}

const swapped = (): Fault =>
  new Fault("VIEWS_UNAVAILABLE", "the views were built anew meanwhile; ask again");
