/**
 * Goal: a question is taken as it was meant, or refused with the field, its limit and its value.
 * Method: what the client encodes comes out as it went in; a table of one thing wrong at a time.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  assertionsBytes,
  conceptsBytes,
  diffBytes,
  explainBytes,
  queryBytes,
  questionsBytes,
  sourcesBytes,
} from "../../src/client/query-requests.js";
import type { Moment } from "../../src/model/answer.js";
import { messageBytesMax } from "../../src/model/limits.js";
import { toIndex } from "../../src/model/position.js";
import type { LensRequest, QueryInput, QuerySubject } from "../../src/model/query.js";
import {
  toAssertions,
  toConcepts,
  toDiff,
  toExplain,
  toQuery,
  toQuestions,
  toSources,
} from "../../src/rpc/query-requests.js";
import {
  LensParameters,
  QueryRequest,
  type LensParameters as WireParameters,
} from "../../src/wire/steme/v1/query_service.js";
import { throwsFault } from "../support/expect.js";

const test = suite("rpc: query requests");

const question = { conceptPath: "a/b", predicate: "p" };
const subject: QuerySubject = { kind: "question", question };
const bytes32 = (fill: number) => Buffer.alloc(32, fill);
const position = { logId: bytes32(7), index: toIndex(5) };

const everything: LensRequest = {
  lens: "layered",
  parameters: {
    decay: { halfLifeMs: 86_400_000 },
    lifecycles: ["approved", "deprecated"],
    epoch: "2026",
    validAtMs: -5,
    voices: "sources",
    authorsIn: [bytes32(1)],
    authorsOut: [bytes32(2), bytes32(3)],
    sourcesIn: ["mdn"],
    sourcesOut: ["caniuse", "ünïcode"],
    classes: ["regulatory", "anecdotal"],
    confidenceMillionthsMin: 1,
    trustMillionthsMin: 1_000_000,
    recencyTime: "valid_from",
    claimsOut: [bytes32(9)],
  },
  asOf: { kind: "position", position },
  evaluatedAtMs: -1,
  freshness: { kind: "frontier", frontier: Buffer.from([1, 2, 3]) },
};

test("query: every field comes out as it went in", () => {
  const whole: QueryInput = { subject, ...everything, pageSize: 7, cursor: Buffer.from([9]) };
  assert.equal(toQuery(queryBytes(whole)), whole);
  const subjects: readonly QuerySubject[] = [
    subject,
    { kind: "concept", conceptPath: "web://x/y" },
    { kind: "questions", questions: [question, { conceptPath: "ä", predicate: "ö" }] },
    { kind: "prefix", prefix: "" },
    { kind: "prefix", prefix: "a", predicate: "p" },
    { kind: "prefix", prefix: "web://" },
  ];
  for (const one of subjects) assert.equal(toQuery(queryBytes({ subject: one })), { subject: one });
});

test("query: moments, freshness and decays are what they say", () => {
  const moments: readonly Moment[] = [
    { kind: "position", position },
    { kind: "frontier", frontier: Buffer.alloc(48, 1) },
    { kind: "recorded", recordedMs: 1_800_000_000_000 },
  ];
  for (const asOf of moments)
    assert.equal(toQuery(queryBytes({ subject, asOf })), { subject, asOf });
  for (const level of ["local", "known", "latest"] as const) {
    const freshness = { kind: "level", level } as const;
    assert.equal(toQuery(queryBytes({ subject, freshness })).freshness, freshness);
  }
  const freshness = { kind: "position", position } as const;
  assert.equal(toQuery(queryBytes({ subject, freshness })).freshness, freshness);
  for (const decay of ["class", "none"] as const) {
    const parameters = { decay };
    assert.equal(toQuery(queryBytes({ subject, parameters })).parameters, parameters);
  }
  const { parameters } = toQuery(queryBytes({ subject, parameters: { lifecycles: [] } }));
  assert.is(parameters, undefined, "empty lists say nothing");
});

test("the other requests come out as they went in", () => {
  const explained = { question, ...everything };
  assert.equal(toExplain(explainBytes(explained)), explained);
  const { asOf: _, evaluatedAtMs: __, ...asked } = everything;
  const from = { kind: "recorded", recordedMs: 5 } as const;
  const compared = { question, ...asked, from, to: { kind: "position", position } } as const;
  assert.equal(toDiff(diffBytes(compared)), compared);
  const freshness = { kind: "level", level: "local" } as const;
  const page = { pageSize: 9, cursor: Buffer.from([1]), freshness };
  const concepts = { prefix: "a", childrenOnly: true, ...page };
  assert.equal(toConcepts(conceptsBytes(concepts)), concepts);
  for (const which of [
    { kind: "concept", conceptPath: "a" },
    { kind: "prefix", prefix: "a" },
    { kind: "most_contested", prefix: "" },
    { kind: "most_recent" },
  ] as const) {
    assert.equal(toQuestions(questionsBytes({ which, ...page })), { which, ...page });
  }
  for (const of of [
    { kind: "author", author: bytes32(3) },
    { kind: "source", sourceId: "mdn" },
  ] as const) {
    const input = { of, isBackward: true, ...page };
    assert.equal(toAssertions(assertionsBytes(input)), input);
  }
  assert.equal(toSources(sourcesBytes({ sourceId: "s", ...page })), { sourceId: "s", ...page });
});

test("a slash behind a prefix is nothing; names of enums come in order, once", () => {
  const prefixed = { subject: { kind: "prefix", prefix: "a/b/" } } as const;
  assert.equal(toQuery(queryBytes(prefixed)).subject, { kind: "prefix", prefix: "a/b" });
  const lifecycles = ["approved", "proposed", "approved"] as const;
  const { parameters } = toQuery(queryBytes({ subject, parameters: { lifecycles } }));
  assert.equal(parameters?.lifecycles, ["proposed", "approved"]);
});

/** A request as a stranger may encode it. */
const wire = (parts: Partial<QueryRequest>): Uint8Array =>
  QueryRequest.encode({
    subject: { $case: "question", value: question },
    lens: 0,
    parameters: undefined,
    asOf: undefined,
    freshness: undefined,
    pageSize: 0,
    cursor: Buffer.alloc(0),
    ...parts,
  }).finish();
