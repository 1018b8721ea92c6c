/**
 * Translates what the operating system says about a disk into faults: the only place that knows
 * errno. A message names the path and says what to do; the facts hold path, operation and errno.
 */
import { Fault } from "../model/fault.js";

/** What was being done, in the words of disk.ts. Reading operations need other rights. */
export type DiskOperation =
  | "open"
  | "read"
  | "write"
  | "sync"
  | "size"
  | "truncate"
  | "close"
  | "list"
  | "facts"
  | "makeDirectory"
  | "rename"
  | "remove"
  | "syncDirectory"
  | "makeReadOnly"
  | "freeBytes"
  | "lock";

const readingOperations: ReadonlySet<DiskOperation> = new Set(["read", "size", "list", "facts"]);

/** One sentence per errno: what is wrong with the path, and what helps. */
const sentences: Readonly<Record<string, string>> = {
  ENOSPC: "is on a disk without room; free some, or give the disk more",
  EDQUOT: "belongs to a user whose disk quota is used up; raise it, or free some room",
  EPERM: "may not be changed by this user; check its owner and attributes",
  EROFS: "is on a file system that is mounted read-only; mount it writable",
  ENOENT: "does not exist",
  EEXIST: "exists already",
  ENOTDIR: "has a part that is not a directory",
  EISDIR: "is a directory, where a file is needed",
  ENOTEMPTY: "is a directory that is not empty",
  ENAMETOOLONG: "is too long for this file system; choose a shorter path",
  ELOOP: "has too many symbolic links; check them",
  EXDEV: "is on another file system than its target; keep the data directory on one",
  EMFILE: "cannot be opened: this process has too many open files; raise its limit (ulimit -n)",
  ENFILE: "cannot be opened: this machine has too many open files; raise fs.file-max",
  EIO: "could not be reached on its device; check the disk and the kernel's log before going on",
  EFBIG: "would be larger than this file system or this user's limit (ulimit -f) allows",
  ESTALE: "was replaced on its file server; mount it again",
  ENOMEM: "could not be handled, for the machine has no memory left",
};

const sentenceOf = (errno: string, operation: DiskOperation): string => {
  if (errno === "EACCES") {
    const right = readingOperations.has(operation) ? "readable" : "writable";
    return `is not ${right} by this user; check the owner and mode of it and of its directories`;
  }
  if (operation === "lock" && (errno === "EPERM" || errno === "EOPNOTSUPP")) {
    return "is on a file system without sockets or hard links; choose a local one";
  }
  return sentences[errno] ?? `was refused by the operating system (${errno})`;
};

/** The short name of an operating error, such as `ENOENT`; `undefined` for any other value. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || !("syscall" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** The fault that an errno means: DISK_FULL for a disk without room, DISK_FAILED for all others. */
export function faultOfErrno(
  errno: string,
  operation: DiskOperation,
  path: string,
  cause?: unknown,
): Fault {
  const code = errno === "ENOSPC" || errno === "EDQUOT" ? "DISK_FULL" : "DISK_FAILED";
  const message = `${path} ${sentenceOf(errno, operation)}`;
  return new Fault(code, message, { path, operation, errno }, cause);
}

/** The fault that a caught error means. What is no operating error is a bug, and is thrown on. */
export function diskFault(error: unknown, operation: DiskOperation, path: string): Fault {
  if (error instanceof Fault) return error;
  const errno = errnoOf(error);
  if (errno === undefined) throw error;
  return faultOfErrno(errno, operation, path, error);
}
