/** What becomes of a request and its batches: the words in which the append path answers. */
import type { Fault, FaultCode } from "../model/fault.js";
import type { Refusal } from "./admitted.js";

export interface Receipt {
  readonly firstIndex: number;
  readonly count: number;
  readonly hybridTime: bigint;
}

export type BatchOutcome =
  /** Appended just now, and synced. */
  | { readonly kind: "appended"; readonly receipt: Receipt }
  /** Appended before, with this receipt. */
  | { readonly kind: "exists"; readonly receipt: Receipt }
  /** Judged, and never stored. */
  | { readonly kind: "refused"; readonly refusal: Refusal }
  /** Maybe stored: sending the same sequence again settles it. */
  | { readonly kind: "unknown"; readonly refusal: Refusal };

export interface RequestOutcome {
  readonly number: bigint;
  readonly outcomes: readonly BatchOutcome[];
}

export function refusal(code: FaultCode, message: string, reason?: Refusal["reason"]): Refusal {
  const bare = { code, message, entries: [], entriesRefused: 0 };
  return reason === undefined ? bare : { ...bare, reason };
}

export const refused = (what: Refusal): BatchOutcome => ({ kind: "refused", refusal: what });

/** A fault of the log as an outcome: unknown only where the bytes may be on disk. */
export function outcomeOfFault(fault: Fault): BatchOutcome {
  const what = refusal(fault.code, fault.message);
  return fault.code === "OUTCOME_UNKNOWN"
    ? { kind: "unknown", refusal: what }
    : { kind: "refused", refusal: what };
}
