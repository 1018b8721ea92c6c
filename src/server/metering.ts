/** Tells the metrics what a node looks up about itself whenever they are read. */
import type { Ingest } from "../ingest/ingest.js";
import type { ViewsStatus } from "../model/query.js";
import type { Metrics } from "../observability/metrics.js";
import type { CallRegistry } from "../rpc/call-registry.js";
import type { Log } from "../wal/log.js";

export interface MeteredParts {
  readonly log: Log;
  readonly ingest: Ingest;
  readonly calls: CallRegistry;
  readonly views: { status(): ViewsStatus };
}

export function meterNode(metrics: Metrics, parts: MeteredParts): void {
  const { log, ingest, calls, views } = parts;
  let restarts = 0;
  metrics.onRead(() => {
    metrics.gauge("log_entries", log.size);
    metrics.gauge("log_accepts_appends", ingest.unavailable() === undefined ? 1 : 0);
    metrics.gauge("append_calls", calls.count("append"));
    metrics.gauge("subscription_calls", calls.count("subscribe"));
    const status = views.status();
    const stopped = status.projections.filter(({ state }) => state === "stopped");
    metrics.gauge("views_applied_entries", status.applied);
    metrics.gauge("views_lag_seconds", status.lagMs / 1_000);
    metrics.gauge("views_bytes", status.bytes);
    metrics.gauge("views_stopped_projections", stopped.length);
    metrics.count("views_writer_restarts_total", status.writerRestarts - restarts);
    restarts = status.writerRestarts;
  });
}
