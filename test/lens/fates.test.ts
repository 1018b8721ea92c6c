/**
 * Goal: each fate is decided by its rule, at its boundary, and in the order of evaluation. Method:
 * one claim or a few, and the fates that weighing gives them; claims that deserve several fates at
 * once, from the last to the first.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { cutAtPlace, everything, type WeighInput } from "../../src/lens/index.js";
import { weigh } from "../../src/lens/weigh.js";
import type { Fate, LensParameters } from "../../src/model/answer.js";
import type { EntryId } from "../../src/model/position.js";
import { dawnMs, dayMs, keyOfName, Story } from "../support/story.js";

const test = suite("lens: order of evaluation");

const fatesOf = (
  story: Story,
  parameters: LensParameters = {},
  fields: Partial<WeighInput> = {},
): readonly Fate[] =>
  weigh(story.input(parameters, fields)).flatMap(({ claims }) => claims.map(({ fate }) => fate));

const deciderOf = (story: Story, place = 0, parameters: LensParameters = {}): EntryId | undefined =>
  weigh(story.input(parameters))[0]?.claims[place]?.fateEntry;

test("a claim that nothing speaks against is considered", () => {
  const story = new Story();
  story.claim("ann", "yes");
  assert.equal(fatesOf(story), ["considered"]);
  assert.is(deciderOf(story), undefined);
});

test("a key is revoked from exactly `since` on", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.claim("bob", "yes", { recorded: (BigInt(dawnMs + 1) << 16n) - 1n, index: 1 });
  story.claim("bob", "yes", { recorded: BigInt(dawnMs + 1) << 16n, index: 2 });
  const revocation = story.after(dayMs).revoke("root", "bob", dawnMs + 1);
  assert.equal(fatesOf(story), ["considered", "considered", "revoked"]);
  assert.is(deciderOf(story, 2), revocation.id);
});

test("authors, sources and classes are left in or out", () => {
  const story = new Story();
  story.grant("root", "ann", { classCeiling: "regulatory" });
  story.claim("ann", "yes", { sourceId: "label", sourceClass: "regulatory" });
  story.claim("bob", "yes", { sourceId: "forum", sourceClass: "regulatory" });
  const [ann, bob] = [keyOfName("ann"), keyOfName("bob")];
  const onlyFirst: Fate[] = ["considered", "filtered"];
  const onlySecond: Fate[] = ["filtered", "considered"];
  assert.equal(fatesOf(story, { authorsIn: [ann] }), onlyFirst);
  assert.equal(fatesOf(story, { authorsOut: [ann] }), onlySecond);
  assert.equal(fatesOf(story, { sourcesIn: ["label"] }), onlyFirst);
  assert.equal(fatesOf(story, { sourcesOut: ["label"] }), onlySecond);
  assert.equal(fatesOf(story, { classes: ["regulatory"] }), onlyFirst);
  assert.equal(fatesOf(story, { classes: ["community"] }), onlySecond, "the effective class");
  assert.equal(fatesOf(story, { authorsIn: [ann, bob], sourcesOut: ["forum"] }), onlyFirst);
  assert.equal(fatesOf(story, { authorsIn: [] }), ["filtered", "filtered"]);
});

test("a retraction takes out its own voice's claim, and names itself", () => {
  const story = new Story();
  const claim = story.claim("ann", "yes");
  story.retract("eve", claim);
  assert.equal(fatesOf(story), ["considered"]);
  const retraction = story.retract("ann", claim);
  story.retract("ann", claim);
  assert.equal(fatesOf(story), ["retracted"]);
  assert.is(deciderOf(story), retraction.id);
});

test("claims are left out as if they had been retracted", () => {
  const story = new Story();
  const parent = story.claim("ann", "yes");
  const child = story.claim("ann", "no", { parent: parent.id, lifecycle: "deprecated" });
  assert.equal(fatesOf(story), ["revised", "lifecycle"]);
  assert.equal(fatesOf(story, { claimsOut: [child.id] }), ["considered", "retracted"]);
  assert.equal(fatesOf(story, { claimsOut: [parent.id] }), ["retracted", "lifecycle"]);
});

test("a supersession takes out the old claim, by its voice or a curator", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator", prefix: "drug" });
  const [one, two, three] = [story.claim("a", "x"), story.claim("b", "x"), story.claim("c", "x")];
  story.supersede("a", one);
  const second = story.supersede("cur", two);
  story.supersede("eve", three);
  assert.equal(fatesOf(story), ["superseded", "superseded", "considered"]);
  assert.is(deciderOf(story, 1), second.id);
});

test("a withdrawn source takes its claims with it", () => {
  const story = new Story();
  story.register("ann", "label");
  story.claim("bob", "yes", { sourceId: "label" });
  story.claim("eve", "yes", { sourceId: "leaflet" });
  const withdrawal = story.withdraw("ann", "label");
  assert.equal(fatesOf(story), ["source_retracted", "considered"]);
  assert.is(deciderOf(story), withdrawal.id);
});

test("a claim is valid from its start inclusive to its end exclusive", () => {
  const story = new Story();
  story.claim("ann", "yes", { validFromMs: 100, validUntilMs: 200 });
  story.claim("bob", "yes", { validFromMs: 200 });
  story.claim("cat", "yes", { validUntilMs: 100 });
  const at = (validAtMs: number) => fatesOf(story, { validAtMs });
  assert.equal(at(99), ["not_valid", "not_valid", "considered"]);
  assert.equal(at(100), ["considered", "not_valid", "not_valid"]);
  assert.equal(at(199), ["considered", "not_valid", "not_valid"]);
  assert.equal(at(200), ["not_valid", "considered", "not_valid"]);
  assert.equal(fatesOf(story, {}, { evaluatedAtMs: 150 }), at(150), "the preset is evaluated at");
});

test("the first three lifecycles are admitted unless told otherwise", () => {
  const story = new Story();
  for (const lifecycle of ["proposed", "under_review", "approved", "deprecated"] as const) {
    story.claim(lifecycle, "yes", { lifecycle });
  }
  const [yes, no]: Fate[] = ["considered", "lifecycle"];
  assert.equal(fatesOf(story), [yes, yes, yes, no]);
  assert.equal(fatesOf(story, { lifecycles: ["deprecated"] }), [no, no, no, yes]);
});

test("claims of superseded epochs are out, those without one stay", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.claim("ann", "yes", { epoch: "first" });
  story.claim("bob", "yes", { epoch: "second" });
  story.claim("cat", "yes");
  assert.equal(fatesOf(story), ["considered", "considered", "considered"]);
  const epoch = story.epoch("cur", "second", "first");
  assert.equal(fatesOf(story), ["epoch", "considered", "considered"]);
  assert.is(deciderOf(story), epoch.id);
  assert.equal(fatesOf(story, { epoch: "first" }), ["considered", "epoch", "epoch"]);
});

test("of a voice its latest claim of an interval counts", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.claim("bob", "yes");
  const last = story.claim("ann", "no");
  assert.equal(fatesOf(story), ["revised", "considered", "considered"]);
  assert.is(deciderOf(story), last.id);
});

test("claims of other intervals do not revise one another", () => {
  const story = new Story();
  const validUntilMs = dawnMs + dayMs;
  story.claim("ann", "yes");
  story.claim("ann", "yes", { validFromMs: 0 });
  story.claim("ann", "yes", { validUntilMs });
  story.claim("ann", "yes", { validFromMs: 0, validUntilMs });
  assert.equal(fatesOf(story), ["considered", "considered", "considered", "considered"]);
  story.claim("ann", "no", { validFromMs: 0 });
  assert.equal(fatesOf(story)[1], "revised");
});

test("only claims that came as far revise", () => {
  const story = new Story();
  const claim = story.claim("ann", "yes");
  story.retract("ann", story.claim("ann", "no"));
  story.claim("ann", "no", { lifecycle: "rejected" });
  story.claim("ann", "no", { validFromMs: story.nowMs + dayMs });
  assert.equal(fatesOf(story), ["considered", "retracted", "lifecycle", "not_valid"]);
  assert.is(claim.index, 0);
});

test("a claim that is revised itself still revises", () => {
  const story = new Story();
  story.claim("ann", "one");
  const second = story.claim("ann", "two");
  story.claim("ann", "three", { parent: second.id, lifecycle: "deprecated" });
  assert.equal(fatesOf(story), ["revised", "revised", "lifecycle"]);
  assert.is(deciderOf(story), second.id);
});

test("a claim is revised by one of its voice that names it, whatever that claim is", () => {
  const variants = [
    { lifecycle: "deprecated" },
    { validFromMs: dawnMs + dayMs },
    { epoch: "old" },
  ] as const;
  for (const fields of variants) {
    const story = new Story();
    story.grant("root", "cur", { role: "curator" });
    story.epoch("cur", "new", "old");
    const parent = story.claim("ann", "yes");
    const child = story.claim("ann", "no", { parent: parent.id, ...fields });
    assert.is(fatesOf(story)[0], "revised", JSON.stringify(fields));
    assert.is(deciderOf(story), child.id);
    const before = { cut: cutAtPlace(parent) };
    assert.equal(fatesOf(story, {}, before), ["considered"], "not as of before it");
  }
});

test("a parent is not revised by another voice, a retracted claim or a revoked one", () => {
  const story = new Story();
  const parent = story.claim("ann", "yes", { validUntilMs: dawnMs + 9 * dayMs });
  const fields = { parent: parent.id, lifecycle: "deprecated" } as const;
  story.claim("eve", "no", fields);
  story.retract("ann", story.claim("ann", "no", fields));
  assert.equal(fatesOf(story), ["considered", "lifecycle", "retracted"]);
  story.after(dayMs).claim("ann", "no", fields);
  assert.is(fatesOf(story)[0], "revised");
  story.revoke("root", "ann");
  assert.equal(fatesOf(story), ["considered", "lifecycle", "retracted", "revoked"]);
});

test("with sources as voices, a source's later claim revises its earlier one", () => {
  const story = new Story();
  story.claim("ann", "yes", { sourceId: "label" });
  const second = story.claim("bob", "no", { sourceId: "label" });
  story.retract("ann", second);
  assert.equal(fatesOf(story, { voices: "sources" }), ["revised", "considered"]);
  assert.equal(fatesOf(story), ["considered", "considered"]);
  story.retract("bob", second);
  assert.equal(fatesOf(story, { voices: "sources" }), ["considered", "retracted"]);
});

test("thresholds leave out the unsure, as claimed and not as aged", () => {
  const story = new Story();
  story.claim("ann", "yes", { confidenceMillionths: 500_000 });
  story.after(1_000 * dayMs);
  const fateAt = (confidenceMillionthsMin: number) => fatesOf(story, { confidenceMillionthsMin });
  assert.equal(fateAt(500_000), ["considered"]);
  assert.equal(fateAt(500_001), ["filtered"]);
});

test("a claim that a threshold leaves out has revised the one before", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.claim("ann", "no", { confidenceMillionths: 1 });
  assert.equal(fatesOf(story, { confidenceMillionthsMin: 2 }), ["revised", "filtered"]);
});

test("thresholds leave out those who are not trusted", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  const claim = story.claim("ann", "yes");
  story.claim("bob", "yes");
  story.judge("cur", claim, "wrong");
  assert.equal(fatesOf(story, { trustMillionthsMin: 400_000 }), ["considered", "considered"]);
  assert.equal(fatesOf(story, { trustMillionthsMin: 400_001 }), ["filtered", "considered"]);
  assert.equal(fatesOf(story, { trustMillionthsMin: 500_001 }), ["filtered", "filtered"]);
});

test("the first fate that applies decides", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  const parameters: LensParameters = { sourcesOut: ["label"], confidenceMillionthsMin: 1 };
  const claim = story.claim("ann", "yes", {
    sourceId: "label",
    validFromMs: dawnMs + dayMs,
    lifecycle: "rejected",
    epoch: "first",
    confidenceMillionths: 0,
  });
  const fate = (told: LensParameters) => fatesOf(story, told)[0];
  const admitted: LensParameters = { confidenceMillionthsMin: 1, lifecycles: ["rejected"] };
  const validAtMs = dawnMs + dayMs;
  assert.is(fate({ ...admitted, validAtMs }), "filtered");
  story.claim("ann", "no", { parent: claim.id });
  assert.is(fate({ ...admitted, validAtMs }), "revised");
  story.epoch("cur", "second", "first");
  assert.is(fate({ ...admitted, validAtMs }), "epoch");
  assert.is(fate({ validAtMs }), "lifecycle");
  assert.is(fate({}), "not_valid");
  story.withdraw("cur", "label");
  assert.is(fate({}), "source_retracted");
  story.supersede("cur", claim);
  assert.is(fate({}), "superseded");
  story.retract("ann", claim);
  assert.is(fate({}), "retracted");
  assert.is(fate(parameters), "filtered");
  story.revoke("root", "ann", dawnMs);
  assert.is(fate(parameters), "revoked");
});

test("every claim in the cut is counted once", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.claim("ann", "no");
  story.retract("bob", story.claim("bob", "no"));
  const later = story.after(dayMs).claim("cat", "no");
  const history = { ...story.input().history, redactedCount: 2 };
  const countsAt = (cut: WeighInput["cut"]) =>
    weigh(story.input({}, { history, cut })).map(({ counts }) => counts);
  const counts = { candidates: 4, considered: 2, revised: 1, redacted: 2, ineligible: 1 };
  assert.equal(countsAt(everything), [counts]);
  const before = cutAtPlace({ ...later, index: later.index - 1, recorded: later.recorded - 1n });
  assert.equal(countsAt(before), [{ ...counts, candidates: 3, considered: 1 }]);
});

test("claims or acts out of order are a bug", () => {
  const story = new Story();
  const claim = story.claim("ann", "yes");
  story.claim("bob", "yes");
  story.vote("ann", claim, 1);
  story.vote("bob", claim, 1);
  const { history } = story.input();
  const candidates = history.candidates.toReversed();
  const acts = history.acts.toReversed();
  for (const wrong of [{ candidates }, { acts }, { candidates: [claim, claim] }]) {
    const input = story.input({}, { history: { ...history, ...wrong } });
    assert.throws(
      () => weigh(input),
      (error: unknown) => error instanceof AssertionFailure,
    );
  }
});

test.run();
