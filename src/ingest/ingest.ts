/**
 * The append path: admit, judge the sequence, commit, answer.
 *
 *     message ─▶ AdmissionPool ─▶ SequenceTable ─▶ Log (group commit, fsync) ─▶ outcome
 *
 * What all append calls share stands here; the order within one call stands in append-call.ts.
 *
 * Invariants:
 *
 * - A batch reaches the log only admitted, and only where its sequence is new.
 * - An outcome «appended» is given only with a `Committed`, which only the log makes, after fsync.
 * - A refused batch leaves no trace: not in the log, not in the sequence table.
 */
import type { Clock } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import { Fault, type FaultCode, isFault } from "../model/fault.js";
import { sequenceWindow } from "../model/limits.js";
import type { Metrics } from "../observability/metrics.js";
import type { SequenceJudgement, SequenceTable } from "../state/sequences.js";
import type { AdmittedBatch } from "../wal/admitted-batch.js";
import type { Log } from "../wal/log.js";
import type { AdmissionPool, Admitted } from "./admission-pool.js";
import { AppendCall } from "./append-call.js";
import { ClockGuard } from "./clock-guard.js";
import { type BatchOutcome, outcomeOfFault, refusal, refused } from "./outcome.js";
import { type RightsSource, rightsRefusal } from "./rights-check.js";
import { type Placed, Submission } from "./submission.js";

export interface IngestOptions {
  readonly log: Log;
  readonly sequences: SequenceTable<BatchInFlight>;
  readonly pool: AdmissionPool;
  readonly rights: RightsSource;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** A batch on its way into the log, and who waits for it. */
export class BatchInFlight {
  readonly #waiters: ((outcome: BatchOutcome) => void)[] = [];

  settled(): Promise<BatchOutcome> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  settle(outcome: BatchOutcome): void {
    for (const resolve of this.#waiters) resolve(outcome);
  }
}

const judgementRefusals = {
  reused: [
    "SEQUENCE_REUSED",
    "the sequence was used for other entries: use a new one, or a new writer",
  ],
  tooOld: [
    "SEQUENCE_TOO_OLD",
    "the sequence lies too far below the writer's highest to be settled: read the log to see",
  ],
  tooMany: [
    "SEQUENCES_TOO_MANY",
    "the writer has too many unsettled batches: wait for replies before sending more",
  ],
} as const satisfies Record<string, readonly [FaultCode, string]>;

/** A client that waits for each answer leaves at least this long between them. */
const pauseMs = 0.1;

export class Ingest {
  readonly #log: Log;
  readonly #sequences: SequenceTable<BatchInFlight>;
  readonly #pool: AdmissionPool;
  readonly #rights: RightsSource;
  readonly #clock: Clock;
  readonly #guard: ClockGuard;
  readonly #metrics: Metrics;
  /** Requests taken before the node stops and not yet answered, over all calls. */
  #unanswered = 0;
  /** When the last answer left nothing unanswered. */
  #quietSinceMs = Number.NEGATIVE_INFINITY;
  /** Whether the newest request came out of a pause. */
  #cameAlone = false;
  #appended = 0;
  #refused = 0;
  #isStopping = false;
  #idleWaiters: (() => void)[] = [];

  constructor(options: IngestOptions) {
    this.#log = options.log;
    this.#sequences = options.sequences;
    this.#pool = options.pool;
    this.#rights = options.rights;
    this.#clock = options.clock;
    this.#metrics = options.metrics;
    this.#guard = new ClockGuard(options.clock);
  }

  /** Entries appended since the node started. */
  get appendedCount(): number {
    return this.#appended;
  }

  /** Batches refused since the node started. */
  get refusedCount(): number {
    return this.#refused;
  }

  openCall(): AppendCall {
    return new AppendCall(this);
  }

  /**
   * Refuses what comes from now on, and settles when all that was taken before is answered: clients
   * that go on sending cannot keep the node from stopping.
   */
  async drain(): Promise<void> {
    this.#isStopping = true;
    while (this.#unanswered > 0) {
      await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
    }
  }

