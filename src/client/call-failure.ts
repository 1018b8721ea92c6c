/**
 * Translates what gRPC reports into faults: the only place of the client that knows both.
 *
 * A StemeDB node says what went wrong in `grpc-status-details-bin`: a google.rpc.Status with a
 * `steme.v1.FaultDetail` among its details. Without one, the status came from the transport or
 * from something that is no StemeDB node, and its code is all there is.
 *
 * A failure is *transient* where the same call may succeed later without anybody doing anything:
 * writers and subscriptions resume after those and end with the others.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { type Metadata, status } from "@grpc/grpc-js";
import { Fault, type FaultCode, faultMeanings } from "../model/fault.js";
import { FaultDetail } from "../wire/steme/v1/fault.js";

export interface CallFailure {
  readonly fault: Fault;
  readonly isTransient: boolean;
}

/** The part of gRPC's status objects and errors that matters here. */
export interface CallStatus {
  readonly code: number;
  readonly details: string;
  readonly metadata?: Metadata;
}

const DETAILS_KEY = "grpc-status-details-bin";
const FAULT_DETAIL_TYPE = "type.googleapis.com/steme.v1.FaultDetail";

const transientCodes: ReadonlySet<FaultCode> = new Set([
  "UNAVAILABLE",
  "SHUTTING_DOWN",
  "OVERLOADED",
  "SEQUENCES_TOO_MANY",
]);

/** Whether the node may answer otherwise later, without anybody doing anything. */
export const isTransientCode = (code: FaultCode): boolean => transientCodes.has(code);

const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(faultMeanings, code);

/** A code that this client does not know came from a newer node. */
export const faultCodeOf = (code: string): FaultCode => (isFaultCode(code) ? code : "INTERNAL");

export function failureOf(call: CallStatus): CallFailure {
  const detail = detailOf(call.metadata);
  if (detail === undefined) return transportFailure(call);
  const code = faultCodeOf(detail.code);
  const pairs = detail.facts.map(({ key, value }) => [key, value] as const);
  const facts = Object.fromEntries(
    code === detail.code ? pairs : [...pairs, ["node_code", detail.code] as const],
  );
  return { fault: new Fault(code, call.details, facts), isTransient: isTransientCode(code) };
}

/** Anything that was thrown by a gRPC call. */
export function failureOfError(error: unknown): CallFailure {
  if (error instanceof Fault) return { fault: error, isTransient: isTransientCode(error.code) };
  if (isCallStatus(error)) return failureOf(error);
  const message = error instanceof Error ? error.message : String(error);
  return { fault: new Fault("UNAVAILABLE", message, {}, error), isTransient: true };
}

function isCallStatus(error: unknown): error is CallStatus {
  if (typeof error !== "object" || error === null) return false;
  return "code" in error && typeof error.code === "number" && "details" in error;
}

/** Statuses of the transport. CANCELLED and INTERNAL are how a dying connection resets a call. */
function transportFailure(call: CallStatus): CallFailure {
  const fault = (code: FaultCode) => new Fault(code, call.details, { grpc_status: call.code });
  switch (call.code) {
    case status.UNAVAILABLE:
    case status.CANCELLED:
    case status.ABORTED:
    case status.UNKNOWN:
      return { fault: fault("UNAVAILABLE"), isTransient: true };
    case status.INTERNAL:
      return /RST_STREAM|GOAWAY|Write error/.test(call.details)
        ? { fault: fault("UNAVAILABLE"), isTransient: true }
        : { fault: fault("INTERNAL"), isTransient: false };
    case status.RESOURCE_EXHAUSTED:
      return /larger than max/.test(call.details)
        ? { fault: fault("MESSAGE_TOO_LARGE"), isTransient: false }
        : { fault: fault("OVERLOADED"), isTransient: true };
    case status.DEADLINE_EXCEEDED:
      return { fault: fault("DEADLINE_EXCEEDED"), isTransient: false };
    case status.NOT_FOUND:
      return { fault: fault("NOT_FOUND"), isTransient: false };
    case status.OUT_OF_RANGE:
      return { fault: fault("POSITION_INVALID"), isTransient: false };
    case status.DATA_LOSS:
      return { fault: fault("LOG_CORRUPT"), isTransient: false };
    case status.INVALID_ARGUMENT:
    case status.FAILED_PRECONDITION:
      return { fault: fault("ARGUMENT_INVALID"), isTransient: false };
    case status.UNIMPLEMENTED:
      return {
        fault: new Fault("UNAVAILABLE", `what answers is not a StemeDB node: ${call.details}`, {
          grpc_status: call.code,
        }),
        isTransient: false,
      };
    default:
      return { fault: fault("INTERNAL"), isTransient: false };
  }
}

function detailOf(metadata: Metadata | undefined): FaultDetail | undefined {
  const [bytes] = metadata?.get(DETAILS_KEY) ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return faultDetailIn(bytes);
  } catch {
    return undefined; // bytes of somebody else: the status says enough
  }
}

/** google.rpc.Status: `repeated google.protobuf.Any details = 3`. */
function faultDetailIn(bytes: Uint8Array): FaultDetail | undefined {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field !== 3 || wireType !== 2) {
      reader.skip(wireType);
      continue;
    }
    const value = anyOf(reader.bytes());
    if (value !== undefined) return FaultDetail.decode(value);
  }
  return undefined;
}

/** google.protobuf.Any: `string type_url = 1; bytes value = 2`. */
function anyOf(bytes: Uint8Array): Uint8Array | undefined {
  const reader = new BinaryReader(bytes);
  let type = "";
  let value: Uint8Array = new Uint8Array(0);
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 2) type = reader.string();
    else if (field === 2 && wireType === 2) value = reader.bytes();
    else reader.skip(wireType);
  }
  return type === FAULT_DETAIL_TYPE ? value : undefined;
}
