/**
 * Notices when the machine's clock jumps.
 *
 * Recorded time is for good, so a node whose clock just leapt must not write it down. The wall
 * clock is held against the monotonic clock: both are slewed alike, so their distance changes only
 * when somebody sets the time. Up to a minute that is accepted as the new truth; more than that
 * refuses appends with CLOCK until the clock is back within a minute of where it should be, or the
 * node is restarted, which says that the new time is right.
 */
import type { Clock } from "../host/clock.js";
import { Fault } from "../model/fault.js";

export const clockJumpMsMax = 60_000;

export class ClockGuard {
  readonly #clock: Clock;
  #distance: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#distance = clock.nowMs() - clock.monotonicMs();
  }

  /** The fault that appends are refused with now, if any. */
  check(): Fault | undefined {
    const distance = this.#clock.nowMs() - this.#clock.monotonicMs();
    const jumpMs = Math.round(distance - this.#distance);
    if (Math.abs(jumpMs) <= clockJumpMsMax) {
      this.#distance = distance;
      return undefined;
    }
    const message =
      "the machine's clock jumped; set it right, or restart the node if the new time is right";
    return new Fault("CLOCK", message, { jump_ms: jumpMs, jump_ms_max: clockJumpMsMax });
  }
}
