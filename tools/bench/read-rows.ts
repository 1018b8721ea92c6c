/** The rows about reading, opening and what a log weighs. */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { batchShape } from "./append-rows.js";
import { type Bench, type Measured, measuredOf, type RowPlan, withoutViews } from "./bench.js";
import { medianFigures, spreadText } from "./figures.js";
import type { LongLogJob, LongLogMessage } from "./long-log.js";
import { mind, runLoad, ServedNode } from "./processes.js";

const longLogProgram = fileURLToPath(new URL("./long-log.js", import.meta.url));
const killDelayMs = 2_000;
const demoProgram = fileURLToPath(new URL("../demo/main.js", import.meta.url));

/** A log of its own, written over the wire, and read by a node that has just been started. */
async function catchUp(bench: Bench): Promise<Measured> {
  const { scale } = bench;
  const data = join(bench.directory(), "data");
  const writer = await ServedNode.start(data, withoutViews);
  const seconds = scale.seconds * 2;
  const load = { ...bench.job(batchShape, writer.address), seconds };
  await runLoad(writer, { kind: "append", load, runs: 1 }).finally(() => writer.stop());
  const node = await ServedNode.start(data, withoutViews);
  try {
    const job = { kind: "catch-up", address: node.address, runs: scale.runs + 1 } as const;
    const [warmUp, ...runs] = await runLoad(node, job);
    const entries = (warmUp?.entries ?? 0).toLocaleString("en-US");
    return { ...measuredOf(runs), note: `${entries} entries; files in the page cache` };
  } finally {
    await node.stop();
    bench.remove(data);
  }
}

async function live(bench: Bench): Promise<Measured> {
  const shape = { ...batchShape, batchEntries: 64, windowBatches: 64 };
  const { runs } = bench.scale;
  const results = await bench.onFreshNode((node) => {
    const load = { ...bench.job(shape, node.address), entriesPerSecond: 20_000 };
    return runLoad(node, { kind: "live", load, runs });
  });
  const measured = measuredOf(results);
  return { ...measured, note: "batches of 64; one subscriber" };
}

async function askLongLog(job: LongLogJob): Promise<LongLogMessage> {
  const stdio = ["ignore", "inherit", "inherit", "ipc"] as const;
  const child = mind(fork(longLogProgram, [], { stdio: [...stdio] }));
  let answer: LongLogMessage | undefined;
  child.on("message", (message: LongLogMessage) => {
    answer = message;
  });
  child.send(job);
  const [code] = (await once(child, "close")) as [number | null];
  if (answer === undefined) throw new Error(`the maker of long logs ended with ${code}`);
  return answer;
}

/** Where long logs are kept for the next benchmark, since they take a minute to make. */
const longLogDirectory = (entries: number): string =>
  join(tmpdir(), `stemedb-bench-log-${entries}-v2`);

/**
 * The data directory of a node with a long log. The node was started on it once, so that its state
 * knows all of it.
 */
async function longLog(directory: string, entries: number): Promise<string> {
  const data = join(directory, "data");
  const mark = join(directory, "complete");
  if (existsSync(mark)) return data;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  await (await ServedNode.start(data, withoutViews)).stop();
  await askLongLog({ kind: "make", dataDirectory: data, entries });
  await (await ServedNode.start(data, withoutViews)).stop();
  writeFileSync(mark, "");
  return data;
}

/** Opens a long log as a part of a process that runs already. */
export async function openLongLog(
  directory: string,
  entries: number,
  runs: number,
): Promise<readonly number[]> {
  const dataDirectory = await longLog(directory, entries);
  return (await askLongLog({ kind: "open", dataDirectory, runs })).openMs;
}

async function openOnly(bench: Bench): Promise<Measured> {
  const { longLogEntries, runs } = bench.scale;
  const times = await openLongLog(longLogDirectory(longLogEntries), longLogEntries, runs);
  const results = times.map((ms) => ({ ms }));
  const note = `${longLogEntries.toLocaleString("en-US")} entries; in a process that is new`;
  return { figures: medianFigures(results), spread: spreadText(results), note };
}

