/**
 * Goal: a fault reaches the client with its code, message and facts; what is no fault stops the
 * process. Method: the details decoded by hand, as any gRPC client does.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { status } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault, type FaultCode, faultMeanings } from "../../src/model/fault.js";
import { requireFault, toServiceError } from "../../src/rpc/status.js";
import { FaultDetail } from "../../src/wire/steme/v1/fault.js";

const test = suite("rpc: status");

/** The parts of a length-delimited message: field number to its last value. */
function fieldsOf(bytes: Uint8Array): Map<number, number | Uint8Array> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, number | Uint8Array>();
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    fields.set(tag >>> 3, (tag & 7) === 0 ? reader.int32() : reader.bytes());
  }
  return fields;
}

const text = (bytes: unknown): string => Buffer.from(bytes as Uint8Array).toString();

test("toServiceError: code, message and facts, as google.rpc.Status", () => {
  const fault = new Fault("POSITION_INVALID", "the position lies behind «the end»", {
    size: 12,
    index: 13,
  });
  const error = toServiceError(fault);
  assert.is(error.code, status.OUT_OF_RANGE);
  assert.is(error.details, fault.message);
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const whole = fieldsOf(packed as Buffer);
  assert.is(whole.get(1), status.OUT_OF_RANGE);
  assert.is(text(whole.get(2)), fault.message);
  const any = fieldsOf(whole.get(3) as Uint8Array);
  assert.is(text(any.get(1)), "type.googleapis.com/steme.v1.FaultDetail");
  assert.equal(FaultDetail.decode(any.get(2) as Uint8Array), {
    code: "POSITION_INVALID",
    facts: [
      { key: "index", value: "13" },
      { key: "size", value: "12" },
    ],
  });
});

test("toServiceError: every code has a status that is an error", () => {
  for (const code of Object.keys(faultMeanings) as FaultCode[]) {
    const { code: number } = toServiceError(new Fault(code, "message"));
    assert.ok(number > status.OK && number <= status.UNAUTHENTICATED, code);
  }
});

test("requireFault: a fault passes, a defect is thrown on", () => {
  const fault = new Fault("NOT_FOUND", "no such entry");
  assert.is(requireFault(fault), fault);
  const defect = new TypeError("x is not a function");
  assert.throws(
    () => requireFault(defect),
    (error: unknown) => error === defect,
  );
});

test.run();
