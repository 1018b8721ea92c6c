/** Runs the command line inside of the test's process, with recorded streams. */
import { PassThrough, Readable } from "node:stream";
import { runProgram } from "../../cli/program.js";

export interface Ran {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly stop?: AbortSignal;
  readonly nowMs?: () => number;
}

function recorded(): { stream: PassThrough; text: () => string } {
  const stream = new PassThrough();
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return { stream, text: () => text };
}

/** What is typed behind `steme`; nothing of this process's environment is seen. */
export async function runSteme(typed: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const stdout = recorded();
  const stderr = recorded();
  const exitCode = await runProgram(typed, {
    stdin: Readable.from([Buffer.from(options.input ?? "")]),
    stdout: stdout.stream,
    stderr: stderr.stream,
    environment: { HOME: "/nonexistent", ...options.environment },
    stop: options.stop ?? new AbortController().signal,
    nowMs: options.nowMs ?? (() => Date.now()),
  });
  await new Promise((resolve) => setImmediate(resolve));
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

/** Splits a line as a shell would, for lines without quotes and with single ones. */
export const shellWords = (line: string): string[] =>
  [...line.matchAll(/'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? "");
