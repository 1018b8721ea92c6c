/**
 * What a node counts and measures about itself: one table of metrics, and the interface that parts
 * are handed to report them. Prometheus stands behind it in one file; a part that is told nothing
 * gets `silentMetrics`.
 *
 * The table is the source of docs/reference/metrics.md. Names are `<area>_<noun>_<unit>`, with
 * `_total` behind what only grows; times are seconds and sizes bytes, as Prometheus has them.
 */

export interface MetricFacts {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels?: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending. */
  readonly buckets?: readonly number[];
}

/** From a tenth of a millisecond to ten seconds. */
const durationBuckets = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
const sizeBuckets = [256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 8_388_608];
const countBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 1_024, 4_096, 16_384, 65_536];

export const metricTable = {
  append_entries_total: { kind: "counter", help: "Entries appended, durably." },
  append_batches_total: { kind: "counter", help: "Batches appended, durably." },
  append_refused_total: {
    kind: "counter",
    help: "Batches refused, by the code of the fault.",
    labels: ["code"],
  },
  append_duration_seconds: {
    kind: "histogram",
    help: "From an admitted batch to its receipt: the wait for the group commit included.",
    buckets: durationBuckets,
  },
  log_commit_duration_seconds: {
    kind: "histogram",
    help: "One group commit: writing a block and syncing it to disk.",
    buckets: durationBuckets,
  },
  log_block_bytes: {
    kind: "histogram",
    help: "Size of a block's payload before compression: what one group commit wrote.",
    buckets: sizeBuckets,
  },
  log_block_entries: {
    kind: "histogram",
    help: "Entries of a block, its stamp included.",
    buckets: countBuckets,
  },
  log_entries: { kind: "gauge", help: "Durable entries of the node's log." },
  log_accepts_appends: {
    kind: "gauge",
    help: "1 while the log takes appends, 0 while it refuses them.",
  },
  query_requests_total: {
    kind: "counter",
    help:
      "Queries answered, by lens, and by how: `materialised` from answers kept ready, `weighed` " +
      "on the fly, `mixed` from both, `none` where nothing was found.",
    labels: ["lens", "path"],
  },
  query_duration_seconds: {
    kind: "histogram",
    help: "From a query to its answer, the wait for freshness included; labels as above.",
    labels: ["lens", "path"],
    buckets: durationBuckets,
  },
  views_applied_entries: {
    kind: "gauge",
    help: "Entries of the node's log that every projection has applied.",
  },
  views_lag_seconds: { kind: "gauge", help: "How far the views are behind the log, in time." },
  views_bytes: { kind: "gauge", help: "Disk that the views take." },
  views_stopped_projections: {
    kind: "gauge",
    help: "Projections that met an entry they cannot apply, and wait to try again.",
  },
  views_writer_restarts_total: {
    kind: "counter",
    help: "How often the process that writes the views had to be started anew.",
  },
  subscription_calls: { kind: "gauge", help: "Open subscriptions over gRPC." },
  append_calls: { kind: "gauge", help: "Open append calls over gRPC." },
  http_feeds: { kind: "gauge", help: "Open feeds of server-sent events." },
  http_requests_total: {
    kind: "counter",
    help: "HTTP requests answered, by route and status.",
    labels: ["route", "status"],
  },
  http_request_duration_seconds: {
    kind: "histogram",
    help: "From the head of an HTTP request to the end of its answer; feeds are left out.",
    labels: ["route"],
    buckets: durationBuckets,
  },
  event_loop_delay_seconds: {
    kind: "gauge",
    help: "How late the event loop was since the metrics were last read, beyond its timer's tick.",
    labels: ["quantile"],
  },
  process_resident_memory_bytes: { kind: "gauge", help: "Memory that the process holds." },
  process_heap_bytes: { kind: "gauge", help: "JavaScript objects in use." },
  process_external_bytes: { kind: "gauge", help: "Buffers outside of the JavaScript heap." },
  process_cpu_seconds_total: {
    kind: "counter",
    help: "Processor time of the process, all threads, user and system.",
  },
  process_uptime_seconds: { kind: "gauge", help: "How long the process has been running." },
} as const satisfies Record<string, MetricFacts>;

type Table = typeof metricTable;
export type MetricName = keyof Table;
type NamesOf<Kind extends MetricFacts["kind"]> = {
  [Name in MetricName]: Table[Name]["kind"] extends Kind ? Name : never;
}[MetricName];
export type CounterName = NamesOf<"counter">;
export type GaugeName = NamesOf<"gauge">;
export type HistogramName = NamesOf<"histogram">;

/** The labels that a metric has, each with its value; nothing for a metric without labels. */
export type LabelsOf<Name extends MetricName> = Table[Name] extends {
  readonly labels: readonly (infer Label extends string)[];
}
  ? [labels: Readonly<Record<Label, string>>]
  : [];

export interface Metrics {
  /** Adds to a counter. */
  count<Name extends CounterName>(name: Name, amount: number, ...labels: LabelsOf<Name>): void;
  /** Sets a gauge. */
  gauge<Name extends GaugeName>(name: Name, value: number, ...labels: LabelsOf<Name>): void;
  /** Puts a value into a histogram. */
  observe<Name extends HistogramName>(name: Name, value: number, ...labels: LabelsOf<Name>): void;
  /** Calls whenever the metrics are read, before they are: for what is looked up, not reported. */
  onRead(look: () => void): void;
}

const nothing = () => {};

export const silentMetrics: Metrics = {
  count: nothing,
  gauge: nothing,
  observe: nothing,
  onRead: nothing,
};
