/**
 * Goal: whatever byte of a log goes bad, opening says which row of the recovery table it is, and no
 * reader ever gets other bytes than were written, or fewer without being told. Method: a log of
 * three segments; every field of every header, payload, padding, marker, seal and the zeros ahead,
 * each with a flipped bit, a zeroed sector, a file that ends there; and files replaced by copies of
 * older ones. Each damaged log is opened as it is, and knowing the size that it must have.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import { bytesEqual } from "../../src/model/hex.js";
import { FRAME_HEADER_BYTES } from "../../src/wal/limits.js";
import type { Log } from "../../src/wal/log.js";
import { sampleBatch } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";
import { SimulatedClock, settled } from "../support/simulated-clock.js";
import { SECTOR_BYTES } from "../support/simulated-content.js";
import { SimulatedDisk } from "../support/simulated-disk.js";
import { blocksOf } from "./legal-state.js";
import { framesIn, type Region, regionsOf } from "./regions.js";
import { ScriptedLog } from "./scripted-log.js";
import { openSubject } from "./subject.js";

const test = suite("crash: damage");

type Role = "first" | "middle" | "newest";

interface Whole {
  readonly scripted: ScriptedLog;
  readonly disk: SimulatedDisk;
  readonly paths: Readonly<Record<Role, string>>;
  /** Every entry, in the order of the log. */
  readonly entries: readonly Uint8Array[];
}

/** Three segments; the newest holds blocks, a marker in between, and ends as `ending` says. */
async function wholeLog(ending: "crashed" | "closed"): Promise<Whole> {
  const options = { seed: 32, segmentBytes: 16 * 1024, entryBytesMax: 1_200 };
  const scripted = new ScriptedLog(options, new SimulatedDisk());
  await scripted.format();
  await scripted.open();
  const segments = () => scripted.disk.paths().filter((path) => path.endsWith(".seg"));
  while (segments().length < 3) await scripted.append(2, 1);
  // A little of each in the newest: blocks, a marker between them, and blocks again.
  await scripted.append(1);
  await scripted.idle();
  await scripted.append(1);
  await scripted.append(1);
  const entries = (await blocksOf(scripted.log)).flatMap((block) =>
    Array.from({ length: block.count }, (_, i) => Uint8Array.from(block.entry(i))),
  );
  if (ending === "closed") await scripted.close();
  const disk = scripted.disk.copy();
  const [first = "", middle = ""] = segments();
  const newest = segments().at(-1) ?? "";
  const ends = framesIn(disk.bytesOf(newest)).map(({ kind }) => kind);
  assert.ok(ends.length >= 4 && ends.includes("marker"), `the newest segment has ${ends}`);
  return { scripted, disk, paths: { first, middle, newest }, entries };
}

interface Found {
  /** Labels of the recovery table, in alphabetical order; of a refusal its own. */
  readonly labels: string;
  readonly outcome: "refused" | "damaged" | "open";
  /** How many entries can be told of. */
  readonly size: number;
  /** How many of them cannot be read. */
  readonly unreadable: number;
}

async function readAll(log: Log, entries: readonly Uint8Array[]): Promise<number> {
  let unreadable = 0;
  for (const [index, entry] of entries.entries()) {
    try {
      const block = await log.read(index);
      const found = block.entry(index - block.firstIndex);
      assert.ok(bytesEqual(found, entry), `entry ${index} is another than was written`);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      assert.ok(["LOG_CORRUPT", "POSITION_INVALID"].includes(error.code), error.message);
      const isTold = error.code === "LOG_CORRUPT" || index >= log.size;
      assert.ok(isTold, `entry ${index} of ${log.size} is missing without a word`);
      unreadable += 1;
    }
  }
  return unreadable;
}

const batch = () =>
  sampleBatch(new Seeded(1), { count: 1, entryBytesMax: 50, sequence: 1_000_000 }).batch;

/** Opens a damaged log, reads all that it gives, and checks what must hold whatever was damaged. */
async function examine(whole: Whole, disk: SimulatedDisk, knownSizeMin: number): Promise<Found> {
  const before = disk.copy();
  const subject = { ...whole.scripted.subject, disk, clock: new SimulatedClock() };
  let log: Log;
  try {
    log = await openSubject(subject, knownSizeMin);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    const codes = ["LOG_CORRUPT", "LOG_FORMAT_UNSUPPORTED"];
    assert.ok(codes.includes(error.code), `${error.code}: ${error.message}`);
    untouched(before, disk);
    const { label } = error.detail;
    const labels = error.code === "LOG_CORRUPT" ? String(label) : "N";
    return { labels, outcome: "refused", size: 0, unreadable: whole.entries.length };
  }
  const labels = [...new Set(log.notes.map(({ label }) => label))].sort().join("");
  const { size, state } = log;
  const unreadable = await readAll(log, whole.entries);
  const appended = log.append(batch()).then(
    () => undefined,
    (error: unknown) => error,
  );
  await settled();
  const refusal = await appended;
  await log.close();
  if (state === "open") {
    assert.is(refusal, undefined, "an open log takes appends");
    const again = await openSubject(subject, log.size);
    assert.is(again.state, "open");
    await again.close();
    return { labels, outcome: "open", size, unreadable };
  }
  assert.is(state, "damaged");
  assert.ok(refusal instanceof Fault && refusal.code === "LOG_DAMAGED", "a damaged log takes none");
  untouched(before, disk);
  return { labels, outcome: "damaged", size, unreadable };
}

