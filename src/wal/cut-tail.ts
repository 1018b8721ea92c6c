/**
 * Cuts a torn tail: what a crash left of a write that nobody was told of.
 *
 *     1. the bytes go to `<segment>.torn-<offset>`, every signature in them zeroed; synced
 *     2. the same bytes become zeros in the segment; synced
 *
 * Only then is anything signed again, so that no two statements of one size exist, not even in a
 * file that nobody reads.
 */
import { dirname } from "node:path";
import type { Disk, DiskFile } from "../host/disk.js";
import { edgeBytes } from "./edge.js";
import { frameBytes, indexOfMagic, SIGNATURE_AT } from "./frame.js";
import { isAllZero } from "./frame-window.js";
import { FRAME_ALIGNMENT, recoveryReadBytes } from "./limits.js";

const SIGNATURE_BYTES = 64;

export async function cutTail(torn: {
  readonly disk: Disk;
  readonly file: DiskFile;
  readonly offset: number;
  /** Entries before it. */
  readonly size: number;
}): Promise<{ readonly kept: string; readonly bytes: number }> {
  const { disk, file, offset, size } = torn;
  const path = `${file.path}.torn-${offset}`;
  const end = await endOfContent(file, offset);
  await disk.remove(path);
  const side = await disk.open(path, "create");
  try {
    await copyWithoutSignatures(file, side, { offset, end, size });
    await side.sync();
  } finally {
    await side.close();
  }
  await disk.syncDirectory(dirname(path));
  const zeros = Buffer.alloc(Math.min(recoveryReadBytes, end - offset));
  for (let at = offset; at < end; at += zeros.length) {
    await file.write(zeros.subarray(0, Math.min(zeros.length, end - at)), at);
  }
  await file.sync();
  return { kept: path, bytes: end - offset };
}

/** Where nothing but zeros follows. */
async function endOfContent(file: DiskFile, start: number): Promise<number> {
  const fileBytes = await file.size();
  const piece = Buffer.allocUnsafe(recoveryReadBytes);
  let end = start;
  for (let offset = start; offset < fileBytes; offset += piece.length) {
    const bytes = piece.subarray(0, await file.read(piece, offset));
    if (!isAllZero(bytes)) end = offset + bytes.length - trailingZeros(bytes);
  }
  return end;
}

function trailingZeros(bytes: Uint8Array): number {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.length - end;
}

async function copyWithoutSignatures(
  file: DiskFile,
  side: DiskFile,
  range: { readonly offset: number; readonly end: number; readonly size: number },
): Promise<void> {
  const bytes = Buffer.alloc(range.end - range.offset); // one write at most: a marker and a block
  await file.read(bytes, range.offset);
  const zeroSignature = (headerAt: number) => {
    const start = headerAt + SIGNATURE_AT;
    bytes.fill(0, Math.min(start, bytes.length), Math.min(start + SIGNATURE_BYTES, bytes.length));
  };
  // A header may be there without its magic: at the place itself, or behind a marker.
  zeroSignature(0);
  zeroSignature(frameBytes(edgeBytes(range.size)));
  let found = indexOfMagic(bytes, 0);
  while (found >= 0) {
    zeroSignature(found);
    found = indexOfMagic(bytes, found + FRAME_ALIGNMENT);
  }
  await side.write(bytes, 0);
}
