/** docs/reference/http.md, from the API's own description of itself. */
import { createRequire } from "node:module";
import { systemClock } from "../../src/host/clock.js";
import { httpTimeoutsPreset, openApiOf, openApplication } from "../../src/http/application.js";
import { Feeds } from "../../src/http/feed-route.js";
import { type HttpServerOptions, routesOf } from "../../src/http/http-server.js";
import { statusOf } from "../../src/http/problem.js";
import { faultMeanings } from "../../src/model/fault.js";
import { messageBytesMax } from "../../src/model/limits.js";
import { silentMetrics } from "../../src/observability/metrics.js";
import { silentProbe } from "../../src/observability/probe.js";
import { generatedNote, join, type Page, table } from "./page.js";

const { version } = createRequire(import.meta.url)("../../../package.json") as { version: string };
const address = "http://localhost:18180";

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly example?: unknown;
}

interface Content {
  readonly schema: Schema;
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Content>> };
  readonly responses: Readonly<
    Record<string, { description: string; content?: Readonly<Record<string, Content>> }>
  >;
}

interface Api {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** The description needs the routes, and nothing that stands behind them. */
async function describedApi(): Promise<Api> {
  const nothing = {} as HttpServerOptions;
  const feeds = new Feeds({ ...nothing, metrics: silentMetrics, feedsMax: 1 });
  const routes = routesOf(nothing, feeds, () => false);
  const application = await openApplication({
    routes,
    metrics: silentMetrics,
    probe: silentProbe,
    clock: systemClock,
    timeouts: httpTimeoutsPreset,
    version,
  });
  const api = openApiOf(application) as unknown as Api;
  await application.close();
  return api;
}

const code = (text: string): string => `\`${text}\``;
const anchor = (name: string): string => `[${name}](#${name.toLowerCase()})`;
const hexDigits = /^\^\[0-9a-fA-F\]\{(\d+)\}\$$/;

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return anchor(schema.$ref.split("/").at(-1) ?? "");
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(" or ");
  const { type, minimum, maximum } = schema;
  if (schema.enum !== undefined) return schema.enum.map((one) => code(String(one))).join(", ");
  if (type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  const digits = hexDigits.exec(schema.pattern ?? "")?.[1];
  if (digits !== undefined) return `${digits} hex digits`;
  if (schema.pattern !== undefined) return "hex";
  const range =
    maximum === undefined ? "" : `, ${minimum ?? ""}..${maximum}`.replace(", ..", ", at most ");
  if (type === undefined) return "any";
  return `${Array.isArray(type) ? type.join(" or ") : type}${range}`;
}

function fieldsTable(schema: Schema): string {
  const required = new Set(schema.required ?? []);
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) => [
    code(name),
    typeOf(field),
    required.has(name) ? "yes" : "",
    field.description ?? field.items?.description ?? "",
  ]);
  return table(["field", "type", "required", "what it is"], rows);
}

function parametersTable(operation: Operation): readonly string[] {
  const rows = (operation.parameters ?? []).map((one) => [
    code(one.name),
    one.in,
    typeOf(one.schema),
    one.description ?? one.schema.description ?? "",
  ]);
  return rows.length === 0 ? [] : [table(["parameter", "in", "type", "what it is"], rows)];
}

