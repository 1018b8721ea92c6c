/** Where a feed begins, and what it leaves out: from the URL and `Last-Event-ID`. */
import { jsonFault } from "../entry/json-fault.js";
import { type BodyKind, bodyKinds, type SourceClass, sourceClasses } from "../model/entry.js";
import { fromHex } from "../model/hex.js";
import { integerMax } from "../model/limits.js";
import { Filter } from "../subscription/filter.js";
import type { Start } from "../subscription/start.js";
import { bytesFromHex, momentFromText } from "./lens-request.js";
import type { FeedRequest } from "./parts.js";
import { headers, hex, list, object, oneOf, type Schema, text, whole } from "./schema.js";

const conditionsMax = 64;
const heartbeatMs = { min: 100, max: 600_000 } as const;
const kindNames = Object.keys(bodyKinds);

export const feedQuery: Schema = object(
  "Where to begin, and what to leave out.",
  {},
  {
    start: text(
      "`beginning`, `end` (the default), a moment by RFC 3339, a position `LOG/INDEX` (that " +
        "entry included), or a token: the `id` of an event.",
      { maxLength: 12_288 },
    ),
    last: whole("Instead of `start`: this many of the newest entries.", 0, integerMax),
    prefixes: list(
      "Only at or below these concept paths.",
      text("Whole segments.", { minLength: 1, maxLength: 400 }),
      conditionsMax,
    ),
    predicates: list(
      "Only with these predicates.",
      text("A predicate.", { minLength: 1, maxLength: 64 }),
      conditionsMax,
    ),
    authors: list("Only of these authors.", hex("A public key.", 32), conditionsMax),
    classes: list("Only of these source classes.", oneOf("A class.", sourceClasses), conditionsMax),
    kinds: list("Only of these kinds.", oneOf("A body.", kindNames), conditionsMax),
    heartbeat_ms: whole(
      "A comment is sent where nothing else was for this long.",
      heartbeatMs.min,
      heartbeatMs.max,
    ),
  },
);

export const feedHeaders: Schema = headers({
  "last-event-id": text("The `id` of the last event seen: the feed goes on right behind it."),
});

interface FeedFields {
  readonly start?: string;
  readonly last?: number;
  readonly prefixes?: readonly string[];
  readonly predicates?: readonly string[];
  readonly authors?: readonly string[];
  readonly classes?: readonly SourceClass[];
  readonly kinds?: readonly BodyKind[];
  readonly heartbeat_ms?: number;
}

function startOf(fields: FeedFields, lastEventId: string | undefined): Start {
  if (lastEventId !== undefined && lastEventId !== "") {
    const token = fromHex(lastEventId);
    if (token !== undefined) return { kind: "frontier", token };
    throw jsonFault("Last-Event-ID", "the id of an event of this feed", lastEventId);
  }
  const { start, last } = fields;
  if (last !== undefined) {
    if (start === undefined) return { kind: "last", count: last };
    throw jsonFault("start", "absent where last is given", start);
  }
  if (start === undefined || start === "end") return { kind: "end" };
  if (start === "beginning") return { kind: "beginning" };
  const moment = momentFromText("start", start);
  switch (moment.kind) {
    case "position":
      return { kind: "at", position: moment.position };
    case "frontier":
      return { kind: "frontier", token: moment.frontier };
    case "recorded":
      return { kind: "recorded", ms: Math.max(0, moment.recordedMs) };
  }
}

/** Whole segments: a slash at the end of a path says nothing, one behind a scheme does. */
const withoutSlash = (prefix: string): string => prefix.replace(/(?<=[^/:])\/$/, "");

/** Reads what passed the schema. Throws ARGUMENT_INVALID. */
export function feedRequestOf(
  query: object,
  lastEventId: string | undefined,
  heartbeatMsPreset: number,
): FeedRequest {
  const fields = query as FeedFields;
  return {
    start: startOf(fields, lastEventId),
    filter: Filter.of({
      conceptPrefixes: (fields.prefixes ?? []).map(withoutSlash),
      predicates: fields.predicates ?? [],
      authors: (fields.authors ?? []).map((author) => bytesFromHex("authors", author)),
      // Their numbers on the wire start at 1.
      sourceClasses: (fields.classes ?? []).map((one) => sourceClasses.indexOf(one) + 1),
      kinds: (fields.kinds ?? []).map((kind) => bodyKinds[kind]),
    }),
    heartbeatMs: fields.heartbeat_ms ?? heartbeatMsPreset,
  };
}
