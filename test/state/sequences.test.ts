/**
 * Goal: what the table promises one by one: each judgement, the bound of what is in flight, who is
 * answered «new» of two at once, back-pressure, the labels of the replay table, bounded memory.
 * Method: rows on this thread and a log in memory; each label of sequence-replay.ts has a test.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AssertionFailure } from "../../src/invariant/assert.js";
import type { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { Fault } from "../../src/model/fault.js";
import { type Fields, type Probe, silentProbe } from "../../src/observability/probe.js";
import {
  peekAppliedSize,
  SequenceTable,
  type SequenceTableOptions,
  sequenceTablePresets,
} from "../../src/state/sequences.js";
import { rejects, throwsFault, within } from "../support/expect.js";
import { SimulatedClock } from "../support/simulated-clock.js";
import { temporaryDirectory } from "../support/temporary.js";
import { filled, MemoryLog, type SentBatch } from "./memory-log.js";
import { openRows, RowStore } from "./row-store.js";

const DAY_MS = 24 * 3_600_000;

interface Scene {
  environment: LmdbEnvironment;
  clock: SimulatedClock;
  log: MemoryLog;
  store: RowStore;
}

const test = suite<Scene>("state: sequences");

test.before(async (scene) => {
  scene.environment = await openRows(temporaryDirectory("sequences"));
});

test.before.each((scene) => {
  scene.environment.write((tx) => {
    tx.clear("sequences");
    tx.clear("meta");
  });
  scene.clock = new SimulatedClock();
  scene.log = new MemoryLog();
  scene.store = new RowStore(scene.environment);
});

test.after(async (scene) => scene.environment.close());

const batchOf = (sequence: number, writer = 1, root = sequence): SentBatch => ({
  author: filled(32, 1),
  writer: filled(16, writer),
  sequence,
  root: filled(32, root),
});

const openTable = (scene: Scene, more: Partial<SequenceTableOptions> = {}) =>
  SequenceTable.open<string>({
    ...sequenceTablePresets,
    store: scene.store,
    clock: scene.clock,
    log: scene.log,
    probe: silentProbe,
    ...more,
  });

const judge = async (table: SequenceTable<string>, { author, writer, sequence, root }: SentBatch) =>
  table.judge(author, writer, sequence, root);

async function append(scene: Scene, table: SequenceTable<string>, batch: SentBatch): Promise<void> {
  const { author, writer, sequence, root } = batch;
  const judgement = await table.admit(author, writer, sequence, root, `attempt ${sequence}`);
  assert.is(judgement.kind, "new");
  table.settle(author, writer, sequence, scene.log.append(batch, scene.clock.nowMs()));
}

test("judge: new, in flight with its attempt, then exists with its receipt", async (scene) => {
  const table = await openTable(scene);
  const batch = batchOf(1);
  assert.is((await judge(table, batch)).kind, "new");
  table.begin(batch.author, batch.writer, 1, batch.root, "first");
  assert.equal(await judge(table, batch), { kind: "inFlight", attempt: "first" });
  assert.equal(await judge(table, batchOf(1, 1, 99)), { kind: "reused" });
  const receipt = scene.log.append(batch, scene.clock.nowMs());
  table.settle(batch.author, batch.writer, 1, receipt);
  assert.equal(await judge(table, batch), { kind: "exists", receipt });
  assert.equal(await judge(table, batchOf(1, 1, 99)), { kind: "reused" });
  assert.is(table.appliedSize, scene.log.size);
  await table.close();
});

test("judge: on a resident writer it answers at once, without a promise", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(1));
  const { author, writer, root } = batchOf(2);
  const judgement = table.judge(author, writer, 2, root);
  assert.not.instance(judgement, Promise);
  await table.close();
});

test("judge: 1,024 below the highest is kept, one lower is tooOld", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(1));
  await append(scene, table, batchOf(2));
  await append(scene, table, batchOf(1026));
  assert.equal(await judge(table, batchOf(1)), { kind: "tooOld", highest: 1026 });
  assert.is((await judge(table, batchOf(2))).kind, "exists");
  assert.is((await judge(table, batchOf(3))).kind, "new");
  await table.close();
});

test("judge: a refused batch uses no sequence", async (scene) => {
  const table = await openTable(scene);
  const batch = batchOf(5);
  assert.is((await judge(table, batch)).kind, "new");
  table.begin(batch.author, batch.writer, 5, batch.root, "refused");
  table.abandon(batch.author, batch.writer, 5);
  assert.is((await judge(table, batchOf(5, 1, 77))).kind, "new");
  await table.close();
});

test("judge: 1,024 in flight are enough, and one settled makes room", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(1));
  const { author, writer } = batchOf(1);
  for (let sequence = 2; sequence <= 1025; sequence++) {
    table.begin(author, writer, sequence, filled(32, sequence), "one of many");
  }
  assert.is((await judge(table, batchOf(1026))).kind, "tooMany");
  assert.is((await judge(table, batchOf(1, 2))).kind, "new");
  assert.is((await judge(table, batchOf(2))).kind, "inFlight");
  table.settle(author, writer, 2, scene.log.append(batchOf(2), scene.clock.nowMs()));
  assert.is((await judge(table, batchOf(1026))).kind, "new");
  await table.close();
});

test("admit: of two that wait for one writer, exactly one is answered new", async (scene) => {
  const table = await openTable(scene);
  const { author, writer, root } = batchOf(1);
  const both = await Promise.all([
    table.admit(author, writer, 1, root, "first"),
    table.admit(author, writer, 1, root, "second"),
    table.admit(author, writer, 1, filled(32, 9), "other"),
  ]);
  assert.equal(both, [{ kind: "new" }, { kind: "inFlight", attempt: "first" }, { kind: "reused" }]);
  assert.is(scene.store.headCount, 1);
  table.abandon(author, writer, 1);
  await table.close();
});

test("judge: seven days after the last append the writer is new", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(3));
  scene.clock.jump(5 * DAY_MS);
  await append(scene, table, batchOf(4));
  scene.clock.jump(7 * DAY_MS - 1);
  assert.is((await judge(table, batchOf(3))).kind, "exists");
  scene.clock.jump(1);
  assert.is((await judge(table, batchOf(3))).kind, "new");
  await append(scene, table, batchOf(1));
  assert.is((await judge(table, batchOf(4))).kind, "new");
  await table.close();
});

test("expiry: a clock that jumps ahead and back makes nothing forgotten", async (scene) => {
  const table = await openTable(scene, { expiryIntervalMs: 100 });
  await append(scene, table, batchOf(1));
  await table.flush();
  scene.clock.jump(30 * DAY_MS);
  await scene.clock.advance(1_000);
  scene.clock.jump(-30 * DAY_MS);
  await table.close();
  const again = await openTable(scene);
  assert.is((await judge(again, batchOf(1))).kind, "exists");
  await again.close();
});

test("expiry: writers go from the store in the background, also very many", async (scene) => {
  const table = await openTable(scene, { expiryIntervalMs: 100 });
  for (let writer = 1; writer <= 700; writer++) await append(scene, table, batchOf(1, writer));
  await table.flush();
  scene.clock.jump(8 * DAY_MS);
  await append(scene, table, batchOf(1, 9_999));
  await table.flush();
  await scene.clock.advance(1_000);
  assert.is(
    scene.environment.read((tx) => tx.count("sequences")),
    2,
  );
  await table.close();
});

test("flush: begins by itself after its interval, or when enough wait", async (scene) => {
  const table = await openTable(scene, { flushIntervalMs: 500, flushReceiptCount: 3 });
  const before = scene.store.flushCount;
  await append(scene, table, batchOf(1));
  await scene.clock.advance(499);
  assert.is(scene.store.flushCount, before);
  await scene.clock.advance(1);
  assert.is(scene.store.flushCount, before + 1);
  for (const sequence of [2, 3, 4]) await append(scene, table, batchOf(sequence));
  await scene.clock.advance(0);
  assert.is(scene.store.flushCount, before + 2);
  assert.is(table.facts().unflushedCount, 0);
  assert.is(await peekAppliedSize(scene.store), table.appliedSize);
  await table.close();
});

test("flush: one that is refused is sent again, nothing lost or reordered", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(1));
  scene.store.fault = new Fault("DISK_FULL", "no room");
  await rejects(table.flush(), "DISK_FULL");
  await append(scene, table, batchOf(2));
  await rejects(table.flush(), "DISK_FULL");
  scene.store.fault = undefined;
  await table.flush();
  assert.is(await peekAppliedSize(scene.store), scene.log.size);
  await table.close();
  const again = await openTable(scene);
  for (const sequence of [1, 2]) {
    assert.is((await judge(again, batchOf(sequence))).kind, "exists");
  }
  await again.close();
});

test("judge: waits while the store is far behind, fails when it cannot catch up", async (scene) => {
  const table = await openTable(scene, { unflushedReceiptCountMax: 3 });
  for (const sequence of [1, 2, 3]) await append(scene, table, batchOf(sequence));
  const { author, writer, root } = batchOf(4);
  const waiting = table.judge(author, writer, 4, root);
  assert.instance(waiting, Promise);
  assert.is((await within(2_000, Promise.resolve(waiting))).kind, "new");
  assert.is(table.facts().unflushedCount, 0);

  for (const sequence of [4, 5, 6]) await append(scene, table, batchOf(sequence));
  scene.store.fault = new Fault("DISK_FULL", "no room");
  await rejects(Promise.resolve(table.judge(author, writer, 7, root)), "DISK_FULL");
  throwsFault(() => table.judge(author, writer, 7, root), "DISK_FULL");
  scene.store.fault = undefined;
  await table.flush();
  assert.is((await judge(table, batchOf(7))).kind, "new");
  await table.close();
});

test("replay A: an empty store takes the last seven days of the log", async (scene) => {
  scene.log.append(batchOf(1), scene.clock.nowMs());
  scene.clock.jump(2 * DAY_MS);
  scene.log.append(batchOf(2), scene.clock.nowMs());
  scene.clock.jump(6 * DAY_MS);
  const table = await openTable(scene);
  assert.is(scene.log.replayedCount, 1);
  assert.is((await judge(table, batchOf(2))).kind, "exists");
  assert.is(await peekAppliedSize(scene.store, scene.log.logId), scene.log.size);
  await table.close();
});

test("replay A: a log without batches is not looked through a second time", async (scene) => {
  await (await openTable(scene)).close();
  assert.is(await peekAppliedSize(scene.store), scene.log.size);
});

test("replay B: the sequences of another log are cleared, with a warning", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(1));
  await table.close();
  scene.log = new MemoryLog(2);
  const warnings: Fields[] = [];
  const probe: Probe = { ...silentProbe, warn: (_, fields) => warnings.push(fields ?? {}) };
  assert.is(await peekAppliedSize(scene.store, scene.log.logId), 0);
  const other = await openTable(scene, { probe });
  assert.is(warnings.length, 1);
  assert.is((await judge(other, batchOf(1))).kind, "new");
  await other.close();
});

test("replay C: only what follows the applied size is read", async (scene) => {
  const table = await openTable(scene);
  for (const sequence of [1, 2, 3]) await append(scene, table, batchOf(sequence));
  await table.close();
  scene.log.append(batchOf(4), scene.clock.nowMs());
  const again = await openTable(scene);
  assert.is(scene.log.replayedCount, 1);
  for (const sequence of [1, 2, 3, 4]) {
    assert.is((await judge(again, batchOf(sequence))).kind, "exists");
  }
  await again.close();
});

test("replay C: batches that were applied before change nothing", async (scene) => {
  const table = await openTable(scene);
  for (const sequence of [1, 900, 2_000]) await append(scene, table, batchOf(sequence));
  await table.close();
  const rows = () => scene.environment.read((tx) => [...tx.rows("sequences")]);
  const before = rows();
  const { log } = scene;
  const fromStart = { logId: log.logId, size: log.size, indexAtTime: async () => 0 };
  const source = { ...fromStart, batchesFrom: () => log.batchesFrom(0) };
  await (await openTable(scene, { log: source })).close();
  assert.equal(rows(), before);
});

test("replay D: a store that has seen more than the log holds is LOG_DAMAGED", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(1));
  await table.close();
  const seen = await peekAppliedSize(scene.store, scene.log.logId);
  assert.is(seen, scene.log.size);
  scene.log.size -= 1;
  await rejects(openTable(scene), "LOG_DAMAGED");
});

test("memory: 10,000 writers, and no more resident than the bounds say", async (scene) => {
  const residents = { residentWriterCountMax: 500, residentSlotCountMax: 100_000 };
  const table = await openTable(scene, { ...residents, flushReceiptCount: 200 });
  for (let writer = 1; writer <= 10_000; writer++) {
    await append(scene, table, batchOf(1, writer));
    if (writer % 200 === 0) await table.flush();
    const { writerCount } = table.facts();
    assert.ok(writerCount <= 500 + 200, `${writerCount} writers are resident`);
  }
  await table.flush();
  assert.ok(table.facts().writerCount <= 500);
  for (const writer of [1, 5_000, 10_000]) {
    assert.is((await judge(table, batchOf(1, writer))).kind, "exists");
  }
  assert.is(
    scene.environment.read((tx) => tx.count("sequences")),
    20_000,
  );
  await table.close();
});

test("memory: windows are bounded by slots, too", async (scene) => {
  const table = await openTable(scene, { residentSlotCountMax: 5_000, flushReceiptCount: 100 });
  for (let writer = 1; writer <= 20; writer++) {
    for (const sequence of [1, 500, 1_000]) await append(scene, table, batchOf(sequence, writer));
    await table.flush();
    assert.ok(table.facts().slotCount <= 5_000 + 1_025);
  }
  assert.is((await judge(table, batchOf(500, 1))).kind, "exists");
  await table.close();
});

test("rows: writers with one hash do not see each other, and a warning says so", async (scene) => {
  const table = await openTable(scene);
  await append(scene, table, batchOf(1));
  await table.flush();
  // Another name stands in the row: as if the two had the same hash.
  scene.environment.write((tx) => {
    const [row] = tx.rows("sequences");
    assert.ok(row);
    tx.put("sequences", row.key, new Uint8Array(row.value).fill(7, 0, 48));
  });
  await table.close();
  const warnings: string[] = [];
  const probe: Probe = { ...silentProbe, warn: (message) => warnings.push(message) };
  const again = await openTable(scene, { probe });
  assert.is((await judge(again, batchOf(1))).kind, "new");
  await append(scene, again, batchOf(1));
  await again.flush();
  assert.equal(warnings, ["writers not stored for their hash"]);
  assert.is((await judge(again, batchOf(1))).kind, "exists");
  await again.close();
});

test("close: using the table after it, or settling what never began, is a bug", async (scene) => {
  const table = await openTable(scene);
  const { author, writer, root } = batchOf(1);
  const isBug = (error: unknown) => error instanceof AssertionFailure;
  await append(scene, table, batchOf(1));
  const receipt = { firstIndex: 1, count: 1, hybridTime: 1n, root };
  assert.throws(() => table.settle(author, writer, 9, receipt), isBug);
  assert.throws(() => table.abandon(author, writer, 9), isBug);
  assert.throws(() => table.judge(author, writer, 0, root), isBug);
  assert.throws(() => table.judge(author, writer, 2 ** 53, root), isBug);
  assert.throws(() => table.judge(author, writer, 2, new Uint8Array(31)), isBug);
  assert.throws(() => table.judge(writer, author, 2, root), isBug);
  await table.close();
  await table.close();
  assert.throws(() => table.judge(author, writer, 2, root), isBug);
});

test.run();
