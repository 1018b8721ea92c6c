/**
 * The rules of proto/steme/v1/entry.proto as a table: every message, field and limit, once.
 *
 * The table scanner, the reasons, the encoder, the decoder, the JSON form and the generated
 * reference of limits read it; only the hand-written scan of assertions does not, and a test holds
 * the two together. Every nested message has one parent, so that a field has one path.
 */
import {
  type BodyKind,
  bodyKinds,
  bounds,
  cardinalities,
  comparators,
  datePrecisions,
  lifecycles,
  outcomes,
  polarities,
  roles,
  sourceClasses,
  type ValueKind,
} from "../model/entry.js";
import { integerMax } from "../model/limits.js";
import {
  boolean,
  bytes,
  double,
  enumeration,
  type FieldRule,
  fixed64,
  floats,
  locate,
  type MessageRule,
  message,
  messages,
  rulesOf,
  sint32,
  sint64,
  text,
  texts,
  uint,
} from "./field-rules.js";

const KiB = 1024;
const MiB = 1024 * KiB;
const millionth = 1_000_000;
/** How far milliseconds may lie from 1970: what a calendar date of ECMAScript can say. */
export const timeMsMax = 8_640_000_000_000_000;
const sourceContentBytesMax = 1 * MiB;

const optional = { optional: true } as const;
const path = { shape: "path" } as const;
const plain = { shape: "plain" } as const;

const id = (number: number, name: string) => bytes(number, name, 32, 32);
const clusterId = bytes(1, "cluster_id", 16, 16);
const reason = (number: number) => text(number, "reason", 0, KiB);
const claimPath = (number: number) => text(number, "path", 1, 400, path);
const sourceId = (number: number, name: string) => text(number, name, 1, 200, plain);
const derivedFrom = (number: number) => texts(number, "derived_from", 16, 1, 200);

const value: readonly FieldRule[] = [
  message(1, "text", { oneof: "kind" }, [
    text(1, "text", 0, 32 * KiB, { kept: true }),
    text(2, "language", 1, 35, { shape: "language", ...optional }),
  ]),
  sint64(2, "integer", { oneof: "kind" }),
  message(3, "number", { oneof: "kind" }, [
    double(1, "number", {}),
    text(2, "unit", 1, 64, optional),
  ]),
  boolean(4, "boolean", { oneof: "kind" }),
  text(5, "reference", 1, 400, { ...path, oneof: "kind" }),
  sint64(6, "instant_ns", { oneof: "kind" }),
  message(7, "date", { oneof: "kind", check: "date" }, [
    sint32(1, "year", -9999, 9999),
    uint(2, "month", 0, 12, { kept: false }),
    uint(3, "day", 0, 31, { kept: false }),
    enumeration(4, "precision", datePrecisions, {}),
  ]),
  text(8, "version", 1, 64, { oneof: "kind" }),
  bytes(9, "bytes", 0, 32 * KiB, { oneof: "kind" }),
  message(10, "unknown", { oneof: "kind" }, []),
  enumeration(15, "bound", bounds, optional),
];

const source: readonly FieldRule[] = [
  sourceId(1, "id"),
  text(2, "version", 1, 64, optional),
  bytes(3, "hash", 16, 64, optional),
  enumeration(4, "class", sourceClasses, {}),
  text(5, "uri", 1, 2 * KiB, optional),
  text(6, "locator", 1, 512, optional),
  derivedFrom(7),
];

const assertion: readonly FieldRule[] = [
  text(1, "concept_path", 1, 400, path),
  text(2, "predicate", 1, 64, { shape: "predicate" }),
  message(3, "value", { required: true, check: "value" }, value),
  enumeration(4, "polarity", polarities, {}),
  uint(5, "confidence_millionths", 0, millionth),
  message(6, "source", { required: true }, source),
  sint64(7, "asserted_ms", { max: timeMsMax, optional: true, required: true }),
  sint64(8, "valid_from_ms", { max: timeMsMax, optional: true }),
  sint64(9, "valid_until_ms", { max: timeMsMax, optional: true }),
  enumeration(10, "lifecycle", lifecycles, {}),
  text(11, "epoch", 1, 64, { ...plain, ...optional }),
  bytes(12, "parent", 32, 32, optional),
  messages(13, "labels", 32, [
    text(1, "key", 1, 64, plain),
    text(2, "value", 0, 256, { ...plain, kept: true }),
  ]),
  floats(14, "vector", 4 * KiB),
  bytes(15, "visual_hash", 1, 64, optional),
];

const previousLog: readonly FieldRule[] = [
  id(1, "log_id"),
  uint(2, "size", 0, integerMax),
  id(3, "root"),
];

