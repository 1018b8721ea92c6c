/**
 * Goal: an empty data directory is founded, one with a log is opened with that log and its keys,
 * and whatever else is refused with what to do, never formatted over. Method: real directories,
 * each with one thing that is not as it should be.
 */
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { KeyPair } from "../../src/client/key-pair.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { decodeEntry } from "../../src/entry/codec.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import type { Fault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { silentMetrics } from "../../src/observability/metrics.js";
import { silentProbe } from "../../src/observability/probe.js";
import { findOrFoundLog, openLog } from "../../src/server/open-log.js";
import { rejects } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite<{ directory: string }>("server: open log");

test.before.each((context) => {
  context.directory = temporaryDirectory("data");
});

const optionsOf = (dataDirectory: string) => ({
  dataDirectory,
  segmentBytesMax: 1024 * 1024,
  reserveBytes: 0,
  cacheBytesMax: 1024 * 1024,
  compression: "lz4" as const,
  probe: silentProbe,
  metrics: silentMetrics,
});

const find = (directory: string) => findOrFoundLog(nodeDisk, optionsOf(directory));
const open = async (directory: string) => openLog(await find(directory), 0, optionsOf(directory));
const keyFile = (directory: string, name: string) => join(directory, "keys", `${name}.key`);
const refused = async (directory: string): Promise<Fault> =>
  (await rejects(find(directory), "DATA_DIRECTORY_INVALID")) as Fault;

test("found: keys that only their owner may read, and a log that names them", async ({
  directory,
}) => {
  const { logId, keys } = await find(directory);
  const names = readdirSync(join(directory, "keys"));
  assert.equal(names, ["administrator.key", "gateway.key", "importer.key", "log.key"]);
  for (const name of names) assert.is(statSync(join(directory, "keys", name)).mode & 0o777, 0o600);

  const log = await open(directory);
  assert.is(toHex(log.id), toHex(logId));
  assert.equal(Buffer.from(log.genesis.logKey), Buffer.from(keys.log.publicKey));
  const administrator = await KeyPair.load(keyFile(directory, "administrator"));
  const first = Buffer.from(log.genesis.firstAdministrator ?? []);
  assert.equal(first, Buffer.from(administrator.publicKey));
  const text = Buffer.from("stemedb/cluster/v1\0");
  const id = sha256(text, administrator.publicKey, log.genesis.nonce).subarray(0, 16);
  assert.equal(Buffer.from(log.genesis.clusterId), Buffer.from(id));
  const block = await log.read(0);
  const kinds = Array.from({ length: block.count }, (_none, at) => decodeEntry(block.entry(at)));
  assert.equal(
    kinds.map(({ body }) => body.kind),
    ["log_genesis", "block_stamp", "grant", "grant"],
  );
  await log.close();
});

test("found: a wal/ that was made beforehand counts as unformatted", async ({ directory }) => {
  mkdirSync(join(directory, "wal"));
  const { logId } = await find(directory);
  assert.equal(readdirSync(join(directory, "wal")), [toHex(logId)]);
});

test("found: a state/ that was made beforehand and is empty does not matter", async ({
  directory,
}) => {
  mkdirSync(join(directory, "state"));
  assert.is((await find(directory)).logId.length, 32);
});

test("found: keys that are there are taken up, the others are made", async ({ directory }) => {
  const left = KeyPair.generate();
  mkdirSync(join(directory, "keys"));
  await left.save(keyFile(directory, "gateway"), "gateway");
  const { keys } = await find(directory);
  assert.is(keys.gateway.publicKeyHex, left.publicKeyHex);
});

test("found: a log's key signs one log, one from before is kept beside", async ({ directory }) => {
  const signed = new Set<string>();
  for (let life = 0; life < 3; life++) {
    const { keys } = await find(directory);
    signed.add(keys.log.publicKeyHex);
    rmSync(join(directory, "wal"), { recursive: true });
  }
  assert.is(signed.size, 3);
  const kept = readdirSync(join(directory, "keys")).filter((name) => name.includes("former"));
  assert.equal(kept, ["log.key.former-1", "log.key.former-2"]);
});

test("found: a format that a crash cut short is cleared away", async ({ directory }) => {
  const left = join(directory, "wal", ".format-0011223344556677.tmp");
  mkdirSync(left, { recursive: true });
  writeFileSync(join(left, "first.tmp"), "x");
  const { logId } = await find(directory);
  assert.equal(readdirSync(join(directory, "wal")), [toHex(logId)]);
});

test("found: two directories are two clusters with keys of their own", async ({ directory }) => {
  const other = temporaryDirectory("data");
  const logs = [await open(directory), await open(other)];
  const [first, second] = logs;
  assert.not.equal(first?.genesis.clusterId, second?.genesis.clusterId);
  assert.not.equal(first?.genesis.logKey, second?.genesis.logKey);
  for (const log of logs) await log.close();
});

test("find: what was founded is found again, with the same keys", async ({ directory }) => {
  const founded = await find(directory);
  const found = await find(directory);
  assert.is(toHex(found.logId), toHex(founded.logId));
  assert.is(found.keys.gateway.publicKeyHex, founded.keys.gateway.publicKeyHex);
});

test("find: the keys of importer and administrator may be kept elsewhere", async ({
  directory,
}) => {
  const { logId } = await find(directory);
  for (const name of ["importer", "administrator"]) rmSync(keyFile(directory, name));
  assert.is(toHex((await find(directory)).logId), toHex(logId));
});

for (const name of ["log", "gateway"]) {
  test(`find: without ${name}.key it is KEY_INVALID, which names the file`, async ({
    directory,
  }) => {
    await find(directory);
    rmSync(keyFile(directory, name));
    const fault = (await rejects(find(directory), "KEY_INVALID")) as Fault;
    assert.match(fault.message, `${name}.key`);
  });
}

test("open: with the key of another log it is KEY_INVALID, and nothing is touched", async ({
  directory,
}) => {
  await find(directory);
  const other = temporaryDirectory("data");
  await find(other);
  rmSync(keyFile(directory, "log"));
  copyFileSync(keyFile(other, "log"), keyFile(directory, "log"));
  const fault = (await rejects(open(directory), "KEY_INVALID")) as Fault;
  assert.match(fault.message, "restore");
});

test("find: several logs are refused by their names", async ({ directory }) => {
  const { logId } = await find(directory);
  const copy = "ab".repeat(32);
  cpSync(join(directory, "wal", toHex(logId)), join(directory, "wal", copy), { recursive: true });
  const { detail } = await refused(directory);
  assert.match(String(detail["logs"]), copy.slice(0, 16));
  assert.match(String(detail["logs"]), toHex(logId).slice(0, 16));
});

test("find: a state/ without its log is refused, and no new log is made", async ({ directory }) => {
  await find(directory);
  mkdirSync(join(directory, "state"));
  writeFileSync(join(directory, "state", "data.mdb"), "x");
  rmSync(join(directory, "wal"), { recursive: true });
  const fault = await refused(directory);
  assert.match(fault.message, "restore wal/");
  assert.not(readdirSync(directory).includes("wal"));
});

test.run();
