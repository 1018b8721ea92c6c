/**
 * Brings a node's log up to date with the sources: reads back what they said before, each under a
 * key of its own, and appends the differences.
 *
 *     log ──subscribe, until its end──▶ current claims ─┐
 *     packages ──▶ datasets ──▶ claims ─────────────────┴─▶ differences ──▶ batches ──▶ log
 *
 * Nothing but the log remembers how far an import came: one that was interrupted is completed by
 * the next, which finds in the log what the first had said.
 */
import { setImmediate } from "node:timers/promises";
import {
  encodeInput,
  isFault,
  type KeyPair,
  type StemeClient,
  toHex,
  type Writer,
} from "../../src/client/index.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { entryId } from "../../src/entry/codec.js";
import { assert } from "../../src/invariant/assert.js";
import { type Dataset, featureQuestions } from "./claim.js";
import { CurrentClaims } from "./current-claims.js";
import {
  claimDifferences,
  type Differences,
  noDifferences,
  retractions,
  type Saying,
  sourceRecordOf,
} from "./difference.js";
import { sourceKeys } from "./source-keys.js";

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
  /** The importer's: those of the sources are derived from them. */
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
  const keys: SourceKeys = new Map(
    options.datasets.map(({ source: { id } }) => [id, sourceKeys(options.keys, id)]),
  );
  const nothing = { ...counts, appended: 0, appendMs: 0, isComplete: false };
  if (options.signal?.aborted) return nothing;
  const current = await readCurrentClaims(options, keys).catch((error: unknown) => {
    if (options.signal?.aborted && isFault(error, "CANCELLED")) return undefined;
    throw error;
  });
  if (current === undefined) return nothing;
  const appending = new Appending(options, keys, counts);
  try {
    for (const saying of differences(options, keys, current, counts)) {
      await appending.add(saying);
      if (options.signal?.aborted) break;
    }
    await appending.sendAll();
  } finally {
    await appending.close();
  }
  const { appended, appendMs } = appending;
  return { ...counts, appended, appendMs, isComplete: options.signal?.aborted !== true };
}

/** What the sources claim by now, according to the log. */
async function readCurrentClaims(options: ImportOptions, keys: SourceKeys): Promise<CurrentClaims> {
  const { client, datasets, signal, onProgress } = options;
  const current = new CurrentClaims(datasets.map(({ source }) => source.id));
  const subscription = client.subscribe({
    start: "start",
    untilEnd: true,
    filter: { authors: [...keys.values()].map(({ publicKey }) => publicKey) },
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
  { datasets, signal }: ImportOptions,
  keys: SourceKeys,
  current: CurrentClaims,
  counts: Differences,
): Generator<Saying, void, undefined> {
  for (const { source } of datasets) {
    const body = sourceRecordOf(source);
    const { id } = source;
    if (current.hasRecord(entryId(sha256, encodeInput(body, keysOf(keys, id))))) continue;
    counts.sourceRecords += 1;
    yield { source: id, body };
  }
  // Features first: they are few, and where all sources meet, so what is contested is soon there.
  for (const isFeature of [true, false]) {
    for (const dataset of datasets) {
      yield* claimDifferences(partOf(dataset, isFeature), current, counts);
    }
  }
  if (signal?.aborted !== true) yield* retractions(datasets, current, counts);
}

/** What a source says about features, or about all else. */
const partOf = (dataset: Dataset, isFeature: boolean): Dataset => ({
  source: dataset.source,
  *claims() {
    for (const claim of dataset.claims()) {
      if (claim.path.startsWith(featureQuestions) === isFeature) yield claim;
    }
  },
});

type SourceKeys = ReadonlyMap<string, KeyPair>;

function keysOf(keys: SourceKeys, source: string): KeyPair {
  const own = keys.get(source);
  assert(own !== undefined, "every source that is imported has keys");
  return own;
}

/** What one source says next: entries become batches, as many in flight as there is room for. */
interface Voice {
  readonly keys: KeyPair;
  readonly writer: Writer;
  batch: Uint8Array[];
  batchBytes: number;
}

class Appending {
  readonly #options: ImportOptions;
  readonly #counts: Differences;
  readonly #voices: ReadonlyMap<string, Voice>;
  #failure: { readonly error: unknown } | undefined;
  #startMs = 0;
  #endMs = 0;
  appended = 0;

  constructor(options: ImportOptions, keys: SourceKeys, counts: Differences) {
    this.#options = options;
    this.#counts = counts;
    const voiceOf = (own: KeyPair): Voice => ({
      keys: own,
      writer: options.client.writer({ keys: own, retryMsMax }),
      batch: [],
      batchBytes: 0,
    });
    this.#voices = new Map([...keys].map(([source, own]) => [source, voiceOf(own)]));
  }

  get appendMs(): number {
    return Math.max(0, this.#endMs - this.#startMs);
  }

  /** Sends the source's batch when it is full. Throws what an earlier batch failed with. */
  async add({ source, body }: Saying): Promise<void> {
    if (this.#startMs === 0) this.#startMs = performance.now();
    const voice = this.#voices.get(source);
    assert(voice !== undefined, "every source that is imported has a voice");
    const entry = encodeInput(body, voice.keys);
    voice.batch.push(entry);
    voice.batchBytes += entry.length;
    const isFull = voice.batch.length >= batchEntriesMax || voice.batchBytes >= batchBytesMax;
    if (isFull) await this.#send(voice);
  }

  /** Throws what an earlier batch failed with. */
  async sendAll(): Promise<void> {
    for (const voice of this.#voices.values()) await this.#send(voice);
  }

  /** Settles everything. Throws what a batch failed with. */
  async close(): Promise<void> {
    await Promise.all([...this.#voices.values()].map(({ writer }) => writer.close()));
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  async #send(voice: Voice): Promise<void> {
    if (voice.batch.length > 0) {
      const { batch, writer } = voice;
      voice.batch = [];
      voice.batchBytes = 0;
      writer.appendBatch(batch).then(
        () => this.#settled(batch.length),
        (error: unknown) => {
          this.#failure ??= { error };
        },
      );
      // Encoding is all computing: let what was encoded before get onto its way.
      await setImmediate();
      await writer.capacity();
    }
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
