/**
 * Child processes that tests start: their output is collected, and none outlives its test file.
 *
 * A child is ended by its own id, never by a name, and always reaped: `ended` settles exactly once.
 * What still runs when the test process exits is killed there.
 */
import { type ChildProcess, spawn } from "node:child_process";

export interface Ended {
  /** Exit code, or `null` where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  readonly cwd?: string;
  /** Set on top of this process's environment; `undefined` removes a name. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Written to the child's standard input, which is then closed. Default: closed and empty. */
  readonly input?: string | Uint8Array;
}

export interface StartedProcess {
  readonly id: number;
  /** What was written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
  isRunning(): boolean;
  /** The first line of either output that fits, past or future; fails when the child ends first. */
  line(pattern: RegExp, ms: number): Promise<RegExpExecArray>;
  /** Sends a signal, and returns when the child is gone. */
  kill(signal?: NodeJS.Signals): Promise<Ended>;
}

export interface Finished extends Ended {
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<ChildProcess>();

function killAll(): void {
  for (const child of running) child.kill("SIGKILL");
}

/** A script of the build is started with `process.execPath` as the command. */
export function startProcess(
  command: string,
  parameters: readonly string[],
  options: StartOptions = {},
): StartedProcess {
  if (running.size === 0) {
    process.off("exit", killAll);
    process.on("exit", killAll);
  }
  const child = spawn(command, parameters, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  let out = "";
  let err = "";
  const waiting = new Set<() => void>();
  const wake = () => {
    for (const look of [...waiting]) look();
  };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    wake();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    wake();
  });
  child.stdin.on("error", () => {}); // the child may end without reading its input
  child.stdin.end(options.input ?? "");

  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", (error) => {
      running.delete(child);
      reject(error);
    });
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  let isOver = false;
  const over = () => {
    isOver = true;
    wake();
  };
  ended.then(over, over);
  // While the child writes, what stands behind the last line end may be half a line.
  const wholeLines = (text: string) => text.split("\n").slice(0, isOver ? undefined : -1);

  const line = (pattern: RegExp, ms: number) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const settle = (call: () => void) => {
        waiting.delete(look);
        clearTimeout(timer);
        call();
      };
      const look = () => {
        for (const text of [...wholeLines(out), ...wholeLines(err)]) {
          const found = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")).exec(text);
          if (found) return settle(() => resolve(found));
        }
        if (isOver) settle(() => reject(unseen("ended without")));
      };
      const unseen = (why: string) =>
        new Error(`${command} ${why} a line like ${pattern}\n${out}\n${err}`);
      const timer = setTimeout(() => settle(() => reject(unseen(`wrote for ${ms} ms no`))), ms);
      waiting.add(look);
      look();
    });

  return {
    id: child.pid ?? 0,
    stdout: () => out,
    stderr: () => err,
    ended,
    isRunning: () => running.has(child),
    line,
    kill: (signal = "SIGKILL") => {
      if (running.has(child)) child.kill(signal);
      return ended;
    },
  };
}

/** Starts a child and waits for its end; one that runs longer than `ms` is killed, and fails. */
export async function runProcess(
  command: string,
  parameters: readonly string[],
  ms: number,
  options: StartOptions = {},
): Promise<Finished> {
  const child = startProcess(command, parameters, options);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    void child.kill();
  }, ms);
  const ended = await child.ended.finally(() => clearTimeout(timer));
  const finished = { ...ended, stdout: child.stdout(), stderr: child.stderr() };
  if (!isLate) return finished;
  throw new Error(`${command} ran longer than ${ms} ms\n${finished.stdout}\n${finished.stderr}`);
}
