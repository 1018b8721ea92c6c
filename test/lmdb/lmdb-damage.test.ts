/**
 * Goal: a process that dies while it writes leaves an environment that opens, with all it had
 * committed; a file cut short or overwritten is a fault and never ends the process. Method: a child
 * process is killed again and again in the middle of its transactions; files are cut at every page
 * and opened and read in a child, whose exit must be orderly.
 */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { rejects } from "../support/expect.js";
import { runProcess, startProcess } from "../support/process.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("lmdb: damage");
const MiB = 1024 * 1024;
const script = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const open = (directory: string) =>
  LmdbEnvironment.open(
    { directory, mapBytes: 256 * MiB, keyspaces: ["left", "right"], syncsCommits: false },
    nodeDisk,
  );

test("crash: a process killed in the middle of writes leaves all it had committed", async () => {
  const directory = temporaryDirectory("lmdb-kill");
  const random = new Seeded(7);
  for (let round = 0; round < 6; round++) {
    const child = startProcess(process.execPath, [script("./writing-process.js"), directory]);
    await child.line(/^\d+$/, 10_000);
    await new Promise((resolve) => setTimeout(resolve, random.below(60)));
    await child.kill("SIGKILL");
    const printed = Number(child.stdout().trim().split("\n").at(-1));
    const environment = await open(directory);
    environment.read((tx) => {
      const counter = tx.get("left", Buffer.from("counter"));
      assert.ok(counter !== undefined);
      const committed = Buffer.from(counter).readUInt32BE(0);
      assert.ok(committed >= printed, `${committed} committed, ${printed} printed`);
      assert.is(tx.count("left"), committed + 1);
      assert.is(tx.count("right"), committed);
      assert.is([...tx.rows("right")].length, committed);
    });
    await environment.close();
  }
});

async function written(directory: string): Promise<void> {
  const environment = await open(directory);
  environment.write((tx) => {
    for (let n = 0; n < 600; n++) {
      const key = Buffer.alloc(4);
      key.writeUInt32BE(n, 0);
      tx.put("left", key, new Uint8Array(300).fill(n));
      tx.put("right", key, new Uint8Array(300).fill(n));
    }
  });
  await environment.close();
}

test("open: a file cut at any page is a fault when its rows are read, never a crash", async () => {
  const source = temporaryDirectory("lmdb-whole");
  await written(source);
  const parent = temporaryDirectory("lmdb-cut");
  const bytes = statSync(join(source, "data.mdb")).size;
  const directories: string[] = [];
  for (let length = 0; length < bytes; length += 4096 * 7 + 1000) {
    const directory = join(parent, `${length}`);
    mkdirSync(directory);
    copyFileSync(join(source, "data.mdb"), join(directory, "data.mdb"));
    truncateSync(join(directory, "data.mdb"), length);
    directories.push(directory);
  }
  const reader = script("./reading-process.js");
  const done = await runProcess(process.execPath, [reader, ...directories], 20_000);
  assert.is(done.signal, null, `the reader was ended by ${done.signal}`);
  assert.is(done.code, 0, done.stderr);
  const said = done.stdout.trim().split("\n");
  assert.is(said.length, directories.length);
  // Cut to nothing it is a new environment; every other cut loses rows, and must say so.
  assert.is(said[0], "0 rows");
  for (const line of said.slice(1)) assert.is(line, "STATE_DAMAGED");
});

test("open: bytes that are no environment are STATE_DAMAGED", async () => {
  const random = new Seeded(3);
  for (const content of [Buffer.from("hello"), Buffer.alloc(65_536), random.bytes(65_536)]) {
    const directory = temporaryDirectory("lmdb-foreign");
    writeFileSync(join(directory, "data.mdb"), content);
    await rejects(open(directory), "STATE_DAMAGED");
  }
});

test("open: a file that claims more bytes than are reserved is STATE_DAMAGED", async () => {
  const directory = temporaryDirectory("lmdb-claims");
  await written(directory);
  const path = join(directory, "data.mdb");
  const content = readFileSync(path);
  for (const page of [0, 4096]) content.writeBigUInt64LE(1n << 40n, page + 136);
  writeFileSync(path, content);
  await rejects(open(directory), "STATE_DAMAGED");
});

test.run();
