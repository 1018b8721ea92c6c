/**
 * What the HTTP API needs of the rest of a node: interfaces that it owns. `server.ts` hands in what
 * stands behind them, tests hand in something small.
 */
import type { SignedBatchParts } from "../client/append-request.js";
import type { Body } from "../model/entry.js";
import type { EntryId, LogId, Position } from "../model/position.js";
import type { ViewsStatus } from "../model/query.js";
import type { Filter } from "../subscription/filter.js";
import type { Start } from "../subscription/start.js";

/** What a caller without a key of its own says. */
export interface Saying {
  readonly caller: string;
  readonly body: Body;
  /** The caller's `Idempotency-Key`, and the hash of the request that came with it. */
  readonly idempotency?: { readonly key: string; readonly digest: Uint8Array };
}

/** Where what was said stands, durably. */
export interface SayingReceipt {
  readonly id: EntryId;
  readonly position: Position;
  /** A hybrid time. */
  readonly recorded: bigint;
  /** It was appended before: by an attempt with the same `Idempotency-Key`. */
  readonly existed: boolean;
}

/** Where a batch that its author signed stands, durably. */
export interface BatchReceipt {
  readonly ids: readonly EntryId[];
  /** Of its first entry. */
  readonly position: Position;
  /** A hybrid time. */
  readonly recorded: bigint;
  readonly existed: boolean;
}

/** Appends: what it signs itself, on behalf of callers, and what authors signed. */
export interface Gateway {
  /** The key that it signs with. */
  readonly author: Uint8Array;
  /**
   * Appends an entry on behalf of its caller. Throws what the append path refuses with,
   * OUTCOME_UNKNOWN, or IDEMPOTENCY_KEY_REUSED.
   */
  say(saying: Saying): Promise<SayingReceipt>;
  /** Appends a batch as it was signed. Throws what the append path refuses it with. */
  append(batch: SignedBatchParts): Promise<BatchReceipt>;
}

/** An entry as the log holds it. */
export interface StoredEntry {
  readonly id: EntryId;
  readonly position: Position;
  /** A hybrid time. */
  readonly recorded: bigint;
  /** Undefined where its bytes are gone. */
  readonly entry: Uint8Array | undefined;
}

/** Finds entries by their ids: where they stand first. */
export interface EntrySource {
  find(id: EntryId): Promise<StoredEntry | undefined>;
}

/** An epoch as it was said. */
export interface EpochSaid {
  readonly id: EntryId;
  readonly position: Position;
  /** A hybrid time. */
  readonly recorded: bigint;
  readonly author: Uint8Array;
  readonly onBehalfOf?: string;
  readonly name: string;
  readonly supersedes?: string;
  /** Its author may say so: a curator. */
  readonly isEffective: boolean;
}

export interface EpochSource {
  /** The epochs of the views, in canonical order. Throws VIEWS_UNAVAILABLE. */
  epochs(): readonly EpochSaid[];
  /** Whether one that was appended just now counts; undefined where the views do not tell soon. */
  isEffective(said: Pick<EpochSaid, "id" | "position">): Promise<boolean | undefined>;
}

export interface NodeHealth {
  /** `degraded`: it answers, and something needs a look. `unhealthy`: send requests elsewhere. */
  readonly status: "healthy" | "degraded" | "unhealthy";
  /** Why, where it is not healthy. */
  readonly detail: string;
  /** Distinct live assertions; undefined while the views cannot be read. */
  readonly assertionCount: number | undefined;
  readonly logId: LogId;
  /** Durable entries of the log. */
  readonly size: number;
  readonly views: ViewsStatus | undefined;
  readonly version: string;
  readonly uptimeMs: number;
}

/** One thing that a ready node needs. */
export interface ReadinessCheck {
  readonly name: string;
  readonly isReady: boolean;
  /** Why not. */
  readonly detail: string;
}

export interface HealthSource {
  health(): NodeHealth;
  checks(): readonly ReadinessCheck[];
}

export interface FeedRequest {
  readonly start: Start;
  readonly filter: Filter | undefined;
  readonly heartbeatMs: number;
}

/** An entry of a feed, and the token that resumes right behind it. */
export interface FeedEntry extends StoredEntry {
  readonly kind: "entry";
  readonly token: Uint8Array;
  readonly hole?: "redacted" | "pruned";
  /** Where the id stood before. */
  readonly first?: Position;
}

export type FeedEvent =
  | FeedEntry
  /** All that is durable was sent: what follows is live. */
  | { readonly kind: "caught_up"; readonly token: Uint8Array; readonly size: number }
  /** The filter left out everything up to here. */
  | { readonly kind: "progress"; readonly token: Uint8Array }
  | { readonly kind: "fell_behind"; readonly behind: number }
  | { readonly kind: "heartbeat" };

/** Follows the log from a place on, exactly, at its reader's pace. */
export interface FeedSource {
  /**
   * Small groups of events. Throws POSITION_INVALID, LOG_UNKNOWN before the first; ends when the
   * signal is aborted.
   */
  events(request: FeedRequest, signal: AbortSignal): AsyncIterable<readonly FeedEvent[]>;
}

/** What Prometheus reads. */
export interface MetricsText {
  readonly contentType: string;
  text(): Promise<string>;
}
