/**
 * Goal: whatever is said, in whatever order it comes and however it is cut into transactions, the
 * views hold what the entries say: questions, worlds, trust, lists and counts; and a ruling that is
 * handed out is what weighing everything now gives. Method: random histories over two logs, with
 * late entries, repeats and acts before their targets, are applied in random cuts, with projections
 * left behind and transactions that fail in the middle; then every question is compared with the
 * naive model, which reads every entry for every question.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeEntry } from "../../src/entry/codec.js";
import { everything } from "../../src/lens/cut.js";
import type { QuestionHistory, WorldRoot } from "../../src/lens/history.js";
import { answerOf, comparePlaces, resolve, rule, World, weigh } from "../../src/lens/index.js";
import type { LensParameters } from "../../src/model/answer.js";
import { toHex } from "../../src/model/hex.js";
import { QuestionFold } from "../../src/views/verify-question.js";
import type { ViewStore } from "../../src/views/view-store.js";
import {
  type CommittedEntries,
  materialisedLenses,
  type ProjectionName,
  projectionNames,
  type ViewSnapshot,
} from "../../src/views/view-types.js";
import { inputsOf, type PlacedEntry } from "../support/naive-entries.js";
import { naiveAnswers } from "../support/naive-lens.js";
import { printable } from "../support/printable.js";
import {
  historyPaths,
  historyPredicates,
  type RandomHistory,
  randomHistory,
} from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import { apply, blockOf, genesisBlock, openStore, root } from "./applying.js";

const test = suite("views: random histories");

/** Blocks in the order in which they are complete. */
function blocksOf(entries: readonly PlacedEntry[]): CommittedEntries[] {
  const open = new Map<string, PlacedEntry[]>();
  const blocks: CommittedEntries[] = [];
  const close = (log: string): void => {
    const placed = open.get(log) ?? [];
    const [first] = placed;
    if (first === undefined) return;
    const { recorded, index, logId } = first.place;
    const bytes = placed.map(({ fields }) => encodeEntry(fields));
    blocks.push(blockOf(bytes, { logId, firstIndex: index, recorded }));
    open.set(log, []);
  };
  for (const entry of entries) {
    const log = toHex(entry.place.logId);
    const last = open.get(log)?.at(-1);
    if (last !== undefined && last.place.recorded !== entry.place.recorded) close(log);
    open.set(log, [...(open.get(log) ?? []), entry]);
  }
  for (const log of open.keys()) close(log);
  return blocks;
}

/** In cuts of chance; some fail, some leave projections behind, which catch up at the end. */
function applyAtRandom(store: ViewStore, blocks: readonly CommittedEntries[], random: Seeded) {
  let done = 0;
  while (done < blocks.length) {
    const count = 1 + random.below(random.chance(50) ? 3 : 40);
    const some = blocks.slice(done, done + count);
    if (random.chance(15)) failIn(store, some);
    // A block that was applied is passed over.
    const again = random.chance(15) ? blocks.slice(Math.max(0, done - 3), done + count) : some;
    apply(store, again);
    if (random.chance(20)) store.sweep(1 + random.below(5));
    done += count;
  }
}

function failIn(store: ViewStore, blocks: readonly CommittedEntries[]): void {
  assert.throws(
    () =>
      store.transaction((transaction) => {
        for (const projection of store.projections) projection.apply(transaction, blocks);
        throw new Error("stopped");
      }),
    /stopped/,
  );
}

/** The questions first, the others in cuts of their own. */
function applyApart(store: ViewStore, blocks: readonly CommittedEntries[], random: Seeded): void {
  const done = new Map<ProjectionName, number>(projectionNames.map((name) => [name, 0]));
  const at = (name: ProjectionName): number => done.get(name) ?? 0;
  while (projectionNames.some((name) => at(name) < blocks.length)) {
    const name = random.pick(projectionNames);
    // Nothing goes further than the questions that it reads.
    const limit = name === "questions" ? blocks.length : at("questions");
    const end = Math.min(limit, at(name) + 1 + random.below(12));
    apply(store, blocks.slice(at(name), end), [name]);
    done.set(name, end);
  }
}

