/** What is asked of a load process, and what it says: messages between two processes. */
import type { AppendLoad } from "../../cli/load/append.js";
import type { Figures } from "./figures.js";

/** An append load as it can be sent: without callbacks. */
export type AppendJob = Omit<AppendLoad, "signal" | "onReceipt" | "onProgress">;

export type Job =
  | { readonly kind: "append"; readonly load: AppendJob; readonly runs: number }
  | { readonly kind: "catch-up"; readonly address: string; readonly runs: number }
  | {
      readonly kind: "live";
      readonly load: AppendJob & { readonly entriesPerSecond: number };
      readonly runs: number;
    }
  /** Subscribes and then reads nothing, until it is told to stop. */
  | { readonly kind: "stuck"; readonly address: string };

export interface RunResult extends Figures {
  readonly entries: number;
  readonly entryBytes: number;
  /** Batches that were signed while the time ran: the load process was its own limit. */
  readonly signedDuring: number;
  /** What the load process used of the cores in the measured time. */
  readonly loadCores: number;
}

export type JobMessage =
  /** The measured time begins. */
  | { readonly kind: "measuring" }
  | { readonly kind: "measured"; readonly result: RunResult }
  /** The subscriber that is not going to read is there. */
  | { readonly kind: "standing" }
  | { readonly kind: "failed"; readonly message: string };
