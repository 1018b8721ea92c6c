/**
 * Carries batches over one Append call at a time, and opens the next call when one breaks.
 *
 *     Outbox --take--> in flight --reply--> Outbox.judge: settled, or to be sent again
 *                          |
 *                          +-- the call ended --> Outbox.takeBack, pause, connect, a new call
 *
 * After a lost connection, a restart of the node, or an answer that leaves it open, the very same
 * bytes go out again. The node knows (author, writer, sequence) and answers with the first receipt
 * where it had stored the batch, so nothing is stored twice and nothing is lost.
 *
 * Invariants:
 *
 * - Replies come in the order of requests; one that does not fit ends the call.
 * - Nothing is sent before the connection stands: what never left is known never to have.
 * - At most one call is open; a call that was dropped is not heard any more.
 */
import type { Timer } from "../host/clock.js";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { AppendCall } from "./append-call.js";
import { encodeAppendRequest } from "./append-request.js";
import { Backoff } from "./backoff.js";
import { type CallFailure, failureOfError } from "./call-failure.js";
import { type Connection, closedFault } from "./connection.js";
import type { Group } from "./group.js";
import { type Batch, Outbox } from "./outbox.js";
import type { AppendReply } from "./outcome.js";
import { Queue } from "./queue.js";
import type { WriterOptions } from "./writer-options.js";

interface Request {
  readonly number: number;
  readonly batches: readonly Batch[];
  readonly bytes: number;
}

export class Pipeline {
  readonly #connection: Connection;
  readonly #options: WriterOptions;
  readonly #outbox: Outbox;
  readonly #backoff: Backoff;
  readonly #requests = new Queue<Request>();
  #inFlightBytes = 0;
  #nextNumber = 1;
  #call: AppendCall | undefined;
  #isConnecting = false;
  #isWritable = true;
  #isPumpDue = false;
  #pause: Timer | undefined;
  #watch: Timer | undefined;
  #answeredAtMs = 0;
  #closed: { readonly resolve: () => void } | undefined;
  #isOver = false;

  constructor(connection: Connection, options: WriterOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#outbox = new Outbox(options, () => this.#nowMs());
    const { retryDelayMsMin: delayMsMin, retryDelayMsMax: delayMsMax } = options;
    this.#backoff = new Backoff({ delayMsMin, delayMsMax }, connection.options.random);
  }

  /** The sequence that the next new batch will get. */
  get nextSequence(): number {
    return this.#outbox.nextSequence;
  }

  /** Bytes sent and not answered. */
  get inFlightBytes(): number {
    return this.#inFlightBytes;
  }

  push(group: Group): void {
    // Not at once: what fails makes room, and who enters it would fail from within.
    if (this.#isOver) {
      queueMicrotask(() => group.failed(closedFault()));
      return;
    }
    this.#outbox.push(group);
    this.#pumpSoon();
  }

  /** Resolves when everything is settled and the call has ended. Nothing may be pushed any more. */
  close(): Promise<void> {
    assert(this.#closed === undefined, "a pipeline is closed once");
    return new Promise((resolve) => {
      this.#closed = { resolve };
      if (this.#isOver) resolve();
      else this.#closeIfSettled();
    });
  }

  /** Gives up: rejects everything that is not settled. */
  abort(fault: Fault): void {
    if (this.#isOver) return;
    this.#dropCall({ fault, isTransient: false });
    this.#over();
    this.#outbox.failEverything(fault);
  }

  #nowMs(): number {
    return this.#connection.options.clock.monotonicMs();
  }

  /** At the end of this turn, so that batches that are pushed together travel together. */
  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    queueMicrotask(() => {
      this.#isPumpDue = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#isOver || this.#isConnecting || this.#pause !== undefined) return;
    if (!this.#outbox.hasWork) {
      this.#closeIfSettled();
      return;
    }
    const call = this.#call ?? this.#openCall();
    while (call !== undefined && this.#isWritable && !call.isOver) {
      const batches = this.#outbox.take(this.#inFlightBytes);
      if (batches.length === 0) return;
      this.#send(call, batches);
    }
  }

  #openCall(): AppendCall | undefined {
    if (!this.#connection.isReady) {
      this.#connect();
      return undefined;
    }
    const call: AppendCall = new AppendCall(this.#connection, {
      reply: (reply) => this.#reply(call, reply),
      drain: () => {
        this.#isWritable = true;
        this.#pump();
      },
      end: (failure) => this.#ended(call, failure),
    });
    this.#isWritable = true;
    this.#call = call;
    return call;
  }

  #connect(): void {
    this.#isConnecting = true;
    this.#connection.ready(this.#options.connectMsMax).then(
      () => {
        this.#isConnecting = false;
        this.#pump();
      },
      (error: unknown) => {
        this.#isConnecting = false;
        if (this.#isOver) return;
        this.#connection.rotate();
        this.#failed(failureOfError(error));
      },
    );
  }

