/**
 * What became of batches, in the client's own words: receipts, and refusals as faults.
 */
import { Fault, type FaultCode } from "../model/fault.js";
import { type HybridTime, toHybridTime } from "../model/hybrid-time.js";
import { type EntryId, type Index, type LogId, toIndex } from "../model/position.js";
import type {
  Reason,
  Receipt,
  Refusal,
  AppendReply as WireAppendReply,
  BatchOutcome as WireBatchOutcome,
  LevelNotice as WireLevelNotice,
} from "../wire/steme/v1/log_service.js";
import { type Level, levels } from "./append-request.js";
import { faultCodeOf } from "./call-failure.js";

/** Where a batch stands, for good. */
export interface BatchReceipt {
  readonly logId: LogId;
  /** Index of the first entry; the others follow without a gap. */
  readonly firstIndex: Index;
  readonly count: number;
  /** Recorded time. */
  readonly hybridTime: HybridTime;
  /** The level reached. */
  readonly level: Level;
  /** Whether it had been appended before: by an earlier try, or another process of this writer. */
  readonly existed: boolean;
}

/** Where an entry stands, for good. */
export interface EntryReceipt {
  readonly logId: LogId;
  readonly index: Index;
  readonly hybridTime: HybridTime;
  readonly id: EntryId;
  readonly level: Level;
  readonly existed: boolean;
}

/** What is wrong with one entry of a refused batch. */
export interface EntryRefusal {
  /** Index of the entry in its batch. */
  readonly entry: number;
  readonly code: FaultCode;
  readonly field: string;
  readonly limit: string;
  readonly value: string;
}

/** A batch that was judged and never stored. `detail` holds field, limit and value. */
export class BatchRefused extends Fault {
  /** The entries found wrong, at most 16 of them. */
  readonly entries: readonly EntryRefusal[];
  /** How many were found wrong, those not listed included. */
  readonly entriesRefused: number;

  constructor(refusal: Refusal) {
    const entries = refusal.entries.map(({ index, code, reason }) => ({
      entry: index,
      code: faultCodeOf(code),
      ...reasonOf(reason),
    }));
    const [first] = entries;
    const detail = refusal.reason ?? (first === undefined ? undefined : reasonOf(first));
    super(faultCodeOf(refusal.code), refusal.message, detail === undefined ? {} : reasonOf(detail));
    this.entries = entries;
    this.entriesRefused = refusal.entriesRefused;
  }
}

export type BatchOutcome =
  | { readonly kind: "appended"; readonly receipt: BatchReceipt }
  | { readonly kind: "exists"; readonly receipt: BatchReceipt }
  | { readonly kind: "pending"; readonly receipt: BatchReceipt }
  | { readonly kind: "refused"; readonly fault: BatchRefused }
  | { readonly kind: "unknown"; readonly fault: BatchRefused };

export interface AppendReply {
  /** The request's. */
  readonly number: number;
  /** One per batch of the request, in their order. */
  readonly outcomes: readonly BatchOutcome[];
}

/** A settled batch has since reached a later level. */
export interface LevelNotice {
  readonly number: number;
  /** Index of the batch in the request. */
  readonly batch: number;
  readonly level: Level;
}

export const replyOf = (reply: WireAppendReply): AppendReply => ({
  number: Number(reply.number),
  outcomes: reply.outcomes.map(outcomeOf),
});

export const noticeOf = (notice: WireLevelNotice): LevelNotice => ({
  number: Number(notice.number),
  batch: notice.batch,
  level: levelOf(notice.level),
});

/** The receipt of one entry of a batch. */
export const entryReceiptOf = (batch: BatchReceipt, entry: number, id: EntryId): EntryReceipt => ({
  logId: batch.logId,
  index: toIndex(batch.firstIndex + entry),
  hybridTime: batch.hybridTime,
  id,
  level: batch.level,
  existed: batch.existed,
});

function outcomeOf({ outcome }: WireBatchOutcome): BatchOutcome {
  switch (outcome?.$case) {
    case "appended":
      return { kind: "appended", receipt: receiptOf(outcome.value, false) };
    case "exists":
      return { kind: "exists", receipt: receiptOf(outcome.value, true) };
    case "pending":
      return { kind: "pending", receipt: receiptOf(outcome.value, false) };
    case "refused":
      return { kind: "refused", fault: new BatchRefused(outcome.value) };
    case "unknown":
      return { kind: "unknown", fault: new BatchRefused(outcome.value) };
    case undefined:
      throw new Fault("INTERNAL", "the node answered with an outcome that this client lacks");
  }
}

function receiptOf(receipt: Receipt, existed: boolean): BatchReceipt {
  return {
    logId: receipt.logId,
    firstIndex: toIndex(Number(receipt.firstIndex)),
    count: receipt.count,
    hybridTime: toHybridTime(receipt.hybridTime),
    level: levelOf(receipt.level),
    existed,
  };
}

const levelOf = (level: number): Level => levels[level] ?? "default";

function reasonOf(reason: Reason | undefined) {
  return { field: reason?.field ?? "", limit: reason?.limit ?? "", value: reason?.value ?? "" };
}
