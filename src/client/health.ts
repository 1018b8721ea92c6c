/**
 * gRPC's own health check (grpc.health.v1): HealthCheckRequest `string service = 1`,
 * HealthCheckResponse `ServingStatus status = 1`.
 */
import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";
import type { CallLimits, Connection } from "./connection.js";

export type Health = "serving" | "notServing" | "unknown";

const CHECK_PATH = "/grpc.health.v1.Health/Check";
const SERVING = 1;
const NOT_SERVING = 2;

/** `service`: one of the node's services by full name; empty: the node as a whole. */
export async function readHealth(
  connection: Connection,
  service: string,
  limits: CallLimits,
): Promise<Health> {
  const writer = new BinaryWriter();
  if (service !== "") writer.uint32(10).string(service);
  const answer = await connection.unaryCall(CHECK_PATH, writer.finish(), limits);
  const reader = new BinaryReader(answer);
  let status = 0;
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === 1 && wireType === 0) status = reader.int32();
    else reader.skip(wireType);
  }
  if (status === SERVING) return "serving";
  return status === NOT_SERVING ? "notServing" : "unknown";
}
