/**
 * The rows about answers: how views follow, what an answer costs, beside PostgreSQL.
 *
 * Three nodes are filled once each and serve several rows: the demo's claims; a long history with
 * one question of a thousand versions; and a large one whose questions are of chance.
 */
import { join } from "node:path";
import { batchShape } from "../append-rows.js";
import { type Bench, type Measured, measuredOf, type RowPlan, withoutViews } from "../bench.js";
import { medianFigures, short, spreadText } from "../figures.js";
import { ServedNode } from "../processes.js";
import {
  type AnswerJob,
  type AnswerJobResult,
  type AskJob,
  largeCrowd,
  smallCrowd,
  versionedQuestion,
} from "./answer-jobs.js";
import { eventLoopDelayMs, keptAnswers, runAnswerJob } from "./answer-process.js";
import { keyspaceBytes } from "./keyspace-bytes.js";
import { postgresRows } from "./postgres-rows.js";

interface Filled {
  readonly node: ServedNode;
  readonly dataDirectory: string;
  readonly result: AnswerJobResult;
}

/** Nodes that several rows ask: filled when the first of them needs one. */
class FilledNodes {
  readonly #bench: Bench;
  readonly #nodes = new Map<string, Promise<Filled>>();

  constructor(bench: Bench) {
    this.#bench = bench;
    bench.atEnd(async () => {
      for (const filled of this.#nodes.values()) await (await filled).node.stop();
    });
  }

  get(name: string, jobFor: (node: ServedNode, data: string) => AnswerJob): Promise<Filled> {
    let filled = this.#nodes.get(name);
    if (filled === undefined) {
      filled = this.#fill(jobFor);
      this.#nodes.set(name, filled);
    }
    return filled;
  }

  /** Stops a node that no row asks any more. */
  async release(name: string): Promise<void> {
    const filled = this.#nodes.get(name);
    this.#nodes.delete(name);
    await (await filled)?.node.stop();
  }

  async #fill(jobFor: (node: ServedNode, data: string) => AnswerJob): Promise<Filled> {
    const dataDirectory = join(this.#bench.directory(), "data");
    const node = await ServedNode.start(dataDirectory);
    const result = await runAnswerJob(jobFor(node, dataDirectory));
    return { node, dataDirectory, result };
  }
}

const nodesOf = new WeakMap<Bench, FilledNodes>();

function filledNodes(bench: Bench): FilledNodes {
  const known = nodesOf.get(bench) ?? new FilledNodes(bench);
  nodesOf.set(bench, known);
  return known;
}

const demo = (bench: Bench): Promise<Filled> =>
  filledNodes(bench).get("demo", ({ address }, data) => {
    return { kind: "demo", address, keyFile: join(data, "keys", "importer.key") };
  });

/** A million entries, among them a thousand versions of one question. */
const history = (bench: Bench): Promise<Filled> => {
  const entries = bench.scale.viewEntries;
  const random = { entries, questions: Math.ceil(entries / 4), versionEvery: entries / 1_000 };
  return filledNodes(bench).get("history", ({ address }) => {
    return { kind: "random", address, ...random };
  });
};

const ofJob = ({ figures, note }: AnswerJobResult): Measured =>
  note === undefined ? { figures } : { figures, note };

/** The same asked so many times: the median, and how far apart they are. */
async function asked(bench: Bench, job: Omit<AskJob, "kind" | "seconds" | "warmUpSeconds">) {
  const { runs, seconds, warmUpSeconds } = bench.scale;
  const results: AnswerJobResult[] = [];
  for (let run = 0; run < runs; run++) {
    results.push(await runAnswerJob({ kind: "ask", seconds, warmUpSeconds, ...job }));
  }
  const figures = results.map((result) => result.figures);
  return { figures: medianFigures(figures), spread: spreadText(figures) };
}

/** What is kept ready is asked without decay. */
const materialised = { lens: "consensus", parameters: { decay: "none" } } as const;
/** Each source a voice: every claim of a crowd is weighed. */
const onTheFly = { lens: "consensus", parameters: { voices: "sources" } } as const;

async function askDemo(bench: Bench, callers: number, isHttp = false): Promise<Measured> {
  const { node } = await demo(bench);
  const { address, httpAddress } = node;
  if (isHttp && httpAddress === undefined) throw new Error("the node answers no HTTP");
  const http = isHttp && httpAddress !== undefined ? { httpAddress } : {};
  const job = { address, ...http, asked: { kind: "demo" }, callers, ...materialised } as const;
  const before = await keptAnswers(node);
  const measured = await asked(bench, job);
  const after = await keptAnswers(node);
  const weighed = after.others - before.others;
  return weighed === 0 ? measured : { ...measured, note: `${weighed} of them were weighed` };
}

async function httpRatio(bench: Bench): Promise<Measured> {
  const grpc = await askDemo(bench, 1);
  const http = await askDemo(bench, 1, true);
  const [left = Number.NaN, right = Number.NaN] = [http.figures.p50, grpc.figures.p50];
  const note = `medians of ${short(left)} and ${short(right)} ms, one caller each`;
  return { figures: { ratio: left / right }, note };
}

async function weigh(bench: Bench): Promise<Measured> {
  const { node, dataDirectory, result } = await demo(bench);
  await node.stop();
  await filledNodes(bench).release("demo");
  const { fileBytes, keyspaces } = await keyspaceBytes(dataDirectory);
  const perEntry = (bytes: number): string => short(bytes / result.entries);
  const shares = keyspaces
    .filter(({ bytes }) => bytes > 0)
    .map(({ name, bytes }) => `${name} ${perEntry(bytes)}`);
  const note = `keys and values: ${shares.join(", ")}; the rest is LMDB's pages`;
  return { figures: { bytesPerEntry: fileBytes / result.entries }, note };
}

async function crowd(bench: Bench, question: number, claims: number): Promise<Measured> {
  const { node } = await history(bench);
  await runAnswerJob({ kind: "crowd", address: node.address, question, claims });
  await eventLoopDelayMs(node);
  const asking = { address: node.address, asked: { kind: "generated", question, claims } } as const;
  const { figures, spread } = await asked(bench, { ...asking, callers: 1, ...onTheFly });
  const delayMs = await eventLoopDelayMs(node);
  const { p50 = Number.NaN, p99 = Number.NaN } = figures;
  const late = delayMs === undefined ? "" : `; event loop at most ${short(delayMs)} ms late`;
  const note = `the median; p99 ${short(p99)} ms${late}`;
  return { figures: { ms: p50 }, spread, note };
}

async function asOf(bench: Bench): Promise<Measured> {
  const { node, result } = await history(bench);
  const { address } = node;
  const generated = { kind: "generated", question: versionedQuestion } as const;
  const asking = { address, asked: generated, callers: 1, lens: "consensus" } as const;
  const parameters = { decay: "class" } as const;
  const now = await asked(bench, { ...asking, parameters });
  const span = result.untilMs - result.fromMs;
  const asOfMs = { from: result.fromMs + span / 10, until: result.untilMs - span / 10 };
  const then = await asked(bench, { ...asking, parameters, asOfMs });
  const ready = await asked(bench, { ...asking, parameters: { decay: "none" } });
  const [left = Number.NaN, right = Number.NaN] = [then.figures.p50, now.figures.p50];
  const note =
    `medians of ${short(left)} and ${short(right)} ms, both weighed with decay; ` +
    `${short(ready.figures.p50 ?? Number.NaN)} ms now without decay`;
  return { figures: { ratio: left / right }, note };
}

/** Views that follow an append as fast as it goes, and none: the same load on fresh nodes. */
async function appendBeside(bench: Bench): Promise<Measured> {
  const rate = async (flags: readonly string[]): Promise<number> =>
    measuredOf(await bench.append(batchShape, flags)).figures.entriesPerSecond ?? 0;
  const without = await rate(withoutViews);
  const beside = await rate([]);
  const note = `${short(beside)} and ${short(without)} entries/s in batches of 256`;
  return { figures: { share: beside / without }, note };
}

async function onFreshNode(
  bench: Bench,
  jobFor: (node: ServedNode) => AnswerJob,
): Promise<Measured> {
  return bench.onFreshNode(async (node) => ofJob(await runAnswerJob(jobFor(node))), []);
}

export const answerRows: readonly RowPlan[] = [
  {
    name: "views-demo",
    what: "views and materialised lenses following live, demo data",
    must: { entriesPerSecondMin: 15_000 },
    aim: { entriesPerSecondMin: 40_000 },
    run: async (bench) => ofJob((await demo(bench)).result),
  },
  {
    name: "answer-1",
    what: "a materialised answer over gRPC, one caller",
    must: { p50Max: 0.6, p99Max: 3 },
    aim: { p50Max: 0.3 },
    run: (bench) => askDemo(bench, 1),
  },
  {
    name: "answer-16",
    what: "materialised answers a second, 16 callers",
    must: { entriesPerSecondMin: 8_000 },
    aim: { entriesPerSecondMin: 15_000 },
    run: (bench) => askDemo(bench, 16),
  },
  {
    name: "http",
    what: "HTTP, over the same query by gRPC",
    must: { ratioMax: 2 },
    aim: { ratioMax: 1.3 },
    run: httpRatio,
  },
  {
    name: "views-size",
    what: "LMDB bytes per entry, demo data",
    must: { bytesPerEntryMax: 600 },
    aim: { bytesPerEntryMax: 250 },
    run: weigh,
  },
  ...postgresRows,
  {
    name: "views-lag",
    what: "views behind receipts at 5,000 entries/s",
    must: { p99Max: 500 },
    aim: { p99Max: 100 },
    run: (bench) =>
      onFreshNode(bench, ({ address }) => {
        const seconds = bench.scale.seconds * bench.scale.runs;
        return { kind: "lag", address, entriesPerSecond: 5_000, seconds };
      }),
  },
  {
    name: "append-views",
    what: "appending with views that follow, over without",
    must: { shareMin: 0.5 },
    aim: { shareMin: 0.75 },
    run: appendBeside,
  },
  {
    name: "rebuild",
    what: "rebuilding the views of 1 million entries",
    must: { msMax: 40_000 },
    aim: { msMax: 15_000 },
    run: async (bench) => {
      const { node } = await history(bench);
      return ofJob(await runAnswerJob({ kind: "rebuild", address: node.address }));
    },
  },
  {
    name: "as-of",
    what: "as of a moment in 1 million entries, over now; a question of 1,000 versions",
    must: { ratioMax: 2 },
    aim: { ratioMax: 1.2 },
    run: asOf,
  },
  {
    name: "fly-1000",
    what: "a lens on the fly over 1,000 candidates",
    must: { msMax: 10 },
    aim: { msMax: 2 },
    run: (bench) => crowd(bench, smallCrowd, 1_000),
  },
  {
    name: "fly-100000",
    what: "a lens on the fly over 100,000 candidates",
    must: { msMax: 800 },
    aim: { msMax: 150 },
    run: (bench) => crowd(bench, largeCrowd, 100_000),
  },
  {
    name: "views-random",
    what: "views following live at 2 million entries, questions of chance",
    must: { entriesPerSecondMin: 10_000 },
    aim: { entriesPerSecondMin: 30_000 },
    run: async (bench) => {
      await filledNodes(bench).release("history");
      const entries = bench.scale.viewEntries * 2;
      const questions = Math.ceil(entries / 4);
      return onFreshNode(bench, ({ address }) => {
        return { kind: "random", address, entries, questions, versionEvery: 0 };
      });
    },
  },
];
