/**
 * Reading committed blocks: from the cache of recent ones, else from the segments.
 *
 *     index -> segment (binary search over first indexes) -> sparse index -> frames from there
 *
 * A reader never sees more than what is durable, never waits for the writer, and never makes it
 * wait. Frames that do not fit are walked around when a block behind them is asked for, so damage
 * makes unreadable what it hit and nothing else.
 */
import { Fault } from "../model/fault.js";
import type { Block } from "./block.js";
import type { BlockCache } from "./block-cache.js";
import { type DamagedRange, requireUndamaged } from "./damage.js";
import { type FoundFrame, FRAME_KIND_BLOCK, FRAME_KIND_MARKER, frameBytesOf } from "./frame.js";
import { decodeBlock, FrameWindow } from "./frame-window.js";
import { pointReadBytes, SEGMENT_HEADER_BYTES } from "./limits.js";
import type { OpenSegment, Segment, Segments } from "./segments.js";

export interface ReadableLog {
  readonly segments: Segments;
  readonly cache: BlockCache;
  readonly damage: readonly DamagedRange[];
  /** Entries that are durable. */
  durableSize(): number;
}

const isBefore = (frame: FoundFrame, index: number): boolean =>
  frame.kind !== FRAME_KIND_BLOCK || frame.statement.firstIndex + frame.statement.count <= index;

export const windowOf = (opened: OpenSegment, readBytes: number): FrameWindow =>
  new FrameWindow(
    { file: opened.file, salt: opened.header.salt, end: () => opened.framesEnd },
    readBytes,
  );

/** The frame of the block that holds an index. Throws LOG_CORRUPT where there is none any more. */
async function findFrame(
  segment: OpenSegment,
  window: FrameWindow,
  index: number,
): Promise<FoundFrame> {
  let offset = segment.index.before(index)?.fileOffset ?? SEGMENT_HEADER_BYTES;
  while (offset < segment.framesEnd) {
    const frame = await frameFrom(window, offset);
    if (frame === undefined || frame.fileOffset >= segment.framesEnd) break;
    if (!isBefore(frame, index)) {
      if (frame.statement.firstIndex <= index) return frame;
      break;
    }
    offset = frame.fileOffset + frameBytesOf(frame);
  }
  throw new Fault("LOG_CORRUPT", "the block of an index cannot be found in its segment", {
    index,
    path: segment.file.path,
    repair: "restore the segment from a backup or from a peer",
  });
}

/** The frame at an offset, or the next one behind damage. */
export async function frameFrom(
  window: FrameWindow,
  offset: number,
): Promise<FoundFrame | undefined> {
  return (await window.frame(offset)) ?? (await window.nextFrame(offset)).frame;
}

function segmentOf(log: ReadableLog, index: number): Segment {
  const segment = log.segments.find(index);
  if (segment !== undefined) return segment;
  throw new Fault("LOG_CORRUPT", "the segment of an index is missing", { index });
}

/** The block that holds a durable index. */
export async function readBlock(log: ReadableLog, index: number): Promise<Block> {
  requireUndamaged(log.damage, index);
  if (!Number.isSafeInteger(index) || index < 0 || index >= log.durableSize()) {
    const facts = { index, size: log.durableSize() };
    throw new Fault("POSITION_INVALID", "the log has no entry at this index", facts);
  }
  const recent = log.cache.find(index);
  if (recent !== undefined) return recent;
  const segment = segmentOf(log, index);
  const opened = await log.segments.acquire(segment);
  try {
    const window = windowOf(opened, pointReadBytes);
    const frame = await findFrame(opened, window, index);
    return decodeBlock(frame, await window.stored(frame));
  } finally {
    segment.release();
  }
}

/** Where a cursor stands in a segment file. */
interface CursorPlace {
  readonly opened: OpenSegment;
  readonly window: FrameWindow;
  /** Of the next frame. */
  offset: number;
}

/** Reads block after block in the order of the log, in large pieces. For one reader at a time. */
export class BlockCursor {
  private readonly log: ReadableLog;
  private readonly readBytes: number;
  private nextIndexToRead: number;
  private place: CursorPlace | undefined = undefined;

  constructor(log: ReadableLog, fromIndex: number, readBytes: number) {
    this.log = log;
    this.nextIndexToRead = fromIndex;
    this.readBytes = readBytes;
  }

  /** The index that the next block holds. */
  get nextIndex(): number {
    return this.nextIndexToRead;
  }

  /**
   * The next block; `undefined` at the durable end (later there may be more). The first one holds
   * the index that the cursor began at, and may begin before it. Throws LOG_CORRUPT in damage.
   */
  async next(): Promise<Block | undefined> {
    const index = this.nextIndexToRead;
    requireUndamaged(this.log.damage, index);
    if (index >= this.log.durableSize()) return undefined;
    const recent = this.log.cache.find(index);
    if (recent !== undefined) this.place = undefined;
    const block = recent ?? (await this.readNext(index));
    this.nextIndexToRead = block.firstIndex + block.count;
    return block;
  }

  /** Lets go of what was read ahead. */
  async close(): Promise<void> {
    this.place = undefined;
  }

  private async readNext(index: number): Promise<Block> {
    const segment = segmentOf(this.log, index);
    const opened = await this.log.segments.acquire(segment);
    try {
      if (this.place?.opened !== opened) {
        const window = windowOf(opened, this.readBytes);
        const { fileOffset } = await findFrame(opened, window, index);
        this.place = { opened, window, offset: fileOffset };
      }
      const { window, offset } = this.place;
      let frame = window.peekFrame(offset) ?? (await window.frame(offset));
      while (frame?.kind === FRAME_KIND_MARKER) {
        frame = await window.frame(frame.fileOffset + frameBytesOf(frame));
      }
      // Anything else in the block's place is damage: it is walked around by looking again.
      if (frame?.kind !== FRAME_KIND_BLOCK || frame.statement.firstIndex !== index) {
        frame = await findFrame(opened, window, index);
      }
      const stored = window.peekStored(frame) ?? (await window.stored(frame));
      this.place.offset = frame.fileOffset + frameBytesOf(frame);
      return decodeBlock(frame, stored);
    } catch (error) {
      this.place = undefined;
      throw error;
    } finally {
      segment.release();
    }
  }
}
