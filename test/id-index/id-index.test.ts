/**
 * Goal: the index tells exactly where each id stands first, and of each repeat where it stood
 * before, whatever became of its files. Method: real logs with segments of 16 KiB, on a real disk
 * and a real thread, beside a plain map of all ids; tables that hold 4 bits of an id, so that
 * nearly all prefixes collide and only whole ids decide.
 */
import fs from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { IdIndex } from "../../src/id-index/id-index.js";
import { fromHex } from "../../src/model/hex.js";
import { segmentName } from "../../src/wal/segments.js";
import { eventually, rejects, within } from "../support/expect.js";
import { leafOf } from "../support/sample-batches.js";
import { IdSubject, plain } from "./id-subject.js";

const test = suite("id-index: id-index");

/** Everything that the index can be asked. */
async function checkAll(subject: IdSubject, index: IdIndex): Promise<void> {
  await within(15_000, checkRepeats(subject, index));
  for (const [id, first] of subject.model) {
    assert.is(await index.indexOf(fromHex(id) as Uint8Array), first);
  }
  assert.is(await index.indexOf(subject.random.bytes(32)), undefined);
}

async function checkRepeats(subject: IdSubject, index: IdIndex): Promise<void> {
  assert.equal(plain(await subject.repeatsBy(index)), plain(subject.repeats));
}

/** The same entries once, twice and three times: in a batch, in other blocks and segments. */
async function appendRepeats(subject: IdSubject): Promise<void> {
  const [twice, thrice, inBatch] = [subject.fresh(), subject.fresh(), subject.fresh()];
  await subject.append(twice, thrice, inBatch, inBatch, subject.fresh());
  await subject.append(thrice, subject.fresh());
  await subject.fillTo(2);
  await subject.append(subject.fresh(), twice);
  await subject.fillTo(5);
  await subject.append(thrice, thrice, inBatch);
}

const tablesOf = (subject: IdSubject): string[] => fs.readdirSync(subject.tablesDirectory).sort();

const built = (subject: IdSubject, count: number): Promise<void> =>
  eventually(
    () => fs.existsSync(subject.tablesDirectory) && tablesOf(subject).length === count,
    10_000,
    `${count} tables`,
  );

const isBuilt = ({ message }: { message: string }) => message === "id table built";

async function withIndex(
  subject: IdSubject,
  use: (index: IdIndex) => Promise<void>,
  more: Parameters<IdSubject["index"]>[0] = {},
): Promise<void> {
  const index = subject.index(more);
  try {
    await use(index);
  } finally {
    await index.close();
  }
}

for (const prefixBits of [64, 4]) {
  test(`a log with repeats, ${prefixBits} bits of an id in tables: exact`, async () => {
    const subject = await IdSubject.open(prefixBits);
    await appendRepeats(subject);
    assert.is(subject.repeats.size, 6);
    await withIndex(subject, (index) => checkAll(subject, index), { prefixBits });
    await subject.log.close();
  });
}

test("the newest segment: followed live over the ends of segments, with repeats", async () => {
  const subject = await IdSubject.open(3);
  await withIndex(subject, async (index) => {
    const known: Uint8Array[] = [];
    for (let round = 0; round < 60; round++) {
      const entries = Array.from({ length: 8 }, () => subject.fresh());
      known.push(...entries);
      const again = [subject.random.pick(known), subject.random.pick(known)];
      const from = subject.log.size;
      await subject.append(...entries, ...again);
      const seen = await within(5_000, subject.repeatsBy(index, from));
      const expected = plain(subject.repeats).filter(([place]) => place >= from);
      assert.equal(plain(seen), expected);
    }
    assert.ok(subject.sealedCount >= 3);
    await checkAll(subject, index);
  });
  assert.not.ok(subject.told.some(({ message }) => message.includes("dropped")));
  await subject.log.close();
});

test("a log opened again: tables are found good, and the newest segment is read", async () => {
  const subject = await IdSubject.open(4);
  await appendRepeats(subject);
  await withIndex(subject, (index) => checkAll(subject, index));
  const before = tablesOf(subject).map((name) =>
    fs.readFileSync(join(subject.tablesDirectory, name)),
  );
  await subject.reopenLog();
  subject.told.length = 0;
  await withIndex(subject, (index) => checkAll(subject, index));
  assert.is(subject.told.filter(isBuilt).length, 0, "nothing is built a second time");
  tablesOf(subject).forEach((name, i) => {
    assert.ok(fs.readFileSync(join(subject.tablesDirectory, name)).equals(before[i] as Buffer));
  });
  await subject.log.close();
});

