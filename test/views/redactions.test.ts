/**
 * Goal: what was redacted drops out of every answer at every moment, is counted where its digest
 * says, and never comes back: not by a copy in another log, not by a rebuild of the views; and who
 * may not erase erases nothing. Method: small conversations; then histories of chance with many
 * redactions, of claims and of records of sources, by their authors, administrators and others,
 * before their targets and after them, against the naive model; and the same with the erased bytes
 * gone from the log.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { everything } from "../../src/lens/cut.js";
import { answerOf, resolve, World } from "../../src/lens/index.js";
import type { Answer } from "../../src/model/answer.js";
import type { Body } from "../../src/model/entry.js";
import { findQuestion, historyOf } from "../../src/query/histories.js";
import type { ViewStore } from "../../src/views/view-store.js";
import {
  type CommittedEntries,
  materialisedLenses,
  type ViewSnapshot,
} from "../../src/views/view-types.js";
import { digestOfAnswers } from "../support/answer-digests.js";
import { type Asked, inputsOf, type PlacedEntry } from "../support/naive-entries.js";
import { naiveResolve } from "../support/naive-lens.js";
import { NaiveRedactions, questionDigest } from "../support/naive-redactions.js";
import { printable } from "../support/printable.js";
import { randomAsked } from "../support/random-asked.js";
import { historyPaths, historyPredicates, randomHistory } from "../support/random-histories.js";
import { Seeded } from "../support/seeded.js";
import {
  administrator,
  apply,
  assertion,
  type BlockEntry,
  GrowingLog,
  genesisBlock,
  idOf,
  openStore,
  root,
  said,
} from "./applying.js";
import { placedBlocks } from "./placed-blocks.js";

const test = suite("views: redactions");

const ann = new Uint8Array(32).fill(21);
const bob = new Uint8Array(32).fill(22);
const question = { conceptPath: "a/b", predicate: "p" };
const claim = said(ann, assertion());
const claimId = idOf(claim);

const redaction = (author: Uint8Array, target = claimId, fields: { digest?: Uint8Array } = {}) =>
  said(author, {
    kind: "redaction",
    target,
    questionDigest: fields.digest ?? questionDigest(question),
  });
const grant = (key: Uint8Array, prefix?: string): Uint8Array =>
  said(administrator, {
    kind: "grant",
    clusterId: root.clusterId,
    key,
    role: "administrator",
    ...(prefix === undefined ? {} : { prefix }),
  });

interface Seen {
  readonly claims: number;
  readonly redacted: number;
  readonly listed: number;
}

const seen = (snapshot: ViewSnapshot): Seen => ({
  claims: snapshot.question("a/b", "p")?.claimCount ?? 0,
  redacted: snapshot.redactedCount("a/b", "p"),
  listed: snapshot.assertionsOf({ kind: "author", author: ann }, { limit: 10 }).length,
});

const erased: Seen = { claims: 0, redacted: 1, listed: 0 };
const whole: Seen = { claims: 1, redacted: 0, listed: 1 };

/** What is seen after each entry, each in a block and a transaction of its own. */
async function story(...entries: readonly BlockEntry[]): Promise<readonly Seen[]> {
  const store = await openStore();
  apply(store, [genesisBlock]);
  const log = new GrowingLog();
  const all = entries.map((entry) => {
    apply(store, [log.add(entry)]);
    return store.read(seen);
  });
  await store.close();
  return all;
}

test("its author erases a claim, and it is counted", async () => {
  assert.equal(await story(claim, redaction(ann)), [whole, erased]);
});

test("an administrator erases a claim", async () => {
  assert.equal(await story(claim, redaction(administrator)), [whole, erased]);
});

test("nobody else does, until made an administrator of the whole", async () => {
  const steps = await story(claim, redaction(bob), grant(bob, "a"), grant(bob));
  assert.equal(steps, [whole, whole, whole, erased]);
});

test("a redaction that comes before its target erases it on arrival", async () => {
  const steps = await story(redaction(ann), redaction(bob), claim);
  assert.equal(steps, [{ ...erased, redacted: 0 }, { ...erased, redacted: 0 }, erased]);
});

test("a key that was revoked by then erases nothing, its own claims included", async () => {
  const { clusterId } = root;
  const revocation: Body = { kind: "revocation", clusterId, key: ann, since: 1n };
  const steps = await story(claim, said(administrator, revocation), redaction(ann));
  assert.equal(steps.at(-1), whole);
});

