/**
 * Whether a log takes appends, and why not.
 *
 *     open <--> full                 (no room for the next segment: refused, tried again)
 *       |  \--> poisoned             (a write or sync failed: for good)
 *       '-----> closing --> closed   (what is queued is written first)
 *     damaged --------> closed       (as it was opened: read-only)
 */
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import type { Probe } from "../observability/probe.js";
import { repairAdvice } from "./damage.js";

export type LogState = "open" | "full" | "poisoned" | "damaged" | "closing" | "closed";

const successors: Readonly<Record<LogState, readonly LogState[]>> = {
  open: ["full", "poisoned", "closing"],
  full: ["open", "poisoned", "closing"],
  poisoned: ["closed"],
  damaged: ["closed"],
  closing: ["poisoned", "closed"],
  closed: [],
};

export class LogCondition {
  private current: LogState;
  private cause: unknown = undefined;
  private readonly probe: Probe;
  private readonly directory: string;

  constructor(initial: "open" | "damaged", about: { probe: Probe; directory: string }) {
    this.current = initial;
    this.probe = about.probe;
    this.directory = about.directory;
  }

  get state(): LogState {
    return this.current;
  }

  /** Whether the disk may be written: also while the last appends are being written at close. */
  get isWritable(): boolean {
    return this.current === "open" || this.current === "full" || this.current === "closing";
  }

  /** Why nothing new can be appended; `undefined` where it can. */
  refusal(): Fault | undefined {
    const { directory } = this;
    switch (this.current) {
      case "open":
        return undefined;
      case "full":
        return new Fault("DISK_FULL", "the disk has no room for the log", { directory });
      case "damaged": {
        const facts = { directory, repair: repairAdvice };
        return new Fault("LOG_DAMAGED", "the log is damaged and can only be read", facts);
      }
      case "poisoned": {
        const message = "a write or sync of the log failed; restart the node";
        return new Fault("LOG_POISONED", message, { directory }, this.cause);
      }
      case "closing":
      case "closed":
        return new Fault("SHUTTING_DOWN", "the log is closed");
    }
  }

  setFull(isFull: boolean): void {
    const { directory } = this;
    if (isFull && this.current === "open") {
      this.become("full");
      this.probe.error("disk full, appends refused", { directory });
    } else if (!isFull && this.current === "full") {
      this.become("open");
      this.probe.info("disk has room again", { directory });
    }
  }

  /** For good: until the log is opened again. */
  poison(cause: unknown): void {
    if (!this.isWritable) return;
    this.become("poisoned");
    this.cause = cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.probe.error("log poisoned, restart the node", { directory: this.directory, reason });
  }

  beginClosing(): void {
    if (this.isWritable) this.become("closing");
  }

  endClosing(): void {
    this.become("closed");
  }

  private become(next: LogState): void {
    assert(successors[this.current].includes(next), `a log goes from ${this.current} to ${next}`);
    this.current = next;
  }
}
