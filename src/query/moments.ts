/**
 * The moment that a question is asked as of: checked against the log, and turned into a limit.
 *
 * A moment must lie in what was recorded: behind the first block, and not in the future. What lies
 * there is refused with MOMENT_INVALID, for an answer as of then would be a guess.
 */
import type { Clock } from "../host/clock.js";
import type { Moment } from "../model/answer.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import { type HybridTime, millisecondsOf } from "../model/hybrid-time.js";
import type { CutLimit } from "./cuts.js";
import { requireOwnLog, type SeenLog, sizeSeen } from "./seen.js";

interface TimedLog extends SeenLog {
  readonly lastTime: HybridTime;
}

export interface ResolvedMoment {
  readonly limit: CutLimit;
  /** Recorded time of the moment, in milliseconds: what claims are aged to. */
  readonly recordedMs: number;
  /** Entries of the log that an answer as of then rests on. */
  readonly sizeMin: number;
}

export class Moments {
  readonly #log: TimedLog;
  readonly #clock: Clock;
  #firstMs: number | undefined;

  constructor(log: TimedLog, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Throws MOMENT_INVALID, LOG_UNKNOWN. */
  async resolve(moment: Moment): Promise<ResolvedMoment> {
    switch (moment.kind) {
      case "position": {
        const { logId, index } = moment.position;
        requireOwnLog(this.#log, logId);
        this.#requireWritten(index + 1);
        const { hybridTime: recorded } = await this.#log.read(index);
        const limit: CutLimit = { kind: "place", place: { recorded, logId, index } };
        return { limit, recordedMs: millisecondsOf(recorded), sizeMin: index + 1 };
      }
      case "frontier": {
        const size = await sizeSeen(this.#log, moment.frontier, "MOMENT_INVALID");
        if (size === 0)
          throw invalid("the frontier holds nothing; ask as of a later one", { size });
        this.#requireWritten(size);
        const { hybridTime } = await this.#log.read(size - 1);
        const sizes = new Map([[toHex(this.#log.id), size]]);
        const limit: CutLimit = { kind: "sizes", sizes };
        return { limit, recordedMs: millisecondsOf(hybridTime), sizeMin: size };
      }
      case "recorded":
        return this.#atTime(moment.recordedMs);
    }
  }

  async #atTime(recordedMs: number): Promise<ResolvedMoment> {
    const nowMs = Math.max(this.#clock.nowMs(), millisecondsOf(this.#log.lastTime));
    if (recordedMs > nowMs) {
      const message = "the moment lies in the future; leave it out to ask as of now";
      throw invalid(message, { recorded_ms: recordedMs, now_ms: nowMs });
    }
    this.#firstMs ??= millisecondsOf((await this.#log.read(0)).hybridTime);
    if (recordedMs < this.#firstMs) {
      const message = "the moment lies before the first block of the log; ask as of a later one";
      throw invalid(message, { recorded_ms: recordedMs, first_ms: this.#firstMs });
    }
    return { limit: { kind: "time", recordedMs }, recordedMs, sizeMin: 0 };
  }

  #requireWritten(size: number): void {
    if (size <= this.#log.size) return;
    const message = "the moment lies behind the end of the log; leave it out to ask as of now";
    throw invalid(message, { wanted_size: size, size: this.#log.size });
  }
}

const invalid = (message: string, facts: Readonly<Record<string, number>>): Fault =>
  new Fault("MOMENT_INVALID", message, facts);
