/** A log on a simulated disk, with fixed keys, and what tests ask of it. */
import { keyPairFromSeed } from "../../src/crypto/ed25519.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import type { Clock } from "../../src/host/clock.js";
import type { Disk } from "../../src/host/disk.js";
import { toHex } from "../../src/model/hex.js";
import type { LogId } from "../../src/model/position.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { Block } from "../../src/wal/block.js";
import { type FormattedLog, formatLog } from "../../src/wal/format-log.js";
import { decodeFrameHeader, type FoundFrame, frameBytesOf } from "../../src/wal/frame.js";
import { SEGMENT_HEADER_BYTES } from "../../src/wal/limits.js";
import { Log, type LogOptions, logOptionsPreset } from "../../src/wal/log.js";
import { decodeSegmentHeader } from "../../src/wal/segment-header.js";
import { segmentFirstIndex } from "../../src/wal/segments.js";
import { type SampleBatch, sampleBatch } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";
import { SimulatedClock, settled } from "../support/simulated-clock.js";
import { SimulatedDisk } from "../support/simulated-disk.js";

export const logKey = keyPairFromSeed(new Uint8Array(32).fill(7));
export const treeHash = openTreeHash();
export const walDirectory = "/data/wal";

export interface SubjectOptions extends Partial<LogOptions> {
  readonly seed?: number;
}

export class LogSubject {
  readonly disk: SimulatedDisk;
  readonly clock = new SimulatedClock();
  readonly random: Seeded;
  readonly written: SampleBatch[] = [];
  private readonly extra: SubjectOptions;
  private sequence = 1;
  private formatted: FormattedLog | undefined = undefined;

  constructor(extra: SubjectOptions = {}, disk = new SimulatedDisk()) {
    this.extra = extra;
    this.disk = disk;
    this.random = new Seeded(extra.seed ?? 1);
  }

  get id(): LogId {
    if (this.formatted === undefined) throw new Error("the log is formatted first");
    return this.formatted.logId;
  }

  get directory(): string {
    return `${walDirectory}/${toHex(this.id)}`;
  }

  get base() {
    const { disk, random } = this;
    const clock: Clock = this.clock;
    return {
      ...logOptionsPreset,
      disk: disk as Disk,
      clock,
      random,
      probe: silentProbe,
      walDirectory,
      key: logKey,
      hash: treeHash,
      segmentBytesMax: 64 * 1024,
      zeroSliceBytes: 16 * 1024,
      reserveBytes: 0,
    };
  }

  async format(batches = 1): Promise<FormattedLog> {
    this.formatted = await formatLog({
      ...this.base,
      segmentBytesMax: this.extra.segmentBytesMax ?? this.base.segmentBytesMax,
      clusterId: new Uint8Array(16).fill(3),
      firstAdministrator: new Uint8Array(32).fill(4),
      batches: Array.from({ length: batches }, () => this.next(2).batch),
    });
    return this.formatted;
  }

  open(more: Partial<LogOptions> = {}): Promise<Log> {
    return Log.open({ ...this.base, logId: this.id, ...this.extra, ...more });
  }

  async formatAndOpen(more: Partial<LogOptions> = {}): Promise<Log> {
    await this.format();
    return this.open(more);
  }

  next(count: number, entryBytesMax = 300): SampleBatch {
    const sample = sampleBatch(this.random, { count, entryBytesMax, sequence: this.sequence++ });
    this.written.push(sample);
    return sample;
  }

  /** Appends one batch after the other, a block each. */
  async appendEach(log: Log, ...counts: readonly number[]): Promise<void> {
    for (const count of counts) await log.append(this.next(count).batch);
  }

  async idle(): Promise<void> {
    await this.clock.advance(200);
    await settled();
  }

  async segments(): Promise<readonly string[]> {
    const names = await this.disk.list(this.directory);
    return names.filter((name) => segmentFirstIndex(name) !== undefined);
  }

  bytesOf(name: string): Buffer {
    return Buffer.from(this.disk.bytesOf(`${this.directory}/${name}`));
  }

  /** Overwrites bytes behind the log's back. */
  damage(name: string, offset: number, bytes: Uint8Array): void {
    this.disk.edit(`${this.directory}/${name}`, (old) => {
      const changed = Uint8Array.from(old);
      changed.set(bytes, offset);
      return changed;
    });
  }

  flip(name: string, offset: number): void {
    this.damage(name, offset, Uint8Array.of((this.bytesOf(name)[offset] ?? 0) ^ 1));
  }

  /** The same log on a disk that its last life no longer writes to. */
  afterCrash(): LogSubject {
    const next = new LogSubject(this.extra, this.disk.copy());
    next.formatted = this.formatted;
    next.sequence = this.sequence;
    next.written.push(...this.written);
    return next;
  }
}

/** The blocks of a log from an index on. */
export async function blocksOf(log: Log, from = 0): Promise<Block[]> {
  const blocks: Block[] = [];
  const cursor = log.cursor(from);
  for (let block = await cursor.next(); block; block = await cursor.next()) blocks.push(block);
  return blocks;
}

/** Everything that a log holds from a block on, entry by entry. */
export async function entriesOf(log: Log, from = 0): Promise<Buffer[]> {
  return (await blocksOf(log, from)).flatMap((block) =>
    Array.from({ length: block.count }, (_, i) => Buffer.from(block.entry(i))),
  );
}

/** The entries of batches, in the order of the log. */
export async function batchEntriesOf(log: Log, from = 0): Promise<Buffer[]> {
  return (await blocksOf(log, from)).flatMap((block) =>
    Array.from({ length: block.count }, (_, i) => i)
      .filter((i) => block.batchOf(i) >= 0)
      .map((i) => Buffer.from(block.entry(i))),
  );
}

export interface SeenFrame {
  readonly frame: FoundFrame;
  readonly start: number;
  readonly end: number;
}

/** The frames of an undamaged segment. */
export function framesOf(segment: Uint8Array): SeenFrame[] {
  const salt = saltOf(segment);
  const frames: SeenFrame[] = [];
  for (let start = SEGMENT_HEADER_BYTES; start < segment.length; ) {
    const frame = decodeFrameHeader(segment, { offset: start, fileOffset: start, salt });
    if (frame === undefined) break;
    const end = start + frameBytesOf(frame);
    frames.push({ frame, start, end });
    start = end;
  }
  return frames;
}

export function saltOf(segment: Uint8Array): number {
  const header = decodeSegmentHeader(segment.subarray(0, SEGMENT_HEADER_BYTES));
  if (header === undefined) throw new Error("the segment has a header");
  return header.salt;
}
