/**
 * Carries groups of entries over one Append call, and settles each exactly once.
 *
 *     waiting groups --seal--> unsettled batches --send--> in flight --reply--> settled
 *                                   ^   ^                      |
 *                                   |   +-- unknown, pending --+
 *                                   +------ the call ended ----+   (same bytes, same sequence)
 *
 * A batch gets its sequence and signature when it is first sent, and keeps them: after a lost
 * connection, a restart of the node, or an answer that leaves it open, the very same bytes go out
 * again, in order, before anything new. The node knows (author, writer, sequence) and answers with
 * the first receipt where it had stored the batch, so nothing is stored twice and nothing is lost.
 *
 * Invariants:
 *
 * - A sequence stands for one batch for ever: not even a refused batch's is used again, so an
 *   answer that comes late can never be taken for another batch's.
 * - Fewer than `sequenceWindow` sequences lie between the oldest unsettled batch and the newest:
 *   the node still has the receipt of each.
 * - Replies come in the order of requests; one that does not fit ends the call.
 * - Whatever `failed` rejects as UNAVAILABLE was never sent; what was sent and has no answer is
 *   OUTCOME_UNKNOWN.
 */
import type { Timer } from "../host/clock.js";
import { assert, unreachable } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { requestBatchesMax, sequenceWindow } from "../model/limits.js";
import { AppendCall } from "./append-call.js";
import { encodeAppendRequest } from "./append-request.js";
import { Backoff } from "./backoff.js";
import { type CallFailure, failureOfError, isTransientCode } from "./call-failure.js";
import { type Connection, closedFault } from "./connection.js";
import type { Group } from "./group.js";
import type { AppendReply, BatchOutcome, BatchRefused } from "./outcome.js";
import { Queue } from "./queue.js";
import { type SealedBatch, sealBatch } from "./sealed-batch.js";
import type { WriterOptions } from "./writer-options.js";

interface Waiting {
  readonly group: Group;
  readonly sinceMs: number;
}

interface Batch extends SealedBatch {
  readonly group: Group;
  /** When it first failed. */
  troubledAtMs: number | undefined;
}

interface Request {
  readonly number: number;
  readonly batches: readonly Batch[];
  readonly bytes: number;
}

/** What a batch's own fields and its entries' lengths add to its entries, at most. */
const sealedBytesMax = (group: Group): number => 160 + group.entries.length * 5 + group.entryBytes;

export class Pipeline {
  readonly #connection: Connection;
  readonly #options: WriterOptions;
  readonly #backoff: Backoff;
  readonly #waiting = new Queue<Waiting>();
  /** By sequence, ascending: what was sealed and has no final answer. */
  readonly #unsettled = new Map<number, Batch>();
  /** The part of it that is to be sent again, ascending. */
  #again: Batch[] = [];
  #requests: Request[] = [];
  #inFlightBytes = 0;
  #nextSequence: number;
  #nextNumber = 1;
  #call: AppendCall | undefined;
  #isConnecting = false;
  #isWritable = true;
  #isPumpDue = false;
  #pause: Timer | undefined;
  #watch: Timer | undefined;
  #answeredAtMs = 0;
  #troubledAtMs: number | undefined;
  #closed: { readonly resolve: () => void } | undefined;
  #isOver = false;

