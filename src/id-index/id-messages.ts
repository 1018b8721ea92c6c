/**
 * What the index and its thread say to each other. Requests are answered by one reply with their
 * number, in any order: one that waits for a table holds up none that does not.
 */
import { Fault, type FaultCode, type FaultDetail, isFault } from "../model/fault.js";
import type { HybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import type { Statement } from "../wal/statement.js";
import type { RepeatList } from "./segment-ids.js";

/** What the thread is started with. */
export interface IdThreadData {
  readonly logId: LogId;
  /** Where the log's segments stand. */
  readonly segmentsDirectory: string;
  /** Where their tables stand: made where it is missing. */
  readonly tablesDirectory: string;
  readonly summaryBytesMax: number;
  readonly restRatio: number;
  readonly prefixBits: number;
}

/** A block of the newest segment: with the ids of its entries, or as it is stored. */
export type FedBlock =
  | { readonly firstIndex: number; readonly ids: Uint8Array<ArrayBuffer> }
  | {
      readonly firstIndex: number;
      readonly statement: Statement;
      readonly hybridTime: HybridTime;
      readonly payload: Uint8Array<ArrayBuffer>;
    };

export type IdRequest =
  /** First indexes of all segments: all but the last are sealed. */
  | { readonly kind: "segments"; readonly starts: readonly number[] }
  /** Blocks of the newest segment, behind those that were fed before. */
  | {
      readonly kind: "feed";
      readonly segment: number;
      /** Whether they are the first of the segment. */
      readonly isStart: boolean;
      /** Behind the last entry of the blocks, or of those that cannot be read. */
      readonly end: number;
      readonly blocks: readonly FedBlock[];
    }
  /** Where an id stands first, in so many entries of the log. */
  | { readonly kind: "find"; readonly id: Uint8Array; readonly size: number }
  /** The repeats of a sealed segment. */
  | { readonly kind: "repeats"; readonly segment: number }
  /** The last request: answered when nothing runs any more. */
  | { readonly kind: "close" };

/** What a request of a kind is answered with. */
export interface IdAnswers {
  readonly segments: undefined;
  /** The repeats in the blocks; undefined: they do not follow, the segment must be fed anew. */
  readonly feed: RepeatList | undefined;
  readonly find: FindAnswer;
  readonly repeats: RepeatList;
  readonly close: undefined;
}

/** "behind": not known yet, since the newest segment was not fed so far. */
export type FindAnswer = { readonly index: number | undefined } | "behind";

export interface NumberedRequest {
  readonly number: number;
  readonly request: IdRequest;
}

export interface FaultParts {
  readonly code: FaultCode;
  readonly message: string;
  readonly detail: FaultDetail;
}

export type IdReply =
  | { readonly number: number; readonly answer: unknown }
  | { readonly number: number; readonly fault: FaultParts }
  | { readonly told: IdFact };

/** What the thread tells by itself. */
export interface IdFact {
  readonly level: "debug" | "warn";
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/** A fault as it travels. What is no fault is a bug, and is thrown on: it ends the thread. */
export function faultParts(error: unknown): FaultParts {
  if (!isFault(error)) throw error;
  const { code, message, detail } = error;
  return { code, message, detail };
}

export const faultOfParts = (parts: FaultParts): Fault =>
  new Fault(parts.code, parts.message, parts.detail);
