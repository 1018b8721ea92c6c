/** Starts the importer, hands on its progress, and gives back its report. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Fault } from "../../src/model/fault.js";
import type { Tally } from "../importers/disagreements.js";
import type { ImportProgress } from "../importers/import-datasets.js";
import type { ImporterMessage, ImportReport, StopRequest } from "./importer-messages.js";

export interface ImporterOptions {
  readonly address: string;
  readonly keyFile: string;
  /** Asks the importer to finish what it has sent, and to end. */
  readonly signal: AbortSignal;
  readonly onStarted: (tally: Tally) => void;
  readonly onProgress: (progress: ImportProgress) => void;
}

const program = fileURLToPath(new URL("./importer/main.js", import.meta.url));
const stopRequest: StopRequest = { kind: "stop" };

/** Resolves when the importer has ended. Throws the fault that it ended with. */
export async function runImporter(options: ImporterOptions): Promise<ImportReport> {
  const { address, keyFile, signal } = options;
  const child = fork(program, [address, keyFile], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const stop = () => child.connected && child.send(stopRequest, () => {});
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await reportOf(child, options);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function reportOf(child: ChildProcess, options: ImporterOptions): Promise<ImportReport> {
  let report: ImportReport | undefined;
  let fault: Fault | undefined;
  child.on("message", (message: ImporterMessage) => {
    switch (message.kind) {
      case "started":
        return options.onStarted(message.tally);
      case "progress":
        return options.onProgress(message.progress);
      case "done":
        report = message;
        return;
      case "fault":
        fault = new Fault(message.code, message.message, message.detail);
    }
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, killedBy) => {
      if (report !== undefined) resolve(report);
      else reject(fault ?? silentEnd(code, killedBy));
    });
  });
}

const silentEnd = (code: number | null, killedBy: string | null): Fault =>
  new Fault("INTERNAL", "the importer ended without a word: start again, it completes the rest", {
    exit_code: code ?? -1,
    signal: killedBy ?? "none",
  });
