/** `views status`, `views rebuild`, `views verify`: what answers are read from. */
import { Fault } from "../../src/model/fault.js";
import type {
  ProjectionStatus,
  RebuildProgress,
  VerifyProgress,
  ViewsStatus,
} from "../../src/model/query.js";
import { type Command, EXIT_FINE, EXIT_UNHEALTHY, type Surroundings } from "../command.js";
import { connectionFlags, targetOf, withClient } from "../connection.js";
import { grouped, type Output, tableText, visible } from "../output.js";
import { durationText, Progress } from "../progress.js";

/** Building and comparing last as long as the log is long. */
const workMsMax = 24 * 3_600_000;
/** What differs, by its first questions; how many there are is counted. */
const differencesListedMax = 100;

const projectionJson = (projection: ProjectionStatus): Record<string, unknown> => ({
  name: projection.name,
  state: projection.state,
  applied: projection.applied,
  stopped_at: projection.stoppedAt ?? null,
  stopped_because: projection.stoppedBecause ?? null,
  retry_in_ms: projection.retryInMs ?? null,
});

const statusJson = (status: ViewsStatus): Record<string, unknown> => ({
  generation: status.generation,
  version: status.version,
  applied: status.applied,
  size: status.size,
  lag_ms: status.lagMs,
  bytes: status.bytes,
  building: status.building ?? null,
  writer_pid: status.writerPid ?? null,
  writer_restarts: status.writerRestarts,
  projections: status.projections.map(projectionJson),
});

function projectionLine(output: Output, projection: ProjectionStatus): string {
  const { name, state, applied, stoppedAt, stoppedBecause, retryInMs } = projection;
  const style = state === "stopped" ? "red" : state === "live" ? "green" : "yellow";
  const word = output.paint(style, state.replaceAll("_", " "));
  const line = `${name}: ${word}, ${grouped(applied)} applied`;
  if (state !== "stopped") return line;
  const place = stoppedAt === undefined ? "" : ` at entry ${stoppedAt}`;
  const because = stoppedBecause === undefined ? "" : `: ${visible(stoppedBecause)}`;
  const again = retryInMs === undefined ? "" : `; tried again in ${durationText(retryInMs)}`;
  return `${line}; stopped${place}${because}${again}`;
}

/** Generations count from 1. */
const keepsNone = ({ generation }: ViewsStatus): boolean => generation === 0;

function statusText(output: Output, status: ViewsStatus): string {
  if (keepsNone(status)) {
    return "this node keeps no views: set views.mode to on, and restart it, to ask for answers";
  }
  const { applied, size, building, writerPid, writerRestarts } = status;
  const behind = size - applied;
  const lag = behind === 0 ? "nothing is missing" : `${grouped(behind)} behind, ${status.lagMs} ms`;
  const process = writerPid === undefined ? "no process" : `process ${writerPid}`;
  const rows = [
    ["applied", `${grouped(applied)} of ${grouped(size)} entries: ${lag}`],
    ["generation", `${status.generation}, format version ${status.version}`],
    ["on disk", `${grouped(status.bytes)} bytes`],
    ["writer", `${process}, started again ${writerRestarts} times`],
    ...(building === undefined
      ? []
      : [["rebuilding", `${grouped(building)} of ${grouped(size)} entries`]]),
  ];
  const lines = status.projections.map((one) => `  ${projectionLine(output, one)}`);
  return [tableText(rows), "projections", ...lines].join("\n");
}

export const viewsStatusCommand: Command = {
  name: "views status",
  short: "views",
  group: "node",
  summary: "Say how far the views have followed the log, and what stopped",
  description: [
    "`steme views` alone is the same. Ends with 10 where a projection has stopped. Projections " +
      "that stop are tried again by themselves; the log and other projections go on meanwhile. " +
      "Generation 0 means that the node keeps no views.",
  ],
  flags: connectionFlags,
  examples: [
    { doc: "The views of the node on this machine", line: "views status" },
    { doc: "In a health check", line: "views status --json" },
  ],
  json: "views status",
  async run({ output, environment }, given) {
    const target = targetOf(given, environment);
    const status = await withClient(target, (client) => client.views());
    await output.result(statusJson(status), () => statusText(output, status));
    const isStopped = status.projections.some(({ state }) => state === "stopped");
    return isStopped ? EXIT_UNHEALTHY : EXIT_FINE;
  },
};

