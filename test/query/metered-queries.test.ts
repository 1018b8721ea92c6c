/**
 * Goal: queries are counted and timed by what their traces say, requests by route and status.
 * Method: a fake engine with traces of every kind, and the text that Prometheus reads.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { openPrometheusMetrics } from "../../src/observability/prometheus-metrics.js";
import { MeteredQueries } from "../../src/query/metered-queries.js";
import { basisOf, FakeQueries, nowMs } from "../http/fake-parts.js";
import { HttpSubject } from "../http/http-subject.js";
import { rejects } from "../support/expect.js";

const test = suite("http: metered queries");

test("queries: by lens, and by how they were answered", async () => {
  const metrics = openPrometheusMetrics();
  const engine = new FakeQueries();
  const queries = new MeteredQueries(engine, metrics);
  const input = { subject: { kind: "concept", conceptPath: "a" } } as const;
  const { signal } = new AbortController();
  const counts = [
    [1, 0],
    [0, 2],
    [3, 1],
    [0, 0],
    [5, 0],
  ] as const;
  for (const [at, [materialisedCount, weighedCount]] of counts.entries()) {
    engine.traces.set(toHex(new Uint8Array(16).fill(at + 1)), {
      queryId: new Uint8Array(16),
      request: input,
      basis: basisOf(),
      isBehind: false,
      answerCount: 1,
      askedAtMs: nowMs,
      waitedMs: 0,
      tookMs: 2,
      materialisedCount,
      weighedCount,
    });
    await queries.query(input, signal);
  }
  const text = await metrics.text();
  assert.match(text, /^query_requests_total\{lens="recency",path="materialised"\} 2$/m);
  for (const path of ["weighed", "mixed", "none"]) {
    assert.match(text, new RegExp(`query_requests_total\\{lens="recency",path="${path}"\\} 1`));
  }
  assert.match(text, /query_duration_seconds_sum\{lens="recency",path="materialised"\} 0\.004/);
  engine.failure = new Fault("VIEWS_UNAVAILABLE", "not yet");
  await rejects(queries.query(input, signal), "VIEWS_UNAVAILABLE");
  metrics.close();
});

test("requests: by route and status, whatever the path", async () => {
  const metrics = openPrometheusMetrics();
  const subject = await HttpSubject.open({ metrics, metricsText: metrics });
  await subject.post("/v1/query", { concept_path: "a" });
  await subject.post("/v1/query", {});
  await subject.get(`/v1/trace/${"0".repeat(32)}`);
  for (let n = 0; n < 3; n++) await subject.get(`/made/up/${n}`);
  const { text } = await subject.get("/metrics");
  assert.match(text, /^http_requests_total\{route="\/v1\/query",status="200"\} 1$/m);
  assert.match(text, /^http_requests_total\{route="\/v1\/query",status="400"\} 1$/m);
  assert.match(text, /^http_requests_total\{route="\/v1\/trace\/:query_id",status="404"\} 1$/m);
  assert.match(text, /^http_requests_total\{route="unknown",status="404"\} 3$/m);
  assert.match(text, /^http_request_duration_seconds_count\{route="\/v1\/query"\} 2$/m);
  assert.match(text, /^http_feeds 0$/m);
  await subject.close();
  metrics.close();
});

test.run();
