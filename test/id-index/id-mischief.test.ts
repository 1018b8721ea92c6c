/**
 * Goal: a table that vanishes, is damaged or replaced at ANY moment is built anew, and no question
 * fails or is answered wrongly. Method: the engine on a simulated disk where somebody is at its
 * files at the n-th operation on them, before it and behind it, for every n; in the life that
 * builds the tables and in one that finds them; and then at moments of chance, again and again. The
 * moments are those of the disk, so each of them is hit, on any machine.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Disk, DiskFile } from "../../src/host/disk.js";
import { IdEngine } from "../../src/id-index/id-engine.js";
import { fromHex, toHex } from "../../src/model/hex.js";
import { idOf } from "../../src/wal/block-id.js";
import type { Log } from "../../src/wal/log.js";
import { within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import type { SimulatedDisk } from "../support/simulated-disk.js";
import { blocksOf, LogSubject } from "../wal/log-subject.js";

const test = suite("id-index: mischief");
const tablesDirectory = "/data/db/ids/log";
const random = new Seeded(42);

type Mischief = (disk: SimulatedDisk) => Promise<void> | void;

const filesOf = (disk: SimulatedDisk): string[] =>
  disk.paths().filter((path) => path.startsWith(tablesDirectory));

const eachFile = (change: (bytes: Uint8Array) => Uint8Array): Mischief => {
  return (disk) => {
    for (const path of filesOf(disk)) disk.edit(path, change);
  };
};

const mischiefs: Readonly<Record<string, Mischief>> = {
  "files deleted": async (disk) => {
    for (const path of filesOf(disk)) await disk.remove(path);
  },
  "the directory deleted": (disk) => disk.remove("/data/db"),
  "files emptied": eachFile(() => new Uint8Array(0)),
  "files cut": eachFile((bytes) => bytes.slice(0, random.below(bytes.length + 1))),
  "a bit of each file": eachFile((bytes) => {
    const bent = bytes.slice();
    const at = random.below(bytes.length);
    if (at < bent.length) bent[at] = (bent[at] as number) ^ (1 << random.below(8));
    return bent;
  }),
  "directories in the place of files": async (disk) => {
    for (const path of filesOf(disk)) {
      await disk.remove(path);
      await disk.makeDirectory(path);
    }
  },
  "tables in each other's place": (disk) => {
    const paths = filesOf(disk);
    const bytes = paths.map((path) => disk.bytesOf(path));
    paths.forEach((path, i) => {
      disk.edit(path, () => bytes[(i + 1) % paths.length] as Uint8Array);
    });
  },
};

/** Tells of each operation on the tables, before and behind it. */
class WatchedDisk {
  readonly disk: Disk;
  operations = 0;
  readonly #moment: (moment: number) => Promise<void>;

  constructor(disk: Disk, moment: (moment: number) => Promise<void>) {
    this.#moment = moment;
    this.disk = this.#watched(disk, undefined);
  }

  #watched<T extends object>(target: T, path: string | undefined): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== "function") return member;
        return async (...given: unknown[]) => {
          const at = path ?? String(given[0]);
          if (!at.startsWith(tablesDirectory)) return member.apply(target, given);
          await this.#moment(this.operations++);
          const result: unknown = await member.apply(target, given);
          await this.#moment(this.operations++);
          return name === "open" ? this.#watched(result as DiskFile, at) : result;
        };
      },
    });
  }
}

/** A log with repeats in two sealed segments, and what is to be answered about it. */
class Subject {
  readonly #log: Log;
  readonly #subject: LogSubject;
  readonly #starts: readonly number[];
  readonly #firsts = new Map<string, number>();
  readonly #repeats = new Map<number, number>();
  #withTables: SimulatedDisk | undefined;

  private constructor(subject: LogSubject, log: Log) {
    this.#subject = subject;
    this.#log = log;
    this.#starts = log.segments.map(({ firstIndex }) => firstIndex);
  }

