/**
 * Goal: what is written back to front is protobuf, and says what it was made of. Method: answers to
 * histories of chance, under every lens, are written, read by the generated code and written by it
 * again, byte for byte; and read by the client into the very same objects.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  assertionsResult,
  conceptsResult,
  diffResult,
  explainResult,
  queryResult,
  questionsResult,
  sourcesResult,
} from "../../src/client/query-results.js";
import { everything } from "../../src/lens/cut.js";
import { compareAnswers, explain, World } from "../../src/lens/index.js";
import { type Basis, lensNames } from "../../src/model/answer.js";
import { toIndex } from "../../src/model/position.js";
import {
  encodeAssertionsReply,
  encodeConceptsReply,
  encodeDiffReply,
  encodeExplainReply,
  encodeQueryReply,
  encodeQuestionsReply,
  encodeSourcesReply,
} from "../../src/rpc/query-replies.js";
import {
  DiffResponse,
  ExplainResponse,
  ListAssertionsResponse,
  ListConceptsResponse,
  ListQuestionsResponse,
  ListSourcesResponse,
  QueryResponse,
} from "../../src/wire/steme/v1/query_service.js";
import { inputsOf } from "../support/naive-entries.js";
import { naiveAnswers } from "../support/naive-lens.js";
import { randomAsked } from "../support/random-asked.js";
import { randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";

const test = suite("rpc: query replies");

interface Message<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/** Read and written again by the generated code. */
function isCanonical<T>(type: Message<T>, bytes: Uint8Array): void {
  const again = type.encode(type.decode(bytes)).finish();
  assert.is(Buffer.from(again).toString("hex"), Buffer.from(bytes).toString("hex"));
}

/** Buffers compare as the bytes that they are. */
const plain = (value: unknown): unknown => {
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString("hex")}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]));
};
const same = (left: unknown, right: unknown, message?: string): void =>
  assert.equal(plain(left), plain(right), message);

const basis: Basis = {
  lens: "consensus",
  lensVersion: 1,
  parameters: {
    decay: "class",
    lifecycles: ["proposed"],
    voices: "authors",
    recencyTime: "asserted",
    confidenceMillionthsMin: 0,
    trustMillionthsMin: 0,
  },
  frontier: new Uint8Array(48).fill(5),
  evaluatedAtMs: 1_800_000_000_000,
};
const queryId = new Uint8Array(16).fill(8);

test("query: answers of every lens come back as they were", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const history = randomHistory(seed);
    const asked = randomAsked(new Seeded(seed), history);
    for (const lens of lensNames) {
      if (lens === "constraints") continue;
      const answers = naiveAnswers(history.entries, lens, asked);
      const nextCursor = seed % 2 === 0 ? { nextCursor: new Uint8Array([1, 2]) } : {};
      const isBehind = seed % 3 === 0;
      const result = { basis: { ...basis, lens }, answers, ...nextCursor, isBehind, queryId };
      const bytes = encodeQueryReply(result);
      isCanonical(QueryResponse, bytes);
      same(queryResult(bytes), result, `seed ${seed}, ${lens}`);
    }
  }
});

test("query: rules come back as they were", () => {
  const rule = {
    predicate: "must_use",
    conceptPath: "a",
    value: { kind: "unknown" },
    holds: true,
    isContradicted: true,
    confidenceMillionths: 5,
    conflictMillionths: 6,
    status: "agreed",
    claims: [],
  } as const;
  const counts = { candidates: 1, considered: 2, revised: 3, redacted: 4, ineligible: 5 };
  const answer = {
    conceptPath: "a",
    predicate: "",
    confidenceMillionths: 0,
    conflictMillionths: 0,
    status: "contested",
    supports: [],
    valueCount: 0,
    counts,
    constraints: [rule, { ...rule, sourceClass: "expert", predicate: "forbidden" }],
  } as const;
  const result = {
    basis: { ...basis, lens: "constraints" },
    answers: [answer],
    isBehind: false,
    queryId,
  } as const;
  const bytes = encodeQueryReply(result);
  isCanonical(QueryResponse, bytes);
  same(queryResult(bytes), result);
});

