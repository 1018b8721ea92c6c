/**
 * Goal: what was appended is there, in order, once it was acknowledged, and after every reopening;
 * nothing is handed out before its sync; a disk that fails or fills up ends writing as designed,
 * and reading never. Method: batches of chance on a simulated disk whose syncs can be held back and
 * whose operations can be made to fail; the root is compared with the tree hash as RFC 6962 writes
 * it, over everything that the log gives back.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Committed } from "../../src/wal/admitted-batch.js";
import type { Block } from "../../src/wal/block.js";
import { FRAME_KIND_BLOCK, FRAME_KIND_MARKER, FRAME_KIND_SEAL } from "../../src/wal/frame.js";
import type { Log } from "../../src/wal/log.js";
import { segmentName } from "../../src/wal/segments.js";
import { eventually, rejects } from "../support/expect.js";
import { leafOf, plainRoot } from "../support/sample-batches.js";
import { settled } from "../support/simulated-clock.js";
import { batchEntriesOf, blocksOf, entriesOf, framesOf, LogSubject } from "./log-subject.js";

const test = suite("wal: log");
const first = segmentName(0);
const async = { blockingBytesMax: 0 };

const appendedOf = (subject: LogSubject): Buffer[] =>
  subject.written.flatMap(({ entries }) => entries.map((one) => Buffer.from(one)));

/** The log holds what was appended and nothing else, under the root of RFC 6962. */
async function holdsAll(subject: LogSubject, log: Log): Promise<void> {
  const entries = await entriesOf(log);
  assert.is(entries.length, log.size);
  assert.equal(Buffer.from(plainRoot(entries.map(leafOf))), Buffer.from(log.root()));
  assert.equal(await batchEntriesOf(log), appendedOf(subject));
}

async function rotatedLog(segments = 4) {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen();
  while ((await subject.segments()).length < segments) await subject.appendEach(log, 8);
  return { subject, log };
}

test("append: entries are there after reopening, under the root of RFC 6962", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 3, 1, 5);
  await holdsAll(subject, log);
  await log.close();
  const again = await subject.open();
  assert.is(again.state, "open");
  assert.is(again.size, log.size);
  await holdsAll(subject, again);
  await again.close();
});

test("append: what arrives during a sync becomes one block, in the order sent", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen(async);
  await settled();
  subject.disk.syncs.hold();
  const begun: Promise<Committed>[] = [log.append(subject.next(2).batch)];
  await settled();
  for (let i = 0; i < 5; i++) begun.push(log.append(subject.next(3).batch));
  await settled();
  const syncsBefore = subject.disk.counts.get("sync") ?? 0;
  subject.disk.syncs.release();
  const committed = await Promise.all(begun);
  assert.is((subject.disk.counts.get("sync") ?? 0) - syncsBefore, 1);
  const blocks = (await blocksOf(log)).slice(1);
  assert.equal(
    blocks.map(({ batchCount }) => batchCount),
    [1, 5],
  );
  const indexes = committed.map(({ firstIndex }) => firstIndex);
  assert.equal(indexes, [5, 8, 11, 14, 17, 20]);
  await holdsAll(subject, log);
  await log.close();
});

test("append: alone and small, it waits for the disk in its own turn", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await settled();
  subject.disk.syncs.hold(); // what blocks the thread cannot be held back
  for (const count of [1, 2]) {
    await subject.clock.advance(1);
    await log.append(subject.next(count).batch, true);
  }
  const large = log.append(subject.next(300, 400).batch, true);
  await subject.disk.syncs.untilHeld();
  subject.disk.syncs.release();
  await large;
  subject.disk.syncs.hold();
  const inCompany = log.append(subject.next(1).batch, false);
  await subject.disk.syncs.untilHeld();
  subject.disk.syncs.release();
  await inCompany;
  await holdsAll(subject, log);
  await log.close();
});

