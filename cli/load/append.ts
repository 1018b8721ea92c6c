/**
 * Append load: clients that stream prepared batches into a node and time every receipt.
 *
 * Closed loop (no rate): each client keeps `windowBatches` in flight; latency is receipt minus
 * send. Open loop (a rate): each message has the moment at which it is due, fixed beforehand, and
 * its latency runs from there, sent late or not. So a node that stalls is charged for everything
 * that should have been sent meanwhile (no coordinated omission).
 *
 * Invariant: a client sends at most one message more than it has room for; nothing queues here.
 */
import {
  type AppendReply,
  type BatchOutcome,
  connect,
  encodeAppendRequest,
  type Fault,
  isFault,
  KeyPair,
  type PresignedCall,
  type StemeClient,
} from "../../src/client/index.js";
import { assert } from "../../src/invariant/assert.js";
import { sequenceWindow } from "../../src/model/limits.js";
import { LatencyHistogram, type LatencySummary } from "./latency.js";
import { PreparedBatches } from "./prepared.js";

export interface AppendLoad {
  readonly address: string;
  /** Clients, each with a connection, a call and a writer of its own. */
  readonly clients: number;
  readonly batchEntries: number;
  readonly messageBatches: number;
  /** Most batches in flight per client. */
  readonly windowBatches: number;
  readonly seconds: number;
  /** Not counted, before the measured time. */
  readonly warmUpSeconds: number;
  readonly entryBytes: number;
  /** Entries per second of all clients together; absent: as fast as receipts come. */
  readonly entriesPerSecond?: number;
  /** Memory for batches signed beforehand. */
  readonly preparedBytesMax: number;
  readonly signal?: AbortSignal;
  /** Called for each receipt; keep it cheap. */
  readonly onReceipt?: (outcome: BatchOutcome, atMs: number) => void;
  /** Called about ten times a second with the entries so far and the share of the time. */
  readonly onProgress?: (entries: number, share: number) => void;
}

export interface AppendResult {
  readonly entries: number;
  readonly batches: number;
  /** Batches that the node refused. */
  readonly refused: number;
  readonly seconds: number;
  readonly entriesPerSecond: number;
  readonly entryBytesPerSecond: number;
  /** Batches that had to be signed during the run. */
  readonly signedDuring: number;
  /** Of one receipt, in milliseconds. */
  readonly latencyMs: LatencySummary;
}

const nowMs = (): number => performance.now();
const tickMs = 100;
/** How long receipts are waited for, behind the measured time. */
const drainMsMax = 10_000;

/** What all clients count into. */
class Tally {
  readonly latency = new LatencyHistogram();
  entries = 0;
  batches = 0;
  refused = 0;
  /** The measured time: what was due in it counts, whenever its receipt comes. */
  startMs = Number.POSITIVE_INFINITY;
  endMs = Number.POSITIVE_INFINITY;
  failure: Fault | undefined;
}

/** Whether something at this moment belongs to the measured time. */
const isMeasured = (tally: Tally, atMs: number): boolean =>
  atMs >= tally.startMs && atMs < tally.endMs;

interface InFlight {
  readonly sinceMs: number;
  readonly batches: number;
}

