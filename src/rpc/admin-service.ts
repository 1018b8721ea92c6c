/** AdminService: what a node says about itself and its views. */
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from "@grpc/grpc-js";
import { batchBytesMax, batchEntriesMax, entryBytesMax, messageBytesMax } from "../model/limits.js";
import type { RebuildProgress, VerifyProgress, ViewsStatus } from "../model/query.js";
import {
  AdminServiceService,
  type GetStatusRequest,
  type GetStatusResponse,
  type GetViewsRequest,
  type GetViewsResponse,
  type RebuildViewsRequest,
  type VerifyViewsRequest,
} from "../wire/steme/v1/admin_service.js";
import type { CallRegistry } from "./call-registry.js";
import { requireFault, toServiceError } from "./status.js";
import { isRefused, streamMessages } from "./streaming.js";
import { encodeRebuildProgress, encodeVerifyProgress, toViewsResponse } from "./views-replies.js";

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

/** The views as an operator handles them. */
export interface AdministeredViews {
  status(): ViewsStatus;
  rebuild(signal: AbortSignal): AsyncIterable<RebuildProgress>;
  verify(signal: AbortSignal): AsyncIterable<VerifyProgress>;
}

export interface AdminServiceParts {
  readonly facts: NodeFactsSource;
  readonly views: AdministeredViews;
  readonly calls: CallRegistry;
  /** Memory for what one reader has not yet taken. */
  readonly bufferBytesMax: number;
}

const asBytes = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The service's definition with what is streamed left as bytes. */
export const adminServiceDefinition = {
  ...AdminServiceService,
  rebuildViews: { ...AdminServiceService.rebuildViews, responseSerialize: asBytes },
  verifyViews: { ...AdminServiceService.verifyViews, responseSerialize: asBytes },
};

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

export function adminServiceHandlers(parts: AdminServiceParts) {
  const { facts, views, calls, bufferBytesMax } = parts;
  const reader = { calls, kind: "other", bufferBytesMax } as const;
  return {
    getStatus: (
      _call: ServerUnaryCall<GetStatusRequest, GetStatusResponse>,
      done: sendUnaryData<GetStatusResponse>,
    ) => {
      facts().then(
        (known) => done(null, toResponse(known)),
        (error: unknown) => done(toServiceError(requireFault(error))),
      );
    },
    getViews: (
      _call: ServerUnaryCall<GetViewsRequest, GetViewsResponse>,
      done: sendUnaryData<GetViewsResponse>,
    ) => done(null, toViewsResponse(views.status())),
    rebuildViews: (call: ServerWritableStream<RebuildViewsRequest, Uint8Array>) => {
      if (isRefused(call, calls)) return;
      void streamMessages(call, reader, (_request, signal) => rebuildMessages(views, signal));
    },
    verifyViews: (call: ServerWritableStream<VerifyViewsRequest, Uint8Array>) => {
      if (isRefused(call, calls)) return;
      void streamMessages(call, reader, (_request, signal) => verifyMessages(views, signal));
    },
  };
}

async function* rebuildMessages(
  views: AdministeredViews,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  for await (const progress of views.rebuild(signal)) yield encodeRebuildProgress(progress);
}

async function* verifyMessages(
  views: AdministeredViews,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  for await (const progress of views.verify(signal)) yield encodeVerifyProgress(progress);
}
