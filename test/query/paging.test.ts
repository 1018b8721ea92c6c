/**
 * Goal: pages together are the list, each row once, whatever is written between them, and a cursor
 * serves the request that it was made for and no other. Method: views in memory that grow between
 * pages; every byte of a cursor is changed.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemRandom } from "../../src/host/random.js";
import { systemWorkers } from "../../src/host/workers.js";
import type { Answer } from "../../src/model/answer.js";
import type { QueryInput, QueryResult } from "../../src/model/query.js";
import { QueryEngine } from "../../src/query/query-engine.js";
import { rejects } from "../support/expect.js";
import { administrator, Conversation, claim, text, voice, wonBy } from "./conversation.js";

const test = suite("query: paging");

/** All pages; `between` happens after each. */
async function pages(
  said: Conversation,
  input: QueryInput,
  between: (page: number) => void = () => {},
): Promise<readonly QueryResult[]> {
  const results: QueryResult[] = [];
  for (let cursor: Uint8Array | undefined; ; ) {
    const asked = cursor === undefined ? input : { ...input, cursor };
    const result = await said.engine.query(asked, said.never);
    results.push(result);
    between(results.length);
    cursor = result.nextCursor;
    if (cursor === undefined) return results;
  }
}

const answersOf = (results: readonly QueryResult[]): readonly Answer[] =>
  results.flatMap(({ answers }) => answers);
const pathsOf = (results: readonly QueryResult[]) =>
  answersOf(results).map(({ conceptPath }) => conceptPath);

const below = (prefix: string, rest: Partial<QueryInput> = {}): QueryInput => ({
  subject: { kind: "prefix", prefix },
  ...rest,
});

function letters(): Conversation {
  const said = new Conversation();
  for (const letter of "abcdefg") said.say(voice(2), claim(`x/${letter}`, text(letter)));
  said.say(voice(2), claim("x", text("top")));
  said.say(voice(2), claim("xa", text("beside")));
  return said;
}

test("prefix: pages of any size are the same list, by whole segments", async () => {
  const said = letters();
  const all = ["x", ..."abcdefg"].map((name) => (name === "x" ? name : `x/${name}`));
  for (const pageSize of [1, 2, 3, 8, 100]) {
    const results = await pages(said, below("x", { pageSize }));
    assert.equal(pathsOf(results), all, `${pageSize}`);
    assert.ok(results.every(({ answers }) => answers.length <= pageSize));
  }
});

test("prefix: what is claimed between pages neither repeats a row nor skips one", async () => {
  const said = letters();
  const results = await pages(said, below("x", { pageSize: 2 }), (page) => {
    said.say(voice(3), claim("x/a", text("again")));
    said.say(voice(3), claim(`x/a${page}`, text("before")));
    said.say(voice(3), claim(`x/z${page}`, text("behind")));
  });
  const paths = pathsOf(results);
  assert.is(new Set(paths).size, paths.length, "each once");
  for (const letter of "abcdefg") assert.ok(paths.includes(`x/${letter}`));
  assert.equal([...paths], [...paths].sort(), "in order");
});

test("prefix: all pages are aged to the moment of the first", async () => {
  const said = letters();
  const results = await pages(said, below("x", { pageSize: 3 }), () => said.clock.jump(60_000));
  assert.ok(results.length > 2);
  assert.is(new Set(results.map(({ basis }) => basis.evaluatedAtMs)).size, 1);
});

test("prefix: what is written under another name is answered there where it means", async () => {
  const said = letters();
  said.say(voice(2), claim("elsewhere/q", text("away"), { predicate: "q" }));
  said.say(administrator, { kind: "alias", path: "elsewhere/q", canonical: "x/cc" });
  said.say(administrator, { kind: "alias", path: "x/a", canonical: "x/b" });
  for (const pageSize of [1, 2, 100]) {
    const results = await pages(said, below("x", { pageSize }));
    assert.equal(pathsOf(results), ["x", "x/b", "x/c", "x/cc", "x/d", "x/e", "x/f", "x/g"]);
  }
  assert.equal(pathsOf(await pages(said, below("elsewhere"))), [], "it means something else");
  const only = { kind: "prefix", prefix: "x", predicate: "q" } as const;
  assert.equal(pathsOf(await pages(said, { subject: only })), ["x/cc"]);
});

test("concept: predicates come page by page", async () => {
  const said = new Conversation();
  const predicates = ["a", "b", "c", "d", "e"];
  for (const predicate of predicates) said.say(voice(2), claim("x", text("y"), { predicate }));
  const subject = { kind: "concept", conceptPath: "x" } as const;
  const results = await pages(said, { subject, pageSize: 2 });
  assert.equal(
    answersOf(results).map(({ predicate }) => predicate),
    predicates,
  );
  assert.is(results.length, 3);
});

test("many values: a page ends between them and goes on behind the value", async () => {
  const said = new Conversation();
  const many = { predicate: "p", cardinality: "many", comparator: "exact" } as const;
  said.say(administrator, { kind: "predicate_record", ...many });
  for (const word of ["b", "d", "f", "h"]) said.say(voice(2), claim("x/tags", text(word)));
  said.say(voice(2), claim("x/zoo", text("one")));
  const results = await pages(said, below("x", { pageSize: 2 }), (page) => {
    if (page === 1) for (const word of ["a", "e"]) said.say(voice(3), claim("x/tags", text(word)));
  });
  assert.equal(answersOf(results).map(wonBy), ["b", "d", "e", "f", "h", "one"]);
});

