/**
 * What must hold of a log that is opened after a power cut, whatever the cut left of it. Throws an
 * assertion of uvu that says what does not.
 */
import * as assert from "uvu/assert";
import { hybridTimeAt } from "../../src/model/hybrid-time.js";
import type { Block } from "../../src/wal/block.js";
import type { Log } from "../../src/wal/log.js";
import { leafOf, plainRoot, sampleBatch } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";
import { SimulatedClock, settled } from "../support/simulated-clock.js";
import type { SimulatedDisk } from "../support/simulated-disk.js";
import type { Attempt, ScriptedLog } from "./scripted-log.js";
import { formatSubject, isFormatted, openSubject, type SubjectOptions } from "./subject.js";

/** Faster than comparing byte by byte, which thousands of states would feel. */
const bytesEqual = (left: Uint8Array, right: Uint8Array): boolean =>
  Buffer.compare(left, right) === 0;

/** Every block of a log, from the first to the last. */
export async function blocksOf(log: Log): Promise<Block[]> {
  const blocks: Block[] = [];
  for (let index = 0; index < log.size; ) {
    const block = await log.read(index);
    assert.is(block.firstIndex, index, "blocks follow one another without a gap");
    blocks.push(block);
    index += block.count;
  }
  return blocks;
}

interface StoredBatch {
  readonly sequence: number;
  readonly firstIndex: number;
}

/** The batches that a log holds; each must be, byte for byte, one that was handed to it. */
function batchesIn(blocks: readonly Block[], attempts: readonly Attempt[]): StoredBatch[] {
  return blocks.flatMap((block) =>
    Array.from({ length: block.batchCount }, (_, b): StoredBatch => {
      const record = block.batch(b);
      const attempt = attempts.find(({ batch }) => batch.sequence === record.sequence);
      if (attempt === undefined) {
        throw new Error(`batch ${record.sequence} is in the log, and was never appended`);
      }
      assert.is(record.count, attempt.entries.length, "a batch is whole");
      assert.ok(bytesEqual(record.author, attempt.batch.author), "a batch keeps its author");
      assert.ok(bytesEqual(record.writer, attempt.batch.writer), "a batch keeps its writer");
      assert.ok(bytesEqual(record.signature, attempt.batch.signature), "and its signature");
      for (const [i, entry] of attempt.entries.entries()) {
        const place = record.firstEntry + i;
        assert.ok(bytesEqual(block.entry(place), entry), "an entry is what was appended");
        assert.is(block.shard(place), attempt.batch.shards[i], "an entry keeps its shard");
      }
      return { sequence: record.sequence, firstIndex: block.firstIndex + record.firstEntry };
    }),
  );
}

function checkTimes(blocks: readonly Block[], log: Log): void {
  let last = hybridTimeAt(0);
  for (const block of blocks) {
    assert.ok(block.hybridTime > last, "hybrid times ascend");
    last = block.hybridTime;
  }
  assert.is(log.lastTime, last, "the log knows its last time");
}

/** Reads the whole log and compares it with what was promised by event `eventCount`. */
export async function checkContents(
  log: Log,
  attempts: readonly Attempt[],
  eventCount: number,
): Promise<void> {
  const blocks = await blocksOf(log);
  checkTimes(blocks, log);
  const begun = attempts.filter(({ begunAt }) => begunAt < eventCount);
  const stored = batchesIn(blocks, begun);
  const sequences = stored.map(({ sequence }) => sequence);
  assert.equal(
    sequences,
    [...new Set(sequences)].sort((a, b) => a - b),
    "batches stand in the order in which they were appended, each once",
  );
  for (const { batch, acknowledgedAt, firstIndex } of attempts) {
    if (acknowledgedAt === undefined || acknowledgedAt > eventCount) continue;
    const found = stored.find(({ sequence }) => sequence === batch.sequence);
    assert.ok(found, `batch ${batch.sequence} was acknowledged, and is gone`);
    assert.is(found?.firstIndex, firstIndex, "a batch stands where its receipt says");
  }
  const leaves = blocks.flatMap((block) =>
    Array.from({ length: block.count }, (_, i) => leafOf(block.entry(i))),
  );
  assert.is(leaves.length, log.size, "the size counts the entries");
  assert.ok(bytesEqual(plainRoot(leaves), log.root()), "the root is that of the entries");
  const lastRoot = blocks.at(-1)?.statement.root ?? new Uint8Array(0);
  assert.ok(bytesEqual(lastRoot, log.root()), "the last block states the root");
}

/** Appends to a log that was opened after a cut, and finds all of it again after a close. */
async function checkGoesOn(
  log: Log,
  subject: SubjectOptions,
  attempts: readonly Attempt[],
  eventCount: number,
): Promise<void> {
  const options = { count: 2, entryBytesMax: 100, sequence: 1_000_000 };
  const sample = sampleBatch(new Seeded(eventCount), options);
  const sizeBefore = log.size;
  const appended = log.append(sample.batch);
  await settled();
  const { firstIndex } = await appended;
  assert.is(firstIndex, sizeBefore + 1, "the log goes on where it ended, behind a stamp");
  await log.close();

  const again = await openSubject(subject, log.size);
  assert.is(again.state, "open");
  assert.is(again.size, firstIndex + 2);
  const added: Attempt = { ...sample, begunAt: 0, acknowledgedAt: eventCount, firstIndex };
  const known = attempts.filter(({ begunAt }) => begunAt < eventCount);
  await checkContents(again, [...known, added], eventCount);
  await again.close();
}

/**
 * Checks the state that a cut behind event `eventCount` left. Returns whether there was a log.
 */
export async function checkState(
  scripted: ScriptedLog,
  disk: SimulatedDisk,
  eventCount: number,
): Promise<boolean> {
  const subject = { ...scripted.subject, disk, clock: new SimulatedClock() };
  const wasFormatted = scripted.formattedAt <= eventCount;
  if (!(await isFormatted(subject))) {
    assert.not(wasFormatted, "a log whose formatting had returned is gone");
    await formatSubject(subject);
    const log = await openSubject(subject, 0);
    await checkGoesOn(log, subject, [], eventCount);
    return false;
  }
  const log = await openSubject(subject, 0);
  assert.is(log.state, "open");
  await checkContents(log, scripted.attempts, eventCount);
  await checkGoesOn(log, subject, scripted.attempts, eventCount);
  return true;
}
