/**
 * Translates what LMDB says into faults: the only place that knows its error numbers.
 *
 * Negative numbers are LMDB's own, positive ones are the operating system's errno. A number that
 * only a wrong use of the wrapper can bring about is a bug, so it is an assertion failure.
 */
import { AssertionFailure } from "../invariant/assert.js";
import { Fault, type FaultCode } from "../model/fault.js";

const LMDB_KEY_EXISTS = -30799;
const LMDB_NOT_FOUND = -30798;

/** What was being done, for the facts of a fault. */
export type LmdbOperation = "open" | "begin" | "read" | "write" | "commit" | "sync" | "close";

interface Meaning {
  readonly name: string;
  readonly code: FaultCode;
  readonly sentence: string;
}

const damaged = (name: string): Meaning => ({
  name,
  code: "STATE_DAMAGED",
  sentence: "holds an LMDB environment whose bytes are damaged, or that is none",
});

const full = (name: string): Meaning => ({
  name,
  code: "DISK_FULL",
  sentence: "is on a disk without room; free some, or give the disk more",
});

const meanings = new Map<number, Meaning>([
  [LMDB_NOT_FOUND, damaged("MDB_NOTFOUND")],
  [-30797, damaged("MDB_PAGE_NOTFOUND")],
  [-30796, damaged("MDB_CORRUPTED")],
  [-30793, damaged("MDB_INVALID")],
  [-30784, damaged("MDB_INCOMPATIBLE")],
  [-30779, damaged("MDB_PROBLEM")],
  [
    -30795,
    {
      name: "MDB_PANIC",
      code: "DISK_FAILED",
      sentence: "had a failed write before; check the disk, then restart the node",
    },
  ],
  [
    -30794,
    {
      name: "MDB_VERSION_MISMATCH",
      code: "STATE_DAMAGED",
      sentence: "holds an environment of another LMDB format version",
    },
  ],
  [
    -30792,
    {
      name: "MDB_MAP_FULL",
      code: "DISK_FULL",
      sentence: "has reached the size reserved for it; raise that size and restart",
    },
  ],
  [
    -30790,
    {
      name: "MDB_READERS_FULL",
      code: "OVERLOADED",
      sentence: "is read by too many processes at once",
    },
  ],
  [28, full("ENOSPC")],
  [122, full("EDQUOT")],
  [
    5,
    {
      name: "EIO",
      code: "DISK_FAILED",
      sentence:
        "could not be written whole: mostly its disk is full, so make room there; if it is not, " +
        "the disk fails: look at the machine's log",
    },
  ],
  [
    12,
    {
      name: "ENOMEM",
      code: "DISK_FAILED",
      sentence:
        "could not be mapped: the reserved size exceeds the address space that this process may " +
        "use; lift the limit (ulimit -v, systemd LimitAS=), or reserve less",
    },
  ],
]);

const numberOf = (error: unknown): number | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "number"
    ? error.code
    : undefined;

/** Whether a caught error is LMDB's «no such key». */
export const isNotFound = (error: unknown): boolean => numberOf(error) === LMDB_NOT_FOUND;

/** Whether a caught error is LMDB's «there is a row already». */
export const isKeyExists = (error: unknown): boolean => numberOf(error) === LMDB_KEY_EXISTS;

/** The fault that a caught error means. What no environment and no disk can cause is a bug. */
export function lmdbFault(error: unknown, operation: LmdbOperation, directory: string): Fault {
  if (error instanceof Fault) return error;
  const number = numberOf(error);
  if (number === undefined) throw error;
  const reason = error instanceof Error ? error.message : "";
  const meaning = meanings.get(number);
  if (meaning === undefined && number < 0) {
    throw new AssertionFailure(`LMDB is used as it allows (${operation}: ${reason})`);
  }
  const { name, code, sentence } = meaning ?? {
    name: `errno ${number}`,
    code: "DISK_FAILED" as const,
    sentence: `was refused by the operating system (${reason})`,
  };
  const detail = { path: directory, operation, errno: name };
  return new Fault(code, `${directory} ${sentence}`, detail, error);
}
