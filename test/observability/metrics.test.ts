/**
 * Goal: what parts report is what Prometheus reads, under the names and with the help of the table.
 * Method: reports through the interface, reads the text back.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type MetricFacts, metricTable } from "../../src/observability/metrics.js";
import {
  openPrometheusMetrics,
  type PrometheusMetrics,
} from "../../src/observability/prometheus-metrics.js";

const test = suite("observability: metrics");

async function on(work: (metrics: PrometheusMetrics) => Promise<void>): Promise<void> {
  const metrics = openPrometheusMetrics();
  try {
    await work(metrics);
  } finally {
    metrics.close();
  }
}

const seriesOf = (text: string, series: string): number => {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? Number.NaN : Number(line.slice(series.length + 1));
};

test("names: areas first, units and _total as the kind asks for, help that is a sentence", () => {
  for (const [name, facts] of Object.entries(metricTable as Record<string, MetricFacts>)) {
    assert.match(name, /^[a-z]+(_[a-z]+)+$/);
    assert.is(name.endsWith("_total"), facts.kind === "counter", name);
    assert.match(facts.help, /\.$|;.*\.$/, name);
    assert.is(facts.buckets !== undefined, facts.kind === "histogram", name);
    const buckets = facts.buckets ?? [];
    assert.equal(
      [...buckets].sort((left, right) => left - right),
      buckets,
    );
  }
});

test("counters, gauges and histograms come out as they went in", () =>
  on(async (metrics) => {
    metrics.count("append_entries_total", 5);
    metrics.count("append_entries_total", 2);
    metrics.count("append_refused_total", 1, { code: "DISK_FULL" });
    metrics.gauge("log_entries", 10);
    metrics.gauge("log_entries", 8);
    metrics.observe("log_block_entries", 3);
    metrics.observe("log_block_entries", 100_000);
    metrics.observe("query_duration_seconds", 0.0003, { lens: "recency", path: "weighed" });
    const text = await metrics.text();
    assert.is(seriesOf(text, "append_entries_total"), 7);
    assert.is(seriesOf(text, 'append_refused_total{code="DISK_FULL"}'), 1);
    assert.is(seriesOf(text, "log_entries"), 8);
    assert.is(seriesOf(text, 'log_block_entries_bucket{le="2"}'), 0);
    assert.is(seriesOf(text, 'log_block_entries_bucket{le="4"}'), 1);
    assert.is(seriesOf(text, 'log_block_entries_bucket{le="+Inf"}'), 2);
    assert.is(seriesOf(text, "log_block_entries_count"), 2);
    const series = 'query_duration_seconds_bucket{le="0.0005",lens="recency",path="weighed"}';
    assert.is(seriesOf(text, series), 1);
    assert.match(text, /^# HELP append_entries_total Entries appended, durably\.$/m);
  }));

test("what is looked up is looked up at each reading, before it", () =>
  on(async (metrics) => {
    let size = 0;
    metrics.onRead(() => metrics.gauge("log_entries", ++size));
    assert.is(seriesOf(await metrics.text(), "log_entries"), 1);
    assert.is(seriesOf(await metrics.text(), "log_entries"), 2);
  }));

test("the process: memory, processor time that only grows, an event loop that was late", () =>
  on(async (metrics) => {
    await metrics.text();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const end = performance.now() + 150;
    while (performance.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 60));
    const first = await metrics.text();
    assert.ok(seriesOf(first, "process_resident_memory_bytes") > 10_000_000);
    assert.ok(seriesOf(first, 'event_loop_delay_seconds{quantile="1"}') > 0.08);
    const cpu = seriesOf(first, "process_cpu_seconds_total");
    assert.ok(cpu > 0.1);
    const second = await metrics.text();
    assert.ok(seriesOf(second, "process_cpu_seconds_total") >= cpu);
    assert.ok(seriesOf(second, 'event_loop_delay_seconds{quantile="1"}') < 0.08);
  }));

test("instances count apart, and a single node has no names of a cluster", () =>
  on(async (one) => {
    const other = openPrometheusMetrics();
    one.count("append_batches_total", 1);
    const text = await other.text();
    assert.is(seriesOf(text, "append_batches_total"), 0);
    assert.not.match(text, /cluster_members|replication_lag/);
    other.close();
  }));

test.run();
