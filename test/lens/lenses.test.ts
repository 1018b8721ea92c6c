/**
 * Goal: each lens gives the support, winner, confidence, conflict and status of its rule. Method:
 * few claims whose sums are done by hand; boundaries of status, ties and lists; sums beyond what
 * doubles multiply exactly.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolve } from "../../src/lens/index.js";
import { weightsOf } from "../../src/lens/rule.js";
import { decide } from "../../src/lens/scores.js";
import { weigh } from "../../src/lens/weigh.js";
import type { Answer, LensName, LensParameters } from "../../src/model/answer.js";
import { dayMs, Story, wordOf } from "../support/story.js";

const test = suite("lens: lenses");

function ask(story: Story, lens: LensName, parameters: LensParameters = {}): Answer {
  const [answer] = resolve({ ...story.input(parameters), lens });
  if (answer === undefined) throw new Error("there is an answer");
  return answer;
}

const supportsOf = ({ supports }: Pick<Answer, "supports">): readonly (string | number)[][] =>
  supports.map(({ value, supportMillionths }) => [wordOf(value), supportMillionths]);
const outcomeOf = (answer: Answer): readonly (string | number)[] => [
  wordOf(answer.winner),
  answer.confidenceMillionths,
  answer.conflictMillionths,
  answer.status,
];

/** Full claims of distinct voices. */
function saying(votes: Readonly<Record<string, number>>): Story {
  const story = new Story();
  for (const [value, count] of Object.entries(votes)) {
    for (let number = 0; number < count; number++) story.claim(`${value}${number}`, value);
  }
  return story;
}

test("consensus sums confidence over voices", () => {
  const story = new Story();
  story.claim("ann", "yes", { confidenceMillionths: 600_000 });
  story.claim("bob", "yes", { confidenceMillionths: 600_000 });
  story.claim("cat", "no", { confidenceMillionths: 800_000 });
  const answer = ask(story, "consensus");
  assert.equal(supportsOf(answer), [
    ["yes", 1_200_000],
    ["no", 800_000],
  ]);
  assert.equal(outcomeOf(answer), ["yes", 600_000, 970_951, "contested"]);
  assert.equal(
    [answer.valueCount, answer.conceptPath, answer.predicate],
    [2, "drug/aspirin", "safe"],
  );
});

test("status is agreed from exactly 0.8 on", () => {
  assert.is(ask(saying({ yes: 4, no: 1 }), "consensus").status, "agreed");
  assert.is(ask(saying({ yes: 7, no: 2 }), "consensus").status, "contested");
  const story = saying({ yes: 4 });
  story.claim("one", "no", { confidenceMillionths: 999_999 });
  assert.is(ask(story, "consensus").status, "agreed");
  story.claim("two", "other", { confidenceMillionths: 2 });
  assert.is(ask(story, "consensus").status, "contested", "one millionth below");
  assert.is(ask(saying({ yes: 2 }), "consensus").status, "unanimous");
  assert.is(ask(new Story(), "consensus").status, "none");
});

test("a denial takes off support, never below nothing", () => {
  const story = saying({ yes: 2 });
  story.deny("cat", "yes", { confidenceMillionths: 500_000 });
  story.deny("cat", "no", { validFromMs: 0 });
  const answer = ask(story, "consensus");
  assert.equal(supportsOf(answer), [
    ["yes", 1_500_000],
    ["no", 0],
  ]);
  assert.equal(outcomeOf(answer), ["yes", 1_000_000, 0, "unanimous"]);
  assert.equal(
    answer.supports[0]?.claims.map(({ weightMillionths }) => weightMillionths),
    [1_000_000, 1_000_000, -500_000],
  );
});

test("where only denials stand, nothing wins", () => {
  const story = new Story();
  story.deny("ann", "yes");
  const answer = ask(story, "consensus");
  assert.equal(outcomeOf(answer), ["nothing", 0, 0, "none"]);
  assert.equal([answer.valueCount, answer.counts.considered], [1, 1]);
});

test("among equal supports the value that was claimed last wins", () => {
  const story = saying({ yes: 1, no: 1 });
  assert.equal(outcomeOf(ask(story, "consensus")), ["no", 500_000, 1_000_000, "contested"]);
  story.deny("a", "yes", { confidenceMillionths: 0 });
  assert.is(wordOf(ask(story, "consensus").winner), "yes", "a claim of any kind counts as later");
});

test("the answer to a question without claims is empty", () => {
  for (const lens of ["recency", "confidence", "consensus", "votes", "authority"] as const) {
    const answer = ask(new Story(), lens);
    assert.equal(outcomeOf(answer), ["nothing", 0, 0, "none"], lens);
    assert.equal([answer.supports, answer.valueCount], [[], 0]);
    const counts = { candidates: 0, considered: 0, revised: 0, redacted: 0, ineligible: 0 };
    assert.equal(answer.counts, counts);
  }
});

