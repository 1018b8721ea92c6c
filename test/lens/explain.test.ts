/**
 * Goal: an explanation says what is true: every claim with the fate and weight that decided, acts
 * without effect and no others, and of every author and source what the answer would really be
 * without it. Method: by hand where words matter; by histories of chance against the naive model
 * and against resolving again, with the claims, acts or speakers left out.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { explain, resolve, type WeighInput, World } from "../../src/lens/index.js";
import { keyOf } from "../../src/lens/keys.js";
import type { Answer, Counterfactual, LensParameters } from "../../src/model/answer.js";
import { inputsOf, type NaiveInput } from "../support/naive-entries.js";
import { type NaiveLens, naiveJudged } from "../support/naive-lens.js";
import { hex } from "../support/naive-world.js";
import { randomAsked } from "../support/random-asked.js";
import { randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import { winners } from "../support/winners.js";

const test = suite("lens: explain");

const lenses: readonly NaiveLens[] = [
  "recency",
  "confidence",
  "consensus",
  "votes",
  "authority",
  "layered",
  "skeptic",
];
const historyCount = 150;

function naiveInput(seed: number): NaiveInput {
  const history = randomHistory(seed);
  return inputsOf(history.entries, randomAsked(new Seeded(seed ^ 0xe4), history));
}

function sourceInput({ root, records, ...rest }: NaiveInput): WeighInput {
  return { ...rest, world: World.fold({ root, records, cut: rest.cut }) };
}

function* randomInputs(): Generator<{ readonly model: NaiveInput; readonly input: WeighInput }> {
  for (let seed = 1; seed <= historyCount; seed++) {
    const model = naiveInput(seed);
    yield { model, input: sourceInput(model) };
  }
}

/** The parameters that a counterfactual stands for. */
function leftOut(parameters: LensParameters, { without }: Counterfactual): LensParameters {
  if (without.kind === "author") {
    return { ...parameters, authorsOut: [...(parameters.authorsOut ?? []), without.author] };
  }
  return { ...parameters, sourcesOut: [...(parameters.sourcesOut ?? []), without.sourceId] };
}

const told = ({ winner, confidenceMillionths, status }: Counterfactual | Answer) => ({
  winner,
  confidenceMillionths,
  status,
});

test("answers: are those of resolve", () => {
  for (const { input } of randomInputs()) {
    for (const lens of lenses) {
      assert.equal(explain({ ...input, lens }).answers, resolve({ ...input, lens }));
    }
  }
});

test("claims: each is there once, with the fate that the model gives it", () => {
  for (const { model, input } of randomInputs()) {
    const judged = new Map(naiveJudged(model).map((row) => [hex(row.claim.id), row]));
    for (const lens of lenses) {
      const { claims, claimCount } = explain({ ...input, lens });
      assert.is(claims.length, judged.size);
      assert.is(claimCount, judged.size);
      for (const { claim, fate, decayMillionths, trustMillionths, sentence } of claims) {
        const row = judged.get(hex(claim.id));
        assert.is(fate, row?.fate);
        assert.is(decayMillionths, lens === "recency" ? 1_000_000 : row?.decay);
        assert.is(trustMillionths, lens === "authority" ? row?.trust : undefined);
        assert.ok(sentence.length > 10 && !/undefined|NaN/.test(sentence), sentence);
        if (fate !== "considered") assert.is(claim.weightMillionths, 0);
      }
    }
  }
});

test("claims: weights are those of the answers, and the weightiest stands first", () => {
  for (const { input } of randomInputs()) {
    for (const lens of lenses) {
      const { claims, answers } = explain({ ...input, lens });
      const explained = new Map(claims.map(({ claim }) => [hex(claim.id), claim]));
      const supports = answers.flatMap((answer) => [
        ...answer.supports,
        ...(answer.tiers ?? []).flatMap((tier) => tier.supports),
      ]);
      for (const claim of supports.flatMap((support) => support.claims)) {
        assert.equal(explained.get(hex(claim.id)), claim);
      }
      const sizes = claims.map(({ claim }) => Math.abs(claim.weightMillionths));
      assert.equal(
        sizes,
        [...sizes].sort((left, right) => right - left),
      );
    }
  }
});

test("counterfactuals: each is what resolving without that author or source gives", () => {
  let turned = 0;
  for (const { input } of randomInputs()) {
    for (const lens of lenses) {
      const { counterfactuals, answers } = explain({ ...input, lens });
      const before = winners(lens, input);
      for (const one of counterfactuals) {
        const parameters = leftOut(input.parameters, one);
        const without = resolve({ ...input, lens, parameters });
        assert.is(without.length, answers.length);
        const after = winners(lens, { ...input, parameters });
        const turning = before.findIndex((winner, at) => winner !== after[at]);
        assert.is(one.turns, turning >= 0);
        assert.equal(told(one), told(without[Math.max(0, turning)] as Answer));
        if (one.turns) turned++;
      }
    }
  }
  assert.ok(turned > 50, "some authors and sources decide");
});

test("counterfactuals: every author and every source of the question has one", () => {
  for (const { input } of randomInputs()) {
    const claims = input.history.candidates.filter((claim) => input.cut.includes(claim));
    const { counterfactuals } = explain({ ...input, lens: "consensus" });
    const authors = new Set(claims.map(({ author }) => keyOf(author)));
    const sources = new Set(claims.map(({ sourceId }) => sourceId));
    assert.is(counterfactuals.length, authors.size + sources.size);
  }
});

test("ineffective: without these acts the answers are the same", () => {
  let count = 0;
  for (const { input } of randomInputs()) {
    for (const lens of ["votes", "consensus"] as const) {
      const { ineffective, answers } = explain({ ...input, lens });
      count += ineffective.length;
      const out = new Set(ineffective.map(({ id }) => keyOf(id)));
      const acts = input.history.acts.filter(({ id }) => !out.has(keyOf(id)));
      const history = { ...input.history, acts };
      assert.equal(resolve({ ...input, history, lens }), answers);
      assert.equal(explain({ ...input, history, lens }).ineffective, []);
    }
  }
  assert.ok(count > 100, "many acts have no effect");
});

test("constraints: a question is explained by layered, each value by itself", () => {
  for (const { input } of randomInputs()) {
    const { answers } = explain({ ...input, lens: "constraints" });
    const isAsked = input.history.candidates.some((claim) => input.cut.includes(claim));
    for (const answer of answers) {
      assert.is(answer.isManyValued, true);
      assert.ok(answer.valueCount <= 1);
      assert.ok(answer.tiers !== undefined);
    }
    assert.ok(answers.length >= 1);
    if (!isAsked) assert.is(answers.length, 1);
  }
});

test.run();
