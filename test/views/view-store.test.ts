/**
 * Goal: data and frontiers move together, or not at all; what cannot be trusted is VIEWS_DAMAGED,
 * and nothing else is; a claim costs the same in a question of any size. Method: one store is
 * driven by hand through each case; its rows are looked at where a promise is about rows.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { isFault } from "../../src/model/fault.js";
import { silentProbe } from "../../src/observability/probe.js";
import { keyspaces } from "../../src/views/keyspaces.js";
import type { Snapshot } from "../../src/views/view-snapshot.js";
import { ViewStore } from "../../src/views/view-store.js";
import type { CommittedEntries, ViewSnapshot } from "../../src/views/view-types.js";
import { rejects } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";
import {
  administrator,
  apply,
  assertion,
  GrowingLog,
  genesisBlock,
  idOf,
  logId,
  mapBytes,
  openStore,
  root,
  said,
} from "./applying.js";

const test = suite("views: store");
const alice = new Uint8Array(32).fill(0xa1);
const bob = new Uint8Array(32).fill(0xb0);

async function withStore(work: (store: ViewStore) => void | Promise<void>): Promise<void> {
  const store = await openStore();
  try {
    await work(store);
  } finally {
    await store.close();
  }
}

/** All rows of a keyspace, as text. */
function rowsOf(store: ViewStore, keyspace: string): Map<string, string> {
  return store.read((snapshot) => {
    const { transaction } = snapshot as Snapshot;
    const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
    return new Map(
      [...transaction.rows(keyspace)].map(({ key, value }) => [text(key), text(value)]),
    );
  });
}

const claimCount = (snapshot: ViewSnapshot, path = "a/b"): number =>
  snapshot.question(path, "p")?.claimCount ?? 0;

test("transaction: one that throws leaves the former state, frontier and data", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    apply(store, [genesisBlock, log.add(said(alice, assertion()))]);
    const next = log.add(said(alice, assertion({ conceptPath: "new" })), said(bob, assertion()));
    const before = rowsOf(store, "questions");
    for (const stopAfter of [1, 2, 3]) {
      assert.throws(
        () =>
          store.transaction((transaction) => {
            for (const projection of store.projections.slice(0, stopAfter)) {
              projection.apply(transaction, [next]);
            }
            throw new Error("stopped");
          }),
        /stopped/,
      );
      assert.equal(rowsOf(store, "questions"), before);
      store.read((snapshot) => {
        assert.is(snapshot.applied(logId)?.size, 1);
        assert.is(snapshot.assertionCount, 1);
      });
    }
    apply(store, [next]);
    store.read((snapshot) => {
      assert.is(snapshot.applied(logId)?.size, 3);
      assert.is(claimCount(snapshot), 2);
      assert.is(claimCount(snapshot, "new"), 1);
      assert.equal(snapshot.question("a/b", "p")?.records().candidates[1]?.author, bob);
    });
  });
});

test("apply: blocks that were applied are passed over, and a gap is a bug", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const first = log.add(said(alice, assertion()));
    const second = log.add(said(alice, assertion()));
    const third = log.add(said(alice, assertion()));
    apply(store, [first, second]);
    apply(store, [first, second]);
    const isBug = (error: unknown) => error instanceof AssertionFailure;
    const last = log.add(said(alice, assertion()));
    assert.throws(() => apply(store, [last]), isBug);
    apply(store, [first, second, third, last]);
    store.read((snapshot) => assert.is(claimCount(snapshot), 4));
  });
});

test("apply: what nobody signed so, or is not understood, is counted and passed over", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const forged = said(alice, assertion());
    const block = log.add(forged, Uint8Array.of(1, 2, 3), said(bob, assertion()));
    const signed: CommittedEntries = { ...block, batchAuthor: () => bob };
    apply(store, [signed]);
    store.read((snapshot) => {
      assert.is(snapshot.skippedCount, 2);
      assert.is(claimCount(snapshot), 1);
      assert.is(snapshot.applied(logId)?.size, 3);
    });
  });
});

test("act: one whose target is not known waits for it, and counts once", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const claim = said(alice, assertion());
    const vote = said(bob, { kind: "vote", target: idOf(claim), path: "a/b", weightMillionths: 7 });
    const elsewhere = said(bob, { kind: "endorsement", target: idOf(claim), path: "other" });
    apply(store, [log.add(vote, elsewhere, vote)]);
    assert.is(rowsOf(store, "pending").size, 2);
    apply(store, [log.add(claim), log.add(vote)]);
    assert.is(rowsOf(store, "pending").size, 0);
    store.read((snapshot) => {
      const { acts } = snapshot.question("a/b", "p")?.records() ?? { acts: [] };
      assert.equal(
        acts.map(({ kind, index, path, weightMillionths }) => [
          kind,
          index,
          path,
          weightMillionths,
        ]),
        [
          ["vote", 0, "a/b", 7],
          ["endorsement", 1, "other", 1_000_000],
        ],
      );
    });
  });
});

