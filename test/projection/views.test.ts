/**
 * Goal: views that cannot be had are said to be so, with what is done about it, and the node goes
 * on; directories of generations are taken up, left and removed as they should be. Method: children
 * that never ran; what a writer really writes is in test/integration/views.test.ts.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { Fault } from "../../src/model/fault.js";
import { hybridTimeAt } from "../../src/model/hybrid-time.js";
import type { WriterData, WriterReport } from "../../src/projection/messages.js";
import { Views } from "../../src/projection/views.js";
import { eventually, rejects, throwsFault } from "../support/expect.js";
import { SimulatedClock, settled } from "../support/simulated-clock.js";
import { temporaryDirectory } from "../support/temporary.js";
import { openStore } from "../views/applying.js";
import { FakeChildren } from "./fake-children.js";
import { recordingProbe } from "./fake-views.js";

const test = suite("projection: views");

const report = (applied: number, more: Partial<WriterReport> = {}): WriterReport => ({
  seen: 100,
  applied,
  recorded: hybridTimeAt(Date.UTC(2026, 0, 1) - 500),
  projections: [
    { name: "questions", state: "live", applied },
    { name: "lists", state: "live", applied },
    { name: "answers", state: "live", applied },
  ],
  bytes: 4096,
  ...more,
});

async function open(directory = temporaryDirectory("views")) {
  const children = new FakeChildren();
  const clock = new SimulatedClock();
  const { probe, lines } = recordingProbe();
  const views = await Views.open({
    directory,
    log: {
      id: new Uint8Array(32),
      size: 100,
      lastTime: hybridTimeAt(0),
      genesis: { logKey: new Uint8Array(32) },
      segmentsDirectory: "/none",
      onCommitted: () => () => {},
    },
    children,
    clock,
    disk: nodeDisk,
    probe,
    mapBytes: 1024 ** 2,
    restarts: { msMin: 100, msMax: 1_000 },
  });
  const generationOf = (child: { readonly data: unknown }) =>
    Number((child.data as WriterData).directory.split("/").at(-1));
  return { directory, children, clock, lines, views, generationOf };
}

function canRead(views: Views): boolean {
  try {
    return views.read(() => true);
  } catch {
    return false;
  }
}

const never = new AbortController().signal;

test("open: does not wait for the writer, and says that there are no views yet", async () => {
  const { views, children } = await open();
  assert.is(children.started.length, 1);
  assert.is(views.appliedSize, 0);
  const fault = throwsFault(() => views.read(() => 1), "VIEWS_UNAVAILABLE");
  assert.match(fault.message, /being opened/);
  const status = views.status();
  assert.is(status.applied, 0);
  assert.is(status.size, 100);
  assert.equal(
    status.projections.map(({ state }) => state),
    ["catching_up", "catching_up", "catching_up"],
  );
  await views.close();
});

test("status: lag, bytes, and projections that are only as live as the log is short", async () => {
  const { views, children } = await open();
  children.newest.say({ kind: "report", report: report(60) });
  const behind = views.status();
  assert.is(behind.lagMs, 500);
  assert.is(behind.bytes, 4096);
  assert.is(behind.applied, 60);
  assert.equal(new Set(behind.projections.map(({ state }) => state)), new Set(["catching_up"]));
  children.newest.say({ kind: "report", report: report(100) });
  const live = views.status();
  assert.is(live.lagMs, 0);
  assert.equal(new Set(live.projections.map(({ state }) => state)), new Set(["live"]));
  assert.is(live.writerPid, children.newest.processId);
  await views.close();
});

test("status: a writer that died says why and when it is started again", async () => {
  const { views, children, clock } = await open();
  children.newest.end("ended by SIGKILL");
  await clock.advance(40);
  const { projections, writerPid, writerRestarts } = views.status();
  assert.is(writerPid, undefined);
  assert.is(writerRestarts, 0);
  assert.is(projections[0]?.state, "stopped");
  assert.match(projections[0]?.stoppedBecause ?? "", /ended by SIGKILL/);
  assert.is(projections[0]?.retryInMs, 60);
  assert.match(throwsFault(() => views.read(() => 1), "VIEWS_UNAVAILABLE").message, /SIGKILL/);
  await clock.advance(60);
  assert.is(views.status().writerRestarts, 1);
  await views.close();
});

test("status: the time until a projection is tried again runs down", async () => {
  const { views, children, clock } = await open();
  const stopped = { state: "stopped", applied: 5, stoppedAt: 5, stoppedBecause: "bad" } as const;
  const projections = [{ name: "lists", retryInMs: 1_000, ...stopped }];
  children.newest.say({ kind: "report", report: report(5, { projections }) });
  await clock.advance(300);
  const lists = views.status().projections.find(({ name }) => name === "lists");
  assert.is(lists?.retryInMs, 700);
  await views.close();
});

test("reached: false when the time is over, by the signal, when the node stops", async () => {
  const { views, clock } = await open();
  const late = views.reached(10, { withinMs: 50, signal: never });
  await clock.advance(50);
  assert.is(await late, false);
  const ending = new AbortController();
  const ended = views.reached(10, { withinMs: 50, signal: ending.signal });
  ending.abort();
  assert.is(await ended, false);
  const stopped = views.reached(10, { withinMs: 1_000_000, signal: never });
  await views.close();
  assert.is(await stopped, false);
  assert.is(await views.reached(10, { withinMs: 1_000_000, signal: never }), false);
  assert.is(clock.timerCount, 0);
});

test("built: the log says so when they have caught up, and not sooner", async () => {
  const directory = temporaryDirectory("views");
  const { views, children, lines } = await open(directory);
  const built = () => lines.filter((line) => line.startsWith("views built")).length;
  assert.ok(lines.some((line) => line.startsWith("views are being built")));
  await (await openStore(join(directory, "1"))).close();
  children.newest.say({ kind: "ready", report: report(40) });
  await eventually(() => canRead(views), 5_000, "it can be read");
  children.newest.say({ kind: "report", report: report(99) });
  assert.is(built(), 0);
  children.newest.say({ kind: "report", report: report(100) });
  children.newest.say({ kind: "report", report: report(100) });
  assert.is(built(), 1);
  await views.close();
});

test("damaged: another generation is built, the log says why, and the directory goes", async () => {
  const { views, children, lines, directory, generationOf } = await open();
  mkdirSync(join(directory, "1"));
  writeFileSync(join(directory, "1", "data.mdb"), "what is this");
  children.newest.say({ kind: "damaged", reason: "VIEWS_DAMAGED: not a database" });
  assert.equal(children.started.map(generationOf), [1, 2]);
  assert.is(views.status().generation, 2);
  await eventually(() => readdirSync(directory).length === 0, 5_000, "the directory is removed");
  assert.ok(lines.some((line) => /^views are being built anew .*not a database/.test(line)));
  await views.close();
});

test("damaged: what only a reader meets is built anew too, once, and it is told", async () => {
  const directory = temporaryDirectory("views");
  await (await openStore(join(directory, "1"))).close();
  const { views, children, lines, generationOf } = await open(directory);
  children.newest.say({ kind: "ready", report: report(0) });
  await eventually(() => views.appliedSize === 0 && canRead(views), 5_000, "it can be read");
  const meet = () =>
    views.read(() => {
      throw new Fault("STATE_DAMAGED", "a page is damaged");
    });
  throwsFault(meet, "VIEWS_DAMAGED");
  throwsFault(meet, "VIEWS_DAMAGED");
  assert.equal(children.started.map(generationOf), [1, 2], "another one is built beside");
  assert.is(
    lines.filter((line) => /^views are of no use .*a page is damaged/.test(line)).length,
    1,
  );
  assert.ok(canRead(views), "what can be read is read until it is replaced");
  await views.close();
});

test("open: the lowest generation is used, the next one where it is of no use", async () => {
  const directory = temporaryDirectory("views");
  for (const name of ["12", "3", "4", "2.removed", "ids", "x5"]) mkdirSync(join(directory, name));
  const { views, children, generationOf } = await open(directory);
  assert.equal(readdirSync(directory).sort(), ["12", "3", "4", "ids", "x5"]);
  assert.is(generationOf(children.newest), 3);
  children.newest.say({ kind: "damaged", reason: "VIEWS_DAMAGED: other version" });
  assert.is(generationOf(children.newest), 4);
  children.newest.say({ kind: "damaged", reason: "VIEWS_DAMAGED: other version" });
  assert.is(generationOf(children.newest), 12);
  children.newest.say({ kind: "damaged", reason: "VIEWS_DAMAGED: other version" });
  assert.is(generationOf(children.newest), 13);
  await views.close();
  assert.equal(readdirSync(directory).sort(), ["ids", "x5"]);
});

test("rebuild: one is built beside, watched by many, and by nobody", async () => {
  const { views, children, generationOf } = await open();
  const ending = new AbortController();
  const watched = views.rebuild(ending.signal);
  assert.equal((await watched.next()).value, { applied: 0, size: 100 });
  assert.equal(children.started.map(generationOf), [1, 2]);
  assert.equal(
    children.started.map(({ options }) => options.niceness),
    [0, 5],
    "it stands back behind the one in use",
  );
  const other = views.rebuild(never);
  assert.equal((await other.next()).value, { applied: 0, size: 100 });
  assert.is(children.started.length, 2);
  const next = watched.next();
  children.newest.say({ kind: "report", report: report(40) });
  assert.equal((await next).value, { applied: 40, size: 100 });
  assert.is(views.status().building, 40);
  const last = watched.next();
  ending.abort();
  assert.is((await last).done, true);
  assert.not.ok(children.newest.isStopped);
  assert.is(views.status().generation, 1);
  const stopping = rejects(
    other.next().then(() => other.next()),
    "SHUTTING_DOWN",
  );
  await settled();
  await views.close();
  await stopping;
  assert.ok(children.started.every(({ isStopped }) => isStopped));
});

test("rebuild: one that is of no use ends with a fault, and the other is kept", async () => {
  const { views, children } = await open();
  const watched = views.rebuild(never);
  await watched.next();
  const failing = rejects(watched.next(), "VIEWS_DAMAGED");
  children.newest.say({ kind: "damaged", reason: "VIEWS_DAMAGED: bad" });
  await failing;
  assert.is(views.status().generation, 1);
  assert.is(views.status().building, undefined);
  assert.not.ok(children.started[0]?.isStopped);
  await views.close();
});

test("verify: without views there is nothing to compare", async () => {
  const { views } = await open();
  await rejects(views.verify(never).next(), "VIEWS_UNAVAILABLE");
  await views.close();
});

test.run();
