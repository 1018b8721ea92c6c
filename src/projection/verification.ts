/** A comparison of the views with the log, in a process of its own: view-verifier.ts. */
import type { Children } from "../host/children.js";
import { Fault } from "../model/fault.js";
import type { VerifierData, VerifierMessage, VerifyProgress } from "./messages.js";
import { Progress } from "./progress.js";

const module = new URL("./view-verifier.js", import.meta.url);
const heapMiB = 1_024;
/** It gives way to everything else. */
const niceness = 10;
/**
 * One that is killed within a snapshot leaves its place in the lock file taken, and the pages that
 * it read: until the last process closes. So it is given the time to end the snapshot.
 */
const stopMs = 30_000;

/**
 * Ends with the message that has `differences`, or where a signal ends it. `closing`: all others
 * close the views too, and it need not end in order.
 */
export async function* verification(
  children: Children,
  data: VerifierData,
  signals: { readonly ending: AbortSignal; readonly closing: AbortSignal },
): AsyncGenerator<VerifyProgress, void> {
  const signal = AbortSignal.any([signals.ending, signals.closing]);
  const child = children.start(module, data, { heapMiB, niceness });
  const messages: VerifierMessage[] = [];
  const arrived = new Progress();
  let end: Error | undefined;
  child.onMessage((message) => {
    messages.push(message as VerifierMessage);
    arrived.move();
  });
  child.onExit((error) => {
    end = error ?? new Error("ended");
    arrived.move();
  });
  try {
    while (!signal.aborted) {
      const { version } = arrived;
      for (const message of messages.splice(0)) {
        if (message.kind === "fault") throw new Fault(message.code, message.text, message.detail);
        yield message.progress;
        if (message.progress.differences !== undefined) return;
      }
      if (end !== undefined) {
        throw new Fault("INTERNAL", `the comparison ${end.message}; try again`, {}, end);
      }
      await arrived.past(version, signal);
    }
  } finally {
    await child.stop(signals.closing.aborted ? 0 : stopMs);
  }
}
