/**
 * Entries as programs handle them: plain, readonly objects, one discriminated union of bodies.
 *
 * The rules of every field stand in proto/steme/v1/entry.proto and, as a table, in
 * entry/schema.ts. Names are the proto's in camelCase, enum values the proto's in lower case.
 * Repeated fields and texts for people (`reason`, `note`, `doc`) are absent where they are empty.
 * 64-bit numbers that are values or hybrid times are bigint; times in milliseconds and indexes are
 * numbers, whose limits keep them exact.
 */

/** The body's field number in the entry, and its `Kind`. */
export const bodyKinds = {
  assertion: 10,
  retraction: 11,
  supersession: 12,
  vote: 13,
  endorsement: 14,
  source_record: 15,
  source_chunk: 16,
  source_retraction: 17,
  predicate_record: 18,
  alias: 19,
  epoch: 20,
  trust_outcome: 21,
  redaction: 22,
  grant: 40,
  revocation: 41,
  setting: 42,
  member_join: 43,
  member_remove: 44,
  quarantine: 45,
  quarantine_end: 46,
  shard_move: 47,
  log_genesis: 60,
  log_closed: 61,
  block_stamp: 62,
} as const;

export type BodyKind = keyof typeof bodyKinds;

// Enum values in the order of their numbers, which start at 1.
export const datePrecisions = ["year", "month", "day"] as const;
export const bounds = ["exact", "at_most", "at_least"] as const;
export const polarities = ["affirms", "denies"] as const;
export const lifecycles = [
  "proposed",
  "under_review",
  "approved",
  "deprecated",
  "rejected",
] as const;
export const sourceClasses = [
  "regulatory",
  "clinical",
  "observational",
  "expert",
  "community",
  "anecdotal",
] as const;
export const cardinalities = ["one", "many"] as const;
export const comparators = ["exact", "version", "step"] as const;
export const outcomes = ["right", "wrong"] as const;
export const roles = ["administrator", "curator", "gateway", "writer", "reader"] as const;

export type Bound = (typeof bounds)[number];
export type Polarity = (typeof polarities)[number];
export type Lifecycle = (typeof lifecycles)[number];
export type SourceClass = (typeof sourceClasses)[number];
export type Cardinality = (typeof cardinalities)[number];
export type Comparator = (typeof comparators)[number];
export type Outcome = (typeof outcomes)[number];
export type Role = (typeof roles)[number];

/** What a property is said to be. Ordered kinds say how the value bounds the truth. */
export type Value =
  | { readonly kind: "text"; readonly text: string; readonly language?: string }
  | { readonly kind: "integer"; readonly integer: bigint; readonly bound: Bound }
  | {
      readonly kind: "number";
      readonly number: number;
      readonly unit?: string;
      readonly bound: Bound;
    }
  | { readonly kind: "boolean"; readonly boolean: boolean }
  | { readonly kind: "reference"; readonly reference: string }
  | { readonly kind: "instant"; readonly instantNs: bigint; readonly bound: Bound }
  | {
      readonly kind: "date";
      /** The year 0 is 1 BC. */
      readonly year: number;
      /** 1 to 12; absent: a year is meant. */
      readonly month?: number;
      /** 1 to 31; absent: a month or a year is meant. */
      readonly day?: number;
      readonly bound: Bound;
    }
  | { readonly kind: "version"; readonly version: string; readonly bound: Bound }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "unknown" };

export type ValueKind = Value["kind"];

export interface Source {
  readonly id: string;
  readonly version?: string;
  readonly hash?: Uint8Array;
  readonly class: SourceClass;
  readonly uri?: string;
  readonly locator?: string;
  /** Sorted bytewise, none twice. */
  readonly derivedFrom?: readonly string[];
}

export interface Label {
  readonly key: string;
  readonly value: string;
}

export interface Assertion {
  readonly kind: "assertion";
  readonly conceptPath: string;
  readonly predicate: string;
  readonly value: Value;
  readonly polarity: Polarity;
  readonly confidenceMillionths: number;
  readonly source: Source;
  readonly assertedMs: number;
  readonly validFromMs?: number;
  readonly validUntilMs?: number;
  readonly lifecycle: Lifecycle;
  readonly epoch?: string;
  /** Id of the assertion that this one revises. */
  readonly parent?: Uint8Array;
  /** Sorted by (key, value) bytewise, no pair twice. */
  readonly labels?: readonly Label[];
  readonly vector?: readonly number[];
  readonly visualHash?: Uint8Array;
}

export interface Retraction {
  readonly kind: "retraction";
  readonly target: Uint8Array;
  readonly path: string;
  readonly reason?: string;
}

export interface Supersession {
  readonly kind: "supersession";
  readonly old: Uint8Array;
  readonly new: Uint8Array;
  readonly path: string;
  readonly reason?: string;
}

export interface Vote {
  readonly kind: "vote";
  readonly target: Uint8Array;
  readonly path: string;
  readonly weightMillionths: number;
}

export interface Endorsement {
  readonly kind: "endorsement";
  readonly target: Uint8Array;
  readonly path: string;
}

