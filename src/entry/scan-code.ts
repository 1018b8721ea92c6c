/** What a scanner says about bytes: a small integer on the hot path, a fault code for people. */
import type { FaultCode } from "../model/fault.js";

export type ScanCode = number;

/**
 * Of what comes in, everything is asked. Of what is stored, everything but what depends on the
 * Unicode tables of the Node.js in use (see text-check.ts): every node reads a log alike, and what
 * another version of it admitted stays readable.
 */
export type ScanMode = "edge" | "stored";

export const SCAN_OK = 0;
/** ENTRY_NOT_CANONICAL: the structure is not the one canonical encoding. */
export const SCAN_NOT_CANONICAL = 1;
/** ENTRY_INVALID: the structure is right, and the value of a field breaks a rule. */
export const SCAN_INVALID = 2;
/** ENTRY_TOO_LARGE: no byte, or more than 65,535. */
export const SCAN_TOO_LARGE = 3;
/** BODY_UNKNOWN: a body that this version does not know. */
export const SCAN_BODY_UNKNOWN = 4;
/** BATCH_INVALID: a field of a batch breaks a rule; the other batches of the request go on. */
export const SCAN_BATCH_INVALID = 5;
/** MESSAGE_MALFORMED: not a protobuf message of the expected type. */
export const SCAN_MESSAGE_MALFORMED = 6;
/** MESSAGE_TOO_LARGE: more batches or entries than a request may have. */
export const SCAN_MESSAGE_TOO_LARGE = 7;

const faultCodes: readonly FaultCode[] = [
  "INTERNAL",
  "ENTRY_NOT_CANONICAL",
  "ENTRY_INVALID",
  "ENTRY_TOO_LARGE",
  "BODY_UNKNOWN",
  "BATCH_INVALID",
  "MESSAGE_MALFORMED",
  "MESSAGE_TOO_LARGE",
];

/** The fault code of a scan that failed. */
export const faultCodeOf = (code: ScanCode): FaultCode => faultCodes[code] ?? "INTERNAL";

/** Why something was refused: the same four facts everywhere. */
export interface ScanReason {
  readonly code: FaultCode;
  /** Path of the field, for example `assertion.concept_path`. */
  readonly field: string;
  /** The rule or limit, for example `1..400 bytes`. */
  readonly limit: string;
  /** What was found, at most 128 bytes. */
  readonly value: string;
}
