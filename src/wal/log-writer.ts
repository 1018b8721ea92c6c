/**
 * The writing side of a log: group commit.
 *
 *     append(batch) --> queue --> one block --> one write --> one fdatasync --> receipts
 *                         ^                                        |
 *                         '---- what arrives meanwhile waits here -'
 *
 * One piece of work is under way at a time: a commit, a marker, or both behind a change of segment.
 * Where the block is small and nothing else is on its way, write and sync block the thread: the two
 * hops to the thread pool would cost more than the disk.
 *
 * Invariants:
 *
 * - Nothing is handed out for an index that is not synced: size, cache, listeners and receipts
 *   change after the sync, in that order.
 * - A write or sync that failed is never tried again: nobody can know what the disk holds. What was
 *   in flight is OUTCOME_UNKNOWN, what was queued behind it LOG_POISONED.
 */
import type { Clock, Timer } from "../host/clock.js";
import type { Disk } from "../host/disk.js";
import type { Random } from "../host/random.js";
import { assert } from "../invariant/assert.js";
import type { TreeEdge } from "../merkle/tree-edge.js";
import { Fault, isFault } from "../model/fault.js";
import type { HybridTime } from "../model/hybrid-time.js";
import { batchEntriesMax } from "../model/limits.js";
import { type LogId, toIndex } from "../model/position.js";
import type { Metrics } from "../observability/metrics.js";
import type { Probe } from "../observability/probe.js";
import { type AdmittedBatch, type Committed, committedAfterSync } from "./admitted-batch.js";
import { AppendQueue, type Group, type Pending } from "./append-queue.js";
import { type Block, StoredBlock } from "./block.js";
import { viewOf } from "./bytes.js";
import { segmentBytesMax, segmentBytesMin } from "./limits.js";
import { LogCondition, type LogState } from "./log-condition.js";
import { makeBlock, type NewBlock } from "./new-block.js";
import { bufferedRandom, type NodeEntryMaker } from "./node-entries.js";
import type { Recovered } from "./recovery.js";
import { SegmentSupply } from "./segment-supply.js";
import { type DurableEnd, type PreparedWrite, SegmentWriter } from "./segment-writer.js";
import { Segment, type Segments } from "./segments.js";

export interface LogWriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly probe: Probe;
  readonly metrics: Metrics;
  readonly directory: string;
  readonly logId: LogId;
  /** A segment's size; the block that would not fit any more opens the next. */
  readonly segmentBytesMax: number;
  /** Free room on the disk below which appends are refused. */
  readonly reserveBytes: number;
  readonly compression: "lz4" | "none";
  /** Blocks up to this size may be written in the caller's turn; 0: none. */
  readonly blockingBytesMax: number;
  /** Idle for so long after a block, the log notes its last sync. */
  readonly markerDelayMs: number;
  readonly zeroSliceBytes: number;
  readonly checkIntervalMs: number;
}

export interface LogWriterEvents {
  /** The block is durable; called in the order of the log, before receipts. */
  onDurable(block: Block): void;
}

export class LogWriter {
  private readonly options: LogWriterOptions;
  private readonly maker: NodeEntryMaker;
  private readonly segments: Segments;
  private readonly events: LogWriterEvents;
  private readonly supply: SegmentSupply;
  private readonly condition: LogCondition;
  private edge: TreeEdge | undefined;
  private end: { size: number; root: Uint8Array; lastTime: HybridTime };
  private writer: SegmentWriter | undefined;
  private live: Segment | undefined;
  private readonly queue = new AppendQueue();
  private isWorking = false;
  private isMarkerDue = false;
  private lastCommitMs = 0;
  private idleTimer: Timer | undefined = undefined;
  private onIdle: (() => void) | undefined = undefined;
  private closing: Promise<void> | undefined = undefined;

