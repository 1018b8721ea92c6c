/**
 * Goal: queries, explanations, differences and traces reach the query engine as they were asked, by
 * body and by URL alike, and come back as the API describes. Method: a fake engine that remembers
 * what it was asked; every response is held against the OpenAPI document.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Value } from "../../src/model/entry.js";
import { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import {
  answerOf,
  author,
  basisOf,
  claimOf,
  emptyAnswer,
  logId,
  nowMs,
  positionOf,
} from "./fake-parts.js";
import { HttpSubject } from "./http-subject.js";

const test = suite("http: answers");
const yes: Value = { kind: "boolean", boolean: true };

async function on(work: (subject: HttpSubject) => Promise<void>): Promise<void> {
  const subject = await HttpSubject.open();
  try {
    await work(subject);
  } finally {
    await subject.close();
  }
}

test("query: a concept and a lens, as operators type it", () =>
  on(async (subject) => {
    const heard = await subject.post("/v1/query", {
      concept_path: "test/cluster",
      lens: "recency",
    });
    assert.is(heard.status, 200);
    assert.is(heard.json.answers[0].winner, true);
    assert.is(heard.json.answers[0].confidence, 0.95);
    assert.is(heard.json.answers[0].supports[0].support, 1.999999);
    assert.is(heard.json.answers[0].supports[0].claims[0].asserted_at, "2026-02-11T10:15:00Z");
    assert.is(heard.json.basis.lens, "recency");
    assert.is(heard.json.behind, false);
    assert.equal(subject.queries.asked, [
      { subject: { kind: "concept", conceptPath: "test/cluster" }, lens: "recency" },
    ]);
  }));

test("query: nothing found is 200 without answers", () =>
  on(async (subject) => {
    subject.queries.answers = [emptyAnswer];
    const heard = await subject.post("/v1/query", { concept_path: "nobody/knows" });
    assert.is(heard.status, 200);
    assert.equal(heard.json.answers, []);
  }));

test("query: answers whose claims were erased still say so", () =>
  on(async (subject) => {
    const counts = { ...emptyAnswer.counts, redacted: 1 };
    subject.queries.answers = [emptyAnswer, { ...emptyAnswer, counts }];
    const heard = await subject.post("/v1/query", { concept_path: "nobody/knows" });
    assert.is(heard.json.answers.length, 1);
    assert.is(heard.json.answers[0].winner, null);
  }));

test("query: everything that can be asked means the same in a body and in a URL", () =>
  on(async (subject) => {
    const key = toHex(author);
    const asked = {
      concept_path: "a/b c",
      predicate: "p&q",
      lens: "authority",
      half_life_ms: 86_400_000,
      lifecycles: ["approved", "rejected"],
      epoch: "2026",
      valid_at: "2026-01-01T00:00:00.250Z",
      voices: "sources",
      authors_in: [key],
      authors_out: [key, key],
      sources_in: ["a,b"],
      sources_out: ["c"],
      classes: ["expert", "clinical"],
      confidence_min: 0.5,
      trust_min: 0.000001,
      recency_time: "valid_from",
      claims_out: [key],
      as_of: `${toHex(logId)}/12`,
      evaluated_at: "2026-01-02T00:00:00Z",
      freshness: "local",
    };
    assert.is((await subject.post("/v1/query", asked)).status, 200);
    const url = new URLSearchParams();
    for (const [name, value] of Object.entries(asked)) {
      for (const one of Array.isArray(value) ? value : [value]) url.append(name, String(one));
    }
    assert.is((await subject.get(`/v1/query?${url}`)).status, 200);
    const [byBody, byUrl] = subject.queries.asked;
    assert.equal(byUrl, byBody);
    assert.equal(byBody, {
      subject: { kind: "question", question: { conceptPath: "a/b c", predicate: "p&q" } },
      lens: "authority",
      parameters: {
        decay: { halfLifeMs: 86_400_000 },
        lifecycles: ["approved", "rejected"],
        epoch: "2026",
        validAtMs: Date.parse("2026-01-01T00:00:00.250Z"),
        voices: "sources",
        authorsIn: [author],
        authorsOut: [author, author],
        sourcesIn: ["a,b"],
        sourcesOut: ["c"],
        classes: ["expert", "clinical"],
        confidenceMillionthsMin: 500_000,
        trustMillionthsMin: 1,
        recencyTime: "valid_from",
        claimsOut: [author],
      },
      asOf: { kind: "position", position: positionOf(12) },
      evaluatedAtMs: Date.parse("2026-01-02T00:00:00Z"),
      freshness: { kind: "level", level: "local" },
    });
  }));

test("query: questions, a prefix and pages", () =>
  on(async (subject) => {
    const questions = [
      { concept_path: "a", predicate: "p" },
      { concept_path: "b", predicate: "q" },
    ];
    await subject.post("/v1/query", { questions });
    subject.queries.more = { nextCursor: Uint8Array.of(0xab, 1) };
    const page = await subject.get("/v1/query?prefix=a&predicate=p&page_size=7&cursor=0102");
    assert.is(page.json.next_cursor, "ab01");
    assert.equal(subject.queries.asked, [
      {
        subject: {
          kind: "questions",
          questions: [
            { conceptPath: "a", predicate: "p" },
            { conceptPath: "b", predicate: "q" },
          ],
        },
      },
      {
        subject: { kind: "prefix", prefix: "a", predicate: "p" },
        pageSize: 7,
        cursor: Uint8Array.of(1, 2),
      },
    ]);
  }));

test("query: an answer of every shape is as described", () =>
  on(async (subject) => {
    const values: readonly Value[] = [
      { kind: "text", text: "x", language: "en" },
      { kind: "integer", integer: 2n ** 62n, bound: "at_least" },
      { kind: "number", number: 1.5, unit: "mg", bound: "exact" },
      { kind: "date", year: 2026, bound: "exact" },
      { kind: "version", version: "120", bound: "exact" },
      { kind: "bytes", bytes: Uint8Array.of(1) },
      { kind: "unknown" },
    ];
    const [first = yes] = values;
    const tier = {
      sourceClass: "expert",
      confidenceMillionths: 1,
      conflictMillionths: 0,
      status: "none",
      supports: [],
    } as const;
    const constraint = {
      predicate: "must_use",
      conceptPath: "a",
      value: first,
      holds: true,
      isContradicted: false,
      confidenceMillionths: 1_000_000,
      conflictMillionths: 0,
      status: "unanimous",
      claims: [claimOf()],
    } as const;
    subject.queries.answers = [
      ...values.map((value) => answerOf(value, { isManyValued: true })),
      answerOf(yes, { tiers: [tier, { ...tier, winner: yes }], tiersConflictMillionths: 500_000 }),
      answerOf(yes, { isWithoutVotes: true }),
      { ...emptyAnswer, constraints: [constraint, { ...constraint, sourceClass: "expert" }] },
    ];
    subject.queries.basis = basisOf({
      asOf: { kind: "recorded", recordedMs: nowMs },
      settled: true,
      parameters: { decay: { halfLifeMs: 5 }, authorsIn: [author], confidenceMillionthsMin: 1 },
    });
    const heard = await subject.post("/v1/query", { prefix: "" });
    assert.is(heard.json.answers.length, values.length + 3);
    assert.equal(heard.json.answers[4].winner, { kind: "version", version: "120", bound: "exact" });
    assert.is(heard.json.basis.parameters.half_life_ms, 5);
    assert.is(heard.json.basis.parameters.confidence_min, 0.000001);
    assert.is(heard.json.basis.as_of, "2026-02-11T10:15:00Z");
  }));

test("query: what cannot be read is refused with its field, its limit and its value", () =>
  on(async (subject) => {
    const cases: readonly (readonly [object, string, string])[] = [
      [{}, "concept_path", "exactly one"],
      [{ concept_path: "a", prefix: "b" }, "concept_path", "exactly one"],
      [{ concept_path: "a", lens: "newest" }, "lens", "one of recency"],
      [{ concept_path: "a", lense: "recency" }, "lense", "one of"],
      [{ concept_path: 5 }, "concept_path", "a text"],
      [{ concept_path: "a", predicate: "" }, "predicate", "1..64 characters"],
      [{ concept_path: "a", confidence_min: 1.5 }, "confidence_min", "0..1"],
      [{ concept_path: "a", confidence_min: "0.5" }, "confidence_min", "a number"],
      [{ concept_path: "a", confidence_min: 0.1234567 }, "confidence_min", "6 decimals"],
      [{ concept_path: "a", authors_in: ["00"] }, "authors_in.0", "64 hexadecimal digits"],
      [{ concept_path: "a", page_size: 0 }, "page_size", "1..1000"],
      [{ concept_path: "a", cursor: "xyz" }, "cursor", "hexadecimal"],
      [{ concept_path: "a", as_of: "yesterday" }, "as_of", "a moment"],
      [{ concept_path: "a", valid_at: "2026-13-01T00:00:00Z" }, "valid_at", "RFC 3339"],
      [{ concept_path: "a", freshness: "newest" }, "freshness", "local, known"],
      [{ concept_path: "a", decay: "none", half_life_ms: 5 }, "decay", "absent"],
      [{ questions: [] }, "questions", "at least one"],
      [{ questions: [{ concept_path: "a" }] }, "questions.0.predicate", "given"],
      [
        { questions: Array.from({ length: 1_001 }, () => ({ concept_path: "a", predicate: "p" })) },
        "questions",
        "at most 1000 items",
      ],
    ];
    for (const [body, field, limit] of cases) {
      const heard = await subject.refused(subject.post("/v1/query", body), 400, "ARGUMENT_INVALID");
      assert.is(heard.json.facts.field, field, heard.text);
      assert.ok(String(heard.json.facts.limit).includes(limit), heard.text);
    }
    assert.is(subject.queries.asked.length, 0);
  }));

test("query: what the engine refuses has the status of its code", () =>
  on(async (subject) => {
    const cases = [
      ["MOMENT_INVALID", 400],
      ["CURSOR_INVALID", 400],
      ["DEADLINE_EXCEEDED", 504],
      ["VIEWS_UNAVAILABLE", 503],
      ["OVERLOADED", 503],
    ] as const;
    for (const [code, status] of cases) {
      subject.queries.failure = new Fault(code, "told to", { position: 5 });
      const refused = subject.post("/v1/query", { concept_path: "a" });
      const heard = await subject.refused(refused, status, code);
      assert.equal(heard.json.facts, { position: 5 });
      assert.is(heard.headers.get("retry-after"), status === 503 ? "1" : null);
    }
  }));

test("etag: stays while the answer does, and changes with it", () =>
  on(async (subject) => {
    const path = "/v1/query?concept_path=test/cluster";
    const first = await subject.get(path);
    const tag = first.headers.get("etag") ?? "";
    assert.match(tag, /^W\/"[\w-]{22}"$/);
    // Another moment and another frontier, the same answer.
    subject.queries.basis = basisOf({
      evaluatedAtMs: nowMs + 1_000,
      frontier: new Uint8Array(48).fill(6),
    });
    const same = await subject.get(path, { "if-none-match": `"other", ${tag}` });
    assert.is(same.status, 304);
    assert.is(same.text, "");
    assert.is(same.headers.get("etag"), tag);

    const changes: readonly (() => void)[] = [
      () => {
        subject.queries.answers = [answerOf(yes, { confidenceMillionths: 950_001 })];
      },
      () => {
        subject.queries.answers = [answerOf(yes), answerOf({ kind: "unknown" })];
      },
      () => {
        subject.queries.basis = basisOf({ lens: "consensus" });
      },
      () => {
        subject.queries.basis = basisOf({ parameters: { decay: "none" } });
      },
      () => {
        subject.queries.more = { isBehind: true };
      },
      () => {
        subject.queries.more = { nextCursor: Uint8Array.of(1) };
      },
    ];
    const tags = new Set([tag]);
    for (const change of changes) {
      change();
      const heard = await subject.get(path, { "if-none-match": [...tags].join(", ") });
      assert.is(heard.status, 200);
      tags.add(heard.headers.get("etag") ?? "");
    }
    assert.is(tags.size, changes.length + 1);
  }));

test("explain: by body and by URL, with a tag by URL", () =>
  on(async (subject) => {
    subject.queries.explanation = {
      claims: [
        {
          claim: claimOf(),
          value: yes,
          fate: "superseded",
          fateEntry: new Uint8Array(32),
          sentence: "another replaced it",
          decayMillionths: 1_000_000,
          trustMillionths: 500_000,
        },
      ],
      claimCount: 1,
      counterfactuals: [
        {
          without: { kind: "author", author },
          winner: yes,
          confidenceMillionths: 1,
          status: "agreed",
          turns: false,
        },
        {
          without: { kind: "source", sourceId: "mdn" },
          confidenceMillionths: 0,
          status: "none",
          turns: true,
        },
      ],
      turningSet: [new Uint8Array(32).fill(3)],
      ineffective: [{ id: new Uint8Array(32), kind: "vote", sentence: "its path differs" }],
      summary: ["true wins"],
    };
    const question = { concept_path: "a", predicate: "p" };
    const byBody = await subject.post("/v1/explain", { ...question, lens: "layered" });
    const byUrl = await subject.get("/v1/explain?concept_path=a&predicate=p&lens=layered");
    assert.equal(byBody.json, byUrl.json);
    assert.equal(byBody.json.claims[0].trust, 0.5);
    assert.is(byBody.json.counterfactuals[1].without_source, "mdn");
    assert.is(byBody.json.counterfactuals[1].winner, null);
    assert.equal(subject.queries.asked[0], {
      question: { conceptPath: "a", predicate: "p" },
      lens: "layered",
    });
    const tag = byUrl.headers.get("etag") ?? "";
    const again = await subject.get("/v1/explain?concept_path=a&predicate=p&lens=layered", {
      "if-none-match": tag,
    });
    assert.is(again.status, 304);
    const refused = subject.post("/v1/explain", { concept_path: "a" });
    await subject.refused(refused, 400, "ARGUMENT_INVALID");
  }));

test("diff: two moments, each in any of their forms", () =>
  on(async (subject) => {
    const heard = await subject.post("/v1/diff", {
      concept_path: "a",
      predicate: "p",
      from: "2026-01-01T00:00:00Z",
      to: "0a0b",
    });
    assert.is(heard.json.winner_changed, true);
    assert.is(heard.json.changes[0].before, null);
    assert.is(heard.json.changes[0].weight_after, 0.999999);
    assert.equal(subject.queries.asked[0], {
      question: { conceptPath: "a", predicate: "p" },
      from: { kind: "recorded", recordedMs: Date.parse("2026-01-01T00:00:00Z") },
      to: { kind: "frontier", frontier: Uint8Array.of(10, 11) },
    });
    const refused = subject.post("/v1/diff", { concept_path: "a", predicate: "p" });
    const missing = await subject.refused(refused, 400, "ARGUMENT_INVALID");
    assert.is(missing.json.facts.field, "from");
  }));

test("trace: what was asked is told by the names of requests", () =>
  on(async (subject) => {
    const queryId = new Uint8Array(16).fill(1);
    subject.queries.traces.set(toHex(queryId), {
      queryId,
      request: {
        subject: { kind: "questions", questions: [{ conceptPath: "a", predicate: "p" }] },
        lens: "votes",
        parameters: { voices: "sources", sourcesOut: ["x"] },
        freshness: { kind: "position", position: positionOf(3) },
        asOf: { kind: "recorded", recordedMs: nowMs },
        pageSize: 5,
        cursor: Uint8Array.of(1),
      },
      basis: basisOf(),
      isBehind: true,
      answerCount: 1,
      askedAtMs: nowMs,
      waitedMs: 0.5,
      tookMs: 1.25,
      materialisedCount: 1,
      weighedCount: 0,
    });
    const heard = await subject.get(`/v1/trace/${toHex(queryId)}`);
    assert.equal(heard.json.request, {
      questions: [{ concept_path: "a", predicate: "p" }],
      lens: "votes",
      voices: "sources",
      sources_out: ["x"],
      as_of: "2026-02-11T10:15:00Z",
      freshness: `${toHex(logId)}/3`,
      page_size: 5,
      cursor: "01",
    });
    assert.is(heard.json.took_ms, 1.25);
    await subject.refused(subject.get(`/v1/trace/${"0".repeat(32)}`), 404, "NOT_FOUND");
    await subject.refused(subject.get("/v1/trace/zz"), 400, "ARGUMENT_INVALID");
  }));

test("query: a caller that leaves is not worked for", () =>
  on(async (subject) => {
    let open = () => {};
    subject.queries.gate = new Promise((resolve) => {
      open = resolve;
    });
    const abort = new AbortController();
    const url = subject.url("/v1/query?concept_path=a");
    const asked = fetch(url, { signal: abort.signal }).catch((error: unknown) => error);
    while (subject.queries.signal === undefined)
      await new Promise((resolve) => setImmediate(resolve));
    const { signal } = subject.queries;
    const left = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
    abort.abort();
    await asked;
    await left;
    // One that waits is worked for, although its body has long been read.
    const waiting = subject.post("/v1/query", { concept_path: "b" });
    while (subject.queries.asked.length < 2) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.is(subject.queries.signal.aborted, false);
    open();
    assert.is((await waiting).status, 200);
  }));

test.run();
