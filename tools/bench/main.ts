/**
 * The benchmark: `npm run bench`, or a part of it.
 *
 *     this process             starts, waits, counts; idle while something is measured
 *     stemedb-api              the node, fresh for each row, as it is installed
 *     load process             signs ahead, sends, takes the times
 *     peer process + server    other databases, one after the other, with the same entries
 *
 * Everything runs on this machine, and client and server share it: so does what is compared.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { answerRows } from "./answers/answer-rows.js";
import { appendRows, memoryRow } from "./append-rows.js";
import { Bench, loadAverage, type Measured, type RowPlan, type Scale } from "./bench.js";
import { readTyped, type Typed, TypedWrongly } from "./command-line.js";
import { machineFacts } from "./machine.js";
import { type PeerOutcome, runPeers } from "./peers/run-peers.js";
import { mind } from "./processes.js";
import { readRows } from "./read-rows.js";
import { peerLines, type RowResult, rowLine, withReport } from "./report.js";
import { runToy } from "./toy.js";

const page = "docs/benchmarks.md";
const rows: readonly RowPlan[] = [...appendRows, ...readRows, memoryRow, ...answerRows];
const peersName = "peers";

/** Parts of the node alone; each says at its head what it measures, and what it takes. */
const parts: ReadonlyMap<string, URL> = new Map([
  ["hash", new URL("./hash.js", import.meta.url)],
  ["entry", new URL("./entry.js", import.meta.url)],
  ["wal", new URL("./wal.js", import.meta.url)],
  ["sequences", new URL("./sequences.js", import.meta.url)],
  ["id-index", new URL("./id-index.js", import.meta.url)],
]);

const known = [...rows.map(({ name }) => name), peersName, ...parts.keys()];

const helpText = `npm run bench -- [flags]

Measures a node and what stands beside it. Without flags: every row, and the peers.

  --toy             a minute, and gates on ratios within the run: what every change must pass
  --quick           shorter runs, and a shorter log to open
  --long            the node's memory is watched for 10 minutes instead of one
  --only NAMES      of these, separated by commas: ${known.join(", ")}
  --seconds SECONDS of each run; preset 5
  --runs COUNT      of each row; the median counts; preset 3
  --write           write ${page}
  -- ARGUMENTS      for a part (hash, entry, wal, sequences, id-index): see the head of its file`;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

function scaleOf(typed: Typed): Scale {
  const { isQuick, isLong } = typed;
  return {
    seconds: typed.seconds ?? (isQuick ? 2 : 5),
    warmUpSeconds: 1,
    runs: typed.runs ?? (isQuick ? 1 : 3),
    longLogEntries: isQuick ? 1_000_000 : 20_000_000,
    memorySeconds: isLong ? 600 : isQuick ? 10 : 60,
    viewEntries: isQuick ? 100_000 : 1_000_000,
  };
}

/** Runs a part as a program of its own. */
async function runPart(url: URL, rest: readonly string[]): Promise<boolean> {
  const child = mind(spawn(process.execPath, [fileURLToPath(url), ...rest], { stdio: "inherit" }));
  const [code] = (await once(child, "close")) as [number | null];
  return code === 0;
}

async function runRows(bench: Bench, plans: readonly RowPlan[]): Promise<readonly RowResult[]> {
  const results: RowResult[] = [];
  for (const plan of plans) {
    const before = loadAverage();
    // A row that fails costs no other: it says so, and the benchmark ends with 1.
    const measured = await plan.run(bench).catch((error: unknown): Measured => {
      process.exitCode = 1;
      return { figures: {}, note: `failed: ${error instanceof Error ? error.message : error}` };
    });
    const result = { ...measured, plan, loadAverage: before };
    results.push(result);
    say(rowLine(result));
  }
  return results;
}

function sayPeer(outcome: PeerOutcome): void {
  for (const line of peerLines(outcome)) say(line.filter((cell) => cell !== "").join("; "));
}

function write(
  typed: Typed,
  scale: Scale,
  rows: readonly RowResult[],
  peers: readonly PeerOutcome[],
) {
  const command = ["npm run bench --", ...process.argv.slice(2)].join(" ");
  const { runs, seconds, warmUpSeconds } = scale;
  const method = `median of ${runs} runs of ${seconds} s each, after ${warmUpSeconds} s of warm-up`;
  const date = new Date().toISOString().slice(0, 10);
  const report = { command, date, machine: machineFacts(), method, rows, peers };
  if (typed.isWriting) writeFileSync(page, withReport(readFileSync(page, "utf8"), report));
}

async function runFull(typed: Typed): Promise<void> {
  const { only } = typed;
  const isWanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const scale = scaleOf(typed);
  const bench = new Bench(scale);
  try {
    for (const [name, value] of machineFacts()) say(`${name}: ${value}`);
    const results = await runRows(
      bench,
      rows.filter(({ name }) => isWanted(name)),
    );
    const peers = isWanted(peersName) ? await runPeers(bench, sayPeer) : [];
    write(typed, scale, results, peers);
  } finally {
    await bench.end();
  }
}

async function run(): Promise<boolean> {
  const typed = readTyped(process.argv.slice(2), known);
  if (typed.isAskingHelp) {
    say(helpText);
    return true;
  }
  if (typed.isToy) return runToy(say);
  const [first] = typed.only;
  const part = parts.get(first ?? "");
  if (part !== undefined) return runPart(part, typed.rest); // alone, whatever else was named
  await runFull(typed);
  return true;
}

try {
  if (!(await run())) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof TypedWrongly)) throw error;
  process.stderr.write(`${error.message}\n\n${helpText}\n`);
  process.exitCode = 2;
}
