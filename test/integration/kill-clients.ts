/**
 * Who works while a node is killed again and again: writers that keep what was acknowledged,
 * a probe that sends the very same bytes again, and readers that keep what they were sent.
 */
import * as assert from "uvu/assert";
import {
  type BatchOutcome,
  connect,
  encodeAppendRequest,
  isFault,
  type PresignedCall,
  type StemeClient,
  type SubscriptionEvent,
  sealBatch,
  type Writer,
} from "../../src/client/index.js";
import type { Seeded } from "../support/seeded.js";
import { digestBytes, digestOf, type NumberedAuthor } from "./numbered-claims.js";

export const connectTo = (address: string): StemeClient =>
  connect({ address, reconnectMsMin: 20, reconnectMsMax: 100 });

/** A pace, not a wait for something: the load must fit the disk and the budget. */
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Index by number of the entry, as receipts told. */
export class Acknowledged {
  readonly #indexes: number[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  indexOf(number: number): number | undefined {
    return this.#indexes[number];
  }

  note(number: number, index: number): void {
    const known = this.#indexes[number];
    assert.ok(known === undefined || known === index, `entry ${number}: one place for good`);
    if (known === undefined) this.#count++;
    this.#indexes[number] = index;
  }
}

export interface LoadOptions {
  readonly address: string;
  readonly author: NumberedAuthor;
  readonly random: Seeded;
  /** Entries of a batch, at most; 0: single appends that linger. */
  readonly batchMax: number;
  readonly paceMs: number;
}

/** Appends without end, pipelined, through the client's own writer, which resumes by itself. */
export class Load {
  readonly author: NumberedAuthor;
  readonly acknowledged = new Acknowledged();
  readonly #options: LoadOptions;
  readonly #client: StemeClient;
  readonly #writer: Writer;
  readonly #running: Promise<void>;
  #isStopping = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.author = options.author;
    this.#client = connectTo(options.address);
    this.#writer = this.#client.writer({
      keys: options.author.keys,
      unsettledEntriesMax: 3_000,
      retryMsMax: 100_000,
      retryDelayMsMax: 100,
    });
    this.#running = this.#run();
  }

  /** What went wrong so far. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Appends no more, and returns when everything is acknowledged. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.#running;
    await this.#writer.close();
    this.#client.close();
    this.#wake?.();
    this.check();
  }

  async #run(): Promise<void> {
    const { random, batchMax, paceMs } = this.#options;
    while (!this.#isStopping) {
      await this.#writer.capacity();
      if (batchMax === 0) this.#single();
      else this.#batch(1 + random.below(batchMax));
      if (paceMs > 0) await pause(random.below(2 * paceMs));
    }
  }

  #single(): void {
    const number = this.author.made;
    this.#writer.append(this.author.next()).then(
      ({ index }) => this.#note(number, index, 1),
      (error: unknown) => this.#fail(error),
    );
  }

  #batch(count: number): void {
    const number = this.author.made;
    this.#writer.appendBatch(this.author.many(count)).then(
      (receipt) => this.#note(number, receipt.firstIndex, receipt.count),
      (error: unknown) => this.#fail(error),
    );
  }

  #note(number: number, index: number, count: number): void {
    for (let at = 0; at < count; at++) this.acknowledged.note(number + at, index + at);
  }

  #fail(error: unknown): void {
    this.#failure ??= error;
  }
}

interface ProbeBatch {
  readonly number: number;
  readonly count: number;
  readonly bytes: Buffer;
  receipt: { readonly firstIndex: number; readonly hybridTime: bigint } | undefined;
}

/** Keeps its signed batches, and asks after every restart for the receipts that it was given. */
export class Probe {
  readonly author: NumberedAuthor;
  readonly acknowledged = new Acknowledged();
  readonly #batches: ProbeBatch[] = [];
  readonly #writer: Uint8Array;
  readonly #random: Seeded;
  readonly #address: string;
  existsCount = 0;

  constructor(options: { author: NumberedAuthor; random: Seeded; address: string }) {
    this.author = options.author;
    this.#random = options.random;
    this.#writer = options.random.bytes(16);
    this.#address = options.address;
  }