/** Anything as text, whatever the order of its parts. */
function textOf(value: unknown): string {
  const sorted = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(sorted);
    if (typeof part !== "object" || part === null || part instanceof Uint8Array) return part;
    const entries = Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1));
    return Object.fromEntries(entries.map(([name, one]) => [name, sorted(one)]));
  };
  return printable(sorted(value));
}

interface Asked {
  readonly snapshot: ViewSnapshot;
  readonly world: World;
  readonly evaluatedAtMs: number;
}

function storedHistory({ snapshot, world }: Asked, path: string, predicate: string) {
  const conceptPath = world.canonicalPath(path);
  const stored = world
    .pathsOf(conceptPath)
    .flatMap((one) => snapshot.question(one, predicate) ?? []);
  const records = stored.map((one) => one.records());
  const history: QuestionHistory = {
    conceptPath,
    predicate,
    candidates: records.flatMap(({ candidates }) => candidates).sort(comparePlaces),
    acts: records.flatMap(({ acts }) => acts).sort(comparePlaces),
    redactedCount: 0,
  };
  return { history, stored };
}

const lensesTried = ["consensus", "authority", "layered", "votes"] as const;
let asksTried = 0;
const parametersTried: readonly LensParameters[] = [{}, { decay: "none" }, { voices: "sources" }];

function compare(store: ViewStore, { entries }: RandomHistory, historyRoot: WorldRoot): void {
  store.read((snapshot) => {
    const records = snapshot.worldRecords();
    const world = World.fold({ root: snapshot.worldRoot, records, cut: everything });
    const newest = entries.reduce(
      (most, { place }) => Math.max(most, Number(place.recorded >> 16n)),
      0,
    );
    const asked = { snapshot, world, evaluatedAtMs: newest };
    for (const path of historyPaths) {
      for (const predicate of historyPredicates) {
        compareQuestion(asked, entries, historyRoot, path, predicate);
      }
    }
    compareLists(snapshot, entries);
  });
}

function compareQuestion(
  asked: Asked,
  entries: readonly PlacedEntry[],
  historyRoot: WorldRoot,
  conceptPath: string,
  predicate: string,
): void {
  const { snapshot, world, evaluatedAtMs } = asked;
  const { history, stored } = storedHistory(asked, conceptPath, predicate);
  const question = { conceptPath, predicate };
  const input = { root: historyRoot, question, cut: everything, evaluatedAtMs };
  const expected = inputsOf(entries, { ...input, parameters: {} });
  assert.is(textOf(history), textOf(expected.history));
  const outcomes = snapshot.outcomesFor(history.candidates);
  for (const [i, parameters] of parametersTried.entries()) {
    const lens = lensesTried[(asksTried++ + i) % lensesTried.length] ?? "consensus";
    const weighing = { history, world, outcomes, parameters, cut: everything, evaluatedAtMs };
    const answers = resolve({ lens, ...weighing });
    const naive = naiveAnswers(entries, lens, { ...input, parameters });
    assert.is(textOf(answers), textOf(naive), `${conceptPath} ${predicate} ${lens}`);
  }
  const [only] = stored;
  if (only === undefined || stored.length > 1) return;
  for (const atMs of [evaluatedAtMs, evaluatedAtMs - 40 * 86_400_000]) {
    const parameters = { decay: "none" } as const;
    const weighing = { history, world, outcomes, parameters, cut: everything, evaluatedAtMs: atMs };
    const [weighed] = weigh(weighing);
    for (const lens of materialisedLenses) {
      const ruling = only.ruling(lens, { evaluatedAtMs: atMs });
      if (ruling === undefined || weighed === undefined) continue;
      rulings += 1;
      const kept = answerOf(ruling, only, (ordinal) => only.claim(ordinal));
      const fresh = rule(lens, weighed);
      const now = answerOf(fresh, only, (place) => history.candidates[place] ?? fail());
      assert.is(textOf(kept), textOf(now), `${conceptPath} ${predicate} ${lens}`);
    }
  }
}

