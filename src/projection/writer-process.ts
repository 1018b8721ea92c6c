/**
 * The process that writes one generation of the views, as the main process sees it: started again
 * when it dies, told when the log grows, stopped in order.
 *
 *     starting ── ready ──▶ running ── ends by itself ──▶ down ── pause ──▶ starting …
 *
 * An append costs a comparison here. The log's growth is told in a turn of its own, behind the
 * receipts; the next time when the writer has reported that it knows, and not sooner than a few
 * milliseconds later: so many blocks become one message and one transaction.
 */
import type { ChildProcess, Children } from "../host/children.js";
import { type Clock, nextTurn, type Timer } from "../host/clock.js";
import { unreachable } from "../invariant/assert.js";
import type { Probe } from "../observability/probe.js";
import type { SizeMessage, WriterData, WriterMessage, WriterReport } from "./messages.js";
import type { TransactionTimes } from "./pace.js";
import { type RetryPauses, retryPauseMs } from "./retry-pauses.js";

/** What a writer needs of the log that it follows. */
export interface GrowingLog {
  /** Durable entries. */
  readonly size: number;
  onCommitted(listener: () => void): () => void;
}

/** What its views are for. */
export interface WriterUse {
  readonly transactions: TransactionTimes;
  /** How far it stands back where processors are short: 0 to 19. */
  readonly niceness: number;
}

export interface WriterProcessOptions {
  readonly data: Omit<WriterData, "size" | "transactions">;
  readonly use: WriterUse;
  readonly generation: number;
  readonly log: GrowingLog;
  readonly children: Children;
  readonly clock: Clock;
  readonly probe: Probe;
  readonly restarts: RetryPauses;
  /** The views exist and can be opened; at every start. */
  readonly onReady: () => void;
  readonly onReport: (report: WriterReport) => void;
  /** The generation is of no use; the process was stopped. */
  readonly onDamaged: (reason: string) => void;
}

const module = new URL("./view-writer.js", import.meta.url);

/** Between two messages under load. */
const tellIntervalMs = 5;
/** The heap of the child holds one batch of the log and what is to be written of it. */
const heapMiB = 768;
/** What a transaction makes dies with it: looked for rarely, a rebuild took 7.8 s and not 9.9 s. */
const semiSpaceMiB = 64;
/** One that has run for so long did not die of what it found at its start. */
const stableMs = 10_000;

export class WriterProcess {
  readonly #options: WriterProcessOptions;
  readonly #stopListening: () => void;
  #use: WriterUse;
  #child: ChildProcess | undefined;
  #startedMs = 0;
  #failures = 0;
  #restarts = 0;
  #down: { readonly because: string; readonly untilMs: number } | undefined;
  #restarting: Timer | undefined;
  /** The size that the writer knows, or is about to. */
  #told = 0;
  #isUnderWay = false;
  #isTellingDue = false;
  #toldMs = -tellIntervalMs;
  #stopping: Promise<void> | undefined;

  constructor(options: WriterProcessOptions) {
    this.#options = options;
    this.#use = options.use;
    this.#start();
    this.#stopListening = options.log.onCommitted(() => this.#grown());
  }

  /** Undefined while it is down. */
  get processId(): number | undefined {
    return this.#child?.processId;
  }

  /** It was stopped for good. */
  get isStopped(): boolean {
    return this.#stopping !== undefined && this.#child === undefined;
  }

  /** How often it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Why it is down, and when it is started again. */
  get down(): { readonly because: string; readonly untilMs: number } | undefined {
    return this.#down;
  }

  /** Ends it in order and starts it for another use: a process cannot take its niceness back. */
  changeUse(use: WriterUse, withinMs: number): void {
    this.#use = use;
    const child = this.#child;
    if (child === undefined) return; // it is started for it
    this.#isUnderWay = true;
    void child.stop(withinMs).then(() => {
      if (child === this.#child && this.#stopping === undefined) this.#start();
    });
  }

  /** Asks it to end, and kills it after a time. */
  stop(withinMs: number): Promise<void> {
    this.#stopping ??= this.#stop(withinMs);
    return this.#stopping;
  }

  async #stop(withinMs: number): Promise<void> {
    const { probe, generation } = this.#options;
    this.#stopListening();
    this.#restarting?.cancel();
    const child = this.#child;
    if (child === undefined) return;
    const isInOrder = await child.stop(withinMs);
    this.#child = undefined;
    if (!isInOrder) probe.warn("view writer killed", { generation, after_ms: withinMs });
  }

  #start(): void {
    const { children, clock, data, log, probe, generation } = this.#options;
    const { transactions, niceness } = this.#use;
    const size = log.size;
    this.#down = undefined;
    this.#startedMs = clock.monotonicMs();
    this.#told = size;
    this.#isUnderWay = true; // until it is ready
    const child = children.start(module, { ...data, transactions, size } satisfies WriterData, {
      heapMiB,
      semiSpaceMiB,
      niceness,
      onLine: (line) => probe.warn("view writer wrote", { generation, line }),
    });
    this.#child = child;
    child.onMessage((message) => {
      if (child === this.#child) this.#take(message as WriterMessage);
    });
    child.onExit((error) => {
      if (error !== undefined && child === this.#child) this.#ended(error);
    });
  }

  #take(message: WriterMessage): void {
    const { probe, generation, onReady, onReport, onDamaged } = this.#options;
    if (this.#stopping !== undefined && message.kind !== "told") return;
    switch (message.kind) {
      case "told":
        probe[message.level](message.message, { generation, ...message.fields });
        break;
      case "damaged":
        void this.stop(0);
        onDamaged(message.reason);
        break;
      case "ready":
      case "report":
        this.#known(message.report);
        onReport(message.report);
        if (message.kind === "ready") onReady();
        break;
      default:
        unreachable(message);
    }
  }

  #known({ seen }: WriterReport): void {
    if (seen < this.#told) return;
    this.#isUnderWay = false;
    this.#grown();
  }

  #grown(): void {
    if (this.#isUnderWay || this.#isTellingDue || this.#options.log.size <= this.#told) return;
    const { clock } = this.#options;
    this.#isTellingDue = true;
    const waitMs = this.#toldMs + tellIntervalMs - clock.monotonicMs();
    if (waitMs > 0) clock.after(Math.ceil(waitMs), () => this.#tell());
    else void nextTurn().then(() => this.#tell());
  }

  #tell(): void {
    this.#isTellingDue = false;
    const { log, clock } = this.#options;
    if (this.#isUnderWay || this.#child === undefined) return;
    this.#told = log.size;
    this.#toldMs = clock.monotonicMs();
    this.#isUnderWay = true;
    this.#child.post({ size: this.#told } satisfies SizeMessage);
  }

  #ended(error: Error): void {
    const { clock, probe, generation, restarts } = this.#options;
    this.#child = undefined;
    this.#isUnderWay = true;
    if (clock.monotonicMs() - this.#startedMs >= stableMs) this.#failures = 0;
    this.#failures += 1;
    const waitMs = retryPauseMs(restarts, this.#failures);
    this.#down = { because: error.message, untilMs: clock.monotonicMs() + waitMs };
    const fields = { generation, reason: error.message, restart_in_ms: waitMs };
    probe.error("view writer ended", fields);
    if (this.#stopping !== undefined) return;
    this.#restarting = clock.after(waitMs, () => {
      this.#restarts += 1;
      this.#start();
    });
  }
}