  /** Sends everything once more, then some new batches. Ends where the node does. */
  async round(): Promise<void> {
    const client = connectTo(this.#address);
    const call = client.appendCall();
    try {
      await this.#resend(call);
      call.end();
    } catch (error) {
      if (!isFault(error, "UNAVAILABLE")) throw error;
    } finally {
      call.cancel();
      client.close();
    }
  }

  /** Resends until nothing is open, with a node that stays. */
  async settle(): Promise<void> {
    const isOpen = () => this.#batches.some((batch) => batch.receipt === undefined);
    do await this.round();
    while (isOpen());
  }

  async #resend(call: PresignedCall): Promise<void> {
    const old = this.#batches.length;
    for (let i = this.#random.below(8) + 1; i > 0; i--) this.#batches.push(this.#seal());
    const sent = this.#batches.slice(-1_000);
    for (const [number, batch] of sent.entries()) {
      call.send(encodeAppendRequest(number, [batch.bytes]));
    }
    let next = 0;
    for await (const { number, outcomes } of call.replies()) {
      assert.is(number, next);
      const batch = sent[next++];
      const [outcome] = outcomes;
      if (batch === undefined || outcome === undefined) throw new Error("a reply to no request");
      this.#judge(batch, outcome, this.#batches.indexOf(batch) < old);
      if (next === sent.length) return;
    }
  }

  #seal(): ProbeBatch {
    const number = this.author.made;
    const count = 1 + this.#random.below(3);
    const { keys } = this.author;
    const sequence = this.#batches.length + 1;
    const { bytes } = sealBatch({
      keys,
      writer: this.#writer,
      sequence,
      entries: this.author.many(count),
    });
    return { number, count, bytes, receipt: undefined };
  }

  #judge(batch: ProbeBatch, outcome: BatchOutcome, isOld: boolean): void {
    if (outcome.kind !== "appended" && outcome.kind !== "exists") {
      throw new Error(`the probe's batch is ${outcome.kind}`);
    }
    const { firstIndex, hybridTime, count } = outcome.receipt;
    assert.is(count, batch.count);
    if (batch.receipt !== undefined) {
      assert.is(outcome.kind, "exists", "what was acknowledged is never appended again");
      assert.equal({ firstIndex, hybridTime }, batch.receipt, "the first receipt");
      this.existsCount++;
      return;
    }
    if (!isOld) assert.is(outcome.kind, "appended", "a new sequence is new");
    batch.receipt = { firstIndex, hybridTime };
    for (let at = 0; at < count; at++) this.acknowledged.note(batch.number + at, firstIndex + at);
  }
}

/** Follows the log from its first entry on, and keeps a digest of each position. */
export class Follower {
  readonly #address: string;
  readonly #resumes: "client" | "itself";
  readonly #done: Promise<void>;
  readonly #client: StemeClient;
  #digests = Buffer.alloc(digestBytes * 4_096);
  #next = 0;
  #frontier: Uint8Array | undefined;
  #isStopping = false;
  #until = Number.POSITIVE_INFINITY;
  #failure: unknown;
  callCount = 0;

  /** «itself»: opens each call by hand, so that nothing hides what a node sends twice. */
  constructor(address: string, resumes: "client" | "itself") {
    this.#address = address;
    this.#resumes = resumes;
    this.#client = connectTo(address);
    this.#done = this.#run().catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** How many entries it was sent. */
  get size(): number {
    return this.#next;
  }

  check(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  digest(index: number): Buffer {
    return this.#digests.subarray(index * digestBytes, (index + 1) * digestBytes);
  }

  /** Returns when it was sent all entries below `size`. */
  async until(size: number): Promise<void> {
    this.#until = size;
    await this.#done;
    this.#client.close();
    this.check();
  }

  async #run(): Promise<void> {
    if (this.#resumes === "client") return await this.#read("start", true);
    while (!this.#isStopping) {
      try {
        await this.#client.ready(2_000);
        await this.#read("again", false);
      } catch (error) {
        if (!isFault(error, "UNAVAILABLE")) throw error;
      }
    }
  }

  async #read(from: "start" | "again", resume: boolean): Promise<void> {
    const start = this.#frontier === undefined ? "start" : { frontier: this.#frontier };
    const subscription = this.#client.subscribe({
      start: from === "start" ? "start" : start,
      resume,
      heartbeatMs: 100,
      silenceMsMax: 20_000,
      retryDelayMsMax: 100,
    });
    try {
      for await (const event of subscription) {
        this.#take(event);
        if (this.#next < this.#until) continue;
        this.#isStopping = true;
        return;
      }
    } finally {
      subscription.close();
    }
  }

  #take(event: SubscriptionEvent): void {
    if (event.kind === "confirmed") {
      this.callCount++;
      if (this.#resumes === "itself") assert.is(event.next.index, this.#next, "goes on behind");
    }
    if (event.kind !== "entries") return;
    assert.is(event.firstIndex, this.#next, `${this.#address}: no position twice, none left out`);
    this.#frontier = event.frontier.slice();
    for (let at = 0; at < event.count; at++) {
      assert.is(event.index(at), this.#next);
      this.#keep(this.#next++, digestOf(event.bytes(at)));
    }
  }

  #keep(index: number, digest: Buffer): void {
    if ((index + 1) * digestBytes > this.#digests.length) {
      const larger = Buffer.alloc(this.#digests.length * 2);
      this.#digests.copy(larger);
      this.#digests = larger;
    }
    digest.copy(this.#digests, index * digestBytes);
  }
}
