/** The measured part of docs/benchmarks.md: made here, set between two marks of the page. */
import type { Measured, RowPlan } from "./bench.js";
import { figuresText, goalText, judge, latencyText } from "./figures.js";
import type { PeerOutcome } from "./peers/run-peers.js";
import type { CoresUsed } from "./processes.js";

export interface RowResult extends Measured {
  readonly plan: Pick<RowPlan, "name" | "what" | "must" | "aim">;
  /** Of the machine, before the row began. */
  readonly loadAverage: number;
}

export interface Report {
  readonly command: string;
  readonly date: string;
  readonly machine: ReadonlyMap<string, string>;
  /** How long a run is, and how many make a number. */
  readonly method: string;
  readonly rows: readonly RowResult[];
  readonly peers: readonly PeerOutcome[];
}

const start = "<!-- measured: written by `npm run bench -- --write` -->";
const end = "<!-- measured: end -->";
const verdicts = { aim: "reaches the aim", must: "reaches the must", below: "**below the must**" };

const markdownTable = (rows: readonly (readonly string[])[]): string => {
  const [head = [], ...body] = rows.map((row) => `| ${row.join(" | ")} |`);
  return [head, `|${"---|".repeat(rows[0]?.length ?? 0)}`, ...body].join("\n");
};

const coresText = ({ server, serverMain, load }: CoresUsed): string =>
  `${server.toFixed(2)} (${serverMain.toFixed(2)}) + ${load.toFixed(2)}`;

function verdictText({ figures, plan: { must, aim } }: RowResult): string {
  const isBare = Object.keys(must).length === 0;
  return isBare ? "" : verdicts[judge(figures, must, aim)];
}

/** One line for a terminal, as soon as a row is measured. */
export function rowLine(row: RowResult): string {
  const { figures, spread, note, loadAverage, plan } = row;
  const latency = latencyText(figures);
  const parts = [
    figuresText(figures) || "",
    latency && `${latency} ms`,
    spread && `[${spread}]`,
    row.cores && `cores ${coresText(row.cores)}`,
    verdictText(row).replaceAll("*", ""),
    note,
    `load average ${loadAverage.toFixed(1)}`,
  ];
  return `${plan.name.padEnd(16)}${parts.filter(Boolean).join("; ")}`;
}

function rowCells(row: RowResult): readonly string[] {
  const { figures, spread = "", note, plan, loadAverage, cores } = row;
  return [
    note === undefined ? plan.what : `${plan.what} (${note})`,
    figuresText(figures),
    spread,
    latencyText(figures),
    goalText(plan.must),
    goalText(plan.aim),
    verdictText(row),
    cores === undefined ? "" : coresText(cores),
    loadAverage.toFixed(1),
  ];
}

const rowTitles = [
  "what",
  "measured",
  "lowest..highest run",
  "p50 / p99 / p99.9 ms",
  "must",
  "aim",
  "",
  "cores used: node (its main thread) + load",
  "load average before",
];

const modes = {
  batches: "2,048 in flight",
  singles: "64 in flight",
  "window-1": "1 in flight",
  own: "",
};

const peerTitles = ["", "how", "durability", "", "entries/s", "p50 / p99 / p99.9 ms"];

/** Our own rows that the peers are to be read beside. */
const ownRowNames = ["batches", "singles", "window-1"] as const;

function ownRows(rows: readonly RowResult[]): readonly (readonly string[])[] {
  return ownRowNames.flatMap((mode) => {
    const row = rows.find(({ plan }) => plan.name === mode);
    if (row === undefined) return [];
    const what = ["**StemeDB**", row.plan.what, "durable; signatures verified, hashed"];
    const { entriesPerSecond = 0 } = row.figures;
    return [[...what, modes[mode], figuresText({ entriesPerSecond }), latencyText(row.figures)]];
  });
}

export function peerLines({ name, ...outcome }: PeerOutcome): readonly (readonly string[])[] {
  if ("skipped" in outcome) return [[name, `skipped: ${outcome.skipped}`, "", "", "", ""]];
  const { version, durability, rows } = outcome.result;
  return rows.map(({ how, mode, figures }) => {
    const { entriesPerSecond = 0 } = figures;
    const numbers = [figuresText({ entriesPerSecond }), latencyText(figures)];
    return [`${name} ${version}`, how, durability, modes[mode], ...numbers];
  });
}

function reportText(report: Report): string {
  const { command, date, machine, method, rows, peers } = report;
  const facts = [["command", `\`${command}\``], ["date", date], ["method", method], ...machine];
  const parts = [
    "## The machine",
    markdownTable([["", ""], ...facts]),
    "## What was measured",
    markdownTable([rowTitles, ...rows.map(rowCells)]),
  ];
  if (peers.length > 0) {
    const lines = [...ownRows(rows), ...peers.flatMap(peerLines)];
    parts.push("## Beside others", markdownTable([peerTitles, ...lines]));
  }
  return parts.join("\n\n");
}

/** The page with its measured part anew. */
export function withReport(page: string, report: Report): string {
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks its marks: ${start} … ${end}`);
  return `${page.slice(0, from)}${start}\n\n${reportText(report)}\n\n${page.slice(to)}`;
}
