/**
 * Goal: a node in trouble does what it still can and says what it cannot: a damaged log is read, a
 * full disk passes. Method: bits flipped and files cut in a real log; a small file system of its
 * own that is filled and emptied.
 */
import { execFileSync } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, toIndex } from "../../src/client/index.js";
import { signedBatch } from "../support/batches.js";
import { eventually, rejects, within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { NumberedAuthor } from "./numbered-claims.js";
import { RawAppend, receiptOf, refusalOf } from "./raw-calls.js";
import { batchOf, started, stopped } from "./started-node.js";

const test = suite("integration: trouble");
const random = new Seeded(42);

/** Where an entry lies, found by its bytes: the segments are not compressed. */
function findEntry(dataDir: string, entry: Uint8Array): { path: string; at: number } {
  const wal = join(dataDir, "wal");
  for (const log of readdirSync(wal)) {
    for (const name of readdirSync(join(wal, log))) {
      const path = join(wal, log, name);
      const at = readFileSync(path).indexOf(entry);
      if (at >= 0) return { path, at };
    }
  }
  throw new Error("the entry is in no segment");
}

function damageEntry(dataDir: string, entry: Uint8Array): void {
  const { path, at } = findEntry(dataDir, entry);
  const bytes = readFileSync(path);
  bytes[at + 40] = (bytes[at + 40] ?? 0) ^ 1;
  chmodSync(path, 0o600);
  writeFileSync(path, bytes);
}

test("damage: what is whole is read, appends are LOG_DAMAGED, NOT_SERVING", async () => {
  const [server, first] = await started(["--wal-compression", "none"]);
  for (let round = 0; round < 4; round++) {
    const call = new RawAppend(server.address);
    receiptOf(await call.appendOne(batchOf(round + 1, 30)), "appended");
    await call.end();
  }
  const { logId, size } = await first.status();
  await stopped(server, first);
  const [entry = Buffer.alloc(0)] = batchOf(2, 30).entries;
  damageEntry(server.dataDir, entry);
  for (const losesState of [false, true]) {
    if (losesState) rmSync(join(server.dataDir, "state"), { recursive: true });
    await server.start();
    const client = connect({ address: server.address });
    const call = new RawAppend(server.address);
    const refusal = refusalOf(await call.appendOne(batchOf(100, 1)));
    assert.is(refusal.code, "LOG_DAMAGED");
    await call.end();
    const { appendsAccepted, healthDetail, size: now } = await client.status();
    assert.is(now, size);
    assert.is(appendsAccepted, false);
    assert.match(healthDetail, "damaged");
    const health = await Promise.all(
      ["", "steme.v1.LogService", "steme.v1.AdminService"].map((name) => client.health(name)),
    );
    assert.equal(health, ["notServing", "notServing", "serving"]);
    // Batches of 30 behind a stamp: 4 founding entries, then 31 each.
    const read = async (from: number) => {
      const indexes: number[] = [];
      for await (const { index } of client.read({ from, count: 31 })) indexes.push(index);
      return indexes;
    };
    assert.is((await read(4)).length, 31);
    await rejects(read(40), "LOG_CORRUPT");
    assert.equal((await read(4 + 62)).length, 31);
    const position = { logId, index: toIndex(size - 1) };
    assert.is((await client.get({ position })).entry.index, size - 1);
    await rejects(client.get({ position: { logId, index: toIndex(40) } }), "LOG_CORRUPT");
    await stopped(server, client);
  }
});

test("damage: entries known to the state are gone: the rest is read", async () => {
  const [server, first] = await started(["--wal-compression", "none"]);
  for (let round = 0; round < 4; round++) {
    const call = new RawAppend(server.address);
    receiptOf(await call.appendOne(batchOf(round + 1, 30)), "appended");
    await call.end();
  }
  await stopped(server, first);
  const [entry = Buffer.alloc(0)] = batchOf(3, 30).entries;
  const { path, at } = findEntry(server.dataDir, entry);
  truncateSync(path, at);
  await server.start();
  const client = connect({ address: server.address });
  const call = new RawAppend(server.address);
  assert.is(refusalOf(await call.appendOne(batchOf(100, 1))).code, "LOG_DAMAGED");
  await call.end();
  const { size } = await client.status();
  let count = 0;
  for await (const { index } of client.read({ count: 66 })) assert.is(index, count++);
  assert.is(count, 66);
  assert.ok(size >= 66);
  assert.is(await client.health(), "notServing");
  await stopped(server, client);
});

/** A small file system of its own, where this process may make one. */
function mountSmall(bytes: number): { path: string; release(): void } | string {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "only root can mount";
  const path = temporaryDirectory("full");
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "tmpfs", path], { stdio: "pipe" });
  } catch (error) {
    return `a tmpfs cannot be mounted: ${String(error).split("\n")[0]}`;
  }
  const release = () => execFileSync("umount", ["--lazy", path]);
  return { path, release };
}

const MiB = 1024 * 1024;
const small = mountSmall(96 * MiB);
if (typeof small === "string") {
  test.skip(`disk: a full one refuses appends (skipped: ${small})`, () => {});
} else {
  process.prependOnceListener("exit", () => small.release());
  test("disk: full, it refuses appends while reads go on, and recovers", async () => {
    const flags = ["--wal-segment-bytes-max", "16MiB", "--wal-compression", "none"];
    const [server, client] = await started(flags, join(small.path, "data"));
    const numbered = new NumberedAuthor("full", random.bytes(32));
    let index = 0;
    const appendOne = async (): Promise<string> => {
      const call = new RawAppend(server.address);
      const writer = Buffer.alloc(16, 9);
      const entries = numbered.many(300);
      const keys = { publicKey: numbered.keys.publicKey, secretKey: numbered.keys.secretKey };
      const sealer = { ...keys, seed: new Uint8Array(32) };
      const batch = signedBatch({ author: sealer, writer, sequence: ++index, entries });
      const outcome = await within(10_000, call.appendOne(batch));
      await call.end();
      if (outcome.outcome?.$case !== "refused") {
        receiptOf(outcome, "appended");
        return "appended";
      }
      return refusalOf(outcome).code;
    };
    assert.is(await appendOne(), "appended");
    const filler = join(small.path, "filler");
    try {
      writeFileSync(filler, Buffer.alloc(96 * MiB));
    } catch (error) {
      assert.is((error as NodeJS.ErrnoException).code, "ENOSPC");
    }
    let said = "appended";
    for (let i = 0; i < 400 && said === "appended"; i++) said = await appendOne();
    assert.is(said, "DISK_FULL");
    await eventually(async () => (await client.health()) === "notServing", 5_000, "health");
    const { size } = await client.status();
    let read = 0;
    for await (const frame of client.read({ count: 1_000_000 }).frames()) read += frame.count;
    assert.is(read, size);
    rmSync(filler);
    await eventually(async () => (await client.health()) === "serving", 10_000, "recovery");
    for (let i = 0; i < 30; i++) assert.is(await appendOne(), "appended");
    await stopped(server, client);
    const again = connect({ address: server.address });
    await server.start();
    assert.ok((await again.status()).size > size);
    await stopped(server, again);
  });
}

test.run();
