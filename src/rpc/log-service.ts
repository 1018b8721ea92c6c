/** LogService: translates between gRPC and the append path, subscriptions and the log. */
import type { ServerUnaryCall, ServerWritableStream, sendUnaryData } from "@grpc/grpc-js";
import type { Clock } from "../host/clock.js";
import type { Ingest } from "../ingest/ingest.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import { readRange } from "../subscription/range.js";
import type { Repeats } from "../subscription/repeats.js";
import { requireLog, resolveStart } from "../subscription/start.js";
import { Subscription } from "../subscription/subscription.js";
import type { Block } from "../wal/block.js";
import { idOf } from "../wal/block-id.js";
import type { Log } from "../wal/log.js";
import {
  type GetRequest,
  type GetResponse,
  LogServiceService,
  type ReadRequest,
  type SubscribeRequest,
} from "../wire/steme/v1/log_service.js";
import { type AppendStream, handleAppend } from "./append-handler.js";
import type { CallKind, CallRegistry } from "./call-registry.js";
import { encodeFrame, encodeRun, READ_ENTRIES_FIELD } from "./frame-bytes.js";
import { toFilter, toGet, toHeartbeatMs, toRead, toStart } from "./requests.js";
import { requireFault, toServiceError } from "./status.js";
import { isRefused, streamMessages } from "./streaming.js";

/** Finds an entry by its id: where it stands first. */
export interface IdIndex extends Repeats {
  indexOf(id: Uint8Array): Promise<number | undefined>;
}

export interface LogServiceParts {
  readonly log: Log;
  readonly ingest: Ingest;
  readonly ids: IdIndex;
  readonly clock: Clock;
  readonly calls: CallRegistry;
  /** Between heartbeats of a subscription that asks for no interval of its own. */
  readonly heartbeatMs: number;
  /** Memory for what one reader has not yet taken. */
  readonly bufferBytesMax: number;
}

const asBytes = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * The service's definition with the hot messages left as bytes: append requests are scanned without
 * making objects of them, and entries go from block to socket in one copy.
 */
export const logServiceDefinition = {
  append: {
    ...LogServiceService.append,
    requestDeserialize: (bytes: Buffer): Buffer => bytes,
    responseSerialize: asBytes,
  },
  subscribe: { ...LogServiceService.subscribe, responseSerialize: asBytes },
  read: { ...LogServiceService.read, responseSerialize: asBytes },
  get: LogServiceService.get,
};

export function logServiceHandlers(parts: LogServiceParts) {
  const { log, calls } = parts;
  const logId = asBytes(log.id);
  const readerOf = (kind: CallKind) => ({ calls, kind, bufferBytesMax: parts.bufferBytesMax });
  return {
    append: (call: AppendStream) => {
      if (isRefused(call, calls)) return;
      handleAppend(call, { ingest: parts.ingest, logId, calls });
    },
    subscribe: (call: ServerWritableStream<SubscribeRequest, Uint8Array>) => {
      if (isRefused(call, calls)) return;
      void streamMessages(call, readerOf("subscribe"), (request, signal) =>
        subscriptionMessages(parts, logId, request, signal),
      );
    },
    read: (call: ServerWritableStream<ReadRequest, Uint8Array>) => {
      if (isRefused(call, calls)) return;
      void streamMessages(call, readerOf("read"), (request, signal) =>
        readMessages(log, request, signal),
      );
    },
    get: (call: ServerUnaryCall<GetRequest, GetResponse>, done: sendUnaryData<GetResponse>) => {
      getEntry(parts, call.request).then(
        (response) => done(null, response),
        (error: unknown) => done(toServiceError(requireFault(error))),
      );
    },
  };
}

async function* subscriptionMessages(
  parts: LogServiceParts,
  logId: Buffer,
  request: SubscribeRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const start = toStart(request);
  const filter = toFilter(request.filter);
  const heartbeatMs = toHeartbeatMs(request, parts.heartbeatMs);
  const { log, clock, ids } = parts;
  const subscription = await Subscription.open({
    log,
    clock,
    repeats: ids,
    next: await resolveStart(log, start),
    filter,
    heartbeatMs,
    untilEnd: request.untilEnd,
    signal,
  });
  for await (const frame of subscription.frames()) yield encodeFrame(logId, frame);
}

const noExtras = { repeats: new Map<number, number>(), token: new Uint8Array(0) };

async function* readMessages(
  log: Log,
  request: ReadRequest,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const read = { ...toRead(request), signal };
  if (read.logId !== undefined) requireLog(log, read.logId);
  if (read.from > log.size) {
    const message = "the range begins behind the end of the log";
    throw new Fault("POSITION_INVALID", message, { from_index: read.from, size: log.size });
  }
  for await (const run of readRange(log, read)) yield encodeRun(READ_ENTRIES_FIELD, run, noExtras);
}

async function getEntry(parts: LogServiceParts, request: GetRequest): Promise<GetResponse> {
  const { log, ids } = parts;
  const wanted = toGet(request);
  if (wanted.kind === "id") {
    const index = await ids.indexOf(wanted.id);
    if (index !== undefined) return describeEntry(log, await log.read(index), index);
    const facts = { id: toHex(wanted.id) };
    throw new Fault("NOT_FOUND", "no entry with this id is stored here", facts);
  }
  requireLog(log, wanted.position.logId);
  const { index } = wanted.position;
  if (index >= log.size) {
    const facts = { index, size: log.size };
    throw new Fault("NOT_FOUND", "the position lies behind the end of the log", facts);
  }
  const block = await log.read(index);
  return describeEntry(log, block, index);
}

function describeEntry(log: Log, block: Block, index: number): GetResponse {
  const entry = index - block.firstIndex;
  const id = asBytes(idOf(block, entry));
  const state = block.state(entry);
  const batchIndex = block.batchOf(entry);
  const batch = batchIndex < 0 ? undefined : block.batch(batchIndex);
  return {
    id,
    position: { logId: asBytes(log.id), index: BigInt(index) },
    hybridTime: block.hybridTime,
    entry: state === "whole" ? asBytes(block.entry(entry)) : Buffer.alloc(0),
    hole: state === "whole" ? undefined : { entry: 0, id, redacted: state === "redacted" },
    batch:
      batch === undefined
        ? undefined
        : {
            author: asBytes(batch.author),
            writer: asBytes(batch.writer),
            sequence: BigInt(batch.sequence),
            firstIndex: BigInt(block.firstIndex + batch.firstEntry),
            count: batch.count,
            signature: asBytes(batch.signature),
          },
  };
}