test("nobody asks: tables are built all the same, one per sealed segment", async () => {
  const subject = await IdSubject.open(5);
  await withIndex(subject, async () => {
    await subject.fillTo(4);
    await built(subject, 4);
  });
  await subject.log.close();
});

test("a table deleted between two lives: it alone is built again, to the same bytes", async () => {
  const subject = await IdSubject.open(6);
  await appendRepeats(subject);
  await withIndex(subject, (index) => checkAll(subject, index));
  const path = join(subject.tablesDirectory, tablesOf(subject)[1] as string);
  const bytes = fs.readFileSync(path);
  fs.rmSync(path);
  subject.told.length = 0;
  await withIndex(subject, (index) => checkAll(subject, index));
  assert.is(subject.told.filter(isBuilt).length, 1);
  assert.ok(fs.readFileSync(path).equals(bytes));
  await subject.log.close();
});

for (const summaryBytesMax of [0, 1024 * 1024]) {
  const memory = summaryBytesMax === 0 ? "nothing kept in memory" : "filters kept in memory";
  test(`tables deleted while it runs, ${memory}: nobody notices`, async () => {
    const subject = await IdSubject.open(7);
    await appendRepeats(subject);
    const ask = async (index: IdIndex) => {
      await checkAll(subject, index);
      for (const name of tablesOf(subject)) fs.rmSync(join(subject.tablesDirectory, name));
      await subject.append(subject.fresh());
      await checkAll(subject, index);
    };
    await withIndex(subject, ask, { summaryBytesMax });
    await withIndex(subject, (index) => checkAll(subject, index), { summaryBytesMax });
    await subject.log.close();
  });
}

test("tables damaged anywhere: never a wrong answer, before and after opening", async () => {
  const subject = await IdSubject.open(8);
  await appendRepeats(subject);
  await withIndex(subject, (index) => checkAll(subject, index));
  const [name] = tablesOf(subject).slice(2);
  const path = join(subject.tablesDirectory, name as string);
  const good = fs.readFileSync(path);
  const places = [0, 9, 14, 20, 50, 58, 62, 66, 70, 90, 113, 117, 121, 125, 131, 133];
  for (let at = 136; at < good.length; at += 397) places.push(at);
  for (const at of places) {
    const bad = Buffer.from(good);
    bad[at] = (bad[at] as number) ^ 0x40;
    fs.writeFileSync(path, bad);
    await withIndex(subject, async (index) => {
      await checkRepeats(subject, index);
      for (const [id, first] of [...subject.model].slice(at % 7).filter((_, i) => i % 7 === 0)) {
        assert.is(await index.indexOf(fromHex(id) as Uint8Array), first, `byte ${at}`);
      }
    });
    fs.writeFileSync(path, good);
  }
  await subject.log.close();
});

test("a table cut short, grown, foreign or a directory: built anew", async () => {
  const subject = await IdSubject.open(9);
  await appendRepeats(subject);
  await withIndex(subject, (index) => checkAll(subject, index));
  const names = tablesOf(subject).map((name) => join(subject.tablesDirectory, name));
  const [first, second, third, fourth] = names as [string, string, string, string];
  const good = names.map((name) => fs.readFileSync(name));
  fs.truncateSync(first, 500);
  fs.appendFileSync(second, "more");
  fs.copyFileSync(fourth, third);
  fs.rmSync(fourth);
  fs.mkdirSync(fourth);
  fs.writeFileSync(join(subject.tablesDirectory, "00000000000000000000.ids.tmp"), "half");
  fs.writeFileSync(join(subject.tablesDirectory, "00000000000000999999.ids"), "behind the log");
  await withIndex(subject, (index) => checkAll(subject, index));
  assert.equal(
    names.map((name) => fs.readFileSync(name).equals(good[names.indexOf(name)] as Buffer)),
    names.map(() => true),
  );
  assert.is(tablesOf(subject).length, subject.sealedCount);
  await subject.log.close();
});

