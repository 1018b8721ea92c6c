/** What a node says of itself, with numbers where they are exact. */
import type { HybridTime } from "../model/hybrid-time.js";
import { toHybridTime } from "../model/hybrid-time.js";
import type { LogId } from "../model/position.js";
import {
  AdminServiceService,
  GetStatusRequest,
  GetStatusResponse,
} from "../wire/steme/v1/admin_service.js";
import type { CallLimits, Connection } from "./connection.js";

/** `GetStatusResponse` of proto/steme/v1/admin_service.proto, field by field. */
export interface NodeStatus {
  readonly logId: LogId;
  readonly logKey: Uint8Array;
  readonly clusterId: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly hybridTime: HybridTime;
  readonly appendsAccepted: boolean;
  /** Empty where all is well. */
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
  readonly gatewayKey: Uint8Array;
  /** Empty if none. */
  readonly firstAdministrator: Uint8Array;
  readonly entryBytesMax: number;
  readonly batchEntriesMax: number;
  readonly batchBytesMax: number;
  readonly messageBytesMax: number;
}

export async function readStatus(connection: Connection, limits: CallLimits): Promise<NodeStatus> {
  const request = GetStatusRequest.encode({}).finish();
  const { path } = AdminServiceService.getStatus;
  const status = GetStatusResponse.decode(await connection.unaryCall(path, request, limits));
  return {
    ...status,
    size: Number(status.size),
    hybridTime: toHybridTime(status.hybridTime),
    uptimeMs: Number(status.uptimeMs),
    segmentBytes: Number(status.segmentBytes),
    appended: Number(status.appended),
    refused: Number(status.refused),
  };
}
