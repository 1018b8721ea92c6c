/**
 * A load, in a process of its own: so that signing ahead, sending and hearing answers share nothing
 * with the node but the machine. Takes one job over IPC, says what it measured, and ends.
 */
import { type AppendResult, runAppendLoad } from "../../cli/load/append.js";
import { runCatchUpLoad, runLiveLoad } from "../../cli/load/subscribe.js";
import { connect } from "../../src/client/index.js";
import type { Job, JobMessage, RunResult } from "./jobs.js";

const say = (message: JobMessage): Promise<void> =>
  new Promise((resolve, reject) => {
    process.send?.(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });

/** Says once that the measured time begins; tells what was used of the cores since. */
class Begin {
  #ms = 0;
  #cpu = process.cpuUsage();

  readonly mark = (): void => {
    if (this.#ms > 0) return;
    this.#ms = performance.now();
    this.#cpu = process.cpuUsage();
    void say({ kind: "measuring" });
  };

  coresSince(): number {
    const { user, system } = process.cpuUsage(this.#cpu);
    return (user + system) / 1000 / (performance.now() - this.#ms);
  }
}

type Uncounted = Omit<RunResult, "loadCores">;

function appended(result: AppendResult): Uncounted {
  if (result.refused > 0) throw new Error(`the node refused ${result.refused} batches`);
  const { p50, p99, p999 } = result.latencyMs;
  return {
    entriesPerSecond: result.entriesPerSecond,
    p50,
    p99,
    p999,
    entries: result.entries,
    entryBytes: result.entryBytesPerSecond * result.seconds,
    signedDuring: result.signedDuring,
  };
}

async function measure(
  job: Exclude<Job, { kind: "stuck" }>,
  onProgress: () => void,
): Promise<Uncounted> {
  switch (job.kind) {
    case "append":
      return appended(await runAppendLoad({ ...job.load, onProgress }));
    case "catch-up": {
      const { address } = job;
      onProgress();
      const load = { address, subscribers: 1, start: "start" } as const;
      const { entriesPerSecond, entries, entryBytes } = await runCatchUpLoad(load);
      return { entriesPerSecond, entries, entryBytes, signedDuring: 0 };
    }
    case "live": {
      const append = { ...job.load, onProgress };
      const result = await runLiveLoad({ subscribers: 1, append });
      const { p50, p99, p999 } = result.deliveryMs;
      return { ...appended(result.append), p50, p99, p999 };
    }
  }
}

async function runOnce(job: Exclude<Job, { kind: "stuck" }>): Promise<RunResult> {
  const begin = new Begin();
  const result = await measure(job, begin.mark);
  return { ...result, loadCores: begin.coresSince() };
}

async function standStill(address: string): Promise<void> {
  const client = connect({ address });
  const events = client.subscribe({ start: "start", resume: false });
  await events.next(); // it stands; nothing is read from here on
  await say({ kind: "standing" });
  await new Promise((resolve) => process.once("disconnect", resolve));
  events.close();
  client.close();
}

async function run(job: Job): Promise<void> {
  if (job.kind === "stuck") return standStill(job.address);
  for (let run = 0; run < job.runs; run++) {
    await say({ kind: "measured", result: await runOnce(job) });
  }
}

process.once("message", (job: Job) => {
  if (job.kind !== "stuck") process.once("disconnect", () => process.exit(1));
  run(job)
    .catch((error: unknown) => say({ kind: "failed", message: String(error) }))
    .finally(() => process.exit());
});
