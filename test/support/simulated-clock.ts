/**
 * A clock that moves only when the test says so, and whose wall time can jump both ways while its
 * monotonic time, on which timers run, only advances.
 */
import type { Clock, Timer } from "../../src/host/clock.js";

interface Waiting {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

/** Lets everything that is ready to run do so: promises settle, and immediates fire. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class SimulatedClock implements Clock {
  private wallMs: number;
  private elapsedMs = 0;
  private nextOrder = 0;
  private readonly waiting = new Set<Waiting>();

  /** Starts at a fixed moment, so that a history reads the same on every run. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.wallMs = startMs;
  }

  nowMs(): number {
    return Math.floor(this.wallMs);
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, call: () => void): Timer {
    const timer: Waiting = { atMs: this.elapsedMs + delayMs, order: this.nextOrder++, call };
    this.waiting.add(timer);
    return { cancel: () => this.waiting.delete(timer) };
  }

  /** How many timers wait. */
  get timerCount(): number {
    return this.waiting.size;
  }

  /** Moves the wall clock alone, as an operator or a time server does: back if negative. */
  jump(ms: number): void {
    this.wallMs += ms;
  }

  /** Lets time pass, firing what falls due in its order; between timers other work runs. */
  async advance(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms;
    for (let next = this.nextDue(endMs); next !== undefined; next = this.nextDue(endMs)) {
      this.waiting.delete(next);
      this.moveTo(next.atMs);
      next.call();
      await settled();
    }
    this.moveTo(endMs);
    await settled();
  }

  private nextDue(endMs: number): Waiting | undefined {
    let next: Waiting | undefined;
    for (const timer of this.waiting) {
      if (timer.atMs > endMs) continue;
      const isSooner =
        next === undefined ||
        timer.atMs < next.atMs ||
        (timer.atMs === next.atMs && timer.order < next.order);
      if (isSooner) next = timer;
    }
    return next;
  }

  private moveTo(ms: number): void {
    const passed = Math.max(0, ms - this.elapsedMs);
    this.elapsedMs += passed;
    this.wallMs += passed;
  }
}