export interface SourceRecord {
  readonly kind: "source_record";
  readonly id: string;
  readonly version?: string;
  readonly title?: string;
  readonly hash?: Uint8Array;
  readonly class: SourceClass;
  readonly uri?: string;
  readonly mediaType?: string;
  readonly contentBytes?: number;
  readonly derivedFrom?: readonly string[];
}

export interface SourceChunk {
  readonly kind: "source_chunk";
  readonly record: Uint8Array;
  readonly offsetBytes: number;
  readonly content: Uint8Array;
}

export interface SourceRetraction {
  readonly kind: "source_retraction";
  readonly sourceId: string;
  readonly reason?: string;
}

export interface PredicateRecord {
  readonly kind: "predicate_record";
  readonly prefix?: string;
  readonly predicate: string;
  readonly cardinality: Cardinality;
  readonly comparator: Comparator;
  readonly unit?: string;
  readonly doc?: string;
  readonly step?: number;
}

export interface Alias {
  readonly kind: "alias";
  readonly path: string;
  readonly canonical: string;
}

export interface Epoch {
  readonly kind: "epoch";
  readonly name: string;
  readonly supersedes?: string;
}

export interface TrustOutcome {
  readonly kind: "trust_outcome";
  readonly target: Uint8Array;
  readonly path: string;
  readonly outcome: Outcome;
}

export interface Redaction {
  readonly kind: "redaction";
  readonly target: Uint8Array;
  readonly questionDigest?: Uint8Array;
  readonly reason?: string;
}

/** Exactly one of `role` and `classCeiling` is given. */
export interface Grant {
  readonly kind: "grant";
  readonly clusterId: Uint8Array;
  readonly key: Uint8Array;
  readonly role?: Role;
  readonly classCeiling?: SourceClass;
  readonly prefix?: string;
  readonly note?: string;
}

export interface Revocation {
  readonly kind: "revocation";
  readonly clusterId: Uint8Array;
  readonly key: Uint8Array;
  /** A hybrid time. */
  readonly since: bigint;
  readonly reason?: string;
}

export interface Setting {
  readonly kind: "setting";
  readonly clusterId: Uint8Array;
  readonly name: string;
  readonly value: string;
}

export interface MemberJoin {
  readonly kind: "member_join";
  readonly clusterId: Uint8Array;
  readonly nodeId: string;
  readonly nodeKey: Uint8Array;
  readonly storeId: Uint8Array;
  readonly logId: Uint8Array;
  readonly rpcAddress: string;
}

export interface MemberRemove {
  readonly kind: "member_remove";
  readonly clusterId: Uint8Array;
  readonly nodeId: string;
  readonly nodeKey: Uint8Array;
  readonly reason?: string;
}

export interface Quarantine {
  readonly kind: "quarantine";
  readonly clusterId: Uint8Array;
  readonly logId: Uint8Array;
  readonly fromIndex: number;
  readonly evidence: Uint8Array;
  readonly reason?: string;
}

export interface QuarantineEnd {
  readonly kind: "quarantine_end";
  readonly clusterId: Uint8Array;
  readonly logId: Uint8Array;
  readonly reason?: string;
}

export interface ShardMove {
  readonly kind: "shard_move";
  readonly clusterId: Uint8Array;
  readonly shard: number;
  readonly fromNodeId?: string;
  readonly toNodeId?: string;
  readonly reason?: string;
}

export interface PreviousLog {
  readonly logId: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

export interface LogGenesis {
  readonly kind: "log_genesis";
  readonly logKey: Uint8Array;
  readonly clusterId: Uint8Array;
  readonly nonce: Uint8Array;
  readonly previous?: PreviousLog;
  readonly firstAdministrator?: Uint8Array;
}

export interface LogClosed {
  readonly kind: "log_closed";
  readonly logId: Uint8Array;
  readonly reason?: string;
}

export interface BlockStamp {
  readonly kind: "block_stamp";
  readonly logId: Uint8Array;
  readonly firstIndex: number;
  readonly count: number;
  readonly hybridTime: bigint;
}

export type Body =
  | Assertion
  | Retraction
  | Supersession
  | Vote
  | Endorsement
  | SourceRecord
  | SourceChunk
  | SourceRetraction
  | PredicateRecord
  | Alias
  | Epoch
  | TrustOutcome
  | Redaction
  | Grant
  | Revocation
  | Setting
  | MemberJoin
  | MemberRemove
  | Quarantine
  | QuarantineEnd
  | ShardMove
  | LogGenesis
  | LogClosed
  | BlockStamp;

/** An entry without its salt: what salts are derived from. */
export interface UnsaltedEntry {
  /** Ed25519 public key, 32 bytes. */
  readonly author: Uint8Array;
  readonly onBehalfOf?: string;
  readonly body: Body;
}

/** One author says one thing. */
export interface EntryFields extends UnsaltedEntry {
  /** 16 bytes. */
  readonly salt: Uint8Array;
}

/** What `decodeEntry` gives back: everything that the bytes say. */
export type DecodedEntry = EntryFields;
