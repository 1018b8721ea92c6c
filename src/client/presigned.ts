/**
 * One Append call for those who sign themselves: gateways, benchmarks, other writers.
 *
 * Encoded `AppendRequest`s in, replies out; nothing is kept, resent or checked.
 */
import type { Fault } from "../model/fault.js";
import { AppendCall } from "./append-call.js";
import { type Connection, cancelledFault } from "./connection.js";
import type { AppendReply } from "./outcome.js";
import { Queue } from "./queue.js";

export interface PresignedOptions {
  /** Called with each reply as it comes, instead of handing it to `replies`. */
  readonly onReply?: (reply: AppendReply) => void;
  readonly signal?: AbortSignal | undefined;
}

export class PresignedCall {
  readonly #call: AppendCall;
  readonly #waiting = new Queue<AppendReply>();
  readonly #done: Promise<void>;
  #wake: (() => void) | undefined;
  #end: { readonly fault: Fault | undefined } | undefined;

  constructor(connection: Connection, { onReply, signal }: PresignedOptions) {
    const cancel = () => this.cancel();
    let settle = () => {};
    this.#done = new Promise((resolve) => {
      settle = resolve;
    });
    this.#call = new AppendCall(connection, {
      reply: onReply ?? ((reply) => this.#keep(reply)),
      end: (failure) => {
        signal?.removeEventListener("abort", cancel);
        this.#end = { fault: failure?.fault };
        this.#wake?.();
        settle();
      },
    });
    signal?.addEventListener("abort", cancel, { once: true });
    if (signal?.aborted === true) cancel();
  }

  /**
   * Sends an encoded `AppendRequest`, whose bytes must not change any more. Where it returns false,
   * wait for `drained()`.
   */
  send(request: Uint8Array): boolean {
    return this.#call.send(request);
  }

  /** Resolves when more may be sent, or the call is over. */
  drained(): Promise<void> {
    return this.#call.drained();
  }

  /** No more requests will come; the call ends when the node has replied to all. */
  end(): void {
    this.#call.end();
  }

  /** Resolves when the call is over; throws what ended it, if that was no `end()`. */
  async ended(): Promise<void> {
    await this.#done;
    if (this.#end?.fault !== undefined) throw this.#end.fault;
  }

  cancel(): void {
    this.#call.cancel({ fault: cancelledFault(), isTransient: false });
  }

  /** The replies in the order of the requests, until the call ends; throws what ended it. */
  async *replies(): AsyncGenerator<AppendReply, void, undefined> {
    for (;;) {
      const reply = this.#waiting.shift();
      if (reply !== undefined) yield reply;
      else if (this.#end !== undefined) break;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    if (this.#end?.fault !== undefined) throw this.#end.fault;
  }

  #keep(reply: AppendReply): void {
    this.#waiting.push(reply);
    this.#wake?.();
  }
}
