/**
 * Problem details (RFC 9457): what every refusal looks like. The one place that knows both faults
 * and HTTP statuses; the compiler checks that no code is missing.
 */
import { type Fault, type FaultCode, faultMeanings } from "../model/fault.js";

const problemType = "application/problem+json; charset=utf-8";

/** The status of each code, as load balancers read it: 503 is worth another node or another try. */
export const statusOf = {
  ARGUMENT_INVALID: 400,
  MESSAGE_MALFORMED: 400,
  MESSAGE_TOO_LARGE: 413,
  ENTRY_NOT_CANONICAL: 400,
  ENTRY_INVALID: 400,
  ENTRY_TOO_LARGE: 413,
  BODY_UNKNOWN: 400,
  BODY_NOT_ALLOWED: 403,
  AUTHOR_FOREIGN: 400,
  BATCH_INVALID: 400,
  SIGNATURE_INVALID: 403,
  SIGNATURE_REQUIRED: 403,
  SEQUENCE_REUSED: 409,
  SEQUENCE_TOO_OLD: 409,
  SEQUENCES_TOO_MANY: 429,
  IDEMPOTENCY_KEY_REUSED: 409,
  NOT_FOUND: 404,
  MOMENT_INVALID: 400,
  CURSOR_INVALID: 400,
  VIEWS_UNAVAILABLE: 503,
  VIEWS_DAMAGED: 503,
  POSITION_INVALID: 400,
  LOG_UNKNOWN: 404,
  LOG_CORRUPT: 500,
  LOG_FORMAT_UNSUPPORTED: 500,
  LOG_POISONED: 503,
  LOG_DAMAGED: 503,
  STATE_DAMAGED: 503,
  DISK_FULL: 507,
  DISK_FAILED: 503,
  DATA_DIRECTORY_IN_USE: 500,
  DATA_DIRECTORY_INVALID: 500,
  ADDRESS_IN_USE: 500,
  CONFIG_INVALID: 500,
  KEY_INVALID: 400,
  MODULE_MISSING: 500,
  CLOCK: 503,
  OVERLOADED: 503,
  DEADLINE_EXCEEDED: 504,
  CANCELLED: 499,
  UNAVAILABLE: 503,
  SHUTTING_DOWN: 503,
  // Not 503: whoever sends it again by itself may append it twice.
  OUTCOME_UNKNOWN: 500,
  IMPORT_INCOMPLETE: 400,
  INTERNAL: 500,
} as const satisfies Record<FaultCode, number>;

export interface Problem {
  readonly type: string;
  /** The same for every problem with this code. */
  readonly title: string;
  readonly status: number;
  /** What happened this time, and what to do. */
  readonly detail: string;
  readonly code: FaultCode;
  /** Field, limit and value, and the like. */
  readonly facts: Readonly<Record<string, string | number>>;
}

/** @param status where HTTP has a word of its own for the case: 405, 408, 415, 431 */
export function problemOf(fault: Fault, status: number = statusOf[fault.code]): Problem {
  return {
    type: `urn:stemedb:fault:${fault.code}`,
    title: faultMeanings[fault.code],
    status,
    detail: fault.message,
    code: fault.code,
    facts: fault.detail,
  };
}

/** Headers that go with a status. */
export function problemHeaders(status: number): Readonly<Record<string, string>> {
  const isTransient = status === 429 || status === 503;
  return {
    "content-type": problemType,
    "cache-control": "no-store",
    ...(isTransient ? { "retry-after": "1" } : {}),
  };
}