  constructor(connection: Connection, options: WriterOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#nextSequence = options.firstSequence;
    this.#backoff = new Backoff(
      { delayMsMin: options.retryDelayMsMin, delayMsMax: options.retryDelayMsMax },
      connection.options.random,
    );
  }

  /** The sequence that the next new batch will get. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Batches sealed and not settled. */
  get unsettledBatches(): number {
    return this.#unsettled.size;
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
    this.#waiting.push({ group, sinceMs: this.#nowMs() });
    this.#pumpSoon();
  }

  /** Resolves when everything is settled and the call has ended. Nothing may be pushed any more. */
  close(): Promise<void> {
    assert(this.#closed === undefined, "a pipeline is closed once");
    return new Promise((resolve) => {
      this.#closed = { resolve };
      if (this.#isOver) return resolve();
      this.#closeIfSettled();
    });
  }

  /** Gives up: rejects everything that is not settled. */
  abort(fault: Fault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pause?.cancel();
    this.#watch?.cancel();
    this.#pause = undefined;
    this.#dropCall({ fault, isTransient: false });
    this.#failEverything(fault);
    this.#closed?.resolve();
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
    if (this.#again.length === 0 && this.#waiting.length === 0) {
      this.#closeIfSettled();
      return;
    }
    const call = this.#call ?? this.#openCall();
    while (call !== undefined && this.#isWritable && !call.isOver) {
      const batches = this.#take();
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

  /** Nothing is sent before the connection stands: what never left is known never to have. */
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

  /** The batches of the next request: those to be sent again, then new ones; none if no room. */
  #take(): Batch[] {
    const { requestBytesMax, inFlightBytesMax } = this.#options;
    const batches: Batch[] = [];
    let bytes = 0;
    for (;;) {
      const size = this.#again[0]?.bytes.length ?? this.#nextSize();
      if (size === undefined || batches.length === requestBatchesMax) break;
      if (batches.length > 0 && bytes + size > requestBytesMax) break;
      if (bytes + this.#inFlightBytes > 0 && bytes + this.#inFlightBytes + size > inFlightBytesMax)
        break;
      const batch = this.#again.shift() ?? this.#seal();
      batches.push(batch);
      bytes += batch.bytes.length;
    }
    return batches;
  }

  /** The size of the next new batch, if its sequence may be used yet. */
  #nextSize(): number | undefined {
    const { first: next } = this.#waiting;
    if (next === undefined) return undefined;
    for (const oldest of this.#unsettled.keys()) {
      if (this.#nextSequence - oldest >= sequenceWindow) return undefined;
      break;
    }
    return sealedBytesMax(next.group);
  }

  #seal(): Batch {
    const next = this.#waiting.shift();
    assert(next !== undefined, "a group waits to be sealed");
    const { keys, writerId: writer } = this.#options;
    const { group } = next;
    const sequence = this.#nextSequence++;
    const sealed = sealBatch({ keys, writer, sequence, entries: group.entries });
    const batch: Batch = { ...sealed, group, troubledAtMs: undefined };
    this.#unsettled.set(sequence, batch);
    return batch;
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
    const [request] = this.#requests;
    if (request?.number !== reply.number || request.batches.length !== reply.outcomes.length) {
      const fault = new Fault("INTERNAL", "the node's reply does not fit the request", {
        expected: request?.number ?? 0,
        actual: reply.number,
      });
      call.cancel({ fault, isTransient: false });
      return;
    }
    this.#requests.shift();
    this.#inFlightBytes -= request.bytes;
    this.#answeredAtMs = this.#nowMs();
    for (const [index, batch] of request.batches.entries()) {
      const outcome = reply.outcomes[index];
      assert(outcome !== undefined, "every batch has its outcome");
      this.#judge(batch, outcome);
    }
    if (this.#again.length > 0) this.#pauseSending();
    this.#pump();
  }

  #judge(batch: Batch, outcome: BatchOutcome): void {
    switch (outcome.kind) {
      case "appended":
      case "exists":
        this.#unsettled.delete(batch.sequence);
        this.#troubledAtMs = undefined;
        this.#backoff.reset();
        batch.group.settled(outcome.receipt, batch.ids);
        break;
      case "pending":
        this.#tryAgain(batch, pendingFault(outcome.receipt.level));
        break;
      case "unknown":
        this.#tryAgain(batch, outcome.fault);
        break;
      case "refused":
        if (isTransientCode(outcome.fault.code)) this.#tryAgain(batch, outcome.fault);
        else this.#refuse(batch, outcome.fault);
        break;
      default:
        unreachable(outcome);
    }
  }

  #refuse(batch: Batch, fault: BatchRefused): void {
    this.#unsettled.delete(batch.sequence);
    const rest = batch.group.refused(fault);
    if (rest !== undefined) this.#waiting.unshift({ group: rest, sinceMs: this.#nowMs() });
  }

  #tryAgain(batch: Batch, fault: Fault): void {
    batch.troubledAtMs ??= this.#nowMs();
    if (this.#isExpired(batch.troubledAtMs)) this.#fail(batch, fault);
    else this.#again.push(batch);
  }

  #ended(call: AppendCall, failure: CallFailure | undefined): void {
    if (this.#call !== call) return; // dropped by us, and settled there
    const expected = this.#closed !== undefined && this.#unsettled.size === 0;
    this.#takeBack();
    if (expected && this.#waiting.length === 0) {
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
    const returned = this.#requests.flatMap((request) => request.batches);
    this.#requests = [];
    this.#inFlightBytes = 0;
    this.#again = [...this.#again, ...returned].sort((a, b) => a.sequence - b.sequence);
  }

  #failed({ fault, isTransient }: CallFailure): void {
    const { probe } = this.#connection.options;
    probe.debug("append call failed", { code: fault.code, reason: fault.message });
    if (this.#connection.isClosed) {
      this.abort(closedFault());
      return;
    }
    if (!isTransient) {
      this.#failEverything(fault);
      this.#pump();
      return;
    }
    this.#troubledAtMs ??= this.#nowMs();
    for (const batch of this.#again) batch.troubledAtMs ??= this.#nowMs();
    this.#expire(fault);
    this.#pauseSending();
  }

  #pauseSending(): void {
    if (this.#pause !== undefined || this.#isOver) return;
    this.#pause = this.#connection.options.clock.after(
      this.#backoff.nextMs(),
      () => {
        this.#pause = undefined;
        this.#pump();
      },
      true,
    );
  }

  #isExpired(sinceMs: number): boolean {
    return this.#nowMs() - sinceMs >= this.#options.retryMsMax;
  }

  /** Rejects what was tried for too long. */
  #expire(fault: Fault): void {
    for (const batch of this.#again) {
      if (batch.troubledAtMs !== undefined && this.#isExpired(batch.troubledAtMs)) {
        this.#fail(batch, fault);
      }
    }
    this.#again = this.#again.filter((batch) => this.#unsettled.has(batch.sequence));
    const troubledAtMs = this.#troubledAtMs ?? this.#nowMs();
    const isLost = (next: Waiting) => this.#isExpired(Math.max(next.sinceMs, troubledAtMs));
    for (let next = this.#waiting.first; next && isLost(next); next = this.#waiting.first) {
      this.#waiting.shift();
      next.group.failed(fault);
    }
  }

  #fail(batch: Batch, cause: Fault): void {
    this.#unsettled.delete(batch.sequence);
    const message = `it is not known whether the batch was appended: ${cause.message}`;
    const detail = { sequence: batch.sequence, last_code: cause.code };
    batch.group.failed(new Fault("OUTCOME_UNKNOWN", message, detail, cause));
  }

  #failEverything(fault: Fault): void {
    this.#again = [];
    for (const batch of [...this.#unsettled.values()]) this.#fail(batch, fault);
    for (const { group } of this.#waiting.drain()) group.failed(fault);
  }

  #dropCall(failure: CallFailure): void {
    const call = this.#call;
    this.#takeBack();
    call?.cancel(failure);
  }

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
    if (this.#closed === undefined || this.#unsettled.size > 0 || this.#waiting.length > 0) return;
    if (this.#call === undefined) this.#over();
    else this.#call.end();
  }

  #over(): void {
    this.#isOver = true;
    this.#pause?.cancel();
    this.#watch?.cancel();
    this.#closed?.resolve();
  }
}

const pendingFault = (level: string): Fault =>
  new Fault("OUTCOME_UNKNOWN", "appended, but the level asked for was not reached", { level });
