/**
 * A subscription that outlives its calls: it replays and tails a log, and after every interruption
 * goes on behind the last frame that it handed out.
 *
 *     start ──call 1──▶ frame, frame, frame ✂      resume token of the last frame handed out
 *                                           └──call 2──▶ frame, frame, ...
 *
 * Frames are pulled: one is parsed when it is asked for, so that a consumer that stands still
 * stops the node's sending (FrameReader), and everything that was received and not yet handed out
 * when a call breaks is simply received again.
 *
 * Invariants:
 *
 * - Every position is handed out exactly once, in order: what a node sends again is left out, and
 *   where it skips without a filter the subscription ends with a fault instead of hiding the gap.
 * - With `untilEnd`, the end is the log's size when the *first* call was confirmed, however often
 *   the subscription is resumed.
 * - While somebody waits for a frame, silence longer than `silenceMsMax` counts as a lost call.
 */
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import { type Index, type LogId, type Position, toIndex } from "../model/position.js";
import { LogServiceService, SubscribeRequest } from "../wire/steme/v1/log_service.js";
import { Backoff } from "./backoff.js";
import { type CallFailure, failureOfError } from "./call-failure.js";
import { type Connection, cancelledFault } from "./connection.js";
import type { EntriesFrame } from "./entries-frame.js";
import type { EntryRecord } from "./entry-record.js";
import { FrameReader } from "./frame-reader.js";
import { type FilterInput, filterOf, type StartInput, startOf } from "./start-and-filter.js";
import { type Confirmed, eventOf, type SubscriptionEvent } from "./subscription-event.js";

export interface SubscriptionOptions {
  readonly start: StartInput;
  readonly filter?: FilterInput | undefined;
  /** End where the log ended when the subscription was confirmed, instead of following live. */
  readonly untilEnd: boolean;
  /** A heartbeat after this long without another frame: 100 to 600,000. */
  readonly heartbeatMs: number;
  /** Longer silence than this counts as a lost call; absent: three heartbeats. */
  readonly silenceMsMax?: number;
  /** Go on by itself after an interruption. */
  readonly resume: boolean;
  /** How long to try to go on. */
  readonly retryMsMax: number;
  readonly retryDelayMsMin: number;
  readonly retryDelayMsMax: number;
  readonly signal?: AbortSignal | undefined;
}

export const subscriptionPresets: SubscriptionOptions = {
  start: "end",
  untilEnd: false,
  heartbeatMs: 10_000,
  resume: true,
  retryMsMax: Number.POSITIVE_INFINITY,
  retryDelayMsMin: 20,
  retryDelayMsMax: 1_000,
};

type State =
  | { readonly kind: "open" }
  | { readonly kind: "closed" }
  | { readonly kind: "failed"; readonly fault: Fault };

/** One try to connect again; after it the next address is tried. */
const connectMsMax = 2_000;
const finished = { done: true, value: undefined } as const;

export class Subscription implements AsyncIterableIterator<SubscriptionEvent> {
  readonly #connection: Connection;
  readonly #options: SubscriptionOptions;
  readonly #backoff: Backoff;
  readonly #left: () => void;
  readonly #abortBySignal: () => void;
  #state: State = { kind: "open" };
  #reader: FrameReader | undefined;
  #resumeAt: StartInput;
  #frontier: Uint8Array | undefined;
  /** By log: the first index that was not handed out. */
  readonly #next = new Map<string, Index>();
  #lastLog: { readonly id: LogId; readonly hex: string } | undefined;
  #end: Position | undefined;
  #isConfirmed = false;
  #isAsked = false;
  #troubledAtMs: number | undefined;
  #wake: (() => void) | undefined;

