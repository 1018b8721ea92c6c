/**
 * Goal: lists reach the query engine as they were asked for and come back page by page; health,
 * readiness and metrics say what operators' scripts read. Method: fake parts; every response is
 * held against the OpenAPI document.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/model/hex.js";
import { author, positionOf } from "./fake-parts.js";
import { HttpSubject } from "./http-subject.js";

const test = suite("http: lists and health");

async function on(work: (subject: HttpSubject) => Promise<void>): Promise<void> {
  const subject = await HttpSubject.open();
  try {
    await work(subject);
  } finally {
    await subject.close();
  }
}

test("concepts: a page below a prefix", () =>
  on(async (subject) => {
    const url = "/v1/concepts?prefix=a/b&children=true&page_size=5&cursor=01&freshness=local";
    const heard = await subject.get(url);
    assert.equal(heard.json.concepts, [
      { concept_path: "a/b", predicates: ["p"], claim_count: 2, has_children: true },
    ]);
    assert.is(heard.json.next_cursor, "010101");
    await subject.get("/v1/concepts");
    assert.equal(subject.queries.asked, [
      {
        prefix: "a/b",
        childrenOnly: true,
        pageSize: 5,
        cursor: Uint8Array.of(1),
        freshness: { kind: "level", level: "local" },
      },
      { prefix: "" },
    ]);
    const refused = subject.get("/v1/concepts?children=perhaps");
    const heardRefusal = await subject.refused(refused, 400, "ARGUMENT_INVALID");
    assert.is(heardRefusal.json.facts.field, "children");
  }));

test("questions: of a concept, below a prefix, the most contested, the most recent", () =>
  on(async (subject) => {
    const heard = await subject.get("/v1/questions?order=contested&prefix=web");
    assert.is(heard.json.questions[0].conflict, 0.918296);
    await subject.get("/v1/questions?concept_path=a");
    await subject.get("/v1/questions");
    await subject.get("/v1/questions?order=recent");
    assert.equal(subject.queries.asked, [
      { which: { kind: "most_contested", prefix: "web" } },
      { which: { kind: "concept", conceptPath: "a" } },
      { which: { kind: "prefix", prefix: "" } },
      { which: { kind: "most_recent" } },
    ]);
    for (const query of [
      "order=newest",
      "order=recent&prefix=a",
      "concept_path=a&prefix=b",
      "concept_path=a&order=recent",
      "limit=5",
      "order=recent&order=path",
    ]) {
      await subject.refused(subject.get(`/v1/questions?${query}`), 400, "ARGUMENT_INVALID");
    }
  }));

test("assertions: of an author or of a source, holes included", () =>
  on(async (subject) => {
    const key = toHex(author);
    const heard = await subject.get(`/v1/assertions?author=${key}&backward=true`);
    const [whole, hole] = heard.json.assertions;
    assert.is(whole.entry.concept_path, "test/cluster");
    assert.is(whole.entry.value, true);
    assert.is(hole.entry, undefined);
    await subject.get("/v1/assertions?source=npm%3Amdn");
    assert.equal(subject.queries.asked, [
      { of: { kind: "author", author }, isBackward: true },
      { of: { kind: "source", sourceId: "npm:mdn" } },
    ]);
    await subject.refused(subject.get("/v1/assertions"), 400, "ARGUMENT_INVALID");
    const both = subject.get(`/v1/assertions?author=${key}&source=a`);
    await subject.refused(both, 400, "ARGUMENT_INVALID");
  }));

test("sources and epochs: with what was said of them", () =>
  on(async (subject) => {
    const heard = await subject.get("/v1/sources?source_id=mdn");
    const [plain, full] = heard.json.sources;
    assert.equal(plain, { source_id: "caniuse", claim_count: 1, retracted: false });
    assert.equal(full.record, { id: "mdn", title: "MDN", class: "expert" });
    assert.is(full.retraction_reason, "old");
    const { json } = await subject.get("/v1/epochs");
    assert.is(json.epochs[0].name, "2026");
    assert.is(json.epochs[0].effective, true);
    assert.is(json.epochs[0].position, `${toHex(positionOf(6).logId)}/6`);
  }));

test("health: 200 while the node answers, 503 where it is unhealthy", () =>
  on(async (subject) => {
    const healthy = await subject.get("/v1/health");
    assert.is(healthy.status, 200);
    assert.is(healthy.json.status, "healthy");
    assert.is(healthy.json.assertion_count, 10_234);
    assert.equal(healthy.json.views.stopped, ["lists"]);
    const { health } = subject;
    health.now = { ...health.now, status: "degraded", detail: "views are behind" };
    assert.is((await subject.get("/v1/health")).status, 200);
    health.now = {
      ...health.now,
      status: "unhealthy",
      assertionCount: undefined,
      views: undefined,
    };
    const unhealthy = await subject.get("/v1/health");
    assert.is(unhealthy.status, 503);
    assert.is(unhealthy.json.assertion_count, null);
    assert.is(unhealthy.json.views, null);
  }));

test("livez and readyz: alive, ready, and each check on demand", () =>
  on(async (subject) => {
    assert.is((await subject.get("/livez")).text, "ok\n");
    assert.is((await subject.get("/readyz")).text, "ok\n");
    const verbose = await subject.get("/readyz?verbose");
    assert.is(verbose.text, "[+]stopping ok\n[+]log ok\n[+]views ok\nready\n");
    subject.health.ready = [
      { name: "log", isReady: true, detail: "" },
      { name: "views", isReady: false, detail: "being built" },
    ];
    const failing = await subject.get("/readyz");
    assert.is(failing.status, 503);
    assert.match(failing.text, /\[-\]views failed: being built/);
    const excluded = await subject.get("/readyz?verbose&exclude=views&exclude=log");
    assert.is(excluded.status, 200);
    assert.match(excluded.text, /\[\+\]views excluded: ok/);
    const unknown = subject.get("/readyz?exclude=views&exclude=view");
    const refused = await subject.refused(unknown, 400, "ARGUMENT_INVALID");
    assert.match(JSON.stringify(refused), "one of stopping, log, views");
    subject.server.drain();
    assert.is((await subject.get("/readyz?exclude=views")).status, 503);
    assert.is((await subject.get("/livez")).status, 200);
  }));

test("metrics: the text as it is", () =>
  on(async (subject) => {
    const heard = await subject.get("/metrics");
    assert.is(heard.text, "up 1\n");
    assert.match(heard.headers.get("content-type") ?? "", /^text\/plain/);
  }));

test.run();
