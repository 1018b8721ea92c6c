/**
 * Reads a log from outside the process that writes it: without its lock, without its memory, from
 * the segment files alone, up to the size that the writing process says is durable.
 *
 *     0000…0000.seg          0000…2144.seg          next.tmp
 *     [ blocks … seal ]      [ blocks … zeros ]     (not a segment yet: never looked at)
 *                                     ^ size
 *
 * A sealed segment ends with its seal. The newest one has none: where its frames end is not known
 * here, and what stands behind them may be half of a write. So nothing is taken for a block but a
 * whole one below the durable size; and bytes that were read before they were written are read
 * again before they are called damaged.
 *
 * A cursor stays where it is: a block that is appended later costs reading that block. What it
 * fetches at once is about what there is to read, and never more than a bound.
 *
 * Invariants:
 *
 * - Nothing is written, locked or kept open but the one segment that a cursor stands in.
 * - The blocks are those that `Log.cursor` gives; damage is refused, and never passed over.
 */
import type { Disk, DiskFile } from "../host/disk.js";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import type { LogId } from "../model/position.js";
import type { Block } from "./block.js";
import { repairAdvice } from "./damage.js";
import { type FoundFrame, FRAME_KIND_BLOCK, FRAME_KIND_SEAL, frameBytesOf } from "./frame.js";
import { decodeBlock, FrameWindow, payloadFits } from "./frame-window.js";
import { cursorReadBytes, SEGMENT_HEADER_BYTES } from "./limits.js";
import { readSeal, readSegmentHeader, segmentFirstIndex, segmentName } from "./segments.js";

const KiB = 1024;
/** Read at once at least: a block of a quiet log and the frame behind it. */
const readBytesMin = 16 * KiB;
/** What an entry takes in a file, before one was seen. */
const entryBytesPreset = 256;

export interface LogReaderOptions {
  readonly disk: Disk;
  readonly logId: LogId;
  /** Where the segment files stand. */
  readonly directory: string;
  /** How many entries are durable, as the log's own process says: it only grows. */
  readonly durableSize: () => number;
}

/** A segment file that a cursor stands in. */
interface Place {
  readonly file: DiskFile;
  readonly firstIndex: number;
  readonly salt: number;
  /** Where its frames end; of one without a seal, where its file does. */
  readonly end: number;
  window: FrameWindow;
  /** Of the next frame. */
  offset: number;
}

export class LogReader {
  readonly #options: LogReaderOptions;

  constructor(options: LogReaderOptions) {
    this.#options = options;
  }

  /** Reads from an index on. Its first block holds the index, and may begin before it. */
  cursor(fromIndex: number): LogReaderCursor {
    assert(Number.isSafeInteger(fromIndex) && fromIndex >= 0, "a cursor begins at an index");
    return new LogReaderCursor(this.#options, fromIndex);
  }
}

/** For one reader at a time. */
export class LogReaderCursor {
  readonly #options: LogReaderOptions;
  #nextIndex: number;
  #place: Place | undefined;
  #entryBytes = entryBytesPreset;

  constructor(options: LogReaderOptions, fromIndex: number) {
    this.#options = options;
    this.#nextIndex = fromIndex;
  }

  /** The index that the next block holds. */
  get nextIndex(): number {
    return this.#nextIndex;
  }

