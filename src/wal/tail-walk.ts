/**
 * Walks over every frame of the newest segment: headers, chain and payload checksums, and finds out
 * what stands where frames end. It judges and changes nothing; recovery.ts does.
 *
 *     header | block | block | marker | block | ??? torn or damaged ??? | maybe valid frames again
 *
 * Frames behind a place that does not fit prove damage if they were written after it was synced,
 * that is, if they knew of more synced entries than stand before it. A frame that did not know more
 * was part of the same write, and may have survived where the rest was torn.
 */
import { bytesEqual } from "../model/hex.js";
import { type HybridTime, toHybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import { edgeBytes } from "./edge.js";
import {
  type FoundFrame,
  FRAME_KIND_BLOCK,
  FRAME_KIND_MARKER,
  FRAME_KIND_SEAL,
  frameBytes,
  frameBytesOf,
} from "./frame.js";
import { type FrameWindow, payloadFits } from "./frame-window.js";
import { SEGMENT_HEADER_BYTES } from "./limits.js";
import type { FoundSegmentHeader } from "./segment-header.js";
import { decodeSealFrame } from "./segments.js";
import { SparseIndex } from "./sparse-index.js";
import { verifyStatement } from "./statement.js";

/** A place where the next frame is not. */
export interface Hole {
  readonly offset: number;
  /** Entries before it. */
  readonly size: number;
  readonly reason: string;
  /** Behind it: the first index that can be read again. */
  readonly endIndex: number;
  /** The next frame is a valid one that does not belong here. */
  readonly isOutOfOrder: boolean;
}

export interface TailWalk {
  readonly index: SparseIndex;
  /** Entries that can be told of: the end of the last valid frame. */
  readonly size: number;
  /** Where the next frame is to be written. */
  readonly endOffset: number;
  /** Header checksum of the last frame. */
  readonly lastCrc: number;
  readonly lastTime: HybridTime;
  readonly lastBlock: FoundFrame | undefined;
  /** The last marker without damage behind it, or the seal. */
  readonly lastEdge: FoundFrame | undefined;
  readonly seal: FoundFrame | undefined;
  readonly syncedThroughMax: number;
  /** Damage with valid frames behind it. */
  readonly holes: readonly Hole[];
  /** Where the last write began: a block with the marker before it, or one frame. */
  readonly lastWriteOffset: number;
  /** What stands at `endOffset` is not zero. */
  readonly isTorn: boolean;
  /** Offsets of damaged markers that nothing needed. */
  readonly lostMarkers: readonly number[];
}

export interface TailWalkOptions {
  readonly window: FrameWindow;
  readonly fileBytes: number;
  readonly header: FoundSegmentHeader;
  readonly logId: LogId;
  readonly logKey: Uint8Array;
}

export function walkTail(options: TailWalkOptions): Promise<TailWalk> {
  return new Walker(options).walk();
}

class Walker {
  private readonly options: TailWalkOptions;
  private readonly index = new SparseIndex();
  private readonly holes: Hole[] = [];
  private readonly lostMarkers: number[] = [];
  private offset = SEGMENT_HEADER_BYTES;
  private size: number;
  private lastCrc: number;
  private lastTime: HybridTime;
  private syncedThroughMax: number;
  private lastBlock: FoundFrame | undefined = undefined;
  private lastEdge: FoundFrame | undefined = undefined;
  private seal: FoundFrame | undefined = undefined;
  private isTorn = false;
  private lastWriteOffset = SEGMENT_HEADER_BYTES;
  private markerOffset: number | undefined = undefined;

  constructor(options: TailWalkOptions) {
    const { header } = options;
    this.options = options;
    this.size = header.firstIndex;
    this.lastCrc = header.headerCrc;
    this.lastTime = header.lastTime;
    this.syncedThroughMax = header.firstIndex;
  }

  async walk(): Promise<TailWalk> {
    const { window, fileBytes } = this.options;
    while (this.offset < fileBytes && this.seal === undefined) {
      const frame = window.peekFrame(this.offset) ?? (await window.frame(this.offset));
      const misfit = frame === undefined ? "no frame" : await this.misfit(frame);
      if (frame !== undefined && misfit === undefined) this.take(frame);
      else if (!(await this.leap(frame, misfit ?? "no frame"))) break;
    }
    return {
      index: this.index,
      size: this.size,
      endOffset: this.offset,
      lastCrc: this.lastCrc,
      lastTime: this.lastTime,
      lastBlock: this.lastBlock,
      lastEdge: this.lastEdge,
      seal: this.seal,
      syncedThroughMax: this.syncedThroughMax,
      holes: this.holes,
      lastWriteOffset: this.lastWriteOffset,
      isTorn: this.isTorn,
      lostMarkers: this.lostMarkers,
    };
  }

  /** Why a frame is not the next one, or not whole; `undefined` where it is. */
  private async misfit(frame: FoundFrame): Promise<string | undefined> {
    if (!this.isNext(frame)) return "a frame of another place";
    return (await this.isWhole(frame)) ? undefined : "a payload whose checksum does not fit";
  }

  private isNext(frame: FoundFrame): boolean {
    const { statement } = frame;
    return (
      frame.previousCrc === this.lastCrc &&
      statement.firstIndex === this.size &&
      bytesEqual(statement.logId, this.options.logId) &&
      (frame.kind !== FRAME_KIND_BLOCK || frame.hybridTime > this.lastTime)
    );
  }

  private async isWhole(frame: FoundFrame): Promise<boolean> {
    const { window } = this.options;
    const stored = window.peekStored(frame) ?? (await window.stored(frame));
    if (!payloadFits(frame, stored)) return false;
    return frame.kind !== FRAME_KIND_SEAL || decodeSealFrame(frame, stored) !== undefined;
  }

  private take(frame: FoundFrame): void {
    const { firstIndex, count } = frame.statement;
    this.size = firstIndex + count;
    this.lastCrc = frame.headerCrc;
    this.offset = frame.fileOffset + frameBytesOf(frame);
    this.syncedThroughMax = Math.max(this.syncedThroughMax, frame.syncedThrough);
    this.lastWriteOffset = frame.fileOffset;
    if (frame.kind === FRAME_KIND_BLOCK) {
      this.lastWriteOffset = this.markerOffset ?? frame.fileOffset;
      this.markerOffset = undefined;
      this.lastBlock = frame;
      this.lastTime = frame.hybridTime;
      this.index.add({ firstIndex, fileOffset: frame.fileOffset, hybridTime: frame.hybridTime });
      return;
    }
    this.markerOffset = frame.fileOffset;
    this.lastEdge = frame;
    if (frame.kind === FRAME_KIND_SEAL) this.seal = frame;
  }

  /**
   * At a place where the next frame is not: goes on behind it where frames prove damage, and says
   * whether it did. Where nothing proves damage the log ends here.
   */
  private async leap(frame: FoundFrame | undefined, reason: string): Promise<boolean> {
    const isOutOfOrder = frame !== undefined && !this.isNext(frame);
    const from =
      frame === undefined
        ? this.offset
        : isOutOfOrder
          ? frame.fileOffset
          : frame.fileOffset + frameBytesOf(frame);
    const first = await this.options.window.nextFrame(Math.min(from, this.options.fileBytes));
    this.isTorn = frame !== undefined || !first.isZero || first.frame !== undefined;
    const next = first.frame;
    if (next === undefined) return false;
    // A marker may be damaged in its header, or fit there and not in its payload.
    const mayBeMarker = frame === undefined || (frame.kind === FRAME_KIND_MARKER && !isOutOfOrder);
    if (mayBeMarker && (await this.isBehindMarker(next))) {
      this.lostMarkers.push(this.offset);
      this.offset = next.fileOffset;
      this.lastCrc = next.previousCrc;
      this.isTorn = false;
      return true;
    }
    if (!isOutOfOrder && !(await this.provesDamage(next))) return false;
    return this.resumeAt(next, reason, isOutOfOrder);
  }

  /** A block in the place behind a marker, signed for the size that the marker stood at. */
  private async isBehindMarker(next: FoundFrame): Promise<boolean> {
    return (
      next.kind === FRAME_KIND_BLOCK &&
      next.fileOffset === this.offset + frameBytes(edgeBytes(this.size)) &&
      next.statement.firstIndex === this.size &&
      bytesEqual(next.statement.logId, this.options.logId) &&
      verifyStatement(next.statement, this.options.logKey) &&
      (await this.isWhole(next))
    );
  }

  /** Whether this frame, or any behind it, was written after what stands here was synced. */
  private async provesDamage(next: FoundFrame): Promise<boolean> {
    let candidate: FoundFrame | undefined = next;
    while (candidate !== undefined) {
      if (candidate.syncedThrough > this.size) return true;
      const end: number = candidate.fileOffset + frameBytesOf(candidate);
      const fileEnd = this.options.fileBytes;
      if (end >= fileEnd) return false;
      candidate = (await this.options.window.nextFrame(end)).frame;
    }
    return false;
  }

  private resumeAt(next: FoundFrame, reason: string, isOutOfOrder: boolean): boolean {
    const { firstIndex, logId } = next.statement;
    const canResume = firstIndex >= this.size && bytesEqual(logId, this.options.logId);
    this.holes.push({
      offset: this.offset,
      size: this.size,
      reason,
      endIndex: canResume ? firstIndex : Number.MAX_SAFE_INTEGER,
      isOutOfOrder,
    });
    this.isTorn = false;
    this.lastEdge = undefined;
    if (!canResume) return false;
    this.size = firstIndex;
    this.offset = next.fileOffset;
    this.lastCrc = next.previousCrc;
    const { hybridTime } = next;
    if (hybridTime <= this.lastTime && hybridTime > 0n) this.lastTime = timeBefore(hybridTime);
    return true;
  }
}

const timeBefore = (time: HybridTime): HybridTime => toHybridTime(time - 1n);
