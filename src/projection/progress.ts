/** Tells those who wait at an end that it may have moved. */
export class Progress {
  readonly #waiting = new Set<() => void>();
  #version = 0;

  /** Counts the moves: what was seen before waiting for the next. */
  get version(): number {
    return this.#version;
  }

  move(): void {
    this.#version += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Returns when there was a move after a version, or the signal ends it. */
  past(version: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.#version !== version) return resolve();
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener("abort", wake);
    });
  }
}
