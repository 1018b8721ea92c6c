/** The open calls of a node: counts them, bounds them, and stops them when the node stops. */
import { Fault } from "../model/fault.js";

export interface StoppableCall {
  /** Ends the call with the fault. */
  stop(fault: Fault): void;
}

const stopping = () => new Fault("SHUTTING_DOWN", "the node is stopping; connect again");

export type CallKind = "append" | "subscribe" | "read" | "other";

export class CallRegistry {
  readonly #max: number;
  readonly #calls = new Map<StoppableCall, CallKind>();
  #isStopping = false;

  /** @param max calls that may be open at once */
  constructor(max: number) {
    this.#max = max;
  }

  count(kind: CallKind): number {
    let count = 0;
    for (const one of this.#calls.values()) if (one === kind) count++;
    return count;
  }

  /** The fault that a further call is refused with, if any. */
  refusal(): Fault | undefined {
    if (this.#isStopping) return stopping();
    if (this.#calls.size < this.#max) return undefined;
    const message = "the node has as many open calls as it may; try again later";
    return new Fault("OVERLOADED", message, { calls_max: this.#max });
  }

  /** Returns what takes the call out again; calling it twice is fine. */
  enter(kind: CallKind, call: StoppableCall): () => void {
    this.#calls.set(call, kind);
    return () => {
      this.#calls.delete(call);
    };
  }

  /** Stops every call, and refuses those that are still on their way. */
  stopAll(): void {
    this.#isStopping = true;
    for (const call of [...this.#calls.keys()]) call.stop(stopping());
  }
}
