/** What an operator is told of the views, in the words of admin_service.proto. */
import type {
  ProjectionState,
  ProjectionStatus,
  RebuildProgress,
  VerifyProgress,
  ViewsStatus,
} from "../model/query.js";
import {
  type GetViewsResponse,
  RebuildViewsResponse,
  VerifyViewsResponse,
  type Projection as WireProjection,
  ProjectionState as WireState,
} from "../wire/steme/v1/admin_service.js";

const states: Readonly<Record<ProjectionState, WireState>> = {
  live: WireState.LIVE,
  catching_up: WireState.CATCHING_UP,
  stopped: WireState.STOPPED,
};

export const toViewsResponse = (status: ViewsStatus): GetViewsResponse => ({
  generation: status.generation,
  version: status.version,
  applied: BigInt(status.applied),
  size: BigInt(status.size),
  bytes: BigInt(status.bytes),
  projections: status.projections.map(toProjection),
  building: status.building === undefined ? undefined : BigInt(status.building),
  writerPid: status.writerPid ?? 0,
  writerRestarts: status.writerRestarts,
  lagMs: wholeMs(status.lagMs),
});

const toProjection = (projection: ProjectionStatus): WireProjection => ({
  name: projection.name,
  state: states[projection.state],
  applied: BigInt(projection.applied),
  stoppedAt: projection.stoppedAt === undefined ? undefined : BigInt(projection.stoppedAt),
  stoppedBecause: projection.stoppedBecause ?? "",
  retryInMs: wholeMs(projection.retryInMs ?? 0),
});

const wholeMs = (ms: number): bigint => BigInt(Math.max(0, Math.round(ms)));

export const encodeRebuildProgress = ({ applied, size, generation }: RebuildProgress): Uint8Array =>
  RebuildViewsResponse.encode({
    applied: BigInt(applied),
    size: BigInt(size),
    generation,
  }).finish();

export const encodeVerifyProgress = (progress: VerifyProgress): Uint8Array => {
  const { questions, total, difference, differences } = progress;
  return VerifyViewsResponse.encode({
    questions: BigInt(questions),
    total: BigInt(total),
    difference,
    differences: differences === undefined ? undefined : BigInt(differences),
  }).finish();
};