test("what was erased stays erased when the right is taken away", async () => {
  const { clusterId } = root;
  const revocation: Body = { kind: "revocation", clusterId, key: ann, since: 1n };
  const steps = await story(claim, redaction(ann), said(administrator, revocation));
  assert.equal(steps.at(-1), erased);
});

test("redactions of one claim count once; another digest counts where it says", async () => {
  const other = { digest: questionDigest({ conceptPath: "c", predicate: "p" }) };
  const entries = [claim, redaction(ann), redaction(administrator), redaction(ann, claimId, other)];
  const steps = await story(...entries, redaction(bob, idOf(said(bob, assertion()))));
  assert.equal(steps.at(-1), erased);
});

test("a redaction that waits is not lost to another one of the same key", async () => {
  const other = { digest: questionDigest({ conceptPath: "c", predicate: "p" }) };
  const steps = await story(claim, redaction(bob), redaction(bob, claimId, other), grant(bob));
  assert.equal(steps.at(-1), erased);
});

test("bytes that are gone are counted like those that were there", async () => {
  const hole = { hole: claimId, author: ann };
  const gone = { ...erased, redacted: 0 };
  assert.equal(await story(hole, redaction(ann)), [gone, erased]);
  assert.equal(await story(hole, redaction(bob), grant(bob)), [gone, gone, erased]);
});

test("a copy in another log does not bring an erased claim back", async () => {
  for (const first of [claim, { hole: claimId, author: ann }]) {
    const store = await openStore();
    const [log, other] = [new GrowingLog(), new GrowingLog(new Uint8Array(32).fill(5))];
    apply(store, [genesisBlock, log.add(first), log.add(redaction(ann))]);
    apply(store, [other.addAt(5n << 16n, claim)]);
    assert.equal(store.read(seen), erased);
    const vote: Body = { kind: "vote", target: claimId, path: "a/b", weightMillionths: 1 };
    apply(store, [other.addAt(6n << 16n, claim, said(bob, vote), redaction(bob))]);
    assert.equal(store.read(seen), erased);
    await store.close();
  }
});

test("redactions by the first administrator wait for the genesis that names it", async () => {
  const store = await openStore();
  const log = new GrowingLog();
  apply(store, [log.add(claim), log.add(redaction(administrator))]);
  assert.equal(store.read(seen), whole);
  apply(store, [genesisBlock]);
  assert.equal(store.read(seen), erased);
  await store.close();
});

test("a redacted record of a source registers nothing, and does not come back", async () => {
  const record = said(ann, { kind: "source_record", id: "s1", class: "expert" });
  const store = await openStore();
  const [log, other] = [new GrowingLog(), new GrowingLog(new Uint8Array(32).fill(5))];
  apply(store, [genesisBlock, log.add(record), log.add(redaction(ann, idOf(record)))]);
  apply(store, [other.addAt(5n << 16n, record)]);
  store.read((snapshot) => assert.is(snapshot.source("s1")?.record, undefined));
  await store.close();
});

function same(answers: readonly Answer[], expected: readonly Answer[], lens: string): void {
  if (digestOfAnswers(answers) === digestOfAnswers(expected)) return;
  assert.unreachable(`${lens}: ${printable(answers)}\nthe model: ${printable(expected)}`);
}

/** Like the query engine: by canonical path, under every name. */
function compareAnswers(snapshot: ViewSnapshot, entries: readonly PlacedEntry[], asked: Asked) {
  const { cut, parameters, evaluatedAtMs } = asked;
  const records = snapshot.worldRecords();
  const world = World.fold({ root: snapshot.worldRoot, records, cut });
  const found = findQuestion(snapshot, world, asked.question);
  const history = historyOf(snapshot, found);
  const outcomes = snapshot.outcomesFor(history.candidates);
  const expected = inputsOf(entries, asked);
  const input = { history, world, outcomes, parameters, cut, evaluatedAtMs };
  for (const lens of [...materialisedLenses, "confidence"] as const) {
    const answers = resolve({ ...input, lens });
    same(answers, naiveResolve(lens, expected), lens);
  }
  return history.redactedCount;
}