  constructor(
    options: LogWriterOptions,
    maker: NodeEntryMaker,
    recovered: Recovered,
    sides: { readonly segments: Segments; readonly events: LogWriterEvents },
  ) {
    assert(options.segmentBytesMax >= segmentBytesMin, "a segment has room for blocks");
    assert(options.segmentBytesMax <= segmentBytesMax, "a segment's size is bounded");
    this.options = options;
    this.maker = { ...maker, random: bufferedRandom(maker.random) };
    this.segments = sides.segments;
    this.events = sides.events;
    this.condition = new LogCondition(recovered.edge === undefined ? "damaged" : "open", options);
    this.edge = recovered.edge;
    const { size, root, lastTime } = recovered;
    this.end = { size, root, lastTime };
    this.writer = recovered.tail && SegmentWriter.resume(recovered.tail);
    this.live = recovered.tail && recovered.segments.at(-1);
    this.supply = new SegmentSupply(
      { ...options, segmentBytes: options.segmentBytesMax },
      {
        onFull: (isFull) => this.condition.setFull(isFull),
        onFailure: (error) => this.condition.poison(error),
      },
    );
    if (this.condition.isWritable) this.supply.begin();
  }

  get state(): LogState {
    return this.condition.state;
  }

  /** Durable entries. */
  get size(): number {
    return this.end.size;
  }

  get root(): Uint8Array {
    return this.end.root;
  }

  get lastTime(): HybridTime {
    return this.end.lastTime;
  }

  /** Why nothing can be appended now; `undefined` where it can. */
  refusal(): Fault | undefined {
    return this.condition.refusal();
  }

