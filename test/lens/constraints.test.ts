/**
 * Goal: below a concept, what must be used and what is forbidden: each value by itself, through
 * layered, and contradictions found. Method: by hand; and random histories, in which every rule
 * must be what the naive model says of its value when the predicate is many-valued.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { everything, resolveConstraints, World } from "../../src/lens/index.js";
import type { Answer, Constraint } from "../../src/model/answer.js";
import { inputsOf } from "../support/naive-entries.js";
import { naiveResolve } from "../support/naive-lens.js";
import { randomAsked } from "../support/random-asked.js";
import { historyPaths, randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import { type ClaimFields, keyOfName, Story, wordOf } from "../support/story.js";

const test = suite("lens: constraints");
const must: ClaimFields = { predicate: "must_use" };
const not: ClaimFields = { predicate: "forbidden" };

/** Every question of the story that constrains. */
function ask(story: Story): Answer {
  const world = story.world();
  const questions = new Set(
    story.told.map((claim) => `${claim.predicate} ${world.canonicalPath(claim.conceptPath)}`),
  );
  const inputs = [...questions].map((question) => {
    const [predicate = "", path = ""] = question.split(" ");
    return story.input({}, { history: story.history(path, predicate, world) });
  });
  return resolveConstraints(inputs, "drug");
}

const rows = ({ constraints }: Answer): readonly unknown[] =>
  (constraints ?? []).map(({ conceptPath, predicate, value, holds, isContradicted }) => [
    conceptPath,
    predicate,
    wordOf(value),
    holds,
    isContradicted,
  ]);

test("nothing is claimed: no rules, and no status", () => {
  assert.equal(resolveConstraints([], "drug"), {
    conceptPath: "drug",
    predicate: "",
    confidenceMillionths: 0,
    conflictMillionths: 0,
    status: "none",
    supports: [],
    valueCount: 0,
    counts: { candidates: 0, considered: 0, revised: 0, redacted: 0, ineligible: 0 },
    constraints: [],
  });
});

test("rules stand in the order of path, predicate and value, many to a predicate", () => {
  const story = new Story();
  story.claim("ann", "tea", { ...must, conceptPath: "drug/b" });
  story.claim("ann", "milk", { ...must, conceptPath: "drug/b" });
  story.claim("bob", "salt", { ...not, conceptPath: "drug/b" });
  story.claim("bob", "salt", { ...not, conceptPath: "drug" });
  const answer = ask(story);
  assert.equal(rows(answer), [
    ["drug", "forbidden", "salt", true, false],
    ["drug/b", "forbidden", "salt", true, false],
    ["drug/b", "must_use", "milk", true, false],
    ["drug/b", "must_use", "tea", true, false],
  ]);
  assert.is(answer.status, "unanimous");
  assert.is(answer.valueCount, 4);
  assert.is(answer.counts.considered, 4);
});

test("a rule that is denied as much as claimed does not hold, and contradicts nothing", () => {
  const story = new Story();
  story.claim("ann", "tea", must);
  story.deny("bob", "tea", must);
  story.claim("cat", "tea", not);
  assert.equal(rows(ask(story)), [
    ["drug/aspirin", "forbidden", "tea", true, false],
    ["drug/aspirin", "must_use", "tea", false, false],
  ]);
});

test("the best class decides, and says who", () => {
  const story = new Story();
  story.grant("root", "ann", { classCeiling: "regulatory" });
  story.deny("ann", "tea", { ...must, sourceClass: "regulatory" });
  for (const who of ["bob", "cat", "dan"]) story.claim(who, "tea", must);
  const [rule] = ask(story).constraints ?? [];
  assert.is(rule?.holds, false);
  assert.is(rule?.sourceClass, "regulatory");
  assert.equal(
    rule?.claims.map(({ author }) => author),
    [keyOfName("ann")],
  );
});

test("contradicted: one value, both predicates, one concept", () => {
  const story = new Story();
  story.claim("ann", "tea", must);
  story.claim("bob", "tea", not);
  story.claim("bob", "milk", not);
  story.claim("bob", "salt", { ...not, conceptPath: "drug" });
  story.claim("ann", "salt", must);
  const answer = ask(story);
  assert.is(answer.status, "contested");
  const contradicted = (answer.constraints ?? []).filter(({ isContradicted }) => isContradicted);
  assert.equal(
    contradicted.map(({ predicate, value }) => [predicate, wordOf(value)]),
    [
      ["forbidden", "tea"],
      ["must_use", "tea"],
    ],
  );
});

test("contradicted: values that either predicate's record calls the same", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.predicate("cur", { predicate: "forbidden", comparator: "version" });
  story.claim("ann", { kind: "version", version: "1.0", bound: "exact" }, must);
  story.claim("bob", { kind: "version", version: "1", bound: "exact" }, not);
  assert.is(ask(story).status, "contested");
});

test("an alias: one concept, and its contradictions are found", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.alias("cur", "asa", "drug/aspirin");
  story.claim("ann", "tea", { ...must, conceptPath: "asa" });
  story.claim("bob", "tea", not);
  assert.is(ask(story).status, "contested");
  assert.is(
    (ask(story).constraints ?? []).every((rule) => rule.conceptPath === "drug/aspirin"),
    true,
  );
});

test("random histories: every rule is what the model says of its value", () => {
  let compared = 0;
  for (let seed = 1; seed <= 300; seed++) {
    const history = randomHistory(seed);
    const asked = { ...randomAsked(new Seeded(seed), history), cut: everything };
    const naive = historyPaths.flatMap((conceptPath) =>
      (["forbidden", "must_use"] as const).map((predicate) =>
        inputsOf(history.entries, { ...asked, question: { conceptPath, predicate } }),
      ),
    );
    // Aliases: questions that come to one canonical path are one.
    const distinct = new Map(
      naive.map((input) => [`${input.history.conceptPath} ${input.history.predicate}`, input]),
    );
    const inputs = [...distinct.values()].map(({ root, records, ...rest }) => ({
      ...rest,
      world: World.fold({ root, records, cut: everything }),
    }));
    const { constraints = [] } = resolveConstraints(inputs, "a");
    const expected = [...distinct.values()]
      .flatMap((input) => naiveResolve("layered", input, { isMany: true }))
      .filter(({ supports }) => supports.length > 0)
      .map(ruleOf)
      .sort(byQuestion);
    assert.equal(
      constraints.map(({ isContradicted: _, ...rule }) => rule),
      expected,
    );
    compared += expected.length;
  }
  assert.ok(compared > 300, `${compared} rules`);
});

function ruleOf(answer: Answer): Omit<Constraint, "isContradicted"> {
  const [support] = answer.supports;
  const [tier] = answer.tiers ?? [];
  if (support === undefined || tier === undefined) throw new Error("there is a value");
  return {
    predicate: answer.predicate === "must_use" ? "must_use" : "forbidden",
    conceptPath: answer.conceptPath,
    value: support.value,
    holds: answer.winner !== undefined,
    sourceClass: tier.sourceClass,
    confidenceMillionths: answer.confidenceMillionths,
    conflictMillionths: answer.conflictMillionths,
    status: answer.status,
    claims: support.claims,
  };
}

/** Values keep the order that the model gives them. */
function byQuestion(left: Pick<Constraint, "conceptPath" | "predicate">, right: typeof left) {
  const [ours, theirs] = [left, right].map((rule) => `${rule.conceptPath}\0${rule.predicate}`);
  return (ours ?? "") < (theirs ?? "") ? -1 : Number(ours !== theirs);
}

test.run();