/** A log that is damaged or refused is evidence: nothing in it is changed. */
function untouched(before: SimulatedDisk, after: SimulatedDisk): void {
  const segments = (disk: SimulatedDisk) => disk.paths().filter((path) => path.endsWith(".seg"));
  assert.equal(segments(after), segments(before));
  for (const path of segments(before)) {
    assert.ok(bytesEqual(before.bytesOf(path), after.bytesOf(path)), `${path} is untouched`);
  }
}

const damages = {
  "flipped bit": (bytes: Uint8Array, region: Region, random: Seeded) => {
    const at = region.offset + random.below(region.bytes);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    return bytes;
  },
  "zeroed sector": (bytes: Uint8Array, region: Region) => {
    const start = region.offset - (region.offset % SECTOR_BYTES);
    return bytes.fill(0, start, start + SECTOR_BYTES);
  },
  "cut file": (bytes: Uint8Array, region: Region) => bytes.slice(0, region.offset),
} as const;

type Damage = keyof typeof damages;

/**
 * What a flipped bit must lead to: `labels` that all are found, or `reading` where nothing but
 * reading finds it, or `nothing` where it means nothing.
 */
function expectedOfFlip(
  role: Role,
  region: Region,
  lastFrame: number,
  ending: "crashed" | "closed",
): string {
  if (region.part === "version") return "N";
  if (region.part === "header") return { first: "O", middle: "M", newest: "K" }[role];
  if (region.part === "padding") return "nothing";
  const number = region.frame?.number ?? 0;
  const kind = region.frame?.kind;
  if (role !== "newest") {
    if (kind === "seal") return "M";
    if (kind === "marker") return "nothing";
    return role === "first" && number === 0 ? "O" : "reading";
  }
  if (region.part === "zeros") return "B";
  if (number === lastFrame) return ending === "crashed" ? "B, or E if known" : "B";
  return kind === "marker" ? "C" : "D";
}

function checkFlip(
  expected: string,
  found: Found,
  facts: { readonly all: number; readonly region: Region; readonly isKnown: boolean },
): void {
  const { all, region, isKnown } = facts;
  const entryCount = region.frame?.entryCount ?? 0;
  const what = JSON.stringify(found);
  if (expected === "nothing") {
    assert.is(found.outcome, "open", what);
    assert.is(found.unreadable, 0, what);
  } else if (expected === "reading") {
    assert.is(found.outcome, "open", what);
    assert.is(found.size, all, what);
    assert.is(found.unreadable, entryCount, `what is damaged, and nothing else: ${what}`);
  } else if (expected === "B, or E if known") {
    assert.ok(found.labels.includes(isKnown ? "E" : "B"), what);
    assert.is(found.outcome, isKnown ? "damaged" : "open", what);
  } else {
    assert.ok(found.labels.includes(expected), `${expected} is among ${what}`);
    if (expected === "B" || expected === "C") assert.is(found.unreadable, 0, what);
    if (expected === "D") assert.is(found.unreadable, entryCount, what);
  }
}

/** What holds of every damage: entries are only missing where the log says so. */
function checkLoss(damage: Damage, found: Found, whole: Whole, isKnown: boolean): void {
  const all = whole.entries.length;
  if (found.outcome !== "open") return;
  if (isKnown) assert.is(found.size, all, "a log that is known to be longer is never shortened");
  if (damage === "cut file" || found.size === all) return;
  // Without knowing better, what looks like a torn tail is one: no more than the last write.
  assert.ok(found.labels.includes("B"), `shorter, and says so: ${JSON.stringify(found)}`);
}

