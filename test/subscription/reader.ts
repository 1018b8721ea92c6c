/** A reader of a subscription that pulls frame by frame, with time and the abort in its hands. */
import type { EntryRun } from "../../src/subscription/entry-run.js";
import {
  Subscription,
  type SubscriptionFrame,
  type SubscriptionOptions,
} from "../../src/subscription/subscription.js";
import type { Log } from "../../src/wal/log.js";
import { within } from "../support/expect.js";
import { SimulatedClock } from "../support/simulated-clock.js";

/** The indexes in the log that a run sends. */
export const indexesOf = ({ block, start, end, chosen }: EntryRun): number[] =>
  (chosen ?? Array.from({ length: end - start }, (_none, at) => start + at)).map(
    (entry) => block.firstIndex + entry,
  );

export const range = (start: number, end: number) =>
  Array.from({ length: Math.max(0, end - start) }, (_none, at) => start + at);

/** A reader that pulls frame by frame. */
export class Reader {
  readonly clock = new SimulatedClock();
  readonly abort = new AbortController();
  readonly seen: SubscriptionFrame[] = [];
  #frames: AsyncGenerator<SubscriptionFrame, void> | undefined;
  readonly #options: Omit<SubscriptionOptions, "clock" | "signal">;

  constructor(log: Log, options: Partial<SubscriptionOptions> = {}) {
    this.#options = {
      log,
      repeats: { of: async () => undefined },
      next: 0,
      filter: undefined,
      heartbeatMs: 10_000,
      untilEnd: false,
      ...options,
    };
  }

  /** The next frame; undefined where there is none any more. */
  async next(): Promise<SubscriptionFrame | undefined> {
    const { clock, abort } = this;
    this.#frames ??= (
      await Subscription.open({ ...this.#options, clock, signal: abort.signal })
    ).frames();
    const { value, done } = await within(5_000, this.#frames.next(), "the next frame");
    if (done === true || value === undefined) return undefined;
    this.seen.push(value);
    return value;
  }

  /** Reads up to and with the first frame of a kind. */
  async until(kind: SubscriptionFrame["kind"]): Promise<SubscriptionFrame> {
    for (let frame = await this.next(); frame !== undefined; frame = await this.next()) {
      if (frame.kind === kind) return frame;
    }
    throw new Error(`the subscription ended without ${kind}`);
  }

  async toEnd(): Promise<void> {
    while ((await this.next()) !== undefined);
  }

  close(): Promise<unknown> {
    return this.#frames?.return() ?? Promise.resolve();
  }

  get indexes(): number[] {
    return this.seen.flatMap((frame) => (frame.kind === "entries" ? indexesOf(frame.run) : []));
  }

  get kinds(): string[] {
    return this.seen.map(({ kind }) => kind);
  }
}
