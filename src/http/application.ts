/**
 * The routes on Fastify: what is refused before a route sees it, how faults become problems, how
 * the API describes itself.
 *
 * Hooks are few, for each costs every request: one counts, one compresses.
 */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import compress from "@fastify/compress";
import swagger from "@fastify/swagger";
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RawServerDefault,
} from "fastify";
import type { JsonObject } from "../entry/json.js";
import type { Clock } from "../host/clock.js";
import { Fault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import type { Metrics } from "../observability/metrics.js";
import type { Probe } from "../observability/probe.js";
import { answerSchemas } from "./answer-schemas.js";
import { feedUrl } from "./feed-route.js";
import { refusedOf, refusedOfParser } from "./http-fault.js";
import { problemHeaders, problemOf } from "./problem.js";
import { queryParser } from "./query-text.js";
import { dryRunSchema } from "./retraction-route.js";
import { problemSchema, type Route } from "./route.js";
import { receiptSchema } from "./saying.js";
import type { Schema } from "./schema.js";
import { type SchemaRefusal, validationFault } from "./validation-fault.js";
import { within } from "./within.js";

const openApiUrl = "/openapi.json";
const KiB = 1024;
const second = 1_000;
/** Below this a packet is not filled, and compressing costs more than it saves. */
const compressedBytesMin = 1 * KiB;
const checkingIntervalMs = 500;

/** How long a client, or a handler, may take. */
export interface HttpTimeouts {
  /** The headers of a request must have come by then. */
  readonly headersMs: number;
  /** And its body by then. */
  readonly requestMs: number;
  /** The answer by then; longer than a body may take. A feed has as long as it wants. */
  readonly handlerMs: number;
  /** Longer than load balancers keep a connection, so that it is they who close it. */
  readonly keepAliveMs: number;
  /** A connection on which nothing moves: a reader that takes nothing of its answer. */
  readonly idleMs: number;
}

export const httpTimeoutsPreset: HttpTimeouts = {
  headersMs: 10 * second,
  requestMs: 30 * second,
  handlerMs: 60 * second,
  keepAliveMs: 72 * second,
  idleMs: 120 * second,
};

const namedSchemas: Readonly<Record<string, Schema>> = {
  Problem: problemSchema,
  Receipt: receiptSchema,
  ...answerSchemas,
  DryRun: dryRunSchema,
};

export interface ApplicationOptions {
  readonly routes: readonly Route[];
  readonly metrics: Metrics;
  readonly probe: Probe;
  readonly version: string;
  readonly timeouts: HttpTimeouts;
  readonly clock: Clock;
}

/** What has no time limit finds out by itself that its reader left. */
const never = new AbortController().signal;

/** An application that does not listen yet; it answers `/openapi.json` once it is ready. */
export async function openApplication(options: ApplicationOptions): Promise<FastifyInstance> {
  const { routes, metrics, probe, timeouts } = options;
  const time = { clock: options.clock, handlerMs: timeouts.handlerMs };
  const queries = routes.flatMap(({ schema: { querystring } }) =>
    querystring === undefined ? [] : [querystring],
  );
  const application = fastify<RawServerDefault>({
    logger: false,
    bodyLimit: messageBytesMax,
    http: { headersTimeout: timeouts.headersMs, connectionsCheckingInterval: checkingIntervalMs },
    requestTimeout: timeouts.requestMs,
    connectionTimeout: timeouts.idleMs,
    keepAliveTimeout: timeouts.keepAliveMs,
    return503OnClosing: false,
    routerOptions: { querystringParser: queryParser(queries) },
    ajv: {
      customOptions: {
        allErrors: false,
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        verbose: true,
        allowUnionTypes: true,
      },
    },
    schemaErrorFormatter: (refusals, where) =>
      validationFault(refusals as unknown as readonly SchemaRefusal[], where),
    frameworkErrors: (error, request, reply) =>
      sendRefusal(probe, error, request as FastifyRequest, reply as FastifyReply),
    clientErrorHandler: (error, socket) => answerUnparsed(error.code, socket),
  });
  takeJson(application);
  application.setErrorHandler((error, request, reply) => sendRefusal(probe, error, request, reply));
  application.setNotFoundHandler((request, reply) => refuseUnknown(routes, request, reply));
  countRequests(application, metrics);
  for (const [name, schema] of Object.entries(namedSchemas)) {
    application.addSchema({ $id: name, ...schema });
  }
  // What is sent is made by hand for its schema, and every test holds the two together.
  application.setSerializerCompiler(() => (json) => JSON.stringify(json));
  await application.register(compress, {
    threshold: compressedBytesMin,
    encodings: ["gzip", "identity"],
    globalDecompression: false,
  });
  await describe(application, options.version);
  application.after(() => {
    for (const { handler, isEndless = false, ...route } of routes) {
      application.route({
        ...route,
        exposeHeadRoute: !isEndless,
        handler: isEndless
          ? (request, reply) => handler(request, reply, never)
          : (request, reply) => within(time, reply, (signal) => handler(request, reply, signal)),
      });
    }
    application.get(openApiUrl, { schema: { hide: true } }, (_request, reply) =>
      reply.header("cache-control", "no-cache").send(openApiOf(application)),
    );
  });
  await application.ready();
  return application;
}

/** The description of the API: OpenAPI 3.1. */
export const openApiOf = (application: FastifyInstance): JsonObject =>
  application.swagger() as unknown as JsonObject;

async function describe(application: FastifyInstance, version: string): Promise<void> {
  await application.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "StemeDB",
        version,
        description:
          "A log-structured, event-sourced database of signed claims. Names are snake_case, ids " +
          "and keys hexadecimal, moments RFC 3339, hybrid times decimal text. New fields may be " +
          "added: skip what you do not know.",
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [
        { name: "Answers", description: "What the claims say, through a lens, and why." },
        { name: "Claims", description: "Saying something, and acting on what was said." },
        { name: "Lists", description: "What there is." },
        { name: "Feed", description: "The log, live." },
        { name: "Node", description: "How the node is." },
      ],
    },
    refResolver: { buildLocalReference: (json) => String(json["$id"]) },
  });
}

