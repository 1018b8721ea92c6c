/**
 * Subscription load: how fast subscribers catch up, and how soon they hear of what is new.
 *
 * Catching up: each subscriber replays from a start to where the log ended when it began. Live: an
 * open-loop append load writes meanwhile, and every batch is timed from its receipt to its delivery
 * at every subscriber, on one clock. A delivery that comes before its receipt took no time.
 */
import {
  connect,
  isFault,
  type StartInput,
  type StemeClient,
  type Subscription,
} from "../../src/client/index.js";
import { type AppendLoad, type AppendResult, runAppendLoad } from "./append.js";
import { LatencyHistogram, type LatencySummary } from "./latency.js";

export interface CatchUpLoad {
  readonly address: string;
  readonly subscribers: number;
  readonly start: StartInput;
  readonly signal?: AbortSignal;
  /** Called about once per frame with what all have received. */
  readonly onProgress?: (entries: number) => void;
}

export interface CatchUpResult {
  /** Of all subscribers together. */
  readonly entries: number;
  readonly entryBytes: number;
  readonly seconds: number;
  readonly entriesPerSecond: number;
  readonly entryBytesPerSecond: number;
}

const nowMs = (): number => performance.now();

/** Replays to the end as many times as there are subscribers. */
export async function runCatchUpLoad(load: CatchUpLoad): Promise<CatchUpResult> {
  const clients = Array.from({ length: load.subscribers }, () =>
    connect({ address: load.address }),
  );
  let entries = 0;
  let entryBytes = 0;
  const replay = async (client: StemeClient): Promise<void> => {
    const { start, signal } = load;
    for await (const event of client.subscribe({ start, untilEnd: true, resume: false, signal })) {
      if (event.kind !== "entries") continue;
      entries += event.count;
      for (let place = 0; place < event.count; place++) entryBytes += event.bytes(place).length;
      load.onProgress?.(entries);
    }
  };
  try {
    await Promise.all(clients.map((client) => client.ready()));
    const startMs = nowMs();
    await Promise.all(clients.map(replay));
    const seconds = Math.max(0.001, (nowMs() - startMs) / 1000);
    return {
      entries,
      entryBytes,
      seconds,
      entriesPerSecond: entries / seconds,
      entryBytesPerSecond: entryBytes / seconds,
    };
  } finally {
    for (const client of clients) client.close();
  }
}

export interface LiveLoad {
  readonly subscribers: number;
  /** An open loop: `entriesPerSecond` is given. */
  readonly append: AppendLoad & { readonly entriesPerSecond: number };
}

export interface LiveResult {
  readonly append: AppendResult;
  /** Batches timed, once per subscriber. */
  readonly deliveries: number;
  /** From receipt to delivery, in milliseconds. */
  readonly deliveryMs: LatencySummary;
}

interface Receipt {
  readonly end: number;
  readonly atMs: number;
}

/**
 * Pairs receipts with deliveries, in the order of the log. Whichever comes first waits: the end of
 * what was delivered and when, or the receipt.
 */
class Pairing {
  readonly #latency: LatencyHistogram;
  /** Receipts by the index behind their batch, not yet delivered. */
  readonly #receipts: Receipt[] = [];
  #deliveredEnd = 0;

  constructor(latency: LatencyHistogram) {
    this.#latency = latency;
  }

  receipt(end: number, atMs: number): void {
    if (end <= this.#deliveredEnd) this.#latency.record(0);
    else this.#receipts.push({ end, atMs });
  }

  delivery(end: number, atMs: number): void {
    this.#deliveredEnd = Math.max(this.#deliveredEnd, end);
    let kept = 0;
    for (const receipt of this.#receipts) {
      if (receipt.end <= end) this.#latency.record(Math.max(0, atMs - receipt.atMs));
      else this.#receipts[kept++] = receipt;
    }
    this.#receipts.length = kept;
  }
}

async function deliver(subscription: Subscription, pairing: Pairing): Promise<void> {
  try {
    for await (const event of subscription) {
      if (event.kind !== "entries" || event.count === 0) continue;
      pairing.delivery(event.index(event.count - 1) + 1, nowMs());
    }
  } catch (error) {
    if (!isFault(error, "CANCELLED")) throw error;
  }
}

/** Appends at a rate while subscribers listen. */
export async function runLiveLoad(load: LiveLoad): Promise<LiveResult> {
  const { address } = load.append;
  const clients = Array.from({ length: load.subscribers }, () => connect({ address }));
  const latency = new LatencyHistogram();
  const pairings = clients.map(() => new Pairing(latency));
  try {
    await Promise.all(clients.map((client) => client.ready()));
    const subscriptions = clients.map((client) =>
      client.subscribe({ start: "end", resume: false }),
    );
    const delivered = subscriptions.map((subscription, place) => {
      const pairing = pairings[place] ?? new Pairing(latency);
      return deliver(subscription, pairing);
    });
    const append = await runAppendLoad({
      ...load.append,
      onReceipt: (outcome, atMs) => {
        if (outcome.kind !== "appended") return;
        const { firstIndex, count } = outcome.receipt;
        for (const pairing of pairings) pairing.receipt(firstIndex + count, atMs);
      },
    });
    for (const subscription of subscriptions) subscription.close();
    await Promise.all(delivered);
    return { append, deliveries: latency.count, deliveryMs: latency.summary() };
  } finally {
    for (const client of clients) client.close();
  }
}
