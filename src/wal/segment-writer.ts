/**
 * Writes the newest segment: one write per group commit, one fdatasync, then the next.
 *
 *     header page | block | block | marker block | … | marker | zeros up to the segment's size
 *                                   ^ one write        ^ when idle, and at close
 *
 * A marker carries the tree's edge, so that opening hashes only what stands behind it. It goes in
 * front of a block, in the same write, once 8 MiB were written since the last edge.
 *
 * Invariants:
 *
 * - `prepare…` changes nothing but the write buffer; `accept` follows once the bytes are durable.
 * - A segment is sealed (seal written, cut to length, synced, read-only) before the next one has a
 *   header, and the next one's header is synced before it has a name.
 */
import { crc32 } from "node:zlib";
import type { Disk, DiskFile } from "../host/disk.js";
import { assert } from "../invariant/assert.js";
import type { TreeEdge } from "../merkle/tree-edge.js";
import type { HybridTime } from "../model/hybrid-time.js";
import { type LogId, signatureBytes } from "../model/position.js";
import { compressed } from "./compression.js";
import { edgeBytes, encodeEdge } from "./edge.js";
import {
  encodeFrameHeader,
  FRAME_KIND_BLOCK,
  FRAME_KIND_MARKER,
  FRAME_KIND_SEAL,
  type FrameKind,
  frameBytes,
} from "./frame.js";
import {
  EDGE_HASHES_MAX,
  edgeDistanceBytes,
  FRAME_HEADER_BYTES,
  SEGMENT_HEADER_BYTES,
} from "./limits.js";
import type { NewBlock } from "./new-block.js";
import type { OpenTail } from "./recovery.js";
import { encodeSegmentHeader, type SegmentHeader } from "./segment-header.js";
import { type LiveSegment, segmentName } from "./segments.js";
import { SparseIndex, sealPayloadBytes } from "./sparse-index.js";
import type { Statement } from "./statement.js";

/** What the tree and the clock stood at when the last block was durable. */
export interface DurableEnd {
  readonly logId: LogId;
  readonly edge: TreeEdge;
  readonly root: Uint8Array;
  readonly lastTime: HybridTime;
}

/** Bytes ready to be written in one piece, and what is so once they are durable. */
export interface PreparedWrite {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly lastCrc: number;
  readonly block: { readonly firstIndex: number; readonly hybridTime: HybridTime } | undefined;
  readonly blockOffset: number;
  /** Offset and size of an edge in it. */
  readonly edge: { readonly offset: number; readonly size: number } | undefined;
}

const HASH_BYTES = 32;
const NO_SIGNATURE = new Uint8Array(signatureBytes);
const bufferBytesMin = 256 * 1024;

export interface SegmentWriterFacts {
  readonly file: DiskFile;
  readonly path: string;
  readonly salt: number;
  readonly capacityBytes: number;
  readonly live: LiveSegment;
  readonly lastCrc: number;
  readonly edgeOffset: number;
  readonly edgeSize: number;
}

export class SegmentWriter {
  readonly path: string;
  readonly live: LiveSegment;
  private readonly file: DiskFile;
  private readonly salt: number;
  private readonly capacityBytes: number;
  private lastCrc: number;
  private edgeOffset: number;
  private edgeSize: number;
  private buffer: Buffer = Buffer.alloc(0);

  constructor(facts: SegmentWriterFacts) {
    this.file = facts.file;
    this.path = facts.path;
    this.salt = facts.salt;
    this.capacityBytes = facts.capacityBytes;
    this.live = facts.live;
    this.lastCrc = facts.lastCrc;
    this.edgeOffset = facts.edgeOffset;
    this.edgeSize = facts.edgeSize;
  }

  static resume(tail: OpenTail): SegmentWriter {
    const { file, header, live, fileBytes, lastCrc, edgeOffset, edgeSize } = tail;
    return new SegmentWriter({
      file,
      path: file.path,
      salt: header.salt,
      capacityBytes: fileBytes,
      live,
      lastCrc,
      edgeOffset,
      edgeSize,
    });
  }

  /** Gives a zero-filled file its header, and then its name. */
  static async begin(
    disk: Disk,
    place: { readonly file: DiskFile; readonly bytes: number; readonly directory: string },
    header: SegmentHeader,
  ): Promise<SegmentWriter> {
    const { file, bytes, directory } = place;
    const path = `${directory}/${segmentName(header.firstIndex)}`;
    const encoded = encodeSegmentHeader(header);
    await file.write(encoded.bytes, 0);
    await file.sync();
    await disk.rename(file.path, path);
    await disk.syncDirectory(directory);
    return new SegmentWriter({
      file,
      path,
      salt: header.salt,
      capacityBytes: bytes,
      live: { index: new SparseIndex(), framesEnd: SEGMENT_HEADER_BYTES },
      lastCrc: encoded.headerCrc,
      edgeOffset: 0,
      edgeSize: header.firstIndex,
    });
  }

  /** Whether a block of at most that payload goes into this segment, with room for a seal. */
  hasRoomFor(payloadBytes: number): boolean {
    if (this.live.index.length === 0) return true; // a segment holds at least one block
    const edgeBytesMax = 8 + EDGE_HASHES_MAX * HASH_BYTES; // a size may come to have all its bits
    const sealBytes = frameBytes(sealPayloadBytes(this.live.index.length + 2, edgeBytesMax));
    const markerBytes = frameBytes(edgeBytesMax);
    const end = this.live.framesEnd + markerBytes * 2 + frameBytes(payloadBytes) + sealBytes;
    return end <= this.capacityBytes;
  }

  isEdgeAt(size: number): boolean {
    return this.edgeSize === size;
  }

