/**
 * What this process holds open, asked of the operating system.
 *
 * Some native libraries break when one process opens the same file twice, on whatever threads; a
 * list in JavaScript would see one thread only.
 */
import fs from "node:fs";
import { diskFault, errnoOf } from "./disk-fault.js";

const OWN_DESCRIPTORS = "/proc/self/fd";
const STANDARD_ERROR = 2;

/** The one name of a directory that exists: absolute, and without symbolic links. */
export function realDirectory(path: string): string {
  try {
    return fs.realpathSync(path);
  } catch (error) {
    throw diskFault(error, "facts", path);
  }
}

/**
 * Closes the files that this process got from the one that started it: native libraries open files
 * without saying that they are not to be handed on. Only at the very beginning, before this process
 * opens any of its own.
 */
export function closeInheritedFiles(): void {
  for (const name of ownDescriptors()) {
    const descriptor = Number(name);
    if (descriptor <= STANDARD_ERROR) continue;
    try {
      if (fs.fstatSync(descriptor).isFile()) fs.closeSync(descriptor);
    } catch (error) {
      // The descriptor that the list was read with.
      if (errnoOf(error) !== "EBADF") throw error;
    }
  }
}

/**
 * Whether any thread of this process has the file open. `path` is a real path. Only Linux tells;
 * elsewhere the answer is `false`.
 */
export function isOpenInThisProcess(path: string): boolean {
  return ownDescriptors().some((descriptor) => targetOf(descriptor) === path);
}

function ownDescriptors(): readonly string[] {
  try {
    return fs.readdirSync(OWN_DESCRIPTORS);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
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
