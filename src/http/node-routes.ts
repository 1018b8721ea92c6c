/** How the node is: health, readiness, metrics. */
import type { JsonObject } from "../entry/json.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import type { ViewsStatus } from "../model/query.js";
import type { HealthSource, MetricsText, NodeHealth, ReadinessCheck } from "./parts.js";
import { problems, queryOf, type Route, responses, uncached } from "./route.js";
import {
  hex,
  list,
  object,
  oneOf,
  type Schema,
  shape,
  text,
  whole,
  withExamples,
} from "./schema.js";

const viewsSchema = shape("How the views stand; null while there are none.", {
  generation: whole("Which of their generations answers."),
  applied: whole("Entries of the log that every projection has applied."),
  size: whole("Entries of the log."),
  lag_ms: { type: "number", description: "How far they are behind, in time." },
  stopped: list("Projections that cannot go on.", text("A name.")),
});

const healthSchema = withExamples(
  shape("How the node is.", {
    status: oneOf("200 but for `unhealthy`, which is 503.", ["healthy", "degraded", "unhealthy"]),
    detail: text("Why, where it is not healthy."),
    assertion_count: {
      type: ["integer", "null"],
      description: "Distinct live assertions; null while the views cannot be read.",
    },
    log_id: hex("The node's log.", 32),
    size: whole("Durable entries of the log."),
    views: { anyOf: [viewsSchema, { type: "null" }] },
    version: text("Of StemeDB."),
    uptime_ms: { type: "number", description: "Since it was started." },
  }),
);

const viewsJson = (views: ViewsStatus): JsonObject => ({
  generation: views.generation,
  applied: views.applied,
  size: views.size,
  lag_ms: views.lagMs,
  stopped: views.projections.filter(({ state }) => state === "stopped").map(({ name }) => name),
});

const healthJson = (health: NodeHealth): JsonObject => ({
  status: health.status,
  detail: health.detail,
  assertion_count: health.assertionCount ?? null,
  log_id: toHex(health.logId),
  size: health.size,
  views: health.views === undefined ? null : viewsJson(health.views),
  version: health.version,
  uptime_ms: Math.round(health.uptimeMs),
});

const readinessSchema: Schema = text("`ok`, or one line for each check.");
const plainText = (description: string) => ({
  description,
  content: { "text/plain": { schema: readinessSchema } },
});

/** `[+]log ok`, `[-]views failed: …`: the form that Kubernetes' own components have. */
const checkLine = ({ name, isReady, detail }: ReadinessCheck, isExcluded: boolean): string => {
  if (isExcluded) return `[+]${name} excluded: ok`;
  return isReady ? `[+]${name} ok` : `[-]${name} failed: ${detail}`;
};

/** A name that is misspelt would leave its check in force, and nobody would know why. */
function requireKnown(excluded: readonly string[], checks: readonly ReadinessCheck[]): void {
  const known = checks.map(({ name }) => name);
  const unknown = excluded.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const limit = `one of ${known.join(", ")}`;
  const message = `exclude must be ${limit}; it is ${JSON.stringify(unknown)}`;
  throw new Fault("ARGUMENT_INVALID", message, { field: "exclude", limit, value: unknown });
}

export const nodeRoutes = (
  source: HealthSource,
  metrics: MetricsText,
  isStopping: () => boolean,
): readonly Route[] => [
  {
    method: "GET",
    url: "/v1/health",
    schema: {
      tags: ["Node"],
      operationId: "health",
      summary: "Says how the node is.",
      response: responses("Healthy, or degraded: it answers.", healthSchema, {
        503: {
          description: "Unhealthy: send requests to another node.",
          content: { "application/json": { schema: healthSchema } },
        },
      }),
    },
    handler: async (_request, reply) => {
      uncached(reply);
      const health = source.health();
      return reply.code(health.status === "unhealthy" ? 503 : 200).send(healthJson(health));
    },
  },
  {
    method: "GET",
    url: "/livez",
    schema: {
      tags: ["Node"],
      operationId: "livez",
      summary: "Says that the process is alive: where this fails, restart it.",
      response: { 200: plainText("Alive.") },
    },
    handler: async (_request, reply) => {
      uncached(reply);
      return reply.type("text/plain; charset=utf-8").send("ok\n");
    },
  },
  {
    method: "GET",
    url: "/readyz",
    schema: {
      tags: ["Node"],
      operationId: "readyz",
      summary: "Says whether the node takes requests: where this fails, send them elsewhere.",
      querystring: object(
        "What to say, and what to leave out.",
        {},
        {
          verbose: text("Give it, with or without a value: one line for each check."),
          exclude: list("Checks that do not count.", text("Its name, as `verbose` prints it.")),
        },
      ),
      response: { 200: plainText("Ready."), 503: plainText("Not ready."), ...problems },
    },
    handler: async (request, reply) => {
      uncached(reply);
      const { verbose, exclude = [] } = queryOf<{ verbose?: string; exclude?: string[] }>(request);
      const stopping = { name: "stopping", isReady: !isStopping(), detail: "the node is stopping" };
      const checks = [stopping, ...source.checks()];
      requireKnown(exclude, checks);
      const failed = checks.filter(({ name, isReady }) => !isReady && !exclude.includes(name));
      const isReady = failed.length === 0;
      const lines = checks.map((check) => checkLine(check, exclude.includes(check.name)));
      const ending = isReady ? "ready" : "not ready";
      const isVerbose = verbose !== undefined || !isReady;
      return reply
        .code(isReady ? 200 : 503)
        .type("text/plain; charset=utf-8")
        .send(isVerbose ? `${[...lines, ending].join("\n")}\n` : "ok\n");
    },
  },
  {
    method: "GET",
    url: "/metrics",
    schema: {
      tags: ["Node"],
      operationId: "metrics",
      summary: "Metrics for Prometheus: docs/reference/metrics.md says what each is.",
      response: {
        200: {
          description: "In Prometheus' text format.",
          content: { "text/plain": { schema: text("Metrics.") } },
        },
      },
    },
    handler: async (_request, reply) => {
      uncached(reply);
      return reply.type(metrics.contentType).send(await metrics.text());
    },
  },
];
