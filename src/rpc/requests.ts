/** Requests as they came, checked and turned into the words of the parts that serve them. */
import { conceptPathBytesMax, predicateBytesMax } from "../entry/asked-text.js";
import { Fault } from "../model/fault.js";
import { integerMax } from "../model/limits.js";
import {
  entryIdBytes,
  logIdBytes,
  type Position,
  publicKeyBytes,
  toIndex,
} from "../model/position.js";
import { Filter } from "../subscription/filter.js";
import type { Start } from "../subscription/start.js";
import { SourceClass } from "../wire/steme/v1/entry.js";
import {
  type GetRequest,
  Kind,
  type ReadRequest,
  type SubscribeRequest,
  type Filter as WireFilter,
  type Position as WirePosition,
} from "../wire/steme/v1/log_service.js";

const conditionsMax = 64;
const readCountMax = 1_000_000;
const heartbeat = { min: 100, max: 600_000 } as const;
const valueCharsMax = 128;

export function refuse(field: string, limit: string, value: string | number | bigint): never {
  const shown = String(value).slice(0, valueCharsMax);
  throw new Fault("ARGUMENT_INVALID", `${field} must be ${limit}, and is ${shown || "empty"}`, {
    field,
    limit,
    value: shown,
  });
}

/** A copy: what is kept of a request does not keep the whole message. */
export function requireBytes(field: string, bytes: Uint8Array, count: number): Uint8Array {
  if (bytes.length !== count) refuse(field, `${count} bytes`, `${bytes.length} bytes`);
  return Buffer.from(bytes);
}

export function requireInteger(field: string, value: bigint, min: number, max: number): number {
  if (value < BigInt(min) || value > BigInt(max)) refuse(field, `${min} to ${max}`, value);
  return Number(value);
}

export function toPosition(field: string, position: WirePosition): Position {
  const logId = requireBytes(`${field}.log_id`, position.logId, logIdBytes);
  const index = requireInteger(`${field}.index`, position.index, 0, integerMax);
  return { logId, index: toIndex(index) };
}

export function toStart(request: SubscribeRequest): Start {
  const at = request.start?.at;
  switch (at?.$case) {
    case undefined:
      return refuse("start", "set: say where to begin", "not set");
    case "beginning":
      return { kind: "beginning" };
    case "end":
      return { kind: "end" };
    case "after":
      return { kind: "after", position: toPosition("start.after", at.value) };
    case "atPosition":
      return { kind: "at", position: toPosition("start.at_position", at.value) };
    case "frontier":
      return { kind: "frontier", token: at.value };
    case "recordedMs":
      return { kind: "recorded", ms: clampMs(at.value) };
    case "last":
      return { kind: "last", count: requireInteger("start.last", at.value, 0, integerMax) };
  }
}

/** The last millisecond that a hybrid time can name. */
const hybridMsMax = 2 ** 48 - 1;

/** A moment before 1970 is before every block, one far away behind. */
const clampMs = (ms: bigint): number => Math.max(0, Math.min(Number(ms), hybridMsMax));

export function toHeartbeatMs(request: SubscribeRequest, preset: number): number {
  const ms = request.heartbeatMs === 0 ? preset : request.heartbeatMs;
  return requireInteger("heartbeat_ms", BigInt(ms), heartbeat.min, heartbeat.max);
}

function requireList(field: string, list: readonly unknown[]): void {
  const limit = `at most ${conditionsMax} conditions`;
  if (list.length > conditionsMax) refuse(field, limit, `${list.length} conditions`);
}

function requireTexts(field: string, texts: readonly string[], bytesMax: number): void {
  requireList(field, texts);
  for (const text of texts) {
    const bytes = Buffer.byteLength(text);
    if (bytes === 0 || bytes > bytesMax) refuse(field, `1 to ${bytesMax} bytes each`, text);
  }
}

function requireEnum(field: string, values: readonly number[], known: object): void {
  requireList(field, values);
  for (const value of values) {
    const isKnown = value > 0 && (known as Record<number, unknown>)[value] !== undefined;
    if (!isKnown) refuse(field, "values that this version knows", value);
  }
}

export function toFilter(filter: WireFilter | undefined): Filter | undefined {
  if (filter === undefined) return undefined;
  requireTexts("filter.concept_prefixes", filter.conceptPrefixes, conceptPathBytesMax);
  requireTexts("filter.predicates", filter.predicates, predicateBytesMax);
  requireList("filter.authors", filter.authors);
  for (const author of filter.authors) requireBytes("filter.authors", author, publicKeyBytes);
  requireEnum("filter.source_classes", filter.sourceClasses, SourceClass);
  requireEnum("filter.kinds", filter.kinds, Kind);
  return Filter.of({
    conceptPrefixes: filter.conceptPrefixes.map((prefix) => prefix.replace(/(?<=[^/:])\/$/, "")),
    predicates: filter.predicates,
    authors: filter.authors,
    sourceClasses: filter.sourceClasses,
    kinds: filter.kinds,
  });
}

export interface CheckedRead {
  readonly logId: Uint8Array | undefined;
  readonly from: number;
  readonly count: number;
  readonly backwards: boolean;
  readonly filter: Filter | undefined;
}

export function toRead(request: ReadRequest): CheckedRead {
  const { logId } = request;
  return {
    logId: logId === undefined ? undefined : requireBytes("log_id", logId, logIdBytes),
    from: requireInteger("from_index", request.fromIndex, 0, integerMax),
    count: requireInteger("count", request.count, 1, readCountMax),
    backwards: request.backwards,
    filter: toFilter(request.filter),
  };
}

export type CheckedGet =
  | { readonly kind: "id"; readonly id: Uint8Array }
  | { readonly kind: "position"; readonly position: Position };

export function toGet(request: GetRequest): CheckedGet {
  const { by } = request;
  if (by === undefined) return refuse("by", "an id or a position", "not set");
  if (by.$case === "id") return { kind: "id", id: requireBytes("id", by.value, entryIdBytes) };
  return { kind: "position", position: toPosition("position", by.value) };
}
