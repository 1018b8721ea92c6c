/**
 * Goal: every lens answers what the rules say, whatever collides. Method: histories of chance,
 * asked through every lens with parameters and cuts of chance, against the naive model of
 * test/support, deep-equal. A failure is made smaller by leaving entries out, and prints the
 * command that repeats it: `ORACLE_SEED=17 node dist/test/lens/oracle.test.js`.
 */
import { isDeepStrictEqual } from "node:util";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { resolve } from "../../src/lens/index.js";
import { World } from "../../src/lens/world.js";
import type { Answer } from "../../src/model/answer.js";
import {
  type Asked,
  inputsOf,
  type NaiveInput,
  type PlacedEntry,
} from "../support/naive-entries.js";
import { type NaiveLens, naiveResolve } from "../support/naive-lens.js";
import { NaiveWorld } from "../support/naive-world.js";
import { printable } from "../support/printable.js";
import { randomAsked } from "../support/random-asked.js";
import { historyPaths, randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";

const test = suite("lens: oracle");

const lenses = [
  "recency",
  "confidence",
  "consensus",
  "votes",
  "authority",
  "layered",
  "skeptic",
] as const satisfies readonly NaiveLens[];
const historyCount = 700;
const askedCount = 2;
const seedGiven = process.env["ORACLE_SEED"];

interface Case {
  readonly entries: readonly PlacedEntry[];
  readonly lens: NaiveLens;
  readonly asked: Asked;
}

function bySource(lens: NaiveLens, input: NaiveInput): readonly Answer[] {
  const { root, records, ...rest } = input;
  return resolve({ ...rest, lens, world: World.fold({ root, records, cut: input.cut }) });
}

/** Whether lens and model differ, or the lens throws. */
const differs = ({ entries, lens, asked }: Case): boolean =>
  isOther(lens, inputsOf(entries, asked));

function isOther(lens: NaiveLens, input: NaiveInput): boolean {
  const expected = naiveResolve(lens, input);
  try {
    return !isDeepStrictEqual(bySource(lens, input), expected);
  } catch {
    return true;
  }
}

/** Leaves out what the difference does not need: entries, then parameters. */
function smaller(found: Case): Case {
  let entries = [...found.entries];
  for (let count = entries.length; count >= 1; count = Math.floor(count / 2)) {
    for (let at = 0; at < entries.length; ) {
      const left = entries.toSpliced(at, count);
      if (differs({ ...found, entries: left })) entries = left;
      else at += count;
    }
  }
  let { asked } = found;
  for (const name of Object.keys(asked.parameters)) {
    const kept = Object.entries(asked.parameters).filter(([key]) => key !== name);
    const left = { ...asked, parameters: Object.fromEntries(kept) };
    if (differs({ ...found, entries, asked: left })) asked = left;
  }
  return { ...found, entries, asked };
}

/** The world says of every path what the model says. */
function checkPaths({ root, records, cut }: NaiveInput): void {
  const world = World.fold({ root, records, cut });
  const model = new NaiveWorld(root, records, cut);
  const aliases = records.flatMap(({ body }) =>
    body.kind === "alias" ? [body.path, body.canonical] : [],
  );
  for (const path of [...historyPaths, ...aliases]) {
    const canonical = model.canonicalPath(path);
    assert.is(world.canonicalPath(path), canonical);
    assert.equal([...world.pathsOf(canonical)].sort(), model.pathsOf(canonical).sort());
  }
}

function check(seed: number): void {
  const history = randomHistory(seed, { isCrowded: seed % 100 === 0 });
  const random = new Seeded(seed ^ 0x5eed);
  for (let turn = 0; turn < askedCount; turn++) {
    const asked = randomAsked(random, history);
    const input = inputsOf(history.entries, asked);
    checkPaths(input);
    for (const lens of lenses) {
      if (!isOther(lens, input)) continue;
      const least = smaller({ entries: history.entries, lens, asked });
      const leastInput = inputsOf(least.entries, least.asked);
      console.error(`ORACLE_SEED=${seed} node dist/test/lens/oracle.test.js`);
      console.error(printable({ lens, ...least.asked, entries: least.entries }));
      assert.equal(
        bySource(lens, leastInput),
        naiveResolve(lens, leastInput),
        `${lens}, seed ${seed}`,
      );
    }
  }
}

test("resolve: every lens answers like the model, over random histories", () => {
  if (seedGiven !== undefined) {
    check(Number(seedGiven));
    return;
  }
  for (let seed = 1; seed <= historyCount; seed++) check(seed);
});

test.run();
