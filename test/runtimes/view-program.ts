/**
 * Prints digests of the answers that views give, on a real disk: those that are kept ready, the
 * same computed from the records when asked, from views that were built anew, from views of a log
 * whose erased bytes are gone, and from the entries without any views. All must be equal, under
 * every Node.js (node-versions.test.ts).
 *
 * Prints `notBuilt` alone where node-lmdb was not compiled for the running Node.js.
 */
import { join } from "node:path";
import { sha256 } from "../../src/crypto/sha256.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { everything } from "../../src/lens/cut.js";
import { answerOf, resolve, World } from "../../src/lens/index.js";
import { type Answer, lensNames } from "../../src/model/answer.js";
import { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { findQuestion, historyOf } from "../../src/query/histories.js";
import { ViewReader } from "../../src/views/view-reader.js";
import {
  type CommittedEntries,
  materialisedLenses,
  type ViewSnapshot,
} from "../../src/views/view-types.js";
import { bytesOfAnswers } from "../support/answer-digests.js";
import { type Asked, inputsOf, type PlacedEntry } from "../support/naive-entries.js";
import { NaiveRedactions } from "../support/naive-redactions.js";
import { randomAsked } from "../support/random-asked.js";
import { historyPaths, historyPredicates, randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { apply, genesisBlock, mapBytes, openStore, root } from "../views/applying.js";
import { placedBlocks } from "../views/placed-blocks.js";
import { notBuilt } from "./not-built.js";

const historyCount = 12;
const askedCount = 6;
const lenses = lensNames.filter((lens) => lens !== "constraints");
const withoutDecay = { decay: "none" } as const;

/** What is asked of a history: present answers without decay, and anything. */
interface Questions {
  readonly present: readonly Asked[];
  readonly others: readonly Asked[];
}

/** One way to come to the answers. */
type Way = (asked: Asked, lens: (typeof lenses)[number]) => readonly Answer[];

function questionsOf(entries: readonly PlacedEntry[], seed: number): Questions {
  const random = new Seeded(seed);
  const others = Array.from({ length: askedCount }, () => randomAsked(random, { root, entries }));
  const at = { ...randomAsked(random, { root, entries }), cut: everything };
  const present = historyPaths.flatMap((conceptPath) =>
    historyPredicates.map((predicate) => {
      return { ...at, parameters: withoutDecay, question: { conceptPath, predicate } };
    }),
  );
  return { present, others };
}

const ofEntries =
  (entries: readonly PlacedEntry[]): Way =>
  (asked, lens) => {
    const { records, ...input } = inputsOf(entries, asked);
    return resolve({ ...input, lens, world: World.fold({ root, records, cut: asked.cut }) });
  };

/** From the records of the views. */
const ofRecords =
  (snapshot: ViewSnapshot): Way =>
  (asked, lens) => {
    const { worldRoot } = snapshot;
    const { cut } = asked;
    const world = World.fold({ root: worldRoot, records: snapshot.worldRecords(), cut });
    const history = historyOf(snapshot, findQuestion(snapshot, world, asked.question));
    const outcomes = snapshot.outcomesFor(history.candidates);
    return resolve({ ...asked, history, outcomes, world, lens });
  };

let rulingCount = 0;

/** What is kept ready; where there is nothing, from the records. */
const ofRulings =
  (snapshot: ViewSnapshot): Way =>
  (asked, lens) => {
    const { worldRoot } = snapshot;
    const records = snapshot.worldRecords();
    const world = World.fold({ root: worldRoot, records, cut: everything });
    const found = findQuestion(snapshot, world, asked.question);
    const [stored] = found.stored;
    const kept = materialisedLenses.find((one) => one === lens);
    const ruling = found.isAlone && kept ? stored?.ruling(kept, asked) : undefined;
    if (stored === undefined || ruling === undefined) return ofRecords(snapshot)(asked, lens);
    rulingCount += 1;
    return [answerOf(ruling, found.subject, (ordinal) => stored.claim(ordinal))];
  };

const parent = temporaryDirectory("runtimes");
let generation = 0;

/** Views of these blocks, written in transactions of so many, closed, and read. */
async function withViews(
  blocks: readonly CommittedEntries[],
  blocksAtOnce: number,
  work: (snapshot: ViewSnapshot) => void,
): Promise<void> {
  const directory = join(parent, `${++generation}`);
  const store = await openStore(directory);
  apply(store, [genesisBlock]);
  for (let done = 0; done < blocks.length; done += blocksAtOnce) {
    apply(store, blocks.slice(done, done + blocksAtOnce));
  }
  while (store.sweep(100) > 0);
  await store.close();
  const reader = await ViewReader.open({ directory, mapBytes, disk: nodeDisk });
  reader.read(work);
  await reader.close();
}

const sums = new Map<string, Uint8Array>();

function add(name: string, asked: readonly Asked[], way: Way): void {
  let sum = sums.get(name) ?? new Uint8Array(32);
  for (const one of asked) {
    for (const lens of lenses) sum = sha256(sum, bytesOfAnswers(way(one, lens)));
  }
  sums.set(name, sum);
}

async function addHistory(seed: number): Promise<void> {
  const placed = randomHistory(seed, { root, redactionPercent: seed % 2 === 0 ? 6 : 0 }).entries;
  const { blocks, entries } = placedBlocks(placed);
  const { present, others } = questionsOf(entries, seed);
  add("present entries", present, ofEntries(entries));
  add("any entries", others, ofEntries(entries));
  await withViews(blocks, 1, (snapshot) => {
    add("present kept", present, ofRulings(snapshot));
    add("present records", present, ofRecords(snapshot));
    add("any records", others, ofRecords(snapshot));
  });
  await withViews(blocks, blocks.length, (snapshot) => {
    add("present rebuilt", present, ofRulings(snapshot));
    add("any rebuilt", others, ofRecords(snapshot));
  });
  const redactions = new NaiveRedactions(entries, root);
  const erased = placedBlocks(placed, ({ id }) => redactions.isErased(id));
  await withViews(erased.blocks, 7, (snapshot) => {
    add("present erased", present, ofRulings(snapshot));
    add("any erased", others, ofRecords(snapshot));
  });
}

async function print(): Promise<void> {
  for (let seed = 1; seed <= historyCount; seed++) await addHistory(seed);
  const lines = [...sums].map(([name, sum]) => `${name} ${toHex(sum)}`);
  process.stdout.write(`${lines.join("\n")}\nrulings ${rulingCount}\n`);
}

try {
  await print();
} catch (error) {
  if (!(error instanceof Fault) || error.code !== "MODULE_MISSING") throw error;
  process.stdout.write(`${notBuilt}\n`);
}
