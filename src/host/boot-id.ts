/**
 * Which start of the machine this is: what was written and not synced before another start may be
 * lost, whatever the file says.
 */
import { readFileSync } from "node:fs";

const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";

/** The same for all processes between two starts; `undefined` where the system has no such name. */
export function bootId(): string | undefined {
  try {
    return readFileSync(BOOT_ID_FILE, "utf8").trim() || undefined;
  } catch {
    return undefined;
  }
}
