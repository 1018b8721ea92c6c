/**
 * Goal: a predicate record says which values are the same and whether each is a question of its
 * own. Method: pairs of values that are the same and that are not, under each comparator; answers
 * of a many-valued predicate, their order and counts.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutAtPlace, resolve } from "../../src/lens/index.js";
import type { Answer } from "../../src/model/answer.js";
import type { Bound, PredicateRecord, Value } from "../../src/model/entry.js";
import { Story, wordOf } from "../support/story.js";

const test = suite("lens: reading of values");

const version = (words: string, bound: Bound = "exact"): Value => ({
  kind: "version",
  version: words,
  bound,
});
const integer = (value: number, bound: Bound = "exact"): Value => ({
  kind: "integer",
  integer: BigInt(value),
  bound,
});
const measured = (number: number, unit?: string, bound: Bound = "exact"): Value => ({
  kind: "number",
  number,
  bound,
  ...(unit === undefined ? {} : { unit }),
});

function told(fields: Partial<PredicateRecord>, values: readonly Value[]): Story {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.predicate("cur", fields);
  values.forEach((value, number) => {
    story.claim(`voice ${number}`, value);
  });
  return story;
}

const ask = (story: Story): readonly Answer[] =>
  resolve({ ...story.input({ decay: "none" }), lens: "consensus" });
const isSame = (fields: Partial<PredicateRecord>, left: Value, right: Value): boolean =>
  ask(told(fields, [left, right]))[0]?.valueCount === 1;

test("without a record values are the same when their keys are", () => {
  assert.ok(isSame({}, measured(5), integer(5)));
  assert.not(isSame({}, version("1.0"), version("1")));
  assert.not(isSame({}, measured(5.1), measured(5.2)));
});

test("versions are the same without trailing zeros", () => {
  const same = (left: string, right: string) =>
    isSame({ comparator: "version" }, version(left), version(right));
  assert.ok(same("1.0", "1"));
  assert.ok(same("1.0.0", "1"));
  assert.ok(same("1.2.0-rc.0", "1.2-rc.0"));
  assert.ok(same("1.0+build", "1+build"));
  assert.ok(same("0.0", "0"));
  assert.not(same("1.0.1", "1.0"));
  assert.not(same("10", "1"));
  assert.not(same("1.0-rc", "1"));
  assert.not(same("1-rc.0", "1-rc"));
  assert.not(same("1.0.x", "1.x"));
  assert.not(same("v1.0", "v1"));
});

test("versions of other bounds, and other kinds, are not widened", () => {
  const record = { comparator: "version" } as const;
  assert.not(isSame(record, version("1"), version("1.0", "at_most")));
  assert.not(isSame(record, { kind: "text", text: "1" }, { kind: "text", text: "1.0" }));
});

test("numbers are the same when they round to the same multiple of a step, halves up", () => {
  const record = { comparator: "step", step: 0.5 } as const;
  assert.ok(isSame(record, measured(1.25), measured(1.74)));
  assert.not(isSame(record, measured(1.24), measured(1.25)));
  assert.not(isSame(record, measured(1.75), measured(1.74)));
  assert.ok(isSame(record, measured(-0.25), measured(0)), "-0.5 steps round up");
  assert.ok(isSame(record, integer(3), measured(3.2)));
  assert.ok(isSame({ comparator: "step", step: 10 }, integer(5), integer(14)));
});

test("numbers of other units or bounds, and other kinds, are not widened", () => {
  const record = { comparator: "step", step: 1 } as const;
  assert.ok(isSame(record, measured(5.1, "mg"), measured(5.2, "mg")));
  assert.not(isSame(record, measured(5.1, "mg"), measured(5.2, "g")));
  assert.not(isSame(record, measured(5.1, "mg"), measured(5.2)));
  assert.not(isSame(record, measured(5.1), measured(5.2, undefined, "at_least")));
  assert.not(isSame(record, version("5.1"), version("5.2")));
});

test("the value shown is that of the latest claim for it", () => {
  const [answer] = ask(told({ comparator: "version" }, [version("1"), version("1.0")]));
  assert.is(wordOf(answer?.winner), "1.0");
  assert.is(answer?.supports[0]?.supportMillionths, 2_000_000);
});

test("each value of a many-valued predicate is a question of its own", () => {
  const values = [integer(7), integer(-1), integer(7), version("1")];
  const answers = ask(told({ cardinality: "many" }, values));
  assert.equal(
    answers.map(({ winner, counts, status }) => [wordOf(winner), counts.candidates, status]),
    [
      ["-1", 1, "unanimous"],
      ["7", 2, "unanimous"],
      ["1", 1, "unanimous"],
    ],
  );
  assert.ok(answers.every(({ isManyValued }) => isManyValued === true));
});

test("a voice may say several of many values, and revises each by itself", () => {
  const story = told({ cardinality: "many" }, []);
  story.claim("ann", "red");
  story.claim("ann", "blue");
  story.deny("ann", "red");
  const looks = ask(story).map(({ supports, counts, winner }) => [
    wordOf(supports[0]?.value),
    wordOf(winner),
    counts,
  ]);
  const counts = { candidates: 1, considered: 1, revised: 0, redacted: 0, ineligible: 0 };
  assert.equal(looks, [
    ["blue", "blue", counts],
    ["red", "nothing", { ...counts, candidates: 2, revised: 1 }],
  ]);
});

test("a parent is revised across values", () => {
  const story = told({ cardinality: "many" }, []);
  const parent = story.claim("ann", "red");
  story.claim("ann", "blue", { parent: parent.id });
  const words = ask(story).map(({ winner, counts }) => [wordOf(winner), counts.revised]);
  assert.equal(words, [
    ["blue", 0],
    ["nothing", 1],
  ]);
});

test("answers stand in the order of the smallest key of their class", () => {
  const record = { cardinality: "many", comparator: "step", step: 10 } as const;
  const numbers = [integer(14), integer(18), integer(6), integer(24)];
  const winners = ask(told(record, numbers)).map(({ winner }) => wordOf(winner));
  assert.equal(winners, ["6", "24"]);
});

test("a value whose claims are all out has an answer that says so", () => {
  const story = told({ cardinality: "many" }, []);
  const red = story.claim("ann", "red");
  story.retract("ann", red);
  const cut = cutAtPlace(red);
  const [answer] = ask(story);
  assert.equal([wordOf(answer?.winner), answer?.status], ["nothing", "none"]);
  assert.equal([answer?.counts.ineligible, answer?.supports], [1, []]);
  const [before] = resolve({ ...story.input({}, { cut }), lens: "consensus" });
  assert.is(wordOf(before?.winner), "red");
});

test("a many-valued question without claims has one answer", () => {
  const answers = ask(told({ cardinality: "many" }, []));
  assert.equal(
    answers.map(({ status, isManyValued }) => [status, isManyValued]),
    [["none", true]],
  );
});

test("a record that nobody who may has said changes nothing", () => {
  const story = new Story();
  story.predicate("eve", { cardinality: "many", comparator: "version" });
  story.claim("ann", version("1"));
  story.claim("bob", version("1.0"));
  assert.equal(
    ask(story).map(({ valueCount, isManyValued }) => [valueCount, isManyValued]),
    [[2, undefined]],
  );
});

test.run();
