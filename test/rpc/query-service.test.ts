/**
 * Goal: a query call is counted, bounded and ended like every other, and tells the engine how much
 * time its caller has. Method: a real server over queries that wait, fail, or say what they saw.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import type { QueryInput, QueryResult } from "../../src/model/query.js";
import { answeringNode } from "../support/answering-node.js";
import { eventually, rejects, within } from "../support/expect.js";

const test = suite("rpc: query service");

const asked: QueryInput = {
  subject: { kind: "question", question: { conceptPath: "a", predicate: "p" } },
};
const result: QueryResult = {
  basis: {
    lens: "consensus",
    lensVersion: 1,
    parameters: {},
    frontier: new Uint8Array(48),
    evaluatedAtMs: 1_000,
  },
  answers: [],
  isBehind: false,
  queryId: new Uint8Array(16),
};

/** A query that answers when it is told to, or when its call ends. */
class Held {
  readonly signals: AbortSignal[] = [];
  readonly inputs: QueryInput[] = [];
  release: () => void = () => {};

  query = (input: QueryInput, signal: AbortSignal): Promise<QueryResult> => {
    this.inputs.push(input);
    this.signals.push(signal);
    return new Promise((resolve, reject) => {
      this.release = () => resolve(result);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  };
}

test("a call is open until it is answered", async () => {
  const held = new Held();
  const node = await answeringNode(held);
  const answer = node.client.query(asked);
  await eventually(() => held.inputs.length === 1, 5_000);
  assert.is(node.calls.count("other"), 1);
  held.release();
  assert.equal((await answer).answers, []);
  assert.is(node.calls.count("other"), 0);
  await node.close();
});

test("the engine is told what time the caller has, less what the reply needs", async () => {
  const held = new Held();
  const node = await answeringNode(held);
  const answer = node.client.query(asked, { timeoutMs: 5_000 });
  await eventually(() => held.inputs.length === 1, 5_000);
  const { waitMs } = held.inputs[0] as QueryInput;
  assert.ok(waitMs !== undefined && waitMs > 3_000 && waitMs < 5_000, `${waitMs}`);
  held.release();
  await answer;
  await node.close();
});

test("who goes away is not worked for", async () => {
  const held = new Held();
  const node = await answeringNode(held);
  const abort = new AbortController();
  const answer = node.client.query(asked, { signal: abort.signal });
  await eventually(() => held.inputs.length === 1, 5_000);
  abort.abort();
  await rejects(answer, "CANCELLED");
  await eventually(() => held.signals[0]?.aborted === true, 5_000);
  await eventually(() => node.calls.count("other") === 0, 5_000);
  await node.close();
});

test("a deadline that passes ends the work", async () => {
  const held = new Held();
  const node = await answeringNode(held);
  await rejects(node.client.query(asked, { timeoutMs: 200 }), "DEADLINE_EXCEEDED");
  await eventually(() => held.signals[0]?.aborted === true, 5_000);
  await node.close();
});

test("a node that stops ends its queries and says so", async () => {
  const held = new Held();
  const node = await answeringNode(held);
  const answer = node.client.query(asked);
  await eventually(() => held.inputs.length === 1, 5_000);
  const stopped = node.server.close(2_000);
  await rejects(answer, "SHUTTING_DOWN");
  await within(5_000, stopped);
  await node.close();
});

test("calls above the bound are refused", async () => {
  const held = new Held();
  const node = await answeringNode(held, {}, 1);
  const first = node.client.query(asked);
  await eventually(() => held.inputs.length === 1, 5_000);
  await rejects(node.client.query(asked), "OVERLOADED");
  held.release();
  await first;
  await node.close();
});

test("faults arrive with their code, message and facts", async () => {
  const node = await answeringNode({
    query: () => Promise.reject(new Fault("MOMENT_INVALID", "too late", { now_ms: 5 })),
  });
  const fault = (await rejects(node.client.query(asked), "MOMENT_INVALID")) as Fault;
  assert.is(fault.message, "too late");
  assert.equal(fault.detail, { now_ms: "5" });
  await rejects(
    node.client.query({ subject: { kind: "concept", conceptPath: "a//b" } }),
    "ARGUMENT_INVALID",
  );
  await node.close();
});

test("health and the count of services know the query service", async () => {
  const node = await answeringNode({});
  node.server.setHealth("NOT_SERVING");
  assert.is(await node.client.health("steme.v1.QueryService"), "serving", "reads go on");
  assert.is(await node.client.health("steme.v1.LogService"), "notServing");
  await node.close();
});

test.run();