  /** Returns whether the answer is awaited; hand that to `requestAnswered`. */
  requestTaken(): boolean {
    if (this.#isStopping) return false;
    this.#cameAlone =
      this.#unanswered === 0 && this.#clock.monotonicMs() - this.#quietSinceMs >= pauseMs;
    this.#unanswered++;
    return true;
  }

  requestAnswered(isAwaited: boolean): void {
    if (!isAwaited) return;
    this.#unanswered--;
    assert(this.#unanswered >= 0, "a request is answered once");
    if (this.#unanswered > 0) return;
    this.#quietSinceMs = this.#clock.monotonicMs();
    if (this.#idleWaiters.length === 0) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const resolve of waiters) resolve();
  }

  admit(message: Uint8Array, hasTurn: boolean): Admitted | Promise<Admitted> | undefined {
    return this.#pool.admit(message, this.#isAlone, hasTurn);
  }

  /**
   * Whether nothing but the newest request is on its way: then the fastest is to do all of it in
   * this turn. What comes without a pause behind an answer has others behind it, that only cannot
   * be seen while this thread is busy.
   */
  get #isAlone(): boolean {
    return this.#cameAlone && this.#unanswered <= 1;
  }

  whenRoom(isFirst: boolean): Promise<void> {
    return this.#pool.whenRoom(isFirst);
  }

  /** Why nothing can be appended now, if so. */
  unavailable(): Fault | undefined {
    if (this.#isStopping) return new Fault("SHUTTING_DOWN", "the node is stopping; send it again");
    return this.#log.refusal() ?? this.#guard.check();
  }

  /** Counts a batch whose outcome is a refusal; others are none of its business. */
  countRefused(outcome: BatchOutcome): void {
    if (outcome.kind !== "refused") return;
    this.#refused++;
    this.#metrics.count("append_refused_total", 1, { code: outcome.refusal.code });
  }

  /**
   * Takes one admitted batch. An outcome, or a promise of one, has taken its place in the log; a
   * `Submission` takes it later, and the call submits nothing else before.
   */
  submit(batch: AdmittedBatch): Promise<BatchOutcome> | BatchOutcome | Submission {
    try {
      return this.#submitNow(batch);
    } catch (error) {
      return this.#refuseBy(error);
    }
  }

  #submitNow(batch: AdmittedBatch): Promise<BatchOutcome> | BatchOutcome | Submission {
    const { author, writer, sequence, root } = batch;
    const inFlight = new BatchInFlight();
    const judgement = this.#sequences.admit(author, writer, sequence, root, inFlight);
    if (!(judgement instanceof Promise)) {
      if (judgement.kind === "new" && batch.isAboutRights === true) {
        return new Submission(this.#placeByRight(batch, inFlight));
      }
      return this.#follow(batch, inFlight, judgement);
    }
    const placed = judgement.then(
      (known) =>
        known.kind === "new" && batch.isAboutRights === true
          ? this.#placeByRight(batch, inFlight)
          : { outcome: this.#follow(batch, inFlight, known) },
      (error: unknown) => ({ outcome: this.#refuseBy(error) }),
    );
    return new Submission(placed);
  }

  /** A batch that grants or revokes, whose sequence is new: the log takes it from who may. */
  async #placeByRight(batch: AdmittedBatch, inFlight: BatchInFlight): Promise<Placed> {
    const outcome = await this.#rights().then(
      (rights) => {
        const what = rightsRefusal(batch, rights);
        return what === undefined ? undefined : refused(what);
      },
      (error: unknown) => {
        if (!isFault(error)) throw error;
        return outcomeOfFault(error);
      },
    );
    if (outcome === undefined) return { outcome: this.#append(batch, inFlight) };
    this.#sequences.abandon(batch.author, batch.writer, batch.sequence);
    this.countRefused(outcome);
    inFlight.settle(outcome);
    return { outcome };
  }

  #follow(
    batch: AdmittedBatch,
    inFlight: BatchInFlight,
    judgement: SequenceJudgement<BatchInFlight>,
  ): Promise<BatchOutcome> | BatchOutcome {
    switch (judgement.kind) {
      case "new":
        return this.#append(batch, inFlight);
      case "exists":
        return { kind: "exists", receipt: judgement.receipt };
      case "inFlight":
        return judgement.attempt.settled().then(asRepeat);
      default: {
        const [code, message] = judgementRefusals[judgement.kind];
        const limit = `at most ${sequenceWindow} below the highest, one use each`;
        const value = String(batch.sequence);
        const outcome = refused(refusal(code, message, { field: "sequence", limit, value }));
        this.countRefused(outcome);
        return outcome;
      }
    }
  }

  #append(batch: AdmittedBatch, inFlight: BatchInFlight): Promise<BatchOutcome> {
    const { author, writer, sequence, root, count } = batch;
    const begunMs = this.#clock.monotonicMs();
    return this.#log.append(batch, this.#isAlone).then(
      ({ firstIndex, hybridTime }) => {
        const receipt = { firstIndex, count, hybridTime };
        this.#sequences.settle(author, writer, sequence, { ...receipt, root });
        this.#appended += count;
        this.#metrics.count("append_entries_total", count);
        this.#metrics.count("append_batches_total", 1);
        const seconds = (this.#clock.monotonicMs() - begunMs) / 1_000;
        this.#metrics.observe("append_duration_seconds", seconds);
        const outcome: BatchOutcome = { kind: "appended", receipt };
        inFlight.settle(outcome);
        return outcome;
      },
      (error: unknown) => {
        this.#sequences.abandon(author, writer, sequence);
        const outcome = this.#refuseBy(error);
        inFlight.settle(outcome);
        return outcome;
      },
    );
  }

  /** What the log or the table could not do, as an outcome. */
  #refuseBy(error: unknown): BatchOutcome {
    if (!isFault(error)) throw error;
    const outcome = outcomeOfFault(error);
    this.countRefused(outcome);
    return outcome;
  }
}

/** The same batch, sent again while the first was on its way: it exists if that was appended. */
const asRepeat = (outcome: BatchOutcome): BatchOutcome =>
  outcome.kind === "appended" ? { kind: "exists", receipt: outcome.receipt } : outcome;
