/**
 * A log that does what a script says, on a simulated disk, and a protocol of what it promised:
 * which batches were begun and which acknowledged, each at which event of the disk.
 */
import type { Log } from "../../src/wal/log.js";
import { type SampleBatch, sampleBatch } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";
import { SimulatedClock, settled } from "../support/simulated-clock.js";
import { SimulatedDisk } from "../support/simulated-disk.js";
import { formatSubject, openSubject, type SubjectOptions } from "./subject.js";

export interface Attempt extends SampleBatch {
  /** How many events the disk had seen when the batch was handed to the log. */
  readonly begunAt: number;
  /** The same when its receipt came; undefined while, or if, none did. */
  acknowledgedAt: number | undefined;
  /** Where the receipt says the batch begins. */
  firstIndex: number | undefined;
}

export interface ScriptOptions {
  readonly seed: number;
  readonly segmentBytes: number;
  readonly entryBytesMax: number;
}

export class ScriptedLog {
  readonly disk: SimulatedDisk;
  readonly clock = new SimulatedClock();
  readonly random: Seeded;
  readonly attempts: Attempt[] = [];
  /** How many events the disk had seen when formatting had returned. */
  formattedAt = Number.POSITIVE_INFINITY;
  private readonly options: ScriptOptions;
  private opened: Log | undefined = undefined;
  private nextSequence = 1;
  /** How large entries may be from now on. */
  entryBytesMax: number;

  constructor(options: ScriptOptions, disk = new SimulatedDisk({ isRecording: true })) {
    this.options = options;
    this.disk = disk;
    this.random = new Seeded(options.seed);
    this.entryBytesMax = options.entryBytesMax;
  }

  /** Where the zeros begin in the log's only segment. */
  usedBytes(): number {
    const [path = ""] = this.disk.paths().filter((name) => name.endsWith(".seg"));
    const bytes = this.disk.bytesOf(path);
    return bytes.findLastIndex((byte) => byte !== 0) + 1;
  }

  /**
   * A script that goes on from what a power cut behind event `eventCount` left of this one: what
   * was begun may be there, what was acknowledged is.
   */
  after(disk: SimulatedDisk, eventCount: number): ScriptedLog {
    const { options } = this;
    const next = new ScriptedLog({ ...options, seed: options.seed + 1000 + eventCount }, disk);
    for (const attempt of this.attempts) {
      if (attempt.begunAt >= eventCount) continue;
      const { acknowledgedAt = Number.POSITIVE_INFINITY } = attempt;
      const isKept = acknowledgedAt <= eventCount;
      next.attempts.push({ ...attempt, begunAt: -1, acknowledgedAt: isKept ? 0 : undefined });
    }
    next.formattedAt = 0;
    next.nextSequence = this.nextSequence;
    return next;
  }

  /** What opening found is as good as acknowledged: it may be read from now on. */
  async acknowledgeAll(): Promise<void> {
    for await (const { sequence, firstIndex } of this.log.batchesFrom(0)) {
      const attempt = this.attempts.find(({ batch }) => batch.sequence === sequence);
      if (attempt === undefined || attempt.acknowledgedAt !== undefined) continue;
      attempt.acknowledgedAt = this.disk.events.length;
      attempt.firstIndex = firstIndex;
    }
  }

  get subject(): SubjectOptions {
    const { clock, disk, options } = this;
    // Salts and names are chance too: each disk gets the same.
    return { disk, clock, random: new Seeded(options.seed), segmentBytes: options.segmentBytes };
  }

  get isOpen(): boolean {
    return this.opened !== undefined;
  }

  get log(): Log {
    if (this.opened === undefined) throw new Error("the script opens the log first");
    return this.opened;
  }

  async format(): Promise<void> {
    // The data directory itself is somebody else's to make.
    await this.disk.makeDirectory("/data");
    await this.disk.syncDirectory("/");
    await formatSubject(this.subject);
    this.formattedAt = this.disk.events.length;
  }

  async open(knownSizeMin = 0): Promise<void> {
    this.opened = await openSubject(this.subject, knownSizeMin);
  }

  /** Appends batches that wait for one another in the log, not here. */
  async append(...counts: readonly number[]): Promise<void> {
    // A log that was left alone for a moment may write in the caller's turn.
    if (counts.length === 1) await this.clock.advance(1);
    const outcomes = counts.map((count) => this.begin(count));
    await settled();
    await Promise.all(outcomes);
  }

  /** Begins one append and lets the script go on; the promise never rejects. */
  async begin(count: number): Promise<void> {
    const { entryBytesMax } = this;
    const sequence = this.nextSequence++;
    const sample = sampleBatch(this.random, { count, entryBytesMax, sequence });
    const attempt: Attempt = {
      ...sample,
      begunAt: this.disk.events.length,
      acknowledgedAt: undefined,
      firstIndex: undefined,
    };
    this.attempts.push(attempt);
    const committed = await this.log.append(sample.batch);
    attempt.acknowledgedAt = this.disk.events.length;
    attempt.firstIndex = committed.firstIndex;
  }

  /** Lets nothing happen for so long that the log notes its last sync. */
  async idle(): Promise<void> {
    await this.clock.advance(200);
  }

  async close(): Promise<void> {
    await this.log.close();
    this.opened = undefined;
  }
}

export interface Script {
  readonly name: string;
  readonly options: ScriptOptions;
  /** A log so large that its states are opened once, and none goes on. */
  readonly isLarge?: boolean;

  readonly run: (scripted: ScriptedLog) => Promise<void>;
}

const small = { seed: 11, segmentBytes: 16 * 1024, entryBytesMax: 300 };

/** The histories whose every cut is opened. */
export const scripts: readonly Script[] = [
  {
    name: "one-by-one",
    options: small,
    run: async (scripted) => {
      await scripted.format();
      await scripted.open();
      await scripted.append(1);
      await scripted.append(3);
      await scripted.idle();
      await scripted.append(2);
      await scripted.close();
      await scripted.open();
      await scripted.append(1);
      await scripted.close();
    },
  },
  {
    name: "group-commit",
    options: { ...small, seed: 12 },
    run: async (scripted) => {
      await scripted.format();
      await scripted.open();
      await scripted.append(1, 4, 2, 1);
      await scripted.append(2, 2);
      await scripted.idle();
      await scripted.append(1, 1, 1, 1, 1, 1);
      await scripted.append(1);
      await scripted.close();
      await scripted.open();
      await scripted.append(3, 1);
      await scripted.idle();
      await scripted.append(1);
    },
  },
  {
    name: "rotation",
    options: { ...small, seed: 13, entryBytesMax: 2_000 },
    run: async (scripted) => {
      await scripted.format();
      await scripted.open();
      for (let round = 0; round < 6; round++) {
        await scripted.append(3, 2);
        if (round % 2 === 0) await scripted.idle();
      }
      await scripted.close();
      await scripted.open();
      await scripted.append(4);
      await scripted.append(2);
      await scripted.close();
    },
  },
  {
    // After 8 MiB a marker and a block go into one write: the one may survive without the other.
    name: "edge-and-block",
    options: { seed: 14, segmentBytes: 12 * 1024 * 1024, entryBytesMax: 60_000 },
    isLarge: true,
    run: async (scripted) => {
      scripted.disk.isRecording = false;
      await scripted.format();
      await scripted.open();
      while (scripted.usedBytes() < 8.01 * 1024 * 1024) await scripted.append(30);
      scripted.disk.isRecording = true;
      scripted.entryBytesMax = 300;
      await scripted.append(1);
      await scripted.append(1);
      await scripted.append(1);
    },
  },
];