/** One client: a connection, a call, and what is in flight on it. */
class LoadClient {
  readonly prepared: PreparedBatches;
  readonly #load: AppendLoad;
  readonly #tally: Tally;
  readonly #client: StemeClient;
  readonly #call: PresignedCall;
  readonly #inFlight: InFlight[] = [];
  #batchesInFlight = 0;
  #number = 0;
  #isStopping = false;
  #isOver = false;
  #isFull = false;
  readonly #ended: Promise<void>;
  /** Open loop: when the next message is due, and how far apart they are. */
  #dueMs = 0;
  readonly #intervalMs: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(load: AppendLoad, tally: Tally, ordinal: number) {
    this.#load = load;
    this.#tally = tally;
    const { batchEntries, entryBytes, messageBatches, entriesPerSecond } = load;
    this.prepared = new PreparedBatches({ keys: KeyPair.generate(), batchEntries, entryBytes });
    if (entriesPerSecond !== undefined) {
      const messagesPerSecond = entriesPerSecond / load.clients / batchEntries / messageBatches;
      this.#intervalMs = 1000 / messagesPerSecond;
      this.#dueMs = (this.#intervalMs * ordinal) / load.clients; // clients take turns
    }
    this.#client = connect({ address: load.address });
    this.#call = this.#client.appendCall({ onReply: (reply) => this.#reply(reply) });
    this.#ended = this.#watch();
  }

  ready(): Promise<void> {
    return this.#client.ready();
  }

  start(): void {
    this.#dueMs += nowMs();
    if (this.#intervalMs === undefined) this.#fill();
    else this.#sendDue(this.#intervalMs);
  }

  /** Sends no more; resolves when everything sent is answered, or is not going to be. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#chargeUnsent();
    this.#call.end();
    await settledWithin(drainMsMax, this.#ended);
    this.#chargeUnanswered();
    this.#client.close();
  }

  abort(): void {
    this.#isStopping = true;
    clearTimeout(this.#timer);
    this.#call.cancel();
    this.#client.close();
  }

  #hasRoom(): boolean {
    if (this.#isOver || this.#isFull) return false;
    return this.#batchesInFlight + this.#load.messageBatches <= this.#load.windowBatches;
  }

  /** Closed loop: keeps the window full. */
  #fill(): void {
    if (this.#intervalMs !== undefined || this.#isStopping) return;
    while (this.#hasRoom()) this.#send(nowMs());
  }

  /** Open loop: sends what is due, however late. */
  #sendDue(intervalMs: number): void {
    if (this.#isStopping || this.#isOver) return;
    while (this.#dueMs <= nowMs() && this.#hasRoom()) {
      this.#send(this.#dueMs);
      this.#dueMs += intervalMs;
    }
    const waitMs = Math.max(1, Math.min(tickMs, this.#dueMs - nowMs()));
    this.#timer = setTimeout(() => this.#sendDue(intervalMs), waitMs);
  }

  /** What a stuck node never answered has taken until now at least. */
  #chargeUnanswered(): void {
    const endMs = nowMs();
    for (const { sinceMs, batches } of this.#inFlight.splice(0)) {
      if (isMeasured(this.#tally, sinceMs)) this.#tally.latency.record(endMs - sinceMs, batches);
    }
  }

  /** What was due and found no room had waited this long at least. */
  #chargeUnsent(): void {
    const { endMs, latency } = this.#tally;
    if (this.#intervalMs === undefined) return;
    for (let dueMs = this.#dueMs; dueMs < endMs; dueMs += this.#intervalMs) {
      if (isMeasured(this.#tally, dueMs)) latency.record(endMs - dueMs, this.#load.messageBatches);
    }
  }

  #send(sinceMs: number): void {
    const { messageBatches } = this.#load;
    const batches = Array.from({ length: messageBatches }, () => this.prepared.next());
    this.#inFlight.push({ sinceMs, batches: messageBatches });
    this.#batchesInFlight += messageBatches;
    this.#number += 1;
    this.#isFull = !this.#call.send(encodeAppendRequest(this.#number, batches));
    if (!this.#isFull) return;
    void this.#call.drained().then(() => {
      this.#isFull = false;
      this.#fill();
    });
  }

  #reply(reply: AppendReply): void {
    const sent = this.#inFlight.shift();
    if (sent === undefined) return; // given up
    const atMs = nowMs();
    this.#batchesInFlight -= sent.batches;
    for (const outcome of reply.outcomes) {
      this.#load.onReceipt?.(outcome, atMs);
      const isSettled = outcome.kind === "appended" || outcome.kind === "exists";
      if (isMeasured(this.#tally, sent.sinceMs)) this.#tally.latency.record(atMs - sent.sinceMs);
      if (!isMeasured(this.#tally, atMs)) continue;
      this.#tally.batches += isSettled ? 1 : 0;
      this.#tally.entries += isSettled ? outcome.receipt.count : 0;
      this.#tally.refused += isSettled ? 0 : 1;
    }
    this.#fill();
  }

  async #watch(): Promise<void> {
    try {
      await this.#call.ended();
    } catch (error) {
      if (!isFault(error)) throw error;
      if (!this.#isStopping) this.#tally.failure ??= error;
    } finally {
      this.#isOver = true;
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for it, but not longer. */
async function settledWithin(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Waits; calls every tick; ends early where asked to, or where a call failed. */
async function during(
  seconds: number,
  load: AppendLoad,
  tally: Tally,
  tick: (share: number) => void,
) {
  const startMs = nowMs();
  for (;;) {
    const elapsedMs = nowMs() - startMs;
    if (elapsedMs >= seconds * 1000 || load.signal?.aborted === true) return;
    if (tally.failure !== undefined) throw tally.failure;
    tick(elapsedMs / (seconds * 1000));
    await pause(Math.min(tickMs, seconds * 1000 - elapsedMs));
  }
}

function prepareAll(load: AppendLoad, clients: readonly LoadClient[]): void {
  // What a closed loop will reach is not known: prepare as much as memory allows.
  const seconds = load.seconds + load.warmUpSeconds;
  const perSecond = load.entriesPerSecond ?? 600_000;
  const wanted = Math.ceil((perSecond * seconds) / load.batchEntries / load.clients);
  const bytesMax = load.preparedBytesMax / load.clients;
  for (const client of clients) {
    const first = client.prepared.prepare(1);
    client.prepared.prepare(Math.min(wanted, Math.floor(bytesMax / first)));
  }
}

/** Throws the fault of a call that failed, ARGUMENT_INVALID for a window that cannot be. */
export async function runAppendLoad(load: AppendLoad): Promise<AppendResult> {
  assert(load.windowBatches >= load.messageBatches, "a message fits the window");
  assert(load.windowBatches <= sequenceWindow, "a writer may have so many batches unsettled");
  const tally = new Tally();
  const clients = Array.from(
    { length: load.clients },
    (_unused, ordinal) => new LoadClient(load, tally, ordinal),
  );
  try {
    await Promise.all(clients.map((client) => client.ready()));
    prepareAll(load, clients);
    for (const client of clients) client.start();
    await during(load.warmUpSeconds, load, tally, () => {});

    tally.startMs = nowMs();
    await during(load.seconds, load, tally, (share) => load.onProgress?.(tally.entries, share));
    tally.endMs = nowMs();
    const seconds = (tally.endMs - tally.startMs) / 1000;
    const { entries } = tally;
    await Promise.all(clients.map((client) => client.stop()));
    return {
      entries,
      batches: tally.batches,
      refused: tally.refused,
      seconds,
      entriesPerSecond: entries / seconds,
      entryBytesPerSecond: (entries * load.entryBytes) / seconds,
      signedDuring: clients.reduce((sum, client) => sum + client.prepared.late, 0),
      latencyMs: tally.latency.summary(),
    };
  } finally {
    for (const client of clients) client.abort();
  }
}
