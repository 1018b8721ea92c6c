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

/**
 * How late the node's event loop was at most since this was last asked, in milliseconds; undefined
 * where its metrics do not say.
 */
export async function eventLoopDelayMs(node: ServedNode): Promise<number | undefined> {
  if (node.httpAddress === undefined) return undefined;
  const text = await (await fetch(`http://${node.httpAddress}/metrics`)).text();
  const lines = text.matchAll(/^\w*event_loop_delay_seconds\{[^}]*\} (\S+)$/gm);
  const seconds = [...lines].map(([, value]) => Number(value));
  return seconds.length === 0 ? undefined : Math.max(...seconds) * 1000;
}
