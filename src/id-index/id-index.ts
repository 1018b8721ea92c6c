/**
 * Where ids stand first in a log: for reads by id, and for feeds, which tell of each repeated id
 * where it stood before.
 *
 *     this thread                              id-worker.ts
 *     IdIndex   ── find, repeats ───────────>  tables of the sealed segments, in files
 *     LiveFeed  ── segments, blocks ────────>  ids of the newest segment, in memory
 *
 * All that hashes, sorts and looks up runs over there. Opening waits for nothing: tables that are
 * missing are built in the background, and at full speed while somebody waits for one. The files
 * are derived from the log and may be deleted at any time.
 *
 * Invariants:
 *
 * - An answer is exact: whoever finds the beginning of an id compares the whole of it.
 * - An entry that cannot be read has no id here.
 */
import type { Workers } from "../host/workers.js";
import type { Probe } from "../observability/probe.js";
import type { Block } from "../wal/block.js";
import type { Log } from "../wal/log.js";
import { prefixBitsMax } from "./id-prefix.js";
import { IdThread } from "./id-thread.js";
import { KnownRepeats } from "./known-repeats.js";
import { LiveFeed } from "./live-feed.js";

export interface IdIndexOptions {
  readonly log: Log;
  /** Where the log's segments stand. */
  readonly segmentsDirectory: string;
  /** Where their tables stand: of this log alone, made where it is missing. */
  readonly tablesDirectory: string;
  readonly workers: Workers;
  readonly probe: Probe;
  /** Memory for what tells which table an id may stand in: 2 bytes per entry. */
  readonly summaryBytesMax: number;
  /** How many times as long as it works the building of tables rests; 0: it never rests. */
  readonly restRatio: number;
  /** Bits of an id that tables hold; fewer than 64 in tests alone. */
  readonly prefixBits: number;
}

const MiB = 1024 * 1024;

export const idIndexPreset = {
  summaryBytesMax: 48 * MiB,
  restRatio: 4,
  prefixBits: prefixBitsMax,
} as const;

/** Repeats of sealed segments that are kept: what a replay needs again at once. */
const keptRepeatsMax = 500_000;
const keptSegmentsMax = 1_024;

/** Entries of a block, from `start` up to `end`. */
export interface RunOfBlock {
  readonly block: Block;
  readonly start: number;
  readonly end: number;
}

export class IdIndex {
  readonly #log: Log;
  readonly #thread: IdThread;
  readonly #feed: LiveFeed;
  readonly #forget: () => void;
  readonly #kept = new Map<number, KnownRepeats>();
  readonly #reading = new Map<number, Promise<KnownRepeats>>();
  #keptCount = 0;

  private constructor(options: IdIndexOptions) {
    const { log, workers, probe, ...data } = options;
    const { segmentsDirectory, tablesDirectory, summaryBytesMax, restRatio, prefixBits } = data;
    this.#log = log;
    this.#thread = new IdThread(
      workers,
      {
        logId: log.id,
        segmentsDirectory,
        tablesDirectory,
        summaryBytesMax,
        restRatio,
        prefixBits,
      },
      probe,
    );
    this.#feed = new LiveFeed(log, this.#thread);
    this.#forget = log.onCommitted(() => this.#feed.tell());
  }

  /** Returns at once; what is missing is built in the background. */
  static open(options: IdIndexOptions): IdIndex {
    return new IdIndex(options);
  }

  /**
   * Index of the first entry that has the id, among those durable now. Throws LOG_CORRUPT where
   * that entry cannot be read any more, DISK_FULL and DISK_FAILED where tables cannot be written.
   */
  async indexOf(id: Uint8Array): Promise<number | undefined> {
    const { size } = this.#log;
    const wanted = Uint8Array.from(id);
    let answer = await this.#thread.ask<"find">({ kind: "find", id: wanted, size: 0 });
    if (answer !== "behind" && answer.index !== undefined) return answer.index;
    do {
      await this.#feed.through(size);
      answer = await this.#thread.ask<"find">({ kind: "find", id: wanted, size });
    } while (answer === "behind");
    return answer.index;
  }

  /**
   * Entry in the run's block -> index where its id stood first; undefined where none did. Throws
   * DISK_FULL and DISK_FAILED where tables cannot be written.
   */
  async of(run: RunOfBlock): Promise<ReadonlyMap<number, number> | undefined> {
    const { firstIndex } = run.block;
    for (;;) {
      const segment = this.#segmentOf(firstIndex);
      const known =
        segment === this.#feed.starts.at(-1)
          ? this.#feed.repeats(segment, firstIndex + run.end)
          : (this.#kept.get(segment) ?? (await this.#repeatsOf(segment)));
      if (known !== undefined) return known.within(firstIndex, run.start, run.end);
      await this.#feed.through(firstIndex + run.block.count);
    }
  }

  async close(): Promise<void> {
    this.#forget();
    await this.#thread.stop();
  }

  /** First index of the segment that an index falls into, as far as the thread knows. */
  #segmentOf(index: number): number {
    const { starts } = this.#feed;
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((starts[middle] as number) <= index) low = middle + 1;
      else high = middle;
    }
    return starts[low - 1] ?? 0;
  }

  /** Read once for all that ask meanwhile. */
  #repeatsOf(segment: number): Promise<KnownRepeats> {
    let reading = this.#reading.get(segment);
    if (reading === undefined) {
      reading = this.#readRepeats(segment).finally(() => this.#reading.delete(segment));
      this.#reading.set(segment, reading);
    }
    return reading;
  }

  async #readRepeats(segment: number): Promise<KnownRepeats> {
    const repeats = new KnownRepeats();
    repeats.add(await this.#thread.ask<"repeats">({ kind: "repeats", segment }));
    this.#kept.set(segment, repeats);
    this.#keptCount += repeats.count;
    for (const [oldest, { count }] of this.#kept) {
      const fits = this.#keptCount <= keptRepeatsMax && this.#kept.size <= keptSegmentsMax;
      if (fits || oldest === segment) break;
      this.#kept.delete(oldest);
      this.#keptCount -= count;
    }
    return repeats;
  }
}
