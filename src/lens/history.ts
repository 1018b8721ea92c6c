/**
 * What lenses are given: the claims of a question, the acts upon them, and the world they are read
 * in. Readers of the views make these, tests write them by hand; nothing here is computed.
 *
 * Canonical order is (recorded time, log id, index) of an id's first occurrence. Every list below
 * stands in it, each id once.
 */
import type {
  Alias,
  Epoch,
  Grant,
  Lifecycle,
  Outcome,
  Polarity,
  PredicateRecord,
  Revocation,
  Setting,
  SourceClass,
  SourceRecord,
  SourceRetraction,
  Value,
} from "../model/entry.js";
import type { EntryId, LogId } from "../model/position.js";

/** Where an id occurs first: its place in canonical order. */
export interface Place {
  /** A hybrid time. */
  readonly recorded: bigint;
  readonly logId: LogId;
  readonly index: number;
}

/** An entry at its place, and who spoke. */
export interface Said extends Place {
  readonly id: EntryId;
  readonly author: Uint8Array;
  readonly onBehalfOf?: string;
}

/** An assertion, as far as lenses read it. */
export interface Candidate extends Said {
  /** As written: not resolved. */
  readonly conceptPath: string;
  readonly value: Value;
  /** The canonical key of the value, as hex. */
  readonly valueKey: string;
  readonly polarity: Polarity;
  readonly confidenceMillionths: number;
  readonly sourceId: string;
  /** As claimed. */
  readonly sourceClass: SourceClass;
  readonly assertedMs: number;
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
  readonly lifecycle: Lifecycle;
  readonly epoch?: string;
  readonly parent?: EntryId;
}

/** An entry that acts on a claim. */
export interface Act extends Said {
  readonly kind: "retraction" | "supersession" | "vote" | "endorsement";
  readonly target: EntryId;
  /** As the act names it: without effect where it is not the target's. */
  readonly path: string;
  /** Of a vote; 1,000,000 for an endorsement; 0 otherwise. */
  readonly weightMillionths: number;
  /** Of a supersession. */
  readonly replacement?: EntryId;
}

/** A trust outcome, with what its target says of the voice that it moves. */
export interface OutcomeSaid extends Said {
  readonly target: EntryId;
  readonly path: string;
  readonly outcome: Outcome;
  readonly targetPath: string;
  readonly targetAuthor: Uint8Array;
  readonly targetOnBehalfOf?: string;
  readonly targetSourceId: string;
}

/** All that was said about one predicate of one concept, under one of its paths or several. */
export interface QuestionHistory {
  /** The canonical path: what aliases resolve to. */
  readonly conceptPath: string;
  readonly predicate: string;
  readonly candidates: readonly Candidate[];
  readonly acts: readonly Act[];
  /** Claims that were erased: they drop out of every moment. */
  readonly redactedCount: number;
}

/** An entry that changes how claims are read. */
export interface WorldRecord extends Said {
  readonly body:
    | Grant
    | Revocation
    | Setting
    | PredicateRecord
    | Alias
    | Epoch
    | SourceRetraction
    /** Of sources that were retracted: whose voice registered them decides. */
    | SourceRecord;
}

/** Where all rights come from. */
export interface WorldRoot {
  readonly clusterId: Uint8Array;
  /** Of the founding log. */
  readonly firstAdministrator: Uint8Array;
}

/** Which entries had been said at a moment. */
export interface Cut {
  includes(place: Place): boolean;
}
