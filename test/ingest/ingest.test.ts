/**
 * Goal: an outcome is what really became of a batch: appended only when synced, refused only when
 * nothing was stored, unknown where the disk failed; a repeat gets the first receipt. Method: a log
 * that syncs or fails when the test says so, and a table of sequences in memory.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { BatchOutcome } from "../../src/ingest/outcome.js";
import { Fault } from "../../src/model/fault.js";
import { within } from "../support/expect.js";
import { settled } from "../support/simulated-clock.js";
import { one, Scene } from "./fake-parts.js";

interface Context {
  scene: Scene;
}

const tests = suite<Context>("ingest: ingest");

tests.before.each((context) => {
  context.scene = new Scene();
});

const test = (name: string, run: (context: Context) => Promise<void>) =>
  tests(name, (context) => within(10_000, run(context)));

/** The outcome of a request of one batch, on a call of its own. */
async function send(scene: Scene, sequence: number, content?: number): Promise<BatchOutcome> {
  const { outcomes } = await scene.ingest.openCall().append(one(sequence, content));
  const [only] = outcomes;
  if (only === undefined || outcomes.length > 1) throw new Error("one batch has one outcome");
  return only;
}

const refusalOf = (outcome: BatchOutcome) => {
  assert.ok(outcome.kind === "refused" || outcome.kind === "unknown", outcome.kind);
  return outcome.refusal;
};

const receiptOf = (outcome: BatchOutcome) => {
  assert.ok(outcome.kind === "appended" || outcome.kind === "exists", outcome.kind);
  const { firstIndex, count, hybridTime } = outcome.receipt;
  return { firstIndex, count, hybridTime };
};

test("append: no outcome before the sync, then the receipt", async ({ scene }) => {
  let outcome: BatchOutcome | undefined;
  void send(scene, 1).then((found) => {
    outcome = found;
  });
  await settled();
  assert.is(outcome, undefined);
  scene.log.sync();
  await settled();
  assert.equal(outcome, {
    kind: "appended",
    receipt: { firstIndex: 2, count: 3, hybridTime: 2n },
  });
  assert.is(scene.ingest.appendedCount, 3);
});

test("repeat: of what is durable, it exists with the first receipt", async ({ scene }) => {
  const first = send(scene, 1);
  scene.log.sync();
  const repeat = await within(1_000, send(scene, 1));
  assert.is(repeat.kind, "exists");
  assert.equal(receiptOf(repeat), receiptOf(await first));
  assert.equal(scene.log.order, [1]);
  assert.is(scene.ingest.appendedCount, 3);
});

test("repeat: of what is in flight, both wait for the one append", async ({ scene }) => {
  const first = send(scene, 1);
  const repeats = [send(scene, 1), send(scene, 1)];
  await settled();
  assert.equal(scene.log.order, [1]);
  scene.log.sync();
  assert.is((await first).kind, "appended");
  for (const repeat of await within(1_000, Promise.all(repeats))) {
    assert.is(repeat.kind, "exists");
    assert.equal(receiptOf(repeat), receiptOf(await first));
  }
});

test("repeat: of what is then refused, it is refused as well, and may be sent again", async ({
  scene,
}) => {
  const both = [send(scene, 1), send(scene, 1)];
  await settled();
  scene.log.fail(new Fault("DISK_FULL", "the disk has no room for the log"));
  const codes = (await Promise.all(both)).map((outcome) => [outcome.kind, refusalOf(outcome).code]);
  assert.equal(codes, [
    ["refused", "DISK_FULL"],
    ["refused", "DISK_FULL"],
  ]);
  const again = send(scene, 1);
  scene.log.sync();
  assert.is((await again).kind, "appended");
});

test("unknown: the disk failed with the batch, and a repeat in flight is unknown too", async ({
  scene,
}) => {
  const both = [send(scene, 1), send(scene, 1)];
  await settled();
  scene.log.fail(new Fault("OUTCOME_UNKNOWN", "the disk failed; send it again"));
  for (const outcome of await Promise.all(both)) {
    assert.is(outcome.kind, "unknown");
    assert.is(refusalOf(outcome).code, "OUTCOME_UNKNOWN");
  }
  assert.is(scene.ingest.refusedCount, 0, "it is not refused: it may be stored");
});

test("refused: another root under a used sequence, by field, limit and value", async ({
  scene,
}) => {
  const first = send(scene, 5, 1);
  scene.log.sync();
  await first;
  const refusal = refusalOf(await send(scene, 5, 2));
  assert.is(refusal.code, "SEQUENCE_REUSED");
  assert.equal([refusal.reason?.field, refusal.reason?.value], ["sequence", "5"]);
  assert.is(scene.ingest.refusedCount, 1);
});

test("refused: below the window, and too many unsettled", async ({ scene }) => {
  scene.table.forced.set(1, { kind: "tooOld", highest: 5_000 });
  scene.table.forced.set(2, { kind: "tooMany" });
  assert.is(refusalOf(await send(scene, 1)).code, "SEQUENCE_TOO_OLD");
  assert.is(refusalOf(await send(scene, 2)).code, "SEQUENCES_TOO_MANY");
  assert.equal(scene.log.order, []);
});

test("refused: where the table cannot keep up, with its fault", async ({ scene }) => {
  scene.table.fault = new Fault("DISK_FAILED", "the state cannot be written");
  assert.is(refusalOf(await send(scene, 1)).code, "DISK_FAILED");
});

test("refused: after the clock jumped, until it is back", async ({ scene }) => {
  scene.clock.jump(3_600_000);
  assert.is(refusalOf(await send(scene, 1)).code, "CLOCK");
  scene.clock.jump(-3_600_000);
  const outcome = send(scene, 1);
  scene.log.sync();
  assert.is((await outcome).kind, "appended");
});

test("drain: what was taken is settled, what comes is SHUTTING_DOWN", async ({ scene }) => {
  const taken = send(scene, 1);
  let isDrained = false;
  const drained = scene.ingest.drain().then(() => {
    isDrained = true;
  });
  const refusal = refusalOf(await send(scene, 2));
  assert.is(refusal.code, "SHUTTING_DOWN");
  await settled();
  assert.not(isDrained, "the first batch is not synced yet");
  scene.log.sync();
  assert.is((await taken).kind, "appended");
  await within(1_000, drained);
  assert.equal(scene.log.order, [1]);
});

test("drain: a client that goes on sending does not hold it up", async ({ scene }) => {
  scene.pool.mode = "thread";
  const taken = scene.ingest.openCall().append(one(1));
  const drained = scene.ingest.drain();
  const late = [2, 3].map((sequence) => scene.ingest.openCall().append(one(sequence)));
  scene.pool.finish();
  assert.is((await taken).outcomes[0]?.kind, "refused", "it had no place in the log yet");
  await within(1_000, drained);
  assert.is(scene.pool.workingCount, 2, "the late ones are still being judged");
  scene.pool.finish();
  scene.pool.finish();
  for (const { outcomes } of await Promise.all(late)) assert.is(outcomes[0]?.kind, "refused");
});

test("drain: with nothing taken it is done at once", ({ scene }) =>
  within(1_000, scene.ingest.drain()));

tests.run();
