/**
 * What this process holds open, asked of the operating system.
 *
 * Some native libraries break when one process opens the same file twice, on whatever threads; a
 * list in JavaScript would see one thread only.
 */
import fs from "node:fs";
import { diskFault, errnoOf } from "./disk-fault.js";

const OWN_DESCRIPTORS = "/proc/self/fd";

/** The one name of a directory that exists: absolute, and without symbolic links. */
export function realDirectory(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch (error) {
    throw diskFault(error, "facts", path);
  }
}

/**
 * Whether any thread of this process has the file open. `path` is a real path. Only Linux tells;
 * elsewhere the answer is `false`.
 */
export function isOpenInThisProcess(path: string): boolean {
  let descriptors: string[];
  try {
    descriptors = fs.readdirSync(OWN_DESCRIPTORS);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
  return descriptors.some((descriptor) => targetOf(descriptor) === path);
}

function targetOf(descriptor: string): string | undefined {
  try {
    return fs.readlinkSync(`${OWN_DESCRIPTORS}/${descriptor}`);
  } catch (error) {
    // Closed in the meantime, by this or another thread.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}