test("64 values and 16 claims are listed, all are counted", () => {
  const story = new Story();
  for (let number = 0; number < 70; number++) story.claim(`v${number}`, `value ${number}`);
  for (let number = 0; number < 20; number++) {
    const confidenceMillionths = number < 3 ? 500_000 : 10_000 * number;
    story.claim(`w${number}`, "value 7", { confidenceMillionths });
  }
  const answer = ask(story, "consensus");
  assert.equal([answer.valueCount, answer.supports.length], [70, 64]);
  const [top, second] = answer.supports;
  assert.equal([wordOf(top?.value), top?.claimCount, top?.claims.length], ["value 7", 21, 16]);
  assert.is(wordOf(second?.value), "value 69");
  const weights = top?.claims.map(({ weightMillionths }) => weightMillionths) ?? [];
  assert.equal(weights.slice(0, 5), [1_000_000, 500_000, 500_000, 500_000, 190_000]);
  assert.is(weights.at(-1), 80_000);
  const places = top?.claims.slice(1, 4).map(({ position }) => position.index);
  assert.equal(places, [72, 71, 70], "among equal weights the later first");
});

test("sums of nine billion full claims are exact", () => {
  const story = saying({ yes: 1, no: 1 });
  const [weighed] = weigh(story.input());
  if (weighed === undefined) throw new Error("there is a question");
  const whole = 9_000_000_000_000_000;
  const of = (yes: number, no: number) =>
    decide(weighed.standing, { weights: [yes, no], supports: [yes, no] });
  assert.is(of(whole * 0.8, whole * 0.2).status, "agreed");
  assert.is(of(whole * 0.8 - 1, whole * 0.2 + 1).status, "contested");
  assert.is(of(whole * 0.8, whole * 0.2).confidenceMillionths, 800_000);
  assert.is(of(whole * 0.5, whole * 0.5).conflictMillionths, 1_000_000);
});

test("confidence is the surest claim for a value, less the surest against it", () => {
  const story = new Story();
  story.claim("ann", "yes", { confidenceMillionths: 700_000 });
  story.claim("bob", "yes", { confidenceMillionths: 900_000 });
  story.deny("cat", "yes", { confidenceMillionths: 250_000 });
  story.deny("dan", "yes", { confidenceMillionths: 100_000 });
  story.claim("eve", "no", { confidenceMillionths: 800_000 });
  const answer = ask(story, "confidence");
  assert.equal(supportsOf(answer), [
    ["no", 800_000],
    ["yes", 650_000],
  ]);
  assert.is(answer.confidenceMillionths, 551_724);
  assert.equal(
    answer.supports[1]?.claims.map(({ weightMillionths }) => weightMillionths),
    [900_000, 700_000, -250_000, -100_000],
  );
});

test("confidence lists a voice's earlier claims with their own weight", () => {
  const story = new Story();
  story.claim("ann", "yes", { validFromMs: 0 });
  story.claim("ann", "yes", { confidenceMillionths: 1 });
  const [support] = ask(story, "confidence").supports;
  assert.equal([support?.supportMillionths, support?.voiceCount], [1_000_000, 1]);
});

test("votes are summed over a value's claims; those on denials count against it", () => {
  const story = new Story();
  const yes = story.claim("ann", "yes", { confidenceMillionths: 1 });
  const no = story.deny("bob", "yes");
  const other = story.claim("cat", "other");
  story.vote("x", yes, 900_000);
  story.vote("y", yes, -100_000);
  story.endorse("z", other);
  story.vote("x", no, 300_000);
  const answer = ask(story, "votes");
  assert.equal(supportsOf(answer), [
    ["other", 1_000_000],
    ["yes", 500_000],
  ]);
  assert.equal(
    answer.supports[1]?.claims.map(({ weightMillionths }) => weightMillionths),
    [800_000, -300_000],
  );
  assert.is(answer.isWithoutVotes, undefined);
  story.vote("x", yes, -900_000);
  assert.equal(supportsOf(ask(story, "votes"))[1], ["yes", 0], "never below nothing");
});

test("without votes consensus decides, and the answer says so", () => {
  const story = saying({ yes: 2, no: 1 });
  const [first] = story.told;
  if (first === undefined) throw new Error("there is a claim");
  story.vote("x", first, 5);
  story.vote("x", first, 0);
  const { isWithoutVotes, ...answer } = ask(story, "votes");
  assert.is(isWithoutVotes, true);
  assert.equal(answer, ask(story, "consensus"));
  story.vote("x", first, 5);
  story.vote("y", first, -5);
  assert.equal(outcomeOf(ask(story, "votes")), ["nothing", 0, 0, "none"], "votes that cancel");
});

