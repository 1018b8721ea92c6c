/**
 * Goal: what one process writes another reads, at every moment as a whole: a writer that is killed
 * and started again loses nothing and doubles nothing. Method: a child is killed in the middle of
 * its transactions while this process reads; data, counts, lists and rulings must agree with the
 * frontier in each snapshot, and never go back. How the log is followed is not this test's matter.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { ViewReader } from "../../src/views/view-reader.js";
import type { ViewSnapshot } from "../../src/views/view-types.js";
import { rejects } from "../support/expect.js";
import { startProcess } from "../support/process.js";
import { temporaryDirectory } from "../support/temporary.js";
import { logId, mapBytes, openStore } from "./applying.js";

const test = suite("views: reader");
const writer = fileURLToPath(new URL("./writing-views.js", import.meta.url));
const alice = new Uint8Array(32).fill(0xa1);
const open = (directory: string) => ViewReader.open({ directory, mapBytes, disk: nodeDisk });

/** Everything in a snapshot says the same; returns how many entries it holds. */
function checked(snapshot: ViewSnapshot): number {
  const size = snapshot.applied(logId)?.size ?? 0;
  assert.is(size % 3, 0);
  assert.is(snapshot.assertionCount, size);
  if (size === 0) return 0;
  const twice = snapshot.question("twice", "p");
  assert.is(twice?.claimCount, (size / 3) * 2);
  assert.is(snapshot.question("once", "p")?.claimCount, size / 3);
  const of = { kind: "author", author: alice } as const;
  const [last] = snapshot.assertionsOf(of, { limit: 1, isBackward: true });
  assert.is(last?.index, size - 1);
  assert.is(snapshot.source("s1")?.claimCount, size);
  const ruling = twice?.ruling("consensus", { evaluatedAtMs: 1_000 });
  if (ruling !== undefined) assert.is(ruling.counts.candidates, (size / 3) * 2);
  const { candidates } = twice?.records() ?? { candidates: [] };
  assert.equal(
    candidates.map(({ index }) => index),
    Array.from({ length: size }, (_, i) => i).filter((i) => i % 3 !== 1),
  );
  return size;
}

test("reader: a writer is killed and started again, nothing is lost or doubled", async () => {
  const directory = temporaryDirectory("views-reader");
  await (await openStore(directory)).close();
  const reader = await open(directory);
  let last = 0;
  for (let round = 0; round < 4; round++) {
    const child = startProcess(process.execPath, [writer, directory]);
    await child.line(/^\d+$/, 15_000);
    const endMs = performance.now() + 150;
    while (performance.now() < endMs) {
      const size = reader.read(checked);
      assert.ok(size >= last, "what was read once stays");
      last = size;
      await new Promise((resolve) => setImmediate(resolve));
    }
    await child.kill("SIGKILL");
    const told = Number(child.stdout().trim().split("\n").at(-1));
    last = reader.read(checked);
    assert.ok(last >= told, `${last} stored, ${told} told`);
  }
  assert.ok(last > 30);
  await reader.close();
});

test("reader: nothing there is VIEWS_UNAVAILABLE, foreign or damaged VIEWS_DAMAGED", async () => {
  const directory = temporaryDirectory("views-reader");
  await rejects(open(directory), "VIEWS_UNAVAILABLE");
  await rejects(open(join(directory, "missing")), "VIEWS_UNAVAILABLE");
  const foreign = await LmdbEnvironment.open(
    { directory, mapBytes, keyspaces: ["theirs", "meta"], syncsCommits: false },
    nodeDisk,
  );
  foreign.write((tx) => tx.put("theirs", alice, alice));
  await foreign.close();
  await rejects(open(directory), "VIEWS_DAMAGED");
  const damaged = temporaryDirectory("views-reader");
  writeFileSync(join(damaged, "data.mdb"), Buffer.alloc(65_536, 7));
  await rejects(open(damaged), "VIEWS_DAMAGED");
});

test.run();
