/** A batch whose place in the log waits for its writer to be looked up. */
import type { BatchOutcome } from "./outcome.js";

/** Boxed, so that waiting for the place is not waiting for the outcome. */
export interface Placed {
  readonly outcome: Promise<BatchOutcome> | BatchOutcome;
}

export class Submission {
  readonly placed: Promise<Placed>;

  constructor(placed: Promise<Placed>) {
    this.placed = placed;
  }
}