/** Examples that a shell takes as they stand. */
const urls: Readonly<Record<string, string>> = {
  "GET /v1/query": "/v1/query?concept_path=test/cluster&lens=recency",
  "GET /v1/explain":
    "/v1/explain?concept_path=web/feature/grid/chrome&predicate=supported_since&lens=layered",
  "GET /v1/trace/{query_id}": "/v1/trace/b6b1e61235c25dd8402deee6c21daad0",
  "GET /v1/concepts": "/v1/concepts?prefix=web/feature&children=true",
  "GET /v1/questions": "/v1/questions?order=contested&page_size=10",
  "GET /v1/assertions": "/v1/assertions?source=caniuse&backward=true",
  "GET /v1/sources": "/v1/sources?source_id=caniuse",
  "GET /v1/feed": "/v1/feed?start=beginning&prefixes=web/feature&kinds=assertion",
  "GET /readyz": "/readyz?verbose&exclude=views",
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function examplesOf(content: Content | undefined): readonly unknown[] {
  if (content === undefined) return [];
  if (content.examples !== undefined)
    return Object.values(content.examples).map((one) => one.value);
  const example = content.example ?? content.schema.example;
  return example === undefined ? [] : [example];
}

function curlExamples(method: string, path: string, operation: Operation): string {
  const bodies = examplesOf(operation.requestBody?.content["application/json"]);
  if (method === "POST") {
    const lines = bodies.map(
      (body) =>
        `curl -X POST ${address}${path} -H "Content-Type: application/json" \\\n` +
        `  -d ${quoted(JSON.stringify(body))}`,
    );
    return `\`\`\`sh\n${lines.join("\n")}\n\`\`\``;
  }
  const url = `${address}${urls[`${method} ${path}`] ?? path}`;
  const flags = path === "/v1/feed" ? "-N " : "";
  return `\`\`\`sh\ncurl ${flags}${/[?&]/.test(url) ? quoted(url) : url}\n\`\`\``;
}

function responsesTable(operation: Operation): string {
  const rows = Object.entries(operation.responses).map(
    ([status, { description, content = {} }]) => [
      code(status),
      Object.entries(content)
        .map(([type, { schema }]) => (type === "application/json" ? typeOf(schema) : code(type)))
        .join(", "),
      description,
    ],
  );
  return table(["status", "body", "when"], rows);
}

function routeSection(method: string, path: string, operation: Operation): readonly string[] {
  const body = operation.requestBody?.content["application/json"]?.schema;
  return [
    `### ${method} ${path}`,
    operation.summary,
    ...(operation.description === undefined ? [] : [operation.description]),
    curlExamples(method, path, operation),
    ...parametersTable(operation),
    ...(body === undefined ? [] : [fieldsTable(body)]),
    responsesTable(operation),
  ];
}

const introduction = [
  "# The HTTP API",
  generatedNote,
  "The node listens on `http.address`, port 18180 unless told otherwise. `GET /openapi.json` is " +
    "this page for programs (OpenAPI 3.1): it comes from the schemas that requests are checked " +
    "against, and tests hold every response against it.",
  [
    "Names are snake_case, ids and keys are hexadecimal, moments are RFC 3339, hybrid times " +
      "decimal text. New fields may be added to responses: skip what you do not know. A field " +
      "that a *request* does not have is refused by name.",
    "Millionths are numbers: a confidence of 950,000 millionths is `0.95`. Each has six " +
      "decimals at most, and `Math.round(x * 1e6)` is the integer again, exactly.",
    "What goes into a body goes into a URL by the same name; a list is a name that is repeated.",
    "`as_of` takes a moment (`2026-01-01T00:00:00Z`), a position (`LOG/INDEX`, such as the " +
      "`position` of a receipt) or a frontier token (`basis.frontier` of an answer); so do " +
      "`from`, `to` and `start`. `freshness` takes a level, a position or a token.",
    "A claim without a signature is signed with the node's gateway key on behalf of " +
      "`anonymous`: it affirms, with confidence 1, is proposed, of class community, from the " +
      "source `http:anonymous`, asserted now. Such claims have one voice between them. Where " +
      "`http.signatures` is `required`, only batches that their author signed are taken.",
    "`Idempotency-Key` makes a retry safe, also after a crash of either side, for 7 days.",
    "Answers by URL carry an `ETag`, which stays while the answer does; `If-None-Match` is " +
      "answered 304.",
    `Bodies are JSON of at most ${messageBytesMax} bytes, not compressed; responses beyond ` +
      "1 KiB are compressed with gzip for those who accept it. There are no CORS headers: " +
      "browsers reach the API from its own origin alone.",
    "Nothing found is 200 with an empty list.",
  ]
    .map((item) => `- ${item}`)
    .join("\n"),
];

function problemsSection(): readonly string[] {
  const rows = Object.entries(statusOf).map(([name, status]) => [
    code(name),
    String(status),
    faultMeanings[name as keyof typeof faultMeanings],
  ]);
  return [
    "## Problems",
    "What is refused is a problem (RFC 9457), `application/problem+json`. Branch on `code`: it " +
      "is the fault's, as over gRPC and in the command line. 503 is worth another try, here or " +
      "at another node; where a claim was on its way, with the same `Idempotency-Key`.",
    "```json\n" +
      JSON.stringify(
        {
          type: "urn:stemedb:fault:ARGUMENT_INVALID",
          title: faultMeanings.ARGUMENT_INVALID,
          status: 400,
          detail: 'lens must be one of recency, confidence, …; it is "newest"',
          code: "ARGUMENT_INVALID",
          facts: { field: "lens", limit: "one of recency, confidence, …", value: '"newest"' },
        },
        undefined,
        2,
      ) +
      "\n```",
    "Beside these, 404 stands for a path that is none, 405 for a method that a path does not " +
      "have, 408 for a request that did not arrive in time, 415 for a body that is not JSON, and " +
      "431 for headers that are too large.",
    table(["code", "status", "what it means"], rows),
  ];
}

export async function httpPage(): Promise<Page> {
  const api = await describedApi();
  const parts = [...introduction];
  for (const { name, description } of api.tags) {
    parts.push(`## ${name}`, description);
    for (const [path, methods] of Object.entries(api.paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        if (!operation.tags.includes(name)) continue;
        parts.push(...routeSection(method.toUpperCase(), path, operation));
      }
    }
  }
  parts.push(...problemsSection(), "## Objects");
  for (const [name, schema] of Object.entries(api.components.schemas)) {
    if (schema.properties === undefined) continue;
    parts.push(`### ${name}`, schema.description ?? "", fieldsTable(schema));
  }
  return { path: "docs/reference/http.md", text: join(parts) };
}