let rulings = 0;
let swept = 0;
const fail = (): never => {
  throw new Error("a ruling names its candidates");
};

/** Every claim once, at its first place, in every list that it belongs to. */
function compareLists(snapshot: ViewSnapshot, entries: readonly PlacedEntry[]): void {
  const first = new Map<string, PlacedEntry>();
  for (const entry of [...entries].sort((a, b) => comparePlaces(a.place, b.place))) {
    const id = toHex(entry.id);
    if (entry.fields.body.kind === "assertion" && !first.has(id)) first.set(id, entry);
  }
  const claims = [...first.values()];
  assert.is(snapshot.assertionCount, claims.length);
  const placesOf = (list: readonly { readonly recorded: bigint; readonly index: number }[]) =>
    list.map(({ recorded, index }) => `${recorded}/${index}`);
  const authors = new Set(claims.map(({ fields }) => toHex(fields.author)));
  for (const hex of authors) {
    const own = claims.filter(({ fields }) => toHex(fields.author) === hex);
    const author = new Uint8Array(Buffer.from(hex, "hex"));
    const listed = snapshot.assertionsOf({ kind: "author", author }, { limit: 1_000 });
    assert.equal(placesOf(listed), placesOf(own.map(({ place }) => place)));
  }
  for (const { sourceId, claimCount } of snapshot.sources({ limit: 100 })) {
    const own = claims.filter(({ fields: { body } }) => {
      return body.kind === "assertion" && body.source.id === sourceId;
    });
    assert.is(claimCount, own.length, sourceId);
    const listed = snapshot.assertionsOf({ kind: "source", sourceId }, { limit: 1_000 });
    assert.equal(placesOf(listed), placesOf(own.map(({ place }) => place)));
  }
  compareRecent(snapshot, claims);
}

function compareRecent(snapshot: ViewSnapshot, claims: readonly PlacedEntry[]): void {
  const expected: string[] = [];
  for (const { fields } of [...claims].reverse()) {
    if (fields.body.kind !== "assertion") continue;
    const name = `${fields.body.conceptPath} ${fields.body.predicate}`;
    if (!expected.includes(name)) expected.push(name);
  }
  const listed: string[] = [];
  let after: Uint8Array | undefined;
  do {
    const page = snapshot.recent({ limit: 3, ...(after === undefined ? {} : { after }) });
    listed.push(...page.map(({ conceptPath, predicate }) => `${conceptPath} ${predicate}`));
    after = page.at(-1)?.key;
  } while (after !== undefined);
  assert.equal(listed, expected);
}

async function tried(
  seed: number,
  applying: (store: ViewStore, blocks: readonly CommittedEntries[], random: Seeded) => void,
): Promise<void> {
  const history = randomHistory(seed, { root });
  const store = await openStore();
  apply(store, [genesisBlock]);
  const blocks = blocksOf(history.entries);
  try {
    applying(store, blocks, new Seeded(seed));
    compare(store, history, root);
    while (store.sweep(100) > 0);
    const before = rulings;
    compare(store, history, root);
    swept += rulings - before;
    const fold = new QuestionFold({ part: 0, parts: 1 });
    for (const block of blocks) fold.add(block);
    store.read((snapshot) => {
      for (const { difference } of fold.differences(snapshot)) assert.is(difference, undefined);
    });
  } catch (error) {
    if (error instanceof Error) error.message = `seed ${seed}: ${error.message}`;
    throw error;
  } finally {
    await store.close();
  }
}

test("all projections together: the views are what the entries say", async () => {
  for (let seed = 1; seed <= 12; seed++) await tried(seed, applyAtRandom);
  assert.ok(swept > 100, "after a sweep there are rulings");
});

test("projections apart: each catches up with the others, and the views are the same", async () => {
  for (let seed = 101; seed <= 112; seed++) await tried(seed, applyApart);
});

test.run();