test("votes on claims that do not count are no votes", () => {
  const story = saying({ yes: 1 });
  const gone = story.claim("bob", "no");
  story.vote("x", gone, 5);
  story.retract("bob", gone);
  assert.is(ask(story, "votes").isWithoutVotes, true);
});

test("authority weighs each voice by its trust", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.judge("cur", story.claim("ann", "yes"), "wrong");
  story.judge("cur", story.claim("bob", "no", { confidenceMillionths: 999_999 }), "right");
  const answer = ask(story, "authority");
  // 999,999 × 0.55 = 549,999.45.
  assert.equal(supportsOf(answer), [
    ["no", 549_999],
    ["yes", 400_000],
  ]);
  story.after(30 * dayMs);
  assert.equal(supportsOf(ask(story, "authority", { decay: "none" })), supportsOf(answer));
});

function layered(): Story {
  const story = new Story();
  story.grant("root", "fda", { classCeiling: "regulatory" });
  story.grant("root", "lab", { classCeiling: "clinical" });
  story.claim("fda", "no", { sourceClass: "regulatory", confidenceMillionths: 600_000 });
  story.claim("lab", "yes", { sourceClass: "clinical" });
  for (let number = 0; number < 100; number++) {
    story.claim(`p${number}`, "yes", { sourceClass: "anecdotal" });
  }
  return story;
}

test("a hundred anecdotes do not outvote one regulator", () => {
  const answer = ask(layered(), "layered");
  assert.equal(outcomeOf(answer), ["no", 1_000_000, 0, "unanimous"]);
  assert.equal(
    answer.tiers?.map((tier) => [tier.sourceClass, wordOf(tier.winner), tier.supports.length]),
    [
      ["regulatory", "no", 1],
      ["clinical", "yes", 1],
      ["anecdotal", "yes", 1],
    ],
  );
  // Two of three tiers for one value: the entropy of 2/3, 1/3.
  assert.is(answer.tiersConflictMillionths, 918_296);
  assert.equal([answer.valueCount, answer.counts.considered], [1, 102]);
  assert.is(wordOf(ask(layered(), "consensus").winner), "yes");
});

test("the best class decides even where nothing wins in it", () => {
  const story = layered();
  story.deny("fda", "no", { sourceClass: "regulatory" });
  const answer = ask(story, "layered");
  assert.equal([wordOf(answer.winner), answer.status], ["nothing", "none"]);
  assert.equal([answer.tiers?.length, answer.tiersConflictMillionths], [3, 0]);
});

test("a voice that speaks in two classes counts once in each", () => {
  const story = new Story();
  story.grant("root", "ann", { classCeiling: "expert" });
  story.claim("ann", "yes", { sourceClass: "expert", validFromMs: 0 });
  story.claim("ann", "yes", { sourceClass: "community" });
  const { tiers } = ask(story, "layered");
  assert.equal(
    tiers?.map(({ supports }) => supports[0]?.supportMillionths),
    [1_000_000, 1_000_000],
  );
  assert.equal(supportsOf(ask(story, "consensus")), [["yes", 1_000_000]]);
  const [weighed] = weigh(story.input());
  if (weighed === undefined) throw new Error("there is a question");
  assert.equal(weightsOf("layered", weighed), [1_000_000, 1_000_000]);
  assert.equal(weightsOf("consensus", weighed), [0, 1_000_000]);
});

test("layered without claims has no tiers", () => {
  const answer = ask(new Story(), "layered");
  assert.equal([answer.tiers, answer.tiersConflictMillionths], [[], 0]);
});

test("the skeptic sees what consensus sees, and lets nothing win", () => {
  const story = saying({ yes: 3, no: 1 });
  const { winner, confidenceMillionths, ...consensus } = ask(story, "consensus");
  assert.equal([wordOf(winner), confidenceMillionths], ["yes", 750_000]);
  assert.equal(ask(story, "skeptic"), { ...consensus, confidenceMillionths: 0 });
});

test("the answer carries each claim as it was said, and the class that counts", () => {
  const story = new Story();
  story.grant("root", "door", { role: "gateway" });
  const claim = story.claim("door/ann", "yes", { sourceClass: "clinical", sourceId: "label" });
  story.claim("eve/ann", "yes", { polarity: "denies", confidenceMillionths: 1 });
  const [listed, other] = ask(story, "consensus").supports[0]?.claims ?? [];
  assert.equal(listed, {
    id: claim.id,
    position: { logId: story.logId, index: claim.index },
    recorded: claim.recorded,
    author: claim.author,
    onBehalfOf: "ann",
    sourceId: "label",
    sourceClass: "community",
    polarity: "affirms",
    confidenceMillionths: 1_000_000,
    weightMillionths: 1_000_000,
    assertedMs: story.nowMs,
  });
  assert.is(other?.onBehalfOf, undefined, "not honoured");
});

test.run();
