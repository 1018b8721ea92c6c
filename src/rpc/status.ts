/** Translates faults to gRPC status codes: the only place of the server that knows both. */

import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { type Fault, type FaultCode, isFault } from "../model/fault.js";
import { FaultDetail } from "../wire/steme/v1/fault.js";

const statusOf = {
  ARGUMENT_INVALID: status.INVALID_ARGUMENT,
  MESSAGE_MALFORMED: status.INVALID_ARGUMENT,
  MESSAGE_TOO_LARGE: status.RESOURCE_EXHAUSTED,
  ENTRY_NOT_CANONICAL: status.INVALID_ARGUMENT,
  ENTRY_INVALID: status.INVALID_ARGUMENT,
  ENTRY_TOO_LARGE: status.INVALID_ARGUMENT,
  BODY_UNKNOWN: status.INVALID_ARGUMENT,
  BODY_NOT_ALLOWED: status.PERMISSION_DENIED,
  AUTHOR_FOREIGN: status.INVALID_ARGUMENT,
  BATCH_INVALID: status.INVALID_ARGUMENT,
  SIGNATURE_INVALID: status.UNAUTHENTICATED,
  SEQUENCE_REUSED: status.ALREADY_EXISTS,
  SEQUENCE_TOO_OLD: status.FAILED_PRECONDITION,
  SEQUENCES_TOO_MANY: status.RESOURCE_EXHAUSTED,
  SIGNATURE_REQUIRED: status.UNAUTHENTICATED,
  IDEMPOTENCY_KEY_REUSED: status.ALREADY_EXISTS,
  NOT_FOUND: status.NOT_FOUND,
  MOMENT_INVALID: status.OUT_OF_RANGE,
  CURSOR_INVALID: status.INVALID_ARGUMENT,
  VIEWS_UNAVAILABLE: status.UNAVAILABLE,
  VIEWS_DAMAGED: status.UNAVAILABLE,
  POSITION_INVALID: status.OUT_OF_RANGE,
  LOG_UNKNOWN: status.NOT_FOUND,
  LOG_CORRUPT: status.DATA_LOSS,
  LOG_FORMAT_UNSUPPORTED: status.FAILED_PRECONDITION,
  LOG_POISONED: status.UNAVAILABLE,
  LOG_DAMAGED: status.FAILED_PRECONDITION,
  STATE_DAMAGED: status.FAILED_PRECONDITION,
  DISK_FULL: status.RESOURCE_EXHAUSTED,
  DISK_FAILED: status.INTERNAL,
  DATA_DIRECTORY_IN_USE: status.FAILED_PRECONDITION,
  DATA_DIRECTORY_INVALID: status.FAILED_PRECONDITION,
  ADDRESS_IN_USE: status.FAILED_PRECONDITION,
  CONFIG_INVALID: status.INVALID_ARGUMENT,
  KEY_INVALID: status.INVALID_ARGUMENT,
  MODULE_MISSING: status.FAILED_PRECONDITION,
  CLOCK: status.UNAVAILABLE,
  OVERLOADED: status.RESOURCE_EXHAUSTED,
  DEADLINE_EXCEEDED: status.DEADLINE_EXCEEDED,
  CANCELLED: status.CANCELLED,
  UNAVAILABLE: status.UNAVAILABLE,
  SHUTTING_DOWN: status.UNAVAILABLE,
  OUTCOME_UNKNOWN: status.UNAVAILABLE,
  IMPORT_INCOMPLETE: status.INVALID_ARGUMENT,
  INTERNAL: status.INTERNAL,
} as const satisfies Record<FaultCode, status>;

const FAULT_TYPE_URL = "type.googleapis.com/steme.v1.FaultDetail";

/** A google.rpc.Status { code, message, details: [Any { type_url, value }] } with our detail. */
function encodeDetails(code: number, fault: Fault): Uint8Array {
  const facts = Object.entries(fault.detail)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => ({ key, value: String(value) }));
  const detail = FaultDetail.encode({ code: fault.code, facts }).finish();
  const any = new BinaryWriter().uint32(10).string(FAULT_TYPE_URL).uint32(18).bytes(detail);
  const whole = new BinaryWriter().uint32(8).int32(code).uint32(18).string(fault.message);
  return whole.uint32(26).bytes(any.finish()).finish();
}

/** What a call ends with when it failed. */
export function toServiceError(fault: Fault): ServiceError {
  const code = statusOf[fault.code];
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(encodeDetails(code, fault)));
  return Object.assign(new Error(fault.message), { code, details: fault.message, metadata });
}

/** Faults pass; everything else is a defect, which stops the process. */
export function requireFault(error: unknown): Fault {
  if (isFault(error)) return error;
  throw error;
}