  #send(call: AppendCall, batches: readonly Batch[]): void {
    const number = this.#nextNumber++;
    const encoded = batches.map((batch) => batch.bytes);
    const request = encodeAppendRequest(number, encoded, this.#options.level);
    if (this.#requests.length === 0) this.#answeredAtMs = this.#nowMs();
    this.#requests.push({ number, batches, bytes: request.length });
    this.#inFlightBytes += request.length;
    this.#isWritable = call.send(request);
    this.#watch ??= this.#watchAfter(this.#options.replyMsMax);
  }

  #reply(call: AppendCall, reply: AppendReply): void {
    const { first: request } = this.#requests;
    if (request?.number !== reply.number || request.batches.length !== reply.outcomes.length) {
      const detail = { expected: request?.number ?? 0, actual: reply.number };
      const fault = new Fault("INTERNAL", "the node's reply does not fit the request", detail);
      call.cancel({ fault, isTransient: false });
      return;
    }
    this.#requests.shift();
    this.#inFlightBytes -= request.bytes;
    this.#answeredAtMs = this.#nowMs();
    for (const [index, batch] of request.batches.entries()) {
      const outcome = reply.outcomes[index];
      assert(outcome !== undefined, "every batch has its outcome");
      if (this.#outbox.judge(batch, outcome)) this.#backoff.reset();
    }
    if (this.#outbox.hasRetries) this.#pauseSending();
    this.#pump();
  }

  #ended(call: AppendCall, failure: CallFailure | undefined): void {
    if (this.#call !== call) return; // dropped by us, and settled there
    this.#takeBack();
    if (this.#closed !== undefined && this.#outbox.isEmpty) {
      this.#over();
      return;
    }
    const fault = new Fault("UNAVAILABLE", "the node ended the call");
    this.#failed(failure ?? { fault, isTransient: true });
  }

  /** What was in flight is to be sent again. */
  #takeBack(): void {
    this.#call = undefined;
    this.#watch?.cancel();
    this.#watch = undefined;
    this.#outbox.takeBack(this.#requests.drain().flatMap((request) => request.batches));
    this.#inFlightBytes = 0;
  }

  #failed({ fault, isTransient }: CallFailure): void {
    const { probe } = this.#connection.options;
    probe.debug("append call failed", { code: fault.code, reason: fault.message });
    if (this.#connection.isClosed) {
      this.abort(closedFault());
    } else if (isTransient) {
      this.#outbox.trouble(fault);
      this.#pauseSending();
    } else {
      this.#outbox.failEverything(fault);
      this.#pump();
    }
  }

  #pauseSending(): void {
    if (this.#pause !== undefined || this.#isOver) return;
    const resume = () => {
      this.#pause = undefined;
      this.#pump();
    };
    const { clock } = this.#connection.options;
    this.#pause = clock.after(this.#backoff.nextMs(), resume, true);
  }

  #dropCall(failure: CallFailure): void {
    const call = this.#call;
    this.#takeBack();
    call?.cancel(failure);
  }

  /** A node that takes and never answers is left for a new call. */
  #watchAfter(delayMs: number): Timer {
    return this.#connection.options.clock.after(delayMs, () => {
      this.#watch = undefined;
      if (this.#requests.length === 0) return;
      const silentMs = this.#nowMs() - this.#answeredAtMs;
      const { replyMsMax } = this.#options;
      if (silentMs < replyMsMax) {
        this.#watch = this.#watchAfter(replyMsMax - silentMs);
        return;
      }
      const fault = new Fault("UNAVAILABLE", "the node does not answer", { silent_ms: silentMs });
      this.#dropCall({ fault, isTransient: true });
      this.#failed({ fault, isTransient: true });
    });
  }

  #closeIfSettled(): void {
    if (this.#closed === undefined || !this.#outbox.isEmpty) return;
    if (this.#call === undefined) this.#over();
    else this.#call.end();
  }

  #over(): void {
    this.#isOver = true;
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#watch?.cancel();
    this.#closed?.resolve();
  }
}
