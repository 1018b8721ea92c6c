/** Keeps so many calls in flight for a while, and counts what comes back in the measured time. */
import { LatencyHistogram } from "../../../cli/load/latency.js";
import type { Figures } from "../figures.js";
import { batchEntries, inFlight, type Mode, type PeerContext, type PeerRow } from "./peer.js";

interface Loop {
  readonly inFlight: number;
  readonly entriesPerCall: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

const nowMs = (): number => performance.now();

export async function runClosedLoop(
  { inFlight: callers, entriesPerCall, seconds, warmUpSeconds }: Loop,
  call: (caller: number) => Promise<unknown> | undefined,
): Promise<Figures> {
  const latency = new LatencyHistogram();
  const startMs = nowMs() + warmUpSeconds * 1000;
  const endMs = startMs + seconds * 1000;
  let entries = 0;
  const caller = async (ordinal: number): Promise<void> => {
    for (;;) {
      const sentMs = nowMs();
      if (sentMs >= endMs) return;
      await call(ordinal);
      const atMs = nowMs();
      if (atMs < startMs || atMs >= endMs) continue;
      entries += entriesPerCall;
      if (sentMs >= startMs) latency.record(atMs - sentMs);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_unused, ordinal) => caller(ordinal)));
  const { p50, p99, p999 } = latency.summary();
  return { entriesPerSecond: entries / seconds, p50, p99, p999 };
}

/** One row: the calls of a mode. `call` gets the number of the caller, 0 to those in flight. */
export async function rowOf(
  context: PeerContext,
  how: string,
  mode: Mode,
  call: (entries: readonly Buffer[], caller: number) => Promise<unknown> | undefined,
): Promise<PeerRow> {
  const entriesPerCall = mode === "batches" ? batchEntries : 1;
  const { seconds, warmUpSeconds, entry } = context;
  const loop = { inFlight: inFlight[mode], entriesPerCall, seconds, warmUpSeconds };
  const next = () => Array.from({ length: entriesPerCall }, entry);
  const figures = await runClosedLoop(loop, (caller) => call(next(), caller));
  return { how, mode, figures };
}

/** Batches of 256, and the next only after the answer: for calls that keep their thread. */
export async function oneByOne(
  context: PeerContext,
  how: string,
  call: (entries: readonly Buffer[]) => Promise<unknown>,
): Promise<PeerRow> {
  const { seconds, warmUpSeconds, entry } = context;
  const loop = { inFlight: 1, entriesPerCall: batchEntries, seconds, warmUpSeconds };
  const next = () => Array.from({ length: batchEntries }, entry);
  return { how, mode: "own", figures: await runClosedLoop(loop, () => call(next())) };
}
