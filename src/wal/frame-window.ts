/**
 * A window on a segment file: reads large pieces, hands out views of them, and finds frames.
 *
 * Each piece has a buffer of its own that is never written again, since blocks are views of it.
 * `peek` answers without waiting where the bytes are at hand: a sequential reader waits only once
 * per piece.
 */
import { crc32 } from "node:zlib";
import type { DiskFile } from "../host/disk.js";
import { Fault } from "../model/fault.js";
import { type Block, StoredBlock } from "./block.js";
import { decompressed } from "./compression.js";
import { decodeFrameHeader, type FoundFrame, indexOfMagic } from "./frame.js";
import { FRAME_ALIGNMENT, FRAME_HEADER_BYTES } from "./limits.js";

export class FrameWindow {
  readonly salt: number;
  private readonly file: DiskFile;
  private readonly readBytes: number;
  private readonly end: () => number;
  private piece: Buffer = Buffer.alloc(0);
  private pieceStart = 0;

  /**
   * `end` gives the offset that nothing is read behind. It moves while a segment is written: what
   * lies behind it now may be other bytes later, and must not be kept.
   */
  constructor(
    source: { readonly file: DiskFile; readonly salt: number; readonly end: () => number },
    readBytes: number,
  ) {
    this.file = source.file;
    this.salt = source.salt;
    this.end = source.end;
    this.readBytes = readBytes;
  }

  /** `bytes` bytes at an offset, if they are at hand. */
  peek(offset: number, bytes: number): Buffer | undefined {
    const start = offset - this.pieceStart;
    if (start < 0 || start + bytes > this.piece.length) return undefined;
    return this.piece.subarray(start, start + bytes);
  }

  /** `bytes` bytes at an offset; fewer at the end of the file. */
  async view(offset: number, bytes: number): Promise<Buffer> {
    const known = this.peek(offset, bytes);
    if (known !== undefined) return known;
    const wanted = Math.min(Math.max(bytes, this.readBytes), Math.max(0, this.end() - offset));
    const piece = Buffer.allocUnsafeSlow(wanted);
    const count = await this.file.read(piece, offset);
    this.piece = piece.subarray(0, count);
    this.pieceStart = offset;
    return this.piece.subarray(0, Math.min(bytes, count));
  }

  /** The frame at an offset, if its header is at hand and fits. */
  peekFrame(fileOffset: number): FoundFrame | undefined {
    const bytes = this.peek(fileOffset, FRAME_HEADER_BYTES);
    return bytes && decodeFrameHeader(bytes, { offset: 0, fileOffset, salt: this.salt });
  }

  async frame(fileOffset: number): Promise<FoundFrame | undefined> {
    const bytes = await this.view(fileOffset, FRAME_HEADER_BYTES);
    return decodeFrameHeader(bytes, { offset: 0, fileOffset, salt: this.salt });
  }

  peekStored(frame: FoundFrame): Buffer | undefined {
    return this.peek(frame.fileOffset + FRAME_HEADER_BYTES, frame.storedBytes);
  }

  /** The stored payload, fewer bytes where the file ends within it. */
  stored(frame: FoundFrame): Promise<Buffer> {
    return this.view(frame.fileOffset + FRAME_HEADER_BYTES, frame.storedBytes);
  }

  /**
   * The next frame at or behind an offset, wherever there is one; and whether anything but zeros
   * stands before it (or before the end).
   */
  async nextFrame(
    from: number,
  ): Promise<{ readonly frame: FoundFrame | undefined; readonly isZero: boolean }> {
    let offset = from;
    let isZero = true;
    for (;;) {
      const bytes = await this.view(offset, this.readBytes);
      let found = indexOfMagic(bytes, 0);
      for (; found >= 0; found = indexOfMagic(bytes, found + FRAME_ALIGNMENT)) {
        if (bytes.length - found < FRAME_HEADER_BYTES) break; // the next piece begins before it
        const place = { offset: found, fileOffset: offset + found, salt: this.salt };
        const frame = decodeFrameHeader(bytes, place);
        if (frame !== undefined) {
          return { frame, isZero: isZero && isAllZero(bytes.subarray(0, found)) };
        }
      }
      isZero &&= isAllZero(bytes);
      if (bytes.length < this.readBytes) return { frame: undefined, isZero };
      offset += bytes.length - FRAME_HEADER_BYTES;
    }
  }
}

const zeros = Buffer.alloc(64 * 1024);

export function isAllZero(bytes: Uint8Array): boolean {
  for (let start = 0; start < bytes.length; start += zeros.length) {
    const part = bytes.subarray(start, start + zeros.length);
    if (!zeros.subarray(0, part.length).equals(part)) return false;
  }
  return true;
}

/** Whether the stored payload is the one that the frame's header tells of. */
export function payloadFits(frame: FoundFrame, stored: Uint8Array): boolean {
  return stored.length === frame.storedBytes && crc32(stored) === frame.payloadCrc;
}

/** The block of a frame. Throws LOG_CORRUPT where its bytes are not what was written. */
export function decodeBlock(frame: FoundFrame, stored: Uint8Array): Block {
  const { statement, payloadBytes, fileOffset } = frame;
  const facts = { firstIndex: statement.firstIndex, count: statement.count, fileOffset };
  if (!payloadFits(frame, stored)) {
    throw new Fault("LOG_CORRUPT", "a block's checksum does not fit its bytes", facts);
  }
  const payload = frame.isCompressed ? decompressed(stored, payloadBytes) : stored;
  if (payload === undefined) {
    throw new Fault("LOG_CORRUPT", "a block cannot be decompressed", facts);
  }
  return new StoredBlock(frame, payload);
}
