/**
 * Goal: a writer is told of the log's growth soon and rarely, with one message under way at most;
 * one that dies is started again, later each time; what it says reaches the node's log. Method: a
 * child that never ran, a simulated clock, a log that is only a size.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { WriterData, WriterMessage, WriterReport } from "../../src/projection/messages.js";
import { WriterProcess } from "../../src/projection/writer-process.js";
import { SimulatedClock, settled } from "../support/simulated-clock.js";
import { FakeChildren } from "./fake-children.js";
import { recordingProbe } from "./fake-views.js";

const test = suite("projection: writer process");

const report = (seen: number): WriterReport => ({
  seen,
  applied: seen,
  recorded: 0n,
  projections: [],
  bytes: 0,
});

class GrowingSize {
  size = 100;
  listeners = new Set<() => void>();

  onCommitted(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  grow(): void {
    this.size += 10;
    for (const listener of this.listeners) listener();
  }
}

function setup() {
  const log = new GrowingSize();
  const children = new FakeChildren();
  const clock = new SimulatedClock();
  const { probe, lines } = recordingProbe();
  const events: string[] = [];
  const process = new WriterProcess({
    data: {
      directory: "/none",
      mapBytes: 1,
      logId: new Uint8Array(32),
      logKey: new Uint8Array(32),
      segmentsDirectory: "/none",
      retries: { msMin: 1, msMax: 1 },
    },
    generation: 7,
    use: { transactions: { shortMs: 1_000, longMs: 3_000 }, niceness: 5 },
    log,
    children,
    clock,
    probe,
    restarts: { msMin: 100, msMax: 1_000 },
    onReady: () => events.push("ready"),
    onReport: ({ seen }) => events.push(`report ${seen}`),
    onDamaged: (reason) => events.push(`damaged: ${reason}`),
  });
  const say = (message: WriterMessage) => children.newest.say(message);
  const sizes = () => children.newest.posted.map((message) => (message as { size: number }).size);
  return { log, children, clock, lines, events, process, say, sizes };
}

test("start: the child has the log's size, and is told nothing before it is ready", async () => {
  const { log, children, say, sizes, events } = setup();
  assert.is((children.newest.data as { size: number }).size, 100);
  log.grow();
  await settled();
  assert.equal(sizes(), []);
  say({ kind: "ready", report: report(100) });
  await settled();
  assert.equal(sizes(), [110]);
  assert.equal(events, ["report 100", "ready"]);
});

test("growth: told at once when idle, then once per report and not too often", async () => {
  const { log, clock, say, sizes } = setup();
  say({ kind: "ready", report: report(100) });
  log.grow();
  assert.equal(sizes(), [], "not within the turn that committed");
  await settled();
  assert.equal(sizes(), [110]);
  for (let i = 0; i < 50; i++) log.grow();
  await clock.advance(100);
  assert.equal(sizes(), [110], "one is under way");
  say({ kind: "report", report: report(105) });
  await clock.advance(100);
  assert.equal(sizes(), [110], "an older report tells nothing of it");
  say({ kind: "report", report: report(110) });
  await settled();
  assert.equal(sizes(), [110, 610]);
  say({ kind: "report", report: report(610) });
  log.grow();
  await settled();
  assert.equal(sizes(), [110, 610], "too soon");
  log.grow();
  await clock.advance(5);
  assert.equal(sizes(), [110, 610, 630]);
});

test("death: it is started again after growing pauses, with the size of then", async () => {
  const { log, children, clock, process, lines, events, say } = setup();
  say({ kind: "ready", report: report(100) });
  for (const [attempt, waitMs] of [100, 200, 400, 800, 1_000, 1_000].entries()) {
    log.grow();
    children.newest.end("ended with code 1: Error: bad");
    assert.is(process.processId, undefined);
    assert.match(process.down?.because ?? "", /Error: bad/);
    await clock.advance(waitMs - 1);
    assert.is(children.started.length, attempt + 1);
    await clock.advance(1);
    assert.is(children.started.length, attempt + 2);
    assert.is((children.newest.data as { size: number }).size, log.size);
    assert.is(process.restarts, attempt + 1);
    assert.is(process.down, undefined);
  }
  assert.ok(
    lines.some((line) => /^view writer ended .*Error: bad.*"restart_in_ms":800/.test(line)),
  );
  await clock.advance(20_000);
  children.newest.end();
  await clock.advance(100);
  assert.is(children.started.length, 8, "one that ran for long is started soon");
  children.started[0]?.say({ kind: "report", report: report(999) });
  assert.not.ok(
    events.includes("report 999"),
    "what a dead one said before is not its successor's",
  );
});

test("use: for another one it is ended in order and started again, which is no death", async () => {
  const { log, children, clock, process, say, sizes } = setup();
  say({ kind: "ready", report: report(100) });
  const transactions = { shortMs: 200, longMs: 1_000 };
  process.changeUse({ transactions, niceness: 0 }, 1_000);
  log.grow();
  await settled();
  assert.ok(children.started[0]?.isStopped);
  assert.is(children.started.length, 2);
  assert.equal((children.newest.data as WriterData).transactions, transactions);
  assert.equal(
    children.started.map(({ options }) => options.niceness),
    [5, 0],
  );
  assert.is(process.restarts, 0);
  say({ kind: "ready", report: report(110) });
  log.grow();
  await clock.advance(5);
  assert.equal(sizes(), [120]);
  await process.stop(1_000);
  assert.is(children.started.length, 2);
});

test("stop: the child is stopped, and nothing is told or started any more", async () => {
  const { log, children, clock, process, say, sizes, events } = setup();
  say({ kind: "ready", report: report(100) });
  await process.stop(1_000);
  assert.ok(children.newest.isStopped && process.isStopped);
  log.grow();
  say({ kind: "report", report: report(110) });
  await clock.advance(60_000);
  assert.equal(sizes(), []);
  assert.is(children.started.length, 1);
  assert.equal(events, ["report 100", "ready"]);
  assert.is(log.listeners.size, 0);
});

test("stop: one that is down is not started any more", async () => {
  const { children, clock, process } = setup();
  children.newest.end();
  await process.stop(1_000);
  await clock.advance(60_000);
  assert.is(children.started.length, 1);
  assert.ok(process.isStopped);
});

test("damaged: the child is stopped for good, and the reason is handed on", async () => {
  const { children, clock, process, say, events } = setup();
  say({ kind: "damaged", reason: "VIEWS_DAMAGED: foreign" });
  await clock.advance(60_000);
  assert.equal(events, ["damaged: VIEWS_DAMAGED: foreign"]);
  assert.ok(children.newest.isStopped && process.isStopped);
  assert.is(children.started.length, 1);
});

test("log: what the child tells and writes is a line of the node's log", async () => {
  const { children, lines, say } = setup();
  say({ kind: "told", level: "warn", message: "views not synced", fields: { reason: "x" } });
  children.newest.options.onLine?.("FATAL ERROR: heap");
  assert.equal(lines, [
    'views not synced {"generation":7,"reason":"x"}',
    'view writer wrote {"generation":7,"line":"FATAL ERROR: heap"}',
  ]);
});

test.run();
