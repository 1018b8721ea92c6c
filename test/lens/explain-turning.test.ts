/**
 * Goal: the turning set turns the answer, and where it is said to be the smallest, no smaller set
 * does. Method: small histories of chance through every lens; each smaller set of claims is taken
 * back and the question really resolved. Sizes are small enough for that, and large enough for
 * claims that come back, ties, parents, intervals, tiers and votes to matter.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Act,
  type Candidate,
  everything,
  explain,
  type WeighInput,
  World,
  type WorldRecord,
} from "../../src/lens/index.js";
import { keyOf } from "../../src/lens/keys.js";
import type { EntryId } from "../../src/model/position.js";
import { inputsOf } from "../support/naive-entries.js";
import type { NaiveLens } from "../support/naive-lens.js";
import { randomAsked } from "../support/random-asked.js";
import { randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import { winners } from "../support/winners.js";

const test = suite("lens: turning set");

const lenses: readonly NaiveLens[] = [
  "recency",
  "confidence",
  "consensus",
  "votes",
  "authority",
  "layered",
];
const historyCount = 1_000;
/** Most subsets that are tried for one answer. */
const triedMax = 1_500;
const seedGiven = process.env["TURNING_SEED"];

function inputOf(seed: number): WeighInput {
  const random = new Seeded(seed ^ 0x70f);
  const history = randomHistory(seed, { count: 12 + random.below(30) });
  const asked = {
    ...randomAsked(random, history),
    question: { conceptPath: "a/b", predicate: "p" },
  };
  const { root, records, ...rest } = inputsOf(history.entries, asked);
  return { ...rest, world: World.fold({ root, records, cut: rest.cut }) };
}

const authors = Array.from({ length: 8 }, (_, number) => new Uint8Array(32).fill(number + 1));
const logId = new Uint8Array(32).fill(0x51);
const administrator = authors[0] as Uint8Array;

/** One question that all is about, in which hardly a claim fails: many sums, ties and parents. */
function denseInput(seed: number): WeighInput {
  const random = new Seeded(seed);
  const cut = everything;
  const root = { clusterId: new Uint8Array(16), firstAdministrator: administrator };
  let index = 0;
  const said = (author: Uint8Array) => ({
    recorded: BigInt(1_700_000_000_000 + index * 50_000_000) << 16n,
    logId,
    index: index++,
    id: random.bytes(32),
    author,
  });
  const records = authors.map(
    (key): WorldRecord => ({
      ...said(administrator),
      body: {
        kind: "grant",
        clusterId: root.clusterId,
        key,
        classCeiling: random.pick(["regulatory", "expert", "expert", "community"]),
      },
    }),
  );
  const voiceCount = 2 + random.below(7);
  const valueCount = 2 + random.below(2);
  const candidates: Candidate[] = [];
  for (let count = 5 + random.below(7); count > 0; count--) {
    const author = random.pick(authors.slice(0, voiceCount));
    const own = candidates.filter((claim) => claim.author === author);
    const isChild = own.length > 0 && random.chance(25);
    const value = random.below(valueCount);
    const place = said(author);
    candidates.push({
      ...place,
      conceptPath: "a",
      value: { kind: "integer", integer: BigInt(value), bound: "exact" },
      valueKey: `0${value}`,
      polarity: random.chance(80) ? "affirms" : "denies",
      confidenceMillionths: random.pick([300_000, 500_000, 500_000, 1_000_000]),
      sourceId: random.pick(["s1", "s2"]),
      sourceClass: random.pick(["regulatory", "expert"]),
      assertedMs: Number(place.recorded >> 16n) - random.pick([0, 0, 90_000_000]),
      ...(random.chance(25) ? { validFromMs: 0 } : {}),
      lifecycle: random.chance(92) ? "proposed" : "deprecated",
      ...(isChild ? { parent: random.pick(own).id } : {}),
    });
  }
  const acts = Array.from({ length: random.below(12) }, (): Act => {
    const weightMillionths = random.pick([1_000_000, 500_000, -500_000, 0]);
    const target = random.pick(candidates).id;
    return { ...said(random.pick(authors)), kind: "vote", target, path: "a", weightMillionths };
  });
  const decay = random.pick(["none", "none", "class"] as const);
  const voices = random.pick(["authors", "authors", "sources"] as const);
  return {
    history: { conceptPath: "a", predicate: "p", candidates, acts, redactedCount: 0 },
    world: World.fold({ root, records, cut }),
    outcomes: [],
    parameters: { decay, voices },
    cut,
    evaluatedAtMs: 1_702_000_000_000,
  };
}

const without = (input: WeighInput, claimsOut: readonly EntryId[]): WeighInput => ({
  ...input,
  parameters: {
    ...input.parameters,
    claimsOut: [...(input.parameters.claimsOut ?? []), ...claimsOut],
  },
});

/** Some value that won does not any more. */
function turns(lens: NaiveLens, input: WeighInput, claims: readonly EntryId[]): boolean {
  const before = winners(lens, input);
  const after = winners(lens, without(input, claims));
  return before.some((winner, at) => winner !== undefined && winner !== after[at]);
}

function* subsets<T>(items: readonly T[], size: number, start = 0): Generator<T[]> {
  if (size === 0) yield [];
  for (let at = start; size > 0 && at + size <= items.length; at++) {
    for (const rest of subsets(items, size - 1, at + 1)) yield [items[at] as T, ...rest];
  }
}

interface Tally {
  sets: number;
  proven: number;
  larger: number;
  tried: number;
}

function check(seed: number, tally: Tally): void {
  const input = seed % 2 === 0 ? inputOf(seed) : denseInput(seed);
  const claims = input.history.candidates.filter((claim) => input.cut.includes(claim));
  const ids = claims.map(({ id }) => id);
  for (const lens of lenses) {
    const where = `TURNING_SEED=${seed}, ${lens}`;
    const { turningSet, isTurningSetSmallest, answers } = explain({ ...input, lens });
    if (!answers.some(({ winner }) => winner !== undefined)) {
      assert.is(turningSet.length, 0, where);
      continue;
    }
    assert.ok(turningSet.length > 0, where);
    assert.is(new Set(turningSet.map((id) => keyOf(id))).size, turningSet.length, where);
    assert.ok(turns(lens, input, turningSet), `${where}: the set turns the answer`);
    tally.sets++;
    if (!isTurningSetSmallest) continue;
    tally.proven++;
    if (turningSet.length > 1) tally.larger++;
    let tried = 0;
    for (let size = 1; size < turningSet.length; size++) {
      for (const subset of subsets(ids, size)) {
        if (++tried > triedMax) break;
        tally.tried++;
        assert.not.ok(turns(lens, input, subset), `${where}: ${size} claims turn it as well`);
      }
    }
  }
}

test("turning set: turns the answer, and no smaller one does, over random histories", () => {
  const tally: Tally = { sets: 0, proven: 0, larger: 0, tried: 0 };
  if (seedGiven !== undefined) return check(Number(seedGiven), tally);
  for (let seed = 1; seed <= historyCount; seed++) check(seed, tally);
  assert.ok(tally.larger > 1_000, "many sets have more than one claim");
  assert.ok(tally.proven > 0.99 * tally.sets, "nearly all are proven");
});

test.run();