for (const ending of ["crashed", "closed"] as const) {
  for (const damage of Object.keys(damages) as Damage[]) {
    test(`${damage} anywhere, ${ending}: reaches its row, loses nothing in silence`, async () => {
      const whole = await wholeLog(ending);
      let count = 0;
      const seen = new Map<string, number>();
      const failures: string[] = [];
      for (const role of ["first", "middle", "newest"] as const) {
        const path = whole.paths[role];
        const regions = regionsOf(whole.disk.bytesOf(path));
        const lastFrame = Math.max(...regions.map(({ frame }) => frame?.number ?? 0));
        for (const region of regions) {
          for (const isKnown of [false, true]) {
            const disk = whole.disk.copy();
            const random = new Seeded(region.offset);
            disk.edit(path, (bytes) => damages[damage](bytes, region, random));
            count += 1;
            try {
              const found = await examine(whole, disk, isKnown ? whole.entries.length : 0);
              seen.set(found.labels, (seen.get(found.labels) ?? 0) + 1);
              checkLoss(damage, found, whole, isKnown);
              if (damage !== "flipped bit") continue;
              const expected = expectedOfFlip(role, region, lastFrame, ending);
              checkFlip(expected, found, { all: whole.entries.length, region, isKnown });
            } catch (error) {
              const why = error instanceof Error ? error.message : String(error);
              failures.push(`${role} segment, ${region.name}, known ${isKnown}: ${why}`);
            }
          }
        }
      }
      const rows = [...seen].sort().map(([labels, times]) => `${labels}×${times}`);
      console.log(`  ${damage}, ${ending}: ${count} logs opened: ${rows.join(" ")}`);
      assert.is(failures.length, 0, `\n${failures.slice(0, 12).join("\n")}`);
    });
  }
}

const roles: readonly Role[] = ["first", "middle", "newest"];

for (const target of roles) {
  for (const source of roles) {
    if (target === source) continue;
    test(`the ${target} segment replaced by a copy of the ${source}: reaches its row`, async () => {
      const whole = await wholeLog("crashed");
      const copy = whole.disk.bytesOf(whole.paths[source]);
      for (const isKnown of [false, true]) {
        const disk = whole.disk.copy();
        disk.edit(whole.paths[target], () => copy.slice());
        const found = await examine(whole, disk, isKnown ? whole.entries.length : 0);
        const expected = { first: "O", middle: "M", newest: "K" }[target];
        assert.ok(found.labels.includes(expected), JSON.stringify(found));
      }
    });
  }
}

test("stale sectors of an older segment in the newest: found, never served", async () => {
  const whole = await wholeLog("crashed");
  const { paths, disk: original } = whole;
  const older = original.bytesOf(paths.middle);
  const end = original.bytesOf(paths.newest).length;
  for (let start = 0; start < Math.min(end, older.length); start += SECTOR_BYTES) {
    for (const isKnown of [false, true]) {
      const disk = original.copy();
      disk.edit(paths.newest, (bytes) => {
        bytes.set(older.subarray(start, start + SECTOR_BYTES), start);
        return bytes;
      });
      const found = await examine(whole, disk, isKnown ? whole.entries.length : 0);
      checkLoss("zeroed sector", found, whole, isKnown);
    }
  }
});

test("a damaged marker with one acknowledged block behind it: the block stays", async () => {
  const options = { seed: 33, segmentBytes: 64 * 1024, entryBytesMax: 300 };
  const scripted = new ScriptedLog(options, new SimulatedDisk());
  await scripted.format();
  await scripted.open();
  await scripted.append(2);
  await scripted.idle();
  await scripted.append(2);
  const { size } = scripted.log;
  const [path = ""] = scripted.disk.paths().filter((name) => name.endsWith(".seg"));
  const whole = scripted.disk.copy();
  const marker = framesIn(whole.bytesOf(path)).at(-2);
  assert.is(marker?.kind, "marker");
  const { start, frame } = marker ?? { start: 0, frame: { storedBytes: 0 } };
  for (let at = start; at < start + FRAME_HEADER_BYTES + frame.storedBytes; at++) {
    const disk = whole.copy();
    disk.edit(path, (bytes) => {
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      return bytes;
    });
    const log = await openSubject({ ...scripted.subject, disk }, 0);
    assert.is(log.size, size, `byte ${at - start} of the marker: ${JSON.stringify(log.notes)}`);
    assert.is(log.state, "open");
    await log.close();
  }
});

for (const target of roles) {
  test(`the ${target} segment's file is gone: the log says so`, async () => {
    const whole = await wholeLog("crashed");
    for (const isKnown of [false, true]) {
      const disk = whole.disk.copy();
      await disk.remove(whole.paths[target]);
      const found = await examine(whole, disk, isKnown ? whole.entries.length : 0);
      if (target === "first") assert.is(found.labels, "O");
      if (target === "middle") assert.ok(found.labels.includes("L"), found.labels);
      // Nothing tells of a newest segment that is gone, but what is known otherwise.
      if (target === "newest") assert.ok(found.labels.includes(isKnown ? "E" : "I"), found.labels);
    }
  });
}

test.run();
