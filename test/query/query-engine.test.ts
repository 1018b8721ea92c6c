/**
 * Goal: a request is answered at the frontier its basis names, from whatever the views keep, and
 * everything that cannot be answered is refused by name. Method: views in memory that lag, move and
 * forget as the test says; answers are held against the model's (naive-lens.ts).
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutAtPlace, everything } from "../../src/lens/cut.js";
import type { LensName } from "../../src/model/answer.js";
import { lensNames } from "../../src/model/answer.js";
import type { QueryInput, QuerySubject } from "../../src/model/query.js";
import { rejects } from "../support/expect.js";
import { naiveAnswers } from "../support/naive-lens.js";
import { administrator, Conversation, claim, text, voice, wonBy } from "./conversation.js";

const test = suite("query: query engine");

const question = (conceptPath: string, predicate = "p"): QuerySubject => ({
  kind: "question",
  question: { conceptPath, predicate },
});
const about = (conceptPath: string, rest: Partial<QueryInput> = {}): QueryInput => ({
  subject: question(conceptPath),
  ...rest,
});
const undecayed = { parameters: { decay: "none" } } as const;

/** Two voices for yes, one for no, of which one is taken back. */
function disputed(): Conversation {
  const said = new Conversation();
  said.say(voice(2), claim("sky", text("blue")));
  said.say(voice(3), claim("sky", text("blue")));
  const id = said.say(voice(4), claim("sky", text("grey")));
  said.say(voice(4), { kind: "retraction", target: id, path: "sky" });
  return said;
}

test("query: the answer is the model's, for every lens, kept or weighed", async () => {
  const said = disputed();
  for (const lens of lensNames) {
    if (lens === "constraints") continue;
    for (const parameters of [{}, { decay: "none" } as const]) {
      const { answers, basis } = await said.engine.query(
        about("sky", { lens, parameters }),
        said.never,
      );
      const expected = naiveAnswers(
        said.log.stored.map(({ placed }) => placed),
        lens,
        {
          root: { clusterId: new Uint8Array(16).fill(7), firstAdministrator: administrator },
          question: { conceptPath: "sky", predicate: "p" },
          parameters,
          cut: everything,
          evaluatedAtMs: basis.evaluatedAtMs,
        },
      );
      assert.equal(answers, expected, lens);
      assert.is(basis.lens, lens);
    }
  }
});

test("query: a kept ruling answers where the parameters allow it, and nowhere else", async () => {
  const said = disputed();
  const given = async (input: QueryInput) => {
    said.views.rulingsGiven.length = 0;
    await said.engine.query(input, said.never);
    return said.views.rulingsGiven.length;
  };
  assert.is(await given(about("sky", undecayed)), 1);
  assert.is(await given(about("sky", { lens: "recency" })), 1, "recency never decays");
  assert.is(await given(about("sky")), 0, "claims age");
  assert.is(await given(about("sky", { lens: "confidence", ...undecayed })), 0, "not kept");
  const recordedMs = said.clock.nowMs();
  const asOf = { kind: "recorded", recordedMs } as const;
  assert.is(await given(about("sky", { ...undecayed, asOf })), 0, "as of a moment");
  const parameters = { decay: "none", voices: "sources" } as const;
  assert.is(await given(about("sky", { parameters })), 0, "other voices");
  const ofSources = { voices: "sources" } as const;
  assert.is(await given(about("sky", { lens: "recency", parameters: ofSources })), 0);
  const presets = {
    decay: "none",
    voices: "authors",
    lifecycles: ["approved", "proposed", "under_review"],
  } as const;
  assert.is(await given(about("sky", { parameters: presets })), 1, "presets said aloud");
});

test("query: kept and weighed answers are equal, part by part", async () => {
  const said = disputed();
  for (const lens of [
    "recency",
    "consensus",
    "votes",
    "authority",
    "layered",
    "skeptic",
  ] as const) {
    said.views.keepsRulings = true;
    const kept = await said.engine.query(about("sky", { lens, ...undecayed }), said.never);
    said.views.keepsRulings = false;
    const weighed = await said.engine.query(about("sky", { lens, ...undecayed }), said.never);
    assert.equal(kept.answers, weighed.answers, lens);
    assert.is(kept.basis, weighed.basis, "one second, one frontier: one basis");
  }
});

