/**
 * Goal: the last queries are remembered, and never too many or too large ones. Method: more traces
 * than are kept, and requests that fill the memory sooner.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { QuerySubject } from "../../src/model/query.js";
import { type QueryTrace, Traces } from "../../src/query/traces.js";

const test = suite("query: traces");

const idOf = (number: number): Uint8Array => {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, number);
  return id;
};

const small: QuerySubject = { kind: "concept", conceptPath: "a" };

const traceOf = (number: number, subject: QuerySubject = small): QueryTrace => ({
  queryId: idOf(number),
  request: { subject },
  basis: {
    lens: "consensus",
    lensVersion: 1,
    parameters: {},
    frontier: new Uint8Array(48),
    evaluatedAtMs: 0,
  },
  isBehind: false,
  answerCount: 1,
  askedAtMs: number,
  waitedMs: 0,
  tookMs: 0,
  materialisedCount: 1,
  weighedCount: 0,
});

const keptOf = (traces: Traces, count: number): readonly number[] =>
  Array.from({ length: count }, (_, number) => number).filter(
    (number) => traces.find(idOf(number))?.askedAtMs === number,
  );

test("the last 10,000 are found, those before are not", () => {
  const traces = new Traces();
  assert.is(traces.find(idOf(0)), undefined);
  for (let number = 0; number < 10_050; number++) traces.add(traceOf(number));
  for (const number of [50, 5_000, 10_049]) {
    assert.is(traces.find(idOf(number))?.askedAtMs, number);
  }
  for (const number of [0, 49, 10_050]) assert.is(traces.find(idOf(number)), undefined);
});

test("large requests leave room for fewer, and for many again when they are gone", () => {
  const traces = new Traces();
  const question = { conceptPath: "x".repeat(400), predicate: "p" };
  const large: QuerySubject = { kind: "questions", questions: Array(1_000).fill(question) };
  for (let number = 0; number < 100; number++) traces.add(traceOf(number, large));
  const kept = keptOf(traces, 100);
  assert.ok(kept.length > 10 && kept.length < 25, `${kept.length}`);
  assert.is(kept.at(-1), 99, "the newest");
  for (let number = 100; number < 10_100; number++) traces.add(traceOf(number));
  assert.equal(keptOf(traces, 110), [100, 101, 102, 103, 104, 105, 106, 107, 108, 109]);
});

test.run();