  /** `left` is called once, when the subscription has ended. */
  constructor(connection: Connection, options: SubscriptionOptions, left: () => void = () => {}) {
    this.#connection = connection;
    this.#options = options;
    this.#left = left;
    this.#resumeAt = options.start;
    const { retryDelayMsMin: delayMsMin, retryDelayMsMax: delayMsMax } = options;
    this.#backoff = new Backoff({ delayMsMin, delayMsMax }, connection.options.random);
    this.#abortBySignal = () => this.#fail(cancelledFault(options.signal?.reason));
    options.signal?.addEventListener("abort", this.#abortBySignal, { once: true });
    if (options.signal?.aborted === true) queueMicrotask(this.#abortBySignal);
  }

  /** Resume token behind everything handed out so far; `undefined` before the first frame. */
  get frontier(): Uint8Array | undefined {
    return this.#frontier;
  }

  /** The next event; done after `close()` or, with `untilEnd`, at the end. Throws a fault. */
  async next(): Promise<IteratorResult<SubscriptionEvent, undefined>> {
    if (this.#isAsked) {
      throw new Fault("ARGUMENT_INVALID", "ask a subscription for one event at a time");
    }
    this.#isAsked = true;
    try {
      for (;;) {
        const event = await this.#nextOrRecover();
        if (event === "again") continue;
        return event === undefined ? finished : { done: false, value: event };
      }
    } finally {
      this.#isAsked = false;
    }
  }

  /** Ends the subscription; a `next()` that waits is done. */
  close(): void {
    if (this.#state.kind === "open") this.#leave({ kind: "closed" });
  }

  return(): Promise<IteratorResult<SubscriptionEvent, undefined>> {
    this.close();
    return Promise.resolve(finished);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The entries one by one, without the other events. */
  async *entries(): AsyncGenerator<EntryRecord, void, undefined> {
    for await (const event of this) {
      if (event.kind !== "entries") continue;
      for (let entry = 0; entry < event.count; entry++) yield event.record(entry);
    }
  }

  /** One step: an event, "again" after something that is none, or undefined at the end. */
  async #nextOrRecover(): Promise<SubscriptionEvent | "again" | undefined> {
    if (this.#state.kind === "closed") return undefined;
    if (this.#state.kind === "failed") throw this.#state.fault;
    if (this.#isAtEnd()) {
      this.close();
      return undefined;
    }
    try {
      const reader = this.#reader ?? this.#openCall();
      const message = reader.read();
      if (message !== undefined) return this.#take(message) ?? "again";
      if (reader.over === undefined) await this.#waitForMore(reader);
      else if (!(await this.#recover(reader.over.failure))) return undefined;
      return "again";
    } catch (error) {
      const { fault } = failureOfFault(error);
      this.#fail(fault);
      throw fault;
    }
  }

  #openCall(): FrameReader {
    const { filter, heartbeatMs, untilEnd } = this.#options;
    const request = SubscribeRequest.encode({
      start: startOf(this.#resumeAt),
      filter: filterOf(filter),
      heartbeatMs,
      untilEnd,
    }).finish();
    const call = this.#connection.readableCall(LogServiceService.subscribe.path, request);
    this.#reader = new FrameReader(call);
    return this.#reader;
  }

  async #waitForMore(reader: FrameReader): Promise<void> {
    const limitMs = this.#options.silenceMsMax ?? this.#options.heartbeatMs * 3;
    const isInTime = await reader.wait(this.#connection.options.clock, limitMs);
    if (isInTime || this.#state.kind !== "open") return;
    const fault = new Fault("UNAVAILABLE", "the subscription fell silent", { limit_ms: limitMs });
    reader.cancel({ fault, isTransient: true });
  }

  #take(message: Buffer): SubscriptionEvent | undefined {
    const event = eventOf(message, this.#isConfirmed);
    if (event?.kind !== "confirmed") {
      this.#troubledAtMs = undefined; // a call that is confirmed and breaks again is no success
      this.#backoff.reset();
    }
    switch (event?.kind) {
      case "entries":
        return this.#takeEntries(event);
      case "confirmed":
        return this.#takeConfirmed(event);
      case "caughtUp":
        this.#moveTo(event.frontier);
        return event;
      case "progress":
        this.#passTo(event.next);
        this.#moveTo(event.frontier);
        return event;
      case "heartbeat":
      case "fellBehind":
      case undefined:
        return event;
    }
  }

  #takeConfirmed(event: Confirmed): Confirmed {
    const { next, size } = event;
    if (!this.#isConfirmed) {
      this.#isConfirmed = true;
      this.#next.set(this.#hexOf(next.logId), next.index);
      if (this.#options.untilEnd) this.#end = { logId: next.logId, index: toIndex(size) };
      if (this.#frontier === undefined) this.#resumeAt = startAt(next);
    }
    return event;
  }

  #takeEntries(frame: EntriesFrame): EntriesFrame | undefined {
    const log = this.#hexOf(frame.logId);
    const expected = this.#next.get(log);
    if (frame.count === 0) return undefined;
    this.#checkGap(frame, expected);
    const start = expected === undefined ? 0 : firstFrom(frame, expected);
    const end = this.#isLogOfEnd(frame.logId)
      ? firstFrom(frame, this.#end?.index ?? 0)
      : frame.count;
    if (start >= end) return undefined;
    const kept = start === 0 && end === frame.count ? frame : frame.part(start, end);
    const next = toIndex(kept.index(kept.count - 1) + 1);
    this.#next.set(log, next);
    if (frame.frontier.length > 0) this.#moveTo(frame.frontier);
    else this.#resumeAt = startAt({ logId: frame.logId, index: next });
    return kept;
  }

  #checkGap(frame: EntriesFrame, expected: Index | undefined): void {
    if (this.#options.filter !== undefined || expected === undefined) return;
    if (frame.firstIndex <= expected) return;
    throw new Fault("INTERNAL", "the node left out positions of the log", {
      expected,
      actual: frame.firstIndex,
    });
  }

  #moveTo(frontier: Uint8Array): void {
    if (frontier.length === 0) return;
    this.#frontier = frontier;
    this.#resumeAt = { frontier };
  }

  #passTo(next: Position): void {
    const log = this.#hexOf(next.logId);
    const passed = this.#next.get(log) ?? 0;
    if (next.index > passed) this.#next.set(log, next.index);
  }

  #isLogOfEnd(logId: LogId): boolean {
    return this.#end !== undefined && this.#hexOf(this.#end.logId) === this.#hexOf(logId);
  }

  #isAtEnd(): boolean {
    if (this.#end === undefined) return false;
    const next = this.#next.get(this.#hexOf(this.#end.logId));
    return next !== undefined && next >= this.#end.index;
  }

  /** After a call ended: true, go on; false, this is the end. Throws what cannot be resumed. */
  async #recover(failure: CallFailure | undefined): Promise<boolean> {
    this.#reader = undefined;
    if (this.#state.kind !== "open") return true; // the next step says which
    if (failure === undefined && this.#options.untilEnd && this.#isConfirmed) {
      this.close();
      return false;
    }
    const fault = failure?.fault ?? new Fault("UNAVAILABLE", "the node ended the subscription");
    const { clock, probe } = this.#connection.options;
    if (!this.#options.resume || failure?.isTransient === false) throw fault;
    this.#troubledAtMs ??= clock.monotonicMs();
    if (clock.monotonicMs() - this.#troubledAtMs >= this.#options.retryMsMax) throw fault;
    probe.debug("subscription interrupted", { code: fault.code, reason: fault.message });
    await this.#pause(this.#backoff.nextMs());
    await this.#reconnected();
    return true;
  }

  /** Waits for the connection, for a while: the moment that it stands is the moment to go on. */
  async #reconnected(): Promise<void> {
    if (this.#state.kind !== "open") return;
    const left = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const connected = this.#connection.ready(connectMsMax).catch(() => this.#connection.rotate());
    await Promise.race([left, connected]);
    this.#wake = undefined;
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#connection.options.clock.after(delayMs, wake, true);
      this.#wake = wake;
    });
  }

  #fail(fault: Fault): void {
    if (this.#state.kind === "open") this.#leave({ kind: "failed", fault });
  }

  #leave(state: State): void {
    assert(this.#state.kind === "open", "a subscription ends once");
    this.#state = state;
    this.#options.signal?.removeEventListener("abort", this.#abortBySignal);
    this.#reader?.cancel();
    this.#wake?.();
    this.#left();
  }

  /** Frames of one log follow each other: its id is written out once. */
  #hexOf(logId: LogId): string {
    if (this.#lastLog === undefined || Buffer.compare(this.#lastLog.id, logId) !== 0) {
      this.#lastLog = { id: Uint8Array.from(logId), hex: toHex(logId) };
    }
    return this.#lastLog.hex;
  }
}

/** The same place as a start that every log accepts, its end included. */
function startAt({ logId, index }: Position): StartInput {
  return index === 0 ? { at: { logId, index } } : { after: { logId, index: toIndex(index - 1) } };
}

/** The first entry of a frame whose index is `index` or more; its count if none. */
function firstFrom(frame: EntriesFrame, index: number): number {
  let low = 0;
  let high = frame.count;
  if (frame.index(high - 1) < index) return high;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (frame.index(middle) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Faults pass; everything else is a bug, which nobody catches. */
function failureOfFault(error: unknown): CallFailure {
  if (error instanceof Fault) return failureOfError(error);
  throw error;
}
