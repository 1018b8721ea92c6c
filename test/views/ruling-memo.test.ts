/**
 * Goal: rulings that questions of a single claim share are those that each would have had of its
 * own. Method: claims that differ in everything a ruling can depend on, many of each kind, in a
 * world that changes; after each change every ruling is compared with weighing the question alone,
 * by the fold that verifying makes.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Body, Value } from "../../src/model/entry.js";
import { bounds, lifecycles, polarities, sourceClasses } from "../../src/model/entry.js";
import { QuestionFold } from "../../src/views/verify-question.js";
import type { ViewStore } from "../../src/views/view-store.js";
import type { CommittedEntries } from "../../src/views/view-types.js";
import { Seeded } from "../support/seeded.js";
import {
  administrator,
  apply,
  assertion,
  GrowingLog,
  genesisBlock,
  idOf,
  openStore,
  root,
  said,
} from "./applying.js";

const test = suite("views: shared rulings");
const { clusterId } = root;
const keys = [1, 2, 3].map((number) => new Uint8Array(32).fill(0xa0 + number));
const [curator = administrator, gateway = administrator] = keys;
const sources = ["s1", "s2", "withdrawn"];

let questions = 0;

function claim(random: Seeded): Uint8Array {
  const values: readonly Value[] = [
    { kind: "text", text: "yes" },
    { kind: "integer", integer: 5n, bound: random.pick(bounds) },
  ];
  const some = <T>(percent: number, value: T) => (random.chance(percent) ? value : undefined);
  const validFromMs = some(10, 1 + random.below(300_000));
  const validUntilMs = some(10, 300_001 + random.below(300_000));
  const epoch = some(20, random.pick(["old", "new"]));
  const body = assertion({
    conceptPath: `c/${random.below(9)}/${questions++}`,
    value: random.pick(values),
    polarity: random.pick(polarities),
    confidenceMillionths: random.pick([0, 250_000, 900_000, 1_000_000]),
    source: { id: random.pick(sources), class: random.pick(sourceClasses) },
    assertedMs: random.below(1_000_000),
    lifecycle: random.pick(lifecycles),
    ...(validFromMs === undefined ? {} : { validFromMs }),
    ...(validUntilMs === undefined ? {} : { validUntilMs }),
    ...(epoch === undefined ? {} : { epoch }),
  });
  return said(random.pick(keys), body, some(20, random.pick(["ann", "ben"])));
}

function agrees(store: ViewStore, blocks: readonly CommittedEntries[], what: string): void {
  const fold = new QuestionFold({ part: 0, parts: 1 });
  for (const block of blocks) fold.add(block);
  store.read((snapshot) => {
    let ruled = 0;
    for (const question of snapshot.questions({ limit: 100_000 })) {
      const at = { evaluatedAtMs: Number(question.latest >> 16n) };
      if (question.ruling("authority", at) !== undefined) ruled += 1;
    }
    assert.ok(ruled > questions * 0.7, `${what}: ${ruled} of ${questions} have rulings`);
    for (const { difference } of fold.differences(snapshot)) assert.is(difference, undefined, what);
  });
}

test("shared rulings: are each question's own, whatever becomes of the world", async () => {
  const store = await openStore();
  const random = new Seeded(4);
  const log = new GrowingLog();
  const admin = (body: Body) => said(administrator, body);
  const grant = (key: Uint8Array, right: object) =>
    admin({ kind: "grant", clusterId, key, ...right } as Body);
  const first = said(gateway, assertion({ conceptPath: "first" }));
  apply(store, [genesisBlock, log.add(first)]);
  questions += 1;
  const outcome = { kind: "trust_outcome", target: idOf(first), path: "first" } as const;
  const changes: readonly (readonly [string, () => Uint8Array])[] = [
    ["nothing", () => claim(random)],
    ["a curator", () => grant(curator, { role: "curator" })],
    ["a gateway", () => grant(gateway, { role: "gateway" })],
    ["a class ceiling", () => grant(gateway, { classCeiling: "clinical" })],
    [
      "a source withdrawn",
      () => said(curator, { kind: "source_retraction", sourceId: "withdrawn" }),
    ],
    ["an epoch superseded", () => said(curator, { kind: "epoch", name: "new", supersedes: "old" })],
    ["trust lost", () => said(curator, { ...outcome, outcome: "wrong" })],
    [
      "a ceiling below a path",
      () => grant(keys[2] ?? gateway, { classCeiling: "expert", prefix: "c/3" }),
    ],
    [
      "a key revoked",
      () => admin({ kind: "revocation", clusterId, key: gateway, since: 200n << 16n }),
    ],
    [
      "a path with another name",
      () => said(curator, { kind: "alias", path: "c/1/1", canonical: "c/2" }),
    ],
  ];
  for (const [what, change] of changes) {
    const entry = change();
    apply(store, [log.add(entry)]);
    const claims = Array.from({ length: 60 }, () => claim(random));
    apply(store, [log.add(...claims)]);
    while (store.sweep(50) > 0);
    agrees(store, log.blocks, what);
  }
  await store.close();
});

test.run();
