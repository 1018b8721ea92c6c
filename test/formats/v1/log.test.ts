/**
 * Goal: a data directory that version 1 of the log's format wrote opens for good, says what it said,
 * and is written on. Method: a kept directory (log/make.ts says what is in it), opened in a copy;
 * and the same history written today, byte for byte the same in its first segment, so that no change
 * of the format goes unnoticed.
 */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { keyPairFromSeed } from "../../../src/crypto/ed25519.js";
import { sha256 } from "../../../src/crypto/sha256.js";
import { openTreeHash } from "../../../src/crypto/tree-hash.js";
import { decodeEntry } from "../../../src/entry/codec.js";
import { systemClock } from "../../../src/host/clock.js";
import { nodeDisk } from "../../../src/host/node-disk.js";
import { systemRandom } from "../../../src/host/random.js";
import { fromHex, toHex } from "../../../src/model/hex.js";
import { silentProbe } from "../../../src/observability/probe.js";
import { Log, logOptionsPreset } from "../../../src/wal/log.js";
import { segmentName } from "../../../src/wal/segments.js";
import { SimulatedDisk } from "../../support/simulated-disk.js";
import { temporaryDirectory } from "../../support/temporary.js";
import { batchEntriesOf, blocksOf, entriesOf, framesOf } from "../../wal/log-subject.js";
import { logSeed, makeLog } from "./log/make.js";

const test = suite("formats: log, version 1");
const kept = "test/formats/v1/log/data";
const name = "27e7389c7fc2df5f55fd6e5ffb39c04c233e131c42ecfd4cfa307c5dc3b40485";

// What the directory said when it was made. Never changed.
const expected = {
  size: 160,
  root: "e8465757c20369acd78a69abeb6a4888061bec7658bbbd0d8571398debba7665",
  entries: "0efe9690f73ef7f74a9466f003d858e5e57af3d49131284e0a3a90c0a925d093",
  lastTime: 117662810963968000n,
  labels: "A",
};

function openCopy(): Promise<Log> {
  const directory = temporaryDirectory("formats");
  cpSync(kept, directory, { recursive: true });
  return Log.open({
    ...logOptionsPreset,
    disk: nodeDisk,
    clock: systemClock,
    random: systemRandom,
    probe: silentProbe,
    walDirectory: join(directory, "wal"),
    logId: fromHex(name, 32) ?? new Uint8Array(),
    key: keyPairFromSeed(logSeed),
    hash: openTreeHash(),
    segmentBytesMax: 16 * 1024,
    reserveBytes: 0,
  });
}

test("kept directory: opens, and says what it said", async () => {
  const log = await openCopy();
  assert.is(log.state, "open");
  assert.is(log.notes.map(({ label }) => label).join(""), expected.labels);
  assert.is(log.size, expected.size);
  assert.is(toHex(log.root()), expected.root);
  assert.is(log.lastTime, expected.lastTime);
  assert.is(toHex(sha256(...(await entriesOf(log)))), expected.entries);
  assert.equal(Buffer.from(log.genesis.clusterId), Buffer.alloc(16, 0x44));
  for (const entry of await batchEntriesOf(log)) {
    assert.is(decodeEntry(entry).body.kind, "assertion");
  }
  await log.close();
});

test("kept directory: every batch has its record and its root", async () => {
  const log = await openCopy();
  let sequence = 0;
  for await (const batch of log.batchesFrom(0)) {
    sequence += 1;
    assert.is(batch.sequence, sequence);
    assert.equal(Buffer.from(batch.writer), Buffer.alloc(16, 0x33));
  }
  assert.is(sequence, 13);
  await log.close();
});

test("kept directory: is written on", async () => {
  const log = await openCopy();
  const [block] = await blocksOf(log, log.size - 1);
  assert.ok(block !== undefined && block.batchCount === 1);
  const { author, writer, signature, count } = block.batch(0);
  const entries = Array.from({ length: count }, (_, i) => Buffer.from(block.entry(i + 1)));
  const leaves = entries.map((entry) => sha256(Uint8Array.of(0), entry));
  await log.append({
    author,
    writer,
    signature,
    sequence: 14,
    root: new Uint8Array(32),
    count,
    entries: Buffer.concat(entries),
    lengths: Uint16Array.from(entries, (entry) => entry.length),
    shards: new Uint16Array(count).fill(256),
    leaves: Buffer.concat(leaves),
  });
  assert.is(log.size, expected.size + count + 1);
  await log.close();
});

test("the same history, written today, begins with the same bytes", async () => {
  const disk = new SimulatedDisk();
  assert.is(toHex(await makeLog(disk, "/data/wal")), name);
  const segment = join(name, segmentName(0));
  const today = disk.bytesOf(`/data/wal/${segment}`);
  const then = readFileSync(join(kept, "wal", segment));
  // Header, blocks, markers. Where a segment is sealed is no part of the format.
  const sealAt = Math.min(...[then, today].map((bytes) => framesOf(bytes).at(-1)?.start ?? 0));
  assert.ok(framesOf(then).length > 4);
  assert.ok(then.subarray(0, sealAt).equals(today.subarray(0, sealAt)));
});

test.run();
