/** One entry of every body and one assertion of every kind of value, small and complete. */
import type { Assertion, Body, EntryFields, Value } from "../../src/model/entry.js";

export const filled = (bytes: number, value: number): Uint8Array =>
  new Uint8Array(bytes).fill(value);

export const author = filled(32, 0xa1);
export const salt = filled(16, 0x5a);
const clusterId = filled(16, 0xc1);
const key = filled(32, 0x33);
const target = filled(32, 0x7a);
const path = "web/key/api.Blob/firefox";

export const entryOf = (body: Body): EntryFields => ({ author, salt, body });

export const values: Readonly<Record<string, Value>> = {
  text: { kind: "text", text: "größer", language: "de-CH" },
  text_plain: { kind: "text", text: "two\nlines" },
  text_empty: { kind: "text", text: "" },
  integer: { kind: "integer", integer: -42n, bound: "at_least" },
  integer_largest: { kind: "integer", integer: 2n ** 63n - 1n, bound: "exact" },
  integer_smallest: { kind: "integer", integer: -(2n ** 63n), bound: "exact" },
  number: { kind: "number", number: 36.6, unit: "Cel", bound: "exact" },
  number_zero: { kind: "number", number: 0, bound: "at_most" },
  boolean_true: { kind: "boolean", boolean: true },
  boolean_false: { kind: "boolean", boolean: false },
  reference: { kind: "reference", reference: "https://example.org/a b" },
  instant: { kind: "instant", instantNs: 1_764_000_000_123_456_789n, bound: "at_most" },
  date_year: { kind: "date", year: -44, bound: "at_most" },
  date_day: { kind: "date", year: 2024, month: 2, day: 29, bound: "exact" },
  date_month: { kind: "date", year: 0, month: 12, bound: "exact" },
  version: { kind: "version", version: "1.4.2-rc.1", bound: "exact" },
  bytes: { kind: "bytes", bytes: new Uint8Array([0, 255, 128]) },
  bytes_empty: { kind: "bytes", bytes: new Uint8Array(0) },
  unknown: { kind: "unknown" },
};

export const assertion: Assertion = {
  kind: "assertion",
  conceptPath: path,
  predicate: "supported_since",
  value: { kind: "version", version: "13", bound: "exact" },
  polarity: "affirms",
  confidenceMillionths: 1_000_000,
  source: { id: "npm:@mdn/browser-compat-data", class: "community" },
  assertedMs: 1_764_000_000_000,
  lifecycle: "proposed",
};

export const assertionFull: Assertion = {
  ...assertion,
  conceptPath: "https://例え.jp/ö",
  polarity: "denies",
  confidenceMillionths: 0,
  source: {
    id: "npm:web-features",
    version: "3.40.0",
    hash: filled(32, 0x44),
    class: "anecdotal",
    uri: "https://www.npmjs.com/package/web-features",
    locator: "features.blob.status",
    derivedFrom: ["npm:@mdn/browser-compat-data", "npm:caniuse-lite"],
  },
  assertedMs: -1,
  validFromMs: 0,
  validUntilMs: 1,
  lifecycle: "rejected",
  epoch: "baseline-2024",
  parent: filled(32, 0x99),
  labels: [
    { key: "flag", value: "" },
    { key: "flag", value: "behind-a-pref" },
    { key: "region", value: "eu" },
  ],
  vector: [0.5, -1.25, 0],
  visualHash: new Uint8Array([1, 2, 3]),
};

