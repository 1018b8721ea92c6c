/**
 * The unclean mark: commits are not synced, so a crash of the machine may leave any part of them.
 *
 *     unclean    the name of the start of the machine that wrote since the last orderly end
 *
 * It is there, durably, before the first write, and goes away when all is durable. A mark of this
 * start is harmless: what a process wrote, the system keeps when the process dies. A mark of
 * another start, or of one without a name, means that the views cannot be trusted.
 */
import { join } from "node:path";
import type { Disk } from "../host/disk.js";
import { damagedViews } from "./keyspaces.js";

const MARK_FILE = "unclean";
const markBytesMax = 256;
const nameless = "?";

/** Throws VIEWS_DAMAGED where the machine may have lost what was written. */
export async function checkUncleanMark(
  disk: Disk,
  directory: string,
  bootId: string | undefined,
): Promise<void> {
  const path = join(directory, MARK_FILE);
  if ((await disk.facts(path)) === undefined) return;
  const file = await disk.open(path, "read");
  const bytes = new Uint8Array(markBytesMax);
  const count = await file.read(bytes, 0).finally(() => file.close());
  const marked = Buffer.from(bytes.subarray(0, count)).toString("utf8");
  if (marked === bootId && marked !== nameless) return;
  throw damagedViews(directory, "the machine stopped before they were synced");
}

export async function setUncleanMark(
  disk: Disk,
  directory: string,
  bootId: string | undefined,
): Promise<void> {
  const path = join(directory, MARK_FILE);
  if ((await disk.facts(path)) !== undefined) return;
  const file = await disk.open(path, "create");
  try {
    await file.write(Buffer.from(bootId ?? nameless), 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.syncDirectory(directory);
}

export async function clearUncleanMark(disk: Disk, directory: string): Promise<void> {
  await disk.remove(join(directory, MARK_FILE));
  await disk.syncDirectory(directory);
}
