/**
 * The sealed segments of a log, read on this thread from their files.
 *
 * What cannot be read is passed over: an entry that is damaged cannot be served, so nobody misses
 * its id, and the others are found.
 */
import type { Disk } from "../host/disk.js";
import { isFault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { type LogId, rootBytes } from "../model/position.js";
import type { Block } from "../wal/block.js";
import { BlockCache } from "../wal/block-cache.js";
import { idOf } from "../wal/block-id.js";
import { frameFrom, readBlock, windowOf } from "../wal/block-reader.js";
import { FRAME_KIND_BLOCK, frameBytesOf } from "../wal/frame.js";
import { decodeBlock } from "../wal/frame-window.js";
import { cursorReadBytes, SEGMENT_HEADER_BYTES } from "../wal/limits.js";
import { readSeal, Segment, Segments } from "../wal/segments.js";

export class SealedSegments {
  readonly #place: { readonly disk: Disk; readonly logId: LogId; readonly directory: string };
  readonly #segments = new Segments([]);
  readonly #cache = new BlockCache(0);
  #end = 0;
  #lastRead: Block | undefined;

  constructor(place: { readonly disk: Disk; readonly logId: LogId; readonly directory: string }) {
    this.#place = place;
  }

  /** `starts`: first indexes of all sealed segments; `end`: behind the last of them. */
  update(starts: readonly number[], end: number): void {
    for (const start of starts.slice(this.#segments.all.length)) {
      this.#segments.add(new Segment(this.#place, start));
    }
    this.#end = end;
  }

  /** The log's root behind a segment; zeros where its seal is lost. */
  async endRoot(start: number): Promise<Uint8Array> {
    const opened = await this.#acquire(start);
    if (opened === undefined) return new Uint8Array(rootBytes);
    try {
      const seal = await readSeal(opened.file, opened.header.salt);
      return seal?.frame.statement.root ?? new Uint8Array(rootBytes);
    } finally {
      this.#segments.find(start)?.release();
    }
  }

  /** The blocks of a segment that can be read, in order. */
  async *blocks(start: number): AsyncGenerator<Block, void> {
    const opened = await this.#acquire(start);
    if (opened === undefined) return;
    try {
      const window = windowOf(opened, cursorReadBytes);
      let offset: number = SEGMENT_HEADER_BYTES;
      let next = start;
      while (offset < opened.framesEnd) {
        const frame = window.peekFrame(offset) ?? (await frameFrom(window, offset));
        if (frame === undefined || frame.fileOffset >= opened.framesEnd) return;
        offset = frame.fileOffset + frameBytesOf(frame);
        if (frame.kind !== FRAME_KIND_BLOCK || frame.statement.firstIndex < next) continue;
        const stored = window.peekStored(frame) ?? (await window.stored(frame));
        const block = readable(() => decodeBlock(frame, stored));
        if (block === undefined) continue;
        next = block.firstIndex + block.count;
        yield block;
      }
    } finally {
      this.#segments.find(start)?.release();
    }
  }

  /** Whether the entry at an index has the id. Throws LOG_CORRUPT where it cannot be read. */
  async isAt(index: number, id: Uint8Array): Promise<boolean> {
    let block = this.#lastRead;
    if (
      block === undefined ||
      index < block.firstIndex ||
      index >= block.firstIndex + block.count
    ) {
      block = await readBlock(
        {
          segments: this.#segments,
          cache: this.#cache,
          damage: [],
          durableSize: () => this.#end,
        },
        index,
      );
      this.#lastRead = block;
    }
    return bytesEqual(idOf(block, index - block.firstIndex), id);
  }

  close(): Promise<void> {
    return this.#segments.close();
  }

  async #acquire(start: number) {
    const segment = this.#segments.find(start);
    if (segment === undefined) return undefined;
    try {
      return await this.#segments.acquire(segment);
    } catch (error) {
      if (isFault(error, "LOG_CORRUPT")) return undefined;
      throw error;
    }
  }
}

function readable(read: () => Block): Block | undefined {
  try {
    return read();
  } catch (error) {
    if (isFault(error, "LOG_CORRUPT")) return undefined;
    throw error;
  }
}
