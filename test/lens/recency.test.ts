/**
 * Goal: the latest claim wins by the time asked for, and the answer is as sure as the gap to
 * whoever said otherwise. Method: gaps at each bound and one millisecond beyond; denials; equal
 * times.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolve } from "../../src/lens/index.js";
import type { Answer, LensParameters } from "../../src/model/answer.js";
import { dawnMs, dayMs, hourMs, Story, wordOf } from "../support/story.js";

const test = suite("lens: recency");

function ask(story: Story, parameters: LensParameters = {}): Answer {
  const [answer] = resolve({ ...story.input(parameters), lens: "recency" });
  if (answer === undefined) throw new Error("there is an answer");
  return answer;
}

const ranked = (answer: Answer): readonly string[] =>
  answer.supports.map(({ value }) => wordOf(value));

/** Two voices, the second one so much later. */
function apart(gapMs: number): Answer {
  const story = new Story();
  story.claim("ann", "old");
  story.after(gapMs).claim("bob", "new");
  return ask(story);
}

test("the latest claim wins, however unsure", () => {
  const story = new Story();
  story.claim("ann", "old");
  story.claim("bob", "old");
  story.after(1).claim("cat", "new", { confidenceMillionths: 1 });
  const answer = ask(story);
  assert.is(wordOf(answer.winner), "new");
  assert.equal(ranked(answer), ["new", "old"]);
  assert.equal(
    answer.supports.map(({ supportMillionths }) => supportMillionths),
    [1, 2_000_000],
  );
});

test("confidence is by the gap, each bound excluded", () => {
  const gaps = [
    [0, 500_000],
    [60_000, 500_000],
    [60_001, 600_000],
    [hourMs, 600_000],
    [hourMs + 1, 800_000],
    [dayMs, 800_000],
    [dayMs + 1, 950_000],
  ] as const;
  for (const [gapMs, confidence] of gaps) {
    assert.is(apart(gapMs).confidenceMillionths, confidence, `${gapMs} ms`);
  }
});

test("where nobody says otherwise the answer is sure", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.after(1).claim("bob", "yes");
  const answer = ask(story);
  assert.equal([answer.confidenceMillionths, answer.status], [1_000_000, "unanimous"]);
});

test("the denial of another value does not say otherwise, that of the winner does", () => {
  const story = new Story();
  story.deny("ann", "no");
  story.after(dayMs).claim("bob", "yes");
  assert.is(ask(story).confidenceMillionths, 1_000_000);
  story.deny("cat", "yes");
  story.after(hourMs).claim("dan", "yes");
  assert.is(ask(story).confidenceMillionths, 600_000);
});

test("a value whose last claim denies it cannot win", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.after(dayMs).claim("bob", "no");
  story.after(dayMs).deny("cat", "no");
  const answer = ask(story);
  assert.is(wordOf(answer.winner), "yes");
  assert.equal(ranked(answer), ["yes", "no"], "the winner stands first");
  assert.is(answer.confidenceMillionths, 500_000, "«no» was said after the winner's last claim");
});

test("where every value is denied last, nothing wins", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.deny("bob", "yes");
  const answer = ask(story);
  assert.equal([answer.winner, answer.confidenceMillionths], [undefined, 0]);
  assert.equal([answer.status, answer.supports.length], ["none", 1]);
});

test("a latest claim of no confidence wins, without support", () => {
  const story = new Story();
  story.claim("ann", "yes", { confidenceMillionths: 0 });
  const answer = ask(story);
  assert.equal([wordOf(answer.winner), answer.status], ["yes", "none"]);
});

test("among equal times the later in canonical order wins", () => {
  const story = new Story();
  story.claim("ann", "first");
  story.claim("bob", "second");
  assert.is(wordOf(ask(story).winner), "second");
});

test("times are the earlier of asserted and recorded, recorded, or the start of validity", () => {
  const story = new Story();
  story.claim("ann", "first", { validFromMs: dawnMs });
  story.after(dayMs).claim("bob", "late told", { assertedMs: dawnMs - dayMs });
  story.claim("cat", "future", { assertedMs: dawnMs + 9 * dayMs, validFromMs: dawnMs - dayMs });
  const winner = (parameters: LensParameters) => wordOf(ask(story, parameters).winner);
  assert.is(winner({}), "future", "its time is that of its record");
  assert.is(winner({ sourcesOut: ["source of cat"] }), "first");
  assert.is(winner({ sourcesOut: ["source of cat"], recencyTime: "recorded" }), "late told");
  assert.is(winner({ recencyTime: "valid_from" }), "first");
});

test("a claim without a start of validity is the oldest of all", () => {
  const story = new Story();
  story.claim("ann", "none");
  story.claim("bob", "none too");
  const without = ask(story, { recencyTime: "valid_from" });
  assert.equal([wordOf(without.winner), without.confidenceMillionths], ["none too", 500_000]);
  story.claim("cat", "some", { validFromMs: -8_640_000_000_000 });
  story.claim("dan", "none");
  const some = ask(story, { recencyTime: "valid_from" });
  assert.equal([wordOf(some.winner), some.confidenceMillionths], ["some", 950_000]);
});

test("claims do not age, and one voice supports a value once", () => {
  const story = new Story();
  story.claim("ann", "yes", { validFromMs: 0, confidenceMillionths: 900_000 });
  story.claim("ann", "yes", { confidenceMillionths: 700_000 });
  const answer = ask(story.after(900 * dayMs));
  const [support] = answer.supports;
  assert.is(support?.supportMillionths, 700_000);
  assert.equal([support?.claimCount, support?.voiceCount], [2, 1]);
  assert.equal(
    support?.claims.map(({ weightMillionths }) => weightMillionths),
    [700_000, 0],
  );
});

test("status and conflict are those of the supports, whoever wins", () => {
  const story = new Story();
  for (const name of ["a", "b", "c", "d"]) story.claim(name, "old");
  story.after(1).claim("e", "new");
  const answer = ask(story);
  assert.equal([wordOf(answer.winner), answer.status], ["new", "agreed"]);
  story.after(1).claim("f", "newer");
  assert.is(ask(story).status, "contested");
});

test.run();