async function openNode(bench: Bench): Promise<Measured> {
  const { longLogEntries, runs } = bench.scale;
  const data = await longLog(longLogDirectory(longLogEntries), longLogEntries);
  const results: { ms: number }[] = [];
  for (let run = 0; run <= runs; run++) {
    const node = await ServedNode.start(data, withoutViews);
    if (run > 0) results.push({ ms: node.startMs });
    await node.stop();
  }
  const entries = longLogEntries.toLocaleString("en-US");
  const note = `${entries} entries; from the start of the process until it serves`;
  return { figures: medianFigures(results), spread: spreadText(results), note };
}

/** Killed in the middle of the first row, and started again. */
async function openAfterKill(bench: Bench): Promise<Measured> {
  const data = join(bench.directory(), "data");
  const results: { ms: number }[] = [];
  let node = await ServedNode.start(data, withoutViews);
  for (let run = 0; run < bench.scale.runs; run++) {
    const load = { ...bench.job(batchShape, node.address), seconds: 60, warmUpSeconds: 0 };
    const dying = node;
    const onMeasuring = () => setTimeout(() => void dying.kill(), killDelayMs);
    const job = { kind: "append", load, runs: 1 } as const;
    await runLoad(node, job, onMeasuring).catch(() => undefined); // its node dies
    await node.kill();
    node = await ServedNode.start(data, withoutViews);
    results.push({ ms: node.startMs });
  }
  await node.stop();
  bench.remove(data);
  const note = "until it serves; killed in the middle of the first row";
  return { figures: medianFigures(results), spread: spreadText(results), note };
}

/** Bytes of the log's files, without the zeros that wait for what comes next. */
function walBytesOf(directory: string): number {
  let bytes = 0;
  for (const name of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".seg")) continue;
    const file = readFileSync(join(directory, name));
    let end = file.length;
    while (end > 0 && file[end - 1] === 0) end--;
    bytes += end;
  }
  return bytes;
}

/** Runs the demo into a node of its own, and weighs the log that it made. */
async function weigh(bench: Bench): Promise<Measured> {
  const data = join(bench.directory(), "data");
  const addresses = ["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0"];
  const flags = ["--exit", "--data-dir", data, ...addresses];
  const demo = mind(
    spawn(process.execPath, [demoProgram, ...flags], { stdio: ["ignore", "ignore", "pipe"] }),
  );
  let said = "";
  demo.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = (await once(demo, "close")) as [number | null];
  if (code !== 0) throw new Error(`the demo ended with ${code}: ${said}`);
  const walBytes = walBytesOf(join(data, "wal"));
  const node = await ServedNode.start(data, withoutViews);
  const job = { kind: "catch-up", address: node.address, runs: 1 } as const;
  const [run] = await runLoad(node, job).finally(() => node.stop());
  bench.remove(data);
  const { entries = 0, entryBytes = 1 } = run ?? {};
  const mean = (entryBytes / Math.max(1, entries)).toFixed(0);
  const note = `${entries.toLocaleString("en-US")} entries of ${mean} bytes`;
  return { figures: { ratio: walBytes / entryBytes }, note };
}

export const readRows: readonly RowPlan[] = [
  {
    name: "catch-up",
    what: "one subscriber catching up from disk",
    must: { entriesPerSecondMin: 250_000 },
    aim: { entriesPerSecondMin: 600_000 },
    run: catchUp,
  },
  {
    name: "live",
    what: "live, receipt to delivery, at 20,000 entries/s",
    must: { p99Max: 20 },
    aim: { p99Max: 5 },
    run: live,
  },
  {
    name: "open",
    what: "open a log of 20 million entries: the log",
    must: { msMax: 1_000 },
    aim: { msMax: 200 },
    run: openOnly,
  },
  {
    name: "start",
    what: "the same: the whole node",
    must: { msMax: 1_000 },
    aim: { msMax: 200 },
    run: openNode,
  },
  {
    name: "restart",
    what: "start after SIGKILL under load",
    must: {},
    aim: {},
    run: openAfterKill,
  },
  {
    name: "size",
    what: "WAL bytes per entry byte (demo data)",
    must: { ratioMax: 0.6 },
    aim: { ratioMax: 0.4 },
    run: weigh,
  },
];