  prepareBlock(block: NewBlock, end: DurableEnd, compression: "lz4" | "none"): PreparedWrite {
    const isEdgeDue =
      this.live.framesEnd - this.edgeOffset >= edgeDistanceBytes && !this.isEdgeAt(end.edge.size);
    const shrunk = compression === "lz4" ? compressed(block.payload) : undefined;
    const stored = shrunk ?? block.payload;
    const markerBytes = isEdgeDue ? frameBytes(edgeBytes(end.edge.size)) : 0;
    this.reserve(markerBytes + frameBytes(stored.length));
    let crc = this.lastCrc;
    if (isEdgeDue) crc = this.putMarker(end, crc);
    const lastCrc = this.putFrame({
      at: markerBytes,
      kind: FRAME_KIND_BLOCK,
      stored,
      payloadBytes: block.payload.length,
      previousCrc: crc,
      statement: block.statement,
      syncedThrough: end.edge.size,
      hybridTime: block.hybridTime,
    });
    const offset = this.live.framesEnd;
    return {
      bytes: this.buffer.subarray(0, markerBytes + frameBytes(stored.length)),
      offset,
      lastCrc,
      block: { firstIndex: block.statement.firstIndex, hybridTime: block.hybridTime },
      blockOffset: offset + markerBytes,
      edge: isEdgeDue ? { offset, size: end.edge.size } : undefined,
    };
  }

  prepareMarker(end: DurableEnd): PreparedWrite {
    const bytes = frameBytes(edgeBytes(end.edge.size));
    this.reserve(bytes);
    const lastCrc = this.putMarker(end, this.lastCrc);
    const offset = this.live.framesEnd;
    return {
      bytes: this.buffer.subarray(0, bytes),
      offset,
      lastCrc,
      block: undefined,
      blockOffset: offset,
      edge: { offset, size: end.edge.size },
    };
  }

  async write(prepared: PreparedWrite): Promise<void> {
    await this.file.write(prepared.bytes, prepared.offset);
    await this.file.sync();
  }

  writeNow(prepared: PreparedWrite): void {
    this.file.writeNow(prepared.bytes, prepared.offset);
    this.file.syncNow();
  }

  /** The bytes are durable: readers may see them, and the next frame goes behind them. */
  accept(prepared: PreparedWrite): void {
    assert(prepared.offset === this.live.framesEnd, "frames are written in order");
    this.lastCrc = prepared.lastCrc;
    if (prepared.edge !== undefined) {
      this.edgeOffset = prepared.edge.offset;
      this.edgeSize = prepared.edge.size;
    }
    if (prepared.block !== undefined) {
      this.live.index.add({ ...prepared.block, fileOffset: prepared.blockOffset });
    }
    this.live.framesEnd = prepared.offset + prepared.bytes.length;
  }

  /** Ends the segment for good. */
  async seal(disk: Disk, end: DurableEnd): Promise<void> {
    const offset = this.live.framesEnd;
    const stored = this.live.index.encodeSeal(end.edge, offset);
    this.reserve(frameBytes(stored.length));
    this.putFrame({ ...this.unsigned(FRAME_KIND_SEAL, end), at: 0, stored });
    const bytes = this.buffer.subarray(0, frameBytes(stored.length));
    await this.file.write(bytes, offset);
    await this.file.sync();
    await this.file.truncate(offset + bytes.length);
    await this.file.sync();
    await disk.makeReadOnly(this.path);
    await this.file.close();
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private unsigned(kind: FrameKind, end: DurableEnd) {
    const statement: Statement = {
      logId: end.logId,
      firstIndex: end.edge.size,
      count: 0,
      root: end.root,
      signature: NO_SIGNATURE,
    };
    return {
      kind,
      statement,
      payloadBytes: undefined,
      previousCrc: this.lastCrc,
      syncedThrough: end.edge.size,
      hybridTime: end.lastTime,
    };
  }

  private putMarker(end: DurableEnd, previousCrc: number): number {
    const stored = new Uint8Array(edgeBytes(end.edge.size));
    encodeEdge(end.edge, stored, 0);
    return this.putFrame({ ...this.unsigned(FRAME_KIND_MARKER, end), at: 0, stored, previousCrc });
  }

  /** Puts a frame into the buffer, for the place `at` bytes behind the last durable one. */
  private putFrame(frame: {
    readonly at: number;
    readonly kind: FrameKind;
    readonly stored: Uint8Array;
    readonly payloadBytes: number | undefined;
    readonly previousCrc: number;
    readonly statement: Statement;
    readonly syncedThrough: number;
    readonly hybridTime: HybridTime;
  }): number {
    const { at, stored } = frame;
    const payloadBytes = frame.payloadBytes ?? stored.length;
    const payloadAt = at + FRAME_HEADER_BYTES;
    this.buffer.set(stored, payloadAt);
    this.buffer.fill(0, payloadAt + stored.length, at + frameBytes(stored.length));
    const header = {
      kind: frame.kind,
      isCompressed: stored.length !== payloadBytes,
      fileOffset: this.live.framesEnd + at,
      storedBytes: stored.length,
      payloadBytes,
      payloadCrc: crc32(stored),
      previousCrc: frame.previousCrc,
      syncedThrough: frame.syncedThrough,
      statement: frame.statement,
      hybridTime: frame.hybridTime,
    };
    return encodeFrameHeader(header, { target: this.buffer, offset: at, salt: this.salt });
  }

  /** The buffer is kept from block to block; what is written from it is durable by then. */
  private reserve(bytes: number): void {
    if (this.buffer.length >= bytes) return;
    this.buffer = Buffer.allocUnsafeSlow(Math.max(bufferBytesMin, bytes + (bytes >>> 1)));
  }
}
