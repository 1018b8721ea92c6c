/**
 * The importer, in a process of its own: what it encodes and signs leaves the node's core alone,
 * and what it says travels over gRPC like anybody's.
 *
 *     node dist/tools/demo/importer/main.js ADDRESS KEY_FILE
 *
 * Started with a channel to its parent, which shows the progress and hears of the end.
 */
import { toFault } from "../../../cli/output.js";
import { connect, KeyPair } from "../../../src/client/index.js";
import { tallyOf } from "../../importers/disagreements.js";
import { idsAbout, importDatasets } from "../../importers/import-datasets.js";
import { readPackages } from "../../importers/packages.js";
import type { ImporterMessage, StopRequest } from "../importer-messages.js";

const progressMs = 100;

/** Resolves when it is handed over. Nobody listens any more where the parent is gone. */
const say = (message: ImporterMessage): Promise<void> =>
  new Promise((resolve) => {
    if (process.send === undefined || !process.connected) resolve();
    else process.send(message, undefined, {}, () => resolve());
  });

async function run(address: string, keyFile: string, signal: AbortSignal): Promise<void> {
  const keys = await KeyPair.load(keyFile);
  const datasets = readPackages();
  const tally = tallyOf(datasets);
  await say({ kind: "started", tally });
  const client = connect({ address });
  try {
    await client.ready();
    let saidMs = Number.NEGATIVE_INFINITY;
    const result = await importDatasets({
      client,
      keys,
      datasets,
      claimsTotal: tally.claims,
      signal,
      onProgress: (progress) => {
        const nowMs = performance.now();
        if (nowMs - saidMs < progressMs) return;
        saidMs = nowMs;
        void say({ kind: "progress", progress });
      },
    });
    const { example } = tally;
    const isWanted = result.isComplete && example !== undefined;
    const exampleIds = isWanted ? await idsAbout(client, example) : [];
    await say({ kind: "done", result, tally, exampleIds });
  } finally {
    client.close();
  }
}

const stop = new AbortController();
process.on("message", (message: StopRequest) => {
  if (message.kind === "stop") stop.abort();
});
// Without its parent there is no node either. What was sent is found by the next import.
const end = (): never => process.exit(1);
process.on("disconnect", end);
// Ctrl-C reaches the whole process group: the parent says when to stop.
process.on("SIGINT", () => {});

const [address = "", keyFile = ""] = process.argv.slice(2);
try {
  await run(address, keyFile, stop.signal);
} catch (error) {
  const { code, message, detail } = toFault(error);
  await say({ kind: "fault", code, message, detail });
  process.exitCode = 1;
}
process.off("disconnect", end);
if (process.connected) process.disconnect();
