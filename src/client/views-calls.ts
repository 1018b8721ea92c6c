/** What a node says of its views, their rebuilding and their comparison with the log. */
import type {
  ProjectionState,
  ProjectionStatus,
  RebuildProgress,
  VerifyProgress,
  ViewsStatus,
} from "../model/query.js";
import {
  AdminServiceService,
  GetViewsRequest,
  GetViewsResponse,
  RebuildViewsRequest,
  RebuildViewsResponse,
  VerifyViewsRequest,
  VerifyViewsResponse,
  type Projection as WireProjection,
} from "../wire/steme/v1/admin_service.js";
import { type CallLimits, type Connection, cancelledFault } from "./connection.js";
import { FrameReader } from "./frame-reader.js";
import { nameOf } from "./query-answers.js";
import { exactOf } from "./wire-position.js";

// In the order of their enum numbers, which start at 1.
const projectionStates: readonly ProjectionState[] = ["live", "catching_up", "stopped"];

export async function readViews(connection: Connection, limits: CallLimits): Promise<ViewsStatus> {
  const { path } = AdminServiceService.getViews;
  const bytes = await connection.unaryCall(path, GetViewsRequest.encode({}).finish(), limits);
  const { building, ...wire } = GetViewsResponse.decode(bytes);
  const { writerPid } = wire;
  return {
    generation: wire.generation,
    version: wire.version,
    applied: exactOf(wire.applied),
    size: exactOf(wire.size),
    bytes: exactOf(wire.bytes),
    projections: wire.projections.map(projectionOf),
    ...(building === undefined ? {} : { building: exactOf(building) }),
    ...(writerPid === 0 ? {} : { writerPid }),
    writerRestarts: wire.writerRestarts,
    lagMs: exactOf(wire.lagMs),
  };
}

function projectionOf(wire: WireProjection): ProjectionStatus {
  const { stoppedAt, stoppedBecause } = wire;
  const state = nameOf(projectionStates, wire.state);
  return {
    name: wire.name,
    state,
    applied: exactOf(wire.applied),
    ...(stoppedAt === undefined ? {} : { stoppedAt: exactOf(stoppedAt) }),
    ...(stoppedBecause === "" ? {} : { stoppedBecause }),
    ...(state === "stopped" ? { retryInMs: exactOf(wire.retryInMs) } : {}),
  };
}

export async function* rebuildReports(
  connection: Connection,
  limits: CallLimits,
): AsyncGenerator<RebuildProgress, void, undefined> {
  const { path } = AdminServiceService.rebuildViews;
  const request = RebuildViewsRequest.encode({}).finish();
  for await (const message of messagesOf(connection, path, request, limits)) {
    const { applied, size, generation } = RebuildViewsResponse.decode(message);
    const progress = { applied: exactOf(applied), size: exactOf(size) };
    yield generation === undefined ? progress : { ...progress, generation };
  }
}

export async function* verifyReports(
  connection: Connection,
  limits: CallLimits,
): AsyncGenerator<VerifyProgress, void, undefined> {
  const { path } = AdminServiceService.verifyViews;
  const request = VerifyViewsRequest.encode({}).finish();
  for await (const message of messagesOf(connection, path, request, limits)) {
    const { questions, total, difference, differences } = VerifyViewsResponse.decode(message);
    yield {
      questions: exactOf(questions),
      total: exactOf(total),
      ...(difference === undefined ? {} : { difference }),
      ...(differences === undefined ? {} : { differences: exactOf(differences) }),
    };
  }
}

/** The messages of a call, until it ends; leaving the iteration cancels it. */
async function* messagesOf(
  connection: Connection,
  path: string,
  request: Uint8Array,
  limits: CallLimits,
): AsyncGenerator<Buffer, void, undefined> {
  const { signal } = limits;
  if (signal?.aborted === true) throw cancelledFault(signal.reason);
  const reader = new FrameReader(connection.readableCall(path, request, limits));
  const cancel = () => reader.cancel({ fault: cancelledFault(signal?.reason), isTransient: false });
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for (;;) {
      const message = reader.read();
      if (message !== undefined) yield message;
      else if (reader.over === undefined) {
        await reader.wait(connection.options.clock, undefined);
      } else if (reader.over.failure !== undefined) throw reader.over.failure.fault;
      else return;
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
    if (reader.over === undefined) reader.cancel();
  }
}
