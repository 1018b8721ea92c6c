/**
 * The segments of a log, for readers.
 *
 *     00000000000000000000.seg   00000000000000262144.seg   00000000000000524301.seg
 *     [ sealed                 ] [ sealed                 ] [ the one that is written    ]
 *
 * A segment ends where the next one begins; the list is replaced, never changed, when one is added.
 * Files are opened when they are first read, together with what finds blocks in them: the seal's
 * sparse index, or, where the seal does not fit, one made by walking over the frames. Of those that
 * nobody reads the longest unused are closed when there are too many.
 *
 * Invariant: a file that somebody reads stays open: readers acquire and release.
 */
import type { Disk, DiskFile } from "../host/disk.js";
import { assert } from "../invariant/assert.js";
import type { TreeEdge } from "../merkle/tree-edge.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import type { LogId } from "../model/position.js";
import { getSize, viewOf } from "./bytes.js";
import { type FoundFrame, FRAME_KIND_BLOCK, FRAME_KIND_SEAL, frameBytesOf } from "./frame.js";
import { FrameWindow, payloadFits } from "./frame-window.js";
import { openSegmentsMax, recoveryReadBytes, SEGMENT_HEADER_BYTES } from "./limits.js";
import { decodeSegmentHeader, type FoundSegmentHeader } from "./segment-header.js";
import { SEAL_TRAILER_BYTES, SparseIndex } from "./sparse-index.js";

const segmentSuffix = ".seg";
export const temporarySuffix = ".tmp";
const digits = 20;

export const segmentName = (firstIndex: number): string =>
  `${String(firstIndex).padStart(digits, "0")}${segmentSuffix}`;

/** The first index in a segment's name; `undefined` for other files. */
export function segmentFirstIndex(name: string): number | undefined {
  if (!/^[0-9]{20}\.seg$/.test(name)) return undefined;
  const firstIndex = Number(name.slice(0, digits));
  return Number.isSafeInteger(firstIndex) ? firstIndex : undefined;
}

/** A segment whose file is open, and what finds blocks in it. */
export interface OpenSegment {
  readonly file: DiskFile;
  readonly header: FoundSegmentHeader;
  readonly index: SparseIndex;
  /** Where frames end: at the seal, or behind the last one that is durable. */
  readonly framesEnd: number;
}

export interface Seal {
  readonly frame: FoundFrame;
  readonly index: SparseIndex;
  /** The tree at its end. */
  readonly edge: TreeEdge;
}

/** What the writer tells of the segment that it writes. */
export interface LiveSegment {
  readonly index: SparseIndex;
  framesEnd: number;
}

export class Segment {
  readonly firstIndex: number;
  readonly path: string;
  private readonly disk: Disk;
  private readonly logId: LogId;
  private live: LiveSegment | undefined;
  private opened: Promise<OpenSegment> | undefined = undefined;
  private users = 0;
  private onIdle: (() => void) | undefined = undefined;

  constructor(
    place: { readonly disk: Disk; readonly logId: LogId; readonly directory: string },
    firstIndex: number,
    live?: LiveSegment,
  ) {
    this.disk = place.disk;
    this.logId = place.logId;
    this.firstIndex = firstIndex;
    this.path = `${place.directory}/${segmentName(firstIndex)}`;
    this.live = live;
  }

  get isIdle(): boolean {
    return this.users === 0 && this.opened !== undefined;
  }

  /** Opens the file if it is not; every call is followed by one of `release`. */
  async acquire(): Promise<OpenSegment> {
    this.users += 1;
    this.opened ??= this.open();
    try {
      return await this.opened;
    } catch (error) {
      this.opened = undefined;
      this.release();
      throw error;
    }
  }

  release(): void {
    assert(this.users > 0, "a segment is released once per acquisition");
    this.users -= 1;
    if (this.users === 0) this.onIdle?.();
  }

  /** The writer is done with it: what finds blocks is read from the seal when it is next opened. */
  seal(): void {
    this.live = undefined;
  }

  /** Waits for its readers. */
  async close(): Promise<void> {
    if (this.users > 0) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    const opened = this.opened;
    if (opened === undefined) return;
    this.opened = undefined;
    const segment = await opened.catch(() => undefined);
    await segment?.file.close();
  }

