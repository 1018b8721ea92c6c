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
import { Log, type LogOptions, logOptionsPreset } from "../../src/wal/log.js";
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

  async bytesOf(name: string): Promise<Buffer> {
    const file = await this.disk.open(`${this.directory}/${name}`, "read");
    const bytes = Buffer.alloc(await file.size());
    await file.read(bytes, 0);
    await file.close();
    return bytes;
  }

  /** Overwrites bytes behind the log's back. */
  async damage(name: string, offset: number, bytes: Uint8Array): Promise<void> {
    const file = await this.disk.open(`${this.directory}/${name}`, "write");
    await file.write(bytes, offset);
    await file.sync();
    await file.close();
  }

  async flip(name: string, offset: number): Promise<void> {
    const bytes = await this.bytesOf(name);
    await this.damage(name, offset, Uint8Array.of((bytes[offset] ?? 0) ^ 1));
  }
}

/** Everything that a log holds from an index on, entry by entry. */
export async function entriesOf(log: Log, from = 0): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  const cursor = log.cursor(from);
  let block: Block | undefined;
  while ((block = await cursor.next()) !== undefined) {
    for (let i = Math.max(0, from - block.firstIndex); i < block.count; i++) {
      entries.push(Uint8Array.from(block.entry(i)));
    }
  }
  return entries;
}

/** The entries of batches, in the order of the log. */
export async function batchEntriesOf(log: Log, from = 0): Promise<Uint8Array[]> {
  const entries: Uint8Array[] = [];
  const cursor = log.cursor(from);
  let block: Block | undefined;
  while ((block = await cursor.next()) !== undefined) {
    for (let i = 0; i < block.count; i++) {
      if (block.batchOf(i) >= 0) entries.push(Uint8Array.from(block.entry(i)));
    }
  }
  return entries;
}
