/**
 * Applies the log to the projections of a store: one line for those that stand together, one for
 * each that has to catch up with them.
 *
 *     together   batch ─▶ one transaction: questions, lists, answers ─▶ next batch ─▶ …
 *                               │ one throws: redone without it
 *                               ▼
 *     alone      (pause) ─▶ block by block past what it failed on, then batches, up to where the
 *                           others are ─▶ together again
 *
 * Both lines are the same pipeline over batches pulled from the log; replaying and following are
 * the same too. A projection that fails at a block is stopped there, says why, and is tried again
 * after growing pauses, while the others go on. Where the log or the disk fails, all wait.
 *
 * Invariants:
 *
 * - What a transaction applies begins exactly at the frontier that the store holds for each of its
 *   projections, and the frontier moves in the same transaction: no effect is lost or doubled.
 * - A projection never stands further than those it needs.
 */
import {
  concatMap,
  defer,
  filter,
  from,
  merge,
  mergeMap,
  type Observable,
  repeat,
  retry,
  Subject,
  takeUntil,
  takeWhile,
} from "rxjs";
import { type Clock, nextTurn, pause } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import { type Fault, isFault } from "../model/fault.js";
import type { LogId } from "../model/position.js";
import type { ProjectionStatus } from "../model/query.js";
import type { Probe } from "../observability/probe.js";
import type { ViewStore } from "../views/view-store.js";
import type { CommittedEntries, ProjectionName } from "../views/view-types.js";
import type { Block } from "../wal/block.js";
import { type Batch, type BatchesOptions, type BlockSource, batchesFrom } from "./batches.js";
import { indexOf, Member, reasonOf } from "./member.js";
import type { Pace } from "./pace.js";
import { Progress } from "./progress.js";
import { type RetryPauses, retryPauseMs } from "./retry-pauses.js";

export interface ProjectionsOptions {
  readonly store: Pick<ViewStore, "projections" | "transaction" | "sweep">;
  readonly logId: LogId;
  readonly source: BlockSource;
  readonly translate: (block: Block) => CommittedEntries;
  readonly pace: Pace;
  /** Durable entries of the log at the beginning. */
  readonly size: number;
  readonly retries: RetryPauses;
  readonly clock: Clock;
  readonly probe: Probe;
}

/** Questions whose rulings are renewed at once. */
const sweptAtOnce = 512;
/** Under load, rulings are looked after once per so many transactions. */
const transactionsPerSweep = 16;
/** After a failure. */
const sweepPauseMs = 60_000;

/** What no projection is to blame for. */
const isOfStore = (error: unknown): boolean =>
  isFault(error) &&
  ["DISK_FULL", "DISK_FAILED", "VIEWS_DAMAGED", "STATE_DAMAGED", "OVERLOADED"].includes(error.code);

/** A write that came out short: mostly a full disk, which says so only at the next write. */
const isShortWrite = ({ code, detail: { errno } }: Fault): boolean =>
  code === "DISK_FAILED" && errno === "EIO";

/** What waiting does not help against: whoever runs the projections has to begin anew. */
const isFinal = (error: unknown): boolean =>
  !isFault(error) ||
  (["VIEWS_DAMAGED", "STATE_DAMAGED", "DISK_FAILED"].includes(error.code) && !isShortWrite(error));

export class Projections {
  readonly #options: ProjectionsOptions;
  readonly #members: readonly Member[];
  readonly #progress = new Progress();
  /** Projections that leave those that stand together. */
  readonly #left = new Subject<Member>();
  readonly #joined = new Subject<Member>();
  readonly #changes = new Subject<void>();
  /** Where those that stand together are. */
  #frontier: number;
  #told: number;
  /** Why nothing can be applied at all. */
  #halt: { readonly because: string; readonly index: number; readonly untilMs: number } | undefined;
  #transactions = 0;
  #isSweepDue = true;
  #sweepAgainMs = 0;

  constructor(options: ProjectionsOptions) {
    const { store, logId } = options;
    this.#options = options;
    this.#told = options.size;
    this.#members = store.transaction((transaction) =>
      store.projections.map((projection) => {
        const applied = transaction.applied(projection.name, logId);
        return new Member(projection, applied?.size ?? 0, applied?.recorded ?? 0n);
      }),
    );
    this.#frontier = Math.max(...this.#members.map(({ size }) => size));
    for (const member of this.#members) {
      if (member.size === this.#frontier) member.stand = { kind: "together" };
    }
  }

  /** Emits whenever a status may have changed. */
  get changes(): Observable<void> {
    return this.#changes;
  }

  /** Durable entries of the log, as far as it was told. */
  get told(): number {
    return this.#told;
  }

  /** So many entries are durable now. */
  tell(size: number): void {
    this.#told = Math.max(this.#told, size);
    this.#progress.move();
  }

  /** How far one has come. */
  applied(name: ProjectionName): { readonly size: number; readonly recorded: bigint } {
    const member = this.#member(name);
    return { size: member.size, recorded: member.recorded };
  }

