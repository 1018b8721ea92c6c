/** What the demo says: progress, what came of it, and what to try. */
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { grouped, type Output, tableText } from "../../cli/output.js";
import { Progress, progressText } from "../../cli/progress.js";
import type { Question } from "../../src/client/index.js";
import { keyOf } from "../../src/config/index.js";
import type { Tally } from "../importers/disagreements.js";
import type { ImportProgress, ImportResult } from "../importers/import-datasets.js";
import type { ImportReport } from "./importer-messages.js";

const plainLineMs = 2_000;
const rateMsMin = 500;
const nowMs = (): number => performance.now();

const labels = { reading: "reading back", appending: "appending" } as const;
const units = { reading: "entries", appending: "claims" } as const;

/** A bar on a terminal; elsewhere a line now and then. */
export class ImportScreen {
  readonly #output: Output;
  #phase: ImportProgress["phase"] | undefined;
  #bar: Progress | undefined;
  #startMs = 0;
  #saidMs = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show({ phase, done, total }: ImportProgress): void {
    if (phase !== this.#phase) this.#begin(phase);
    const share = total > 0 ? done / total : 0;
    this.#bar?.update(done, share);
    if (this.#output.showsProgress || nowMs() - this.#saidMs < plainLineMs) return;
    this.#saidMs = nowMs();
    const sinceMs = nowMs() - this.#startMs;
    const elapsedMs = sinceMs < rateMsMin ? 0 : sinceMs; // a rate over no time says nothing
    this.#output.note(progressText(labels[phase], units[phase], done, elapsedMs, share));
  }

  clear(): void {
    this.#bar?.clear();
  }

  #begin(phase: ImportProgress["phase"]): void {
    this.#bar?.clear();
    this.#phase = phase;
    this.#startMs = nowMs();
    this.#saidMs = Number.NEGATIVE_INFINITY;
    this.#bar = new Progress(this.#output, { label: labels[phase], unit: units[phase], nowMs });
  }
}

function appendedText(result: ImportResult): string {
  const { appended, appendMs } = result;
  if (appended === 0) return "appended 0";
  const rate = appendMs > 0 ? (appended * 1000) / appendMs : 0;
  const seconds = (appendMs / 1000).toFixed(1);
  return `appended ${grouped(appended)} in ${seconds} s: ${grouped(rate)} durable entries a second`;
}

/** What was appended, and why: the first line is the one that programs may look for. */
export function resultText(result: ImportResult): string {
  const { added, changed, retracted, unchanged, sourceRecords } = result;
  const parts = [
    [added, "new"],
    [changed, "changed"],
    [retracted, "retracted"],
    [unchanged, "unchanged"],
    [sourceRecords, "sources"],
  ] as const;
  const said = parts.filter(([count]) => count > 0);
  const rest = said.map(([count, what]) => `${grouped(count)} ${what}`).join(", ");
  const end = result.isComplete ? "" : "\nstopped before the end: the next run completes the rest";
  return `${appendedText(result)}\n  ${rest}${end}`;
}

const shortName = (source: string): string => source.replace(/^npm:(@mdn\/)?/, "");

export function tallyText({ comparisons }: Tally): string {
  const rows = comparisons.map(({ level, left, right, questions, different, contradicting }) => [
    `  web/${level}`,
    `${shortName(left)}, ${shortName(right)}`,
    grouped(questions),
    grouped(different),
    grouped(contradicting),
  ]);
  const head = ["  questions", "that both answer", "", "differently", "contradicting"];
  return tableText([head, ...rows]);
}

/** The command line, as it is typed where `npm start` was typed. */
function program(environment: Readonly<Record<string, string | undefined>>): string {
  const { INIT_CWD: typedIn = process.cwd() } = environment;
  const path = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
  return `node ${relative(resolve(typedIn), path)}`;
}

/** Where the node is asked, and what is set where the demo was started. */
export interface Places {
  readonly address: string;
  readonly httpAddress: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Lines to copy. Explanations stand on lines of their own: not every shell skips them. */
export function linesToCopy(
  { tally, exampleIds }: ImportReport,
  question: Question | undefined,
  { address, httpAddress, environment }: Places,
): string {
  const { STEMEDB_ADDRESS: named } = environment;
  const isPreset = address === keyOf("grpc.address").preset && (named ?? "") === "";
  const start = program(environment);
  const end = isPreset ? "" : ` --address ${address}`;
  const { example = "web/feature" } = tally;
  const { conceptPath: path = example, predicate = "supported_since" } = question ?? {};
  const [id = "-1"] = exampleIds;
  const query = `concept_path=${path}&predicate=${predicate}`;
  return [
    "What follows from the claims, through another lens; and why:",
    `  ${start} query ${path} ${predicate} --lens recency${end}`,
    `  ${start} explain ${path} ${predicate}${end}`,
    "The same over HTTP:",
    `  curl -s 'http://${httpAddress}/v1/query?${query}'`,
    "Where sources disagree most:",
    `  ${start} conflicts web/feature${end}`,
    "One of the claims, and the signature that it stands under:",
    `  ${start} get ${id}${end}`,
    "What browsers have taken back, according to caniuse, and then live:",
    `  ${start} tail --from start --prefix web/feature --predicate removed --class community${end}`,
  ].join("\n");
}