test("append: nothing is handed out before its sync", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen(async);
  await settled();
  const { size } = log;
  const seen: Block[] = [];
  log.onCommitted((block) => seen.push(block));
  let isCommitted = false;
  subject.disk.syncs.hold();
  const begun = log.append(subject.next(2).batch).then(() => {
    isCommitted = true;
    assert.is(seen.length, 1, "listeners are told before the receipt is given");
  });
  await settled();
  assert.is(log.size, size);
  assert.is(seen.length, 0);
  assert.is(isCommitted, false);
  await rejects(log.read(size), "POSITION_INVALID");
  assert.is(await log.cursor(size).next(), undefined);
  subject.disk.syncs.release();
  await begun;
  assert.is(log.size, size + 3);
  assert.is((await log.read(size)).count, 3);
  await log.close();
});

test("append: a full block goes out, the rest waits for the next", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen(async);
  const big = Array.from({ length: 20 }, () => subject.next(8, 65_000).batch);
  await Promise.all(big.map((batch) => log.append(batch)));
  for (const block of await blocksOf(log)) assert.ok(block.payloadBytes <= 8 * 1024 * 1024);
  await holdsAll(subject, log);
  await log.close();
});

test("append: hybrid time ascends whatever the clock does", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  for (const jump of [0, -3_600_000, 5, -1, 86_400_000, -86_400_000]) {
    subject.clock.jump(jump);
    await subject.appendEach(log, 1);
  }
  const times = (await blocksOf(log)).map(({ hybridTime }) => hybridTime);
  for (let i = 1; i < times.length; i++) assert.ok((times[i] ?? 0n) > (times[i - 1] ?? 0n));
  const { lastTime } = log;
  await log.close();
  assert.is((await subject.open()).lastTime, lastTime);
});

for (const operation of ["write", "sync"] as const) {
  test(`poison: a failed ${operation} is unknown to its senders, and the last`, async () => {
    const subject = new LogSubject();
    const log = await subject.formatAndOpen(async);
    await subject.appendEach(log, 2);
    await settled();
    const { size } = log;
    const path = /seg|tmp/;
    const before = subject.disk.counts.get(operation) ?? 0;
    subject.disk.inject({ operation, errno: "EIO", nth: 1, path });
    const first = rejects(log.append(subject.next(1).batch), "OUTCOME_UNKNOWN");
    await first;
    await rejects(log.append(subject.next(1).batch), "LOG_POISONED");
    await subject.idle();
    assert.is(log.state, "poisoned");
    assert.is((subject.disk.counts.get(operation) ?? 0) - before, 1, "it is not tried again");
    assert.is(log.size, size);
    assert.is((await log.read(size - 1)).firstIndex, size - 3);
    await log.close();
    const again = await subject.open();
    assert.is(again.state, "open");
    assert.ok(again.size === size || again.size === size + 2, "the unknown batch is there or not");
    await again.close();
  });
}

test("poison: what was queued behind the failure is certainly not appended", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen(async);
  await settled();
  subject.disk.inject({ operation: "sync", errno: "EIO", nth: 1, path: /seg|tmp/ });
  const unknown = rejects(log.append(subject.next(1).batch), "OUTCOME_UNKNOWN");
  await Promise.resolve();
  const refused = rejects(log.append(subject.next(1).batch), "LOG_POISONED");
  await Promise.all([unknown, refused]);
  await log.close();
});

test("poison: a full disk in the zero-filled area is a failed write", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await settled();
  subject.disk.inject({ operation: "write", errno: "ENOSPC", nth: 1, path: /seg|tmp/ });
  await rejects(log.append(subject.next(1).batch), "OUTCOME_UNKNOWN");
  assert.is(log.state, "poisoned");
  await log.close();
});

test("full: no room for the next segment refuses appends, until there is room", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 2);
  await log.close();
  subject.disk.roomBytes = 100 * 1024; // 64 KiB are used
  const full = await subject.open();
  await eventually(() => full.state === "full", 1000);
  await rejects(full.append(subject.next(1).batch), "DISK_FULL");
  subject.written.pop();
  assert.is((await full.read(0)).firstIndex, 0);
  subject.disk.roomBytes = 1024 * 1024;
  await subject.clock.advance(2000);
  await eventually(() => full.state === "open", 1000);
  await subject.appendEach(full, 3);
  await holdsAll(subject, full);
  await full.close();
});