  append(batch: AdmittedBatch, isAlone: boolean): Promise<Committed> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    assert(batch.count > 0 && batch.count <= batchEntriesMax, "a batch has entries, in its limit");
    return new Promise((resolve, reject) => {
      this.queue.push({ batch, isAlone, resolve, reject });
      this.kick();
    });
  }

  /** Writes what is queued, notes the last sync, and lets go of the files. */
  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    this.condition.beginClosing();
    this.idleTimer?.cancel();
    this.isMarkerDue = this.condition.isWritable;
    this.kick();
    if (this.isWorking) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    this.condition.endClosing();
    try {
      await this.supply.stop();
    } finally {
      await this.writer?.close();
    }
  }

  private kick(): void {
    if (this.isWorking) return;
    this.isWorking = true;
    // What is appended in the same turn goes into the same block.
    queueMicrotask(() => void this.work());
  }

  private async work(): Promise<void> {
    while (this.queue.length > 0 || this.isMarkerDue) {
      if (this.queue.length > 0) {
        const group = this.queue.takeGroup();
        try {
          const prepared = this.commit(group);
          if (prepared !== undefined) await prepared;
        } catch (error) {
          this.fail(group.members, error);
        }
      } else {
        this.isMarkerDue = false;
        await this.mark();
      }
    }
    this.isWorking = false;
    this.onIdle?.();
  }

  /** Returns a promise where the disk is waited for, and nothing where all is done. */
  private commit(group: Group): Promise<void> | undefined {
    if (!this.condition.isWritable) throw this.refusal();
    const { members, payloadBytesMax } = group;
    if (this.writer?.hasRoomFor(payloadBytesMax) === true) {
      return this.commitInto(this.writer, members);
    }
    return this.nextSegment().then((writer) => this.commitInto(writer, members));
  }

  private commitInto(writer: SegmentWriter, group: readonly Pending[]): Promise<void> | undefined {
    const { options } = this;
    const end = this.durableEnd();
    const batches = group.map(({ batch }) => batch);
    const nowMs = options.clock.nowMs();
    const block = makeBlock(this.maker, end, { nowMs, batches });
    const prepared = writer.prepareBlock(block, end, options.compression);
    const begunMs = options.clock.monotonicMs();
    if (this.mayBlock(group, prepared)) {
      this.guardWrite(() => writer.writeNow(prepared));
      this.settle(writer, { prepared, block, group, begunMs });
      return undefined;
    }
    return writer.write(prepared).then(
      () => this.settle(writer, { prepared, block, group, begunMs }),
      (error: unknown) => {
        throw new WriteFailure(error);
      },
    );
  }

  /** Whether waiting for the disk in this turn holds up nobody. */
  private mayBlock(group: readonly Pending[], prepared: PreparedWrite): boolean {
    return (
      this.queue.length === 0 &&
      prepared.bytes.length <= this.options.blockingBytesMax &&
      group.every(({ isAlone }) => isAlone)
    );
  }

  private guardWrite(write: () => void): void {
    try {
      write();
    } catch (error) {
      throw new WriteFailure(error);
    }
  }

  /** The block is durable. */
  private settle(
    writer: SegmentWriter,
    done: {
      readonly prepared: PreparedWrite;
      readonly block: NewBlock;
      readonly group: readonly Pending[];
      readonly begunMs: number;
    },
  ): void {
    const { statement, hybridTime, payload, leaves, edge } = done.block;
    writer.accept(done.prepared);
    this.edge = edge;
    this.end = { size: edge.size, root: statement.root, lastTime: hybridTime };
    this.events.onDurable(new StoredBlock({ statement, hybridTime }, payload, leaves));
    let index = statement.firstIndex + statement.count;
    for (const { batch } of done.group) index -= batch.count;
    for (const { batch, resolve } of done.group) {
      resolve(committedAfterSync(toIndex(index), batch.count, hybridTime));
      index += batch.count;
    }
    const { clock, metrics } = this.options;
    this.lastCommitMs = clock.monotonicMs();
    const seconds = (this.lastCommitMs - done.begunMs) / 1_000;
    metrics.observe("log_commit_duration_seconds", seconds);
    metrics.observe("log_block_bytes", payload.length);
    metrics.observe("log_block_entries", statement.count);
    this.armIdle(this.options.markerDelayMs);
  }

  private armIdle(delayMs: number): void {
    if (this.idleTimer !== undefined || this.state === "closing") return;
    this.idleTimer = this.options.clock.after(delayMs, () => {
      this.idleTimer = undefined;
      const { clock, markerDelayMs } = this.options;
      const restMs = this.lastCommitMs + markerDelayMs - clock.monotonicMs();
      if (restMs > 0) {
        this.armIdle(restMs);
        return;
      }
      this.isMarkerDue = true;
      this.kick();
    });
  }

  private async mark(): Promise<void> {
    const { writer } = this;
    if (writer === undefined || !this.condition.isWritable) return;
    if (writer.isEdgeAt(this.end.size)) return;
    const prepared = writer.prepareMarker(this.durableEnd());
    try {
      await writer.write(prepared);
      writer.accept(prepared);
    } catch (error) {
      this.condition.poison(error);
    }
  }

  /** Seals the segment that is full, and begins the next one. */
  private async nextSegment(): Promise<SegmentWriter> {
    const { disk, directory, logId, random, probe } = this.options;
    const ahead = await this.supply.take();
    const end = this.durableEnd();
    try {
      if (this.writer !== undefined) {
        await this.writer.seal(disk, end);
        this.writer = undefined;
        this.live?.seal();
        probe.info("segment sealed", { path: this.live?.path, size: this.size });
      }
      const header = {
        salt: viewOf(random.bytes(4)).getUint32(0),
        logId,
        firstIndex: this.size,
        lastTime: this.lastTime,
        edge: end.edge,
      };
      this.writer = await SegmentWriter.begin(disk, { ...ahead, directory }, header);
    } catch (error) {
      await ahead.file.close().catch(() => {});
      throw new WriteFailure(error);
    }
    const place = { disk, logId, directory };
    this.live = new Segment(place, this.size, this.writer.live);
    this.segments.add(this.live);
    this.supply.begin();
    return this.writer;
  }

  private durableEnd(): DurableEnd {
    assert(this.edge !== undefined, "a log that is written has an edge");
    const { root, lastTime } = this.end;
    return { logId: this.options.logId, edge: this.edge, root, lastTime };
  }

  /** The group was not committed. Whether it was written is unknown only where the disk failed. */
  private fail(group: readonly Pending[], error: unknown): void {
    if (error instanceof WriteFailure) {
      this.condition.poison(error.cause);
      const message = "a write or sync of the log failed; send the batch again after a restart";
      for (const { reject } of group) {
        reject(new Fault("OUTCOME_UNKNOWN", message, {}, error.cause));
      }
      return;
    }
    if (isFault(error)) {
      for (const { reject } of group) reject(error);
      return;
    }
    this.condition.poison(error);
    throw error; // a defect: nothing may catch it
  }
}

/** Inside the writer only: the disk failed after the write began. */
class WriteFailure {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}
