/** Which start of this machine it is: what was written and not synced survives until the next. */
import type { Disk } from "./disk.js";

const path = "/proc/sys/kernel/random/boot_id";
const characters = 36;

/** `undefined` where the system does not say. */
export async function readBootId(disk: Disk): Promise<string | undefined> {
  if ((await disk.facts(path)) === undefined) return undefined;
  const file = await disk.open(path, "read");
  try {
    const bytes = new Uint8Array(characters);
    const count = await file.read(bytes, 0);
    return count === characters ? new TextDecoder().decode(bytes) : undefined;
  } finally {
    await file.close();
  }
}
