/**
 * A log: the append-only sequence of entries that one node authored.
 *
 *     append --> LogWriter (group commit, segments) --> disk
 *                    |
 *                    '-- after fsync --> cache of recent blocks --> listeners, receipts
 *
 *     read, cursor --> cache --> segments --> disk
 *
 * Writing is in log-writer.ts, reading in block-reader.ts, opening in recovery.ts; here they meet.
 */
import type { KeyPair } from "../crypto/ed25519.js";
import type { TreeHash } from "../merkle/tree-hash.js";
import type { LogGenesis } from "../model/entry.js";
import type { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import { type HybridTime, hybridTimeAt } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import { silentMetrics } from "../observability/metrics.js";
import type { AdmittedBatch, Committed } from "./admitted-batch.js";
import type { BatchRecord, Block } from "./block.js";
import { BlockCache } from "./block-cache.js";
import { BlockCursor, type ReadableLog, readBlock } from "./block-reader.js";
import type { DamagedRange } from "./damage.js";
import { cursorReadBytes } from "./limits.js";
import type { LogState } from "./log-condition.js";
import { LogWriter, type LogWriterOptions } from "./log-writer.js";
import { type Recovered, recoverLog } from "./recovery.js";
import { type RecoveryNote, recoveryTable } from "./recovery-table.js";
import { batchRoot } from "./rehash.js";
import { Segments } from "./segments.js";
import { firstIndexAt } from "./time-search.js";

export interface LogOptions extends Omit<LogWriterOptions, "directory"> {
  /** The `wal` directory, which holds a directory per log. */
  readonly walDirectory: string;
  /** The log's own key. */
  readonly key: KeyPair;
  readonly hash: TreeHash;
  /** A size that the log is known to have reached: of its state, a checkpoint, a peer. */
  readonly knownSizeMin: number;
  /** Memory for recent blocks. */
  readonly cacheBytesMax: number;
}

const KiB = 1024;
const MiB = 1024 * KiB;

/** What an operator or a test has no reason to change. */
export const logOptionsPreset = {
  segmentBytesMax: 64 * MiB,
  reserveBytes: 256 * MiB,
  cacheBytesMax: 32 * MiB,
  compression: "lz4",
  blockingBytesMax: 64 * KiB,
  markerDelayMs: 50,
  zeroSliceBytes: 256 * KiB,
  checkIntervalMs: 1000,
  metrics: silentMetrics,
  knownSizeMin: 0,
} as const;

/** A batch as a log holds it. */
export interface CommittedBatch extends Omit<BatchRecord, "firstEntry"> {
  readonly firstIndex: number;
  readonly hybridTime: HybridTime;
  /** The root that its author signed, from the leaf hashes. */
  readonly root: Uint8Array;
}

export type CommittedListener = (block: Block) => void;

export class Log {
  readonly id: LogId;
  /** The log's first entry: its key, its cluster, its first administrator. */
  readonly genesis: LogGenesis;
  /** What opening found: rows of the recovery table. */
  readonly notes: readonly RecoveryNote[];
  readonly damage: readonly DamagedRange[];
  private readonly hash: TreeHash;
  private readonly writer: LogWriter;
  private readonly reader: ReadableLog;
  private readonly listeners = new Set<CommittedListener>();

  private constructor(options: LogOptions, directory: string, recovered: Recovered) {
    const segments = new Segments(recovered.segments);
    const cache = new BlockCache(options.cacheBytesMax);
    this.id = options.logId;
    this.genesis = recovered.genesis;
    this.notes = recovered.notes;
    this.damage = recovered.damage;
    this.hash = options.hash;
    this.writer = new LogWriter({ ...options, directory }, options, recovered, {
      segments,
      events: {
        onDurable: (block) => {
          cache.add(block);
          for (const listener of this.listeners) listener(block);
        },
      },
    });
    this.reader = {
      segments,
      cache,
      damage: recovered.damage,
      durableSize: () => this.writer.size,
    };
  }

  /**
   * Opens a log that was formatted: recovers it by the table in recovery-table.ts. A damaged one is
   * opened too, to be read. Throws LOG_FORMAT_UNSUPPORTED, LOG_CORRUPT (nobody can say whose log it
   * is), KEY_INVALID, DATA_DIRECTORY_INVALID, or what the disk says.
   */
  static async open(options: LogOptions): Promise<Log> {
    const directory = `${options.walDirectory}/${toHex(options.logId)}`;
    const recovered = await recoverLog({ ...options, directory });
    for (const { label, facts } of recovered.notes) {
      const { verdict } = recoveryTable[label];
      const level = verdict === "damaged" ? "error" : verdict === "cut" ? "warn" : "debug";
      options.probe[level]("log examined", { label, verdict, ...facts });
    }
    return new Log(options, directory, recovered);
  }

  get state(): LogState {
    return this.writer.state;
  }

  /** Durable entries. */
  get size(): number {
    return this.writer.size;
  }

  /** Recorded time of the newest durable block. */
  get lastTime(): HybridTime {
    return this.writer.lastTime;
  }

  /** Where the segments begin, ascending: all but the last are sealed. Another list per change. */
  get segments(): readonly { readonly firstIndex: number }[] {
    return this.reader.segments.all;
  }

  /** The tree hash over all durable entries. */
  root(): Uint8Array {
    return this.writer.root;
  }

  /** Why nothing can be appended now; `undefined` where it can. */
  refusal(): Fault | undefined {
    return this.writer.refusal();
  }

  /**
   * Appends a batch; resolves once it is durable. The batch's views may be reused then, and not
   * before. Rejects with OUTCOME_UNKNOWN where the disk failed with it; with any other fault where
   * it was certainly not appended.
   *
   * @param isAlone whether nothing else is on its way: a small block is then written in this turn,
   *   since the thread has nothing better to do than wait for the disk
   */
  append(batch: AdmittedBatch, isAlone = false): Promise<Committed> {
    return this.writer.append(batch, isAlone);
  }

  /** The block that holds a durable index. Throws POSITION_INVALID, LOG_CORRUPT. */
  read(index: number): Promise<Block> {
    return readBlock(this.reader, index);
  }

  /** Whether an index is read without the disk. */
  hasRecent(index: number): boolean {
    return this.reader.cache.find(index) !== undefined;
  }

  /** Reads from an index on, in large pieces. Its first block holds the index. */
  cursor(fromIndex: number, readBytes: number = cursorReadBytes): BlockCursor {
    return new BlockCursor(this.reader, fromIndex, readBytes);
  }

  /** The batches that begin at or behind an index, up to the end that is durable when asked. */
  async *batchesFrom(index: number): AsyncGenerator<CommittedBatch, void> {
    const cursor = this.cursor(index);
    const end = this.size;
    while (cursor.nextIndex < end) {
      const block = await cursor.next();
      if (block === undefined) return;
      for (let b = 0; b < block.batchCount; b++) {
        const { firstEntry, ...record } = block.batch(b);
        const firstIndex = block.firstIndex + firstEntry;
        if (firstIndex < index) continue;
        const root = batchRoot(block, b, this.hash);
        yield { ...record, firstIndex, hybridTime: block.hybridTime, root };
      }
    }
  }

  /** Tells of every block once it is durable, in order. Returns how to stop it. */
  onCommitted(listener: CommittedListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** First index of the first block recorded at or after a millisecond; the size where none is. */
  timeIndex(recordedMs: number): Promise<number> {
    return firstIndexAt(this.reader, hybridTimeAt(recordedMs));
  }

  /** Writes what was appended, lets readers finish, and closes the files. */
  async close(): Promise<void> {
    try {
      await this.writer.close();
    } finally {
      await this.reader.segments.close();
    }
  }
}
