/**
 * The `state/` directory before and after its environment: made, checked, set aside.
 *
 *     state/                the environment: data.mdb, lock.mdb
 *     state/damaged         written when damage was met while running: set aside at the next start
 *     state.damaged-<n>     set aside; never read or removed again by StemeDB
 *
 * What cannot be used is never deleted and never repaired in place: it moves aside as it is, and
 * what can be derived is built anew.
 */
import { basename, dirname, join } from "node:path";
import type { Disk } from "../host/disk.js";
import { LMDB_DATA_FILE, LMDB_LOCK_FILE } from "../lmdb/lmdb-file.js";
import { Fault } from "../model/fault.js";
import type { Probe } from "../observability/probe.js";

const DAMAGED_MARK = "damaged";
const setAsideCountMax = 1_000;
const ownNames: ReadonlySet<string> = new Set([LMDB_DATA_FILE, LMDB_LOCK_FILE, DAMAGED_MARK]);
/** File systems make this one at their root. */
const ignoredNames: ReadonlySet<string> = new Set(["lost+found"]);

/** Makes the directory where it is missing, and moves one aside that is known to be of no use. */
export async function prepareStateDirectory(
  disk: Disk,
  directory: string,
  probe: Probe,
): Promise<void> {
  const reason = await reasonAgainst(disk, directory);
  if (reason !== undefined) await setAside(disk, directory, probe, reason);
  await disk.makeDirectory(directory);
  await disk.syncDirectory(dirname(directory));
}

async function reasonAgainst(disk: Disk, directory: string): Promise<string | undefined> {
  const facts = await disk.facts(directory);
  if (facts === undefined) return undefined;
  if (facts.kind !== "directory") return "it is not a directory";
  const names = (await disk.list(directory)).filter((name) => !ignoredNames.has(name));
  if (names.includes(DAMAGED_MARK)) return "damage was met the last time it was used";
  const foreign = names.find((name) => !ownNames.has(name));
  if (foreign !== undefined && !names.includes(LMDB_DATA_FILE)) {
    return `it holds other files, such as ${foreign}`;
  }
  return undefined;
}

/** Moves a directory to the first free `…damaged-<n>`. */
export async function setAside(
  disk: Disk,
  directory: string,
  probe: Probe,
  reason: string,
): Promise<void> {
  for (let n = 1; n <= setAsideCountMax; n++) {
    const target = join(dirname(directory), `${basename(directory)}.damaged-${n}`);
    if ((await disk.facts(target)) !== undefined) continue;
    await disk.rename(directory, target);
    await disk.syncDirectory(dirname(directory));
    probe.warn("state directory set aside", {
      path: directory,
      movedTo: target,
      reason,
      lost: "idempotency keys of HTTP callers; receipts of retries are rebuilt from the log",
    });
    return;
  }
  const message = `${directory} is damaged, and ${setAsideCountMax} were set aside already`;
  throw new Fault("STATE_DAMAGED", `${message}; remove those`, { path: directory });
}

/** Leaves a mark that the next start finds. */
export async function markDamaged(disk: Disk, directory: string): Promise<void> {
  const path = join(directory, DAMAGED_MARK);
  if ((await disk.facts(path)) !== undefined) return;
  await (await disk.open(path, "create")).close();
  await disk.syncDirectory(directory);
}
