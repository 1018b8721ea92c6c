/** docs/reference/metrics.md, from the table of metrics. */
import { type MetricFacts, metricTable } from "../../src/observability/metrics.js";
import { generatedNote, join, type Page, table } from "./page.js";

const code = (text: string): string => `\`${text}\``;

export function metricsPage(): Page {
  const rows = Object.entries(metricTable as Readonly<Record<string, MetricFacts>>).map(
    ([name, { kind, labels = [], help }]) => [code(name), kind, labels.map(code).join(", "), help],
  );
  const buckets = Object.entries(metricTable as Readonly<Record<string, MetricFacts>>)
    .filter(([, facts]) => facts.buckets !== undefined)
    .map(([name, facts]) => [code(name), (facts.buckets ?? []).join(", ")]);
  const parts = [
    "# Metrics",
    generatedNote,
    "`GET /metrics` on the HTTP port is what Prometheus reads. Times are seconds, sizes bytes. " +
      "Names that a single node has no use for, such as those of a cluster, are not there.",
    table(["name", "kind", "labels", "what it is"], rows),
    "## Buckets",
    table(["histogram", "upper bounds"], buckets),
  ];
  return { path: "docs/reference/metrics.md", text: join(parts) };
}
