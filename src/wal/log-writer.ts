/**
 * The writing side of a log: group commit.
 *
 *     append(batch) --> queue --> one block --> one write --> one fdatasync --> receipts
 *                         ^                                        |
 *                         '---- what arrives meanwhile waits here -'
 *
 *     open <--> full                 (no room for the next segment: appends refused, retried)
 *       |  \--> poisoned             (a write or sync failed: for good)
 *       '-----> closing --> closed   (what is queued is written first)
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
import { batchEntriesMax, blockPayloadBytesMax } from "../model/limits.js";
import { type LogId, toIndex } from "../model/position.js";
import type { Probe } from "../observability/probe.js";
import { type AdmittedBatch, type Committed, committedAfterSync } from "./admitted-batch.js";
import { type Block, payloadBytesOf, StoredBlock } from "./block.js";
import { viewOf } from "./bytes.js";
import { repairAdvice } from "./damage.js";
import { blockEntriesMax } from "./limits.js";
import { makeBlock, type NewBlock } from "./new-block.js";
import { type NodeEntryMaker, stampBytesMax } from "./node-entries.js";
import type { Recovered } from "./recovery.js";
import { SegmentSupply } from "./segment-supply.js";
import { type DurableEnd, type PreparedWrite, SegmentWriter } from "./segment-writer.js";
import { Segment, type Segments } from "./segments.js";

export type LogState = "open" | "full" | "poisoned" | "damaged" | "closing" | "closed";

export interface LogWriterOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly probe: Probe;
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

interface Pending {
  readonly batch: AdmittedBatch;
  readonly resolve: (committed: Committed) => void;
  readonly reject: (fault: Fault) => void;
}

/** Batches that come sooner than this after a commit are on their way together. */
const pressureMs = 0.1;