test("full: free room below the reserve refuses appends", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen({ reserveBytes: 50_000 });
  await settled();
  assert.is(log.state, "open");
  subject.disk.roomBytes = 128 * 1024 + 40_000;
  await subject.clock.advance(2000);
  await eventually(() => log.state === "full", 1000);
  await rejects(log.append(subject.next(1).batch), "DISK_FULL");
  await log.close();
});

test("segments: a full one is sealed and read-only, the next goes on from it", async () => {
  const { subject, log } = await rotatedLog();
  await holdsAll(subject, log);
  const names = await subject.segments();
  for (const name of names.slice(0, -1)) {
    const frames = framesOf(subject.bytesOf(name));
    assert.is(frames.at(-1)?.frame.kind, FRAME_KIND_SEAL);
    assert.is(frames.at(-1)?.end, subject.bytesOf(name).length);
    assert.ok((frames.at(-1)?.end ?? 0) <= 16 * 1024);
    const facts = await subject.disk.facts(`${subject.directory}/${name}`);
    assert.is(facts?.isReadOnly, true);
  }
  await log.close();
  const again = await subject.open();
  await holdsAll(subject, again);
  await subject.appendEach(again, 8, 8, 8);
  await holdsAll(subject, again);
  await again.close();
});

test("segments: a block larger than a segment has one to itself", async () => {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 2);
  await log.append(subject.next(4, 60_000).batch);
  await subject.appendEach(log, 2);
  await log.close();
  const again = await subject.open();
  await holdsAll(subject, again);
  await again.close();
});

test("marker: written once when idle, and at close, and needs no rehashing after it", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 2);
  const kinds = () => framesOf(subject.bytesOf(first)).map(({ frame }) => frame.kind);
  const formatted = [FRAME_KIND_BLOCK, FRAME_KIND_MARKER];
  assert.equal(kinds(), [...formatted, FRAME_KIND_BLOCK]);
  await subject.idle();
  await subject.idle();
  assert.equal(kinds(), [...formatted, FRAME_KIND_BLOCK, FRAME_KIND_MARKER]);
  await subject.appendEach(log, 2);
  await log.close();
  const closed = [...formatted, FRAME_KIND_BLOCK, FRAME_KIND_MARKER];
  assert.equal(kinds(), [...closed, FRAME_KIND_BLOCK, FRAME_KIND_MARKER]);
  await (await subject.open()).close();
  assert.equal(kinds(), [...closed, FRAME_KIND_BLOCK, FRAME_KIND_MARKER]);
});

test("marker: goes in front of a block once 8 MiB were written, in the same write", async () => {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 * 1024, zeroSliceBytes: 1 << 20 });
  const log = await subject.formatAndOpen();
  const big = subject.next(15, 65_000);
  for (let i = 0; i < 25; i++) await log.append(big.batch);
  const frames = framesOf(subject.bytesOf(first));
  const markers = frames.filter(({ frame }) => frame.kind === FRAME_KIND_MARKER);
  assert.is(markers.length, 2, "the format's, and one on the way");
  assert.is(frames.at(-1)?.frame.kind, FRAME_KIND_BLOCK);
  const again = await subject.afterCrash().open();
  assert.equal(Buffer.from(again.root()), Buffer.from(log.root()));
  await again.close();
  await log.close();
});

test("read: every index gives its block, from the cache and from the disk", async () => {
  const { subject, log } = await rotatedLog();
  const expected = await entriesOf(log);
  await log.close();
  for (const cacheBytesMax of [0, 4096, 1 << 20]) {
    const again = await subject.open({ cacheBytesMax });
    await subject.appendEach(again, 2, 3);
    const all = [...expected, ...(await entriesOf(again)).slice(expected.length)];
    for (let index = 0; index < again.size; index++) {
      const block = await again.read(index);
      const entry = block.entry(index - block.firstIndex);
      assert.ok(Buffer.from(entry).equals(all[index] as Buffer));
    }
    expected.push(...all.slice(expected.length));
    await rejects(again.read(again.size), "POSITION_INVALID");
    await rejects(again.read(-1), "POSITION_INVALID");
    await again.close();
  }
});

