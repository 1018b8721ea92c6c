/**
 * Makes the next segment's file ahead of time: zero-filled and synced under a temporary name, so
 * that a commit never waits for blocks to be allocated, and so that the disk has a reserve.
 *
 *     making --> ready --take--> making --> …
 *        \-- no room --> full --(tried again later)--> ready
 *
 * The file is filled in slices, each synced: one large sync would make the log's own wait for it.
 * No room for the next file, or less free room than the reserve, means that the disk is full: while
 * there is still room to stop in order. Any other failure goes to `onFailure`, and ends the log's
 * writing.
 */
import type { Clock, Timer } from "../host/clock.js";
import type { Disk, DiskFile } from "../host/disk.js";
import { Fault, isFault } from "../model/fault.js";

const aheadName = "next.tmp";

export interface SegmentSupplyOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly reserveBytes: number;
  /** Zeros are written and synced in pieces of this size. */
  readonly zeroSliceBytes: number;
  /** How often free room is looked at, and a full disk tried again. */
  readonly checkIntervalMs: number;
}

export interface SegmentSupplyEvents {
  onFull(isFull: boolean): void;
  onFailure(error: unknown): void;
}

export class SegmentSupply {
  private readonly options: SegmentSupplyOptions;
  private readonly events: SegmentSupplyEvents;
  private ahead: DiskFile | undefined = undefined;
  private making: Promise<void> | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private full: Fault | undefined = undefined;
  private failure: unknown = undefined;
  private isStopped = false;

  constructor(options: SegmentSupplyOptions, events: SegmentSupplyEvents) {
    this.options = options;
    this.events = events;
  }

  /** Begins to make the next file, unless there is one. */
  begin(): void {
    if (this.isStopped || this.making || this.ahead) return;
    this.making = this.make().finally(() => {
      this.making = undefined;
      this.watch();
    });
  }

  /** The next file. Throws DISK_FULL where there is no room for one. */
  async take(): Promise<{ readonly file: DiskFile; readonly bytes: number }> {
    while (this.ahead === undefined) {
      if (this.failure !== undefined) throw this.failure;
      if (this.isStopped) throw new Fault("SHUTTING_DOWN", "the log is closed");
      if (this.full !== undefined && this.making === undefined) throw this.full;
      this.begin();
      await this.making;
      if (this.ahead === undefined && this.full !== undefined) throw this.full;
    }
    const file = this.ahead;
    this.ahead = undefined;
    return { file, bytes: this.options.segmentBytes };
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.timer?.cancel();
    await this.making;
    const { ahead } = this;
    this.ahead = undefined;
    if (ahead === undefined) return;
    await ahead.close();
    await this.options.disk.remove(ahead.path);
  }

  private async make(): Promise<void> {
    const { disk, directory, segmentBytes } = this.options;
    const path = `${directory}/${aheadName}`;
    let file: DiskFile | undefined;
    try {
      await this.requireRoom(segmentBytes);
      await disk.remove(path);
      file = await disk.open(path, "create");
      await zeroFill(file, segmentBytes, this.options.zeroSliceBytes, () => this.isStopped);
      this.ahead = file;
      this.setFull(undefined);
    } catch (error) {
      await this.discard(file, path);
      if (isFault(error, "DISK_FULL")) this.setFull(error);
      else {
        this.failure = error;
        this.events.onFailure(error);
      }
    }
  }

  private async requireRoom(bytes: number): Promise<void> {
    const { disk, directory, reserveBytes } = this.options;
    const freeBytes = await disk.freeBytes(directory);
    if (freeBytes - bytes >= reserveBytes) return;
    throw new Fault("DISK_FULL", "the disk has no room for the next segment of the log", {
      directory,
      freeBytes,
      neededBytes: bytes,
      reserveBytes,
    });
  }

  private async discard(file: DiskFile | undefined, path: string): Promise<void> {
    try {
      await file?.close();
      await this.options.disk.remove(path);
    } catch {
      // It is a temporary file: the next attempt, or the next opening, removes it.
    }
  }

  /** Looks again after a while: at a full disk for room, at one with room for the reserve. */
  private watch(): void {
    if (this.isStopped || this.failure !== undefined) return;
    this.timer?.cancel();
    this.timer = this.options.clock.after(this.options.checkIntervalMs, () => void this.look());
  }

  private async look(): Promise<void> {
    if (this.isStopped || this.making !== undefined) return;
    if (this.ahead === undefined) {
      if (this.full !== undefined) this.begin();
      return;
    }
    try {
      await this.requireRoom(0);
      this.setFull(undefined);
    } catch (error) {
      if (isFault(error, "DISK_FULL")) this.setFull(error);
    }
    this.watch();
  }

  private setFull(full: Fault | undefined): void {
    const wasFull = this.full !== undefined;
    this.full = full;
    if (wasFull !== (full !== undefined)) this.events.onFull(full !== undefined);
  }
}

/** Fills a new file with zeros that are on the disk, slice by slice. */
export async function zeroFill(
  file: DiskFile,
  bytes: number,
  sliceBytes: number,
  isStopped: () => boolean = () => false,
): Promise<void> {
  const zeros = new Uint8Array(Math.min(sliceBytes, bytes));
  for (let offset = 0; offset < bytes && !isStopped(); offset += zeros.length) {
    await file.write(zeros.subarray(0, Math.min(zeros.length, bytes - offset)), offset);
    await file.sync();
  }
}
