/**
 * Faults are the operating errors of the database: expected, named, and handled.
 *
 * Callers branch on `code` and never on `message`. A code, once released, keeps its meaning; its
 * message may be reworded at any time. `faultMeanings` is the source of docs/reference/faults.md,
 * and rpc/status.ts gives each code its gRPC status (the compiler checks that none is missing).
 */

export const faultMeanings = {
  ARGUMENT_INVALID:
    "An argument, field or flag breaks a rule. The facts name it, its limit, its value.",
  MESSAGE_MALFORMED: "The bytes are not a message of the expected form.",
  MESSAGE_TOO_LARGE: "A message is larger than a message may be.",
  ENTRY_NOT_CANONICAL:
    "An entry is not in the one canonical encoding: see proto/steme/v1/entry.proto.",
  ENTRY_INVALID: "A field of an entry breaks a rule: see proto/steme/v1/entry.proto.",
  ENTRY_TOO_LARGE: "An entry is empty, or larger than an entry may be.",
  BODY_UNKNOWN: "An entry has a body that this version does not know.",
  BODY_NOT_ALLOWED: "An entry has a body that only a node or an administrator may write.",
  AUTHOR_FOREIGN: "An entry names another author than the key that signed its batch.",
  BATCH_INVALID: "A batch is empty, too large, or one of its own fields breaks a rule.",
  SIGNATURE_INVALID: "The signature does not belong to the batch and its author.",
  SEQUENCE_REUSED: "The sequence was used before, by this author and writer, for other entries.",
  SEQUENCE_TOO_OLD:
    "The sequence lies more than 1,024 below the writer's highest: it cannot be settled any more.",
  SEQUENCES_TOO_MANY: "The writer has more than 1,024 unsettled batches.",
  SIGNATURE_REQUIRED: "The node takes over HTTP only what its author signed.",
  IDEMPOTENCY_KEY_REUSED:
    "The Idempotency-Key came before, from this caller, with another request.",
  NOT_FOUND: "Nothing with this id or at this position is stored here.",
  MOMENT_INVALID:
    "A moment lies in the future or before the first block, or its frontier is not known here.",
  CURSOR_INVALID: "A cursor was not made by this database, or for another request.",
  VIEWS_UNAVAILABLE: "The views cannot be read yet, or no more; the log is not affected.",
  VIEWS_DAMAGED: "The views are damaged or foreign: they are built anew from the log.",
  POSITION_INVALID: "A position, frontier or offset does not exist in this log.",
  LOG_UNKNOWN: "The log is not kept here.",
  LOG_CORRUPT:
    "Stored bytes are not what was written. The range is refused; nothing was shortened.",
  LOG_FORMAT_UNSUPPORTED: "The log was written by a newer version of StemeDB.",
  LOG_POISONED:
    "A write or sync of the log failed; appends are refused until the node is restarted.",
  LOG_DAMAGED: "The newest part of the log is damaged; it can be read but not appended to.",
  STATE_DAMAGED: "The state directory cannot be used, and is needed.",
  DISK_FULL: "The disk has no room; appends are refused, and reads go on.",
  DISK_FAILED: "The disk refused an operation.",
  DATA_DIRECTORY_IN_USE: "Another process uses the data directory.",
  DATA_DIRECTORY_INVALID: "The data directory is not one of StemeDB, or lacks a part.",
  ADDRESS_IN_USE: "Another process listens on the address.",
  CONFIG_INVALID: "A setting is unknown, ill-typed, or out of range.",
  KEY_INVALID: "A key file is missing, unreadable, or not a key.",
  MODULE_MISSING: "A native module is not built for this machine or Node.js version.",
  CLOCK: "The machine's clock jumped too far; appends are refused until it is right again.",
  OVERLOADED: "A bound of the node was reached; try again later.",
  DEADLINE_EXCEEDED: "The caller's deadline passed.",
  CANCELLED: "The caller gave up.",
  UNAVAILABLE: "The node cannot be reached.",
  SHUTTING_DOWN: "The node is stopping.",
  OUTCOME_UNKNOWN:
    "It is not known whether the batch was appended; send it again with the same sequence.",
  IMPORT_INCOMPLETE: "Some records of an import were refused; the others were appended.",
  INTERNAL: "A defect in StemeDB. Please report it.",
} as const satisfies Record<string, string>;

export type FaultCode = keyof typeof faultMeanings;
export type FaultDetail = Readonly<Record<string, string | number>>;

export class Fault extends Error {
  override readonly name = "Fault";
  readonly code: FaultCode;
  /** Facts for the operator and the logs: paths, positions, expected and actual values. */
  readonly detail: FaultDetail;

  constructor(code: FaultCode, message: string, detail: FaultDetail = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.detail = detail;
  }
}

/** Whether a value that was caught is a fault, of one code if given. */
export function isFault(error: unknown, code?: FaultCode): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code);
}
