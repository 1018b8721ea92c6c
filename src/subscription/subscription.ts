/**
 * A subscription: replay from a place, then follow the log live, as a sequence of frames that its
 * reader pulls.
 *
 *     catching up ── nothing more is durable ──▶ live (CaughtUp)
 *          ▲                                       │
 *          └── the next block left the cache ──────┘ (FellBehind)
 *
 * The reader's pace is the pace: nothing is read before it is asked for, so a slow or stuck reader
 * costs a cursor's read-ahead and never makes the writer wait. There is one path for replay and
 * live: the cursor, which finds recent blocks in memory and older ones on disk.
 *
 * Invariants:
 *
 * - Every position from the start on comes exactly once, in order, save those a filter leaves out.
 * - Nothing comes that is not durable: a cursor ends at the log's durable size.
 */
import type { Clock, Timer } from "../host/clock.js";
import { emptyRootPrefix, encodeFrontier } from "../model/frontier.js";
import type { Block } from "../wal/block.js";
import type { Log } from "../wal/log.js";
import { type EntryRun, runCount, runsOf } from "./entry-run.js";
import type { Filter } from "./filter.js";
import type { Repeats } from "./repeats.js";
import { SharedThread } from "./shared-thread.js";

export interface SubscriptionOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly repeats: Repeats;
  /** The first index that may be sent, resolved. */
  readonly next: number;
  readonly filter: Filter | undefined;
  readonly heartbeatMs: number;
  /** End where the log ends now, instead of following live. */
  readonly untilEnd: boolean;
  readonly signal: AbortSignal;
}

/** A run, where ids of its entries stood before, and the token to resume behind it. */
export interface RunFrame {
  readonly kind: "entries";
  readonly run: EntryRun;
  /** Entry in the block -> index where its id stood first. */
  readonly repeats: ReadonlyMap<number, number>;
  readonly token: Uint8Array;
}

export type SubscriptionFrame =
  | { readonly kind: "confirmed"; readonly next: number; readonly size: number }
  | RunFrame
  | { readonly kind: "caughtUp"; readonly size: number; readonly token: Uint8Array }
  | { readonly kind: "fellBehind"; readonly behind: number }
  | { readonly kind: "progress"; readonly next: number; readonly token: Uint8Array }
  | { readonly kind: "heartbeat"; readonly next: number; readonly size: number };

/** A filter that matches nothing still says how far it is, this often. */
const progressEntries = 65_536;
/** And live this long after the last frame: not for each block that is left out. */
const progressMs = 250;
const nothingRepeats: ReadonlyMap<number, number> = new Map();

export class Subscription {
  readonly #options: SubscriptionOptions;
  #next: number;
  /** The end of the last block that was passed, for tokens. */
  #blockEnd = { size: 0, rootPrefix: emptyRootPrefix };
  /** Entries passed since the last frame that said how far it is. */
  #unsaid = 0;
  /** When the last frame was made, by the monotonic clock. */
  #saidMs: number;

  private constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.#next = options.next;
    this.#saidMs = options.clock.monotonicMs();
  }

  static async open(options: SubscriptionOptions): Promise<Subscription> {
    const subscription = new Subscription(options);
    await subscription.#findBlockEnd();
    return subscription;
  }

  async *frames(): AsyncGenerator<SubscriptionFrame, void> {
    const { log, untilEnd, signal } = this.#options;
    const end = untilEnd ? log.size : Number.POSITIVE_INFINITY;
    yield { kind: "confirmed", next: this.#next, size: log.size };
    const cursor = log.cursor(this.#next);
    const thread = new SharedThread();
    let isLive = false;
    try {
      while (!signal.aborted && this.#next < end) {
        if (isLive && this.#next < log.size && !log.hasRecent(this.#next)) {
          isLive = false;
          yield { kind: "fellBehind", behind: log.size - this.#next };
        }
        const block = await cursor.next();
        if (block !== undefined) {
          yield* this.#pass(block, end);
          await thread.passed(block.count);
        } else if (isLive) yield* this.#wait();
        else {
          isLive = true;
          this.#said();
          yield { kind: "caughtUp", size: this.#next, token: this.#token() };
        }
      }
      if (untilEnd && !isLive && !signal.aborted) {
        yield { kind: "caughtUp", size: this.#next, token: this.#token() };
      }
    } finally {
      await cursor.close();
    }
  }

  /** The frames of one block. */
  async *#pass(block: Block, end: number): AsyncGenerator<SubscriptionFrame, void> {
    const start = this.#next - block.firstIndex;
    const stop = Math.min(block.count, end - block.firstIndex);
    for (const run of runsOf(block, start, stop, this.#options.filter)) {
      this.#next = block.firstIndex + run.end;
      if (run.end === block.count) this.#passedBlock(block);
      if (runCount(run) > 0) {
        const repeats = (await this.#options.repeats.of(run)) ?? nothingRepeats;
        this.#said();
        yield { kind: "entries", run, repeats, token: this.#token() };
        continue;
      }
      this.#unsaid += run.end - run.start;
      if (this.#unsaid >= progressEntries) yield this.#progress();
    }
  }

  /** Waits for the log to grow; says now and then that it has not. */
  async *#wait(): AsyncGenerator<SubscriptionFrame, void> {
    const { log, clock, signal, heartbeatMs } = this.#options;
    while (!signal.aborted && log.size <= this.#next) {
      const isBehind = this.#unsaid > 0;
      const silentMs = isBehind ? Math.min(progressMs, heartbeatMs) : heartbeatMs;
      const leftMs = this.#saidMs + silentMs - clock.monotonicMs();
      const hasGrown = leftMs > 0 && (await this.#grownWithin(leftMs));
      if (hasGrown || signal.aborted) continue;
      if (isBehind) yield this.#progress();
      else {
        this.#said();
        yield { kind: "heartbeat", next: this.#next, size: log.size };
      }
    }
  }

  #said(): void {
    this.#unsaid = 0;
    this.#saidMs = this.#options.clock.monotonicMs();
  }

  #progress(): SubscriptionFrame {
    this.#said();
    return { kind: "progress", next: this.#next, token: this.#token() };
  }

  #grownWithin(ms: number): Promise<boolean> {
    const { log, clock, signal } = this.#options;
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const finish = (hasGrown: boolean) => {
        timer?.cancel();
        unsubscribe();
        signal.removeEventListener("abort", abort);
        resolve(hasGrown);
      };
      const abort = () => finish(false);
      const unsubscribe = log.onCommitted(() => finish(true));
      signal.addEventListener("abort", abort);
      timer = clock.after(ms, () => finish(false));
      if (signal.aborted) finish(false);
      else if (log.size > this.#next) finish(true);
    });
  }

  #passedBlock(block: Block): void {
    const size = block.firstIndex + block.count;
    this.#blockEnd = { size, rootPrefix: block.statement.root.slice(0, 8) };
  }

  /** The end of the block before the start: what a token inside a block refers to. */
  async #findBlockEnd(): Promise<void> {
    const { log } = this.#options;
    if (this.#next === 0) return;
    const block = await log.read(this.#next - 1);
    if (block.firstIndex + block.count === this.#next) this.#passedBlock(block);
    else if (block.firstIndex > 0) this.#passedBlock(await log.read(block.firstIndex - 1));
  }

  #token(): Uint8Array {
    const { size, rootPrefix } = this.#blockEnd;
    return encodeFrontier([{ logId: this.#options.log.id, size, rootPrefix, next: this.#next }]);
  }
}
