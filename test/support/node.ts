/** A node in a process of its own, as users start it, in a temporary directory. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Ended, type StartedProcess, startProcess } from "./process.js";
import { temporaryDirectory } from "./temporary.js";

const build = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** The compiled `steme` of this build. */
export const stemePath = join(build, "cli/main.js");
export const apiPath = join(build, "cli/stemedb-api.js");

export interface StartedNode {
  readonly address: string;
  readonly dataDir: string;
  readonly process: StartedProcess;
  /** SIGTERM, and the end. */
  stop(): Promise<Ended>;
}

/** Starts `steme serve` on a free port; `more` are further flags. */
export async function startNode(
  more: readonly string[] = [],
  dataDir = join(temporaryDirectory("node"), "data"),
): Promise<StartedNode> {
  const started = startProcess(process.execPath, [
    stemePath,
    ...["serve", "--json", "--data-dir", dataDir],
    ...["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0"],
    ...["--wal-reserve-bytes", "0", "--log-level", "warn", ...more],
  ]);
  const [, address = ""] = await started.line(/"grpc_address":"([^"]+)"/, 30_000);
  return { address, dataDir, process: started, stop: () => started.kill("SIGTERM") };
}
