/**
 * Goal: the client asks what it was told to, page after page, and understands what a node says of
 * its views. Method: a real server whose queries and views answer as the tests say.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import type {
  ConceptsInput,
  QueryInput,
  QueryResult,
  RebuildProgress,
  ViewsStatus,
} from "../../src/model/query.js";
import { answeringNode } from "../support/answering-node.js";
import { eventually, rejects } from "../support/expect.js";

const test = suite("client: queries");

const answer = (conceptPath: string): QueryResult["answers"][number] => ({
  conceptPath,
  predicate: "p",
  confidenceMillionths: 0,
  conflictMillionths: 0,
  status: "none",
  supports: [],
  valueCount: 0,
  counts: { candidates: 0, considered: 0, revised: 0, redacted: 0, ineligible: 0 },
});
const basis: QueryResult["basis"] = {
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
  frontier: Buffer.alloc(48),
  evaluatedAtMs: 1_000,
};
const rest = { basis, isBehind: false, queryId: Buffer.alloc(16, 3) };

/** Three pages; a cursor is the number of its page. */
const paged = (asked: QueryInput[]) => async (input: QueryInput) => {
  asked.push(input);
  const page = input.cursor?.[0] ?? 0;
  const next = page < 2 ? { nextCursor: Buffer.of(page + 1) } : {};
  return { ...rest, answers: [answer(`${page}/a`), answer(`${page}/b`)], ...next };
};

test("query: one call, one result", async () => {
  const asked: QueryInput[] = [];
  const node = await answeringNode({ query: paged(asked) });
  const input: QueryInput = {
    subject: { kind: "prefix", prefix: "a" },
    lens: "votes",
    pageSize: 2,
  };
  const result = await node.client.query(input);
  assert.equal(result, {
    ...rest,
    answers: [answer("0/a"), answer("0/b")],
    nextCursor: Buffer.of(1),
  });
  const { waitMs: _, ...seen } = asked[0] as QueryInput;
  assert.equal(seen, input);
  await node.close();
});

test("queryAll: the answers of all pages, each asked for when its turn has come", async () => {
  const asked: QueryInput[] = [];
  const node = await answeringNode({ query: paged(asked) });
  const input: QueryInput = { subject: { kind: "prefix", prefix: "" }, lens: "recency" };
  const paths: string[] = [];
  for await (const one of node.client.queryAll(input)) {
    paths.push(one.conceptPath);
    assert.is(asked.length, Math.ceil(paths.length / 2));
  }
  assert.equal(paths, ["0/a", "0/b", "1/a", "1/b", "2/a", "2/b"]);
  assert.ok(asked.every(({ lens }) => lens === "recency"));
  await node.close();
});

test("conceptsAll: the rows of all pages", async () => {
  const row = { conceptPath: "a", predicates: ["p"], claimCount: 1, hasChildren: false };
  const list = { frontier: Buffer.alloc(48), isBehind: false };
  const node = await answeringNode({
    concepts: async ({ cursor }: ConceptsInput) =>
      cursor === undefined
        ? { rows: [row], ...list, nextCursor: Buffer.of(1) }
        : { rows: [{ ...row, conceptPath: "b" }], ...list },
  });
  const paths: string[] = [];
  for await (const { conceptPath } of node.client.conceptsAll({ prefix: "" })) {
    paths.push(conceptPath);
  }
  assert.equal(paths, ["a", "b"]);
  await node.close();
});

test("what cannot be said is refused before it is sent", async () => {
  const node = await answeringNode({});
  const ask = (parts: object) =>
    node.client.query({ subject: { kind: "prefix", prefix: "" }, ...parts } as QueryInput);
  await rejects(ask({ lens: "majority" }), "ARGUMENT_INVALID");
  await rejects(ask({ pageSize: -1 }), "ARGUMENT_INVALID");
  await rejects(ask({ evaluatedAtMs: 1.5 }), "ARGUMENT_INVALID");
  await rejects(ask({ parameters: { decay: "fast" } }), "ARGUMENT_INVALID");
  await rejects(ask({ parameters: { decay: { halfLifeMs: Number.NaN } } }), "ARGUMENT_INVALID");
  await rejects(ask({ freshness: { kind: "level", level: "newest" } }), "ARGUMENT_INVALID");
  await node.close();
});

const status: ViewsStatus = {
  generation: 3,
  version: 1,
  applied: 5,
  size: 9,
  bytes: 2 ** 40,
  projections: [
    { name: "questions", state: "live", applied: 9 },
    {
      name: "lists",
      state: "stopped",
      applied: 5,
      stoppedAt: 5,
      stoppedBecause: "no room",
      retryInMs: 700,
    },
  ],
  building: 2,
  writerPid: 77,
  writerRestarts: 1,
  lagMs: 1_500,
};

test("views: what the node says of them", async () => {
  const node = await answeringNode({}, { status: () => status });
  assert.equal(await node.client.views(), status);
  await node.close();
});

test("rebuildViews: reports until the end; leaving gives the building up", async () => {
  let isGivenUp = false;
  async function* rebuild(signal: AbortSignal): AsyncGenerator<RebuildProgress, void> {
    yield { applied: 0, size: 10 };
    yield { applied: 5, size: 10 };
    if (isSlow) {
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve());
      });
      isGivenUp = true;
      return;
    }
    yield { applied: 10, size: 10, generation: 4 };
  }
  let isSlow = false;
  const node = await answeringNode({}, { rebuild });
  const reports: RebuildProgress[] = [];
  for await (const report of node.client.rebuildViews()) reports.push(report);
  assert.equal(reports.at(-1), { applied: 10, size: 10, generation: 4 });
  assert.is(reports.length, 3);
  isSlow = true;
  for await (const report of node.client.rebuildViews()) if (report.applied === 5) break;
  await eventually(() => isGivenUp, 5_000);
  await node.close();
});

test("verifyViews: differences, then how many; a fault ends it", async () => {
  let fails = false;
  const node = await answeringNode(
    {},
    {
      async *verify() {
        yield { questions: 1, total: 2, difference: "a p" };
        if (fails) throw new Fault("VIEWS_UNAVAILABLE", "no views to compare");
        yield { questions: 2, total: 2, differences: 1 };
      },
    },
  );
  const reports = [];
  for await (const report of node.client.verifyViews()) reports.push(report);
  assert.equal(reports, [
    { questions: 1, total: 2, difference: "a p" },
    { questions: 2, total: 2, differences: 1 },
  ]);
  fails = true;
  const again = async () => {
    for await (const _ of node.client.verifyViews());
  };
  await rejects(again(), "VIEWS_UNAVAILABLE");
  await node.close();
});

test.run();