/** Bodies are JSON, as it is: a name that JavaScript gives a meaning to is a name like others. */
function takeJson(application: FastifyInstance): void {
  application.removeAllContentTypeParsers();
  application.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    (request, text, done) => {
      const { "content-encoding": encoding = "identity" } = request.headers;
      if (encoding !== "identity") {
        const facts = { field: "Content-Encoding", limit: "absent", value: encoding };
        done(new Fault("ARGUMENT_INVALID", "send the body as it is, not compressed", facts));
        return;
      }
      try {
        done(null, JSON.parse(text.toString()));
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        const message = "the body is not JSON: check its quotes, commas and brackets";
        done(new Fault("MESSAGE_MALFORMED", message, { field: "body", limit: "a JSON object" }));
      }
    },
  );
}

function countRequests(application: FastifyInstance, metrics: Metrics): void {
  application.addHook("onResponse", (request, reply, done) => {
    const route = request.routeOptions.url ?? "unknown";
    metrics.count("http_requests_total", 1, { route, status: String(reply.statusCode) });
    if (route !== feedUrl) {
      metrics.observe("http_request_duration_seconds", reply.elapsedTime / second, { route });
    }
    done();
  });
}

function sendProblem(reply: FastifyReply, fault: Fault, status: number): FastifyReply {
  return reply
    .code(status)
    .headers(problemHeaders(status))
    .serializer((problem: unknown) => JSON.stringify(problem))
    .send(problemOf(fault, status));
}

function sendRefusal(
  probe: Probe,
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { fault, status, isDefect } = refusedOf(error);
  if (status >= 500) {
    const route = request.routeOptions.url;
    probe.warn("http request failed", { route, status, code: fault.code, reason: fault.message });
  }
  if (isDefect) {
    // The process stops, behind the answer.
    reply.raw.once("close", () => {
      throw error;
    });
  }
  return sendProblem(reply, fault, status);
}

/** A path that is none, or a method that its path does not have. */
function refuseUnknown(
  routes: readonly Route[],
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const [path = ""] = request.url.split("?", 1);
  const matches = ({ url }: Route): boolean =>
    url.includes(":") ? path.startsWith(url.slice(0, url.indexOf(":"))) : url === path;
  const methods = new Set<string>(routes.filter(matches).map(({ method }) => method));
  if (path === openApiUrl) methods.add("GET");
  if (methods.size === 0 || methods.has(request.method)) {
    const message = `there is nothing at this path: ${openApiUrl} describes what there is`;
    return sendProblem(reply, new Fault("NOT_FOUND", message, { path: path.slice(0, 256) }), 404);
  }
  if (methods.has("GET") && path !== feedUrl) methods.add("HEAD");
  const allowed = [...methods].sort().join(", ");
  const message = `${path} takes ${allowed}`;
  const facts = { field: "method", limit: allowed, value: request.method };
  reply.header("allow", allowed);
  return sendProblem(reply, new Fault("ARGUMENT_INVALID", message, facts), 405);
}

/** What is not HTTP, or too slow, is told so on its bare connection. */
function answerUnparsed(code: string | undefined, socket: Socket): void {
  if (code === "ECONNRESET" || !socket.writable) return;
  const { fault, status } = refusedOfParser(code);
  const body = JSON.stringify(problemOf(fault, status));
  const headers = Object.entries({
    ...problemHeaders(status),
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers.join("")}\r\n${body}`);
}
