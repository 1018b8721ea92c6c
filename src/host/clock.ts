/** Time, as an argument: so that a simulator can own it. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall-clock milliseconds since 1970 UTC. May jump, both ways. */
  nowMs(): number;
  /** Milliseconds since an arbitrary moment, with a fraction. Never goes back. */
  monotonicMs(): number;
  /**
   * Calls once, after at least `delayMs`. A waiting timer does not keep the process alive, unless
   * it `holds`: where nothing else would, and somebody's promise hangs on it.
   */
  after(delayMs: number, call: () => void, holds?: boolean): Timer;
}

/** Waits; a wait keeps the process alive as long as its caller does. */
export const pause = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });

/** Returns when everything else that waited for this thread has had its turn. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, call, holds = false) => {
    const timer = setTimeout(call, delayMs);
    if (!holds) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
