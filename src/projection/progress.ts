/** Tells those who wait at an end that it may have moved. */
import { Subject } from "rxjs";

export class Progress {
  readonly #moved = new Subject<void>();
  #version = 0;

  /** Counts the moves: what was seen before waiting for the next. */
  get version(): number {
    return this.#version;
  }

  move(): void {
    this.#version += 1;
    this.#moved.next();
  }

  /** Returns when there was a move after a version, or the signal ends it. */
  past(version: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || this.#version !== version) return resolve();
      const done = () => {
        waiting.unsubscribe();
        signal.removeEventListener("abort", done);
        resolve();
      };
      const waiting = this.#moved.subscribe(done);
      signal.addEventListener("abort", done);
    });
  }
}
