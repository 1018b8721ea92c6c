/**
 * Goal: claims age by the class that counts, from the earlier of asserted and recorded time,
 * exactly by half at a half-life; trust moves as curators say and ages by 30 days. Method: whole
 * half-lives, whose powers are exact; boundaries of classes, ceilings and clamps.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cutAtPlace } from "../../src/lens/index.js";
import { weigh } from "../../src/lens/weigh.js";
import type { LensParameters } from "../../src/model/answer.js";
import { type SourceClass, sourceClasses } from "../../src/model/entry.js";
import { dayMs, Story } from "../support/story.js";

const test = suite("lens: decay and trust");

const claimsOf = (story: Story, parameters: LensParameters = {}) =>
  weigh(story.input(parameters))[0]?.claims ?? [];
const effectiveOf = (story: Story, parameters: LensParameters = {}): readonly number[] =>
  claimsOf(story, parameters).map(({ effectiveMillionths }) => effectiveMillionths);
const trustOf = (story: Story, parameters: LensParameters = {}): readonly number[] => {
  const [weighed] = weigh(story.input(parameters));
  return weighed?.claims.map((claim) => weighed.trustOf(claim)) ?? [];
};

const halfLifeDays: Readonly<Record<Exclude<SourceClass, "regulatory">, number>> = {
  clinical: 730,
  observational: 365,
  expert: 180,
  community: 90,
  anecdotal: 30,
};

function granted(sourceClass: SourceClass): Story {
  const story = new Story();
  story.grant("root", "ann", { classCeiling: "regulatory" });
  story.claim("ann", "yes", { sourceClass });
  return story;
}

test("at its class's half-life a claim weighs half, at two a quarter", () => {
  for (const [sourceClass, days] of Object.entries(halfLifeDays)) {
    const story = granted(sourceClass as SourceClass).after(days * dayMs);
    assert.equal(effectiveOf(story), [500_000], sourceClass);
    assert.equal(effectiveOf(story.after(days * dayMs)), [250_000], sourceClass);
  }
});

test("a regulator's claim never ages, by no half-life", () => {
  const story = granted("regulatory").after(100_000 * dayMs);
  assert.equal(effectiveOf(story), [1_000_000]);
  assert.equal(effectiveOf(story, { decay: { halfLifeMs: dayMs } }), [1_000_000]);
});

test("one half-life ages every other class alike, and none ages nothing", () => {
  for (const sourceClass of sourceClasses.slice(1)) {
    const story = granted(sourceClass).after(10 * dayMs);
    assert.equal(effectiveOf(story, { decay: { halfLifeMs: 5 * dayMs } }), [250_000]);
    assert.equal(effectiveOf(story, { decay: "none" }), [1_000_000]);
    assert.equal(effectiveOf(story, { decay: "class" }), effectiveOf(story));
  }
});

test("the factor is rounded to millionths before it multiplies", () => {
  const story = new Story();
  story.claim("ann", "yes", { confidenceMillionths: 3 });
  story.after(90 * dayMs);
  // 3 × 0.5 = 1.5, rounded half up.
  assert.equal(effectiveOf(story), [2]);
  const [claim] = claimsOf(story, { decay: { halfLifeMs: 30 * dayMs } });
  assert.is(claim?.decayMillionths, 125_000);
  assert.is(claim?.effectiveMillionths, 0);
});

test("age is counted from the earlier of asserted and recorded time, and is never negative", () => {
  const story = new Story();
  const recorded = story.nowMs;
  story.claim("ann", "yes", { assertedMs: recorded - 90 * dayMs });
  story.claim("bob", "yes", { assertedMs: recorded + 90 * dayMs });
  assert.equal(effectiveOf(story), [500_000, 1_000_000]);
  assert.equal(effectiveOf(story.after(90 * dayMs)), [250_000, 500_000]);
  assert.equal(effectiveOf(story.at(0)), [1_000_000, 1_000_000]);
});

test("the class that counts is the lower of the claimed one and the ceiling", () => {
  const story = new Story();
  story.grant("root", "ann", { classCeiling: "clinical" });
  for (const sourceClass of ["regulatory", "clinical", "expert", "anecdotal"] as const) {
    story.claim("ann", "yes", { sourceClass, validFromMs: story.told.length });
    story.claim("bob", "yes", { sourceClass, validFromMs: story.told.length });
  }
  const tiers = claimsOf(story).map(({ tier }) => tier);
  assert.equal(tiers, [1, 4, 1, 4, 3, 4, 5, 5]);
});

function judged(): Story {
  const story = new Story();
  story.grant("root", "cur", { role: "curator", prefix: "drug" });
  return story;
}

test("trust begins at a half, and moves by a twentieth up or a tenth down", () => {
  const story = judged();
  const right = story.claim("ann", "yes");
  const wrong = story.claim("bob", "no");
  assert.equal(trustOf(story), [500_000, 500_000]);
  story.judge("cur", right, "right");
  story.judge("cur", wrong, "wrong");
  assert.equal(trustOf(story), [550_000, 400_000]);
});

test("trust ages by half in 30 days, and not at all without decay", () => {
  const story = judged();
  story.judge("cur", story.claim("ann", "yes"), "right");
  story.judge("cur", story.claim("bob", "no"), "wrong");
  story.after(30 * dayMs);
  assert.equal(trustOf(story), [525_000, 450_000]);
  assert.equal(trustOf(story, { decay: { halfLifeMs: dayMs } }), [525_000, 450_000]);
  assert.equal(trustOf(story, { decay: "none" }), [550_000, 400_000]);
});

test("each outcome is rounded by itself, half away from zero", () => {
  const story = judged();
  story.judge("cur", story.claim("ann", "yes"), "right");
  story.judge("cur", story.claim("bob", "no"), "wrong");
  // 50,000 / 2^5 = 1,562.5 and 100,000 / 2^6 = 1,562.5.
  assert.equal(trustOf(story.after(150 * dayMs))[0], 501_563);
  assert.equal(trustOf(story.after(30 * dayMs))[1], 498_437);
});

test("trust stays between nothing and a million", () => {
  const story = judged();
  for (let number = 0; number < 20; number++) {
    story.judge("cur", story.claim("ann", "yes", { predicate: `p${number}` }), "right");
    story.judge("cur", story.claim("bob", "yes", { predicate: `p${number}` }), "wrong");
  }
  story.claim("ann", "yes");
  story.claim("bob", "no");
  assert.equal(trustOf(story), [1_000_000, 0]);
});

test("of a curator the latest word on a claim counts; two curators both count", () => {
  const story = judged();
  story.grant("root", "dan", { role: "curator" });
  const claim = story.claim("ann", "yes");
  story.judge("cur", claim, "right");
  const changed = story.judge("cur", claim, "wrong");
  assert.equal(trustOf(story), [400_000]);
  story.judge("dan", claim, "wrong");
  assert.equal(trustOf(story), [300_000]);
  const cut = cutAtPlace({ ...changed, index: changed.index - 1, recorded: changed.recorded - 1n });
  const [weighed] = weigh(story.input({}, { cut }));
  assert.equal(
    weighed?.claims.map((told) => weighed.trustOf(told)),
    [550_000],
  );
});

test("outcomes count by a curator of the path, who was not revoked, about that path", () => {
  const story = judged();
  const claim = story.claim("ann", "yes");
  story.judge("eve", claim, "wrong");
  story.judge("cur", claim, "wrong", "drug");
  story.judge("cur", story.claim("ann", "yes", { conceptPath: "food/salt" }), "wrong");
  story.revoke("root", "cur", story.nowMs + 1);
  story.after(1).judge("cur", claim, "wrong");
  assert.equal(trustOf(story), [500_000]);
});

test("an outcome moves the voice, not the key; with sources as voices, the source", () => {
  const story = judged();
  story.grant("root", "door", { role: "gateway" });
  const claim = story.claim("door/ann", "yes", { sourceId: "label" });
  story.claim("door/bob", "yes", { sourceId: "leaflet" });
  story.claim("door", "yes", { sourceId: "label" });
  story.judge("cur", claim, "wrong");
  assert.equal(trustOf(story), [400_000, 500_000, 500_000]);
  assert.equal(trustOf(story, { voices: "sources" }), [400_000, 500_000, 400_000]);
});

test.run();
