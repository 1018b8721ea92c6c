/**
 * Spreads requests over admission threads, each with a message area of its own.
 *
 *     main:   copy message in ── post range ──▶ thread: admit ── ticket back ──▶ main: views, log
 *
 * With no threads, or when nothing else is waiting, the main thread admits by itself: two hops
 * between threads cost more than the work of a small message (docs/internals/ingest.md).
 *
 * Invariants:
 *
 * - What is in flight is bounded by the areas. `admit` returns undefined where there is no room,
 *   and `whenRoom` settles when it is the caller's turn to try again.
 * - Who waits gets room in the order of waiting, and nobody passes: else small messages, which find
 *   a gap sooner, would keep a large one out for as long as they come.
 * - Whoever got an `Admitted` releases it exactly once; its views are dead afterwards.
 */
import { createSharedArea, openSha256Lanes } from "../crypto/sha256-lanes.js";
import type { Workers, WorkerThread } from "../host/workers.js";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import { publicKeyBytes, rootBytes, signatureBytes, writerBytes } from "../model/position.js";
import type { AdmittedBatch } from "../wal/admitted-batch.js";
import { Admission, type AdmissionVerdict, admissionScratchBytes } from "./admission.js";
import type { AdmissionAnswer, AdmissionTask, AdmissionWorkerData } from "./admission-worker.js";
import { AdmittedTable, type Refusal, rangeBytesFor } from "./admitted.js";
import { type AreaRange, MessageArea } from "./message-area.js";

export interface AdmissionPoolOptions {
  readonly workers: Workers;
  /** 0: everything on the main thread. */
  readonly workerCount: number;
  /** Memory of each area, which bounds the messages in flight. */
  readonly areaBytes: number;
  /** Messages up to this size are admitted on the main thread when nothing else is waiting. */
  readonly inlineBytesMax: number;
}

/** A judged request: its batches, each admitted or refused. */
export interface Admitted {
  readonly number: bigint;
  readonly level: number;
  /** Set where the request could not be taken apart at all. */
  readonly request?: Refusal;
  readonly batches: readonly (AdmittedBatch | Refusal)[];
  /** Gives the memory of the request back. */
  release(): void;
}

export const isRefusal = (batch: AdmittedBatch | Refusal): batch is Refusal =>
  "entriesRefused" in batch;

const cleanVerdict: AdmissionVerdict = { refusals: [] };

interface Waiting {
  readonly range: AreaRange;
  readonly bytes: number;
  readonly resolve: (admitted: Admitted) => void;
  readonly reject: (fault: Fault) => void;
}

/** An area, and the thread or the instance that works on it. */
class Lane {
  readonly area: MessageArea;
  readonly bytes: Uint8Array;
  readonly admission: Admission | undefined;
  readonly thread: WorkerThread | undefined;
  readonly waiting = new Map<number, Waiting>();
  #ticket = 0;

  constructor(parts: {
    readonly bytes: Uint8Array;
    readonly admission: Admission | undefined;
    readonly thread: WorkerThread | undefined;
  }) {
    this.bytes = parts.bytes;
    this.area = new MessageArea({ bytes: parts.bytes.length, reserved: admissionScratchBytes });
    this.admission = parts.admission;
    this.thread = parts.thread;
  }

  nextTicket(): number {
    this.#ticket = (this.#ticket + 1) & 0x3fff_ffff;
    return this.#ticket;
  }
}

export class AdmissionPool {
  readonly #lanes: readonly Lane[];
  readonly #main: Lane;
  readonly #inlineBytesMax: number;
  readonly #roomWaiters: (() => void)[] = [];
  /** Whether somebody was woken and has not tried yet. */
  #isTurnGiven = false;
  #failure: Fault | undefined;
  readonly #onFailure: (fault: Fault) => void;

  private constructor(
    main: Lane,
    lanes: readonly Lane[],
    inlineBytesMax: number,
    onFailure: (fault: Fault) => void,
  ) {
    this.#main = main;
    this.#lanes = lanes;
    this.#inlineBytesMax = inlineBytesMax;
    this.#onFailure = onFailure;
    for (const lane of lanes) this.#listen(lane);
  }

  /** @param onFailure called once when a thread dies: nothing can be admitted any more */
  static open(
    options: AdmissionPoolOptions,
    onFailure: (fault: Fault) => void = () => {},
  ): AdmissionPool {
    const bytes = options.areaBytes;
    assert(
      bytes >= rangeBytesFor(messageBytesMax) + 1024 * 1024,
      "the largest message fits an area",
    );
    const lanes: Lane[] = [];
    for (let at = 0; at < options.workerCount; at++) {
      const memory = createSharedArea(bytes);
      const data: AdmissionWorkerData = { memory, bytes };
      const url = new URL("./admission-worker.js", import.meta.url);
      const thread = options.workers.start(url, data);
      lanes.push(
        new Lane({ bytes: new Uint8Array(memory.buffer, 0, bytes), admission: undefined, thread }),
      );
    }
    const own = openSha256Lanes({ bytes });
    const admission = new Admission(own);
    const main = new Lane({ bytes: own.bytes, admission, thread: undefined });
    return new AdmissionPool(main, lanes, options.inlineBytesMax, onFailure);
  }

