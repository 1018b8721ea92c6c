/** A question as a snapshot has it: its head at once, its pages when they are asked for. */
import type { Act, Candidate } from "../lens/history.js";
import type { Ruling } from "../lens/ruling.js";
import type { LmdbReader } from "../lmdb/lmdb-transaction.js";
import { copyPiece } from "./question-copy.js";
import { behindQuestion, ordinalOfRow, questionOfKey, rowKey } from "./question-key.js";
import { decodeRecords, recordsOfRows } from "./question-pages.js";
import { type QuestionHead, readQuestionHead, recordsOf } from "./question-row.js";
import { CLAIM, readClaim, recordKind, type WordPlace } from "./records.js";
import { damagedRow, RowReader } from "./row-bytes.js";
import { decodeRuling } from "./ruling-rows.js";
import type { MaterialisedLens, QuestionPiece, StoredQuestion } from "./view-types.js";
import type { Words } from "./words.js";

/** What a question asks of its snapshot. */
export interface QuestionContext {
  readonly transaction: LmdbReader;
  readonly words: Words;
  readonly worldStamp: number;
  readonly trustStamp: number;
  redactedCount(conceptPath: string, predicate: string): number;
}

export class QuestionView implements StoredQuestion {
  readonly key: Uint8Array;
  readonly conceptPath: string;
  readonly predicate: string;
  private readonly context: QuestionContext;
  private readonly headRow: Uint8Array;
  private readonly head: QuestionHead;
  private readonly recordsAt: number;

  constructor(context: QuestionContext, key: Uint8Array, headRow: Uint8Array) {
    const { conceptPath, predicate } = questionOfKey(key);
    const reader = new RowReader(headRow);
    this.key = key;
    this.conceptPath = conceptPath;
    this.predicate = predicate;
    this.context = context;
    this.headRow = headRow;
    this.head = readQuestionHead(reader);
    this.recordsAt = reader.at;
  }

  get claimCount(): number {
    return this.head.claimCount;
  }

  get conflictMillionths(): number {
    return this.head.conflictMillionths;
  }

  get valueCount(): number {
    return this.head.valueCount;
  }

  get latest(): bigint {
    return this.head.latest.recorded;
  }

  /** Where its newest claim stands. */
  get latestPlace(): WordPlace {
    return this.head.latest;
  }

  /** Only its head has records. */
  get isOnePage(): boolean {
    return this.head.lastPage === 0;
  }

  records(): { readonly candidates: readonly Candidate[]; readonly acts: readonly Act[] } {
    const records = recordsOfRows(this.rows());
    const { candidates, acts } = decodeRecords(records, this.conceptPath, this.context.words);
    return { candidates, acts };
  }

  ruling(lens: MaterialisedLens, at: { readonly evaluatedAtMs: number }): Ruling | undefined {
    const { ruled, recordCount } = this.head;
    if (ruled === undefined || ruled.records !== recordCount) return undefined;
    const { worldStamp, trustStamp } = this.context;
    if (ruled.worldStamp !== worldStamp) return undefined;
    if (lens === "authority" && ruled.trustStamp !== trustStamp) return undefined;
    if (at.evaluatedAtMs < ruled.fromMs || at.evaluatedAtMs >= ruled.untilMs) return undefined;
    const redacted = this.context.redactedCount(this.conceptPath, this.predicate);
    return decodeRuling(ruled.rulings, lens, redacted);
  }

  claim(ordinal: number): Candidate {
    const record = this.recordAt(ordinal);
    if (record === undefined || recordKind(record) !== CLAIM) throw damagedRow();
    return readClaim(record, this.conceptPath, this.context.words);
  }

  piece(from: number, rowsMax: number): QuestionPiece {
    const { key, conceptPath } = this;
    const { transaction, words } = this.context;
    return copyPiece({ transaction, words, key, conceptPath }, from, rowsMax);
  }

  private recordAt(ordinal: number): Uint8Array | undefined {
    const inHead = recordsOf(this.headRow, this.recordsAt);
    if (this.isOnePage || ordinal < inHead.length) return inHead[ordinal];
    const range = { start: this.key, end: rowKey(this.key, ordinal + 1), isBackward: true };
    for (const { key, value } of this.context.transaction.rows("questions", range)) {
      const first = ordinalOfRow(key);
      return recordsOf(value)[ordinal - first];
    }
    return undefined;
  }

  private rows(): readonly Uint8Array[] {
    if (this.isOnePage) return [this.headRow];
    const range = { start: rowKey(this.key, 1), end: behindQuestion(this.key) };
    const pages = [...this.context.transaction.rows("questions", range)];
    return [this.headRow, ...pages.map(({ value }) => value)];
  }
}
