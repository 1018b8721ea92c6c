/**
 * How a node says that it is well: one judgement for every interface.
 *
 * Unhealthy is a node that cannot do what it is for: it takes no appends. Degraded is one that
 * answers from views that stopped, or that has none yet: reads and appends go on.
 */
import type { Clock } from "../host/clock.js";
import type { HealthSource, NodeHealth, ReadinessCheck } from "../http/parts.js";
import type { Ingest } from "../ingest/ingest.js";
import { isFault } from "../model/fault.js";
import type { Log } from "../wal/log.js";
import { noViews, type ViewsInUse } from "./no-views.js";

export interface NodeHealthParts {
  readonly log: Log;
  readonly ingest: Ingest;
  readonly views: ViewsInUse;
  readonly clock: Clock;
  readonly startedMs: number;
  readonly version: string;
}

/** What is wrong with the views; empty where nothing is, and where none are wanted. */
function viewsTrouble(views: ViewsInUse): string {
  if (views === noViews) return "";
  const stopped = views.status().projections.find(({ state }) => state === "stopped");
  if (stopped !== undefined) {
    return `views stopped (${stopped.name}): ${stopped.stoppedBecause ?? "unknown"}`;
  }
  return assertionCount(views) === undefined ? "the views cannot be read yet" : "";
}

function assertionCount(views: ViewsInUse): number | undefined {
  try {
    return views.read((snapshot) => snapshot.assertionCount);
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

export function nodeHealth(parts: NodeHealthParts): HealthSource {
  const { log, ingest, views, clock, startedMs, version } = parts;
  const check = (name: string, detail: string): ReadinessCheck => ({
    name,
    isReady: detail === "",
    detail,
  });
  return {
    health: (): NodeHealth => {
      const refusal = ingest.unavailable()?.message ?? "";
      const trouble = refusal === "" ? viewsTrouble(views) : "";
      return {
        status: refusal !== "" ? "unhealthy" : trouble !== "" ? "degraded" : "healthy",
        detail: refusal === "" ? trouble : refusal,
        assertionCount: assertionCount(views),
        logId: log.id,
        size: log.size,
        views: views === noViews ? undefined : views.status(),
        version,
        uptimeMs: clock.monotonicMs() - startedMs,
      };
    },
    checks: () => [
      check("log", ingest.unavailable()?.message ?? ""),
      check("views", viewsTrouble(views)),
    ],
  };
}
