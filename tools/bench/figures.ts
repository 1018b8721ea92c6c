/** What a row of the benchmark measures, and what it should reach. */

export interface Figures {
  readonly entriesPerSecond?: number;
  /** Latencies in milliseconds. */
  readonly p50?: number;
  readonly p99?: number;
  readonly p999?: number;
  /** How long one thing took. */
  readonly ms?: number;
  readonly mebibytes?: number;
  readonly ratio?: number;
  /** Of another rate: more is better. */
  readonly share?: number;
  readonly bytesPerEntry?: number;
}

export interface Goal {
  readonly entriesPerSecondMin?: number;
  readonly p50Max?: number;
  readonly p99Max?: number;
  readonly msMax?: number;
  readonly mebibytesMax?: number;
  readonly ratioMax?: number;
  readonly shareMin?: number;
  readonly bytesPerEntryMax?: number;
}

export type Verdict = "aim" | "must" | "below";

const grouped = (value: number): string => Math.round(value).toLocaleString("en-US");

/** Three significant digits, as far as they say something. */
export const short = (value: number): string =>
  value >= 1000 ? grouped(value) : String(Number(value.toPrecision(3)));

/** Milliseconds, or seconds where those are easier to read. */
const timeText = (ms: number): string => (ms < 1000 ? `${short(ms)} ms` : `${short(ms / 1000)} s`);

const percent = (share: number): string => `${short(share * 100)} %`;

export function figuresText(figures: Figures): string {
  const { entriesPerSecond, ms, mebibytes, ratio, share, bytesPerEntry } = figures;
  const parts = [
    entriesPerSecond === undefined ? [] : `${grouped(entriesPerSecond)} /s`,
    ms === undefined ? [] : timeText(ms),
    mebibytes === undefined ? [] : `${short(mebibytes)} MiB`,
    ratio === undefined ? [] : short(ratio),
    share === undefined ? [] : percent(share),
    bytesPerEntry === undefined ? [] : `${short(bytesPerEntry)} bytes`,
  ];
  return parts.flat().join(", ");
}

export function latencyText({ p50, p99, p999 }: Figures): string {
  const shown = [p50, p99, p999].filter((value) => value !== undefined);
  return shown.map(short).join(" / ");
}

export function goalText(goal: Goal): string {
  const { entriesPerSecondMin, p50Max, p99Max, msMax, mebibytesMax } = goal;
  const { ratioMax, shareMin, bytesPerEntryMax } = goal;
  const parts = [
    entriesPerSecondMin === undefined ? [] : `${grouped(entriesPerSecondMin)} /s`,
    p50Max === undefined ? [] : `p50 ≤ ${p50Max} ms`,
    p99Max === undefined ? [] : `p99 ≤ ${p99Max} ms`,
    msMax === undefined ? [] : `≤ ${timeText(msMax)}`,
    mebibytesMax === undefined ? [] : `≤ ${mebibytesMax} MiB`,
    ratioMax === undefined ? [] : `≤ ${ratioMax}`,
    shareMin === undefined ? [] : `≥ ${percent(shareMin)}`,
    bytesPerEntryMax === undefined ? [] : `≤ ${bytesPerEntryMax} bytes`,
  ];
  return parts.flat().join(", ");
}

function reaches(figures: Figures, goal: Goal): boolean {
  const atMost = (value = Number.POSITIVE_INFINITY, max = Number.POSITIVE_INFINITY) => value <= max;
  return (
    (figures.entriesPerSecond ?? 0) >= (goal.entriesPerSecondMin ?? 0) &&
    atMost(figures.p50, goal.p50Max) &&
    atMost(figures.p99, goal.p99Max) &&
    atMost(figures.ms, goal.msMax) &&
    atMost(figures.mebibytes, goal.mebibytesMax) &&
    atMost(figures.ratio, goal.ratioMax) &&
    (figures.share ?? 0) >= (goal.shareMin ?? 0) &&
    atMost(figures.bytesPerEntry, goal.bytesPerEntryMax)
  );
}

/** An aim that says nothing about a figure leaves it to the must. */
export function judge(figures: Figures, must: Goal, aim: Goal): Verdict {
  if (!reaches(figures, must)) return "below";
  return reaches(figures, { ...must, ...aim }) ? "aim" : "must";
}

/** The run in the middle, by the figure that leads. */
function medianOf<Run extends Figures>(runs: readonly Run[]): Run | undefined {
  const leading = (run: Run): number =>
    run.entriesPerSecond ?? run.p50 ?? run.ms ?? run.mebibytes ?? run.ratio ?? 0;
  const sorted = [...runs].sort((left, right) => leading(left) - leading(right));
  return sorted[Math.floor(sorted.length / 2)];
}

/** The median of each latency, and the run in the middle for the rest. */
export function medianFigures(runs: readonly Figures[]): Figures {
  const middle = (pick: (run: Figures) => number | undefined): number | undefined => {
    const values = runs.flatMap((run) => pick(run) ?? []).sort((left, right) => left - right);
    return values[Math.floor(values.length / 2)];
  };
  const latency = {
    p50: middle((run) => run.p50),
    p99: middle((run) => run.p99),
    p999: middle((run) => run.p999),
  };
  const known = Object.entries(latency).filter(([, value]) => value !== undefined);
  return { ...medianOf(runs), ...Object.fromEntries(known) };
}

/** Lowest and highest rate of the runs, where there are several. */
export function spreadText(runs: readonly Figures[]): string {
  const rates = runs.flatMap((run) => run.entriesPerSecond ?? run.ms ?? run.ratio ?? []);
  if (rates.length < 2) return "";
  return `${short(Math.min(...rates))}..${short(Math.max(...rates))}`;
}