  statuses(): readonly ProjectionStatus[] {
    const ms = this.#options.clock.monotonicMs();
    return this.#members.map((member) => {
      if (member.isTogether && this.#halt !== undefined) {
        const { because: stoppedBecause, index: stoppedAt, untilMs } = this.#halt;
        const retryInMs = Math.max(0, Math.round(untilMs - ms));
        const { name, size: applied } = member;
        return { name, state: "stopped", applied, stoppedAt, stoppedBecause, retryInMs };
      }
      const missing = member.needs.filter((name) => !this.#member(name).isTogether);
      return member.status({ told: this.#told, ms, missing });
    });
  }

  /**
   * Applies what there is, and what comes. Never completes; errs with what pausing does not help
   * against: VIEWS_DAMAGED, STATE_DAMAGED, DISK_FAILED (but not EIO), and what is no fault.
   */
  run(): Observable<Batch> {
    const behind = this.#members.filter((member) => !member.isTogether);
    const alone = merge(from(behind), this.#left).pipe(mergeMap((member) => this.#alone(member)));
    // Those that are alone are subscribed first: none that leaves is missed.
    return merge(alone, this.#together());
  }

  #together(): Observable<Batch> {
    const end = () => (this.#group().length === 0 ? this.#frontier : this.#told);
    const entriesMax = () => this.#options.pace.entriesMax(this.#told - this.#frontier);
    const atEnd = () => this.#sweep();
    return defer(() => this.#batches({ from: this.#frontier, end, entriesMax, atEnd })).pipe(
      // Where all have left, or the first came back, it goes on from somewhere else.
      takeWhile((batch) => this.#applyTogether(batch)),
      repeat(),
      retry({ delay: (error, failures) => this.#halted(error, failures), resetOnSuccess: true }),
    );
  }

  #alone(member: Member): Observable<Batch> {
    const end = () => this.#aloneEnd(member);
    const entriesMax = () =>
      member.size < member.failedEnd ? 1 : this.#options.pace.entriesMax(end() - member.size);
    return defer(() => from(this.#waited(member))).pipe(
      concatMap(() => this.#batches({ from: member.size, end, entriesMax })),
      takeWhile((batch) => this.#applyAlone(member, batch)),
      repeat(),
      retry({ delay: (error) => this.#haltedAlone(member, error) }),
      takeUntil(this.#joined.pipe(filter((joined) => joined === member))),
    );
  }

  #batches(
    options: Pick<BatchesOptions, "from" | "end" | "entriesMax" | "atEnd">,
  ): Observable<Batch> {
    const { source, translate } = this.#options;
    return batchesFrom({ ...options, source, translate, progress: this.#progress });
  }

  /** Applies a batch to all that stand together; those that fail leave. False: nobody is left. */
  #applyTogether(batch: Batch): boolean {
    if (batch.start !== this.#frontier) return false;
    for (;;) {
      const group = this.#group();
      if (group.length === 0) return false;
      const failed = this.#apply(group, batch);
      if (failed === undefined) break;
      if (failed.member === undefined) {
        this.#applyOneByOne(group, batch);
        break;
      }
      this.#leave(failed.member, failed.error, batch);
    }
    if (this.#group().length === 0) return false;
    this.#frontier = batch.end;
    this.#halt = undefined;
    this.#transactions += 1;
    if (this.#transactions % transactionsPerSweep === 0) this.#sweep();
    this.#isSweepDue = true;
    this.#changed();
    return true;
  }

  /** False: it has stopped. */
  #applyAlone(member: Member, batch: Batch): boolean {
    const failure = this.#apply([member], batch);
    if (failure === undefined) this.#changed();
    else this.#stop(member, failure.error);
    return failure === undefined;
  }

  /** Nobody knows who made the transaction fail: a transaction for each tells. */
  #applyOneByOne(group: readonly Member[], batch: Batch): void {
    for (const member of group) {
      if (!member.isTogether) continue; // it needs one that has left
      const failed = this.#apply([member], batch);
      if (failed !== undefined) this.#leave(member, failed.error, batch);
    }
  }

  /**
   * One transaction. Returns what failed, and nothing is changed then; `member` is who did, where
   * that is known.
   */
  #apply(
    members: readonly Member[],
    batch: Batch,
  ): { readonly member: Member | undefined; readonly error: unknown } | undefined {
    const { store, logId, clock, pace } = this.#options;
    const startedMs = clock.monotonicMs();
    let current: Member | undefined;
    let hasBegun = false;
    try {
      store.transaction((transaction) => {
        for (const { name, size } of members) {
          const stored = transaction.applied(name, logId)?.size ?? 0;
          assert(stored === size && size === batch.start, "a batch begins where the store stands");
        }
        hasBegun = true;
        for (const member of members) {
          current = member;
          member.projection.apply(transaction, batch.blocks);
          const stored = transaction.applied(member.name, logId)?.size;
          assert(stored === batch.end, "a projection moves its frontier to the batch's end");
        }
        current = undefined;
      });
    } catch (error) {
      if (!hasBegun || isOfStore(error)) throw error;
      const [only] = members;
      return { member: current ?? (members.length === 1 ? only : undefined), error };
    }
    const recorded = batch.blocks.at(-1)?.recorded ?? 0n;
    for (const member of members) {
      member.size = batch.end;
      member.recorded = recorded;
    }
    pace.took(batch.end - batch.start, clock.monotonicMs() - startedMs);
    return undefined;
  }

  #leave(member: Member, error: unknown, batch: Batch): void {
    member.failedEnd = batch.end;
    this.#stop(member, error);
    this.#left.next(member);
    for (const other of this.#group()) {
      if (!other.needs.includes(member.name)) continue;
      other.stand = { kind: "alone" };
      this.#left.next(other);
    }
  }

  /** The first time it is tried again at once, block by block: that tells where it fails. */
  #stop(member: Member, error: unknown): void {
    const { clock, probe, retries } = this.#options;
    const isLocated = member.failures > 0;
    const waitMs = isLocated ? retryPauseMs(retries, member.failures) : 0;
    member.failures += 1;
    const index = indexOf(error, member.size);
    const because = reasonOf(error);
    member.stand = { kind: "stopped", index, because, untilMs: clock.monotonicMs() + waitMs };
    if (isLocated) {
      const fields = { projection: member.name, index, reason: because, retry_in_ms: waitMs };
      probe.error("projection stopped", fields);
    }
    this.#changes.next();
  }

  /** Returns when a member that was stopped may be tried again. */
  async #waited(member: Member): Promise<void> {
    if (member.stand.kind !== "stopped") return;
    const { clock } = this.#options;
    const waitMs = member.stand.untilMs - clock.monotonicMs();
    await (waitMs > 0 ? pause(clock, waitMs) : nextTurn());
    member.stand = { kind: "alone" };
    this.#changed();
  }

  #haltedAlone(member: Member, error: unknown): readonly undefined[] {
    if (isFinal(error)) throw error;
    this.#stop(member, error);
    return [undefined]; // the pause stands at the beginning of the line
  }

  /** The log or the store cannot be used now: all that stand together wait. */
  async #halted(error: unknown, failures: number): Promise<void> {
    if (isFinal(error)) throw error;
    const { clock, probe, retries } = this.#options;
    const waitMs = retryPauseMs(retries, failures);
    const because = reasonOf(error);
    const index = indexOf(error, this.#frontier);
    this.#halt = { because, index, untilMs: clock.monotonicMs() + waitMs };
    probe.error("views stopped", { index, reason: because, retry_in_ms: waitMs });
    this.#changes.next();
    await pause(clock, waitMs);
  }

  /** How far one that is alone may go: to the others, past all failures, never past its needs. */
  #aloneEnd(member: Member): number {
    const failedEnd = Math.max(...this.#members.map((one) => one.failedEnd));
    const end = Math.min(this.#told, Math.max(this.#frontier, failedEnd));
    return Math.min(end, ...member.needs.map((name) => this.#member(name).size));
  }

  #changed(): void {
    for (const member of this.#members) this.#joinIfCaughtUp(member);
    this.#progress.move();
    this.#changes.next();
  }

  #joinIfCaughtUp(member: Member): void {
    if (member.stand.kind !== "alone" || member.size < member.failedEnd) return;
    if (!member.needs.every((name) => this.#member(name).isTogether)) return;
    if (this.#group().length === 0) this.#frontier = member.size;
    if (member.size !== this.#frontier) return;
    member.stand = { kind: "together" };
    if (member.failures > 0) {
      const fields = { projection: member.name, index: member.size };
      this.#options.probe.info("projection resumed", fields);
    }
    member.failures = 0;
    member.failedEnd = 0;
    this.#joined.next(member);
  }

  /** Renews some rulings that the world has overtaken. Returns whether there may be more. */
  #sweep(): boolean {
    const answers = this.#member("answers");
    const { store, clock, probe } = this.#options;
    if (!this.#isSweepDue || !answers.isTogether) return false;
    if (clock.monotonicMs() < this.#sweepAgainMs) return false;
    try {
      this.#isSweepDue = store.sweep(sweptAtOnce) > 0;
    } catch (error) {
      if (isOfStore(error)) throw error;
      // Answers that are not renewed are computed when they are asked for.
      this.#sweepAgainMs = clock.monotonicMs() + sweepPauseMs;
      probe.error("answers not renewed", { reason: reasonOf(error), retry_in_ms: sweepPauseMs });
      return false;
    }
    return this.#isSweepDue;
  }

  #group(): readonly Member[] {
    return this.#members.filter(({ isTogether }) => isTogether);
  }

  #member(name: ProjectionName): Member {
    const member = this.#members.find((one) => one.name === name);
    assert(member !== undefined, "a store has every projection");
    return member;
  }
}
