/**
 * A question as a write transaction holds it: read once, changed in memory, put once.
 *
 * Pages are loaded as they are needed: a new claim of a large question touches its head and its
 * last page.
 */
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { behindQuestion, ordinalOfRow, questionOfKey, rowKey } from "./question-key.js";
import {
  pageBytesMax,
  type QuestionHead,
  type Ruled,
  readQuestionHead,
  recordsOf,
  writeQuestionHead,
} from "./question-row.js";
import { hasId, noPlace, type WordPlace } from "./records.js";
import { damagedRow, RowReader, RowWriter } from "./row-bytes.js";

interface RecordPage {
  readonly first: number;
  readonly records: Uint8Array[];
  bytes: number;
  isChanged: boolean;
}

const writer = new RowWriter();
const lengthBytes = 2;

const bytesOf = (records: readonly Uint8Array[]): number => {
  let bytes = 0;
  for (const record of records) bytes += record.length + lengthBytes;
  return bytes;
};

export class QuestionState {
  readonly key: Uint8Array;
  readonly number: number;
  recordCount: number;
  claimCount: number;
  latest: WordPlace;
  conflictMillionths: number;
  valueCount: number;
  ruled: Ruled | undefined;
  /** Claims and acts that came in this transaction. */
  addedCount = 0;
  isChanged = false;
  private lastPage: number;
  private lastAtHand: RecordPage | undefined;
  private readonly pages: RecordPage[];
  private isLoaded: boolean;
  private names: { conceptPath: string; predicate: string } | undefined = undefined;

  private constructor(key: Uint8Array, head: QuestionHead, page: RecordPage) {
    this.key = key;
    this.number = head.number;
    this.recordCount = head.recordCount;
    this.claimCount = head.claimCount;
    this.latest = head.latest;
    this.conflictMillionths = head.conflictMillionths;
    this.valueCount = head.valueCount;
    this.ruled = head.ruled;
    this.lastPage = head.lastPage;
    this.pages = [page];
    this.isLoaded = head.lastPage === 0;
    this.lastAtHand = head.lastPage === 0 ? page : undefined;
  }

  static make(key: Uint8Array, number: number): QuestionState {
    const head = {
      number,
      recordCount: 0,
      claimCount: 0,
      lastPage: 0,
      latest: noPlace,
      conflictMillionths: 0,
      valueCount: 0,
      ruled: undefined,
    };
    return new QuestionState(key, head, { first: 0, records: [], bytes: 0, isChanged: true });
  }

  static load(transaction: LmdbReader, key: Uint8Array): QuestionState | undefined {
    const row = transaction.get("questions", rowKey(key, 0));
    if (row === undefined) return undefined;
    const reader = new RowReader(row);
    const head = readQuestionHead(reader);
    const records = recordsOf(row, reader.at);
    const page = { first: 0, records, bytes: bytesOf(records), isChanged: false };
    return new QuestionState(key, head, page);
  }

  get conceptPath(): string {
    this.names ??= questionOfKey(this.key);
    return this.names.conceptPath;
  }

  get predicate(): string {
    this.names ??= questionOfKey(this.key);
    return this.names.predicate;
  }

  /** All its records are at hand and few. */
  get isSmall(): boolean {
    return this.isLoaded && this.pages.length === 1;
  }

  /** The ordinal of the record of an id, among the records at hand. */
  ordinalAtHand(id: Uint8Array): number | undefined {
    for (const { first, records } of this.pages) {
      for (let i = 0; i < records.length; i++) {
        if (hasId(records[i] as Uint8Array, id)) return first + i;
      }
    }
    return undefined;
  }

  append(transaction: LmdbReader, record: Uint8Array): number {
    let page = this.lastAtHand ?? this.pageOf(transaction, this.lastPage);
    this.lastAtHand = page;
    if (page.bytes >= pageBytesMax) {
      page = { first: this.recordCount, records: [], bytes: 0, isChanged: true };
      this.lastPage = page.first;
      this.lastAtHand = page;
      this.pages.push(page);
    }
    page.records.push(record);
    page.bytes += record.length + lengthBytes;
    page.isChanged = true;
    this.isChanged = true;
    this.addedCount += 1;
    return this.recordCount++;
  }

  record(transaction: LmdbReader, ordinal: number): Uint8Array {
    const page = this.pageOf(transaction, ordinal);
    const record = page.records[ordinal - page.first];
    if (record === undefined) throw damagedRow();
    return record;
  }

  /** Whatever was ruled before does not hold any more. */
  replace(transaction: LmdbReader, ordinal: number, record: Uint8Array): void {
    const page = this.pageOf(transaction, ordinal);
    page.records[ordinal - page.first] = record;
    page.isChanged = true;
    this.isChanged = true;
    this.ruled = undefined;
  }

  /** All records in the order of their ordinals. */
  records(transaction: LmdbReader): readonly Uint8Array[] {
    if (!this.isLoaded) this.loadAll(transaction);
    const [only] = this.pages;
    if (only !== undefined && this.pages.length === 1) return only.records;
    this.pages.sort((left, right) => left.first - right.first);
    return this.pages.flatMap(({ records }) => records);
  }

  /** Puts the rows that changed. */
  put(transaction: LmdbWriter): void {
    if (!this.isChanged) return;
    for (const page of this.pages) {
      if (page.first !== 0 && !page.isChanged) continue;
      writer.clear();
      if (page.first === 0) writeQuestionHead(writer, this.head());
      for (const record of page.records) writer.sized(record);
      transaction.put("questions", rowKey(this.key, page.first), writer.view());
    }
  }

  private head(): QuestionHead {
    const { number, recordCount, claimCount, lastPage, latest, ruled } = this;
    const { conflictMillionths, valueCount } = this;
    const facts = { latest, conflictMillionths, valueCount, ruled };
    return { number, recordCount, claimCount, lastPage, ...facts };
  }

  private pageOf(transaction: LmdbReader, ordinal: number): RecordPage {
    for (const page of this.pages) {
      const { first, records } = page;
      if (ordinal >= first && ordinal < first + records.length) return page;
      if (first === this.lastPage && ordinal === first) return page;
    }
    const range = { start: this.key, end: rowKey(this.key, ordinal + 1), isBackward: true };
    for (const { key, value } of transaction.rows("questions", range)) {
      return this.keep(ordinalOfRow(key), value);
    }
    throw damagedRow();
  }

  private keep(first: number, row: Uint8Array): RecordPage {
    const records = recordsOf(row);
    const page = { first, records, bytes: bytesOf(records), isChanged: false };
    this.pages.push(page);
    return page;
  }

  private loadAll(transaction: LmdbReader): void {
    const known = new Set(this.pages.map(({ first }) => first));
    const range = { start: rowKey(this.key, 1), end: behindQuestion(this.key) };
    for (const { key, value } of transaction.rows("questions", range)) {
      const first = ordinalOfRow(key);
      if (!known.has(first)) this.keep(first, value);
    }
    this.isLoaded = true;
  }
}