const withParameters = (parts: Partial<WireParameters>): Uint8Array =>
  wire({ parameters: { ...LensParameters.decode(new Uint8Array(0)), ...parts } });
const about = (conceptPath: string, predicate = "p"): Uint8Array =>
  wire({ subject: { $case: "question", value: { conceptPath, predicate } } });
const many = (count: number) =>
  wire({
    subject: { $case: "questions", value: { questions: Array(count).fill(question) } },
  });

const wrong: readonly (readonly [string, Uint8Array, string])[] = [
  ["no subject", wire({ subject: undefined }), "subject"],
  ["an empty path", about(""), "question.concept_path"],
  ["an empty segment", about("a//b"), "question.concept_path"],
  ["a control character", about("a\u0007"), "question.concept_path"],
  ["a path too long", about("a".repeat(401)), "question.concept_path"],
  ["a path too long in bytes", about("ä".repeat(201)), "question.concept_path"],
  ["a path not in NFC", about("a\u0308"), "question.concept_path"],
  ["an empty predicate", about("a", ""), "question.predicate"],
  ["a predicate with a slash", about("a", "p/q"), "question.predicate"],
  ["a predicate too long", about("a", "p".repeat(65)), "question.predicate"],
  ["no questions", many(0), "questions.questions"],
  ["too many questions", many(1_001), "questions.questions"],
  ["an unknown lens", wire({ lens: 99 as never }), "lens"],
  ["an unknown decay", withParameters({ decay: 9 as never }), "parameters.decay"],
  ["a half-life of nothing", withParameters({ decay: 3 }), "parameters.half_life_ms"],
  [
    "a half-life too long",
    withParameters({ decay: 3, halfLifeMs: 8_640_000_000_000_001n }),
    "parameters.half_life_ms",
  ],
  [
    "a half-life for another decay",
    withParameters({ decay: 1, halfLifeMs: 5n }),
    "parameters.half_life_ms",
  ],
  ["an unknown lifecycle", withParameters({ lifecycles: [0] }), "parameters.lifecycles"],
  ["an unknown class", withParameters({ classes: [7 as never] }), "parameters.classes"],
  ["unknown voices", withParameters({ voices: 3 as never }), "parameters.voices"],
  ["an unknown recency", withParameters({ recencyTime: 4 as never }), "parameters.recency_time"],
  ["an empty epoch", withParameters({ epoch: "" }), "parameters.epoch"],
  ["a short author", withParameters({ authorsIn: [Buffer.alloc(31)] }), "parameters.authors_in"],
  [
    "too many authors",
    withParameters({ authorsOut: Array(65).fill(bytes32(1)) }),
    "parameters.authors_out",
  ],
  ["an empty source", withParameters({ sourcesIn: [""] }), "parameters.sources_in"],
  [
    "too many sources",
    withParameters({ sourcesOut: Array(65).fill("s") }),
    "parameters.sources_out",
  ],
  ["a short claim", withParameters({ claimsOut: [Buffer.alloc(33)] }), "parameters.claims_out"],
  [
    "more than sure",
    withParameters({ confidenceMillionthsMin: 1_000_001 }),
    "parameters.confidence_millionths_min",
  ],
  [
    "more than trusted",
    withParameters({ trustMillionthsMin: 1_000_001 }),
    "parameters.trust_millionths_min",
  ],
  [
    "valid too far away",
    withParameters({ validAtMs: 8_640_000_000_000_001n }),
    "parameters.valid_at_ms",
  ],
  ["evaluated too far away", wire({ evaluatedAtMs: -(2n ** 62n) }), "evaluated_at_ms"],
  ["a page too large", wire({ pageSize: 1_001 }), "page_size"],
  ["a moment without one", wire({ asOf: { at: undefined } }), "as_of"],
  [
    "a short log id",
    wire({ asOf: { at: { $case: "position", value: { logId: Buffer.alloc(3), index: 0n } } } }),
    "as_of.position.log_id",
  ],
  [
    "an index that no log has",
    wire({
      freshness: {
        wanted: { $case: "position", value: { logId: bytes32(1), index: 2n ** 60n } },
      },
    }),
    "freshness.position.index",
  ],
  [
    "an unknown level",
    wire({ freshness: { wanted: { $case: "level", value: 7 as never } } }),
    "freshness.level",
  ],
];