/** By name: the kind, and what is special about it. */
export const bodies = {
  assertion,
  assertion_labelled: { ...assertion, labels: [{ key: "region", value: "eu" }] },
  assertion_full: assertionFull,
  retraction: { kind: "retraction", target, path, reason: "measured wrongly" },
  supersession: { kind: "supersession", old: target, new: key, path, reason: "newer release" },
  vote: { kind: "vote", target, path, weightMillionths: -250_000 },
  vote_withdrawn: { kind: "vote", target, path, weightMillionths: 0 },
  endorsement: { kind: "endorsement", target, path },
  source_record: { kind: "source_record", id: "npm:caniuse-lite", class: "community" },
  source_record_full: {
    kind: "source_record",
    id: "npm:caniuse-lite",
    version: "1.0.30001826",
    title: "Can I use, compressed",
    hash: target,
    class: "regulatory",
    uri: "https://www.npmjs.com/package/caniuse-lite",
    mediaType: "application/json",
    contentBytes: 0,
    derivedFrom: ["a", "b"],
  },
  source_chunk: { kind: "source_chunk", record: target, offsetBytes: 0, content: filled(3, 1) },
  source_retraction: { kind: "source_retraction", sourceId: "doi:10.1/x", reason: "withdrawn" },
  predicate_record: {
    kind: "predicate_record",
    predicate: "supported_since",
    cardinality: "one",
    comparator: "version",
  },
  predicate_record_full: {
    kind: "predicate_record",
    prefix: "body",
    predicate: "mass",
    cardinality: "many",
    comparator: "step",
    unit: "kg",
    doc: "How heavy it is.",
    step: 0.5,
  },
  alias: { kind: "alias", path: "web/a", canonical: "web/b" },
  epoch: { kind: "epoch", name: "baseline-2025", supersedes: "baseline-2024" },
  trust_outcome: { kind: "trust_outcome", target, path, outcome: "wrong" },
  redaction: { kind: "redaction", target, questionDigest: filled(8, 2), reason: "on request" },
  grant_role: { kind: "grant", clusterId, key, role: "gateway", note: "the gateway" },
  grant_class: { kind: "grant", clusterId, key, classCeiling: "expert", prefix: "web/key" },
  revocation: { kind: "revocation", clusterId, key, since: 2n ** 63n + 5n, reason: "lost" },
  setting: { kind: "setting", clusterId, name: "replication.factor", value: "" },
  member_join: {
    kind: "member_join",
    clusterId,
    nodeId: "node-1",
    nodeKey: key,
    storeId: filled(16, 4),
    logId: target,
    rpcAddress: "10.0.0.1:18182",
  },
  member_remove: { kind: "member_remove", clusterId, nodeId: "node-1", nodeKey: key },
  quarantine: {
    kind: "quarantine",
    clusterId,
    logId: target,
    fromIndex: 2 ** 53 - 1,
    evidence: filled(5, 6),
    reason: "forked",
  },
  quarantine_end: { kind: "quarantine_end", clusterId, logId: target, reason: "a mistake" },
  shard_move: {
    kind: "shard_move",
    clusterId,
    shard: 255,
    fromNodeId: "node-1",
    toNodeId: "node-2",
    reason: "full",
  },
  log_genesis: {
    kind: "log_genesis",
    logKey: author,
    clusterId,
    nonce: filled(32, 8),
    firstAdministrator: key,
  },
  log_genesis_next: {
    kind: "log_genesis",
    logKey: author,
    clusterId,
    nonce: filled(32, 8),
    previous: { logId: target, size: 300, root: key },
  },
  log_closed: { kind: "log_closed", logId: target, reason: "key rotation" },
  block_stamp: {
    kind: "block_stamp",
    logId: target,
    firstIndex: 0,
    count: 4_294_967_295,
    hybridTime: 115_605_504_000_000_007n,
  },
} satisfies Readonly<Record<string, Body>>;

/** All of them as entries: the bodies, and an assertion of each value. */
export const samples: ReadonlyMap<string, EntryFields> = new Map([
  ...Object.entries(bodies).map(([name, body]) => [name, entryOf(body)] as const),
  ...Object.entries(values).map(
    ([name, value]) => [`value_${name}`, entryOf({ ...assertion, value })] as const,
  ),
  ["on_behalf_of", { ...entryOf(assertion), onBehalfOf: "dr.müller@clinic" }],
]);
