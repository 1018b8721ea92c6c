/**
 * Goal: acts have an effect exactly where path, voice and key allow it; of votes the latest of each
 * voice counts. Method: small stories, read through what weighing makes of the claims.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutAtPlace, everything } from "../../src/lens/index.js";
import { weigh } from "../../src/lens/weigh.js";
import type { Fate } from "../../src/model/answer.js";
import { dayMs, keyOfName, Story } from "../support/story.js";

const test = suite("lens: acts");

const fatesOf = (story: Story, cut = everything): readonly Fate[] =>
  weigh(story.input({}, { cut }))[0]?.claims.map(({ fate }) => fate) ?? [];
const votesOf = (story: Story, cut = everything): readonly number[] =>
  weigh(story.input({}, { cut }))[0]?.claims.map(({ votesMillionths }) => votesMillionths) ?? [];

test("an act that names another path has no effect", () => {
  const story = new Story();
  const claim = story.claim("ann", "yes");
  story.retract("ann", claim, { path: "drug" });
  story.supersede("ann", claim, { path: "drug/aspirin/x" });
  story.vote("bob", claim, 1_000, { path: "" });
  assert.equal([fatesOf(story), votesOf(story)], [["considered"], [0]]);
});

test("an act names the path as its target wrote it, not as it is read", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.alias("cur", "asa", "drug/aspirin");
  const claim = story.claim("ann", "yes", { conceptPath: "asa" });
  story.retract("ann", claim, { path: "drug/aspirin" });
  assert.equal(fatesOf(story), ["considered"]);
  story.retract("ann", claim);
  assert.equal(fatesOf(story), ["retracted"]);
});

test("an act may stand before its target, but not beyond the cut", () => {
  const story = new Story();
  const ahead = new Story();
  ahead.after(1).at(story.nowMs);
  ahead.retract("ann", story.claim("dummy", "yes"));
  const target = ahead.claim("ann", "yes");
  const [act] = ahead.acts;
  if (act === undefined) throw new Error("there is an act");
  ahead.acts[0] = { ...act, target: target.id, path: target.conceptPath };
  assert.equal(fatesOf(ahead), ["retracted"]);

  const claim = story.told[0];
  if (claim === undefined) throw new Error("there is a claim");
  const cut = cutAtPlace(claim);
  story.retract("dummy", claim);
  assert.equal([fatesOf(story), fatesOf(story, cut)], [["retracted"], ["considered"]]);
});

test("an act of a key that was revoked when it was recorded has no effect", () => {
  const story = new Story();
  const claim = story.claim("ann", "yes");
  story.after(dayMs).vote("bob", claim, 7);
  story.after(dayMs).vote("bob", claim, 9);
  story.retract("ann", claim);
  story.revoke("root", "bob");
  assert.equal([fatesOf(story), votesOf(story)], [["retracted"], [7]]);
  story.revoke("root", "ann", story.nowMs);
  assert.equal(fatesOf(story), ["considered"], "the claim itself is older");
});

test("a voice takes back through any gateway, and the gateway itself does not", () => {
  const story = new Story();
  story.grant("root", "door", { role: "gateway", prefix: "drug" });
  story.grant("root", "gate", { role: "gateway" });
  const claim = story.claim("door/ann", "yes");
  story.retract("door", claim);
  story.retract("gate/bob", claim);
  story.retract("eve/ann", claim);
  assert.equal(fatesOf(story), ["considered"]);
  story.retract("gate/ann", claim);
  assert.equal(fatesOf(story), ["retracted"]);
});

test("without the gateway role, the key speaks for itself", () => {
  const story = new Story();
  story.grant("root", "door", { role: "gateway", prefix: "food" });
  story.retract("door", story.claim("door/ann", "yes"));
  assert.equal(fatesOf(story), ["retracted"], "its role covers another path");
});

test("a curator of another path supersedes nothing", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator", prefix: "food" });
  story.supersede("cur", story.claim("ann", "yes"));
  assert.equal(fatesOf(story), ["considered"]);
});

test("of each voice the latest vote on a claim counts, an endorsement being a whole one", () => {
  const story = new Story();
  const [one, two] = [story.claim("ann", "yes"), story.claim("bob", "no")];
  story.vote("cat", one, 300_000);
  story.endorse("dan", one);
  const early = story.vote("dan", two, -250_000);
  story.endorse("cat", one);
  story.vote("dan", one, 0);
  assert.equal(votesOf(story), [1_000_000, -250_000]);
  assert.equal(votesOf(story, cutAtPlace(early)), [1_300_000, -250_000]);
});

test("votes through two gateways are of one voice", () => {
  const story = new Story();
  story.grant("root", "door", { role: "gateway" });
  story.grant("root", "gate", { role: "gateway" });
  const claim = story.claim("ann", "yes");
  story.vote("door/bob", claim, 5);
  story.vote("gate/bob", claim, 3);
  story.vote("eve/bob", claim, 1);
  assert.equal(votesOf(story), [4]);
});

test("an act upon a claim of another question is passed over", () => {
  const story = new Story();
  story.claim("ann", "yes");
  const elsewhere = story.claim("ann", "yes", { predicate: "dose" });
  story.retract("ann", elsewhere);
  story.retract("ann", { ...elsewhere, id: keyOfName("nothing") });
  assert.equal(fatesOf(story), ["considered"]);
});

test.run();