  /**
   * The next block; `undefined` at the durable end (later there may be more). Throws LOG_CORRUPT
   * where it cannot be read, LOG_FORMAT_UNSUPPORTED, DISK_FAILED; the same call may be tried again.
   */
  async next(): Promise<Block | undefined> {
    const index = this.#nextIndex;
    if (index >= this.#options.durableSize()) return undefined;
    try {
      const block = await this.#read(index);
      this.#nextIndex = block.firstIndex + block.count;
      assert(this.#nextIndex <= this.#options.durableSize(), "a log is durable in whole blocks");
      return block;
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** Lets go of the segment's file. */
  async close(): Promise<void> {
    const place = this.#place;
    this.#place = undefined;
    await place?.file.close();
  }

  async #read(index: number): Promise<Block> {
    const place = this.#place ?? (await this.#enter(index));
    const found = await this.#find(place, index);
    if (found !== undefined) return found;
    // The segment ended before the index, so there is a next one, or something is missing.
    await this.close();
    const next = await this.#enter(index);
    const block = next.firstIndex > place.firstIndex ? await this.#find(next, index) : undefined;
    if (block !== undefined) return block;
    throw unreadable(index, next.file.path, "its block is not where it was written");
  }

  /** The block that holds an index; `undefined` where the segment has no such block. */
  async #find(place: Place, index: number): Promise<Block | undefined> {
    while (place.offset < place.end) {
      const frame = (await this.#frame(place, index)) ?? (await this.#nextFrame(place));
      if (frame === undefined) return undefined;
      if (frame.kind === FRAME_KIND_SEAL) return undefined;
      const { firstIndex, count } = frame.statement;
      if (frame.kind === FRAME_KIND_BLOCK && firstIndex + count > index) {
        return firstIndex <= index ? this.#block(place, frame) : undefined;
      }
      place.offset = frame.fileOffset + frameBytesOf(frame);
    }
    return undefined;
  }

  /** The frame where the last one ended, from what is at hand where it fits. */
  async #frame(place: Place, index: number): Promise<FoundFrame | undefined> {
    const { window, offset } = place;
    const frame = window.peekFrame(offset);
    if (frame !== undefined) return frame;
    place.window = this.#window(place, this.#readBytes(index));
    return place.window.frame(offset);
  }

  /** The next frame behind bytes that are none: a marker that was damaged, say. */
  async #nextFrame(place: Place): Promise<FoundFrame | undefined> {
    place.window = this.#window(place, cursorReadBytes);
    return (await place.window.nextFrame(place.offset)).frame;
  }

  async #block(place: Place, frame: FoundFrame): Promise<Block> {
    let stored = place.window.peekStored(frame) ?? (await place.window.stored(frame));
    if (!payloadFits(frame, stored)) {
      place.window = this.#window(place, frameBytesOf(frame));
      stored = await place.window.stored(frame);
    }
    const block = decodeBlock(frame, stored);
    place.offset = frame.fileOffset + frameBytesOf(frame);
    this.#entryBytes = frameBytesOf(frame) / block.count;
    return block;
  }

  /** About the bytes that are durable from an index on. */
  #readBytes(index: number): number {
    const count = this.#options.durableSize() - index;
    const bytes = readBytesMin + Math.ceil(count * this.#entryBytes);
    return Math.min(cursorReadBytes, bytes);
  }

  #window(place: Omit<Place, "window">, readBytes: number): FrameWindow {
    const { file, salt, end } = place;
    return new FrameWindow({ file, salt, end: () => end }, readBytes);
  }

  /** Opens the segment that an index falls into, at or before the index's block. */
  async #enter(index: number): Promise<Place> {
    const { disk, directory } = this.#options;
    const starts = (await disk.list(directory)).flatMap((name) => segmentFirstIndex(name) ?? []);
    const firstIndex = starts.findLast((start) => start <= index);
    if (firstIndex === undefined) throw unreadable(index, directory, "its segment is missing");
    const file = await disk.open(`${directory}/${segmentName(firstIndex)}`, "read");
    try {
      const place = await this.#openPlace(file, firstIndex, index);
      this.#place = place;
      return place;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async #openPlace(file: DiskFile, firstIndex: number, index: number): Promise<Place> {
    const header = await readSegmentHeader(file);
    const { logId } = this.#options;
    if (header?.firstIndex !== firstIndex || !bytesEqual(header.logId, logId)) {
      throw unreadable(index, file.path, "its segment's header is not what was written");
    }
    const { salt } = header;
    const seal = await readSeal(file, salt);
    const end = seal?.frame.fileOffset ?? (await file.size());
    const offset = seal?.index.before(index)?.fileOffset ?? SEGMENT_HEADER_BYTES;
    const place = { file, firstIndex, salt, end, offset };
    return { ...place, window: this.#window(place, this.#readBytes(index)) };
  }
}

const unreadable = (index: number, path: string, reason: string): Fault =>
  new Fault("LOG_CORRUPT", `the log cannot be read from an index on: ${reason}`, {
    index,
    path,
    repair: repairAdvice,
  });
