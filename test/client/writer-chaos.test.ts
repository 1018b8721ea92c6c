/**
 * Goal: under any sequence of broken connections and open answers, each append is settled exactly
 * once, and the log holds each entry exactly once, where its receipt says. Method: a seeded storm
 * over real sockets; a failing seed is printed, and runs again alone with `STORM_SEED=n`.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, type EntryReceipt, KeyPair } from "../../src/client/index.js";
import { toHex } from "../../src/model/hex.js";
import { within } from "../support/expect.js";
import { FakeLogService, type Fate } from "../support/fake-log-service.js";
import { leafOf } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";

const test = suite("client: writer in a storm");
const keys = KeyPair.fromSeed(new Uint8Array(32).fill(4));
const { STORM_SEED: onlySeed } = process.env;
const seeds = onlySeed === undefined ? Array.from({ length: 12 }, (_, n) => n + 1) : [+onlySeed];
const stormMs = 8_000;

const breaks: readonly Fate[] = ["lost", "stored, reply lost"];
const anything: readonly Fate[] = [
  ...breaks,
  "unknown",
  "unknown, not stored",
  "pending",
  "overloaded",
];

interface Storm {
  readonly node: FakeLogService;
  readonly settled: Map<number, number>;
  readonly receipts: Map<number, EntryReceipt>;
  readonly refused: Set<number>;
}

async function storm(seed: number, fates: readonly Fate[], badPercent: number): Promise<Storm> {
  const chance = new Seeded(seed);
  const node = await FakeLogService.open();
  const client = connect({ address: node.address, reconnectMsMin: 1, reconnectMsMax: 20 });
  const result: Storm = { node, settled: new Map(), receipts: new Map(), refused: new Set() };
  node.fateOf = () => (chance.chance(25) ? chance.pick(fates) : "answer");
  node.verdictOn = (entry) =>
    entry.includes("bad/")
      ? { code: "ENTRY_INVALID", field: "f", limit: "l", value: "v" }
      : undefined;
  const writer = client.writer({
    keys,
    lingerMs: 1,
    batchEntriesMax: 1 + chance.below(20),
    requestBytesMax: 1 + chance.below(8_192),
    inFlightBytesMax: 1 + chance.below(65_536),
    unsettledEntriesMax: 1 + chance.below(300),
    retryDelayMsMin: 1,
    retryDelayMsMax: 5,
  });
  const appends: Promise<void>[] = [];
  for (let ordinal = 0; ordinal < 400; ordinal++) {
    const path = `${chance.chance(badPercent) ? "bad" : "fine"}/${ordinal}/x`;
    const settle = () => result.settled.set(ordinal, (result.settled.get(ordinal) ?? 0) + 1);
    const append = writer.append({ kind: "alias", path, canonical: "c" }).then(
      (receipt) => {
        settle();
        result.receipts.set(ordinal, receipt);
      },
      () => {
        settle();
        result.refused.add(ordinal);
      },
    );
    appends.push(append);
    if (chance.chance(5)) await new Promise((resolve) => setTimeout(resolve, 1));
    if (chance.chance(2)) node.link.cut();
  }
  await within(stormMs, Promise.all(appends), `seed ${seed}`);
  await within(stormMs, writer.close(), `close, seed ${seed}`);
  client.close();
  await node.close();
  return result;
}

function checkStorm({ node, settled, receipts, refused }: Storm, seed: number): void {
  assert.is(settled.size, 400, `seed ${seed}: every append is settled`);
  assert.ok([...settled.values()].every((count) => count === 1));
  const ids = node.entries.map((entry) => toHex(leafOf(entry)));
  assert.is(new Set(ids).size, ids.length, `seed ${seed}: nothing stands in the log twice`);
  assert.is(ids.length, 1 + receipts.size, `seed ${seed}: only what has a receipt is stored`);
  for (const [ordinal, receipt] of receipts) {
    assert.is(ids[receipt.index], toHex(receipt.id), `seed ${seed}: append ${ordinal}`);
  }
  for (const ordinal of refused) {
    assert.not(node.entries.some((entry) => entry.includes(`fine/${ordinal}/`)));
  }
}

for (const seed of seeds) {
  test(`connections break, seed ${seed}: once each, in the order appended`, async () => {
    const result = await storm(seed, breaks, 0);
    checkStorm(result, seed);
    assert.is(result.refused.size, 0);
    for (let ordinal = 0; ordinal < 400; ordinal++) {
      assert.is(result.receipts.get(ordinal)?.index, ordinal + 1, `seed ${seed}: in order`);
    }
  });

  test(`anything happens, seed ${seed}: once each, bad entries refused alone`, async () => {
    const result = await storm(seed + 1_000, anything, 3);
    checkStorm(result, seed);
    for (const ordinal of result.refused) {
      assert.not(result.node.entries.some((entry) => entry.includes(`bad/${ordinal}/`)));
    }
  });
}

test.run();