export class LogWriter {
  private readonly options: LogWriterOptions;
  private readonly maker: NodeEntryMaker;
  private readonly segments: Segments;
  private readonly events: LogWriterEvents;
  private readonly supply: SegmentSupply;
  private current: LogState;
  private cause: unknown = undefined;
  private edge: TreeEdge | undefined;
  private end: { size: number; root: Uint8Array; lastTime: HybridTime };
  private sealCrc: number;
  private writer: SegmentWriter | undefined;
  private live: Segment | undefined;
  private queue: Pending[] = [];
  private isWorking = false;
  private isMarkerDue = false;
  private wasAlone = true;
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
    this.options = options;
    this.maker = maker;
    this.segments = sides.segments;
    this.events = sides.events;
    this.current = recovered.edge === undefined ? "damaged" : "open";
    this.edge = recovered.edge;
    const { size, root, lastTime } = recovered;
    this.end = { size, root, lastTime };
    this.sealCrc = recovered.lastCrc;
    this.writer = recovered.tail && SegmentWriter.resume(recovered.tail);
    this.live = recovered.tail && recovered.segments.at(-1);
    const { segmentBytesMax, ...rest } = options;
    this.supply = new SegmentSupply(
      { ...rest, segmentBytes: segmentBytesMax },
      {
        onFull: (isFull) => this.setFull(isFull),
        onFailure: (error) => this.poison(error),
      },
    );
    if (this.current === "open") this.supply.begin();
  }

  get state(): LogState {
    return this.current;
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
    const { directory } = this.options;
    switch (this.current) {
      case "open":
        return undefined;
      case "full":
        return new Fault("DISK_FULL", "the disk has no room for the log", { directory });
      case "damaged": {
        const facts = { directory, repair: repairAdvice };
        return new Fault("LOG_DAMAGED", "the log is damaged and can only be read", facts);
      }
      case "poisoned": {
        const message = "a write or sync of the log failed; restart the node";
        return new Fault("LOG_POISONED", message, { directory }, this.cause);
      }
      case "closing":
      case "closed":
        return new Fault("SHUTTING_DOWN", "the log is closed");
    }
  }

  append(batch: AdmittedBatch): Promise<Committed> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    assert(batch.count > 0 && batch.count <= batchEntriesMax, "a batch has entries, in its limit");
    return new Promise((resolve, reject) => {
      this.queue.push({ batch, resolve, reject });
      this.kick();
    });
  }

  /** Writes what is queued, notes the last sync, and lets go of the files. */
  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    const isWritable = this.current === "open" || this.current === "full";
    if (isWritable) this.current = "closing";
    this.idleTimer?.cancel();
    this.isMarkerDue = isWritable;
    this.kick();
    if (this.isWorking) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    this.current = "closed";
    await this.supply.stop();
    await this.writer?.close();
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
        const group = this.takeGroup();
        try {
          const prepared = this.commit(group);
          if (prepared !== undefined) await prepared;
        } catch (error) {
          this.fail(group, error);
        }
      } else {
        this.isMarkerDue = false;
        await this.mark();
      }
    }
    this.isWorking = false;
    this.onIdle?.();
  }

  /** Whole batches, in order, as many as fit a block. */
  private takeGroup(): Pending[] {
    let count = 2;
    let bytes = payloadBytesOf(2, 0, stampBytesMax);
    let taken = 0;
    for (const { batch } of this.queue) {
      const more = payloadBytesOf(batch.count, 1, batch.entries.length);
      const fits = bytes + more <= blockPayloadBytesMax && count + batch.count <= blockEntriesMax;
      if (!fits) break;
      bytes += more;
      count += batch.count;
      taken += 1;
    }
    assert(taken > 0, "a batch fits a block");
    if (taken === this.queue.length) {
      const group = this.queue;
      this.queue = [];
      return group;
    }
    return this.queue.splice(0, taken);
  }

  /** Returns a promise where the disk is waited for, and nothing where all is done. */
  private commit(group: readonly Pending[]): Promise<void> | undefined {
    const refusal = this.current === "closing" ? undefined : this.refusal();
    if (refusal !== undefined && this.current !== "full") throw refusal;
    let bytes = payloadBytesOf(2, 0, stampBytesMax);
    for (const { batch } of group) bytes += payloadBytesOf(batch.count, 1, batch.entries.length);
    if (this.writer?.hasRoomFor(bytes, this.end.size) === true) {
      return this.commitInto(this.writer, group);
    }
    return this.nextSegment().then((writer) => this.commitInto(writer, group));
  }

  private commitInto(writer: SegmentWriter, group: readonly Pending[]): Promise<void> | undefined {
    const { options } = this;
    const end = this.durableEnd();
    const batches = group.map(({ batch }) => batch);
    const nowMs = options.clock.nowMs();
    const block = makeBlock(this.maker, end, { nowMs, batches });
    const prepared = writer.prepareBlock(block, end, options.compression);
    if (this.mayBlock(prepared)) {
      this.guardWrite(() => writer.writeNow(prepared));
      this.settle(writer, { prepared, block, group });
      return undefined;
    }
    return writer.write(prepared).then(
      () => {
        this.wasAlone = this.queue.length === 0;
        this.settle(writer, { prepared, block, group });
      },
      (error: unknown) => {
        throw new WriteFailure(error);
      },
    );
  }

  /** Whether waiting for the disk in this turn holds up nobody. */
  private mayBlock(prepared: PreparedWrite): boolean {
    const { blockingBytesMax, clock } = this.options;
    return (
      this.wasAlone &&
      this.queue.length === 0 &&
      prepared.bytes.length <= blockingBytesMax &&
      clock.monotonicMs() - this.lastCommitMs > pressureMs
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
    this.lastCommitMs = this.options.clock.monotonicMs();
    this.armIdle(this.options.markerDelayMs);
  }

  private armIdle(delayMs: number): void {
    if (this.idleTimer !== undefined || this.current === "closing") return;
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
    const isWritable = ["open", "full", "closing"].includes(this.current);
    if (writer === undefined || !isWritable || writer.isEdgeAt(this.end.size)) return;
    const prepared = writer.prepareMarker(this.durableEnd());
    try {
      await writer.write(prepared);
      writer.accept(prepared);
    } catch (error) {
      this.poison(error);
    }
  }

  /** Seals the segment that is full, and begins the next one. */
  private async nextSegment(): Promise<SegmentWriter> {
    const { disk, directory, logId, random, probe } = this.options;
    const ahead = await this.supply.take();
    const end = this.durableEnd();
    try {
      if (this.writer !== undefined) {
        this.sealCrc = await this.writer.seal(disk, end);
        this.writer = undefined;
        this.live?.seal();
        probe.info("segment sealed", { path: this.live?.path, size: this.size });
      }
      const header = {
        salt: viewOf(random.bytes(4)).getUint32(0),
        logId,
        firstIndex: this.size,
        lastTime: this.lastTime,
        previousCrc: this.sealCrc,
        edge: end.edge,
      };
      this.writer = await SegmentWriter.begin(disk, { ...ahead, directory }, header);
    } catch (error) {
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
      this.poison(error.cause);
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
    this.poison(error);
    throw error; // a defect: nothing may catch it
  }

  private setFull(isFull: boolean): void {
    const { directory } = this.options;
    if (isFull && this.current === "open") {
      this.current = "full";
      this.options.probe.error("disk full, appends refused", { directory });
    } else if (!isFull && this.current === "full") {
      this.current = "open";
      this.options.probe.info("disk has room again", { directory });
    }
  }

  private poison(error: unknown): void {
    if (this.current === "poisoned" || this.current === "closed") return;
    this.current = "poisoned";
    this.cause = error;
    const reason = error instanceof Error ? error.message : String(error);
    const { directory } = this.options;
    this.options.probe.error("log poisoned, restart the node", { directory, reason });
  }
}

/** Inside the writer only: the disk failed after the write began. */
class WriteFailure {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}