test("query: a basis says what was asked, all of it", () => {
  const full: Basis = {
    ...basis,
    evaluatedAtMs: -8_640_000_000_000_000,
    parameters: {
      ...basis.parameters,
      decay: { halfLifeMs: 8_640_000_000_000_000 },
      epoch: "",
      validAtMs: 0,
      authorsIn: [new Uint8Array(32).fill(1)],
      authorsOut: [new Uint8Array(32).fill(2)],
      sourcesIn: ["a", "b"],
      sourcesOut: ["ü".repeat(60)],
      claimsOut: [new Uint8Array(32).fill(3)],
      classes: ["regulatory", "anecdotal"],
      confidenceMillionthsMin: 7,
      trustMillionthsMin: 1_000_000,
    },
    asOf: { kind: "position", position: { logId: new Uint8Array(32).fill(4), index: toIndex(0) } },
    settled: false,
  };
  const moments = [
    full.asOf,
    { kind: "recorded", recordedMs: 0 },
    { kind: "frontier", frontier: new Uint8Array(48) },
  ] as const;
  for (const asOf of moments) {
    if (asOf === undefined) continue;
    const result = { basis: { ...full, asOf }, answers: [], isBehind: true, queryId };
    const bytes = encodeQueryReply(result);
    isCanonical(QueryResponse, bytes);
    same(queryResult(bytes), result);
  }
});

test("explain and diff: explanations of histories of chance come back as they were", () => {
  for (let seed = 1; seed <= 25; seed++) {
    const history = randomHistory(seed);
    const asked = randomAsked(new Seeded(seed), history);
    const { root, records, ...input } = inputsOf(history.entries, asked);
    const worldAt = (cut: typeof everything) => World.fold({ root, records, cut });
    const lens = lensNames[seed % 7] as (typeof lensNames)[number];
    const from = { ...input, world: worldAt(input.cut), lens };
    const explained = { ...explain(from), basis: { ...basis, lens }, isBehind: false };
    const bytes = encodeExplainReply(explained);
    isCanonical(ExplainResponse, bytes);
    same(explainResult(bytes), explained, `seed ${seed}`);
    const to = { ...from, cut: everything, world: worldAt(everything) };
    const bases = { fromBasis: { ...basis, lens }, toBasis: { ...basis, lens } };
    const difference = { ...compareAnswers(from, to), ...bases, isBehind: true };
    const compared = encodeDiffReply(difference);
    isCanonical(DiffResponse, compared);
    same(diffResult(compared), difference, `seed ${seed}`);
  }
});

test("lists: rows come back as they were", () => {
  const rest = {
    frontier: new Uint8Array(48).fill(1),
    isBehind: true,
    nextCursor: new Uint8Array(9),
  };
  const concepts = {
    rows: [
      { conceptPath: "a", predicates: ["p", "ö"], claimCount: 2 ** 40, hasChildren: true },
      { conceptPath: "b", predicates: [], claimCount: 0, hasChildren: false },
    ],
    ...rest,
  };
  isCanonical(ListConceptsResponse, encodeConceptsReply(concepts));
  same(conceptsResult(encodeConceptsReply(concepts)), concepts);
  const facts = {
    conceptPath: "a",
    predicate: "p",
    claimCount: 3,
    conflictMillionths: 4,
    valueCount: 5,
  };
  const questions = { rows: [{ ...facts, latest: 2n ** 63n + 5n }], ...rest };
  isCanonical(ListQuestionsResponse, encodeQuestionsReply(questions));
  same(questionsResult(encodeQuestionsReply(questions)), questions);
  const id = new Uint8Array(32).fill(2);
  const position = { logId: id, index: toIndex(2 ** 50) };
  const assertions = {
    rows: [{ id, position, recorded: 7n, entry: new Uint8Array(70_000).fill(9) }],
    ...rest,
  };
  isCanonical(ListAssertionsResponse, encodeAssertionsReply(assertions));
  same(assertionsResult(encodeAssertionsReply(assertions)), assertions);
  const sources = {
    rows: [
      { sourceId: "s", claimCount: 1, isRetracted: false },
      {
        sourceId: "t",
        claimCount: 2,
        sourceClass: "clinical",
        record: new Uint8Array([1]),
        isRetracted: true,
        retractionReason: "fraud",
      },
    ],
    frontier: rest.frontier,
    isBehind: false,
  } as const;
  isCanonical(ListSourcesResponse, encodeSourcesReply(sources));
  same(sourcesResult(encodeSourcesReply(sources)), sources);
});

test.run();
