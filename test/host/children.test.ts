/**
 * Goal: a child gets what it is given, its end is always noticed, with the reason, and no child
 * outlives its parent, whatever either of them does. Method: one child module that echoes, fails,
 * exits, refuses to stop or spins; a parent of its own is killed beside one that idles or spins.
 */
import { readdirSync, readlinkSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ChildOptions, type ChildProcess, systemChildren } from "../../src/host/children.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import { LineChild } from "../support/child.js";
import { eventually, within } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("host: children");

const module = new URL("../support/child-echo.js", import.meta.url);
const parentModule = new URL("../support/child-parent.js", import.meta.url);
const startMs = 10_000;

const start = (data?: unknown, options?: ChildOptions) =>
  systemChildren.start(module, data, options);

const answer = (child: ChildProcess): Promise<unknown> =>
  within(startMs, new Promise((resolve) => child.onMessage(resolve)));

const exit = (child: ChildProcess): Promise<Error | undefined> =>
  within(startMs, new Promise((resolve) => child.onExit(resolve)));

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

test("post: bytes, big integers and maps arrive as they are, data too", async () => {
  const given = { bytes: Uint8Array.of(1, 2, 3), big: 2n ** 60n, map: new Map([["a", 1]]) };
  const child = start(given);
  child.post(given);
  const back = (await answer(child)) as { data: typeof given; message: typeof given };
  for (const { bytes, big, map } of [back.data, back.message]) {
    assert.equal([...bytes], [1, 2, 3]);
    assert.is(big, 2n ** 60n);
    assert.is(map.get("a"), 1);
  }
  assert.is(await child.stop(startMs), true);
});

test("post: messages arrive in order, also those that were sent before the child ran", async () => {
  const child = start();
  const seen: unknown[] = [];
  child.onMessage((message) => seen.push((message as { message: number }).message));
  for (let i = 0; i < 200; i++) child.post(i);
  await eventually(() => seen.length === 200, startMs);
  assert.equal(seen, [...Array(200).keys()]);
  await child.stop(startMs);
});

test("start: flags and options of Node are not inherited, heap and niceness are set", async () => {
  process.env["NODE_OPTIONS"] = "--trace-warnings";
  const child = start(undefined, { heapMiB: 99, niceness: 5 });
  delete process.env["NODE_OPTIONS"];
  child.post("facts");
  const facts = { priority: 5, flags: ["--max-old-space-size=99"], options: undefined };
  assert.equal(await answer(child), facts);
  await child.stop(startMs);
});

test("start: files that a native library holds open are not handed on", async () => {
  const directory = temporaryDirectory("inherited");
  const options = { directory, mapBytes: 1024 ** 2, keyspaces: ["a"], syncsCommits: false };
  const environment = await LmdbEnvironment.open(options, nodeDisk);
  const child = start();
  child.post(1);
  await answer(child);
  const descriptors = `/proc/${child.processId}/fd`;
  const held = readdirSync(descriptors).map((name) => readlinkSync(`${descriptors}/${name}`));
  assert.equal(
    held.filter((path) => path.startsWith(directory)),
    [],
  );
  await child.stop(startMs);
  await environment.close();
});

test("exit: the error of a child that failed names its reason", async () => {
  for (const message of ["fail", "fail long"]) {
    const child = start();
    child.post(message);
    assert.match((await exit(child))?.message ?? "", /ended with code 1: Error: told to fail/);
  }
});

test("exit: one that leaves by itself, or is killed by another, is an error", async () => {
  const leaving = start();
  leaving.post("exit");
  assert.match((await exit(leaving))?.message ?? "", /ended with code 3/);
  const killed = start();
  killed.post(1);
  await answer(killed);
  process.kill(killed.processId ?? 0, "SIGKILL");
  assert.match((await exit(killed))?.message ?? "", /ended by SIGKILL/);
  killed.post("lost");
  assert.is(await killed.stop(startMs), true, "stopping what has ended is fine");
});

test("exit: one that the system refuses to start has ended, with the reason", async () => {
  process.env["STEMEDB_TEST_HUGE"] = "x".repeat(200_000);
  const child = start();
  delete process.env["STEMEDB_TEST_HUGE"];
  assert.match((await exit(child))?.message ?? "", /E2BIG/);
  assert.is(child.processId, undefined);
  child.post("lost");
  assert.is(await child.stop(startMs), true);
});

test("stop: the child finishes first", async () => {
  const child = start();
  child.post(1);
  await answer(child);
  const told = answer(child);
  const ended = exit(child);
  assert.is(await child.stop(startMs), true);
  assert.is(await told, "finished");
  assert.is(await ended, undefined);
});

test("stop: one that does not finish, and one that spins, are killed after the bound", async () => {
  for (const message of ["stay", "spin"]) {
    const child = start();
    child.post(message);
    await answer(child);
    const began = performance.now();
    assert.is(await child.stop(200), false);
    assert.ok(performance.now() - began < 2_000);
    assert.is(isAlive(child.processId ?? 0), false);
  }
});

test("signals: what is sent to the whole group is left to the parent", async () => {
  const child = start();
  child.post(1);
  await answer(child);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.kill(child.processId ?? 0, signal);
  child.post(2);
  await answer(child);
  assert.is(await child.stop(startMs), true);
});

test("output: the child's lines are handed on", async () => {
  const lines: string[] = [];
  const child = start(undefined, { onLine: (line) => lines.push(line) });
  child.post("write");
  await eventually(() => lines.length === 2, startMs);
  assert.equal(lines, ["a line", "and another"]);
  await child.stop(startMs);
});

for (const [kind, what] of [
  ["idle", "idles"],
  ["spin", "never comes back to its messages"],
] as const) {
  test(`orphans: a child that ${what} ends when its parent is killed`, async () => {
    const parent = new LineChild(parentModule, [kind]);
    const child = Number(await parent.next());
    assert.is(isAlive(child), true);
    await parent.kill();
    await eventually(() => !isAlive(child), 5_000, "the end of the child");
  });
}

test.run();
