/**
 * Goal: people read why a claim counts, or why not, in words that are true. Method: short stories
 * in which one thing happens to a claim, and the sentence that it gets; the sentences of acts
 * without effect; the summary.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explain } from "../../src/lens/index.js";
import type { Explanation, LensName, LensParameters } from "../../src/model/answer.js";
import { dawnMs, dayMs, keyOfName, Story } from "../support/story.js";

const test = suite("lens: sentences");

const explained = (
  story: Story,
  lens: LensName = "consensus",
  parameters: LensParameters = {},
): Explanation => explain({ ...story.input(parameters), lens });

/** Of each claim, in the order of saying. */
function sentences(
  story: Story,
  lens: LensName = "consensus",
  parameters: LensParameters = {},
): readonly string[] {
  const { claims } = explained(story, lens, parameters);
  const inOrder = [...claims].sort(
    (left, right) => left.claim.position.index - right.claim.position.index,
  );
  return inOrder.map(({ sentence }) => sentence);
}

test("considered: confidence, age and class", () => {
  const story = new Story();
  story.grant("root", "ann", { classCeiling: "expert" });
  story.claim("ann", "yes", { confidenceMillionths: 900_000, sourceClass: "expert" });
  story.deny("bob", "yes", { sourceClass: "regulatory", assertedMs: dawnMs - 90 * dayMs });
  story.after(180 * dayMs);
  story.claim("cat", "no", { confidenceMillionths: 500_000 });
  assert.equal(sentences(story), [
    "counts 0.45: confidence 0.9, aged 180 days with a half-life of 180 days (x 0.5), " +
      "from expert sources",
    "counts 0.125 against the value: confidence 1, aged 270 days with a half-life of 90 days " +
      "(x 0.125), from sources that count as community (they claim regulatory)",
    "counts 0.5: confidence 0.5, not aged, from community sources",
  ]);
  assert.match(
    sentences(story, "consensus", { decay: "none" })[0] as string,
    /^counts 0.9: .*not aged/,
  );
  assert.match(sentences(story, "confidence")[0] as string, /^is sure to 0.45: confidence 0.9/);
  assert.match(sentences(story, "authority")[2] as string, /^counts 0.25: .* that is trusted 0.5$/);
  assert.is(sentences(story, "recency")[2], "says so since 2024-06-29, with confidence 0.5");
  assert.match(sentences(story, "recency")[1] as string, /^denies the value since 2023-10-03/);
});

test("considered: votes, and their absence", () => {
  const story = new Story();
  const first = story.claim("ann", "yes");
  story.claim("bob", "no");
  assert.match(sentences(story, "votes")[0] as string, /^counts 1, for nobody voted: confidence 1/);
  story.vote("cat", first, 250_000);
  assert.equal(sentences(story, "votes"), [
    "counts 0.25: the sum of the votes on it",
    "adds nothing: nobody voted on it",
  ]);
});

test("considered: an earlier claim of the voice on the value adds nothing", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.claim("ann", "yes", { validFromMs: 0 });
  assert.match(sentences(story)[0] as string, /^adds nothing: a later claim of its voice/);
  assert.match(sentences(story)[1] as string, /^counts 1/);
});

