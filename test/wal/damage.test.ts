/**
 * Goal: no flipped bit and no cut file makes the log give other entries, or fewer, in silence.
 * Method: a log of several segments whose size its state knows; a bit flipped every few bytes of
 * every file, and every file cut at many lengths; each time the log is opened and read whole. It
 * may be refused, or damaged, or a read may be LOG_CORRUPT; what it gives must be what was written.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault, type FaultCode, isFault } from "../../src/model/fault.js";
import { SEGMENT_HEADER_BYTES } from "../../src/wal/limits.js";
import type { Log } from "../../src/wal/log.js";
import { entriesOf, framesOf, LogSubject } from "./log-subject.js";

const test = suite("wal: damage");
const flipEvery = 7;
const cutEvery = 41;

const refusals: ReadonlySet<FaultCode> = new Set<FaultCode>([
  "LOG_CORRUPT",
  "LOG_FORMAT_UNSUPPORTED",
]);

interface Written {
  readonly subject: LogSubject;
  readonly entries: readonly Buffer[];
  readonly names: readonly string[];
}

async function written(): Promise<Written> {
  const subject = new LogSubject({ segmentBytesMax: 16 * 1024 });
  const log = await subject.formatAndOpen();
  while ((await subject.segments()).length < 3) await subject.appendEach(log, 4, 1);
  await subject.idle();
  await subject.appendEach(log, 3, 2);
  await log.close();
  const again = await subject.open();
  const entries = await entriesOf(again);
  await again.close();
  return { subject, entries, names: await subject.segments() };
}

async function openOrRefused(subject: LogSubject, knownSizeMin: number): Promise<Log | undefined> {
  try {
    return await subject.open({ knownSizeMin });
  } catch (error) {
    if (!(error instanceof Fault) || !refusals.has(error.code)) throw error;
    return undefined;
  }
}

/** How the damage showed: the log was refused, is damaged, refused a read, or does not care. */
async function examine(
  subject: LogSubject,
  entries: readonly Buffer[],
): Promise<"refused" | "damaged" | "unreadable" | "whole"> {
  const log = await openOrRefused(subject, entries.length);
  if (log === undefined) return "refused";
  const isDamaged = log.state === "damaged";
  if (!isDamaged) assert.is(log.size, entries.length, "never a shorter log");
  let lost = 0;
  for (let index = 0; index < entries.length; ) {
    try {
      const block = await log.read(index);
      for (let i = index - block.firstIndex; i < block.count; i++) {
        assert.ok(entries[block.firstIndex + i]?.equals(block.entry(i)), "what was written");
      }
      index = block.firstIndex + block.count;
    } catch (error) {
      if (!isFault(error, "LOG_CORRUPT") && !isFault(error, "POSITION_INVALID")) throw error;
      lost += 1;
      index += 1;
    }
  }
  await log.close();
  if (isDamaged) return "damaged";
  return lost > 0 ? "unreadable" : "whole";
}

test("a flipped bit anywhere: noticed, or without a part in anything", async () => {
  const { subject, entries, names } = await written();
  const seen = new Map<string, number>();
  for (const name of names) {
    const bytes = subject.bytesOf(name);
    const frames = framesOf(bytes);
    const end = frames.at(-1)?.end ?? SEGMENT_HEADER_BYTES;
    for (let offset = 0; offset < end; offset += flipEvery) {
      const copy = subject.afterCrash();
      copy.flip(name, offset);
      const outcome = await examine(copy, entries);
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
      if (outcome !== "whole") continue;
      // Markers that a block follows, seals' padding and the end of a payload's are all it may be.
      const frame = frames.find(({ start, end: behind }) => start <= offset && offset < behind);
      const isPadding =
        frame !== undefined && offset >= frame.start + 208 + frame.frame.storedBytes;
      assert.ok(frame?.frame.kind === 2 || isPadding, `${name} at ${offset} was not noticed`);
    }
  }
  for (const outcome of ["refused", "damaged", "unreadable"]) assert.ok(seen.has(outcome), outcome);
});

test("a file cut anywhere: never a shorter log", async () => {
  const { subject, entries, names } = await written();
  for (const name of names) {
    const { length } = subject.bytesOf(name);
    for (let bytes = 0; bytes < length; bytes += cutEvery) {
      const copy = subject.afterCrash();
      copy.disk.edit(`${copy.directory}/${name}`, (old) => old.subarray(0, bytes));
      await examine(copy, entries);
    }
  }
});

test("a file that is gone: never a shorter log", async () => {
  const { subject, entries, names } = await written();
  for (const name of names) {
    const copy = subject.afterCrash();
    await copy.disk.remove(`${copy.directory}/${name}`);
    assert.is.not(await examine(copy, entries), "whole");
  }
});

test.run();
