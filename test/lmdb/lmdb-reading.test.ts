/**
 * Goal: what one process writes another reads, without either waiting; an environment that is only
 * read is never changed; and a row is put where there is none, or not at all. Method: a child
 * writes and is killed, again and again, while this process keeps its environment open and reads:
 * three rows that are committed together must agree, and never go back.
 */
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import type { LmdbReader } from "../../src/lmdb/lmdb-transaction.js";
import { throwsFault } from "../support/expect.js";
import { startProcess } from "../support/process.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("lmdb: reading beside a writer");
const MiB = 1024 * 1024;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const writer = fileURLToPath(new URL("./writing-process.js", import.meta.url));
const optionsFor = (directory: string) => ({
  directory,
  mapBytes: 256 * MiB,
  keyspaces: ["left", "right"],
});

const open = (directory: string) =>
  LmdbEnvironment.open({ ...optionsFor(directory), syncsCommits: false }, nodeDisk);

const counterIn = (reader: LmdbReader): number => {
  const row = reader.get("left", bytes("counter"));
  return row === undefined ? 0 : Buffer.from(row).readUInt32BE(0);
};

test("read only: a writer that is killed and started again is read through it all", async () => {
  const directory = temporaryDirectory("lmdb-beside");
  await (await open(directory)).close();
  const reader = LmdbEnvironment.openReadOnly(optionsFor(directory));
  let last = 0;
  let reads = 0;
  for (let round = 0; round < 4; round++) {
    const child = startProcess(process.execPath, [writer, directory]);
    await child.line(/^\d+$/, 10_000);
    const endMs = performance.now() + 100;
    while (performance.now() < endMs) {
      reader.read((tx) => {
        const counter = counterIn(tx);
        assert.is(tx.count("left"), counter + 1);
        assert.is(tx.count("right"), counter);
        assert.ok(counter >= last, "what was read once stays");
        last = counter;
      });
      reads += 1;
      // The child's output is taken in between reads.
      if (reads % 64 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await child.kill("SIGKILL");
  }
  assert.ok(last > 0 && reads > 100);
  await reader.close();
});

test("read only: writing and syncing are bugs, and nothing is changed", async () => {
  const directory = temporaryDirectory("lmdb-beside");
  const first = await open(directory);
  first.write((tx) => tx.put("left", bytes("k"), bytes("v")));
  await first.close();
  const reader = LmdbEnvironment.openReadOnly(optionsFor(directory));
  const isBug = (error: unknown) => error instanceof AssertionFailure;
  assert.throws(() => reader.write((tx) => tx.put("left", bytes("k"), bytes("w"))), isBug);
  assert.throws(() => reader.sync(), isBug);
  assert.is(
    reader.read((tx) => Buffer.from(tx.get("left", bytes("k")) ?? []).toString()),
    "v",
  );
  await reader.close();
  await (await open(directory)).close();
});

test("read only: what is not there is a fault, and can be tried again", async () => {
  const directory = temporaryDirectory("lmdb-beside");
  throwsFault(() => LmdbEnvironment.openReadOnly(optionsFor(directory)), "DISK_FAILED");
  const first = await open(directory);
  throwsFault(() => LmdbEnvironment.openReadOnly(optionsFor(directory)), "DATA_DIRECTORY_IN_USE");
  await first.close();
  const more = { ...optionsFor(directory), keyspaces: ["left", "right", "more"] };
  throwsFault(() => LmdbEnvironment.openReadOnly(more), "STATE_DAMAGED");
  await LmdbEnvironment.openReadOnly(optionsFor(directory)).close();
});

test("put new: a row that stands is kept, and the transaction goes on", async () => {
  const environment = await open(temporaryDirectory("lmdb-new"));
  environment.write((tx) => {
    assert.is(tx.putNew("left", bytes("k"), bytes("first")), true);
    assert.is(tx.putNew("left", bytes("k"), bytes("second")), false);
    assert.is(tx.putNew("left", bytes("other"), bytes("third")), true);
  });
  environment.read((tx) => {
    assert.is(Buffer.from(tx.get("left", bytes("k")) ?? []).toString(), "first");
    assert.is(tx.count("left"), 2);
  });
  await environment.close();
});

test.run();
