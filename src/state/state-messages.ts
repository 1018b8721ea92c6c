/**
 * What the state store and its worker thread say to each other.
 *
 * Requests are answered in the order sent, each by one reply with its number. Buffers of a journal
 * are transferred both ways. A fault travels as its code, message and facts.
 */
import { Fault, type FaultCode, type FaultDetail, isFault } from "../model/fault.js";
import type { KeepOutcome, KeptLimits, KeyedEntry } from "./idempotency-rows.js";
import type { JournalParts } from "./sequence-journal.js";
import type { AppliedSize, WriterHead } from "./sequence-store.js";

/** What the worker is started with. */
export interface StateWorkerData {
  readonly directory: string;
  readonly mapBytes: number;
}

export type StateRequest =
  | { readonly kind: "appliedSize" }
  | { readonly kind: "clearSequences" }
  | { readonly kind: "applyReceipts"; readonly parts: JournalParts }
  | { readonly kind: "writerHead"; readonly writerName: Uint8Array }
  | { readonly kind: "writerWindow"; readonly writerName: Uint8Array }
  | { readonly kind: "expireWriters"; readonly beforeMs: number }
  | {
      readonly kind: "keepEntries";
      readonly entries: readonly KeyedEntry[];
      readonly nowMs: number;
      readonly limits: KeptLimits;
    }
  | { readonly kind: "close" };

export interface NumberedRequest {
  readonly number: number;
  readonly request: StateRequest;
}

/** What a request of a kind is answered with. */
export interface StateAnswers {
  readonly appliedSize: AppliedSize | undefined;
  readonly clearSequences: undefined;
  readonly applyReceipts: {
    readonly parts: JournalParts;
    readonly fault: FaultParts | undefined;
    readonly collisionCount: number;
  };
  readonly writerHead: WriterHead | undefined;
  readonly writerWindow: { readonly count: number; readonly receipts: ArrayBuffer };
  readonly expireWriters: number;
  readonly keepEntries: readonly KeepOutcome[];
  readonly close: undefined;
}

export interface FaultParts {
  readonly code: FaultCode;
  readonly message: string;
  readonly detail: FaultDetail;
}

export type StateReply =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly fault: FaultParts };

/** The number of the reply that says whether the environment could be opened. */
export const OPENING = 0;

/** A fault as it travels. What is no fault is a bug, and is thrown on: it ends the worker. */
export function faultParts(error: unknown): FaultParts {
  if (!isFault(error)) throw error;
  const { code, message, detail } = error;
  return { code, message, detail };
}

export const faultOfParts = (parts: FaultParts): Fault =>
  new Fault(parts.code, parts.message, parts.detail);
