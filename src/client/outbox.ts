/**
 * What a writer has to send, and what it sent and has no final answer to: groups that wait, batches
 * under their sequences, and those of them that are to be sent again. Pure: no call, no clock of
 * its own; the pipeline says what happens.
 *
 *     waiting groups --seal--> unsettled batches --take--> the pipeline
 *                                   ^    ^                    |   |
 *                                   |    +---- tryAgain ------+   v
 *                                   +------- takeBack ------- settled, refused, failed
 *
 * Invariants:
 *
 * - A sequence stands for one batch for ever: not even a refused batch's is used again, so an
 *   answer that comes late can never be taken for another batch's.
 * - Fewer than `sequenceWindow` sequences lie between the oldest unsettled batch and the newest:
 *   the node still has the receipt of each.
 * - What is sent again goes before anything new, in the order of the sequences, byte for byte.
 * - What was sent and has no answer fails as OUTCOME_UNKNOWN; what never was, with the cause.
 */
import { assert, unreachable } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { requestBatchesMax, sequenceWindow } from "../model/limits.js";
import { isTransientCode } from "./call-failure.js";
import type { Group } from "./group.js";
import type { BatchOutcome, BatchRefused } from "./outcome.js";
import { Queue } from "./queue.js";
import { type SealedBatch, sealBatch } from "./sealed-batch.js";
import type { WriterOptions } from "./writer-options.js";

interface Waiting {
  readonly group: Group;
  readonly sinceMs: number;
}

export interface Batch extends SealedBatch {
  readonly group: Group;
  /** When it first failed. */
  troubledAtMs: number | undefined;
}

/** What a batch's own fields and its entries' lengths add to its entries, at most. */
const sealedBytesMax = (group: Group): number => 160 + group.entries.length * 5 + group.entryBytes;

export class Outbox {
  readonly #options: WriterOptions;
  readonly #nowMs: () => number;
  readonly #waiting = new Queue<Waiting>();
  /** By sequence, ascending. */
  readonly #unsettled = new Map<number, Batch>();
  /** The part of it that is to be sent again, ascending when taken from. */
  #again: Batch[] = [];
  #nextSequence: number;
  /** When the node first failed us since it last settled anything. */
  #troubledAtMs: number | undefined;

  constructor(options: WriterOptions, nowMs: () => number) {
    this.#options = options;
    this.#nowMs = nowMs;
    this.#nextSequence = options.firstSequence;
  }

  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** Whether everything is settled. */
  get isEmpty(): boolean {
    return this.#unsettled.size === 0 && this.#waiting.length === 0;
  }

  /** Whether there is something that may be sent, room and window permitting. */
  get hasWork(): boolean {
    return this.#again.length > 0 || this.#waiting.length > 0;
  }

  get hasRetries(): boolean {
    return this.#again.length > 0;
  }

  push(group: Group): void {
    this.#waiting.push({ group, sinceMs: this.#nowMs() });
  }

  /** The batches of the next request: those to be sent again, then new ones; none if no room. */
  take(inFlightBytes: number): Batch[] {
    const { requestBytesMax, inFlightBytesMax } = this.#options;
    const batches: Batch[] = [];
    let bytes = 0;
    while (batches.length < requestBatchesMax) {
      const size = this.#again[0]?.bytes.length ?? this.#nextSize();
      if (size === undefined) break;
      if (batches.length > 0 && bytes + size > requestBytesMax) break;
      const ahead = bytes + inFlightBytes;
      if (ahead > 0 && ahead + size > inFlightBytesMax) break;
      const batch = this.#again.shift() ?? this.#seal();
      batches.push(batch);
      bytes += batch.bytes.length;
    }
    return batches;
  }

  /** Applies an answer; true where it settled the batch in the log. */
  judge(batch: Batch, outcome: BatchOutcome): boolean {
    switch (outcome.kind) {
      case "appended":
      case "exists":
        this.#unsettled.delete(batch.sequence);
        this.#troubledAtMs = undefined;
        batch.group.settled(outcome.receipt, batch.ids);
        return true;
      case "pending":
        this.#tryAgain(batch, pendingFault(outcome.receipt.level));
        return false;
      case "unknown":
        this.#tryAgain(batch, outcome.fault);
        return false;
      case "refused":
        if (isTransientCode(outcome.fault.code)) this.#tryAgain(batch, outcome.fault);
        else this.#refuse(batch, outcome.fault);
        return false;
      default:
        return unreachable(outcome);
    }
  }

  /** What was in flight when a call ended is to be sent again. */
  takeBack(batches: readonly Batch[]): void {
    this.#again = [...this.#again, ...batches].sort((a, b) => a.sequence - b.sequence);
  }

  /** The node cannot be reached, or has left us: rejects what has been tried for too long. */
  trouble(fault: Fault): void {
    const nowMs = this.#nowMs();
    this.#troubledAtMs ??= nowMs;
    for (const batch of this.#again) {
      batch.troubledAtMs ??= nowMs;
      if (this.#isExpired(batch.troubledAtMs)) this.#fail(batch, fault);
    }
    this.#again = this.#again.filter((batch) => this.#unsettled.has(batch.sequence));
    const troubledAtMs = this.#troubledAtMs;
    const isLost = (next: Waiting) => this.#isExpired(Math.max(next.sinceMs, troubledAtMs));
    for (let next = this.#waiting.first; next && isLost(next); next = this.#waiting.first) {
      this.#waiting.shift();
      next.group.failed(fault);
    }
  }

  failEverything(fault: Fault): void {
    this.#again = [];
    for (const batch of [...this.#unsettled.values()]) this.#fail(batch, fault);
    for (const { group } of this.#waiting.drain()) group.failed(fault);
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

  #tryAgain(batch: Batch, fault: Fault): void {
    batch.troubledAtMs ??= this.#nowMs();
    if (this.#isExpired(batch.troubledAtMs)) this.#fail(batch, fault);
    else this.#again.push(batch);
  }

  #refuse(batch: Batch, fault: BatchRefused): void {
    this.#unsettled.delete(batch.sequence);
    const rest = batch.group.refused(fault);
    if (rest !== undefined) this.#waiting.unshift({ group: rest, sinceMs: this.#nowMs() });
  }

  #fail(batch: Batch, cause: Fault): void {
    this.#unsettled.delete(batch.sequence);
    const message = `it is not known whether the batch was appended: ${cause.message}`;
    const detail = { sequence: batch.sequence, last_code: cause.code };
    batch.group.failed(new Fault("OUTCOME_UNKNOWN", message, detail, cause));
  }

  #isExpired(sinceMs: number): boolean {
    return this.#nowMs() - sinceMs >= this.#options.retryMsMax;
  }
}

const pendingFault = (level: string): Fault =>
  new Fault("OUTCOME_UNKNOWN", "appended, but the level asked for was not reached", { level });
