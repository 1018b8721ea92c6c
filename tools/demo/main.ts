/**
 * `npm start`: a node, and real claims that disagree streamed into it.
 *
 *     this process                                   child process
 *     the node: gRPC, log  ◀── claims, signed ──── the importer: packages ▶ claims ▶ entries
 *     bar, results         ◀── progress (IPC) ────
 *     answers, asked over gRPC as anybody would
 *
 * The node is the one of `steme serve`, and keeps serving until Ctrl-C. Ctrl-C during the import
 * settles what was sent and ends; the next run completes the rest. A second one ends at once, and
 * the log loses nothing by that.
 */
import { join } from "node:path";
import { EXIT_FAULT, EXIT_FINE, EXIT_USAGE } from "../../cli/command.js";
import { Output, toFault } from "../../cli/output.js";
import { Usage } from "../../cli/usage.js";
import { connect } from "../../src/client/index.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { type Fault, isFault } from "../../src/model/fault.js";
import { type Answering, showFirst, showThree } from "./answering.js";
import type { ImportReport } from "./importer-messages.js";
import { runImporter } from "./importer-process.js";
import { ImportScreen, linesToCopy, resultText, tallyText } from "./report.js";
import { helpText, readTyped, type Typed } from "./typed.js";

interface Addresses {
  readonly grpcAddress: string;
  readonly httpAddress: string;
}

const EXIT_SIGNALLED = 130;
/** How long handles that were left open may keep a finished process alive. */
const lingerMs = 2_000;

process.env["GRPC_VERBOSITY"] ??= "NONE"; // what the gRPC library would print, our faults say
const stop = new AbortController();
const output = new Output({
  stdout: process.stdout,
  stderr: process.stderr,
  isJson: false,
  environment: process.env,
});

function listen(): void {
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_SIGNALLED);
    stop.abort();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== "EPIPE") throw error;
    stop.abort(); // nobody reads any more
  };
  process.stdout.on("error", onOutputError);
  process.stderr.on("error", onOutputError);
}

async function run(): Promise<number> {
  const typed = await readTyped(process.argv.slice(2), process.env);
  if (typed.isAskingHelp) {
    await output.write(`${helpText}\n`);
    return EXIT_FINE;
  }
  const { startServer } = await import("../../src/server.js");
  const server = await startServer(typed.options);
  try {
    return await serve(typed, server);
  } finally {
    await server.stop();
  }
}

async function serve(
  { options, isExiting }: Typed,
  { grpcAddress: address, httpAddress }: Addresses,
): Promise<number> {
  await output.write(`a node in ${options.dataDir} listens on ${address}\n`);
  const client = connect({ address });
  const answering = { client, output, signal: stop.signal };
  try {
    const report = await load(options.dataDir, address, answering);
    const { result, tally } = report;
    await output.write(`${resultText(result)}\n`);
    if (!result.isComplete) return isExiting ? EXIT_FAULT : EXIT_FINE;

    await output.write(`\n${tallyText(tally)}\n\n`);
    const [question] = await showThree(answering);
    const places = { address, httpAddress, environment: process.env };
    await output.write(`${linesToCopy(report, question, places)}\n`);
  } finally {
    client.close();
  }
  if (isExiting) return EXIT_FINE;
  await output.write("\nserving until Ctrl-C\n");
  if (!stop.signal.aborted) {
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
  }
  return EXIT_FINE;
}

/** Runs the importer to its end, and shows what is contested as soon as something is. */
async function load(dataDir: string, address: string, answering: Answering): Promise<ImportReport> {
  const screen = new ImportScreen(output);
  const imported = new AbortController();
  const first = showFirst(answering, imported.signal, () => screen.clear());
  try {
    return await runImporter({
      address,
      keyFile: join(dataDir, "keys", "importer.key"),
      signal: stop.signal,
      onStarted: ({ claims }) => output.note(`${claims.toLocaleString("en-US")} claims to compare`),
      onProgress: (progress) => screen.show(progress),
    });
  } finally {
    imported.abort();
    await first;
    screen.clear();
  }
}

/** How the setting that a fault is about is typed. */
function hintOf(fault: Fault): string | undefined {
  if (isFault(fault, "ADDRESS_IN_USE")) return "npm start -- --grpc-address 127.0.0.1:0";
  if (isFault(fault, "DATA_DIRECTORY_IN_USE")) return "npm start -- --data-dir ./other-data";
  if (isFault(fault, "DISK_FULL")) {
    return "Make room and start again: what is appended stays, and the rest is completed.";
  }
  return undefined;
}

function fail(error: unknown): number {
  if (error instanceof AssertionFailure) throw error;
  const fault = toFault(error);
  output.error(fault, hintOf(fault));
  if (fault.code === "INTERNAL" && error instanceof Error && error !== fault) {
    output.note(error.stack ?? "");
  }
  return fault instanceof Usage || fault.code === "CONFIG_INVALID" ? EXIT_USAGE : EXIT_FAULT;
}

listen();
process.exitCode = await run().catch(fail);
setTimeout(() => process.exit(), lingerMs).unref();
