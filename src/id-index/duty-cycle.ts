/**
 * Keeps background work in the background: behind each stretch of work it rests several times as
 * long, and not at all while somebody waits for the outcome.
 *
 * Why not a thread of low priority: one that somebody waits for would starve under load, and an
 * ordinary process may lower a thread's priority but not raise it again.
 */
import type { Clock } from "../host/clock.js";

/** Shorter stretches are added up: a timer per block would cost more than it gives. */
const stretchMsMin = 5;

export class DutyCycle {
  readonly #clock: Clock;
  readonly #restRatio: number;
  readonly #isHurried: () => boolean;
  #sinceMs: number;
  #wake: (() => void) | undefined;

  /** `restRatio`: how many times as long as it worked it rests. */
  constructor(clock: Clock, restRatio: number, isHurried: () => boolean) {
    this.#clock = clock;
    this.#restRatio = restRatio;
    this.#isHurried = isHurried;
    this.#sinceMs = clock.monotonicMs();
  }

  begin(): void {
    this.#sinceMs = this.#clock.monotonicMs();
  }

  /** Called between pieces of work. */
  async pause(): Promise<void> {
    const workedMs = this.#clock.monotonicMs() - this.#sinceMs;
    if (this.#restRatio === 0 || workedMs < stretchMsMin) return;
    if (!this.#isHurried()) await this.#rest(workedMs * this.#restRatio);
    this.begin();
  }

  /** Ends a rest. */
  wake(): void {
    this.#wake?.();
  }

  #rest(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        timer.cancel();
        this.#wake = undefined;
        resolve();
      };
      const timer = this.#clock.after(ms, end);
      this.#wake = end;
    });
  }
}
