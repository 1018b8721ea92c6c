/**
 * Brings a node's log up to date with the sources: reads back what this author said before, and
 * appends the differences.
 *
 *     log ──subscribe, until its end──▶ current claims ─┐
 *     packages ──▶ datasets ──▶ claims ─────────────────┴─▶ differences ──▶ batches ──▶ log
 *
 * Nothing but the log remembers how far an import came: one that was interrupted is completed by
 * the next, which finds in the log what the first had said.
 */
import { setImmediate } from "node:timers/promises";
import {
  type Body,
  encodeInput,
  isFault,
  type KeyPair,
  type StemeClient,
  toHex,
  type Writer,
} from "../../src/client/index.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { entryId } from "../../src/entry/codec.js";
import type { Dataset } from "./claim.js";
import { CurrentClaims } from "./current-claims.js";
import {
  claimDifferences,
  type Differences,
  noDifferences,
  retractions,
  sourceRecordOf,
} from "./difference.js";

const batchEntriesMax = 512;
const batchBytesMax = 256 * 1024;
/** A node in the same process group that does not answer for this long will not answer. */
const retryMsMax = 15_000;

export interface ImportProgress {
  readonly phase: "reading" | "appending";
  /** Reading: indexes of the log. Appending: claims that are durable, earlier ones included. */
  readonly done: number;
  readonly total: number;
}

export interface ImportOptions {
  readonly client: StemeClient;
  readonly keys: KeyPair;
  readonly datasets: readonly Dataset[];
  /** Claims of all datasets, for the progress. */
  readonly claimsTotal: number;
  /** Ends the import at the next batch; what was sent is settled. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: ImportProgress) => void;
}

export interface ImportResult extends Differences {
  /** Entries with a receipt. */
  readonly appended: number;
  /** From the first batch to the last receipt. */
  readonly appendMs: number;
  /** False if it was stopped. */
  readonly isComplete: boolean;
}

/** Throws the fault that ended it; being stopped is none. */
export async function importDatasets(options: ImportOptions): Promise<ImportResult> {
  const counts = noDifferences();
  const nothing = { ...counts, appended: 0, appendMs: 0, isComplete: false };
  if (options.signal?.aborted) return nothing;
  const current = await readCurrentClaims(options).catch((error: unknown) => {
    if (options.signal?.aborted && isFault(error, "CANCELLED")) return undefined;
    throw error;
  });
  if (current === undefined) return nothing;
  const appending = new Appending(options, counts);
  try {
    for (const body of differences(options, current, counts)) {
      if (appending.add(body)) await appending.send();
      if (options.signal?.aborted) break;
    }
    await appending.send();
  } finally {
    await appending.close();
  }
  const { appended, appendMs } = appending;
  return { ...counts, appended, appendMs, isComplete: options.signal?.aborted !== true };
}

/** What the author of these keys claims by now, according to the log. */
async function readCurrentClaims(options: ImportOptions): Promise<CurrentClaims> {
  const { client, keys, datasets, signal, onProgress } = options;
  const current = new CurrentClaims(datasets.map(({ source }) => source.id));
  const subscription = client.subscribe({
    start: "start",
    untilEnd: true,
    filter: { authors: [keys.publicKey] },
    retryMsMax,
    signal,
  });
  let total = 0;
  for await (const event of subscription) {
    if (event.kind === "confirmed") total = event.size;
    if (event.kind !== "entries") continue;
    for (let entry = 0; entry < event.count; entry++) {
      if (event.first(entry) !== undefined || event.hole(entry) !== undefined) continue;
      const record = event.record(entry);
      const decoded = record.decode();
      if (decoded !== undefined) current.take(decoded, record.id);
    }
    onProgress?.({ phase: "reading", done: event.index(event.count - 1) + 1, total });
  }
  current.finish();
  return current;
}

function* differences(
  { datasets, keys, signal }: ImportOptions,
  current: CurrentClaims,
  counts: Differences,
): Generator<Body, void, undefined> {
  for (const { source } of datasets) {
    const record = sourceRecordOf(source);
    if (current.hasRecord(entryId(sha256, encodeInput(record, keys)))) continue;
    counts.sourceRecords += 1;
    yield record;
  }
  for (const dataset of datasets) yield* claimDifferences(dataset, current, counts);
  if (signal?.aborted !== true) yield* retractions(datasets, current, counts);
}

/** Collects entries into batches, and keeps as many in flight as the writer has room for. */
class Appending {
  readonly #options: ImportOptions;
  readonly #counts: Differences;
  readonly #writer: Writer;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #startMs = 0;
  #endMs = 0;
  appended = 0;

  constructor(options: ImportOptions, counts: Differences) {
    this.#options = options;
    this.#counts = counts;
    this.#writer = options.client.writer({ keys: options.keys, retryMsMax });
  }

  get appendMs(): number {
    return Math.max(0, this.#endMs - this.#startMs);
  }

  /** Whether the batch is full. */
  add(body: Body): boolean {
    if (this.#startMs === 0) this.#startMs = performance.now();
    const entry = encodeInput(body, this.#options.keys);
    this.#batch.push(entry);
    this.#batchBytes += entry.length;
    return this.#batch.length >= batchEntriesMax || this.#batchBytes >= batchBytesMax;
  }

  /** Throws what an earlier batch failed with. */
  async send(): Promise<void> {
    if (this.#batch.length > 0) {
      const batch = this.#batch;
      this.#batch = [];
      this.#batchBytes = 0;
      this.#writer.appendBatch(batch).then(
        () => this.#settled(batch.length),
        (error: unknown) => {
          this.#failure ??= { error };
        },
      );
      // Encoding is all computing: let what was encoded before get onto its way.
      await setImmediate();
      await this.#writer.capacity();
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Settles everything. Throws what a batch failed with. */
  async close(): Promise<void> {
    await this.#writer.close();
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #settled(count: number): void {
    this.appended += count;
    this.#endMs = performance.now();
    const { claimsTotal: total, onProgress } = this.#options;
    onProgress?.({ phase: "appending", done: this.#counts.unchanged + this.appended, total });
  }
}

/** The ids of all current claims about a path, in hexadecimal. */
export async function idsAbout(client: StemeClient, path: string): Promise<readonly string[]> {
  const ids: string[] = [];
  const filter = { conceptPrefixes: [path], kinds: ["assertion"] } as const;
  for await (const record of client.read({ count: 16, filter })) ids.push(toHex(record.id));
  return ids;
}
