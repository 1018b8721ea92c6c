/**
 * Streams entries of one author into a node: encoded, salted, batched, signed, resent exactly.
 *
 * Single appends linger for a moment and share a batch, so that one signature and one message
 * carry hundreds. A batch goes out when it is full, when its first entry has lingered, or on
 * `flush`. What is taken and not settled is bounded (room.ts); carrying is the pipeline's.
 *
 * Order: entries enter the log in the order in which they were appended, save those that were
 * refused, and those whose batch had to be split because a neighbour was.
 */
import type { Timer } from "../host/clock.js";
import { Fault } from "../model/fault.js";
import { batchBytesMax, batchEntriesMax } from "../model/limits.js";
import { type AssertionInput, assertionOf } from "./assertion-input.js";
import { type Connection, cancelledFault, closedFault } from "./connection.js";
import { type EntryInput, encodeInput } from "./entry-input.js";
import { AtomicGroup, type AtomicReceipt, LingeringGroup, type Settlement } from "./group.js";
import type { EntryReceipt } from "./outcome.js";
import { Pipeline } from "./pipeline.js";
import { Room } from "./room.js";
import { Settling } from "./settling.js";
import type { WriterOptions } from "./writer-options.js";

export class Writer {
  readonly options: WriterOptions;
  readonly #connection: Connection;
  readonly #pipeline: Pipeline;
  readonly #room: Room;
  readonly #settling = new Settling();
  readonly #left: () => void;
  readonly #abortBySignal: () => void;
  #open: LingeringGroup | undefined;
  #linger: Timer | undefined;
  #state: "open" | "closing" | "closed" = "open";

  /** `left` is called once, when the writer has ended. */
  constructor(connection: Connection, options: WriterOptions, left: () => void = () => {}) {
    this.options = options;
    this.#left = left;
    this.#connection = connection;
    this.#pipeline = new Pipeline(connection, options);
    this.#room = new Room(options);
    this.#abortBySignal = () => this.abort(cancelledFault(options.signal?.reason));
    options.signal?.addEventListener("abort", this.#abortBySignal, { once: true });
    if (options.signal?.aborted === true) queueMicrotask(this.#abortBySignal);
  }

  /** The author: 32 bytes. */
  get author(): Uint8Array {
    return this.options.keys.publicKey;
  }

  /** With the author: names this writer's line of sequences. */
  get writerId(): Uint8Array {
    return this.options.writerId;
  }

  /** The sequence that the next new batch will get. */
  get nextSequence(): number {
    return this.#pipeline.nextSequence;
  }

  /** Entries taken and not settled, those that wait for room not included. */
  get unsettledEntries(): number {
    return this.#room.entries;
  }

  /** Entries that wait for room. */
  get waitingEntries(): number {
    return this.#room.waitingEntries;
  }

  /** Bytes sent and not answered. */
  get inFlightBytes(): number {
    return this.#pipeline.inFlightBytes;
  }

  /**
   * Appends one entry; resolves with its receipt. Rejects with a fault: of the entry (ENTRY_INVALID
   * and others, with field, limit, value), OUTCOME_UNKNOWN, UNAVAILABLE, OVERLOADED, CANCELLED.
   *
   * Does not have to be awaited before the next one; `capacity()` keeps a fast caller in check.
   */
  append(input: EntryInput): Promise<EntryReceipt> {
    return new Promise<EntryReceipt>((resolve, reject) => {
      const bytes = this.#encoded(input);
      const settlement = this.#tracked({ resolve, reject });
      this.#room.enter({
        entries: 1,
        bytes: bytes.length,
        admit: () => this.#add(bytes, settlement),
        refuse: settlement.reject,
      });
    });
  }