for (const [what, bytes, field] of wrong) {
  test(`refused: ${what}`, () => {
    const { detail, message } = throwsFault(() => toQuery(bytes), "ARGUMENT_INVALID");
    assert.is(detail["field"], field);
    assert.ok(detail["limit"] !== undefined && detail["value"] !== undefined);
    assert.ok(message.startsWith(field), message);
  });
}

test("refused: requests without what they are about", () => {
  const none = new Uint8Array(0);
  const fieldOf = (call: () => unknown) => throwsFault(call, "ARGUMENT_INVALID").detail["field"];
  assert.is(
    fieldOf(() => toExplain(none)),
    "question",
  );
  assert.is(
    fieldOf(() => toDiff(diffBytes({ question, from: undefined as never }))),
    "from",
  );
  assert.is(
    fieldOf(() => toAssertions(none)),
    "of",
  );
  assert.is(
    fieldOf(() => toQuestions(none)),
    "which",
  );
  assert.equal(toConcepts(none), { prefix: "", childrenOnly: false });
});

test("refused: bytes that are no message, a text that is not UTF-8, a message too large", () => {
  throwsFault(() => toQuery(Buffer.from([0xff, 0xff])), "MESSAGE_MALFORMED");
  const encoded = Buffer.from(about("aXb"));
  encoded[encoded.indexOf("X")] = 0xff;
  throwsFault(() => toQuery(encoded), "MESSAGE_MALFORMED");
  throwsFault(() => toQuery(Buffer.alloc(messageBytesMax + 1)), "MESSAGE_TOO_LARGE");
  throwsFault(() => toQuery(wire({ cursor: Buffer.alloc(1_025) })), "CURSOR_INVALID");
});

test.run();
