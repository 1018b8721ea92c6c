/**
 * The process around the program: signals, a reader that goes away, the exit code.
 *
 * The first Ctrl-C or SIGTERM asks the command to stop, the second ends the process at once. A
 * closed pipe (`| head`) asks the command to stop too, and is no error.
 */
import { runProgram } from "./program.js";

/** How long handles that were left open may keep a finished process alive. */
const lingerMs = 2_000;
const EXIT_SIGNALLED = 130;

export async function runProcess(typed: readonly string[]): Promise<void> {
  process.env["GRPC_VERBOSITY"] ??= "NONE"; // what the gRPC library would print, our faults say
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_SIGNALLED);
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);

  let isCut = false;
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") throw error;
    isCut = true;
    stop.abort();
  };
  process.stdout.on("error", onOutputError);
  process.stderr.on("error", onOutputError);

  const exitCode = await runProgram(typed, {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    environment: process.env,
    stop: stop.signal,
    nowMs: () => Date.now(),
  });
  process.exitCode = isCut ? 0 : exitCode;
  process.stdin.destroy();
  setTimeout(() => process.exit(), lingerMs).unref();
}
