/**
 * Opening a log: finds out what is there, judges it by the table in recovery-table.ts, and makes
 * the tail ready to be written behind.
 *
 * Read are the directory, the headers and seals of segments, the first block, and the newest
 * segment: all its checksums, and the leaf hashes of what stands behind its last marker. So it
 * takes a time bounded by one segment, whatever the size of the log.
 *
 * Invariants:
 *
 * - Nothing below the floor is ever cut, and nothing at all is touched in a log that is damaged or
 *   refused.
 * - What is kept is synced, file and directory, before it is served or anything is signed.
 */
import { dirname } from "node:path";
import type { KeyPair } from "../crypto/ed25519.js";
import type { Disk, DiskFile } from "../host/disk.js";
import type { TreeEdge } from "../merkle/tree-edge.js";
import type { TreeHash } from "../merkle/tree-hash.js";
import type { LogGenesis } from "../model/entry.js";
import { Fault, isFault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { type HybridTime, toHybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import { cutTail } from "./cut-tail.js";
import type { DamagedRange } from "./damage.js";
import { decodeEdge } from "./edge.js";
import { type FoundFrame, FRAME_KIND_BLOCK, FRAME_KIND_SEAL, frameBytesOf } from "./frame.js";
import { decodeBlock, FrameWindow } from "./frame-window.js";
import { recoveryReadBytes, SEGMENT_HEADER_BYTES } from "./limits.js";
import { readGenesis } from "./node-entries.js";
import { checkOlderSegments } from "./older-segments.js";
import type { RecoveryLabel, RecoveryNote } from "./recovery-table.js";
import { leavesOf } from "./rehash.js";
import type { FoundSegmentHeader } from "./segment-header.js";
import {
  type LiveSegment,
  readSegmentHeader,
  Segment,
  segmentFirstIndex,
  segmentName,
  temporarySuffix,
} from "./segments.js";
import { SparseIndex } from "./sparse-index.js";
import { verifyStatement } from "./statement.js";
import { type TailWalk, walkTail } from "./tail-walk.js";

export interface RecoveryOptions {
  readonly disk: Disk;
  /** `wal/<log id, hex>`. */
  readonly directory: string;
  readonly logId: LogId;
  readonly key: KeyPair;
  readonly hash: TreeHash;
  /** A size that the log is known to have reached. */
  readonly knownSizeMin: number;
}

/** The unsealed segment that goes on being written. */
export interface OpenTail {
  readonly file: DiskFile;
  readonly header: FoundSegmentHeader;
  readonly live: LiveSegment;
  readonly fileBytes: number;
  readonly lastCrc: number;
  /** Where the last edge stands, and the size that it is of. */
  readonly edgeOffset: number;
  readonly edgeSize: number;
}

export interface Recovered {
  readonly genesis: LogGenesis;
  readonly segments: readonly Segment[];
  readonly size: number;
  readonly root: Uint8Array;
  readonly lastTime: HybridTime;
  readonly damage: readonly DamagedRange[];
  readonly notes: readonly RecoveryNote[];
  /** Absent where the log is damaged. */
  readonly edge: TreeEdge | undefined;
  /** Absent where the newest segment is sealed, or the log is damaged. */
  readonly tail: OpenTail | undefined;
}

export function recoverLog(options: RecoveryOptions): Promise<Recovered> {
  return new Recovery(options).run();
}

const noIndexAfter = Number.MAX_SAFE_INTEGER;

class Recovery {
  private readonly options: RecoveryOptions;
  private readonly notes: RecoveryNote[] = [];
  private readonly damage: DamagedRange[] = [];

  constructor(options: RecoveryOptions) {
    this.options = options;
  }

  async run(): Promise<Recovered> {
    const { disk, directory, key } = this.options;
    const names = await disk.list(directory);
    const firstIndexes = names.flatMap((name) => segmentFirstIndex(name) ?? []);
    if (firstIndexes.length === 0) {
      this.note("Q", {});
      throw new Fault("DATA_DIRECTORY_INVALID", "the log has no segment", {
        directory,
        label: "Q",
      });
    }
    const genesis = await this.genesis(firstIndexes[0] as number);
    if (!bytesEqual(genesis.logKey, key.publicKey)) {
      const message = "log.key is not the key of this log: restore the one that belongs to it";
      throw new Fault("KEY_INVALID", message, { directory, label: "P" });
    }
    const older = await checkOlderSegments(this.options, firstIndexes);
    for (const { label, ...range } of older.damage) this.damaged(label, range);
    const recovered = await this.newest(genesis, firstIndexes, older.lastRoot);
    for (const name of names) {
      if (!name.endsWith(temporarySuffix)) continue;
      await disk.remove(`${directory}/${name}`);
      this.note("R", { name });
    }
    await disk.syncDirectory(directory);
    await disk.syncDirectory(dirname(directory));
    return recovered;
  }

  private async genesis(firstIndex: number): Promise<LogGenesis> {
    const { disk, directory, logId, hash } = this.options;
    const path = `${directory}/${segmentName(0)}`;
    const refuse = (reason: string) =>
      new Fault("LOG_CORRUPT", "the log's genesis cannot be read", { path, reason, label: "O" });
    if (firstIndex !== 0) throw refuse("the first segment is missing");
    const file = await disk.open(path, "read");
    try {
      const header = await readSegmentHeader(file);
      if (header === undefined) throw refuse("the segment's header does not fit");
      const fileBytes = await file.size();
      const window = new FrameWindow({ file, salt: header.salt, end: () => fileBytes }, 0);
      const frame = await window.frame(SEGMENT_HEADER_BYTES);
      if (frame?.kind !== FRAME_KIND_BLOCK) throw refuse("its first block is missing");
      return readGenesis(decodeBlock(frame, await window.stored(frame)), logId, hash);
    } catch (error) {
      const isCorrupt = isFault(error, "LOG_CORRUPT") && !("label" in error.detail);
      throw isCorrupt ? refuse(error.message) : error;
    } finally {
      await file.close();
    }
  }

  private async newest(
    genesis: LogGenesis,
    firstIndexes: readonly number[],
    rootBefore: Uint8Array | undefined,
  ): Promise<Recovered> {
    const { disk, directory, logId } = this.options;
    const firstIndex = firstIndexes.at(-1) as number;
    const path = `${directory}/${segmentName(firstIndex)}`;
    const readFile = await disk.open(path, "read");
    try {
      const header = await readSegmentHeader(readFile);
      const fits =
        header !== undefined && header.firstIndex === firstIndex && bytesEqual(header.logId, logId);
      if (!fits) {
        const facts = { reason: "the segment's header does not fit", path };
        this.damaged("K", { start: firstIndex, end: noIndexAfter, ...facts });
        return this.unwritable(genesis, this.segments(firstIndexes), {
          size: firstIndex,
          root: rootBefore ?? new Uint8Array(32),
          lastTime: toHybridTime(0n),
        });
      }
      return await this.judge({ genesis, firstIndexes, path, readFile, header, rootBefore });
    } finally {
      await readFile.close();
    }
  }

  private async judge(found: {
    readonly genesis: LogGenesis;
    readonly firstIndexes: readonly number[];
    readonly path: string;
    readonly readFile: DiskFile;
    readonly header: FoundSegmentHeader;
    readonly rootBefore: Uint8Array | undefined;
  }): Promise<Recovered> {
    const { disk, logId, hash, knownSizeMin } = this.options;
    const { path, readFile, header, rootBefore } = found;
    const fileBytes = await readFile.size();
    const end = () => fileBytes;
    const window = new FrameWindow({ file: readFile, salt: header.salt, end }, recoveryReadBytes);
    const logKey = found.genesis.logKey;
    const walk = await walkTail({ window, fileBytes, header, logId, logKey });
    const isReadOnly = (await disk.facts(path))?.isReadOnly === true;
    this.judgeWalk(walk, { path, fileBytes, isReadOnly });

    const floor = Math.max(walk.syncedThroughMax, knownSizeMin);
    if (walk.size < floor) {
      const reason = `the log ends at ${walk.size}, and is known to have had ${floor}`;
      this.damaged("E", { start: walk.size, end: floor, path, reason });
    }
    const edge = await this.rehash({ walk, header, window, path, rootBefore });
    const root = walk.lastBlock?.statement.root ?? header.edge.root(hash);
    const facts = { size: walk.size, root, lastTime: walk.lastTime };
    const live = { index: walk.index, framesEnd: walk.endOffset };
    if (this.damage.length > 0 || edge === undefined) {
      return this.unwritable(found.genesis, this.segments(found.firstIndexes, live), facts);
    }
    const segments = this.segments(found.firstIndexes, walk.seal ? undefined : live);
    const tail = await this.makeReady({ walk, path, fileBytes, isReadOnly, header, live });
    const { damage, notes } = this;
    return { genesis: found.genesis, segments, ...facts, damage, notes, edge, tail };
  }

  private judgeWalk(
    walk: TailWalk,
    facts: { readonly path: string; readonly fileBytes: number; readonly isReadOnly: boolean },
  ): void {
    const { path, fileBytes, isReadOnly } = facts;
    for (const hole of walk.holes) {
      const { size, endIndex, offset, isOutOfOrder } = hole;
      const reason = `${hole.reason} at offset ${offset}`;
      this.damaged(isOutOfOrder ? "F" : "D", { start: size, end: endIndex, path, reason });
    }
    for (const offset of walk.lostMarkers) this.note("C", { path, offset });
    if (isReadOnly && (walk.seal === undefined || walk.endOffset !== fileBytes)) {
      const reason = "a sealed segment does not end with its seal";
      this.damaged("J", { start: walk.size, end: noIndexAfter, path, reason });
    } else if (!walk.isTorn && walk.seal === undefined) {
      this.note("A", { path, size: walk.size });
    }
  }

  /** The tree's edge at the end; `undefined` (and a note of damage) where entries do not fit it. */
  private async rehash(found: {
    readonly walk: TailWalk;
    readonly header: FoundSegmentHeader;
    readonly window: FrameWindow;
    readonly path: string;
    readonly rootBefore: Uint8Array | undefined;
  }): Promise<TreeEdge | undefined> {
    const { walk, header, window, path, rootBefore } = found;
    if (walk.holes.length > 0) return undefined;
    const { hash, key } = this.options;
    let start = header.firstIndex;
    const fail = (reason: string): undefined => {
      this.damaged("G", { start, end: noIndexAfter, path, reason });
      return undefined;
    };
    let edge = header.edge;
    let offset = SEGMENT_HEADER_BYTES;
    if (walk.lastEdge !== undefined) {
      const frame = walk.lastEdge;
      const kept = edgeOf(frame, await window.stored(frame));
      if (kept === undefined) return fail("a marker holds no edge");
      start = kept.size;
      edge = kept;
      offset = frame.fileOffset + frameBytesOf(frame);
      if (!bytesEqual(edge.root(hash), frame.statement.root)) return fail("a marker's edge");
    }
    try {
      const leaves = await leavesOf({ window, start: offset, end: walk.endOffset, hash });
      for (const part of leaves) edge = edge.append(hash, part);
    } catch (error) {
      if (isFault(error, "LOG_CORRUPT")) return fail(error.message);
      throw error;
    }
    const expected = walk.lastBlock?.statement.root ?? rootBefore;
    if (edge.size !== walk.size) return fail("entries do not make up the size");
    if (expected !== undefined && !bytesEqual(edge.root(hash), expected)) {
      return fail("entries do not have the root that was signed");
    }
    if (walk.lastBlock && !verifyStatement(walk.lastBlock.statement, key.publicKey)) {
      return fail("the newest block's signature is not the log's");
    }
    return edge;
  }

  /** Completes sealing, or cuts what is torn; syncs; opens the tail for writing. */
  private async makeReady(found: {
    readonly walk: TailWalk;
    readonly path: string;
    readonly fileBytes: number;
    readonly isReadOnly: boolean;
    readonly header: FoundSegmentHeader;
    readonly live: LiveSegment;
  }): Promise<OpenTail | undefined> {
    const { disk } = this.options;
    const { walk, path, fileBytes, isReadOnly, header, live } = found;
    if (walk.seal !== undefined) {
      this.note("I", { path, size: walk.size });
      if (!isReadOnly) await this.completeSeal(path, walk);
      return undefined;
    }
    const file = await disk.open(path, "write");
    try {
      if (walk.isTorn) {
        const kept = await cutTail({ disk, file, offset: walk.endOffset, size: walk.size });
        this.note("B", { path, offset: walk.endOffset, size: walk.size, ...kept });
      }
      await writeAgain(file, walk.lastWriteOffset, walk.endOffset);
    } catch (error) {
      await file.close();
      throw error;
    }
    return {
      file,
      header,
      live,
      fileBytes,
      lastCrc: walk.lastCrc,
      edgeOffset: walk.lastEdge?.fileOffset ?? 0,
      edgeSize: walk.lastEdge?.statement.firstIndex ?? header.firstIndex,
    };
  }

  private async completeSeal(path: string, walk: TailWalk): Promise<void> {
    const { disk } = this.options;
    this.note("H", { path, size: walk.size });
    const file = await disk.open(path, "write");
    try {
      await file.truncate(walk.endOffset);
      await writeAgain(file, walk.lastWriteOffset, walk.endOffset);
    } finally {
      await file.close();
    }
    await disk.makeReadOnly(path);
  }

  private unwritable(
    genesis: LogGenesis,
    segments: readonly Segment[],
    facts: {
      readonly size: number;
      readonly root: Uint8Array;
      readonly lastTime: HybridTime;
    },
  ): Recovered {
    const { damage, notes } = this;
    const rest = { damage, notes, edge: undefined, tail: undefined };
    return { genesis, segments, ...facts, ...rest };
  }

  private segments(firstIndexes: readonly number[], live?: LiveSegment): readonly Segment[] {
    return firstIndexes.map((firstIndex, i) =>
      i === firstIndexes.length - 1
        ? new Segment(this.options, firstIndex, live)
        : new Segment(this.options, firstIndex),
    );
  }

  private note(label: RecoveryLabel, facts: RecoveryNote["facts"]): void {
    this.notes.push({ label, facts });
  }

  private damaged(label: RecoveryLabel, range: Omit<DamagedRange, "label">): void {
    this.damage.push({ label, ...range });
    this.note(label, { ...range });
  }
}

/**
 * Makes the last write of a life durable. Its sync may have failed, and then the system may hold
 * the bytes in memory, call them clean, and sync nothing: so they are written once more, as they
 * are.
 * Everything before was synced, or the last write would not have begun.
 */
async function writeAgain(file: DiskFile, start: number, end: number): Promise<void> {
  // Where the file was cut within the last frame's padding, that is made up: it is zeros.
  const bytes = new Uint8Array(end - start);
  await file.read(bytes, start);
  await file.write(bytes, start);
  await file.sync();
}

function edgeOf(frame: FoundFrame, stored: Uint8Array): TreeEdge | undefined {
  const edge =
    frame.kind === FRAME_KIND_SEAL ? SparseIndex.decodeSeal(stored)?.edge : decodeEdge(stored, 0);
  return edge?.size === frame.statement.firstIndex ? edge : undefined;
}
