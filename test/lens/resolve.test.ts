/**
 * Goal: rulings that are kept become the same answers; the same input gives the same bytes; what is
 * said under aliases counts; a horizon holds as long as it says; weighing grows with the claims,
 * not with their square. Method: answers as text, compared; every millisecond around the bounds of
 * validity; a hundred thousand claims in the orders that hurt most.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AssertionFailure } from "../../src/invariant/assert.js";
import {
  answerOf,
  cutAtTime,
  everything,
  horizonOf,
  lensVersion,
  type RulingLens,
  resolve,
  rule,
  weigh,
} from "../../src/lens/index.js";
import { lensNames } from "../../src/model/answer.js";
import { toHex } from "../../src/model/hex.js";
import { dayMs, Story, wordOf } from "../support/story.js";

const test = suite("lens: answers");

const lenses = lensNames.filter((name): name is RulingLens => name !== "constraints");
const kept = ["recency", "consensus", "votes", "authority", "layered", "skeptic"] as const;

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === "bigint") return `${item}n`;
    return item instanceof Uint8Array ? toHex(item) : item;
  });

/** Something of everything. */
function rich(): Story {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.grant("root", "door", { role: "gateway" });
  story.grant("root", "fda", { classCeiling: "regulatory" });
  story.alias("cur", "asa", "drug/aspirin");
  const regulator = story.claim("fda", "no", { sourceClass: "regulatory" });
  const forum = story.after(dayMs).claim("door/ann", "yes", { sourceClass: "anecdotal" });
  story.claim("bob", "yes", { conceptPath: "asa", validUntilMs: story.nowMs + 5 * dayMs });
  story.after(dayMs).deny("cat", "yes", { confidenceMillionths: 400_000 });
  story.claim("dan", "maybe", { validFromMs: story.nowMs + 2 * dayMs });
  story.vote("bob", forum, 600_000);
  story.endorse("cat", regulator);
  story.judge("cur", forum, "wrong");
  return story.after(3 * dayMs);
}

test("the lenses have a version", () => {
  assert.is(lensVersion, 1);
});

test("a ruling that was kept becomes the same answer, asked for no more than it lists", () => {
  const input = rich().input();
  for (const lens of lenses) {
    const [weighed] = weigh(input);
    if (weighed === undefined) throw new Error("there is a question");
    const ruling = structuredClone(rule(lens, weighed));
    const listed = new Set<number>();
    for (const values of [ruling.values, ...(ruling.tiers ?? []).map((tier) => tier.values)]) {
      for (const { latest, claims } of values) {
        for (const place of [latest, ...claims.map(({ candidate }) => candidate)])
          listed.add(place);
      }
    }
    const answer = answerOf(ruling, input.history, (place) => {
      const candidate = input.history.candidates[place];
      if (candidate === undefined || !listed.has(place)) throw new Error(`${place} is not listed`);
      return candidate;
    });
    assert.is(textOf([answer]), textOf(resolve({ ...input, lens })), lens);
  }
});

test("the same input gives the same bytes, in any order of lenses", () => {
  const input = rich().input();
  const [one] = weigh(input);
  const [other] = weigh(input);
  if (one === undefined || other === undefined) throw new Error("there is a question");
  const forwards = lenses.map((lens) => textOf(rule(lens, one)));
  const backwards = lenses.toReversed().map((lens) => textOf(rule(lens, other)));
  assert.equal(backwards.toReversed(), forwards);
});

test("what is said under an alias is said of the concept, as written", () => {
  const input = rich().input();
  assert.is(input.history.conceptPath, "drug/aspirin");
  const [answer] = resolve({ ...input, lens: "consensus" });
  assert.is(answer?.counts.candidates, 5);
});

test("constraints are not a lens of one question", () => {
  const resolveOne = () => resolve({ ...rich().input(), lens: "constraints" });
  assert.throws(resolveOne, (error: unknown) => error instanceof AssertionFailure);
});

test("as of a time, later claims, acts, outcomes and rights are not there", () => {
  const story = rich();
  const early = new Story();
  early.grant("root", "cur", { role: "curator" });
  early.grant("root", "door", { role: "gateway" });
  early.grant("root", "fda", { classCeiling: "regulatory" });
  early.alias("cur", "asa", "drug/aspirin");
  early.claim("fda", "no", { sourceClass: "regulatory" });
  const evaluatedAtMs = early.nowMs;
  const cut = cutAtTime(evaluatedAtMs);
  for (const lens of lenses) {
    const then = resolve({ ...story.input({}, { cut, evaluatedAtMs }), lens });
    assert.is(textOf(then), textOf(resolve({ ...early.input(), lens })), lens);
  }
});

test("a horizon lies around the moment, from a bound inclusive to a bound exclusive", () => {
  const story = new Story();
  story.claim("ann", "yes", { validFromMs: 100, validUntilMs: 300 });
  story.claim("bob", "yes", { validUntilMs: 200 });
  const { history } = story.input();
  const at = (ms: number): readonly number[] => {
    const { fromMs, untilMs } = horizonOf(history, ms);
    return [fromMs, untilMs];
  };
  assert.equal(at(99), [Number.NEGATIVE_INFINITY, 100]);
  assert.equal(at(100), [100, 200]);
  assert.equal(at(199), [100, 200]);
  assert.equal(at(299), [200, 300]);
  assert.equal(at(300), [300, Number.POSITIVE_INFINITY]);
  assert.equal(Object.values(horizonOf({ candidates: [] }, 5)), [
    Number.NEGATIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
});

test("without decay an answer stays the same within its horizon", () => {
  const story = rich();
  const { history } = story.input();
  const textAt = (evaluatedAtMs: number): string =>
    kept
      .map((lens) =>
        textOf(resolve({ ...story.input({ decay: "none" }, { evaluatedAtMs }), lens })),
      )
      .join("\n");
  const { fromMs, untilMs } = horizonOf(history, story.nowMs);
  const now = textAt(story.nowMs);
  assert.is(textAt(fromMs), now);
  assert.is(textAt(untilMs - 1), now);
  assert.is.not(textAt(fromMs - 1), now);
  assert.is.not(textAt(untilMs), now);
});

/** Distinct voices; confidence rises, so that each claim is weightier than the one before. */
function many(count: number, sayAt: (number: number) => string): Story {
  const story = new Story();
  for (let number = 0; number < count; number++) {
    const confidenceMillionths = Math.floor((1_000_000 * number) / count);
    story.claim(`voice ${number}`, sayAt(number), { confidenceMillionths });
  }
  for (const claim of story.told.slice(0, 1_000)) story.vote("x", claim, 1);
  return story;
}

test("a hundred thousand claims are weighed and ruled in a blink, in the worst order", () => {
  const cases = [
    ["one value", () => "yes"],
    ["as many values", (number: number) => `value ${number}`],
  ] as const;
  for (const [name, sayAt] of cases) {
    const input = many(100_000, sayAt).input({ decay: "none" });
    const started = performance.now();
    const answers = lenses.map((lens) => resolve({ ...input, lens })[0]);
    const elapsedMs = performance.now() - started;
    for (const answer of answers) assert.is(answer?.counts.considered, 100_000);
    assert.is(wordOf(answers[lenses.indexOf("consensus")]?.winner), sayAt(99_999));
    assert.is(input.cut, everything);
    // Weighed and ruled seven times: about a second; hours if it grew with the square.
    assert.ok(elapsedMs < 8_000, `${name}: ${elapsedMs} ms`);
  }
});

test.run();
