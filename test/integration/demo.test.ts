/**
 * Goal: `npm start` does what the README says, on the real data: it fills a log, shows how, is cut
 * short without harm, appends nothing twice, and says in one sentence what stands in its way.
 * Method: the program of `npm start` as a process of its own, in one data directory from test to
 * test; the lines that it prints are run as they are printed.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eventually } from "../support/expect.js";
import { runProcess, type StartedProcess, startProcess } from "../support/process.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("integration: demo");
const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const demo = join(build, "tools/demo/main.js");
const directory = temporaryDirectory("demo");
const dataDir = join(directory, "data");
// What is typed is relative to where it is typed.
const env = { INIT_CWD: process.cwd() };
const addresses = ["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0"];
const flags = [...addresses, "--wal-reserve-bytes", "0B"];
const importMsMax = 60_000;

const start = (...more: string[]): StartedProcess =>
  startProcess(process.execPath, [demo, "--data-dir", dataDir, ...flags, ...more], { env });
const run = (...typed: string[]) =>
  runProcess(process.execPath, [demo, ...typed], importMsMax, { env });

/** The number of a line such as `appended 1,234 in 0.5 s: ...`. */
const appendedIn = (text: string): number =>
  Number(/^appended ([\d,]+)/m.exec(text)?.[1]?.replaceAll(",", "") ?? Number.NaN);

let appendedFirst = 0;

test("demo: Ctrl-C in the middle ends it with 0, and says that there is more", async () => {
  const first = start();
  await first.line(/^appending /, importMsMax);
  const { code } = await first.kill("SIGINT");
  assert.is(code, 0, first.stderr());
  assert.match(first.stdout(), /stopped before the end/);
  appendedFirst = appendedIn(first.stdout());
  assert.ok(appendedFirst < 400_000, `${appendedFirst} were appended`);
});

test("demo: the next run completes the rest, and ends with 0", async () => {
  const second = await run("--data-dir", dataDir, ...flags, "--exit");
  assert.is(second.code, 0, second.stderr);
  const total = appendedFirst + appendedIn(second.stdout);
  const unchanged = Math.max(0, appendedFirst - 3); // the sources are no claims
  const said = `${unchanged.toLocaleString("en-US")} unchanged`;
  assert.is(second.stdout.includes(said), unchanged > 0, second.stdout);
  assert.ok(total > 400_000, `${total} in all`);
  assert.match(second.stdout, /durable entries a second/);
});

test("demo: run again it appends 0, keeps serving, and its lines work as printed", async () => {
  const third = start();
  try {
    await third.line(/^serving until Ctrl-C$/, importMsMax);
    await printedLines(third.stdout());
    await refusals(third.stdout());
  } finally {
    await third.kill("SIGINT");
  }
  assert.is((await third.ended).code, 0, third.stderr());
});

async function printedLines(text: string): Promise<void> {
  assert.is(appendedIn(text), 0, text);
  const lines = [...text.matchAll(/^ {2}node (.+)$/gm)].map(([, line = ""]) => line.split(" "));
  assert.is(lines.length, 3, text);
  const [read = [], get = [], tail = []] = lines;

  const said = await runProcess(process.execPath, read, 20_000);
  assert.is(said.code, 0, said.stderr);
  const answers = [...said.stdout.matchAll(/supported_since = (\S+)/g)].map(([, value]) => value);
  assert.ok(new Set(answers).size >= 2, `the sources differ:\n${said.stdout}`);

  const got = await runProcess(process.execPath, get, 20_000);
  assert.is(got.code, 0, got.stderr);
  assert.match(got.stdout, /supported_since/);

  const tailing = startProcess(process.execPath, tail);
  await tailing.line(/removed/, 20_000);
  assert.is((await tailing.kill("SIGINT")).code, 0, tailing.stderr());
}

/** What others are told while a demo runs. */
async function refusals(text: string): Promise<void> {
  const directoryInUse = await run("--data-dir", dataDir, ...flags, "--exit");
  assert.is(directoryInUse.code, 1);
  assert.match(directoryInUse.stderr, /is in use by .*DATA_DIRECTORY_IN_USE/);

  const [, address = ""] = /listens on (\S+)$/m.exec(text) ?? [];
  const other = ["--data-dir", join(directory, "other"), "--exit"];
  const portInUse = await run(...other, "--grpc-address", address);
  assert.is(portInUse.code, 1);
  assert.match(portInUse.stderr, new RegExp(`${address}.*ADDRESS_IN_USE`));
}

test("demo: killed in the middle, its importer goes with it, and what was said stays", async () => {
  if (process.platform !== "linux") return; // elsewhere /proc does not tell who the importer is
  const place = ["--data-dir", join(directory, "killed"), ...flags];
  const child = startProcess(process.execPath, [demo, ...place], { env });
  await child.line(/^appending /, importMsMax);
  const importers = childrenOf(child.id);
  assert.is(importers.length, 1);
  await child.kill("SIGKILL");
  await eventually(() => !importers.some(isAlive), 10_000, "the end of the importer");
  const next = startProcess(process.execPath, [demo, ...place], { env });
  await next.line(/^appending |^appended /, importMsMax);
  assert.is((await next.kill("SIGINT")).code, 0, next.stderr());
});

/** Processes whose parent this is. */
const childrenOf = (id: number): readonly number[] =>
  readFileSync(`/proc/${id}/task/${id}/children`, "utf8")
    .split(" ")
    .filter((word) => word !== "")
    .map(Number);

/** Not a zombie either: who adopts orphans may be slow to bury them. */
function isAlive(id: number): boolean {
  try {
    return !readFileSync(`/proc/${id}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

test("demo: a full disk ends it with 1 and says what to do", async () => {
  const place = ["--data-dir", join(directory, "full"), ...addresses];
  const full = await run(...place, "--wal-reserve-bytes", "1TiB", "--exit");
  assert.is(full.code, 1, full.stdout);
  assert.match(full.stderr, /DISK_FULL/);
  assert.match(full.stderr, /Make room and start again/);
});

test("demo: what cannot be understood ends it with 2, and nothing is made", async () => {
  const place = join(directory, "none");
  for (const typed of [["--exti"], ["extra"], ["--grpc-address", "nonsense"]]) {
    const { code, stderr } = await run("--data-dir", place, ...typed);
    assert.is(code, 2, stderr);
    assert.match(stderr, /^error: /);
  }
  assert.not(existsSync(place));
  const { code, stdout } = await run("--help");
  assert.is(code, 0);
  assert.match(stdout, /--exit/);
});

test.run();
