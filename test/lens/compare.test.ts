/**
 * Goal: the difference between two moments names every claim whose fate or weight changed, and no
 * other. Method: by hand; and random histories at two cuts, against the explanations of both sides.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compareAnswers, cutAtTime, explain, resolve, World } from "../../src/lens/index.js";
import type { Fate, LensName } from "../../src/model/answer.js";
import { inputsOf } from "../support/naive-entries.js";
import { hex } from "../support/naive-world.js";
import { randomAsked } from "../support/random-asked.js";
import { randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import { dawnMs, dayMs, Story, wordOf } from "../support/story.js";
import { winners } from "../support/winners.js";

const test = suite("lens: compare");
const lenses = ["recency", "consensus", "votes", "authority", "layered", "skeptic"] as const;

/** The story as it stood in a millisecond, against the end of it. */
function difference(story: Story, thenMs: number, lens: LensName = "consensus") {
  const cut = cutAtTime(thenMs);
  const from = { ...story.input({ decay: "none" }, { cut, evaluatedAtMs: thenMs }), lens };
  return compareAnswers(from, { ...story.input({ decay: "none" }), lens });
}

test("a claim that came, one that was taken back, and a winner that changed", () => {
  const story = new Story();
  story.claim("ann", "yes");
  const second = story.claim("bob", "yes", { confidenceMillionths: 400_000 });
  story.after(dayMs);
  story.claim("cat", "no", { confidenceMillionths: 700_000 });
  story.retract("bob", second);
  story.claim("ann", "no");
  const { changes, winnerChanged, from, to } = difference(story, dawnMs);
  assert.equal([wordOf(from[0]?.winner), wordOf(to[0]?.winner)], ["yes", "no"]);
  assert.ok(winnerChanged);
  assert.equal(
    changes.map(({ value, before, after, weightBeforeMillionths, weightAfterMillionths }) => [
      wordOf(value),
      before,
      after,
      weightBeforeMillionths,
      weightAfterMillionths,
    ]),
    [
      ["no", undefined, "considered", 0, 1_000_000],
      ["yes", "considered", "revised", 1_000_000, 0],
      ["no", undefined, "considered", 0, 700_000],
      ["yes", "considered", "retracted", 400_000, 0],
    ],
  );
});

test("nothing happened: no changes", () => {
  const story = new Story();
  story.claim("ann", "yes");
  story.after(dayMs);
  const { changes, winnerChanged } = difference(story, dawnMs);
  assert.equal(changes, []);
  assert.not.ok(winnerChanged);
});

test("a winner that is the same value in other words has not changed", () => {
  const story = new Story();
  story.grant("root", "cur", { role: "curator" });
  story.predicate("cur", { comparator: "version" });
  story.claim("ann", { kind: "version", version: "1.0", bound: "exact" });
  story.after(dayMs);
  story.claim("bob", { kind: "version", version: "1", bound: "exact" });
  const { winnerChanged, to } = difference(story, dawnMs);
  assert.is(wordOf(to[0]?.winner), "1");
  assert.not.ok(winnerChanged);
});

test("random histories: changes are what both explanations differ in", () => {
  let count = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const history = randomHistory(seed);
    const random = new Seeded(seed);
    const asked = randomAsked(random, history);
    const atMs = Number(random.pick(history.entries).place.recorded >> 16n);
    const inputs = [cutAtTime(atMs), asked.cut].map((cut) => {
      const { root, records, ...rest } = inputsOf(history.entries, { ...asked, cut });
      return { ...rest, world: World.fold({ root, records, cut }) };
    });
    const [from, to] = inputs;
    if (from === undefined || to === undefined) throw new Error("two sides");
    for (const lens of lenses) {
      const compared = compareAnswers({ ...from, lens }, { ...to, lens });
      assert.equal(compared.from, resolve({ ...from, lens }));
      assert.equal(compared.to, resolve({ ...to, lens }));
      const before = new Map(
        explain({ ...from, lens }).claims.map((one) => [hex(one.claim.id), one]),
      );
      const expected = explain({ ...to, lens }).claims.flatMap(({ claim, fate }) => {
        const was = before.get(hex(claim.id));
        const weight = was?.claim.weightMillionths ?? 0;
        const isSame = was?.fate === fate && weight === claim.weightMillionths;
        return isSame
          ? []
          : [changeKey(hex(claim.id), was?.fate, fate, weight, claim.weightMillionths)];
      });
      const changes = compared.changes.map((change) =>
        changeKey(
          hex(change.claim.id),
          change.before,
          change.after,
          change.weightBeforeMillionths,
          change.weightAfterMillionths,
        ),
      );
      assert.equal([...changes].sort(), [...expected].sort());
      count += changes.length;
      const isOneEach = compared.from.length === 1 && compared.to.length === 1;
      const hasSameReading = inputs.every(
        ({ world }) =>
          world.predicateRecord(asked.question.predicate, from.history.conceptPath) === undefined,
      );
      if (isOneEach && hasSameReading) {
        assert.is(compared.winnerChanged, winners(lens, from)[0] !== winners(lens, to)[0]);
      }
    }
  }
  assert.ok(count > 500, "many claims change");
});

const changeKey = (
  id: string,
  before: Fate | undefined,
  after: Fate,
  was: number,
  is: number,
): string => `${id} ${before} ${after} ${was} ${is}`;

test.run();