export const viewsRebuildCommand: Command = {
  name: "views rebuild",
  group: "node",
  summary: "Build the views anew from the log, beside those in use",
  description: [
    "Answers go on from the views in use until the new ones have caught up and take their place. " +
      "Ctrl-C gives the building up; the log is never touched.",
  ],
  flags: connectionFlags,
  examples: [{ doc: "Build them anew, with progress", line: "views rebuild" }],
  json: "views rebuild",
  async run(surroundings, given) {
    const target = targetOf(given, surroundings.environment);
    const { output, nowMs, stop } = surroundings;
    const startMs = nowMs();
    const last = await withClient(target, async (client) => {
      const progress = new Progress(output, { label: "rebuilding", unit: "entries", nowMs });
      try {
        let report: RebuildProgress | undefined;
        const limits = { timeoutMs: workMsMax, signal: stop };
        for await (report of client.rebuildViews(limits)) {
          progress.update(report.applied, shareOf(report.applied, report.size));
        }
        return report;
      } finally {
        progress.clear();
      }
    });
    if (last?.generation === undefined) {
      const message = "the rebuild ended before the new views took their place: run it again";
      throw new Fault("VIEWS_UNAVAILABLE", message, {});
    }
    const seconds = Math.max(0.001, (nowMs() - startMs) / 1000);
    const json = {
      generation: last.generation,
      applied: last.applied,
      seconds: Number(seconds.toFixed(3)),
      entries_per_second: Math.round(last.applied / seconds),
    };
    await output.result(json, () => {
      const rate = `${grouped(json.entries_per_second)}/s in ${seconds.toFixed(1)} s`;
      return `generation ${json.generation} is in use: ${grouped(json.applied)} entries, ${rate}`;
    });
    return EXIT_FINE;
  },
};

const shareOf = (done: number, of: number): number => (of === 0 ? 1 : done / of);

interface Compared {
  readonly questions: number;
  readonly total: number;
  readonly differences: number | undefined;
  readonly different: readonly string[];
}

export const viewsVerifyCommand: Command = {
  name: "views verify",
  group: "node",
  summary: "Compare the views with what the log says, question by question",
  description: [
    "Both go on meanwhile. Ends with 10 where a question differs, and names it; `steme views " +
      "rebuild` makes the views anew.",
  ],
  flags: connectionFlags,
  examples: [{ doc: "Compare them, with progress", line: "views verify" }],
  json: "views verify",
  async run(surroundings, given) {
    const target = targetOf(given, surroundings.environment);
    const { output } = surroundings;
    const compared = await withClient(target, (client) =>
      compare(
        surroundings,
        client.verifyViews({ timeoutMs: workMsMax, signal: surroundings.stop }),
      ),
    );
    const { questions, total, differences, different } = compared;
    if (differences === undefined) {
      const message = `the comparison ended after ${grouped(questions)} questions: run it again`;
      throw new Fault("VIEWS_UNAVAILABLE", message, { questions, total });
    }
    await output.result({ questions, total, differences, different }, () => {
      if (differences === 0) return `${grouped(questions)} questions compared: none differs`;
      const more = differences - different.length;
      return [
        ...different.map((question) => `differs: ${visible(question)}`),
        ...(more > 0 ? [`and ${grouped(more)} more`] : []),
        `${grouped(questions)} questions compared, ${grouped(differences)} differ: ` +
          "`steme views rebuild` makes the views anew",
      ].join("\n");
    });
    return differences === 0 ? EXIT_FINE : EXIT_UNHEALTHY;
  },
};

async function compare(
  { output, nowMs }: Surroundings,
  reports: AsyncIterable<VerifyProgress>,
): Promise<Compared> {
  const progress = new Progress(output, { label: "comparing", unit: "questions", nowMs });
  const different: string[] = [];
  let [questions, total] = [0, 0];
  let differences: number | undefined;
  try {
    for await (const report of reports) {
      ({ questions, total } = report);
      if (report.difference !== undefined && different.length < differencesListedMax) {
        different.push(report.difference);
      }
      differences = report.differences ?? differences;
      progress.update(questions, shareOf(questions, total));
    }
  } finally {
    progress.clear();
  }
  return { questions, total, differences, different };
}
