/**
 * Goal: another process reads exactly what the log's own cursor gives, while the log is appended
 * to, through every change of segments, and never a byte that is not durable; what is damaged is
 * refused at its place and nowhere before. Method: a log of small segments on a simulated disk,
 * random appends, readers that begin anywhere and lag at random; and a count of what is read.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Disk } from "../../src/host/disk.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import type { Block } from "../../src/wal/block.js";
import type { Log } from "../../src/wal/log.js";
import { LogReader, type LogReaderCursor } from "../../src/wal/log-reader.js";
import { rejects } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { blocksOf, framesOf, LogSubject } from "./log-subject.js";

const test = suite("wal: log reader");

const readerOf = (subject: LogSubject, size: () => number, disk: Disk = subject.disk) =>
  new LogReader({ disk, logId: subject.id, directory: subject.directory, durableSize: size });

const shapeOf = (block: Block) => ({
  firstIndex: block.firstIndex,
  count: block.count,
  root: Buffer.from(block.statement.root).toString("hex"),
  time: block.hybridTime,
  bytes: Buffer.from(block.bytes).toString("base64"),
});

async function drain(cursor: LogReaderCursor): Promise<Block[]> {
  const blocks: Block[] = [];
  for (let block = await cursor.next(); block; block = await cursor.next()) blocks.push(block);
  return blocks;
}

/** A disk that counts what is read through it. */
function counted(disk: Disk): { readonly disk: Disk; bytes: number; opened: number; open: number } {
  const counts = { disk, bytes: 0, opened: 0, open: 0 };
  counts.disk = {
    ...disk,
    list: (path) => disk.list(path),
    open: async (path, mode) => {
      const file = await disk.open(path, mode);
      counts.opened += 1;
      counts.open += 1;
      return {
        path,
        write: (bytes, offset) => file.write(bytes, offset),
        writeNow: (bytes, offset) => file.writeNow(bytes, offset),
        sync: () => file.sync(),
        syncNow: () => file.syncNow(),
        size: () => file.size(),
        truncate: (bytes) => file.truncate(bytes),
        read: async (target, offset) => {
          const count = await file.read(target, offset);
          counts.bytes += count;
          return count;
        },
        close: () => {
          counts.open -= 1;
          return file.close();
        },
      };
    },
  };
  return counts;
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`cursor: equals the log's own while it is appended to (seed ${seed})`, async () => {
    const random = new Seeded(seed);
    const subject = new LogSubject({
      seed,
      segmentBytesMax: 32 * 1024,
      compression: seed % 2 === 0 ? "lz4" : "none",
    });
    const log = await subject.formatAndOpen();
    // Each reader is told late, begins anywhere, and keeps what it saw.
    const readers = Array.from({ length: 4 }, () => {
      const told = { size: 0 };
      const from = { index: 0 };
      return { told, from, cursor: undefined as LogReaderCursor | undefined, seen: [] as Block[] };
    });
    for (let round = 0; round < 150; round++) {
      const waits = Array.from({ length: 1 + random.below(3) }, () =>
        log.append(subject.next(1 + random.below(20)).batch, random.chance(50)),
      );
      if (random.chance(10)) await subject.idle();
      if (random.chance(50)) await Promise.all(waits);
      for (const reader of readers) {
        if (!random.chance(40)) continue;
        reader.told.size = log.size;
        if (reader.cursor === undefined) {
          reader.from.index = random.below(log.size);
          const source = readerOf(subject, () => reader.told.size);
          reader.cursor = source.cursor(reader.from.index);
        }
        reader.seen.push(...(await drain(reader.cursor)));
        assert.is(reader.cursor.nextIndex, reader.told.size);
      }
      await Promise.all(waits);
    }
    const all = (await blocksOf(log)).map(shapeOf);
    assert.ok((await subject.segments()).length > 4, "segments changed");
    for (const { from, told, cursor, seen } of readers) {
      told.size = log.size;
      if (cursor === undefined) continue;
      seen.push(...(await drain(cursor)));
      const expected = all.filter((block) => block.firstIndex + block.count > from.index);
      assert.equal(seen.map(shapeOf), expected);
      await cursor.close();
    }
    await log.close();
    const reopened = readerOf(subject, () => log.size).cursor(0);
    assert.equal((await drain(reopened)).map(shapeOf), all);
  });
}

test("cursor: stops at the size it was told, though more is in the file", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  const told = { size: log.size };
  await subject.appendEach(log, 3, 4, 5);
  const cursor = readerOf(subject, () => told.size).cursor(0);
  const before = await drain(cursor);
  assert.is(cursor.nextIndex, told.size);
  assert.is(await cursor.next(), undefined);
  told.size += 4;
  assert.is((await drain(cursor)).length, 1);
  assert.ok(before.length > 0);
  await log.close();
});

test("cursor: begins inside a block, with that block", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  const start = log.size;
  await subject.appendEach(log, 9);
  const block = await readerOf(subject, () => log.size)
    .cursor(start + 5)
    .next();
  assert.is(block?.firstIndex, start);
  await log.close();
});

test("cursor: what was read before it was written is read again", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  const cursor = readerOf(subject, () => log.size).cursor(0);
  for (let round = 0; round < 50; round++) {
    // The piece that held the last block holds zeros, or a part of this one, behind it.
    await subject.appendEach(log, 1 + (round % 7));
    const [block, ...more] = await drain(cursor);
    assert.ok(block !== undefined && more.length === (round === 0 ? 1 : 0));
  }
  await log.close();
});