  /**
   * Judges a message. Returns undefined where there is no room now, or where others wait for it.
   *
   * @param isAlone whether nothing else is waiting for the node
   * @param hasTurn whether the caller comes from `whenRoom`
   */
  admit(
    message: Uint8Array,
    isAlone: boolean,
    hasTurn = false,
  ): Admitted | Promise<Admitted> | undefined {
    assert(message.length <= messageBytesMax, "a message that is admitted fits the limit");
    if (hasTurn) this.#isTurnGiven = false;
    if (this.#failure !== undefined) {
      this.#giveTurn();
      throw this.#failure;
    }
    if (!hasTurn && (this.#isTurnGiven || this.#roomWaiters.length > 0)) return undefined;
    const admitted = this.#admitNow(message, isAlone);
    if (admitted !== undefined) this.#giveTurn();
    return admitted;
  }

  #admitNow(message: Uint8Array, isAlone: boolean): Admitted | Promise<Admitted> | undefined {
    const isInline =
      this.#lanes.length === 0 || (isAlone && message.length <= this.#inlineBytesMax);
    const lane = isInline ? this.#main : this.#freest();
    const range = lane.area.acquire(rangeBytesFor(message.length));
    if (range === undefined) return undefined;
    lane.bytes.set(message, range.start);
    if (lane.admission !== undefined) {
      const verdict = lane.admission.admit(range.start, message.length);
      return this.#admitted(lane, range, message.length, verdict);
    }
    const ticket = lane.nextTicket();
    return new Promise<Admitted>((resolve, reject) => {
      lane.waiting.set(ticket, { range, bytes: message.length, resolve, reject });
      const task: AdmissionTask = [ticket, range.start, message.length];
      lane.thread?.post(task);
    });
  }

  /**
   * Settles when the caller is to try again, with `hasTurn`, at once.
   *
   * @param isFirst whether it had its turn already, and found too little room
   */
  whenRoom(isFirst = false): Promise<void> {
    return new Promise((resolve) => {
      if (isFirst) this.#roomWaiters.unshift(resolve);
      else this.#roomWaiters.push(resolve);
    });
  }

  async close(): Promise<void> {
    this.#failure ??= new Fault("SHUTTING_DOWN", "the node is stopping");
    const threads = this.#lanes.map((lane) => lane.thread?.stop());
    await Promise.all(threads);
  }

  #freest(): Lane {
    let best = this.#lanes[0] ?? this.#main;
    for (const lane of this.#lanes) if (lane.area.freeBytes > best.area.freeBytes) best = lane;
    return best;
  }

  #listen(lane: Lane): void {
    lane.thread?.onMessage((message) => {
      const answer = message as AdmissionAnswer;
      const ticket = typeof answer === "number" ? answer : answer[0];
      const verdict = typeof answer === "number" ? cleanVerdict : answer[1];
      const waiting = lane.waiting.get(ticket);
      assert(waiting !== undefined, "an admission thread answers what it was asked");
      lane.waiting.delete(ticket);
      waiting.resolve(this.#admitted(lane, waiting.range, waiting.bytes, verdict));
    });
    lane.thread?.onExit((error) => this.#fail(lane, error));
  }

  /** A thread ended: what it was asked is not known to be good, and was not stored. */
  #fail(lane: Lane, error: Error | undefined): void {
    const isStopping = this.#failure !== undefined;
    const message = "an admission thread ended; restart the node";
    const reason = error?.message ?? "exit";
    this.#failure ??= new Fault("INTERNAL", message, { reason }, error);
    for (const waiting of lane.waiting.values()) waiting.reject(this.#failure);
    lane.waiting.clear();
    this.#giveTurn();
    if (!isStopping) this.#onFailure(this.#failure);
  }

  /** Wakes who has waited longest; who finds room wakes the next. */
  #giveTurn(): void {
    if (this.#isTurnGiven) return;
    const wake = this.#roomWaiters.shift();
    if (wake === undefined) return;
    this.#isTurnGiven = true;
    wake();
  }

  #admitted(lane: Lane, range: AreaRange, bytes: number, verdict: AdmissionVerdict): Admitted {
    const head = AdmittedTable.at(lane.bytes, range.start, bytes, 0);
    const table = AdmittedTable.at(lane.bytes, range.start, bytes, head.batches);
    const batches: (AdmittedBatch | Refusal)[] = [];
    let refused = 0;
    for (let batch = 0; batch < head.batches; batch++) {
      const refusal = verdict.refusals[refused];
      if (refusal?.batch === batch) {
        batches.push(refusal.refusal);
        refused++;
      } else batches.push(viewOf(lane.bytes, table, batch));
    }
    const release = () => {
      lane.area.release(range);
      this.#giveTurn();
    };
    const found = { number: head.number, level: head.level, batches, release };
    return verdict.request === undefined ? found : { ...found, request: verdict.request };
  }
}

/** An admitted batch as views into the area. */
function viewOf(area: Uint8Array, table: AdmittedTable, batch: number): AdmittedBatch {
  const row = table.row(batch);
  const { buffer, byteOffset } = area;
  const part = (start: number, bytes: number) => new Uint8Array(buffer, byteOffset + start, bytes);
  return {
    author: part(row.author, publicKeyBytes),
    writer: part(row.writer, writerBytes),
    sequence: row.sequence,
    signature: part(row.signature, signatureBytes),
    root: part(row.root, rootBytes),
    count: row.count,
    entries: part(row.entries, row.entriesBytes),
    lengths: new Uint16Array(buffer, byteOffset + row.lengths, row.count),
    shards: new Uint16Array(buffer, byteOffset + row.shards, row.count),
    leaves: part(row.leaves, row.count * rootBytes),
    isAboutRights: row.rights === 1,
  };
}