/** Rulings that are kept say what the model says. */
function compareRulings(snapshot: ViewSnapshot, entries: readonly PlacedEntry[], asked: Asked) {
  const cut = everything;
  const { evaluatedAtMs, question: about } = asked;
  const records = snapshot.worldRecords();
  const world = World.fold({ root: snapshot.worldRoot, records, cut });
  const found = findQuestion(snapshot, world, about);
  const [stored] = found.stored;
  if (stored === undefined || !found.isAlone) return 0;
  const expected = inputsOf(entries, { ...asked, cut, parameters: { decay: "none" } });
  let compared = 0;
  for (const lens of materialisedLenses) {
    const ruling = stored.ruling(lens, { evaluatedAtMs });
    if (ruling === undefined) continue;
    const kept = answerOf(ruling, found.subject, (ordinal) => stored.claim(ordinal));
    same([kept], naiveResolve(lens, expected), lens);
    compared += kept.counts.redacted > 0 ? 1 : 0;
  }
  return compared;
}

function compareCounts(snapshot: ViewSnapshot, entries: readonly PlacedEntry[]): void {
  const redactions = new NaiveRedactions(entries, root);
  const claims = new Map<string, PlacedEntry>();
  for (const entry of entries) {
    if (entry.fields.body.kind !== "assertion" || redactions.isErased(entry.id)) continue;
    claims.set(Buffer.from(entry.id).toString("hex"), entry);
  }
  assert.is(snapshot.assertionCount, claims.size);
  const names = [...claims.values()].map(({ fields: { body } }) =>
    body.kind === "assertion" ? `${body.conceptPath} ${body.predicate}` : "",
  );
  const stored = snapshot.questions({ limit: 100 });
  const storedNames = stored.map(({ conceptPath, predicate }) => `${conceptPath} ${predicate}`);
  assert.equal(storedNames.sort(), [...new Set(names)].sort());
  assert.is(snapshot.questionCount, stored.length);
  for (const { sourceId, claimCount } of snapshot.sources({ limit: 100 })) {
    const own = [...claims.values()].filter(
      ({ fields: { body } }) => body.kind === "assertion" && body.source.id === sourceId,
    );
    assert.is(claimCount, own.length, sourceId);
    const listed = snapshot.assertionsOf({ kind: "source", sourceId }, { limit: 1_000 });
    assert.is(listed.length, own.length, sourceId);
  }
  const recent = snapshot.recent({ limit: 100 });
  assert.is(recent.length, stored.length);
}

let erasedSeen = 0;
let rulingsSeen = 0;

function compare(store: ViewStore, seed: number, entries: readonly PlacedEntry[]): void {
  const random = new Seeded(seed);
  store.read((snapshot) => {
    for (let turn = 0; turn < 4; turn++) {
      erasedSeen += compareAnswers(snapshot, entries, randomAsked(random, { root, entries }));
    }
    const asked = randomAsked(random, { root, entries });
    for (const conceptPath of historyPaths) {
      for (const predicate of historyPredicates) {
        const at = { ...asked, question: { conceptPath, predicate } };
        rulingsSeen += compareRulings(snapshot, entries, at);
      }
    }
    compareCounts(snapshot, entries);
  });
}

async function applied(
  blocks: readonly CommittedEntries[],
  random: Seeded,
  work: (store: ViewStore) => void,
): Promise<void> {
  const store = await openStore();
  try {
    apply(store, [genesisBlock]);
    for (let done = 0; done < blocks.length; ) {
      const count = 1 + random.below(random.chance(50) ? 3 : 40);
      apply(store, blocks.slice(done, done + count));
      if (random.chance(20)) store.sweep(1 + random.below(5));
      done += count;
    }
    while (store.sweep(100) > 0);
    work(store);
  } finally {
    await store.close();
  }
}

async function tried(seed: number): Promise<void> {
  const { entries: placed } = randomHistory(seed, { root, redactionPercent: 10 });
  const { blocks, entries } = placedBlocks(placed);
  const redactions = new NaiveRedactions(entries, root);
  const { blocks: holed } = placedBlocks(placed, ({ id }) => redactions.isErased(id));
  for (const some of [blocks, holed]) {
    await applied(some, new Seeded(seed), (store) => {
      try {
        compare(store, seed, entries);
      } catch (error) {
        const which = some === blocks ? "whole" : "with holes";
        if (error instanceof Error) error.message = `seed ${seed}, ${which}: ${error.message}`;
        throw error;
      }
    });
  }
}

test("random histories: answers are the model's, with the bytes and without", async () => {
  for (let seed = 1; seed <= 40; seed++) await tried(seed);
  assert.ok(erasedSeen > 100, `${erasedSeen} erased claims were counted`);
  assert.ok(rulingsSeen > 50, `${rulingsSeen} rulings counted erased claims`);
});

test.run();