test("world: what strangers say sleeps until an administrator names them", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    apply(store, [log.add(said(alice, { kind: "alias", path: "x", canonical: "y" }))]);
    apply(store, [genesisBlock]);
    const stamp = store.read((snapshot) => snapshot.worldStamp);
    store.read((snapshot) => {
      assert.equal(snapshot.worldRoot, root);
      assert.is(snapshot.worldRecords().length, 0);
    });
    apply(store, [log.add(said(bob, { kind: "epoch", name: "e" }))]);
    assert.is(
      store.read((snapshot) => snapshot.worldStamp),
      stamp,
    );
    const { clusterId } = root;
    const grant = { kind: "grant", clusterId, key: alice, role: "curator" } as const;
    apply(store, [log.add(said(bob, grant))]);
    assert.is(store.read((snapshot) => snapshot.worldRecords()).length, 0);
    apply(store, [log.add(said(administrator, grant))]);
    store.read((snapshot) => {
      const kinds = snapshot.worldRecords().map(({ body }) => body.kind);
      assert.equal(kinds, ["alias", "grant"]);
      assert.ok(snapshot.worldStamp > stamp);
    });
  });
});

test("world: a genesis with the cluster id of another administrator founds nothing", async () => {
  await withStore((store) => {
    const false_: CommittedEntries = genesisBlock;
    const bytes = Buffer.from(false_.entry(0) ?? []);
    const at = bytes.indexOf(Buffer.from(administrator));
    bytes.fill(2, at, at + 32);
    apply(store, [{ ...false_, entry: () => new Uint8Array(bytes), id: () => idOf(bytes) }]);
    store.read((snapshot) => assert.equal(snapshot.worldRoot.clusterId, new Uint8Array(16)));
  });
});

test("stamps: a change of the world, and rulings are folded before they are given", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const at = { evaluatedAtMs: 1_700_000_000_000 };
    const ruling = (lens: "consensus" | "authority") =>
      store.read((snapshot) => snapshot.question("a/b", "p")?.ruling(lens, at));
    const claim = said(alice, assertion());
    apply(store, [genesisBlock, log.add(claim)]);
    assert.ok(ruling("consensus"));
    const { clusterId } = root;
    apply(store, [
      log.add(said(administrator, { kind: "grant", clusterId, key: bob, role: "curator" })),
    ]);
    assert.is(ruling("consensus"), undefined);
    assert.is(store.sweep(10), 0);
    assert.ok(ruling("consensus"));
    const outcome = { kind: "trust_outcome", target: idOf(claim), path: "a/b" } as const;
    apply(store, [log.add(said(bob, { ...outcome, outcome: "wrong" }))]);
    assert.ok(ruling("consensus"));
    assert.is(ruling("authority"), undefined);
    assert.is(store.sweep(10), 0);
    assert.is(ruling("authority")?.values[0]?.supportMillionths, 360_000);
  });
});

test("horizon: a ruling is given between the moments at which claims begin or cease", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const claim = assertion({ validFromMs: 50_000, validUntilMs: 200_000 });
    apply(store, [genesisBlock, log.addAt(100_000n << 16n, said(alice, claim))]);
    const given = (evaluatedAtMs: number) =>
      store.read((snapshot) => {
        return snapshot.question("a/b", "p")?.ruling("consensus", { evaluatedAtMs }) !== undefined;
      });
    assert.equal([49_999, 50_000, 199_999, 200_000].map(given), [false, true, true, false]);
  });
});

test("large question: a claim writes its head and its last page alone", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const many = () => Array.from({ length: 500 }, () => said(alice, assertion()));
    apply(store, [genesisBlock]);
    for (let round = 0; round < 10; round++) apply(store, [log.add(...many())]);
    const before = rowsOf(store, "questions");
    assert.ok(before.size > 100);
    const repeated = said(bob, assertion());
    apply(store, [log.add(repeated)]);
    apply(store, [log.add(repeated)]);
    const after = rowsOf(store, "questions");
    const changed = [...after].filter(([key, value]) => before.get(key) !== value);
    assert.ok(changed.length <= 3, `${changed.length} rows changed`);
    store.read((snapshot) => {
      const question = snapshot.question("a/b", "p");
      assert.is(question?.claimCount, 5_001);
      assert.is(question?.ruling("consensus", { evaluatedAtMs: 0 }), undefined);
      assert.is(question?.records().candidates.length, 5_001);
      assert.equal(question?.claim(5_000).author, bob);
      assert.equal(question?.claim(0).author, alice);
    });
  });
});

test("sweep: a question that is large against what came is folded later", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const many = Array.from({ length: 200 }, () => said(alice, assertion()));
    apply(store, [genesisBlock, log.add(...many)]);
    const ruled = () =>
      store.read((snapshot) => {
        const at = { evaluatedAtMs: 1_700_000_000_000 };
        return snapshot.question("a/b", "p")?.ruling("consensus", at)?.counts.candidates;
      });
    assert.is(ruled(), 200);
    apply(store, [log.add(said(bob, assertion()))]);
    assert.is(ruled(), undefined);
    assert.is(store.sweep(10), 0);
    assert.is(ruled(), 201);
  });
});

