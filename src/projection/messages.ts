/**
 * What the main process and the process that writes the views say to each other.
 *
 *     main                                   view writer
 *       size ───────────────────────────────▶  there is more to apply
 *       ready, report ◀──────────────────────  what is applied; the newest size that was taken
 *
 * At most one size is under way: the next one is sent when a report names it. A writer reports when
 * it has applied something or stopped, so each side has a bounded number of messages to take.
 */
import type { FaultCode, FaultDetail } from "../model/fault.js";
import type { ProjectionStatus } from "../model/query.js";
import type { Fields } from "../observability/probe.js";
import type { TransactionTimes } from "./pace.js";
import type { RetryPauses } from "./retry-pauses.js";

/** What a writer is started with. */
export interface WriterData {
  /** Of the generation: made where it is missing. */
  readonly directory: string;
  readonly mapBytes: number;
  readonly logId: Uint8Array;
  readonly logKey: Uint8Array;
  readonly segmentsDirectory: string;
  /** Durable entries of the log when the writer was started. */
  readonly size: number;
  readonly transactions: TransactionTimes;
  /** Of projections that fail, of a log that cannot be read, of a disk without room. */
  readonly retries: RetryPauses;
}

/** From main: so many entries are durable now. */
export interface SizeMessage {
  readonly size: number;
}

/** How the views stand in the writer. */
export interface WriterReport {
  /** The newest size that the writer was told. */
  readonly seen: number;
  /** Entries that the questions hold: what readers see. */
  readonly applied: number;
  /** Hybrid time of the newest block among them. */
  readonly recorded: bigint;
  readonly projections: readonly ProjectionStatus[];
  /** Of the file in use. */
  readonly bytes: number;
}

export type ProbeLevel = "debug" | "info" | "warn" | "error";

export type WriterMessage =
  /** The views can be opened for reading. */
  | { readonly kind: "ready"; readonly report: WriterReport }
  | { readonly kind: "report"; readonly report: WriterReport }
  /** The generation cannot be used: it is to be built anew. The writer ends after it. */
  | { readonly kind: "damaged"; readonly reason: string }
  | {
      readonly kind: "told";
      readonly level: ProbeLevel;
      readonly message: string;
      readonly fields: Fields;
    };

/** What a verifier is started with. */
export type VerifierData = Pick<
  WriterData,
  "directory" | "mapBytes" | "logId" | "logKey" | "segmentsDirectory"
>;

/** How far a comparison of the views with the log is. */
export interface VerifyProgress {
  readonly questions: number;
  readonly total: number;
  /** A question whose views differ from the log. */
  readonly difference?: string;
  /** On the last one: how many differ. */
  readonly differences?: number;
}

export type VerifierMessage =
  | { readonly kind: "progress"; readonly progress: VerifyProgress }
  | {
      readonly kind: "fault";
      readonly code: FaultCode;
      readonly text: string;
      readonly detail: FaultDetail;
    };
