/**
 * Goal: a disk that fails or fills up, at whatever operation, costs no acknowledged entry and never
 * lets the log go on as if nothing had been. Method: one history is run again and again, each time
 * with another operation failing; then the process starts again on the same disk, goes on, and the
 * power fails too. (After a failed sync the kernel may have dropped the bytes and yet show them to
 * every reader: the simulated disk does so.)
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { DiskOperation } from "../../src/host/disk-fault.js";
import { Fault, type FaultCode } from "../../src/model/fault.js";
import { crashStates } from "../support/crash-states.js";
import { rejects, within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { settled } from "../support/simulated-clock.js";
import { SimulatedDisk } from "../support/simulated-disk.js";
import { checkContents, checkState } from "./legal-state.js";
import { ScriptedLog } from "./scripted-log.js";

const options = { seed: 21, segmentBytes: 16 * 1024, entryBytesMax: 2_000 };
const hangMs = 5_000;
const statesPerFaultMax = 6;
/** Nothing is recorded here, so everything happens at event 0. */
const now = 1;

/** A disk without room refuses some of these, and a broken one all. */
const changing: readonly DiskOperation[] = [
  "write",
  "sync",
  "truncate",
  "open",
  "rename",
  "remove",
  "syncDirectory",
  "makeReadOnly",
];
const asking: readonly DiskOperation[] = ["read", "size", "list", "facts", "freeBytes"];
/** Of operations that come more often, every so-manieth fails. */
const placesMax = 45;

/** What an append may be refused with when the disk fails. */
const refusals: ReadonlySet<FaultCode> = new Set<FaultCode>([
  "OUTCOME_UNKNOWN",
  "LOG_POISONED",
  "DISK_FULL",
  "DISK_FAILED",
]);

const test = suite("crash: disk faults");

const prepared = async (): Promise<ScriptedLog> => {
  const scripted = new ScriptedLog(options, new SimulatedDisk());
  await scripted.format();
  return scripted;
};

/** How an append ended: a fault's code, or nothing where it was acknowledged. */
async function outcome(append: Promise<void>): Promise<FaultCode | undefined> {
  try {
    await within(hangMs, append, "an append");
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    assert.ok(refusals.has(error.code), `${error.code}: ${error.message}`);
    return error.code;
  }
}

/** Appends together; returns how each ended. */
async function appendAll(scripted: ScriptedLog, counts: readonly number[]) {
  if (counts.length === 1) await scripted.clock.advance(1);
  const outcomes = counts.map((count) => outcome(scripted.begin(count)));
  await settled();
  return Promise.all(outcomes);
}

async function history(scripted: ScriptedLog): Promise<void> {
  await tolerant(() => scripted.open());
  if (!scripted.isOpen) return;
  const { log } = scripted;
  for (const counts of [[2], [1, 1, 1], [3, 2], [4], [3, 2], [2, 2], [4, 1], [1]]) {
    const wasPoisoned = log.state === "poisoned";
    const outcomes = await appendAll(scripted, counts);
    if (wasPoisoned) {
      assert.ok(
        outcomes.every((code) => code === "LOG_POISONED"),
        "a poisoned log appends nothing",
      );
    }
    if (outcomes.includes("OUTCOME_UNKNOWN")) {
      assert.is(log.state, "poisoned", "an unknown outcome ends the writing");
    }
    if (counts.length === 2) await scripted.idle();
  }
  // The operation that fails may be one of reading or of closing: that is no harm done.
  const isRead = await tolerant(() => checkContents(log, scripted.attempts, now));
  if (!isRead) await checkContents(log, scripted.attempts, now);
  await tolerant(() => within(hangMs, scripted.close(), "the close"));
}

/** Whether it could be done. */
async function tolerant(run: () => Promise<void>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    assert.ok(["DISK_FAILED", "DISK_FULL"].includes(error.code), error.message);
    return false;
  }
}

/** Starts again on the same machine, goes on; then its power fails. */
async function restart(scripted: ScriptedLog): Promise<number> {
  const next = scripted.after(scripted.disk, now);
  await next.open();
  assert.is(next.log.state, "open");
  await checkContents(next.log, next.attempts, now);
  await next.acknowledgeAll();
  await next.append(1);
  await next.append(2, 1);
  let count = 0;
  const random = new Seeded(count);
  const countMax = statesPerFaultMax;
  for (const state of crashStates(next.disk.snapshot(), { random, countMax })) {
    count += 1;
    await checkState(next, state.disk, now).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new Error(`started again, power cut (${state.label}): ${why}`, { cause: error });
    });
  }
  await next.close();
  return count;
}

for (const errno of ["EIO", "ENOSPC"] as const) {
  for (const operation of errno === "EIO" ? [...changing, ...asking] : changing) {
    test(`${errno} at each ${operation}: what was acknowledged stays, for good`, async () => {
      const clean = await prepared();
      const before = clean.disk.counts.get(operation) ?? 0;
      await history(clean);
      const count = (clean.disk.counts.get(operation) ?? 0) - before;
      let stateCount = 0;
      const stride = Math.ceil(count / placesMax);
      for (let nth = 1; nth <= count; nth += stride) {
        const scripted = await prepared();
        scripted.disk.inject({ operation, errno, nth, partialBytes: (nth * 97) % 700 });
        try {
          await history(scripted);
          stateCount += await restart(scripted);
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          throw new Error(`the ${operation} number ${nth}: ${why}`, { cause: error });
        }
      }
      console.log(`  ${errno} ${operation}: ${count} places, ${stateCount} states opened`);
    });
  }
}

test("a disk that fails for good: the log is poisoned, and can still be read", async () => {
  const scripted = await prepared();
  await scripted.open();
  await scripted.append(2);
  scripted.disk.inject({
    operation: "sync",
    errno: "EIO",
    nth: 1,
    count: Number.POSITIVE_INFINITY,
  });
  assert.equal(await appendAll(scripted, [1, 1]), ["OUTCOME_UNKNOWN", "OUTCOME_UNKNOWN"]);
  assert.is(scripted.log.state, "poisoned");
  await checkContents(scripted.log, scripted.attempts.slice(0, 1), now);
  await within(hangMs, scripted.close(), "the close");
});

test("a disk without room refuses appends, reads go on, and with room appends go on", async () => {
  const scripted = await prepared();
  await scripted.open();
  scripted.disk.roomBytes = 3 * options.segmentBytes;
  let refusal: FaultCode | undefined;
  for (let round = 0; round < 40 && refusal === undefined; round++) {
    [refusal] = await appendAll(scripted, [4]);
    await scripted.idle();
  }
  assert.is(refusal, "DISK_FULL");
  assert.is(scripted.log.state, "full");
  await rejects(scripted.begin(1), "DISK_FULL");
  await checkContents(scripted.log, scripted.attempts, now);

  scripted.disk.roomBytes = 100 * options.segmentBytes;
  await scripted.clock.advance(5_000);
  assert.is(scripted.log.state, "open");
  await scripted.append(4);
  await checkContents(scripted.log, scripted.attempts, now);
  await scripted.close();
  await restart(scripted);
});

test.run();
