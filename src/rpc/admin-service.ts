/** AdminService: what a node says about itself. */
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { batchBytesMax, batchEntriesMax, entryBytesMax, messageBytesMax } from "../model/limits.js";
import type { GetStatusRequest, GetStatusResponse } from "../wire/steme/v1/admin_service.js";
import { requireFault, toServiceError } from "./status.js";

/** What varies while a node runs. */
export interface NodeFacts {
  readonly logId: Uint8Array;
  readonly logKey: Uint8Array;
  readonly clusterId: Uint8Array;
  readonly gatewayKey: Uint8Array;
  /** Empty where the log names none. */
  readonly firstAdministrator: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly hybridTime: bigint;
  /** Why appends are refused now; empty where they are taken. */
  readonly healthDetail: string;
  readonly version: string;
  readonly runtime: string;
  readonly uptimeMs: number;
  readonly segmentCount: number;
  readonly segmentBytes: number;
  readonly appended: number;
  readonly refused: number;
  readonly appendCalls: number;
  readonly subscriptions: number;
}

export type NodeFactsSource = () => Promise<NodeFacts>;

function toResponse(facts: NodeFacts): GetStatusResponse {
  return {
    logId: Buffer.from(facts.logId),
    logKey: Buffer.from(facts.logKey),
    clusterId: Buffer.from(facts.clusterId),
    gatewayKey: Buffer.from(facts.gatewayKey),
    firstAdministrator: Buffer.from(facts.firstAdministrator),
    size: BigInt(facts.size),
    root: Buffer.from(facts.root),
    hybridTime: facts.hybridTime,
    appendsAccepted: facts.healthDetail === "",
    healthDetail: facts.healthDetail,
    version: facts.version,
    runtime: facts.runtime,
    uptimeMs: BigInt(Math.round(facts.uptimeMs)),
    segmentCount: facts.segmentCount,
    segmentBytes: BigInt(facts.segmentBytes),
    appended: BigInt(facts.appended),
    refused: BigInt(facts.refused),
    appendCalls: facts.appendCalls,
    subscriptions: facts.subscriptions,
    entryBytesMax,
    batchEntriesMax,
    batchBytesMax,
    messageBytesMax,
  };
}

export function adminServiceHandlers(source: NodeFactsSource) {
  return {
    getStatus: (
      _call: ServerUnaryCall<GetStatusRequest, GetStatusResponse>,
      done: sendUnaryData<GetStatusResponse>,
    ) => {
      source().then(
        (facts) => done(null, toResponse(facts)),
        (error: unknown) => done(toServiceError(requireFault(error))),
      );
    },
  };
}
