/**
 * Goal: a request is taken as it was meant, or refused with the field, its limit and its value.
 * Method: each start form; a table of one thing wrong at a time.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { integerMax } from "../../src/model/limits.js";
import { toFilter, toGet, toHeartbeatMs, toRead, toStart } from "../../src/rpc/requests.js";
import type { SourceClass } from "../../src/wire/steme/v1/entry.js";
import type {
  Kind,
  ReadRequest,
  SubscribeRequest,
  Filter as WireFilter,
} from "../../src/wire/steme/v1/log_service.js";
import { assertionBody, authorOf, entryOf } from "../support/batches.js";
import { throwsFault } from "../support/expect.js";

const test = suite("rpc: requests");
const logId = Buffer.alloc(32, 7);
const author = authorOf(1);

type At = NonNullable<NonNullable<SubscribeRequest["start"]>["at"]>;
const subscribe = (at: At | undefined, heartbeatMs = 0): SubscribeRequest => ({
  start: at === undefined ? undefined : { at },
  filter: undefined,
  heartbeatMs,
  untilEnd: false,
});
const read = (parts: Partial<ReadRequest>): ReadRequest => ({
  fromIndex: 0n,
  count: 0n,
  backwards: false,
  filter: undefined,
  ...parts,
});
const wireFilter = (parts: Partial<WireFilter>): WireFilter => ({
  conceptPrefixes: [],
  predicates: [],
  authors: [],
  sourceClasses: [],
  kinds: [],
  ...parts,
});
const startOf = (at: At) => toStart(subscribe(at));
const position = (index: bigint) => ({ logId, index });

test("toStart: each form is what it says", () => {
  assert.equal(startOf({ $case: "beginning", value: {} }), { kind: "beginning" });
  assert.equal(startOf({ $case: "end", value: {} }), { kind: "end" });
  const at = { logId, index: 5 };
  assert.equal(startOf({ $case: "after", value: position(5n) }), { kind: "after", position: at });
  assert.equal(startOf({ $case: "atPosition", value: position(5n) }), { kind: "at", position: at });
  assert.equal(startOf({ $case: "last", value: 9n }), { kind: "last", count: 9 });
  const token = Buffer.from("token");
  assert.equal(startOf({ $case: "frontier", value: token }), { kind: "frontier", token });
});

test("toStart: a moment is that moment; one outside of time is its first or last", () => {
  const msOf = (value: bigint) => {
    const start = startOf({ $case: "recordedMs", value });
    assert.is(start.kind, "recorded");
    return start.kind === "recorded" ? start.ms : Number.NaN;
  };
  assert.is(msOf(1_800_000_000_000n), 1_800_000_000_000);
  assert.is(msOf(0n), 0);
  assert.is(msOf(-(2n ** 63n)), 0);
  const last = msOf(2n ** 63n - 1n);
  assert.ok(Number.isSafeInteger(last) && last > 4_000_000_000_000, "far ahead, and an integer");
});

test("toHeartbeatMs: zero is the node's own, the limits are inclusive", () => {
  const heartbeat = (ms: number) =>
    toHeartbeatMs(subscribe({ $case: "end", value: {} }, ms), 10_000);
  assert.equal([heartbeat(0), heartbeat(100), heartbeat(600_000)], [10_000, 100, 600_000]);
  for (const ms of [1, 99, 600_001, 4_294_967_295]) {
    assert.is(throwsFault(() => heartbeat(ms), "ARGUMENT_INVALID").detail["field"], "heartbeat_ms");
  }
});

test("toRead: the whole of a read, and no log id where none was given", () => {
  const request = read({ fromIndex: 3n, count: 1_000_000n, backwards: true });
  assert.equal(toRead(request), {
    logId: undefined,
    from: 3,
    count: 1_000_000,
    backwards: true,
    filter: undefined,
  });
  assert.equal(toRead({ ...request, logId }).logId, logId);
});

test("toGet: by id, or by position", () => {
  const id = Buffer.alloc(32, 1);
  assert.equal(toGet({ by: { $case: "id", value: id } }), { kind: "id", id });
  assert.equal(toGet({ by: { $case: "position", value: position(4n) } }), {
    kind: "position",
    position: { logId, index: 4 },
  });
});

test("toFilter: nothing asked for is no filter", () => {
  assert.is(toFilter(undefined), undefined);
  assert.is(toFilter(wireFilter({})), undefined);
});

test("toFilter: a prefix may end with a slash", () => {
  const filter = toFilter(wireFilter({ conceptPrefixes: ["test/concept/7/"] }));
  assert.ok(filter?.matches(entryOf(author, assertionBody(7))));
  assert.not(filter?.matches(entryOf(author, assertionBody(70))));
});

const filterOf = (parts: Partial<WireFilter>) => () => toFilter(wireFilter(parts));
const many = (count: number) => Array.from({ length: count }, (_none, at) => `p${at}`);

const refused: readonly [name: string, field: string, call: () => unknown][] = [
  ["no start", "start", () => toStart(subscribe(undefined))],
  [
    "a log id of 31 bytes",
    "start.after.log_id",
    () => startOf({ $case: "after", value: { logId: Buffer.alloc(31), index: 0n } }),
  ],
  [
    "an index above 2^53 - 1",
    "start.at_position.index",
    () => startOf({ $case: "atPosition", value: position(BigInt(integerMax) + 1n) }),
  ],
  ["a last above 2^53 - 1", "start.last", () => startOf({ $case: "last", value: 2n ** 64n - 1n })],
  ["no count", "count", () => toRead(read({ fromIndex: 0n }))],
  ["a count too many", "count", () => toRead(read({ count: 1_000_001n }))],
  ["a short log id", "log_id", () => toRead(read({ logId: Buffer.alloc(1) }))],
  ["neither id nor position", "by", () => toGet({ by: undefined })],
  ["a long id", "id", () => toGet({ by: { $case: "id", value: Buffer.alloc(33) } })],
  ["65 prefixes", "filter.concept_prefixes", filterOf({ conceptPrefixes: many(65) })],
  ["an empty prefix", "filter.concept_prefixes", filterOf({ conceptPrefixes: [""] })],
  ["a long prefix", "filter.concept_prefixes", filterOf({ conceptPrefixes: ["a".repeat(401)] })],
  ["65 predicates", "filter.predicates", filterOf({ predicates: many(65) })],
  ["a long predicate", "filter.predicates", filterOf({ predicates: ["é".repeat(33)] })],
  ["a short author", "filter.authors", filterOf({ authors: [Buffer.alloc(31)] })],
  ["an unspecified class", "filter.source_classes", filterOf({ sourceClasses: [0] })],
  ["an unknown class", "filter.source_classes", filterOf({ sourceClasses: [99 as SourceClass] })],
  ["an unknown kind", "filter.kinds", filterOf({ kinds: [9 as Kind] })],
  ["a negative kind", "filter.kinds", filterOf({ kinds: [-1 as Kind] })],
];

for (const [name, field, call] of refused) {
  test(`refused: ${name}, by field, limit and value`, () => {
    const { detail, message } = throwsFault(call, "ARGUMENT_INVALID");
    assert.is(detail["field"], field);
    assert.ok(String(detail["limit"]).length > 0 && detail["value"] !== undefined);
    assert.ok(String(detail["value"]).length <= 128);
    assert.ok(message.startsWith(field), message);
  });
}

test.run();