test("open: what was closed in order opens with all that it had", async () => {
  const directory = temporaryDirectory("views-open");
  const log = new GrowingLog();
  const first = await openStore(directory);
  apply(first, [genesisBlock, log.add(said(alice, assertion()))]);
  await first.close();
  const second = await openStore(directory, "another start");
  apply(second, [log.add(said(bob, assertion()))]);
  second.read((snapshot) => {
    assert.is(claimCount(snapshot), 2);
    assert.equal(snapshot.worldRoot, root);
  });
  await second.close();
});

test("open: VIEWS_DAMAGED after a crash of the machine, not after one of the process", async () => {
  const directory = temporaryDirectory("views-mark");
  await (await openStore(directory)).close();
  const mark = join(directory, "unclean");
  writeFileSync(mark, "this start");
  await (await openStore(directory, "this start")).close();
  writeFileSync(mark, "the start before");
  await rejects(openStore(directory, "this start"), "VIEWS_DAMAGED");
  const nameless = () =>
    ViewStore.open({ directory, mapBytes, disk: nodeDisk, bootId: undefined, probe: silentProbe });
  writeFileSync(mark, "?");
  await rejects(nameless(), "VIEWS_DAMAGED");
});

test("open: the mark stands before the first write and goes with an orderly end", async () => {
  const directory = temporaryDirectory("views-mark");
  const store = await openStore(directory, "this start");
  assert.is(readFileSync(join(directory, "unclean"), "utf8"), "this start");
  await store.close();
  assert.is(await nodeDisk.facts(join(directory, "unclean")), undefined);
});

test("open: a damaged, a foreign and an older environment are VIEWS_DAMAGED", async () => {
  const damaged = temporaryDirectory("views-damaged");
  writeFileSync(join(damaged, "data.mdb"), Buffer.alloc(65_536, 7));
  await rejects(openStore(damaged), "VIEWS_DAMAGED");
  const foreign = temporaryDirectory("views-foreign");
  const open = (at: string, names: readonly string[]) => {
    const options = { directory: at, mapBytes, keyspaces: names, syncsCommits: false };
    return LmdbEnvironment.open(options, nodeDisk);
  };
  const theirs = await open(foreign, ["theirs"]);
  theirs.write((tx) => tx.put("theirs", alice, bob));
  await theirs.close();
  await rejects(openStore(foreign), "VIEWS_DAMAGED");
  for (const version of [Uint8Array.of(0, 1), Uint8Array.of(1, 99), undefined]) {
    const older = temporaryDirectory("views-older");
    const before = await open(older, ["meta", "questions"]);
    before.write((tx) => {
      tx.put("questions", alice, bob);
      if (version !== undefined) tx.put("meta", Buffer.from("version"), version);
    });
    await before.close();
    await rejects(openStore(older), "VIEWS_DAMAGED");
  }
});

test("rows: a damaged one is VIEWS_DAMAGED when it is read, never an answer", async () => {
  const directory = temporaryDirectory("views-rows");
  const log = new GrowingLog();
  const store = await openStore(directory);
  apply(store, [genesisBlock, log.add(said(alice, assertion()))]);
  await store.close();
  const raw = await LmdbEnvironment.open(
    { directory, mapBytes, keyspaces, syncsCommits: true },
    nodeDisk,
  );
  raw.write((tx) => {
    for (const { key, value } of [...tx.rows("questions")]) {
      tx.put("questions", key, value.subarray(0, value.length - 9));
    }
  });
  await raw.close();
  const again = await openStore(directory);
  const isDamage = (error: unknown) => isFault(error, "VIEWS_DAMAGED");
  assert.throws(() => again.read((snapshot) => snapshot.question("a/b", "p")?.records()), isDamage);
  assert.throws(() => apply(again, [log.add(said(alice, assertion()))]), isDamage);
  await again.close();
});

test("full: a map without room aborts with DISK_FULL, and what stood stays", async () => {
  const directory = temporaryDirectory("views-full");
  const options = {
    directory,
    mapBytes: 512 * 1024,
    disk: nodeDisk,
    bootId: "x",
    probe: silentProbe,
  };
  const store = await ViewStore.open(options);
  const log = new GrowingLog();
  apply(store, [genesisBlock, log.add(said(alice, assertion()))]);
  const many = Array.from({ length: 4_000 }, (_, i) =>
    said(alice, assertion({ conceptPath: `path/${i}` })),
  );
  const block = log.add(...many);
  for (let round = 0; round < 2; round++) {
    assert.throws(
      () => apply(store, [block]),
      (error: unknown) => isFault(error, "DISK_FULL"),
    );
    store.read((snapshot) => {
      assert.is(snapshot.applied(logId)?.size, 1);
      assert.is(snapshot.assertionCount, 1);
      assert.is(claimCount(snapshot), 1);
    });
  }
  await store.close();
  const larger = await openStore(directory);
  apply(larger, [block]);
  assert.is(
    larger.read((snapshot) => snapshot.assertionCount),
    4_001,
  );
  await larger.close();
});

test.run();
