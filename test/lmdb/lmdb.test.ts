/**
 * Goal: what would crash node-lmdb is refused by the interface instead, with the process alive and
 * the environment usable. Method: every hazard known of the binding is tried in this very process;
 * after each the environment must still read and write.
 */

import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { LmdbEnvironment, type LmdbOptions } from "../../src/lmdb/lmdb.js";
import { loadLmdb } from "../../src/lmdb/lmdb-native.js";
import type { LmdbReader, LmdbWriter } from "../../src/lmdb/lmdb-transaction.js";
import { isFault } from "../../src/model/fault.js";
import { rejects, throwsFault, within } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("lmdb: environment");
const MiB = 1024 * 1024;
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value).toString();

const optionsFor = (directory: string): LmdbOptions => ({
  directory,
  mapBytes: 64 * MiB,
  keyspaces: ["left", "right"],
  syncsCommits: false,
});

const open = (directory = temporaryDirectory("lmdb")): Promise<LmdbEnvironment> =>
  LmdbEnvironment.open(optionsFor(directory), nodeDisk);

function isBug(call: () => unknown, claim: RegExp): void {
  assert.throws(call, (error: unknown) => {
    return error instanceof AssertionFailure && claim.test(error.message);
  });
}

function staysUsable(environment: LmdbEnvironment): void {
  environment.write((tx) => tx.put("left", bytes("alive"), bytes("yes")));
  assert.is(text(environment.read((tx) => tx.get("left", bytes("alive")))), "yes");
}

test("write: is there after close and open", async () => {
  const directory = temporaryDirectory("lmdb");
  const first = await open(directory);
  first.write((tx) => {
    tx.put("left", bytes("key"), bytes("value"));
    tx.put("right", bytes("key"), new Uint8Array(0));
    tx.put("right", bytes("large"), new Uint8Array(5 * MiB).fill(7));
  });
  await first.close();
  const second = await open(directory);
  second.read((tx) => {
    assert.is(text(tx.get("left", bytes("key"))), "value");
    assert.is(tx.get("right", bytes("key"))?.length, 0);
    assert.is(tx.get("right", bytes("large"))?.[5 * MiB - 1], 7);
    assert.is(tx.get("right", bytes("missing")), undefined);
    assert.is(tx.count("right"), 2);
  });
  await second.close();
});

test("write: a callback that throws leaves nothing behind", async () => {
  const environment = await open();
  assert.throws(
    () =>
      environment.write((tx) => {
        tx.put("left", bytes("half"), bytes("done"));
        throw new Error("stopped");
      }),
    /stopped/,
  );
  assert.is(
    environment.read((tx) => tx.get("left", bytes("half"))),
    undefined,
  );
  staysUsable(environment);
  await environment.close();
});

test("write: wrong values and every kind of wrong key are bugs, and no crash", async () => {
  const environment = await open();
  const wrongValues = ["text", 1, true, null, undefined, {}, [1], new ArrayBuffer(8)];
  for (const value of wrongValues) {
    const put = () => environment.write((tx) => tx.put("left", bytes("k"), value as Uint8Array));
    isBug(put, /value is bytes/);
  }
  const wrongKeys = ["text", 7, null, undefined, {}, new Uint8Array(0), new Uint8Array(512)];
  for (const key of wrongKeys as Uint8Array[]) {
    isBug(() => environment.write((tx) => tx.put("left", key, bytes("v"))), /key/);
    isBug(() => environment.write((tx) => tx.delete("left", key)), /key/);
    isBug(() => environment.read((tx) => tx.get("left", key)), /key/);
  }
  for (const bound of ["text", 7] as unknown as Uint8Array[]) {
    isBug(() => environment.read((tx) => [...tx.rows("left", { start: bound })]), /bytes/);
    isBug(() => environment.read((tx) => [...tx.rows("left", { prefix: bound })]), /bytes/);
  }
  isBug(() => environment.read((tx) => tx.get("nowhere", bytes("k"))), /keyspace was named/);
  environment.write((tx) => tx.put("left", new Uint8Array(511).fill(1), bytes("longest key")));
  staysUsable(environment);
  await environment.close();
});

test("transactions: they do not nest, and a read does not write", async () => {
  const environment = await open();
  isBug(() => environment.read(() => environment.write(() => 1)), /do not nest/);
  isBug(() => environment.write(() => environment.write(() => 1)), /do not nest/);
  isBug(() => environment.write(() => environment.read(() => 1)), /do not nest/);
  isBug(() => environment.read(() => environment.close()), /outside its transactions/);
  isBug(
    () => environment.read((tx) => (tx as LmdbWriter).put("left", bytes("k"), bytes("v"))),
    /write transaction/,
  );
  isBug(() => environment.write(async () => 1), /not async/);
  staysUsable(environment);
  await environment.close();
});

test("transactions: one that has ended, and its ranges, are refused", async () => {
  const environment = await open();
  environment.write((tx) => {
    for (const key of ["a", "b", "c"]) tx.put("left", bytes(key), bytes(key));
  });
  const leaked: LmdbReader[] = [];
  const ranges: Iterator<unknown>[] = [];
  const leak = (tx: LmdbReader) => {
    leaked.push(tx);
    const range = tx.rows("left");
    range.next();
    ranges.push(range);
  };
  environment.read(leak);
  environment.write(leak);
  for (const tx of leaked) isBug(() => tx.get("left", bytes("a")), /before its callback returns/);
  for (const range of ranges) isBug(() => range.next(), /while its transaction runs/);
  isBug(() => leaked[0]?.rows("left").next(), /before its callback returns/);
  staysUsable(environment);
  await environment.close();
});

