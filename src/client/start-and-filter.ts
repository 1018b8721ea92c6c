/** Where a subscription begins and what it sends, from plain values to the wire. */
import { type BodyKind, bodyKinds, type SourceClass, sourceClasses } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import type { Position } from "../model/position.js";
import type {
  Filter as WireFilter,
  Position as WirePosition,
  Start as WireStart,
} from "../wire/steme/v1/log_service.js";

/**
 * - `"start"`: before the first entry; `"end"`: behind the newest durable one;
 * - `after`: behind an entry; `at`: at an entry;
 * - `frontier`: behind a resume token of an earlier event;
 * - `recordedMs`: at the first block recorded at or after that moment;
 * - `last`: so many entries before the end, counted before filtering.
 */
export type StartInput =
  | "start"
  | "end"
  | { readonly after: Position }
  | { readonly at: Position }
  | { readonly frontier: Uint8Array }
  | { readonly recordedMs: number }
  | { readonly last: number };

/** All given conditions must hold; within one list any may. */
export interface FilterInput {
  /** Whole segments: `web/feature` matches `web/feature/grid` and not `web/features`. */
  readonly conceptPrefixes?: readonly string[];
  readonly predicates?: readonly string[];
  /** Public keys of 32 bytes. */
  readonly authors?: readonly Uint8Array[];
  readonly sourceClasses?: readonly SourceClass[];
  readonly kinds?: readonly BodyKind[];
}

export function startOf(start: StartInput): WireStart {
  if (start === "start") return { at: { $case: "beginning", value: {} } };
  if (start === "end") return { at: { $case: "end", value: {} } };
  if ("after" in start) return { at: { $case: "after", value: wirePositionOf(start.after) } };
  if ("at" in start) return { at: { $case: "atPosition", value: wirePositionOf(start.at) } };
  if ("frontier" in start) {
    return { at: { $case: "frontier", value: Buffer.from(start.frontier) } };
  }
  if ("recordedMs" in start) {
    return { at: { $case: "recordedMs", value: wholeOf("start.recordedMs", start.recordedMs) } };
  }
  const last = wholeOf("start.last", start.last);
  if (last < 0n) throw invalid("start.last", "0 or more", start.last);
  return { at: { $case: "last", value: last } };
}

/** `undefined` where nothing is filtered. */
export function filterOf(filter: FilterInput | undefined): WireFilter | undefined {
  if (filter === undefined) return undefined;
  const {
    conceptPrefixes = [],
    predicates = [],
    authors = [],
    sourceClasses: classes = [],
  } = filter;
  const { kinds = [] } = filter;
  const lists = [conceptPrefixes, predicates, authors, classes, kinds];
  if (lists.every((list) => list.length === 0)) return undefined;
  return {
    conceptPrefixes: [...conceptPrefixes],
    predicates: [...predicates],
    authors: authors.map((author) => Buffer.from(author)),
    sourceClasses: classes.map((name) => sourceClasses.indexOf(name) + 1),
    kinds: kinds.map((name) => bodyKinds[name]),
  };
}

export const wirePositionOf = ({ logId, index }: Position): WirePosition => ({
  logId: Buffer.from(logId),
  index: BigInt(index),
});

function wholeOf(field: string, value: number): bigint {
  if (!Number.isSafeInteger(value)) throw invalid(field, "a whole number", value);
  return BigInt(value);
}

const invalid = (field: string, limit: string, value: number): Fault =>
  new Fault("ARGUMENT_INVALID", `${field} is not ${limit}`, { field, limit, value });