test("a table of another history of the log: built anew, with those that rest on it", async () => {
  const subject = await IdSubject.open(10);
  await appendRepeats(subject);
  await withIndex(subject, (index) => checkAll(subject, index));
  const [first] = tablesOf(subject);
  // As if the second table was built when the first one held other ids.
  const path = join(subject.tablesDirectory, first as string);
  await withIndex(subject, (index) => checkAll(subject, index), { prefixBits: 12 });
  const other = fs.readFileSync(path);
  await withIndex(subject, (index) => checkAll(subject, index));
  assert.not.ok(fs.readFileSync(path).equals(other));
  subject.told.length = 0;
  fs.writeFileSync(path, other);
  await withIndex(subject, (index) => checkAll(subject, index), { prefixBits: 12 });
  assert.is(subject.told.filter(isBuilt).length, subject.sealedCount - 1);
  await subject.log.close();
});

test("stopped at any moment of building: the next life has it all", async () => {
  const subject = await IdSubject.open(11);
  await appendRepeats(subject);
  await subject.fillTo(12);
  for (let life = 0; life < 8; life++) {
    const index = subject.index();
    const asked = index.indexOf(subject.random.bytes(32)).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 20 + life * 7));
    await index.close();
    await within(1_000, asked);
  }
  await withIndex(subject, (index) => checkAll(subject, index));
  await subject.log.close();
});

test("a damaged block: the other ids are found, the next life tries again", async () => {
  const subject = await IdSubject.open(12);
  await appendRepeats(subject);
  const { segments } = subject.log;
  const path = join(subject.segmentsDirectory, segmentName(segments[1]?.firstIndex ?? 0));
  const good = fs.readFileSync(path);
  const bad = Buffer.from(good);
  bad.fill(0xee, 6_000, 6_040);
  await subject.log.close();
  fs.chmodSync(path, 0o600);
  fs.writeFileSync(path, bad);
  await subject.reopenLog();
  let missing = 0;
  await withIndex(subject, async (index) => {
    for (const [id, first] of subject.model) {
      const found = await index.indexOf(fromHex(id) as Uint8Array);
      if (found === undefined) missing += 1;
      else if (found !== first) assert.is(subject.repeats.get(found), first);
    }
  });
  assert.ok(missing > 0 && missing < 60, `${missing} ids are lost with a block`);
  fs.writeFileSync(path, good);
  await subject.reopenLog();
  await withIndex(subject, (index) => checkAll(subject, index));
  await subject.log.close();
});

test("one entry appended thousands of times: told as fast as any", async () => {
  const subject = await IdSubject.open(13);
  const entry = subject.fresh(40);
  await withIndex(subject, async (index) => {
    for (let round = 0; round < 20; round++) {
      await subject.append(...Array.from({ length: 500 }, () => entry));
    }
    assert.is(await index.indexOf(leafOf(entry)), subject.model.get(hexOf(entry)));
    await within(10_000, checkRepeats(subject, index));
    assert.ok(subject.repeats.size === 9_999);
  });
  await subject.log.close();
});

const hexOf = (entry: Uint8Array): string => Buffer.from(leafOf(entry)).toString("hex");

test("tables that cannot be written: a fault tells why, and it goes on when they can", async () => {
  const subject = await IdSubject.open(14);
  await appendRepeats(subject);
  const parent = join(subject.tablesDirectory, "..");
  fs.mkdirSync(parent, { recursive: true });
  fs.writeFileSync(subject.tablesDirectory, "a file in the way");
  await withIndex(subject, async (index) => {
    await rejects(within(5_000, index.indexOf(subject.random.bytes(32))), "DISK_FAILED");
    fs.rmSync(subject.tablesDirectory);
    await eventually(
      () =>
        index.indexOf(subject.random.bytes(32)).then(
          (found) => found === undefined,
          () => false,
        ),
      10_000,
    );
    await checkAll(subject, index);
  });
  await subject.log.close();
});

test("close: what waits is refused, and what is asked later too", async () => {
  const subject = await IdSubject.open(15);
  await subject.fillTo(6);
  const index = subject.index({ restRatio: 1_000 });
  const asked = index.indexOf(subject.random.bytes(32));
  const refused = rejects(asked, "SHUTTING_DOWN");
  await index.close();
  await refused;
  await rejects(index.indexOf(subject.random.bytes(32)), "SHUTTING_DOWN");
  await subject.log.close();
});

test.run();
