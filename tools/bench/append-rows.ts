/** The rows about appending: throughput, latency, open loop, memory. */
import {
  type AppendShape,
  type Bench,
  type Measured,
  measuredOf,
  type RowPlan,
  withoutViews,
} from "./bench.js";
import { type MeasuredRun, runLoad } from "./processes.js";

export const batchShape: AppendShape = {
  clients: 1,
  batchEntries: 256,
  messageBatches: 1,
  windowBatches: 8,
  entriesPerSecondExpected: 420_000,
};

const clientsShape: AppendShape = {
  clients: 16,
  batchEntries: 64,
  messageBatches: 1,
  windowBatches: 4,
  entriesPerSecondExpected: 350_000,
};

export const singleShape: AppendShape = {
  clients: 1,
  batchEntries: 1,
  messageBatches: 1,
  windowBatches: 64,
  entriesPerSecondExpected: 20_000,
};

const manySinglesShape: AppendShape = {
  clients: 1,
  batchEntries: 1,
  messageBatches: 64,
  windowBatches: 256,
  entriesPerSecondExpected: 30_000,
};

const lonelyShape: AppendShape = {
  clients: 1,
  batchEntries: 1,
  messageBatches: 1,
  windowBatches: 1,
  entriesPerSecondExpected: 4_000,
};

const batchesRow = "batches";

async function throughput(bench: Bench, name: string, shape: AppendShape): Promise<Measured> {
  const measured = measuredOf(await bench.append(shape));
  bench.rates.set(name, measured.figures.entriesPerSecond ?? 0);
  return measured;
}

async function openLoop(bench: Bench): Promise<Measured> {
  if (!bench.rates.has(batchesRow)) await throughput(bench, batchesRow, batchShape);
  const entriesPerSecond = Math.round((bench.rates.get(batchesRow) ?? 0) / 2);
  const shape = { ...batchShape, windowBatches: 1_024 };
  const runs = await bench.onFreshNode((node) =>
    runLoad(node, {
      kind: "append",
      load: { ...bench.job(shape, node.address), entriesPerSecond },
      runs: bench.scale.runs,
    }),
  );
  const asked = entriesPerSecond.toLocaleString("en-US");
  return { ...measuredOf(runs), note: `${asked} entries/s asked for` };
}

/** Largest memory in the middle and in the last third of the runs: equal where it is flat. */
function flatness(runs: readonly Pick<MeasuredRun, "serverMebibytes">[]): string {
  const most = (some: typeof runs) => Math.max(...some.map((run) => run.serverMebibytes));
  const third = Math.floor(runs.length / 3);
  if (third === 0) return "too short to say whether it is flat";
  const [middle, last] = [most(runs.slice(third, 2 * third)), most(runs.slice(2 * third))];
  return `most in the middle third ${middle.toFixed(0)}, in the last ${last.toFixed(0)} MiB`;
}

/** Signing ahead takes memory, so the time is made of runs, and the node rests between them. */
async function memory(bench: Bench): Promise<Measured> {
  const seconds = 10;
  const runs = Math.max(1, Math.round(bench.scale.memorySeconds / seconds));
  const results = await bench.onFreshNode((node) => {
    const time = { seconds, warmUpSeconds: 0 };
    return runLoad(node, {
      kind: "append",
      load: { ...bench.job(batchShape, node.address), ...time, preparedBytesMax: 800_000_000 },
      runs,
    });
  });
  const { figures } = measuredOf(results);
  const rate = Math.round(figures.entriesPerSecond ?? 0).toLocaleString("en-US");
  return {
    figures: { mebibytes: Math.max(...results.map((run) => run.serverMebibytes)) },
    note: `${runs * seconds} s at ${rate} entries/s; ${flatness(results)}`,
  };
}

const row = (plan: Omit<RowPlan, "run"> & { readonly shape: AppendShape }): RowPlan => {
  const { shape, ...facts } = plan;
  return { ...facts, run: (bench) => throughput(bench, plan.name, shape) };
};

export const appendRows: readonly RowPlan[] = [
  row({
    name: batchesRow,
    what: "one client, batches of 256, 2,048 entries in flight",
    must: { entriesPerSecondMin: 200_000, p99Max: 25 },
    aim: { entriesPerSecondMin: 350_000 },
    shape: batchShape,
  }),
  row({
    name: "clients",
    what: "16 clients, batches of 64, 4 in flight each",
    must: { entriesPerSecondMin: 170_000 },
    aim: { entriesPerSecondMin: 280_000 },
    shape: clientsShape,
  }),
  row({
    name: "singles",
    what: "batches of one, one to a message, 64 in flight",
    must: { entriesPerSecondMin: 12_000 },
    aim: { entriesPerSecondMin: 14_000 },
    shape: singleShape,
  }),
  row({
    name: "many-singles",
    what: "batches of one, 64 to a message, 256 in flight",
    must: { entriesPerSecondMin: 16_000 },
    aim: { entriesPerSecondMin: 22_000 },
    shape: manySinglesShape,
  }),
  {
    name: "many-singles-2",
    what: "the same with `ingest.workers = 2`",
    must: {},
    aim: {},
    run: async (bench) =>
      measuredOf(await bench.append(manySinglesShape, [...withoutViews, "--ingest-workers", "2"])),
  },
  row({
    name: "window-1",
    what: "one entry at a time",
    must: { p50Max: 0.8, p99Max: 3 },
    aim: { p50Max: 0.5, p99Max: 1.5 },
    shape: lonelyShape,
  }),
  {
    name: "open-loop",
    what: "open loop at half of the first row",
    must: { p99Max: 25 },
    aim: { p99Max: 10 },
    run: openLoop,
  },
];

export const memoryRow: RowPlan = {
  name: "memory",
  what: "the node's anonymous memory (RssAnon) under the first row",
  must: { mebibytesMax: 400 },
  aim: { mebibytesMax: 250 },
  run: memory,
};