test("many values: long ones that begin alike are told apart", async () => {
  const said = new Conversation();
  const many = { predicate: "p", cardinality: "many", comparator: "exact" } as const;
  said.say(administrator, { kind: "predicate_record", ...many });
  const words = ["1", "2", "3", "4"].map((end) => `${"x".repeat(5_000)}${end}`);
  for (const word of words) said.say(voice(2), claim("x", text(word)));
  const results = await pages(said, below("", { pageSize: 1 }));
  assert.equal(answersOf(results).map(wonBy), words);
});

test("questions: a reply that would grow too large ends early, and the next goes on", async () => {
  const said = new Conversation();
  const long = "x".repeat(32_000);
  const questions = Array.from({ length: 60 }, (_, number) => {
    const conceptPath = `large/${number}`;
    said.say(voice(2), claim(conceptPath, text(`${long}${number}`)));
    return { conceptPath, predicate: "p" };
  });
  const results = await pages(said, { subject: { kind: "questions", questions } });
  assert.ok(results.length > 1);
  assert.equal(
    pathsOf(results),
    questions.map(({ conceptPath }) => conceptPath),
  );
  const one = await said.engine.query(
    { subject: { kind: "question", question: { conceptPath: "large/0", predicate: "p" } } },
    said.never,
  );
  assert.is(one.nextCursor, undefined);
});

test("question: one with too many long values lists fewer, and says how many", async () => {
  const said = new Conversation();
  const long = "y".repeat(32_000);
  for (let number = 0; number < 64; number++) {
    said.say(voice(number), claim("wide", text(`${long}${number}`)));
  }
  const question = { conceptPath: "wide", predicate: "p" };
  const { answers } = await said.engine.query(
    { subject: { kind: "question", question } },
    said.never,
  );
  assert.is(answers[0]?.valueCount, 64);
  assert.is(answers[0]?.supports.length, 32);
});

test("many turns: views that move between reads change nothing in a reply", async () => {
  const said = letters();
  const questions = Array.from({ length: 900 }, (_, number) => ({
    conceptPath: `x/${"abcdefg"[number % 7]}`,
    predicate: "p",
  }));
  let reads = 0;
  said.views.onRead = () => {
    reads++;
    said.sayUnseen(voice(5 + (reads % 50)), claim("x/a", text(`later ${reads}`)));
    said.views.apply();
  };
  const ticking = said.clock.monotonicMs.bind(said.clock);
  let ticks = 0;
  said.clock.monotonicMs = () => ticking() + ticks++ * 3;
  const { answers, basis } = await said.engine.query(
    { subject: { kind: "questions", questions }, parameters: { decay: "none" } },
    said.never,
  );
  assert.ok(reads > 5, "it took several turns");
  const ofA = answers.filter(({ conceptPath }) => conceptPath === "x/a");
  for (const answer of ofA) assert.equal(answer, ofA[0]);
  said.views.onRead = () => {};
  const asOf = { kind: "frontier", frontier: basis.frontier } as const;
  const again = await said.engine.query(
    {
      subject: { kind: "questions", questions: questions.slice(0, 7) },
      parameters: { decay: "none" },
      asOf,
      evaluatedAtMs: basis.evaluatedAtMs,
    },
    said.never,
  );
  assert.equal(again.answers, answers.slice(0, 7));
});

test("cursor: changed in any byte, it is CURSOR_INVALID", async () => {
  const said = letters();
  const input = below("x", { pageSize: 2 });
  const { nextCursor } = await said.engine.query(input, said.never);
  if (nextCursor === undefined) throw new Error("there is a second page");
  for (let at = 0; at < nextCursor.length; at++) {
    const cursor = nextCursor.slice();
    cursor[at] = (cursor[at] as number) ^ 0x10;
    await rejects(said.engine.query({ ...input, cursor }, said.never), "CURSOR_INVALID");
  }
  for (const cursor of [new Uint8Array(1), nextCursor.slice(0, -1), new Uint8Array(2_000)]) {
    await rejects(said.engine.query({ ...input, cursor }, said.never), "CURSOR_INVALID");
  }
});

test("cursor: it serves its own request, at any page size, and after a restart", async () => {
  const said = letters();
  const input = below("x", { pageSize: 2 });
  const { nextCursor: cursor } = await said.engine.query(input, said.never);
  if (cursor === undefined) throw new Error("there is a second page");
  const others: readonly QueryInput[] = [
    below("x/a", { cursor }),
    below("x", { cursor, lens: "recency" }),
    below("x", { cursor, parameters: { decay: "none" } }),
    below("x", { cursor, evaluatedAtMs: 5 }),
    { subject: { kind: "prefix", prefix: "x", predicate: "p" }, cursor },
  ];
  for (const other of others) await rejects(said.engine.query(other, said.never), "CURSOR_INVALID");
  await rejects(said.engine.concepts({ prefix: "x", cursor }, said.never), "CURSOR_INVALID");
  const rest = await said.engine.query({ ...input, pageSize: 100, cursor }, said.never);
  assert.is(rest.answers.length, 6);
  const later = new QueryEngine({
    views: said.views,
    log: said.log,
    clock: said.clock,
    random: systemRandom,
    workers: systemWorkers,
  });
  assert.equal((await later.query({ ...input, cursor }, said.never)).answers.length, 2);
});

test("cursor: one of another database is CURSOR_INVALID", async () => {
  const said = letters();
  const input = below("x", { pageSize: 2 });
  const { nextCursor: cursor } = await said.engine.query(input, said.never);
  const other = letters();
  other.log.genesis.nonce.fill(4);
  const engine = new QueryEngine({
    views: other.views,
    log: other.log,
    clock: other.clock,
    random: systemRandom,
    workers: systemWorkers,
  });
  if (cursor === undefined) throw new Error("there is a second page");
  await rejects(engine.query({ ...input, cursor }, said.never), "CURSOR_INVALID");
});

test.run();
