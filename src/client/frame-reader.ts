/**
 * Pulls messages from a call: one is read when it is asked for, so that a consumer that stands
 * still stops the call, and with it the node's sending. What waits on this side is bounded by the
 * call's buffer (16 messages) and the HTTP/2 window.
 */
import type { Clock } from "../host/clock.js";
import { type CallFailure, failureOf, failureOfError } from "./call-failure.js";
import { type ByteReadable, cancelCall, cancelledFault } from "./connection.js";

export class FrameReader {
  readonly #call: ByteReadable;
  #over: { readonly failure: CallFailure | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(call: ByteReadable) {
    this.#call = call;
    call.on("readable", () => this.#wake?.());
    call.on("error", (error) => this.#end(failureOfError(error)));
    call.on("status", (status) => this.#end(status.code === 0 ? undefined : failureOf(status)));
  }

  /** The next message, if one has come. */
  read(): Buffer | undefined {
    const message: Buffer | null = this.#call.read();
    return message ?? undefined;
  }

  /** Set when no more messages will come; those that have come can still be read. */
  get over(): { readonly failure: CallFailure | undefined } | undefined {
    return this.#over;
  }

  /** Waits until there may be something to read, or the call is over; false after `limitMs`. */
  wait(clock: Clock, limitMs: number | undefined): Promise<boolean> {
    if (this.#over !== undefined || this.#call.readableLength > 0) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (isInTime: boolean) => {
        this.#wake = undefined;
        timer?.cancel();
        resolve(isInTime);
      };
      const timer = limitMs === undefined ? undefined : clock.after(limitMs, () => settle(false));
      this.#wake = () => settle(true);
    });
  }

  /** Ends the call; without a failure of its own, as the caller's wish. */
  cancel(failure: CallFailure = { fault: cancelledFault(), isTransient: false }): void {
    this.#end(failure);
    cancelCall(this.#call);
  }

  #end(failure: CallFailure | undefined): void {
    this.#over ??= { failure };
    this.#wake?.();
  }
}