test("cache: keeps the newest blocks within its bound", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen({ cacheBytesMax: 4096 });
  await subject.appendEach(log, ...Array.from({ length: 40 }, () => 2));
  assert.ok(log.hasRecent(log.size - 1));
  assert.not.ok(log.hasRecent(5));
  assert.not.ok(log.hasRecent(log.size));
  await log.close();
});

test("cursor: from any index, the first block holds it and no block comes twice", async () => {
  const { log } = await rotatedLog(3);
  for (let from = 0; from < log.size; from += 7) {
    const blocks = await blocksOf(log, from);
    const [head] = blocks;
    assert.ok(head && head.firstIndex <= from && from < head.firstIndex + head.count);
    let next = head.firstIndex;
    for (const block of blocks) {
      assert.is(block.firstIndex, next);
      next += block.count;
    }
    assert.is(next, log.size);
  }
  await log.close();
});

test("cursor: follows the writer through segments, without the cache", async () => {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen({ cacheBytesMax: 0 });
  const cursor = log.cursor(0);
  let next = 0;
  for (let round = 0; round < 30; round++) {
    await subject.appendEach(log, 1 + (round % 5), 2);
    for (let block = await cursor.next(); block; block = await cursor.next()) {
      assert.is(block.firstIndex, next);
      next += block.count;
    }
    assert.is(next, log.size);
    if (round % 3 === 0) await subject.idle();
  }
  assert.ok((await subject.segments()).length > 2);
  await log.close();
});

test("read: goes on while a sync is under way", async () => {
  const { subject, log } = await rotatedLog(2);
  subject.disk.syncs.hold();
  const begun = log.append(subject.next(2).batch);
  await settled();
  assert.is((await log.read(0)).firstIndex, 0);
  assert.ok((await entriesOf(log)).length === log.size);
  subject.disk.syncs.release();
  await begun;
  await log.close();
});

test("time index: the first block at or after a moment", async () => {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen();
  const starts: { readonly ms: number; readonly index: number }[] = [];
  for (let i = 0; i < 40; i++) {
    subject.clock.jump(1000);
    starts.push({ ms: subject.clock.nowMs(), index: log.size });
    await subject.appendEach(log, 4);
  }
  for (const { ms, index } of starts) {
    assert.is(await log.timeIndex(ms), index);
    assert.is(await log.timeIndex(ms - 1), index);
    if (index > 5) assert.is(await log.timeIndex(ms - 1000), index - 5);
  }
  assert.is(await log.timeIndex(0), 0);
  assert.is(await log.timeIndex(subject.clock.nowMs() + 1), log.size);
  await log.close();
});

test("batches: each comes with its root, from an index on", async () => {
  const { subject, log } = await rotatedLog(3);
  const middle = Math.floor(log.size / 2);
  for (const from of [0, middle]) {
    const sequences: number[] = [];
    for await (const batch of log.batchesFrom(from)) {
      const sample = subject.written[batch.sequence - 1];
      assert.ok(batch.firstIndex >= from);
      assert.equal(Buffer.from(batch.root), Buffer.from(sample?.batch.root ?? []));
      sequences.push(batch.sequence);
    }
    const last = subject.written.length;
    assert.is(sequences.at(-1), last);
    assert.is(sequences.length, last - (sequences[0] ?? 0) + 1, "none is missing");
    if (from === 0) assert.is(sequences[0], 1);
  }
  await log.close();
});

test("close: what was appended before is written, what comes later is refused", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen(async);
  const begun = [log.append(subject.next(1).batch), log.append(subject.next(2).batch)];
  const closed = log.close();
  await rejects(log.append(subject.next(1).batch), "SHUTTING_DOWN");
  subject.written.pop();
  await Promise.all([...begun, closed, log.close()]);
  await rejects(log.read(0), "SHUTTING_DOWN");
  assert.equal(await subject.disk.list(subject.directory), [first]);
  const again = await subject.open();
  await holdsAll(subject, again);
  await again.close();
});

test.run();
