/** A projection and how it stands: with the others, alone behind them, or stopped for a while. */
import { isFault } from "../model/fault.js";
import type { ProjectionStatus } from "../model/query.js";
import type { ProjectionName, ViewProjection } from "../views/view-types.js";

/** Answers are folded from what the questions hold. */
const needed: Partial<Record<ProjectionName, readonly ProjectionName[]>> = {
  answers: ["questions"],
};

type Stand =
  | { readonly kind: "together" }
  | { readonly kind: "alone" }
  /** Waits before it is tried again. */
  | { readonly kind: "stopped"; readonly index: number; readonly because: string; untilMs: number };

export class Member {
  readonly projection: ViewProjection;
  readonly needs: readonly ProjectionName[];
  /** Entries that it has applied. */
  size: number;
  /** Hybrid time of the newest block that it has applied. */
  recorded: bigint;
  stand: Stand = { kind: "alone" };
  /** In a row. */
  failures = 0;
  /** Behind the batch that it failed in: up to there it goes block by block. */
  failedEnd = 0;

  constructor(projection: ViewProjection, size: number, recorded: bigint) {
    this.projection = projection;
    this.needs = needed[projection.name] ?? [];
    this.size = size;
    this.recorded = recorded;
  }

  get name(): ProjectionName {
    return this.projection.name;
  }

  get isTogether(): boolean {
    return this.stand.kind === "together";
  }

  status(now: {
    readonly told: number;
    readonly ms: number;
    readonly missing: readonly ProjectionName[];
  }): ProjectionStatus {
    const { name, size: applied, stand } = this;
    if (stand.kind === "stopped") {
      const { index: stoppedAt, because: stoppedBecause, untilMs } = stand;
      const retryInMs = Math.max(0, Math.round(untilMs - now.ms));
      return { name, state: "stopped", applied, stoppedAt, stoppedBecause, retryInMs };
    }
    if (now.missing.length > 0) {
      const stoppedBecause = `it waits for ${now.missing.join(", ")}`;
      return { name, state: "stopped", applied, stoppedAt: applied, stoppedBecause };
    }
    return { name, state: applied >= now.told ? "live" : "catching_up", applied };
  }
}

/** What went wrong, for people. */
export const reasonOf = (error: unknown): string => {
  if (isFault(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
};

/** The index that an error names, if it lies at or behind another. */
export function indexOf(error: unknown, index: number): number {
  const named = isFault(error) ? error.detail["index"] : undefined;
  return typeof named === "number" && named >= index ? named : index;
}
