/**
 * One Append call, raw: encoded requests out, decoded replies in, nothing kept and nothing resent.
 *
 * The writer's pipeline stands on it; so do gateways and benchmarks, which sign beforehand.
 *
 * Back-pressure: `send` answers false when the call's buffer is full; wait for `drained()` then.
 * Replies come in the order of the requests, and there are never more of them than requests.
 */
import { Fault } from "../model/fault.js";
import { AppendResponse, LogServiceService } from "../wire/steme/v1/log_service.js";
import { type CallFailure, failureOf, failureOfError } from "./call-failure.js";
import { type ByteDuplex, type Connection, cancelCall, cancelledFault } from "./connection.js";
import { type AppendReply, type LevelNotice, noticeOf, replyOf } from "./outcome.js";

export interface AppendListener {
  reply(reply: AppendReply): void;
  notice?(notice: LevelNotice): void;
  drain?(): void;
  /** The call is over, once; without a failure after `end()`, when every reply has come. */
  end(failure: CallFailure | undefined): void;
}

export class AppendCall {
  readonly #duplex: ByteDuplex;
  readonly #listener: AppendListener;
  readonly #drainWaiters: (() => void)[] = [];
  #isOver = false;

  constructor(connection: Connection, listener: AppendListener) {
    this.#listener = listener;
    const duplex = connection.appendCall(LogServiceService.append.path);
    duplex.on("data", (bytes: Buffer) => this.#receive(bytes));
    duplex.on("error", (error) => this.#over(failureOfError(error)));
    duplex.on("status", (status) => this.#over(status.code === 0 ? undefined : failureOf(status)));
    duplex.on("drain", () => this.#drained());
    this.#duplex = duplex;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Sends an encoded `AppendRequest`, which must not change any more. False: wait for a drain. */
  send(request: Uint8Array): boolean {
    if (this.#isOver) return true; // the listener knows
    return this.#duplex.write(asBuffer(request));
  }

  /** Resolves when more may be sent, or the call is over. */
  drained(): Promise<void> {
    if (this.#isOver || !this.#duplex.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => this.#drainWaiters.push(resolve));
  }

  /** No more requests will come; the node ends the call when it has replied to all. */
  end(): void {
    if (!this.#isOver) this.#duplex.end();
  }

  /** Gives up: what has no reply is unknown. */
  cancel(failure: CallFailure = { fault: cancelledFault(), isTransient: false }): void {
    this.#over(failure);
  }

  #receive(bytes: Buffer): void {
    if (this.#isOver) return;
    const { frame, failure } = frameIn(bytes);
    if (failure !== undefined) this.#over(failure);
    else if (frame?.kind === "reply") this.#listener.reply(frame.reply);
    else if (frame?.kind === "notice") this.#listener.notice?.(frame.notice);
  }

  #drained(): void {
    for (const resolve of this.#drainWaiters.splice(0)) resolve();
    if (!this.#isOver) this.#listener.drain?.();
  }

  #over(failure: CallFailure | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (failure !== undefined) cancelCall(this.#duplex);
    this.#drained();
    this.#listener.end(failure);
  }
}

type Frame =
  | { readonly kind: "reply"; readonly reply: AppendReply }
  | { readonly kind: "notice"; readonly notice: LevelNotice };

/** A frame that is not one ends the call: what it was about is settled by sending it again. */
function frameIn(bytes: Buffer): { frame?: Frame; failure?: CallFailure } {
  try {
    const { frame } = AppendResponse.decode(bytes);
    switch (frame?.$case) {
      case "reply":
        return { frame: { kind: "reply", reply: replyOf(frame.value) } };
      case "notice":
        return { frame: { kind: "notice", notice: noticeOf(frame.value) } };
      case undefined:
        return {}; // a frame of a newer node
    }
  } catch (error) {
    if (error instanceof Fault) return { failure: { fault: error, isTransient: false } };
    const fault = new Fault("MESSAGE_MALFORMED", "the node's reply is malformed", {}, error);
    return { failure: { fault, isTransient: true } };
  }
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
