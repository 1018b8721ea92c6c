/**
 * The benchmark at toy size, for every change: a minute, and gates on ratios alone. What fails
 * is measured once more, since a neighbour may have been busy for a second.
 */

import { measureToyAnswers } from "./answers/toy-answers.js";
import { batchShape, singleShape } from "./append-rows.js";
import { type AppendShape, Bench, withoutViews } from "./bench.js";
import { short } from "./figures.js";
import { betterOf, type GateResult, judgeGates, type ToyFacts } from "./gates.js";
import { runHashBench } from "./hash.js";
import { runLoad, ServedNode, standStill } from "./processes.js";
import { openLongLog } from "./read-rows.js";

const toyScale = {
  seconds: 1.2,
  warmUpSeconds: 0.4,
  runs: 1,
  longLogEntries: 0,
  memorySeconds: 0,
  viewEntries: 20_000,
};

const openEntries = 100_000;
const openRuns = 5;

async function rateOf(bench: Bench, node: ServedNode, shape: AppendShape, rate?: number) {
  const job = bench.job(shape, node.address);
  const load = rate === undefined ? job : { ...job, entriesPerSecond: rate };
  const [run] = await runLoad(node, { kind: "append", load, runs: 1 });
  return run?.entriesPerSecond ?? 0;
}

/** Fewer signed ahead: a toy has no time. */
const toySingleShape = { ...singleShape, entriesPerSecondExpected: 15_000 };

async function measureAppends(bench: Bench, directory: string) {
  const node = await ServedNode.start(directory, withoutViews);
  try {
    await rateOf(bench, node, batchShape); // the code is warm from here on
    const batches = await rateOf(bench, node, batchShape);
    const singles = await rateOf(bench, node, toySingleShape);
    const openLoopAsked = Math.round(batches / 2);
    const openLoopShape = { ...batchShape, windowBatches: 1_024 };
    const openLoopReached = await rateOf(bench, node, openLoopShape, openLoopAsked);
    const leave = await standStill(node.address);
    const batchesWithStuckSubscriber = await rateOf(bench, node, batchShape).finally(leave);
    return { batches, singles, openLoopAsked, openLoopReached, batchesWithStuckSubscriber };
  } finally {
    await node.stop();
  }
}

async function measureCatchUp(directory: string): Promise<number> {
  const node = await ServedNode.start(directory, withoutViews);
  const job = { kind: "catch-up", address: node.address, runs: 2 } as const;
  const runs = await runLoad(node, job).finally(() => node.stop());
  return runs.at(-1)?.entriesPerSecond ?? 0;
}

const openMs = async (bench: Bench, entries: number): Promise<number> =>
  Math.min(...(await openLongLog(bench.directory(), entries, openRuns)));

async function measureToy(): Promise<ToyFacts> {
  const bench = new Bench(toyScale);
  try {
    const directory = `${bench.directory()}/data`;
    const appends = await measureAppends(bench, directory);
    const catchUp = await measureCatchUp(directory);
    const openShortMs = await openMs(bench, openEntries);
    const openLongMs = await openMs(bench, openEntries * 8);
    const answers = await measureToyAnswers(bench, appends.batches);
    const rows = await runHashBench({ rounds: 3, roundMs: 10 });
    const leaf = rows.find(({ name }) => name.startsWith("251"));
    const hashing = { lanesUs: leaf?.wasm ?? Number.NaN, portableUs: leaf?.portable ?? Number.NaN };
    return { ...appends, ...answers, catchUp, openShortMs, openLongMs, ...hashing };
  } finally {
    bench.close();
  }
}

const factLines = (facts: ToyFacts): string =>
  Object.entries(facts)
    .map(([name, value]) => `  ${name.padEnd(28)}${short(value)}`)
    .join("\n");

const gateLine = ({ gate, ratio, isPassed }: GateResult): string =>
  `${isPassed ? "ok    " : "FAILED"} ${gate.what}: ${short(ratio)}, at least ${gate.ratioMin}`;

/** Whether all gates hold. */
export async function runToy(say: (text: string) => void): Promise<boolean> {
  const facts = await measureToy();
  say(factLines(facts));
  let results = judgeGates(facts);
  if (!results.every(({ isPassed }) => isPassed)) {
    say("a gate failed: measuring once more");
    const again = await measureToy();
    say(factLines(again));
    results = betterOf(results, judgeGates(again));
  }
  for (const result of results) say(gateLine(result));
  return results.every(({ isPassed }) => isPassed);
}