  /** Appends a claim given in plain values; the assertion is made by `assertionOf`. */
  assert(input: AssertionInput): Promise<EntryReceipt> {
    return this.append(assertionOf(input, this.#connection.options.clock.nowMs()));
  }

  /** Appends entries as one batch: all or nothing, one behind the other in the log. */
  appendBatch(inputs: readonly EntryInput[]): Promise<AtomicReceipt> {
    return new Promise<AtomicReceipt>((resolve, reject) => {
      const entries = inputs.map((input) => this.#encoded(input));
      const settlement = this.#tracked({ resolve, reject });
      const group = new AtomicGroup(entries, settlement, this.#released);
      const fault = batchFault(entries.length, group.entryBytes);
      if (fault !== undefined) return settlement.reject(fault);
      this.#room.enter({
        entries: entries.length,
        bytes: group.entryBytes,
        admit: () => {
          this.#seal(); // what was appended before goes before
          this.#pipeline.push(group);
        },
        refuse: settlement.reject,
      });
    });
  }

  /** Resolves when there is room for another entry. */
  capacity(): Promise<void> {
    return this.#room.opened();
  }

  /** Sends what lingers; resolves when everything appended so far is settled, either way. */
  flush(): Promise<void> {
    this.#seal();
    return this.#settling.settled();
  }

  /** Takes no more, settles everything, ends the call. */
  async close(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "closing";
    await this.flush();
    if (this.#isClosed()) return; // aborted meanwhile
    this.#state = "closed";
    this.options.signal?.removeEventListener("abort", this.#abortBySignal);
    await this.#pipeline.close();
    this.#left();
  }

  /** Gives up: rejects everything that is not settled. */
  abort(fault: Fault = cancelledFault()): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.options.signal?.removeEventListener("abort", this.#abortBySignal);
    this.#linger?.cancel();
    this.#room.close(fault);
    this.#open?.failed(fault);
    this.#open = undefined;
    this.#pipeline.abort(fault);
    this.#left();
  }

  #isClosed(): boolean {
    return this.#state === "closed";
  }

  #encoded(input: EntryInput): Uint8Array {
    if (this.#state !== "open") throw closedFault();
    return encodeInput(input, this.options.keys);
  }

  /** Counts the append until it is settled, for `flush`. */
  #tracked<Receipt>(settlement: Settlement<Receipt>): Settlement<Receipt> {
    const done = this.#settling.begin();
    return {
      resolve: (receipt) => {
        settlement.resolve(receipt);
        done();
      },
      reject: (fault) => {
        settlement.reject(fault);
        done();
      },
    };
  }

  readonly #released = (entries: number, bytes: number): void => this.#room.leave(entries, bytes);

  #add(entry: Uint8Array, settlement: Settlement<EntryReceipt>): void {
    const { batchEntriesMax: entriesMax, batchBytesMax: bytesMax, lingerMs } = this.options;
    if (this.#open !== undefined && this.#open.entryBytes + entry.length > bytesMax) this.#seal();
    const group = this.#open ?? this.#begin(lingerMs);
    group.add(entry, settlement);
    if (group.entries.length >= entriesMax || group.entryBytes >= bytesMax) this.#seal();
  }

  #begin(lingerMs: number): LingeringGroup {
    const group = new LingeringGroup(this.#released);
    this.#open = group;
    if (lingerMs > 0) {
      this.#linger = this.#connection.options.clock.after(lingerMs, () => this.#seal(), true);
    } else {
      queueMicrotask(() => {
        if (this.#open === group) this.#seal();
      });
    }
    return group;
  }

  #seal(): void {
    const group = this.#open;
    if (group === undefined) return;
    this.#linger?.cancel();
    this.#linger = undefined;
    this.#open = undefined;
    this.#pipeline.push(group);
  }
}

function batchFault(entries: number, entryBytes: number): Fault | undefined {
  const fault = (field: string, limit: string, value: number) =>
    new Fault("BATCH_INVALID", `a batch has ${limit}`, { field, limit, value });
  if (entries < 1 || entries > batchEntriesMax) {
    return fault("entries", `1..${batchEntriesMax} entries`, entries);
  }
  if (entryBytes > batchBytesMax)
    return fault("entries", `at most ${batchBytesMax} bytes`, entryBytes);
  return undefined;
}