  private async open(): Promise<OpenSegment> {
    const file = await this.disk.open(this.path, "read");
    try {
      const header = await readSegmentHeader(file);
      if (header === undefined || !this.isItsOwn(header)) {
        throw new Fault("LOG_CORRUPT", "a segment's header is not what was written", {
          path: this.path,
          repair: "restore the file from a backup or from a peer",
        });
      }
      const live = this.live;
      if (live !== undefined) {
        return {
          file,
          header,
          index: live.index,
          get framesEnd() {
            return live.framesEnd;
          },
        };
      }
      const seal = await readSeal(file, header.salt);
      if (seal !== undefined) {
        return { file, header, index: seal.index, framesEnd: seal.frame.fileOffset };
      }
      return { file, header, ...(await indexByWalking(file, header.salt)) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private isItsOwn(header: FoundSegmentHeader): boolean {
    return header.firstIndex === this.firstIndex && bytesEqual(header.logId, this.logId);
  }
}

export class Segments {
  private list: readonly Segment[];
  private readonly recent = new Set<Segment>();
  private isClosed = false;

  constructor(segments: readonly Segment[]) {
    this.list = segments;
  }

  get all(): readonly Segment[] {
    return this.list;
  }

  add(segment: Segment): void {
    const last = this.list.at(-1);
    assert(last === undefined || last.firstIndex < segment.firstIndex, "segments ascend");
    this.list = [...this.list, segment];
  }

  /** The segment whose range an index falls into; `undefined` before the first. */
  find(index: number): Segment | undefined {
    let low = 0;
    let high = this.list.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.list[middle] as Segment).firstIndex <= index) low = middle + 1;
      else high = middle;
    }
    return this.list[low - 1];
  }

  async acquire(segment: Segment): Promise<OpenSegment> {
    if (this.isClosed) throw new Fault("SHUTTING_DOWN", "the log is closed");
    this.recent.delete(segment);
    this.recent.add(segment);
    const opened = await segment.acquire();
    for (const other of this.recent) {
      if (this.recent.size <= openSegmentsMax) break;
      if (!other.isIdle) continue;
      this.recent.delete(other);
      await other.close();
    }
    return opened;
  }

  /** Waits for readers; later ones are refused. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.recent.clear();
    for (const segment of this.list) await segment.close();
  }
}

/** The header of a segment file; `undefined` where its first page is not one. */
export async function readSegmentHeader(file: DiskFile): Promise<FoundSegmentHeader | undefined> {
  const page = new Uint8Array(SEGMENT_HEADER_BYTES);
  const bytes = await file.read(page, 0);
  return decodeSegmentHeader(page.subarray(0, bytes));
}

/** The seal that a file ends with; `undefined` where it does not end with one. */
export async function readSeal(file: DiskFile, salt: number): Promise<Seal | undefined> {
  const fileBytes = await file.size();
  const trailer = new Uint8Array(SEAL_TRAILER_BYTES);
  if (fileBytes < SEGMENT_HEADER_BYTES + trailer.length) return undefined;
  await file.read(trailer, fileBytes - trailer.length);
  const offset = getSize(viewOf(trailer), 0);
  if (offset === undefined || offset >= fileBytes || offset < SEGMENT_HEADER_BYTES) {
    return undefined;
  }
  const window = new FrameWindow({ file, salt, end: () => fileBytes }, 0);
  const frame = await window.frame(offset);
  if (frame?.kind !== FRAME_KIND_SEAL || offset + frameBytesOf(frame) !== fileBytes) {
    return undefined;
  }
  return decodeSealFrame(frame, await window.stored(frame));
}

/** What a seal says; `undefined` where its payload does not fit. */
export function decodeSealFrame(frame: FoundFrame, stored: Uint8Array): Seal | undefined {
  if (!payloadFits(frame, stored)) return undefined;
  const decoded = SparseIndex.decodeSeal(stored);
  if (decoded === undefined || decoded.edge.size !== frame.statement.firstIndex) return undefined;
  return { frame, index: decoded.index, edge: decoded.edge };
}

/** For a sealed segment whose seal is damaged: every frame that fits its place is found again. */
async function indexByWalking(
  file: DiskFile,
  salt: number,
): Promise<{ readonly index: SparseIndex; readonly framesEnd: number }> {
  const fileBytes = await file.size();
  const window = new FrameWindow({ file, salt, end: () => fileBytes }, recoveryReadBytes);
  const index = new SparseIndex();
  let offset = SEGMENT_HEADER_BYTES;
  let nextIndex = 0;
  for (;;) {
    const frame = (await window.frame(offset)) ?? (await window.nextFrame(offset)).frame;
    if (frame === undefined) return { index, framesEnd: offset };
    const { firstIndex, count } = frame.statement;
    if (frame.kind === FRAME_KIND_BLOCK && firstIndex >= nextIndex) {
      index.add({ firstIndex, fileOffset: frame.fileOffset, hybridTime: frame.hybridTime });
      nextIndex = firstIndex + count;
    }
    offset = frame.fileOffset + frameBytesOf(frame);
  }
}
