/** Runs a job of answers to its end, and looks at the node meanwhile. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { mind, type ServedNode } from "../processes.js";
import type { AnswerJob, AnswerJobResult, AnswerMessage } from "./answer-jobs.js";

const program = fileURLToPath(new URL("./answer-load.js", import.meta.url));

export async function runAnswerJob(job: AnswerJob): Promise<AnswerJobResult> {
  const child = mind(fork(program, [], { stdio: ["ignore", "inherit", "inherit", "ipc"] }));
  let message: AnswerMessage | undefined;
  child.on("message", (said: AnswerMessage) => {
    message = said;
  });
  child.send(job);
  const [code] = (await once(child, "close")) as [number | null];
  if (message === undefined) throw new Error(`the asking process ended with ${code}`);
  if (message.kind === "failed") throw new Error(message.message);
  return message.result;
}

/** The node's metrics, as text; empty where it answers no HTTP. */
async function metricsOf({ httpAddress }: ServedNode): Promise<string> {
  if (httpAddress === undefined) return "";
  return (await fetch(`http://${httpAddress}/metrics`)).text();
}

/**
 * How late the node's event loop was at most since this was last asked, in milliseconds; undefined
 * where its metrics do not say.
 */
export async function eventLoopDelayMs(node: ServedNode): Promise<number | undefined> {
  const lines = (await metricsOf(node)).matchAll(/^\w*event_loop_delay_seconds\{[^}]*\} (\S+)$/gm);
  const seconds = [...lines].map(([, value]) => Number(value));
  return seconds.length === 0 ? undefined : Math.max(...seconds) * 1000;
}

/** How many queries were answered from what is kept ready, and how many otherwise. */
export async function keptAnswers(
  node: ServedNode,
): Promise<{ readonly kept: number; readonly others: number }> {
  const lines = (await metricsOf(node)).matchAll(/^\w*query_requests_total\{([^}]*)\} (\S+)$/gm);
  let [kept, others] = [0, 0];
  for (const [, labels = "", count] of lines) {
    if (labels.includes('"materialised"')) kept += Number(count);
    else others += Number(count);
  }
  return { kept, others };
}
