/** What the toy benchmark asks of answers: a small history with one question of 1,000 versions. */
import { batchShape } from "../append-rows.js";
import type { Bench } from "../bench.js";
import type { ToyFacts } from "../gates.js";
import { runLoad, ServedNode } from "../processes.js";
import { type AskJob, versionedQuestion } from "./answer-jobs.js";
import { runAnswerJob } from "./answer-process.js";

type AnswerFacts = Pick<
  ToyFacts,
  "following" | "besideViews" | "keptMs" | "weighedMs" | "asOfMs" | "httpMs"
>;

const versions = 1_000;

/** `appendRate`: in batches, without views, in the same run. */
export async function measureToyAnswers(bench: Bench, appendRate: number): Promise<AnswerFacts> {
  const { viewEntries: entries, seconds, warmUpSeconds } = bench.scale;
  const node = await ServedNode.start(`${bench.directory()}/data`);
  try {
    const { address, httpAddress } = node;
    const history = { entries, questions: entries / 4, versionEvery: entries / versions };
    const begin = performance.now();
    const filled = await runAnswerJob({ kind: "random", address, ...history });
    const followedMs = performance.now() - begin; // with the start of the process: it is a toy
    const medianMs = async (more: Partial<AskJob>): Promise<number> => {
      const { figures } = await runAnswerJob({
        kind: "ask",
        address,
        asked: { kind: "generated", question: versionedQuestion },
        lens: "consensus",
        parameters: { decay: "none" },
        callers: 1,
        seconds,
        warmUpSeconds,
        ...more,
      });
      return figures.p50 ?? Number.NaN;
    };
    const weighed = { parameters: { decay: "class" } } as const;
    const span = filled.untilMs - filled.fromMs;
    const asOfMs = { from: filled.fromMs + span / 4, until: filled.untilMs - span / 10 };
    const thenMs = await medianMs({ ...weighed, asOfMs });
    const weighedMs = await medianMs(weighed);
    const httpMs = httpAddress === undefined ? Number.NaN : await medianMs({ httpAddress });
    const keptMs = await medianMs({});
    const load = bench.job(batchShape, address);
    const [beside] = await runLoad(node, { kind: "append", load, runs: 1 });
    return {
      following: (filled.entries * 1_000) / (followedMs * appendRate),
      besideViews: (beside?.entriesPerSecond ?? 0) / appendRate,
      keptMs,
      weighedMs,
      asOfMs: thenMs,
      httpMs,
    };
  } finally {
    await node.stop();
  }
}