test("what makes a claim lose has its words and its entry", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  const taken = story.claim("ann", "a");
  const retraction = story.retract("ann", taken);
  const replaced = story.claim("bob", "b");
  const supersession = story.supersede("cur", replaced);
  story.claim("cat", "c", { sourceId: "bad" });
  const withdrawal = story.withdraw("cur", "bad");
  story.claim("dan", "d", { validUntilMs: dawnMs });
  story.claim("eve", "e", { lifecycle: "rejected" });
  story.claim("fay", "f", { epoch: "old" });
  const epoch = story.epoch("cur", "new", "old");
  story.claim("gus", "g");
  const later = story.claim("gus", "h");
  story.claim("hal", "i");
  const revocation = story.revoke("root", "hal", dawnMs - dayMs);
  const parent = story.claim("ida", "j");
  const child = story.claim("ida", "k", { parent: parent.id, lifecycle: "deprecated" });
  const { claims } = explained(story);
  const told = [...claims].sort(
    (left, right) => left.claim.position.index - right.claim.position.index,
  );
  const rows = told.map(({ fate, fateEntry, sentence }) => [fate, fateEntry, sentence]);
  const admitted = "only proposed, under review and approved claims are admitted";
  assert.equal(rows.slice(0, 7), [
    ["retracted", retraction.id, "does not count: its own voice took it back"],
    [
      "superseded",
      supersession.id,
      "does not count: it was replaced, by its own voice or by a curator",
    ],
    ["source_retracted", withdrawal.id, "does not count: its source bad was withdrawn"],
    ["not_valid", undefined, "does not count: it holds until 2024-01-01, and not at 2024-01-01"],
    ["lifecycle", undefined, `does not count: it is rejected, and ${admitted}`],
    ["epoch", epoch.id, "does not count: it belongs to the epoch old, which was superseded"],
    ["revised", later.id, "was revised by a later claim of the same voice"],
  ]);
  assert.equal(rows[8], [
    "revoked",
    revocation.id,
    "does not count: its author's key was revoked before it was recorded",
  ]);
  assert.equal(rows[9], [
    "revised",
    child.id,
    "was revised by a claim of the same voice that names it as its parent",
  ]);
});

test("parameters that leave a claim out are named", () => {
  const story = new Story();
  const claim = story.claim("ann", "yes", { confidenceMillionths: 300_000 });
  const cases: readonly (readonly [LensParameters, RegExp])[] = [
    [{ authorsOut: [keyOfName("ann")] }, /leave its author out/],
    [{ authorsIn: [keyOfName("bob")] }, /leave its author out/],
    [{ sourcesOut: ["source of ann"] }, /leave the source source of ann out/],
    [{ classes: ["expert"] }, /counts as community/],
    [{ confidenceMillionthsMin: 400_000 }, /confidence 0.3 is below 0.4/],
    [{ trustMillionthsMin: 600_000 }, /trusted 0.5, which is below 0.6/],
    [{ epoch: "now" }, /belongs to no epoch, and only now is asked for/],
    [{ claimsOut: [claim.id] }, /as if it had been taken back/],
  ];
  for (const [parameters, words] of cases) {
    assert.match(sentences(story, "consensus", parameters)[0] as string, words);
  }
});

test("acts without effect say why", () => {
  const story = new Story();
  const claim = story.claim("ann", "yes");
  story.retract("bob", claim);
  story.supersede("bob", claim);
  story.retract("ann", claim, { path: "drug" });
  story.vote("cat", claim, 1);
  story.vote("cat", claim, 2);
  story.revoke("root", "dan", dawnMs - dayMs);
  story.endorse("dan", claim);
  const told = explained(story).ineffective.map(({ kind, sentence }) => `${kind} ${sentence}`);
  assert.equal(told, [
    "retraction has no effect: only the voice that made a claim takes it back",
    "supersession has no effect: only the voice that made a claim, or a curator, replaces it",
    "retraction has no effect: it names the path drug, and its claim is about drug/aspirin",
    "vote has no effect: its voice said something else of the claim later",
    "endorsement has no effect: its author's key was revoked before it was recorded",
  ]);
});

test("summary: who wins, what became of the claims, and what would turn it", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.claim("bob", "yes", { confidenceMillionths: 500_000 });
  story.claim("cat", "no");
  assert.equal(explained(story).summary, [
    '"yes" wins by consensus with confidence 0.6; the claims are contested.',
    "Of 3 claims: 3 considered.",
    "Without any one of 2 authors or 2 sources the answer would be another.",
    "Taking back 1 claim would turn the answer. No fewer do.",
  ]);
  assert.equal(explained(new Story()).summary, ["Nobody has claimed anything."]);
  assert.match(explained(story, "skeptic").summary[0] as string, /^Nothing wins \(skeptic/);
});

test.run();
