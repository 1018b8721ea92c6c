/**
 * The views of a node as its main process sees them: a reader of its own on files that another
 * process writes.
 *
 *     main process                                  child process
 *     log ── size ────────────────────────────────▶ reads the log's files, applies
 *     Views.read ◀── db/<generation> (LMDB) ──────◀ commits
 *           appliedSize ◀──────────────── report ──◀
 *
 * Opening waits for no view, and neither does an append. A read takes what is committed, without
 * asking the writer; where the writer is down, what it committed last.
 *
 * A generation that is damaged, foreign, of another version or of another log is built anew; one
 * that is built beside takes the place of the other when it holds all that the other one does.
 *
 * Invariants:
 *
 * - What a reader sees never goes back, save where a generation is of no use and is replaced.
 * - A directory is removed when no process has it open.
 */
import type { Children } from "../host/children.js";
import type { Clock } from "../host/clock.js";
import type { Disk } from "../host/disk.js";
import { Fault, isFault } from "../model/fault.js";
import { type HybridTime, millisecondsOf, toHybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import type { ProjectionStatus, ViewsStatus } from "../model/query.js";
import type { Probe } from "../observability/probe.js";
import type { ViewReader } from "../views/view-reader.js";
import { projectionNames, type ViewSnapshot, viewsVersion } from "../views/view-types.js";
import { Generation } from "./generation.js";
import { Generations } from "./generations.js";
import type { VerifyProgress } from "./messages.js";
import { Progress } from "./progress.js";
import type { RetryPauses } from "./retry-pauses.js";
import { verification } from "./verification.js";
import type { GrowingLog, WriterUse } from "./writer-process.js";

/** The log that the views follow. `Log` is one, but for the directory. */
export interface FollowedLog extends GrowingLog {
  readonly id: LogId;
  readonly lastTime: HybridTime;
  readonly genesis: { readonly logKey: Uint8Array };
  /** Where its segment files stand. */
  readonly segmentsDirectory: string;
}

export interface ViewsOptions {
  /** `<data>/db`: made where it is missing. */
  readonly directory: string;
  readonly log: FollowedLog;
  readonly children: Children;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly probe: Probe;
  /** Address space reserved for the views. */
  readonly mapBytes: number;
  /** Pauses before a writer that died is started again. */
  readonly restarts?: RetryPauses;
  /** Pauses before a projection that failed is tried again. */
  readonly retries?: RetryPauses;
}

export interface RebuildProgress {
  readonly applied: number;
  readonly size: number;
  /** On the last one: the generation now in use. */
  readonly generation?: number;
}

const pausesPreset: RetryPauses = { msMin: 250, msMax: 30_000 };
/** Writers of views that are read, and of those that nobody waits for. */
const uses = {
  inUse: { transactions: { shortMs: 200, longMs: 1_000 }, niceness: 0 },
  building: { transactions: { shortMs: 1_000, longMs: 3_000 }, niceness: 5 },
} as const satisfies Record<string, WriterUse>;
/** An orderly end syncs what was committed; one that takes longer is found again as it is. */
const stopMs = 1_500;
/** What is being built is thrown away, or goes on from its last commit. */
const stopBuildingMs = 200;
/** So little behind, the writer in use is stopped, for the new one to pass it. */
const lastStretchEntries = 20_000;

const stopping = () => new Fault("SHUTTING_DOWN", "the node is stopping");

export class Views {
  readonly #options: ViewsOptions;
  readonly #generations: Generations;
  /** Those that were found at the start, and not tried yet. */
  readonly #found: number[];
  readonly #progress = new Progress();
  #current: Generation;
  #building: Generation | undefined;
  /** The one in use began empty, and has not caught up with the log yet. */
  #isCatchingUp = false;
  /** The writer in use was stopped, and the new one is about to take over. */
  #isHandingOver = false;
  #replacing: Promise<void> = Promise.resolve();
  #isVerifying = false;
  readonly #ending = new AbortController();
  #closing: Promise<void> | undefined;

  private constructor(options: ViewsOptions, generations: Generations, found: readonly number[]) {
    this.#options = options;
    this.#generations = generations;
    this.#found = [...found];
    if (found.length === 0) {
      this.#isCatchingUp = true;
      options.probe.info("views are being built", {
        reason: "there are none",
        size: options.log.size,
      });
    }
    this.#current = this.#begin(this.#found.shift() ?? generations.next(), "inUse");
  }

  /** Does not wait for the views: only for their directory. */
  static async open(options: ViewsOptions): Promise<Views> {
    const { generations, found } = await Generations.open(options.disk, options.directory);
    return new Views(options, generations, found);
  }

  /** Throws VIEWS_UNAVAILABLE while there are none to read, SHUTTING_DOWN at the end. */
  read<T>(work: (snapshot: ViewSnapshot) => T): T {
    if (this.#closing !== undefined) throw stopping();
    const { reader } = this.#current;
    if (reader !== undefined) return this.#readOf(this.#current, reader, work);
    const { down } = this.#current.process;
    const why = down === undefined ? "they are being opened" : `their writer ${down.because}`;
    const message = `the views cannot be read yet (${why}); try again, or look at the node's log`;
    throw new Fault("VIEWS_UNAVAILABLE", message, { generation: this.#current.number });
  }

  /** Damage that only a reader met is damage all the same: others are built beside. */
  #readOf<T>(generation: Generation, reader: ViewReader, work: (one: ViewSnapshot) => T): T {
    try {
      return reader.read(work);
    } catch (error) {
      if (isFault(error, "VIEWS_DAMAGED") && this.#building === undefined) {
        this.#damaged(generation, `${error.code}: ${error.message}`);
      }
      throw error;
    }
  }

  /** Entries of the log that the views in use hold; 0 while they cannot be read. */
  get appliedSize(): number {
    const { reader, report } = this.#current;
    return reader === undefined ? 0 : (report?.applied ?? 0);
  }

  /** Whether the views came to hold so many entries in time, and before the signal. */
  async reached(
    size: number,
    options: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<boolean> {
    if (this.appliedSize >= size) return true;
    const late = new AbortController();
    const stop = () => late.abort();
    const timer = this.#options.clock.after(options.withinMs, stop, true);
    options.signal.addEventListener("abort", stop);
    if (options.signal.aborted || this.#closing !== undefined) stop();
    while (this.appliedSize < size && !late.signal.aborted) {
      await this.#progress.past(this.#progress.version, late.signal);
      if (this.#closing !== undefined) break;
    }
    timer.cancel();
    options.signal.removeEventListener("abort", stop);
    return this.appliedSize >= size;
  }

  status(): ViewsStatus {
    const { log, clock } = this.#options;
    const { report, process, number: generation } = this.#current;
    const projections = this.#projections();
    const building = this.#building?.report?.applied ?? 0;
    const isBehind = report !== undefined && report.applied < log.size;
    const newestMs = isBehind ? millisecondsOf(toHybridTime(report.recorded)) : 0;
    return {
      generation,
      version: viewsVersion,
      applied: Math.min(...projections.map(({ applied }) => applied)),
      size: log.size,
      bytes: report?.bytes ?? 0,
      projections,
      ...(this.#building === undefined ? {} : { building }),
      ...(process.processId === undefined ? {} : { writerPid: process.processId }),
      writerRestarts: process.restarts,
      lagMs: isBehind ? Math.max(0, clock.nowMs() - newestMs) : 0,
    };
  }

  /** Builds a new generation; it goes on where nobody watches any more. */
  async *rebuild(signal: AbortSignal): AsyncGenerator<RebuildProgress, void> {
    const { log } = this.#options;
    const building = this.#building ?? this.#beginBuilding("it was asked for");
    while (!signal.aborted) {
      const { version } = this.#progress;
      if (this.#closing !== undefined) throw stopping();
      if (this.#current === building) {
        yield { applied: this.appliedSize, size: log.size, generation: building.number };
        return;
      }
      if (this.#building !== building) {
        const message = "the views that were being built turned out to be of no use; try again";
        throw new Fault("VIEWS_DAMAGED", message, { generation: building.number });
      }
      yield { applied: building.report?.applied ?? 0, size: log.size };
      await this.#progress.past(version, signal);
    }
  }

  /** Compares the views in use with the log, while both go on. */
  async *verify(signal: AbortSignal): AsyncGenerator<VerifyProgress, void> {
    const { children } = this.#options;
    this.read(() => undefined); // throws where there is nothing to compare
    if (this.#isVerifying) {
      throw new Fault("OVERLOADED", "the views are being compared already; wait for that to end");
    }
    const closing = this.#ending.signal;
    this.#isVerifying = true;
    try {
      yield* verification(children, this.#current.data, { ending: signal, closing });
    } finally {
      this.#isVerifying = false;
    }
    if (closing.aborted) throw stopping();
  }

  /** Stops the writers in order. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#ending.abort();
    this.#progress.move();
    await this.#replacing;
    await Promise.all([this.#current.close(stopMs), this.#building?.close(stopBuildingMs)]);
  }

  #begin(number: number, use: keyof typeof uses): Generation {
    const { log, children, clock, disk, probe, mapBytes } = this.#options;
    const generation: Generation = new Generation({
      generation: number,
      data: {
        directory: this.#generations.directoryOf(number),
        mapBytes,
        logId: log.id,
        logKey: log.genesis.logKey,
        segmentsDirectory: log.segmentsDirectory,
        retries: this.#options.retries ?? pausesPreset,
      },
      log,
      children,
      clock,
      disk,
      probe,
      restarts: this.#options.restarts ?? pausesPreset,
      use: uses[use],
      onChange: () => this.#changed(generation),
      onDamaged: (reason) => this.#damaged(generation, reason),
    });
    return generation;
  }

  #beginBuilding(reason: string): Generation {
    const number = this.#generations.next();
    const { log, probe } = this.#options;
    probe.info("views are being built anew", { generation: number, reason, size: log.size });
    this.#building = this.#begin(number, "building");
    return this.#building;
  }

  #changed(generation: Generation): void {
    // Those that were found behind the one in use are leftovers, now that it can be read.
    if (generation === this.#current && generation.reader !== undefined) this.#removeFound();
    if (generation === this.#building) this.#handOver(generation);
    if (this.#isCatchingUp && this.#isAtEnd()) {
      this.#isCatchingUp = false;
      const fields = { generation: this.#current.number, applied: this.appliedSize };
      this.#options.probe.info("views built", fields);
    }
    this.#progress.move();
  }

  #isAtEnd(): boolean {
    return this.#current.reader !== undefined && this.appliedSize >= this.#options.log.size;
  }

  #handOver(building: Generation): void {
    if (this.#closing !== undefined || building.reader === undefined) return;
    const current = this.#current;
    const behind = (current.report?.applied ?? 0) - (building.report?.applied ?? 0);
    if (!this.#isHandingOver) {
      if (behind > lastStretchEntries) return;
      this.#isHandingOver = true;
      // From now on what it holds does not grow; it is read until the other one holds all of it.
      void current.process.stop(stopMs).then(() => this.#changed(building));
    } else if (current.process.isStopped && building.holdsAllOf(current)) {
      this.#isHandingOver = false;
      this.#building = undefined;
      this.#current = building;
      building.process.changeUse(uses.inUse, stopMs);
      const fields = { generation: building.number, applied: building.report?.applied };
      this.#options.probe.info("views replaced", fields);
      this.#retire(current);
    }
  }

  /** Not while it is used: a generation in use that can be read is read until it is replaced. */
  #damaged(generation: Generation, reason: string): void {
    const { probe } = this.#options;
    probe.warn("views are of no use", { generation: generation.number, reason });
    if (this.#closing !== undefined) return;
    if (generation === this.#building) {
      this.#building = undefined;
      this.#isHandingOver = false;
      this.#retire(generation);
      if (this.#current.process.isStopped) this.#beginBuilding(reason);
    } else if (generation.reader !== undefined) {
      if (this.#building === undefined) this.#beginBuilding(reason);
    } else {
      const found = this.#found.shift();
      const number = found ?? this.#generations.next();
      probe.info("views are being built anew", {
        generation: number,
        reason,
        isFound: found !== undefined,
      });
      this.#isCatchingUp = found === undefined;
      this.#current = this.#begin(number, "inUse");
      this.#retire(generation);
    }
    this.#progress.move();
  }

  #removeFound(): void {
    for (const number of this.#found.splice(0)) {
      this.#afterwards(() => this.#generations.remove(number));
    }
  }

  #retire(generation: Generation): void {
    this.#afterwards(async () => {
      await generation.close(stopMs);
      await this.#generations.remove(generation.number);
    });
  }

  /** One after the other; what cannot be removed is tried again at the next start. */
  #afterwards(work: () => Promise<void>): void {
    this.#replacing = this.#replacing.then(work).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.probe.warn("views not removed", { reason });
    });
  }

  #projections(): readonly ProjectionStatus[] {
    const { report, reportAgeMs, process } = this.#current;
    const now = this.#options.clock.monotonicMs();
    const { down } = process;
    return projectionNames.map((name) => {
      const known = report?.projections.find((one) => one.name === name);
      const applied = known?.applied ?? 0;
      if (down !== undefined) {
        const stoppedBecause = `the view writer ${down.because}`;
        const retryInMs = Math.max(0, Math.round(down.untilMs - now));
        return { name, state: "stopped", applied, stoppedAt: applied, stoppedBecause, retryInMs };
      }
      if (known === undefined) return { name, state: "catching_up", applied };
      if (known.retryInMs !== undefined) {
        const retryInMs = Math.max(0, Math.round(known.retryInMs - reportAgeMs));
        return { ...known, retryInMs };
      }
      const isBehind = known.state === "live" && applied < this.#options.log.size;
      return isBehind ? { ...known, state: "catching_up" } : known;
    });
  }
}
