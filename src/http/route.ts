/** What the routes share: their shape, the responses that all have, the caller. */
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Schema } from "./schema.js";
import { named, text, whole } from "./schema.js";

export interface Route {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly schema: RouteSchema;
  /**
   * Settles with what is sent, or with the reply that it was sent on. The signal says that nobody
   * waits for it any more.
   */
  readonly handler: (
    request: FastifyRequest,
    reply: FastifyReply,
    signal: AbortSignal,
  ) => Promise<unknown>;
  /** It answers for as long as its reader wants: no time limit, and no HEAD. */
  readonly isEndless?: true;
}

interface RouteSchema {
  readonly tags: readonly string[];
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly querystring?: Schema;
  readonly params?: Schema;
  readonly headers?: Schema;
  readonly body?: Schema;
  readonly response: Readonly<Record<string, unknown>>;
}

/** Who has not said who it is. Its claims share one voice. */
export const anonymous = "anonymous";

const problemContent = { "application/problem+json": { schema: named("Problem") } };

/** What any request may meet. */
export const problems = {
  "4xx": { description: "Refused: the code and the facts say why.", content: problemContent },
  "5xx": { description: "It could not be answered now.", content: problemContent },
} as const;

/** A JSON response, with the problems that any request may meet. */
export const responses = (
  description: string,
  schema: Schema,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> => ({
  200: { description, content: { "application/json": { schema } } },
  ...more,
  ...problems,
});

export const problemSchema: Schema = {
  type: "object",
  description: "Why a request was refused (RFC 9457). Branch on `code`, never on `detail`.",
  required: ["type", "title", "status", "detail", "code", "facts"],
  properties: {
    type: text("`urn:stemedb:fault:` and the code."),
    title: text("What the code means."),
    status: whole("The HTTP status.", 400, 599),
    detail: text("What happened this time, and what to do."),
    code: text("The fault's code: docs/reference/faults.md lists them."),
    facts: {
      type: "object",
      description: "Such as the field, its limit and its value.",
      additionalProperties: { type: ["string", "number"] },
    },
  },
};

/** Lists change with the log: they are asked for again. */
export function uncached(reply: FastifyReply): void {
  reply.header("cache-control", "no-store");
}

/** The fields of a body that passed its schema. */
export const bodyOf = <Fields>(request: FastifyRequest): Fields => request.body as Fields;
/** The query part that passed its schema. */
export const queryOf = <Fields>(request: FastifyRequest): Fields => request.query as Fields;
