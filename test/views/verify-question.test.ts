/**
 * Goal: verifying finds every way in which stored questions can differ from the log, and nothing
 * else. Method: a log with repeats, acts before their targets and erased claims is folded in one
 * part and in several: no difference; then one entry of the log is left out, added or said
 * otherwise, and exactly its question is told.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { QuestionFold } from "../../src/views/verify-question.js";
import type { ViewStore } from "../../src/views/view-store.js";
import type { CommittedEntries } from "../../src/views/view-types.js";
import {
  apply,
  assertion,
  blockOf,
  GrowingLog,
  genesisBlock,
  idOf,
  openStore,
  said,
} from "./applying.js";

const test = suite("views: verifying");
const alice = new Uint8Array(32).fill(0xa1);
const bob = new Uint8Array(32).fill(0xb0);

const first = said(alice, assertion({ conceptPath: "a" }));
const second = said(alice, assertion({ conceptPath: "b" }));
const erased = said(alice, assertion({ conceptPath: "c" }));
const other = said(bob, assertion({ conceptPath: "c", polarity: "denies" }));
const vote = (weightMillionths: number) =>
  said(bob, { kind: "vote", target: idOf(second), path: "b", weightMillionths });
const lateTarget = said(bob, { kind: "endorsement", target: idOf(first), path: "a" });
const redaction = said(alice, { kind: "redaction", target: idOf(erased) });
const theVote = vote(5);

const entries = [lateTarget, first, second, theVote, erased, other, redaction, first];

function differences(store: ViewStore, blocks: readonly CommittedEntries[], parts: number) {
  const found: string[] = [];
  let questions = 0;
  for (let part = 0; part < parts; part++) {
    const fold = new QuestionFold({ part, parts });
    for (const block of blocks) fold.add(block);
    store.read((snapshot) => {
      let last = 0;
      for (const compared of fold.differences(snapshot)) {
        last = compared.questions;
        if (compared.difference !== undefined) found.push(compared.difference);
      }
      questions += last;
    });
  }
  return { found, questions };
}

const blocksOf = (said: readonly Uint8Array[]): CommittedEntries[] => {
  const log = new GrowingLog();
  return said.map((entry) => log.add(entry));
};

test("verify: a log and its views do not differ, in one part or in many", async () => {
  const store = await openStore();
  const blocks = blocksOf(entries);
  apply(store, [genesisBlock]);
  for (const block of blocks) apply(store, [block]);
  for (const parts of [1, 2, 7]) {
    assert.equal(differences(store, [genesisBlock, ...blocks], parts), { found: [], questions: 3 });
  }
  await store.close();
});

test("verify: what the log says otherwise is told, and nothing else", async () => {
  const store = await openStore();
  const blocks = blocksOf(entries);
  apply(store, [genesisBlock, ...blocks]);
  const changed = (i: number, entry: Uint8Array) =>
    blocks.map((block, at) =>
      at === i ? blockOf([entry], { firstIndex: at, recorded: block.recorded }) : block,
    );
  const cases: readonly [readonly CommittedEntries[], RegExp][] = [
    [blocks.filter((_, i) => i !== 2), /^b p: the log does not say it$/],
    [blocks.filter((_, i) => i !== 3), /^b p: act [0-9a-f]{64} is not in the log$/],
    [changed(3, vote(6)), /^b p: act /],
    [changed(5, said(bob, assertion({ conceptPath: "c" }))), /^c p: claim /],
    [[...blocks, ...blocksOf([said(bob, assertion({ conceptPath: "new" }))])], /^new p: it is not/],
    [blocks.filter((_, i) => i !== 6), /^c p: 1 claims stored, 2 in the log$/],
  ];
  for (const [log, expected] of cases) {
    const { found } = differences(store, log, 1);
    assert.is(found.length, 1, `${expected}: ${found.join(", ")}`);
    assert.match(found[0] ?? "", expected);
  }
  await store.close();
});

test.run();
