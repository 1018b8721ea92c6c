/**
 * Runs one test file in a process of its own, as the leader of a process group: so that whatever it
 * started can be found and ended with it, by id.
 *
 * What a finished file leaves running counts against it: a server that outlives its test holds a
 * port and a directory that the next test may need.
 */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readSkips, readSummary, whyFailed } from "./summary.js";

export interface FileResult {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why it failed; `undefined` where it passed. */
  readonly failure: string | undefined;
  /** What its tests left out for want of something. */
  readonly skips: readonly string[];
  readonly output: string;
  readonly seconds: number;
}

/** How long a file may run on after its summary. */
const lingerMsMax = 10_000;
const outputCharactersMax = 4 * 1024 * 1024;
const groups = new Set<number>();

function endGroup(group: number): void {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

/** Ends every file that still runs, for when the runner itself is told to stop. */
export function endAll(): void {
  for (const group of groups) endGroup(group);
}

/** Ids of live processes in a group; those that ended and wait to be reaped are not live. */
function liveMembers(group: number): readonly number[] {
  const members: number[] = [];
  let names: readonly string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return members; // not Linux: the group is ended all the same, only not complained about
  }
  for (const name of names) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, "utf8");
      const [state, , processGroup] = text.slice(text.lastIndexOf(")") + 2).split(" ");
      if (Number(processGroup) === group && state !== "Z" && state !== "X") {
        members.push(Number(name));
      }
    } catch {
      // It ended while we looked.
    }
  }
  return members;
}

/**
 * Tests see none of the caller's settings, save what is meant for them, and have a place of their
 * own for temporary files, so that a killed one leaves nothing behind.
 */
function environment(temporary: string): NodeJS.ProcessEnv {
  const isKept = (name: string) =>
    !name.startsWith("STEMEDB_") ||
    name.startsWith("STEMEDB_TEST_") ||
    name === "STEMEDB_NODE_BINARIES";
  const kept = Object.entries(process.env).filter(([name]) => isKept(name));
  return { ...Object.fromEntries(kept), TMPDIR: temporary };
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly isLate: boolean;
}

function run(
  path: string,
  secondsMax: number,
  temporary: string,
): Promise<Ended & { readonly left: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--enable-source-maps", path], {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: environment(temporary),
    });
    child.once("error", reject);
    const group = child.pid;
    if (group === undefined) return;
    groups.add(group);
    let output = "";
    let lingering: NodeJS.Timeout | undefined;
    const collect = (text: string) => {
      if (output.length < outputCharactersMax) output += text;
      clearTimeout(lingering);
      // All is said, and still it runs: something was left open. No need to wait for the limit.
      if (readSummary(output.slice(-400))) lingering = setTimeout(endLate, lingerMsMax);
    };
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    let isLate = false;
    const endLate = () => {
      isLate = true;
      endGroup(group);
    };
    const timer = setTimeout(endLate, secondsMax * 1000);
    let left = 0;
    child.once("exit", () => {
      // Before "close": what is left may hold the pipes open, and "close" would never come.
      left = isLate ? 0 : liveMembers(group).length;
      endGroup(group);
    });
    child.once("close", (code) => {
      clearTimeout(timer);
      clearTimeout(lingering);
      groups.delete(group);
      resolve({ code, output, isLate, left });
    });
  });
}

export async function runFile(path: string, secondsMax: number): Promise<FileResult> {
  const begin = performance.now();
  const temporary = mkdtempSync(join(tmpdir(), "stemedb-tests-"));
  chmodSync(temporary, 0o1777); // as the system's own: some tests start programs as another user
  const { code, output, isLate, left } = await run(path, secondsMax, temporary).finally(() =>
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 }),
  );
  const summary = readSummary(output);
  const skips = readSkips(output);
  let failure = whyFailed(code, summary);
  if (isLate && summary) failure = "did not end by itself: something was left open, or still runs";
  else if (isLate) failure = `took longer than ${secondsMax.toFixed(0)} s, and was killed`;
  else if (!failure && left > 0) failure = `left ${left} processes running`;

  const passed = summary?.passed ?? 0;
  const failed = (summary?.total ?? 0) - passed;
  return {
    // A test that says «skipped» and returns counts as passed with uvu; here it does not.
    passed: Math.max(0, passed - skips.length),
    failed: failure === undefined ? 0 : Math.max(1, failed),
    skipped: (summary?.skipped ?? 0) + skips.length,
    failure,
    skips,
    output,
    seconds: (performance.now() - begin) / 1000,
  };
}