  static async open(): Promise<Subject> {
    const made = new LogSubject({ segmentBytesMax: 16 * 1024 });
    const log = await made.formatAndOpen();
    const repeated = made.next(5).batch;
    while (log.segments.length < 3) {
      await made.appendEach(log, 20);
      await log.append({ ...repeated, writer: made.random.bytes(16) });
    }
    const subject = new Subject(made, log);
    for (const block of await blocksOf(log)) {
      for (let i = 0; i < block.count; i++) subject.#learn(block.firstIndex + i, idOf(block, i));
    }
    return subject;
  }

  /** Its disk, with the tables of an earlier life or without any. */
  async disk(hasTables: boolean): Promise<SimulatedDisk> {
    if (!hasTables) return this.#subject.disk.copy();
    if (this.#withTables === undefined) {
      this.#withTables = this.#subject.disk.copy();
      await this.askAll(this.#withTables, this.#withTables, 0);
    }
    return this.#withTables.copy();
  }

  /** A life of the engine, asked all kinds of things; the answers are those of a map. */
  async askAll(disk: Disk, plain: SimulatedDisk, summaryBytesMax: number): Promise<void> {
    const engine = new IdEngine({
      disk,
      clock: this.#subject.clock,
      tell: () => {},
      logId: this.#log.id,
      segmentsDirectory: this.#subject.directory,
      tablesDirectory,
      summaryBytesMax,
      restRatio: 0,
      prefixBits: 64,
    });
    engine.segments(this.#starts);
    const size = this.#starts.at(-1) as number;
    const ask = async () => {
      const ids = [...this.#firsts].filter(([, index]) => index < size);
      for (const [id, index] of ids.filter((_, i) => i % 61 === 0 || i === ids.length - 1)) {
        assert.equal(await engine.find(fromHex(id) as Uint8Array, size), { index });
      }
      assert.equal(await engine.find(new Uint8Array(32), size), { index: undefined });
      for (let i = 0; i < this.#starts.length - 1; i++) await this.#askRepeats(engine, i);
    };
    await within(10_000, ask());
    await engine.close();
    const left = filesOf(plain).filter((path) => !/[0-9]{20}\.ids(\.tmp)?$/.test(path));
    assert.equal(left, [], "nothing else is left");
  }

  close(): Promise<void> {
    return this.#log.close();
  }

  async #askRepeats(engine: IdEngine, place: number): Promise<void> {
    const [start, end] = this.#starts.slice(place, place + 2) as [number, number];
    const { indexes, firsts } = await engine.repeats(start);
    const expected = [...this.#repeats].filter(([index]) => index >= start && index < end);
    assert.equal(
      indexes.map((index, i) => [index, firsts[i]]),
      expected,
    );
  }

  #learn(index: number, id: Uint8Array): void {
    const first = this.#firsts.get(toHex(id));
    if (first === undefined) this.#firsts.set(toHex(id), index);
    else this.#repeats.set(index, first);
  }
}

for (const [name, mischief] of Object.entries(mischiefs)) {
  for (const hasTables of [false, true]) {
    const life = hasTables ? "tables of an earlier life" : "tables that are built";
    test(`${life}, ${name} at any one moment: nobody notices`, async () => {
      const subject = await Subject.open();
      let moments = 1;
      for (let chosen = 0; chosen < moments; chosen++) {
        const plain = await subject.disk(hasTables);
        const watched = new WatchedDisk(plain, async (moment) => {
          if (moment === chosen) await mischief(plain);
        });
        // Every other life keeps filters and open files.
        await subject.askAll(watched.disk, plain, chosen % 4 < 2 ? 0 : 1_000_000);
        if (chosen < 2) moments = watched.operations;
      }
      assert.ok(moments > 40, `${moments} moments`);
      await subject.close();
    });
  }
}

test("mischief of every kind, again and again: nobody notices", async () => {
  const subject = await Subject.open();
  const kinds = Object.values(mischiefs);
  for (let life = 0; life < 60; life++) {
    const plain = await subject.disk(life % 2 === 0);
    const watched = new WatchedDisk(plain, async () => {
      if (random.chance(1)) await random.pick(kinds)(plain);
    });
    await subject.askAll(watched.disk, plain, random.pick([0, 1_000_000]));
  }
  await subject.close();
});

test.run();
