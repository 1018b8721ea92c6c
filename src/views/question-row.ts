/**
 * The rows of a question: a head with the first page of records, and further pages.
 *
 *     head row     question ‖ 0:  head | records 0, 1, 2 …        up to about 1.5 KiB of records
 *     page row     question ‖ n:  records n, n + 1 …              the same
 *
 *     head         flags (1) | number | records | claims | first ordinal of the last page
 *                  | newest claim: time (8) | log | index   | conflict | values
 *                  | ruled: records | world stamp | trust stamp | from? | until? | rulings, sized
 *
 *     flags        bit 0 ruled, 1 valid from a moment on, 2 until one
 *
 * - Records are appended to the last page alone, so a claim costs the same in a question of any
 *   size: its head and its last page are written.
 * - Rulings were computed of exactly `ruled.records` records, under the stamps. Whatever changes a
 *   record that stands takes them away.
 */
import { readPlace, type WordPlace, writePlace } from "./records.js";
import { RowReader, type RowWriter } from "./row-bytes.js";

/** A page that has as many bytes takes no further record. */
export const pageBytesMax = 1_400;

export interface Ruled {
  readonly records: number;
  readonly worldStamp: number;
  readonly trustStamp: number;
  /** Rulings hold where this ≤ the moment of evaluation < `untilMs`. */
  readonly fromMs: number;
  readonly untilMs: number;
  readonly rulings: Uint8Array;
}

export interface QuestionHead {
  readonly number: number;
  readonly recordCount: number;
  /** Erased claims are none. */
  readonly claimCount: number;
  readonly lastPage: number;
  /** Where its newest claim stands. */
  readonly latest: WordPlace;
  /** As it was folded last. */
  readonly conflictMillionths: number;
  readonly valueCount: number;
  readonly ruled: Ruled | undefined;
}

const IS_RULED = 1;
const HAS_FROM = 2;
const HAS_UNTIL = 4;

export function writeQuestionHead(writer: RowWriter, head: QuestionHead): void {
  const { ruled } = head;
  const hasFrom = ruled !== undefined && Number.isFinite(ruled.fromMs);
  const hasUntil = ruled !== undefined && Number.isFinite(ruled.untilMs);
  const flags = ruled === undefined ? 0 : IS_RULED;
  writer.byte(flags | (hasFrom ? HAS_FROM : 0) | (hasUntil ? HAS_UNTIL : 0));
  writer.varint(head.number);
  writer.varint(head.recordCount);
  writer.varint(head.claimCount);
  writer.varint(head.lastPage);
  writePlace(writer, head.latest);
  writer.varint(head.conflictMillionths);
  writer.varint(head.valueCount);
  if (ruled === undefined) return;
  writer.varint(ruled.records);
  writer.varint(ruled.worldStamp);
  writer.varint(ruled.trustStamp);
  if (hasFrom) writer.signed(ruled.fromMs);
  if (hasUntil) writer.signed(ruled.untilMs);
  writer.sized(ruled.rulings);
}

/** Leaves the reader at the first record. */
export function readQuestionHead(reader: RowReader): QuestionHead {
  const flags = reader.byte();
  const head = {
    number: reader.varint(),
    recordCount: reader.varint(),
    claimCount: reader.varint(),
    lastPage: reader.varint(),
    latest: readPlace(reader),
    conflictMillionths: reader.varint(),
    valueCount: reader.varint(),
  };
  if ((flags & IS_RULED) === 0) return { ...head, ruled: undefined };
  const ruled: Ruled = {
    records: reader.varint(),
    worldStamp: reader.varint(),
    trustStamp: reader.varint(),
    fromMs: (flags & HAS_FROM) === 0 ? Number.NEGATIVE_INFINITY : reader.signed(),
    untilMs: (flags & HAS_UNTIL) === 0 ? Number.POSITIVE_INFINITY : reader.signed(),
    rulings: reader.sized(),
  };
  return { ...head, ruled };
}

/** The records of a page, from `at` on. */
export function recordsOf(page: Uint8Array, at = 0): Uint8Array[] {
  const reader = new RowReader(page, at);
  const records: Uint8Array[] = [];
  while (!reader.isAtEnd) records.push(reader.sized());
  return records;
}