test("transactions: nothing is written while a range is being walked", async () => {
  const environment = await open();
  environment.write((tx) => tx.put("left", bytes("a"), bytes("1")));
  isBug(
    () =>
      environment.write((tx) => {
        for (const row of tx.rows("left")) tx.delete("left", row.key);
      }),
    /range is being walked/,
  );
  staysUsable(environment);
  await environment.close();
});

test("close: everything after it is refused, and closing twice is fine", async () => {
  const environment = await open();
  await environment.close();
  await environment.close();
  isBug(() => environment.read(() => 1), /before it is closed/);
  isBug(() => environment.write(() => 1), /before it is closed/);
  isBug(() => environment.facts(), /before it is closed/);
  isBug(() => environment.sync(), /before it is closed/);
});

test("close: waits for the syncs that run", async () => {
  const environment = await open();
  for (let round = 0; round < 20; round++) {
    environment.write((tx) => tx.put("left", bytes(`k${round}`), new Uint8Array(MiB)));
  }
  const syncs = [environment.sync(), environment.sync()];
  const closed = environment.close();
  isBug(() => environment.read(() => 1), /before it is closed/);
  await within(10_000, Promise.all([...syncs, closed]));
});

test("open: the directory of an open environment is refused, under any of its names", async () => {
  const directory = temporaryDirectory("lmdb");
  const link = join(temporaryDirectory("lmdb-link"), "link");
  symlinkSync(directory, link);
  const environment = await open(directory);
  await rejects(open(directory), "DATA_DIRECTORY_IN_USE");
  await rejects(open(join(directory, ".", "..", directory.split("/").at(-1) ?? "")));
  await rejects(open(link), "DATA_DIRECTORY_IN_USE");
  staysUsable(environment);
  await environment.close();
  await (await open(link)).close();
});

test("open: a directory that another thread of the process has open is refused", async () => {
  const directory = temporaryDirectory("lmdb");
  const environment = await open(directory);
  const worker = new Worker(new URL("./opening-thread.js", import.meta.url), {
    workerData: directory,
  });
  const said = await within(10_000, new Promise((resolve) => worker.once("message", resolve)));
  await worker.terminate();
  assert.is(said, process.platform === "linux" ? "DATA_DIRECTORY_IN_USE" : said);
  staysUsable(environment);
  await environment.close();
});

test("open: a directory that is not there is DISK_FAILED", async () => {
  await rejects(open(join(temporaryDirectory("lmdb"), "missing")), "DISK_FAILED");
});

test("open: a failed open can be repeated", async () => {
  const directory = temporaryDirectory("lmdb");
  mkdirSync(join(directory, "data.mdb"));
  await rejects(open(directory));
  await rejects(open(directory));
  const other = await open();
  staysUsable(other);
  await other.close();
});

test("open: an environment that holds only other keyspaces is foreign", async () => {
  const directory = temporaryDirectory("lmdb");
  const theirs = await open(directory);
  theirs.write((tx) => tx.put("left", bytes("theirs"), bytes("1")));
  await theirs.close();
  const options = { ...optionsFor(directory), keyspaces: ["other"] };
  await rejects(LmdbEnvironment.open(options, nodeDisk), "STATE_DAMAGED");
  const again = await open(directory);
  assert.is(text(again.read((tx) => tx.get("left", bytes("theirs")))), "1");
  await again.close();
});

test("write: a full map is DISK_FULL, what was committed stays, others go on", async () => {
  const options = { ...optionsFor(temporaryDirectory("lmdb")), mapBytes: MiB };
  const environment = await LmdbEnvironment.open(options, nodeDisk);
  staysUsable(environment);
  const fill = () =>
    environment.write((tx) => {
      for (let i = 0; i < 64; i++) tx.put("left", bytes(`fill${i}`), new Uint8Array(64 * 1024));
    });
  throwsFault(fill, "DISK_FULL");
  throwsFault(fill, "DISK_FULL");
  staysUsable(environment);
  assert.is(
    environment.read((tx) => tx.count("left")),
    1,
  );
  await environment.close();
});

test("write: a caught full map does not commit half of a transaction", async () => {
  const options = { ...optionsFor(temporaryDirectory("lmdb")), mapBytes: MiB };
  const environment = await LmdbEnvironment.open(options, nodeDisk);
  assert.throws(() =>
    environment.write((tx) => {
      tx.put("left", bytes("first"), bytes("1"));
      try {
        tx.put("left", bytes("huge"), new Uint8Array(8 * MiB));
      } catch (error) {
        assert.ok(isFault(error, "DISK_FULL"));
      }
    }),
  );
  assert.is(
    environment.read((tx) => tx.get("left", bytes("first"))),
    undefined,
  );
  staysUsable(environment);
  await environment.close();
});

test("facts: the used bytes grow, the reserved ones stay", async () => {
  const environment = await open();
  const before = environment.facts();
  environment.write((tx) => tx.put("left", bytes("k"), new Uint8Array(MiB)));
  const after = environment.facts();
  assert.is(before.mapBytes, 64 * MiB);
  assert.is(after.mapBytes, 64 * MiB);
  assert.ok(after.usedBytes >= before.usedBytes + MiB);
  await environment.close();
});

test("load: a module that is not built is MODULE_MISSING and says what to install", () => {
  const fault = throwsFault(
    () =>
      loadLmdb(() => {
        throw new Error("version 'GLIBC_2.38' not found");
      }),
    "MODULE_MISSING",
  );
  assert.match(fault.message, /python3, make and g\+\+/);
  assert.match(fault.message, /npm rebuild node-lmdb/);
});

test.run();
