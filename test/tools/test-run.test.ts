/**
 * Goal: the test runner never calls green what did not run. Method: small test files are written
 * that fall into each trap that uvu leaves open, and run in earnest.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { discover } from "../../tools/test-run/discover.js";
import { runFile } from "../../tools/test-run/run-file.js";
import { readSkips, readSummary } from "../../tools/test-run/summary.js";
import { eventually } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("tools: test-run");
const directory = temporaryDirectory("test-run");
const uvu = pathToFileURL(
  createRequire(import.meta.url)
    .resolve("uvu")
    .replace(".js", ".mjs"),
);
const secondsMax = 20;
let written = 0;

/** A test file around `body`, with uvu as `suite` and `assert` a function. */
function file(body: string): string {
  const path = join(directory, `${written++}.mjs`);
  writeFileSync(
    path,
    `import { suite } from ${JSON.stringify(`${uvu}`)};
     import assert from "node:assert/strict";
     import { spawn } from "node:child_process";
     const test = suite("fixture");
     ${body}`,
  );
  return path;
}

test("run: a file whose tests pass is counted", async () => {
  const result = await runFile(
    file(`test("a", () => {}); test("b", () => {}); test.run();`),
    secondsMax,
  );
  assert.is(result.failure, undefined, result.output);
  assert.equal([result.passed, result.failed, result.skipped], [2, 0, 0]);
});

test("run: a failing test fails, its neighbour still counts", async () => {
  const result = await runFile(
    file(`test("a", () => {}); test("b", () => assert(false)); test.run();`),
    secondsMax,
  );
  assert.equal([result.passed, result.failed], [1, 1]);
  assert.match(result.failure ?? "", "1 failed");
});

test("run: a file that forgot to run its tests fails", async () => {
  const result = await runFile(file(`test("a", () => {});`), secondsMax);
  assert.equal([result.passed, result.failed], [0, 1]);
  assert.ok(result.failure);
});

test("run: a suite without tests fails", async () => {
  const result = await runFile(file("test.run();"), secondsMax);
  assert.equal([result.passed, result.failed], [0, 1]);
});

test("run: a before hook that throws fails, though uvu ends with 0", async () => {
  const result = await runFile(
    file(`test.before(() => { throw new Error("no"); }); test("a", () => {}); test.run();`),
    secondsMax,
  );
  assert.equal([result.passed, result.failed], [0, 1]);
  assert.match(result.failure ?? "", "1 failed");
});

test("run: a file that ends early fails", async () => {
  const result = await runFile(
    file(`test("a", () => new Promise(() => {})); test.run();`),
    secondsMax,
  );
  assert.is(result.passed, 0);
  assert.ok(result.failure);
});

test("run: a file that hangs is killed with the processes that it started", async () => {
  const result = await runFile(
    file(`const child = spawn("sleep", ["60"]);
      console.log("child " + child.pid);
      test("a", () => new Promise(() => setInterval(() => {}, 1000))); test.run();`),
    1,
  );
  assert.match(result.failure ?? "", "was killed");
  const child = Number(/child (\d+)/.exec(result.output)?.[1]);
  assert.ok(child > 0);
  await eventually(() => !isAlive(child), 5_000);
});

test("run: what a killed file left in its temporary directory is removed", async () => {
  const result = await runFile(
    file(`import { mkdtempSync } from "node:fs"; import { tmpdir } from "node:os";
      console.log("made " + mkdtempSync(tmpdir() + "/left-"));
      test("a", () => new Promise(() => setInterval(() => {}, 1000))); test.run();`),
    1,
  );
  const made = /made (.+)/.exec(result.output)?.[1] ?? "";
  assert.match(made, "stemedb-tests-");
  assert.is(existsSync(made), false);
});

test("run: a file that leaves a process running fails, and the process is ended", async () => {
  const result = await runFile(
    file(`const child = spawn("sleep", ["60"], { stdio: "ignore" });
      child.unref(); console.log("child " + child.pid);
      test("a", () => {}); test.run();`),
    secondsMax,
  );
  assert.match(result.failure ?? "", "left 1 processes running");
  const child = Number(/child (\d+)/.exec(result.output)?.[1]);
  await eventually(() => !isAlive(child), 5_000);
});

test("run: what a test skips counts as skipped and not as passed", async () => {
  const result = await runFile(
    file(`test("a", () => console.log("skipped: node 99 not installed"));
      test("b", () => {}); test.run();`),
    secondsMax,
  );
  assert.equal([result.passed, result.failed, result.skipped], [1, 0, 1]);
  assert.equal(result.skips, ["node 99 not installed"]);
});

test("summary: the last one counts, colours or not", () => {
  const block = (total: number) => `  Total:     ${total}\n  Passed:    1\n  Skipped:   0\n`;
  assert.equal(readSummary(`${block(3)}\n${block(1)}`), { total: 1, passed: 1, skipped: 0 });
  assert.equal(readSummary("\u001b[32m  Total:     1\n"), undefined);
  assert.equal(readSummary("Total: 1"), undefined);
});

test("summary: a skip is read behind the dots that uvu prints", () => {
  assert.equal(readSkips(" fixture  • • skipped: node 22 not installed\n• x\n"), [
    "node 22 not installed",
  ]);
});

test("discover: suites, folders and files select; stale and unknown ones do not", () => {
  const root = join(directory, "tree");
  const build = join(root, "dist");
  const put = (path: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  };
  for (const name of ["wal/block", "wal/segment", "crash/cuts", "model/hex"]) {
    put(`test/${name}.test.ts`);
    if (name !== "model/hex") put(`dist/test/${name}.test.js`);
  }
  put("dist/test/wal/removed.test.js");
  const names = (...selection: string[]) =>
    discover(root, build, selection).files.map((found) => found.name);
  assert.equal(names(), ["crash/cuts", "model/hex", "wal/block", "wal/segment"]);
  assert.equal(names("unit"), ["model/hex", "wal/block", "wal/segment"]);
  assert.equal(names("crash", "dist/test/wal/block.test.js"), ["crash/cuts", "wal/block"]);
  assert.equal(names("test/wal/"), ["wal/block", "wal/segment"]);
  assert.equal(discover(root, build, ["wall"]).unknown, ["wall"]);
  assert.equal(discover(root, build, []).unbuilt, ["model/hex"]);
});

/** One that ended and waits to be reaped is not alive. */
function isAlive(id: number): boolean {
  const stat = `/proc/${id}/stat`;
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, "utf8"));
}

test.run();
