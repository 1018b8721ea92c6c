/** What all rows share: how long they run, where, and what others have measured already. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type Figures, type Goal, medianFigures, spreadText } from "./figures.js";
import type { AppendJob } from "./jobs.js";
import { type CoresUsed, type MeasuredRun, runLoad, ServedNode } from "./processes.js";

export interface Scale {
  /** Of one measured run. */
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly runs: number;
  /** Of the log that is opened. */
  readonly longLogEntries: number;
  /** How long the node's memory is watched under load. */
  readonly memorySeconds: number;
  /** Of the history that views are kept of. */
  readonly viewEntries: number;
}

export interface Measured {
  readonly figures: Figures;
  readonly spread?: string;
  readonly cores?: CoresUsed;
  /** What a reader must know beside the number. */
  readonly note?: string;
}

export interface RowPlan {
  readonly name: string;
  readonly what: string;
  readonly must: Goal;
  readonly aim: Goal;
  run(bench: Bench): Promise<Measured>;
}

/** The shape of an append load, and about what it reaches, so that enough is signed ahead. */
export interface AppendShape {
  readonly clients: number;
  readonly batchEntries: number;
  readonly messageBatches: number;
  readonly windowBatches: number;
  readonly entriesPerSecondExpected: number;
}

/** For rows about the log alone: what views cost beside it is a row of its own. */
export const withoutViews: readonly string[] = ["--views-mode", "off"];

export const entryBytes = 250;
/** Of a batch and an entry, beside the entry itself. */
const batchBytes = 160;
const prefixBytes = 3;

function appendJob(
  shape: AppendShape,
  address: string,
  time: { readonly seconds: number; readonly warmUpSeconds: number },
): AppendJob {
  const { entriesPerSecondExpected, ...load } = shape;
  const entries = entriesPerSecondExpected * (time.seconds + time.warmUpSeconds);
  const preparedBytesMax = entries * (entryBytes + prefixBytes + batchBytes / shape.batchEntries);
  return { ...load, ...time, address, entryBytes, preparedBytesMax };
}

/** The median run, with what keeps it from being one clean number. */
export function measuredOf(runs: readonly MeasuredRun[]): Measured {
  const figures = medianFigures(runs);
  const middle = runs.find(({ entriesPerSecond }) => entriesPerSecond === figures.entriesPerSecond);
  const late = runs.reduce((sum, run) => sum + run.signedDuring, 0);
  return {
    figures,
    spread: spreadText(runs),
    ...(middle === undefined ? {} : { cores: middle.cores }),
    ...(late === 0 ? {} : { note: `${late} batches were signed while the time ran` }),
  };
}

export class Bench {
  readonly scale: Scale;
  readonly #directory = mkdtempSync(join(tmpdir(), "stemedb-bench-"));
  #directories = 0;
  readonly #endings: (() => Promise<void>)[] = [];
  /** Rates by the name of the row, for those that are made of them. */
  readonly rates = new Map<string, number>();

  constructor(scale: Scale) {
    this.scale = scale;
    process.once("exit", () => this.close()); // of a benchmark that is ended in the middle
  }

  /** A new directory, which goes with the benchmark. */
  directory(): string {
    const path = join(this.#directory, String(this.#directories++));
    mkdirSync(path);
    return path;
  }

  remove(directory: string): void {
    rmSync(directory, { recursive: true, force: true });
  }

  /** What is to be done before the benchmark ends. */
  atEnd(ending: () => Promise<void>): void {
    this.#endings.push(ending);
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.splice(0)) await ending();
    this.close();
  }

  close(): void {
    this.remove(this.#directory);
  }

  /** One load on a fresh node; without views unless told otherwise. */
  async onFreshNode<Result>(
    use: (node: ServedNode) => Promise<Result>,
    flags: readonly string[] = withoutViews,
  ): Promise<Result> {
    const directory = this.directory();
    const node = await ServedNode.start(join(directory, "data"), flags);
    try {
      return await use(node);
    } finally {
      await node.stop();
      this.remove(directory);
    }
  }

  append(
    shape: AppendShape,
    flags: readonly string[] = withoutViews,
  ): Promise<readonly MeasuredRun[]> {
    const { runs } = this.scale;
    return this.onFreshNode(
      (node) => runLoad(node, { kind: "append", load: this.job(shape, node.address), runs }),
      flags,
    );
  }

  job(shape: AppendShape, address: string): AppendJob {
    return appendJob(shape, address, this.scale);
  }
}

/** How busy the machine is: 1 is one core. */
export const loadAverage = (): number => loadavg()[0] ?? 0;