test("cursor: a temporary file is no segment, and one file is open at a time", async () => {
  const subject = new LogSubject({ segmentBytesMax: 32 * 1024 });
  const log = await subject.formatAndOpen();
  for (let i = 0; i < 40; i++) await subject.appendEach(log, 20);
  assert.ok((await subject.disk.list(subject.directory)).includes("next.tmp"));
  const counts = counted(subject.disk);
  const cursor = readerOf(subject, () => log.size, counts.disk).cursor(0);
  await drain(cursor);
  assert.is(cursor.nextIndex, log.size);
  assert.is(counts.open, 1);
  assert.is(counts.opened, (await subject.segments()).length);
  await cursor.close();
  assert.is(counts.open, 0);
  await log.close();
});

test("cursor: following costs about what is appended", async () => {
  const subject = new LogSubject({ segmentBytesMax: 1024 * 1024 });
  const log = await subject.formatAndOpen();
  for (let i = 0; i < 100; i++) await subject.appendEach(log, 20);
  const counts = counted(subject.disk);
  const cursor = readerOf(subject, () => log.size, counts.disk).cursor(log.size);
  await subject.appendEach(log, 1);
  await drain(cursor); // finds its place once
  counts.bytes = 0;
  for (let i = 0; i < 200; i++) {
    await subject.appendEach(log, 1);
    await drain(cursor);
  }
  assert.is(counts.opened, 1);
  // At most the smallest piece per block, and mostly a part of one.
  assert.ok(counts.bytes < 200 * 20 * 1024, `read ${counts.bytes} bytes`);
  await log.close();
});

async function damagedSubject(): Promise<{ subject: LogSubject; log: Log; all: Block[] }> {
  const subject = new LogSubject({ segmentBytesMax: 32 * 1024 });
  const log = await subject.formatAndOpen();
  for (let i = 0; i < 40; i++) await subject.appendEach(log, 20);
  const all = await blocksOf(log);
  return { subject, log, all };
}

test("damage: a block whose bytes changed is LOG_CORRUPT until it is whole again", async () => {
  const { subject, log, all } = await damagedSubject();
  const [, second = ""] = await subject.segments();
  const frame = framesOf(subject.bytesOf(second)).filter(({ frame }) => frame.kind === 1)[3];
  if (frame === undefined) throw new Error("there is a fourth block");
  subject.flip(second, frame.start + 300);
  const cursor = readerOf(subject, () => log.size).cursor(0);
  const seen: Block[] = [];
  await rejects(
    (async () => {
      for (let b = await cursor.next(); b; b = await cursor.next()) seen.push(b);
    })(),
    "LOG_CORRUPT",
  );
  const { firstIndex } = frame.frame.statement;
  assert.is(cursor.nextIndex, firstIndex);
  assert.equal(seen.map(shapeOf), all.filter((b) => b.firstIndex < firstIndex).map(shapeOf));
  await rejects(cursor.next(), "LOG_CORRUPT");
  subject.flip(second, frame.start + 300);
  seen.push(...(await drain(cursor)));
  assert.equal(seen.map(shapeOf), all.map(shapeOf));
  await log.close();
});

test("damage: a header that does not fit any more is LOG_CORRUPT at its block", async () => {
  const { subject, log } = await damagedSubject();
  const [first = ""] = await subject.segments();
  const frame = framesOf(subject.bytesOf(first)).filter(({ frame }) => frame.kind === 1)[2];
  if (frame === undefined) throw new Error("there is a third block");
  subject.flip(first, frame.start + 20);
  const cursor = readerOf(subject, () => log.size).cursor(0);
  await rejects(drain(cursor), "LOG_CORRUPT");
  assert.is(cursor.nextIndex, frame.frame.statement.firstIndex);
  await log.close();
});

test("damage: markers and seals are walked around", async () => {
  const { subject, log, all } = await damagedSubject();
  for (const name of (await subject.segments()).slice(0, -1)) {
    for (const { frame, start } of framesOf(subject.bytesOf(name))) {
      if (frame.kind !== 1) subject.flip(name, start + 20);
    }
  }
  const cursor = readerOf(subject, () => log.size).cursor(0);
  assert.equal((await drain(cursor)).map(shapeOf), all.map(shapeOf));
  await log.close();
});

test("damage: a missing segment, a foreign header and a missing log are LOG_CORRUPT", async () => {
  const { subject, log } = await damagedSubject();
  const [, second = "", third = ""] = await subject.segments();
  subject.flip(third, 20);
  const cursor = readerOf(subject, () => log.size).cursor(0);
  await rejects(drain(cursor), "LOG_CORRUPT");
  assert.is(cursor.nextIndex, Number(third.slice(0, 20)));
  await subject.disk.remove(`${subject.directory}/${second}`);
  const again = readerOf(subject, () => log.size).cursor(0);
  await rejects(drain(again), "LOG_CORRUPT");
  assert.is(again.nextIndex, Number(second.slice(0, 20)));
  const directory = temporaryDirectory("no-log");
  const none = new LogReader({
    disk: nodeDisk,
    logId: subject.id,
    directory,
    durableSize: () => 9,
  });
  await rejects(none.cursor(0).next(), "LOG_CORRUPT");
  await log.close();
});

test.run();
