/**
 * Goal: `npm start` does what the README says, on the real data: it fills a log, shows how, and
 * what sources contest; is cut short without harm, appends nothing twice, and says in one sentence
 * what stands in its way.
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
/** Ten seconds and as much again for the views, on two cores that nothing else uses. */
const importMsMax = 240_000;

const start = (...more: string[]): StartedProcess =>
  startProcess(process.execPath, [demo, "--data-dir", dataDir, ...flags, ...more], { env });
const run = (...typed: string[]) =>
  runProcess(process.execPath, [demo, ...typed], importMsMax, { env });

const started = (name: string): StartedProcess =>
  startProcess(process.execPath, [demo, "--data-dir", join(directory, name), ...flags], { env });

/** Ends a demo as Ctrl-C does, also where a test fails: it would keep this process alive. */
async function ended(
  child: StartedProcess,
  use: (child: StartedProcess) => Promise<void>,
): Promise<void> {
  try {
    await use(child);
  } finally {
    await child.kill("SIGINT");
  }
  assert.is((await child.ended).code, 0, child.stderr());
}

/** The number of a line such as `appended 1,234 in 0.5 s: ...`. */
const appendedIn = (text: string): number =>
  Number(/^appended ([\d,]+)/m.exec(text)?.[1]?.replaceAll(",", "") ?? Number.NaN);

let appendedFirst = 0;

test("demo: Ctrl-C in the middle ends it with 0, and says that there is more", async () => {
  const first = start();
  await ended(first, async () => void (await first.line(/^appending /, importMsMax)));
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
  threeContested(second.stdout);
});

/** Three cards of different features, each under four lenses and in words. */
function threeContested(text: string): void {
  const [, end = ""] = text.split("Where MDN, web-features and caniuse do not agree:");
  const paths = [...end.matchAll(/^(web\/feature\/\S+) {2}supported_since$/gm)];
  const features = paths.map(([, path = ""]) => path.split("/")[2]);
  assert.is(new Set(features).size, 3, text);
  const cards = end.split(/^web\/feature\/\S+ {2}supported_since$/m).slice(1);
  for (const card of cards) {
    for (const source of ["browser-compat-data", "web-features", "caniuse"]) {
      assert.ok(card.includes(source), card);
    }
    assert.match(card, /^ {2}recency +\S+ {2}confidence/m);
    assert.match(card, /^ {2}layered +\S+ {2}confidence/m);
    assert.match(card, /^ {2}skeptic +nothing wins {2}contested/m);
    assert.match(card, /contested/);
  }
}

test("demo: while it loads, a first contested question", async () => {
  await ended(started("contested"), async (child) => {
    // Four seconds where nothing else runs; 15 are promised, and a busy machine takes its time.
    await child.line(/^The first question that sources answer differently:/, 60_000);
    await child.line(/^web\/feature\/\S+ {2}supported_since$/, 1_000);
    await child.line(/^ +conflict /, 1_000);
    assert.not.match(child.stdout(), /^appended/m, "the import is not over");
  });
});

test("demo: run again it appends 0, keeps serving, and its lines work as printed", async () => {
  await ended(start(), async (third) => {
    await third.line(/^serving until Ctrl-C$/, importMsMax);
    threeContested(third.stdout());
    await printedLines(third.stdout());
    await refusals(third.stdout());
  });
});

async function printedLines(text: string): Promise<void> {
  assert.is(appendedIn(text), 0, text);
  const lines = [...text.matchAll(/^ {2}node (.+)$/gm)].map(([, line = ""]) => line.split(" "));
  assert.is(lines.length, 5, text);
  const [query = [], explain = [], conflicts = [], get = [], tail = []] = lines;

  const asked = await runProcess(process.execPath, query, 20_000);
  assert.is(asked.code, 0, asked.stderr);
  assert.match(asked.stdout, /lens +recency/);
  const [path = ""] = /web\/feature\/\S+/.exec(asked.stdout) ?? [];
  const explained = await runProcess(process.execPath, explain, 20_000);
  assert.is(explained.code, 0, explained.stderr);
  assert.match(explained.stdout, /^Claims, the weightiest first$/m);
  const listed = await runProcess(process.execPath, conflicts, 20_000);
  assert.is(listed.code, 0, listed.stderr);
  assert.match(listed.stdout, /web\/feature\//);

  const [, url = ""] = /^ {2}curl -s '(.+)'$/m.exec(text) ?? [];
  const { answers } = (await (await fetch(url)).json()) as { answers: { concept_path: string }[] };
  assert.equal(
    answers.map((answer) => answer.concept_path),
    [path],
  );

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

test("demo: killed in the middle, its children go with it, and what was said stays", async () => {
  if (process.platform !== "linux") return; // elsewhere /proc does not tell who the importer is
  const child = started("killed");
  let children: readonly number[] = [];
  try {
    await child.line(/^appending /, importMsMax);
    const both = () => {
      children = childrenOf(child.id);
      return children.length === 2;
    };
    await eventually(both, 20_000, "the importer and the writer of views");
  } finally {
    await child.kill("SIGKILL");
  }
  await eventually(() => !children.some(isAlive), 10_000, "the end of its children");
  const next = started("killed");
  await ended(next, async () => void (await next.line(/^appending |^appended /, importMsMax)));
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