test("query: nobody answered, there is no answer; in a list one without a winner", async () => {
  const said = disputed();
  assert.equal((await said.engine.query(about("sea"), said.never)).answers, []);
  const concept = { subject: { kind: "concept", conceptPath: "sea" } } as const;
  assert.equal((await said.engine.query(concept, said.never)).answers, []);
  const questions = ["sea", "sky", "sea"].map((conceptPath) => ({ conceptPath, predicate: "p" }));
  const listed = await said.engine.query({ subject: { kind: "questions", questions } }, said.never);
  assert.equal(listed.answers.map(wonBy), [undefined, "blue", undefined]);
  assert.equal(
    listed.answers.map(({ status }) => status),
    ["none", "unanimous", "none"],
  );
});

test("query: a concept's answers are those of its predicates, under all its names", async () => {
  const said = disputed();
  said.say(voice(2), claim("heaven", text("wide"), { predicate: "size" }));
  said.say(voice(2), claim("sky", text("high"), { predicate: "place" }));
  said.say(administrator, { kind: "alias", path: "heaven", canonical: "sky" });
  for (const conceptPath of ["sky", "heaven"]) {
    const { answers } = await said.engine.query(
      { subject: { kind: "concept", conceptPath } },
      said.never,
    );
    assert.equal(
      answers.map((one) => one.predicate),
      ["p", "place", "size"],
    );
    assert.ok(answers.every((one) => one.conceptPath === "sky"));
  }
});

test("query: histories of aliases are one, whichever name is asked", async () => {
  const said = disputed();
  said.say(voice(5), claim("heaven", text("grey")));
  said.say(voice(6), claim("heaven", text("grey")));
  said.say(voice(7), claim("heaven", text("grey")));
  assert.equal((await said.engine.query(about("sky", undecayed), said.never)).answers.map(wonBy), [
    "blue",
  ]);
  said.say(administrator, { kind: "alias", path: "heaven", canonical: "sky" });
  for (const path of ["sky", "heaven"]) {
    const { answers } = await said.engine.query(about(path, undecayed), said.never);
    assert.equal(answers.map(wonBy), ["grey"]);
    assert.is(answers[0]?.counts.candidates, 6);
  }
});

test("query: many values are many answers, one by one", async () => {
  const said = new Conversation();
  said.say(administrator, {
    kind: "predicate_record",
    predicate: "p",
    cardinality: "many",
    comparator: "exact",
  });
  for (const word of ["b", "a", "c"]) said.say(voice(2), claim("tags", text(word)));
  const { answers } = await said.engine.query(about("tags", undecayed), said.never);
  assert.equal(answers.map(wonBy), ["a", "b", "c"]);
  assert.ok(answers.every((one) => one.isManyValued === true));
});

test("as of: a moment sees what had been said, and is evaluated then", async () => {
  const said = disputed();
  const recordedMs = Number(said.log.stored[3]?.placed.place.recorded as bigint) / 65_536;
  const ask = async (asOf: QueryInput["asOf"], lens: LensName = "recency") =>
    said.engine.query({ ...about("sky", undecayed), lens, ...(asOf ? { asOf } : {}) }, said.never);
  const position = { kind: "position", position: said.position(3) } as const;
  const then = await ask(position);
  assert.equal(then.answers.map(wonBy), ["grey"]);
  assert.is(then.basis.evaluatedAtMs, recordedMs);
  assert.is(then.basis.settled, true);
  const place = said.log.stored[3]?.placed.place;
  if (place === undefined) throw new Error("it was said");
  const expected = naiveAnswers(
    said.log.stored.map(({ placed }) => placed),
    "recency",
    {
      root: { clusterId: new Uint8Array(16).fill(7), firstAdministrator: administrator },
      question: { conceptPath: "sky", predicate: "p" },
      parameters: { decay: "none" },
      cut: cutAtPlace(place),
      evaluatedAtMs: recordedMs,
    },
  );
  assert.equal(then.answers, expected);
  assert.equal((await ask({ kind: "recorded", recordedMs })).answers.map(wonBy), ["grey"]);
  assert.equal((await ask({ kind: "recorded", recordedMs: recordedMs - 1 })).answers.map(wonBy), [
    "blue",
  ]);
  assert.equal((await ask(undefined)).answers.map(wonBy), ["blue"], "taken back");
});

