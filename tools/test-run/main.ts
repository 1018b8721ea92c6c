/**
 * Runs the tests: `npm test`, or `npm test -- unit wal/segment crash` for a part of them.
 *
 * Each file has a process of its own and a time limit (uvu has none), so a test that hangs or
 * crashes takes only its file with it. The last line of the output says it all, in words that
 * other programs may read: `N passed, N failed`, then `, N skipped` where some were.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { discover, type TestFile } from "./discover.js";
import { endAll, type FileResult, runFile } from "./run-file.js";
import { type Suite, suites } from "./suites.js";

interface Outcome extends FileResult {
  readonly file: TestFile;
}

const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const root = process.cwd();
const say = (text: string) => process.stdout.write(`${text}\n`);
const startedMs = performance.now();

const notRun = (failure: string): FileResult => ({
  passed: 0,
  failed: 1,
  skipped: 0,
  failure,
  skips: [],
  output: "",
  seconds: 0,
});

function report({ file, ...result }: Outcome): void {
  const verdict = result.failure === undefined ? "ok    " : "FAILED";
  const name = `${file.suite.name.padEnd(11)} ${file.name.padEnd(44)}`;
  const count = `${result.passed}`.padStart(4);
  say(`${verdict} ${name} ${count} passed  ${result.seconds.toFixed(1).padStart(5)} s`);
  for (const skip of result.skips) say(`       skipped: ${skip}`);
  if (result.failure === undefined) return;
  say(`       ${result.failure}`);
  if (result.output) say(result.output.replace(/^/gm, "       | "));
}

async function runSuite(suite: Suite, files: readonly TestFile[]): Promise<readonly Outcome[]> {
  const waiting = [...files];
  const outcomes: Outcome[] = [];
  const end = performance.now() + suite.secondsMax * 1000;
  const worker = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const seconds = Math.min(suite.fileSecondsMax, (end - performance.now()) / 1000);
      const result =
        seconds <= 0
          ? notRun(`the suite's budget of ${suite.secondsMax} s was used up before its turn`)
          : await runFile(file.path, seconds);
      const outcome = { ...result, file };
      outcomes.push(outcome);
      report(outcome);
    }
  };
  await Promise.all(Array.from({ length: suite.atOnce }, worker));
  return outcomes;
}

function listSuites(files: readonly TestFile[]): void {
  for (const suite of suites) {
    const own = files.filter((file) => file.suite === suite);
    say(`${suite.name.padEnd(12)} ${own.length} files, at most ${suite.secondsMax} s`);
    say(`${" ".repeat(12)} ${suite.about}`);
  }
}

function finish(outcomes: readonly Outcome[]): void {
  const sum = (count: (outcome: Outcome) => number) =>
    outcomes.reduce((total, outcome) => total + count(outcome), 0);
  const passed = sum((outcome) => outcome.passed);
  const failed = sum((outcome) => outcome.failed);
  const skipped = sum((outcome) => outcome.skipped);
  const failures = outcomes.filter((outcome) => outcome.failure !== undefined);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`\n${outcomes.length} files in ${seconds} s`);
  for (const { file, failure } of failures) say(`failed: test/${file.name}.test.ts: ${failure}`);
  say(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exitCode = failures.length > 0 || passed === 0 ? 1 : 0;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    endAll();
    process.exit(1);
  });
}

const parameters = process.argv.slice(2);
const selection = parameters.filter((parameter) => parameter !== "--list");
const found = discover(root, build, selection);
if (found.unknown.length > 0) {
  say(`No suite or test file is called ${found.unknown.join(", ")}. Suites:`);
  listSuites(discover(root, build, []).files);
  process.exitCode = 2;
} else if (parameters.includes("--list")) {
  listSuites(found.files);
  for (const file of found.files) say(`test/${file.name}.test.ts`);
} else if (found.unbuilt.length > 0) {
  say(`Not compiled: ${found.unbuilt.join(", ")}. Run \`npm run build\` first.`);
  process.exitCode = 1;
} else {
  const outcomes: Outcome[] = [];
  for (const suite of suites) {
    const files = found.files.filter((file) => file.suite === suite);
    if (files.length > 0) outcomes.push(...(await runSuite(suite, files)));
  }
  finish(outcomes);
}
