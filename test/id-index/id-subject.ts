/**
 * A real log in a directory of its own, with small segments and an index over it; and beside it the
 * model: a plain map from id to where it stood first.
 */

import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemWorkers } from "../../src/host/workers.js";
import { IdIndex, type IdIndexOptions, idIndexPreset } from "../../src/id-index/id-index.js";
import { toHex } from "../../src/model/hex.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import { idOf } from "../../src/wal/block-id.js";
import { formatLog } from "../../src/wal/format-log.js";
import { Log, logOptionsPreset } from "../../src/wal/log.js";
import { leafOf, plainRoot } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { logKey, treeHash } from "../wal/log-subject.js";

export const segmentBytes = 16 * 1024;

export class IdSubject {
  readonly directory: string;
  readonly random: Seeded;
  /** Id, in hexadecimal -> index of its first entry. */
  readonly model = new Map<string, number>();
  /** Index -> where the same id stood first. */
  readonly repeats = new Map<number, number>();
  readonly told: { message: string; fields: Readonly<Record<string, unknown>> }[] = [];
  log: Log;
  #modelSize = 0;
  #sequence = 0;

  private constructor(log: Log, directory: string, random: Seeded) {
    this.log = log;
    this.directory = directory;
    this.random = random;
  }

  static async open(seed = 1): Promise<IdSubject> {
    const directory = temporaryDirectory("ids");
    const random = new Seeded(seed);
    const { logId } = await formatLog({
      ...baseOf(directory, random),
      clusterId: new Uint8Array(16).fill(3),
      batches: [],
      zeroSliceBytes: 16 * 1024,
    });
    const log = await Log.open({ ...baseOf(directory, random), logId });
    const subject = new IdSubject(log, directory, random);
    await subject.learn();
    return subject;
  }

  get tablesDirectory(): string {
    return `${this.directory}/db/ids/${toHex(this.log.id)}`;
  }

  get segmentsDirectory(): string {
    return `${this.directory}/wal/${toHex(this.log.id)}`;
  }

  get sealedCount(): number {
    return this.log.segments.length - 1;
  }

  async reopenLog(): Promise<void> {
    await this.log.close();
    const { id } = this.log;
    this.log = await Log.open({ ...baseOf(this.directory, this.random), logId: id });
  }

  index(more: Partial<IdIndexOptions> = {}): IdIndex {
    const tell = (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      this.told.push({ message, fields });
    };
    return IdIndex.open({
      ...idIndexPreset,
      restRatio: 0,
      log: this.log,
      segmentsDirectory: this.segmentsDirectory,
      tablesDirectory: this.tablesDirectory,
      workers: systemWorkers,
      probe: { ...silentProbe, debug: tell, warn: tell, error: tell },
      ...more,
    });
  }

  fresh(bytes = 100): Uint8Array {
    return this.random.bytes(bytes);
  }

  /** Appends entries as one batch, by a writer of its own, and teaches the model. */
  async append(...entries: readonly Uint8Array[]): Promise<void> {
    await this.log.append(batchOf(entries, ++this.#sequence, this.random));
    await this.learn();
  }

  /** Appends new entries until so many segments are sealed. */
  async fillTo(sealedCount: number): Promise<void> {
    while (this.sealedCount < sealedCount) {
      await this.append(...Array.from({ length: 20 }, () => this.fresh()));
    }
  }

  async learn(): Promise<void> {
    const cursor = this.log.cursor(this.#modelSize);
    for (let block = await cursor.next(); block; block = await cursor.next()) {
      for (let i = 0; i < block.count; i++) {
        const index = block.firstIndex + i;
        const id = toHex(idOf(block, i));
        const first = this.model.get(id);
        if (first === undefined) this.model.set(id, index);
        else this.repeats.set(index, first);
      }
      this.#modelSize = block.firstIndex + block.count;
    }
  }

  /** What the index says of all blocks from an index on. */
  async repeatsBy(index: IdIndex, from = 0): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    const cursor = this.log.cursor(from);
    for (let block = await cursor.next(); block; block = await cursor.next()) {
      const middle = this.random.below(block.count + 1);
      for (const [start, end] of [
        [0, middle],
        [middle, block.count],
      ] as const) {
        const repeats = await index.of({ block, start, end });
        for (const [entry, first] of repeats ?? []) found.set(block.firstIndex + entry, first);
      }
    }
    return found;
  }
}

const baseOf = (directory: string, random: Seeded) => ({
  ...logOptionsPreset,
  disk: nodeDisk,
  clock: systemClock,
  random,
  probe: silentProbe,
  walDirectory: `${directory}/wal`,
  key: logKey,
  hash: treeHash,
  segmentBytesMax: segmentBytes,
  cacheBytesMax: 8 * 1024,
  reserveBytes: 0,
});

export function batchOf(
  entries: readonly Uint8Array[],
  sequence: number,
  random: Seeded,
): AdmittedBatch {
  const leaves = entries.map(leafOf);
  return {
    author: random.bytes(32),
    writer: random.bytes(16),
    sequence,
    signature: random.bytes(64),
    root: plainRoot(leaves),
    count: entries.length,
    entries: Buffer.concat(entries),
    lengths: Uint16Array.from(entries, (entry) => entry.length),
    shards: new Uint16Array(entries.length).fill(5),
    leaves: Buffer.concat(leaves),
  };
}

export const plain = (map: ReadonlyMap<number, number>): [number, number][] =>
  [...map].sort(([left], [right]) => left - right);
