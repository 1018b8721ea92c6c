/** How far the views are behind receipts: at a steady rate, from a receipt to an answer. */
import { setTimeout as pause } from "node:timers/promises";
import { LatencyHistogram } from "../../../cli/load/latency.js";
import { isFault, KeyPair, type StemeClient, toIndex } from "../../../src/client/index.js";
import type { AnswerJob, AnswerJobResult } from "./answer-jobs.js";
import { ClaimMaker, type GeneratedClaim, pathOf, predicate } from "./claim-maker.js";

type LagJob = Extract<AnswerJob, { kind: "lag" }>;

const batchEntries = 50;
/** One receipt in so many is followed to an answer. */
const sampleEvery = 4;
const questions = 250_000;

const below = (count: number): number => Math.floor(Math.random() * count);
const claims = (): readonly GeneratedClaim[] =>
  Array.from({ length: batchEntries }, () => ({
    question: below(questions),
    value: below(4),
    source: below(100),
  }));

/** Each answer is asked for when its receipt has come, and the node waits for its views. */
export async function timeLag(
  client: StemeClient,
  { entriesPerSecond, seconds }: LagJob,
): Promise<Omit<AnswerJobResult, "fromMs" | "untilMs">> {
  const latency = new LatencyHistogram();
  const keys = KeyPair.generate();
  const writer = client.writer({ keys });
  const maker = new ClaimMaker(keys.publicKey);
  const follow = async (batch: readonly GeneratedClaim[]): Promise<void> => {
    const entries = batch.map((claim) => maker.make(claim));
    const { logId, firstIndex, count } = await writer.appendBatch(entries);
    const receivedMs = performance.now();
    const conceptPath = pathOf(batch[0]?.question ?? 0);
    const position = { logId, index: toIndex(firstIndex + count - 1) };
    const asked = {
      subject: { kind: "question", question: { conceptPath, predicate } },
      freshness: { kind: "position", position },
    } as const;
    for (let isFresh = false; !isFresh; ) {
      isFresh = await client.query(asked).then(
        () => true,
        (error: unknown) => {
          if (isFault(error, "DEADLINE_EXCEEDED")) return false; // the node waits a second at most
          throw error;
        },
      );
    }
    latency.record(performance.now() - receivedMs);
  };
  const followed: Promise<void>[] = [];
  const intervalMs = (1000 * batchEntries) / entriesPerSecond;
  const count = Math.round((seconds * 1000) / intervalMs);
  const begin = performance.now();
  for (let batch = 0; batch < count; batch++) {
    const waitMs = begin + batch * intervalMs - performance.now();
    if (waitMs > 0) await pause(waitMs);
    const said = claims();
    if (batch % sampleEvery === 0) followed.push(follow(said));
    else writer.appendBatch(said.map((claim) => maker.make(claim))).catch(() => {});
  }
  await Promise.all(followed);
  const rate = (count * batchEntries * 1000) / (performance.now() - begin);
  await writer.close();
  const { p50, p99, p999 } = latency.summary();
  const appended = Math.round(rate).toLocaleString("en-US");
  const note = `from a receipt to an answer that rests on it; ${appended} entries/s appended`;
  return { figures: { p50, p99, p999 }, note, entries: count * batchEntries };
}