test("as of: a frontier that an answer named gives that answer again", async () => {
  const said = disputed();
  const before = await said.engine.query(about("sky", undecayed), said.never);
  for (let number = 10; number < 20; number++) said.say(voice(number), claim("sky", text("grey")));
  const now = await said.engine.query(about("sky", undecayed), said.never);
  assert.equal(now.answers.map(wonBy), ["grey"]);
  const asOf = { kind: "frontier", frontier: before.basis.frontier } as const;
  const { evaluatedAtMs } = before.basis;
  const again = await said.engine.query(
    about("sky", { ...undecayed, asOf, evaluatedAtMs }),
    said.never,
  );
  assert.equal(again.answers, before.answers);
});

test("as of: the newest moment is not settled, and is once something follows", async () => {
  const said = disputed();
  const asOf = { kind: "position", position: said.position(said.log.size - 1) } as const;
  assert.is((await said.engine.query(about("sky", { asOf }), said.never)).basis.settled, false);
  said.say(voice(9), claim("sea", text("green")));
  assert.is((await said.engine.query(about("sky", { asOf }), said.never)).basis.settled, true);
});

test("as of: what lies outside of the log's time is MOMENT_INVALID", async () => {
  const said = disputed();
  const ask = (asOf: QueryInput["asOf"]) =>
    said.engine.query({ ...about("sky"), ...(asOf ? { asOf } : {}) }, said.never);
  const recorded = (recordedMs: number) => ({ kind: "recorded", recordedMs }) as const;
  await rejects(ask(recorded(said.clock.nowMs() + 1)), "MOMENT_INVALID");
  await rejects(ask(recorded(0)), "MOMENT_INVALID");
  await rejects(
    ask({ kind: "position", position: said.position(said.log.size) }),
    "MOMENT_INVALID",
  );
  await rejects(ask({ kind: "frontier", frontier: new Uint8Array(0) }), "MOMENT_INVALID");
  await rejects(ask({ kind: "frontier", frontier: new Uint8Array(47) }), "MOMENT_INVALID");
  const { frontier } = (await said.engine.query(about("sky"), said.never)).basis;
  const otherPast = frontier.slice();
  otherPast[47] = (otherPast[47] as number) ^ 1;
  await rejects(ask({ kind: "frontier", frontier: otherPast }), "MOMENT_INVALID");
  const otherLog = frontier.slice();
  otherLog[0] = (otherLog[0] as number) ^ 1;
  await rejects(ask({ kind: "frontier", frontier: otherLog }), "LOG_UNKNOWN");
  const foreign = { logId: new Uint8Array(32), index: 0 as never };
  await rejects(ask({ kind: "position", position: foreign }), "LOG_UNKNOWN");
});

test("query: evaluated at the clock's whole seconds, or when asked", async () => {
  const said = disputed();
  said.clock.jump(345);
  const { basis } = await said.engine.query(about("sky"), said.never);
  assert.is(basis.evaluatedAtMs % 1_000, 0);
  assert.ok(said.clock.nowMs() - basis.evaluatedAtMs < 1_000);
  const evaluatedAtMs = 12_345;
  const then = await said.engine.query(about("sky", { evaluatedAtMs }), said.never);
  assert.is(then.basis.evaluatedAtMs, evaluatedAtMs);
});

test("query: a trace tells of a query by its id", async () => {
  const said = disputed();
  const result = await said.engine.query(about("sky", undecayed), said.never);
  assert.is(result.queryId.length, 16);
  const trace = said.engine.trace(result.queryId);
  assert.equal(trace?.request, about("sky", undecayed));
  assert.is(trace?.basis, result.basis);
  assert.equal([trace?.materialisedCount, trace?.weighedCount, trace?.answerCount], [1, 0, 1]);
  assert.is(said.engine.trace(new Uint8Array(16)), undefined);
});

test("query: who has gone away gets no answer", async () => {
  const said = disputed();
  const abort = new AbortController();
  abort.abort();
  await rejects(said.engine.query(about("sky"), abort.signal), "CANCELLED");
});

test("constraints: only of a concept, and not explained", async () => {
  const said = disputed();
  const lens = "constraints";
  const prefix = { subject: { kind: "prefix", prefix: "" }, lens } as const;
  await rejects(said.engine.query(prefix, said.never), "ARGUMENT_INVALID");
  const asked = { question: { conceptPath: "sky", predicate: "p" }, lens } as const;
  await rejects(said.engine.explain(asked, said.never), "ARGUMENT_INVALID");
});

test.run();
