/**
 * A look at an LMDB data file before LMDB maps it.
 *
 *     page 0, page 1: two meta pages, written in turn by commits
 *       +0  page header 16: number 8, pad 2, flags 2 (bit 3: meta), bounds 4
 *      +16  magic 4 = 0xBEEFC0DE, version 4, address 8, map size 8
 *      +40  two trees of 48 bytes: free pages (its first 4 bytes: the page size), main
 *     +136  last page 8, transaction 8
 *
 * Integers are in the machine's order: LMDB files do not travel between architectures.
 *
 * Why: LMDB reads through a memory map, and a page beyond the end of the file is not an error there
 * but a SIGBUS that ends the process. So a file that is shorter than its newest meta page says
 * (LMDB itself leaves out trailing free pages; a truncated copy leaves out more) is lengthened with
 * zeros first: LMDB then answers MDB_CORRUPTED for a page that is gone, and a free page does no
 * harm.
 */
import { endianness } from "node:os";
import { join } from "node:path";
import type { Disk, DiskFile } from "../host/disk.js";
import { Fault } from "../model/fault.js";

export const LMDB_DATA_FILE = "data.mdb";
export const LMDB_LOCK_FILE = "lock.mdb";

const META_BYTES = 152;
const META_FLAG = 0x08;
const MAGIC = 0xbeefc0de;
const isLittle = endianness() === "LE";

interface Meta {
  readonly pageBytes: number;
  readonly lastPage: number;
  readonly transaction: bigint;
}

/**
 * Lengthens a data file to what its newest meta page says; a file that is none is left alone. One
 * that claims more than `bytesMax` beyond its end is STATE_DAMAGED.
 */
export async function lengthenLmdbFile(
  disk: Disk,
  directory: string,
  bytesMax: number,
): Promise<void> {
  const path = join(directory, LMDB_DATA_FILE);
  const facts = await disk.facts(path);
  if (facts === undefined || facts.kind !== "file" || facts.bytes === 0) return;
  const file = await disk.open(path, "write");
  try {
    const bytesNeeded = await bytesSaid(file);
    if (bytesNeeded <= facts.bytes) return;
    if (bytesNeeded > bytesMax) {
      const detail = { path, bytes: facts.bytes, bytesNeeded };
      throw new Fault("STATE_DAMAGED", `${path} is shorter than it says`, detail);
    }
    await file.truncate(bytesNeeded);
  } finally {
    await file.close();
  }
}

async function bytesSaid(file: DiskFile): Promise<number> {
  const first = await readMeta(file, 0);
  if (first === undefined) return 0;
  const second = await readMeta(file, first.pageBytes);
  if (second === undefined) return 0;
  const newest = second.transaction > first.transaction ? second : first;
  const bytes = (newest.lastPage + 1) * newest.pageBytes;
  return bytes;
}

async function readMeta(file: DiskFile, offset: number): Promise<Meta | undefined> {
  const bytes = new Uint8Array(META_BYTES);
  if ((await file.read(bytes, offset)) < META_BYTES) return undefined;
  const view = new DataView(bytes.buffer);
  if ((view.getUint16(10, isLittle) & META_FLAG) === 0) return undefined;
  if (view.getUint32(16, isLittle) !== MAGIC) return undefined;
  const pageBytes = view.getUint32(40, isLittle);
  if (pageBytes < 256 || pageBytes > 65_536) return undefined;
  return {
    pageBytes,
    lastPage: Number(view.getBigUint64(136, isLittle)),
    transaction: view.getBigUint64(144, isLittle),
  };
}
