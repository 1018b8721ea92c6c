/**
 * The answers of the demo: a first contested question as soon as the views know one, while the
 * import goes on; and when it is over, three that all sources contest.
 *
 * The views are derived, so nothing here can fail the import: what goes wrong is said in a line.
 */
import { setTimeout as pause } from "node:timers/promises";
import { grouped, type Output } from "../../cli/output.js";
import { isFault, type Question, type StemeClient } from "../../src/client/index.js";
import { firstContested, threeContested } from "./contested.js";
import { answerText, showExplained } from "./show.js";

const lookMs = 250;
/** Views that do not move for so long are not waited for. */
const standstillMsMax = 30_000;
const sayMs = 2_000;

export interface Answering {
  readonly client: StemeClient;
  readonly output: Output;
  /** The end of everything. */
  readonly signal: AbortSignal;
}

/** Shows a contested question once there is one; returns without it when `until` fires. */
export async function showFirst(
  { client, output, signal }: Answering,
  until: AbortSignal,
  beforeWriting: () => void,
): Promise<void> {
  const either = AbortSignal.any([signal, until]);
  while (!either.aborted) {
    try {
      const question = await firstContested(client, either);
      const card = question && (await answerText(client, output, question, either));
      if (card !== undefined) {
        beforeWriting();
        const head = "The first question that sources answer differently:";
        return await output.write(`\n${head}\n\n${card}\n\n`);
      }
    } catch (error) {
      if (!isFault(error)) throw error; // not yet
    }
    await pause(lookMs, undefined, { signal: either }).catch(() => {});
  }
}

/** Waits until the views have what the log has; says why where they do not come to it. */
async function viewsFollowed({ client, output, signal }: Answering): Promise<boolean> {
  let [applied, movedMs, saidMs] = [-1, performance.now(), performance.now()];
  while (!signal.aborted) {
    const views = await client.views({ signal });
    if (views.applied >= views.size) return true;
    const nowMs = performance.now();
    if (views.applied > applied) [applied, movedMs] = [views.applied, nowMs];
    if (nowMs - movedMs > standstillMsMax) {
      const stopped = views.projections.find(({ state }) => state === "stopped");
      const reason = stopped?.stoppedBecause ?? "see the log of the node";
      output.note(`the views stand still at ${grouped(applied)}: ${reason}`);
      return false;
    }
    if (nowMs - saidMs > sayMs) {
      saidMs = nowMs;
      const [done, size] = [grouped(views.applied), grouped(views.size)];
      output.note(`the views follow: ${done} of ${size} entries`);
    }
    await pause(lookMs, undefined, { signal }).catch(() => {});
  }
  return false;
}

/** Shows three contested questions, and returns them. */
export async function showThree(answering: Answering): Promise<readonly Question[]> {
  const { client, output, signal } = answering;
  try {
    if (!(await viewsFollowed(answering))) return [];
    const questions = await threeContested(client, signal);
    if (questions.length === 0) return [];
    await output.write("Where MDN, web-features and caniuse do not agree:\n");
    for (const question of questions) {
      await output.write("\n");
      await showExplained(client, output, question, signal);
    }
    await output.write("\n");
    return questions;
  } catch (error) {
    if (!isFault(error)) throw error;
    if (!signal.aborted) output.note(`no answers: ${error.message} (${error.code})`);
    return [];
  }
}
