/** Time, as an argument: so that a simulator can own it. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock milliseconds since 1970 UTC. May jump, both ways. */
  nowMs(): number;
  /** Milliseconds since an arbitrary moment, with a fraction. Never goes back. */
  monotonicMs(): number;
  /** Calls once, after at least `delayMs`. A waiting timer does not keep the process alive. */
  after(delayMs: number, call: () => void): Timer;
}

/** Waits; a wait keeps the process alive as long as its caller does. */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
