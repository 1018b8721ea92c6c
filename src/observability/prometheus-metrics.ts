/**
 * The metrics that Prometheus reads: prom-client lives in this file alone.
 *
 * Each instance has a registry of its own, so that two nodes in one process do not count together.
 */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { type MetricFacts, type Metrics, metricTable } from "./metrics.js";

export interface PrometheusMetrics extends Metrics {
  /** Everything, in the text format that Prometheus reads. */
  text(): Promise<string>;
  readonly contentType: string;
  /** Stops what measures on its own. */
  close(): void;
}

/** How often the event loop is looked at. */
const loopResolutionMs = 20;
const nanosecondsOfSecond = 1e9;
const microsecondsOfSecond = 1e6;
const millisecondsOfSecond = 1_000;
const quantiles = [
  ["0.5", 50],
  ["0.99", 99],
  ["1", 100],
] as const;

type Labels = Readonly<Record<string, string>>;
type Instrument = Counter | Gauge | Histogram;

function instrumentOf(registry: Registry, name: string, facts: MetricFacts): Instrument {
  const { help, labels = [], buckets = [] } = facts;
  const shared = { name, help, labelNames: [...labels], registers: [registry] };
  if (facts.kind === "counter") return new Counter(shared);
  if (facts.kind === "gauge") return new Gauge(shared);
  return new Histogram({ ...shared, buckets: [...buckets] });
}

export function openPrometheusMetrics(): PrometheusMetrics {
  const registry = new Registry();
  const instruments = new Map<string, Instrument>();
  for (const [name, facts] of Object.entries(metricTable)) {
    instruments.set(name, instrumentOf(registry, name, facts));
  }
  const looks: (() => void)[] = [];
  const metrics: Metrics = {
    count: (name, amount, labels?: Labels) => {
      const counter = instruments.get(name) as Counter;
      if (labels === undefined) counter.inc(amount);
      else counter.inc(labels, amount);
    },
    gauge: (name, value, labels?: Labels) => {
      const gauge = instruments.get(name) as Gauge;
      if (labels === undefined) gauge.set(value);
      else gauge.set(labels, value);
    },
    observe: (name, value, labels?: Labels) => {
      const histogram = instruments.get(name) as Histogram;
      if (labels === undefined) histogram.observe(value);
      else histogram.observe(labels, value);
    },
    onRead: (look) => {
      looks.push(look);
    },
  };
  const close = watchProcess(metrics);
  return {
    ...metrics,
    contentType: registry.contentType,
    text: () => {
      for (const look of looks) look();
      return registry.metrics();
    },
    close,
  };
}

/** Memory, processor and event loop of this process; returns how to stop watching. */
function watchProcess(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: loopResolutionMs });
  delay.enable();
  let cpuSeconds = 0;
  metrics.onRead(() => {
    for (const [quantile, percentile] of quantiles) {
      const ns = delay.count === 0 ? 0 : delay.percentile(percentile);
      const lateMs = ns / (nanosecondsOfSecond / millisecondsOfSecond) - loopResolutionMs;
      metrics.gauge("event_loop_delay_seconds", Math.max(0, lateMs) / millisecondsOfSecond, {
        quantile,
      });
    }
    delay.reset();
    const { rss, heapUsed, external } = process.memoryUsage();
    metrics.gauge("process_resident_memory_bytes", rss);
    metrics.gauge("process_heap_bytes", heapUsed);
    metrics.gauge("process_external_bytes", external);
    metrics.gauge("process_uptime_seconds", process.uptime());
    const { user, system } = process.cpuUsage();
    const now = (user + system) / microsecondsOfSecond;
    metrics.count("process_cpu_seconds_total", Math.max(0, now - cpuSeconds));
    cpuSeconds = now;
  });
  return () => {
    delay.disable();
  };
}