const claims: Partial<Record<BodyKind, readonly FieldRule[]>> = {
  assertion,
  retraction: [id(1, "target"), claimPath(2), reason(3)],
  supersession: [id(1, "old"), id(2, "new"), claimPath(3), reason(4)],
  vote: [id(1, "target"), claimPath(2), sint32(3, "weight_millionths", -millionth, millionth)],
  endorsement: [id(1, "target"), claimPath(2)],
  source_record: [
    sourceId(1, "id"),
    text(2, "version", 1, 64, optional),
    text(3, "title", 1, 512, optional),
    bytes(4, "hash", 32, 32, optional),
    enumeration(5, "class", sourceClasses, {}),
    text(6, "uri", 1, 2 * KiB, optional),
    text(7, "media_type", 1, 128, optional),
    uint(8, "content_bytes", 0, sourceContentBytesMax, optional),
    derivedFrom(9),
  ],
  source_chunk: [
    id(1, "record"),
    uint(2, "offset_bytes", 0, sourceContentBytesMax - 1),
    bytes(3, "content", 1, 48 * KiB),
  ],
  source_retraction: [sourceId(1, "source_id"), reason(2)],
  predicate_record: [
    text(1, "prefix", 1, 400, { ...path, ...optional }),
    text(2, "predicate", 1, 64, { shape: "predicate" }),
    enumeration(3, "cardinality", cardinalities, {}),
    enumeration(4, "comparator", comparators, {}),
    text(5, "unit", 1, 64, optional),
    text(6, "doc", 0, 2 * KiB),
    double(7, "step", { optional: true, positive: true }),
  ],
  alias: [text(1, "path", 1, 400, path), text(2, "canonical", 1, 400, path)],
  epoch: [text(1, "name", 1, 64, plain), text(2, "supersedes", 1, 64, { ...plain, ...optional })],
  trust_outcome: [id(1, "target"), claimPath(2), enumeration(3, "outcome", outcomes, {})],
  redaction: [id(1, "target"), bytes(2, "question_digest", 8, 8, optional), reason(3)],
};

const administration: Partial<Record<BodyKind, readonly FieldRule[]>> = {
  grant: [
    clusterId,
    id(2, "key"),
    enumeration(3, "role", roles, { oneof: "right" }),
    enumeration(4, "class_ceiling", sourceClasses, { oneof: "right" }),
    text(5, "prefix", 1, 400, { ...path, ...optional }),
    text(6, "note", 0, 256),
  ],
  revocation: [clusterId, id(2, "key"), fixed64(3, "since"), reason(4)],
  setting: [clusterId, text(2, "name", 1, 64), text(3, "value", 0, 4 * KiB, { kept: true })],
  member_join: [
    clusterId,
    text(2, "node_id", 1, 64),
    id(3, "node_key"),
    bytes(4, "store_id", 16, 16),
    id(5, "log_id"),
    text(6, "rpc_address", 1, 256),
  ],
  member_remove: [clusterId, text(2, "node_id", 1, 64), id(3, "node_key"), reason(4)],
  quarantine: [
    clusterId,
    id(2, "log_id"),
    uint(3, "from_index", 0, integerMax),
    bytes(4, "evidence", 0, 4 * KiB),
    reason(5),
  ],
  quarantine_end: [clusterId, id(2, "log_id"), reason(3)],
  shard_move: [
    clusterId,
    uint(2, "shard", 0, 255),
    text(3, "from_node_id", 1, 64, optional),
    text(4, "to_node_id", 1, 64, optional),
    reason(5),
  ],
};

const logs: Partial<Record<BodyKind, readonly FieldRule[]>> = {
  log_genesis: [
    id(1, "log_key"),
    bytes(2, "cluster_id", 16, 16),
    id(3, "nonce"),
    message(4, "previous", {}, previousLog),
    bytes(5, "first_administrator", 32, 32, optional),
  ],
  log_closed: [id(1, "log_id"), reason(2)],
  block_stamp: [
    id(1, "log_id"),
    uint(2, "first_index", 0, integerMax),
    uint(3, "count", 1, 0xffff_ffff),
    fixed64(4, "hybrid_time"),
  ],
};

const rulesOfBodies = { ...claims, ...administration, ...logs };
const checked: ReadonlySet<string> = new Set([
  "assertion",
  "supersession",
  "source_chunk",
  "predicate_record",
  "alias",
  "epoch",
  "log_genesis",
]);

const bodies = Object.entries(bodyKinds).map(([kind, number]) =>
  message(
    number,
    kind,
    { oneof: "body", ...(checked.has(kind) ? { check: kind } : {}) },
    rulesOfBodies[kind as BodyKind] ?? [],
  ),
);

/** The whole entry. */
export const entryRule: MessageRule = locate(
  rulesOf(
    [
      bytes(1, "author", 32, 32),
      bytes(2, "salt", 16, 16),
      text(3, "on_behalf_of", 1, 64, optional),
      ...bodies,
    ],
    "entry",
  ),
  "",
);

const isBody = (field: FieldRule): boolean => field.oneof === "body";

/** The field of each kind of body. */
export const bodyFields: ReadonlyMap<string, FieldRule> = new Map(
  entryRule.fields.filter(isBody).map((field) => [field.name, field]),
);

/** The name of each body, by its number. */
export const bodyNames: ReadonlyMap<number, BodyKind> = new Map(
  entryRule.fields.filter(isBody).map((field) => [field.number, field.name as BodyKind]),
);

const valueRule = bodyFields.get("assertion")?.message?.byNumber[3]?.message;
const valueMembers = valueRule?.fields.filter((field) => field.oneof !== undefined) ?? [];
const kindOf = (field: FieldRule): ValueKind =>
  field.name === "instant_ns" ? "instant" : (field.name as ValueKind);

/** The field of each kind of value. */
export const valueFields: ReadonlyMap<string, FieldRule> = new Map(
  valueMembers.map((field) => [kindOf(field), field]),
);

/** The kind of each value, by its number. */
export const valueKinds: ReadonlyMap<number, ValueKind> = new Map(
  valueMembers.map((field) => [field.number, kindOf(field)]),
);
