/** `/v1/query`, `/v1/explain`, `/v1/diff`, `/v1/trace`: answers, why, since when. */

import type { FastifyReply, FastifyRequest } from "fastify";
import type { JsonObject } from "../entry/json.js";
import { jsonFault } from "../entry/json-fault.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import type { QueryInput, QueryResult, QuerySubject } from "../model/query.js";
import { questionsMax } from "../model/query.js";
import type { TracedQueries } from "../query/metered-queries.js";
import {
  answersJson,
  basisJson,
  differenceJson,
  explanationJson,
  lensJson,
} from "./answer-json.js";
import { pathAsked, predicateAsked, prefixAsked, questionAsked } from "./asked.js";
import { entityTag, matchesTag } from "./etag.js";
import {
  bytesFromHex,
  diffFields,
  lensFields,
  lensRequestFromJson,
  momentFromText,
  pagingFields,
  pagingFromJson,
} from "./lens-request.js";
import { bodyOf, queryOf, type Route, responses, uncached } from "./route.js";
import { headers, hex, list, named, object, type Schema, text, withExamples } from "./schema.js";
import { traceJson, traceSchema } from "./trace-json.js";

const conceptPath = text("A concept path.", { minLength: 1, maxLength: 400 });
const predicate = text("A predicate.", { minLength: 1, maxLength: 64 });
const prefix = text("Whole segments of concept paths; empty: all concepts.", { maxLength: 400 });

const subjectFields: Readonly<Record<string, Schema>> = {
  concept_path: conceptPath,
  predicate: { ...predicate, description: "Without one: all predicates of the concept." },
  prefix: { ...prefix, description: "Instead of a concept: all below this prefix, page by page." },
};
const questions = list(
  `Instead of a concept: up to ${questionsMax} questions, answered in this order.`,
  object("A question.", { concept_path: conceptPath, predicate }),
  questionsMax,
);
const queryFields = { ...subjectFields, ...lensFields, ...pagingFields };
const queryBody = withExamples(
  object("What is asked: a concept, questions, or a prefix.", {}, { ...queryFields, questions }),
  { concept_path: "test/cluster", lens: "recency" },
  {
    concept_path: "web/feature/grid/chrome",
    predicate: "supported_since",
    lens: "layered",
    as_of: "2026-01-01T00:00:00Z",
  },
  { prefix: "web/feature", predicate: "supported_since", page_size: 100 },
);
const queryQuery = object("What is asked.", {}, queryFields);

const questionFields = { concept_path: conceptPath, predicate };
const explainBody = withExamples(object("The question.", questionFields, lensFields), {
  concept_path: "web/feature/grid/chrome",
  predicate: "supported_since",
  lens: "consensus",
});
const diffBody = withExamples(
  object(
    "The question, and two moments.",
    { ...questionFields, from: text("The earlier moment, as `as_of` takes it.") },
    { to: text("The later moment; otherwise now."), ...diffFields },
  ),
  {
    concept_path: "web/feature/grid/chrome",
    predicate: "supported_since",
    from: "2026-01-01T00:00:00Z",
  },
);
const revalidation = headers({
  "if-none-match": text("A tag: 304 where the answers are still the same."),
});

interface SubjectFields {
  readonly concept_path?: string;
  readonly predicate?: string;
  readonly prefix?: string;
  readonly questions?: readonly { readonly concept_path: string; readonly predicate: string }[];
}

function subjectOf(fields: SubjectFields): QuerySubject {
  const { concept_path: path, prefix, questions, predicate } = fields;
  const given = [path, prefix, questions].filter((one) => one !== undefined).length;
  if (given !== 1) {
    const limit = "exactly one of concept_path, questions and prefix";
    throw jsonFault("concept_path", limit, given === 0 ? undefined : path);
  }
  if (questions !== undefined) {
    if (predicate !== undefined) throw jsonFault("predicate", "inside of questions", predicate);
    if (questions.length === 0) throw jsonFault("questions", "at least one question", questions);
    return {
      kind: "questions",
      questions: questions.map((one, at) => questionAsked(one, `questions.${at}.`)),
    };
  }
  if (prefix !== undefined) {
    const below = { kind: "prefix", prefix: prefixAsked(prefix) } as const;
    return predicate === undefined ? below : { ...below, predicate: predicateAsked(predicate) };
  }
  const conceptPath = path ?? "";
  return predicate === undefined
    ? { kind: "concept", conceptPath: pathAsked(conceptPath) }
    : { kind: "question", question: questionAsked({ concept_path: conceptPath, predicate }) };
}

const queryInputOf = (fields: SubjectFields): QueryInput => ({
  subject: subjectOf(fields),
  ...lensRequestFromJson(fields),
  ...pagingFromJson(fields),
});

const queryJson = (result: QueryResult): JsonObject => ({
  answers: answersJson(result.answers),
  basis: basisJson(result.basis),
  behind: result.isBehind,
  query_id: toHex(result.queryId),
  ...(result.nextCursor === undefined ? {} : { next_cursor: toHex(result.nextCursor) }),
});

/** The same with its tag, or nothing but the tag where the caller has it already. */
function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  json: JsonObject,
  lens: JsonObject,
): FastifyReply {
  const { basis: _basis, query_id: _queryId, ...said } = json;
  const tag = entityTag(JSON.stringify(said), JSON.stringify(lens));
  reply.header("etag", tag).header("cache-control", "no-cache");
  if (matchesTag(request.headers["if-none-match"], tag)) return reply.code(304).send();
  return reply.send(json);
}

const tagged304 = {
  304: { type: "null", description: "The answers are still those that the tag names." },
};

export const queryRoutes = (queries: TracedQueries): readonly Route[] => [
  {
    method: "POST",
    url: "/v1/query",
    schema: {
      tags: ["Answers"],
      operationId: "query",
      summary: "Answers questions through a lens.",
      description:
        "One question (`concept_path` and `predicate`), all predicates of a concept, up to 1,000 " +
        "`questions`, or those below a `prefix`, page by page. Nothing found is 200 with " +
        "`answers: []`.",
      body: queryBody,
      response: responses("The answers.", named("QueryAnswer")),
    },
    handler: async (request, _reply, signal) =>
      queryJson(await queries.query(queryInputOf(bodyOf(request)), signal)),
  },
  {
    method: "GET",
    url: "/v1/query",
    schema: {
      tags: ["Answers"],
      operationId: "queryByUrl",
      summary: "Answers questions through a lens, by URL.",
      description: "As `POST /v1/query`, without `questions`; answers carry an `ETag`.",
      querystring: queryQuery,
      headers: revalidation,
      response: responses("The answers.", named("QueryAnswer"), tagged304),
    },
    handler: async (request, reply, signal) => {
      const result = await queries.query(queryInputOf(queryOf(request)), signal);
      return sendTagged(request, reply, queryJson(result), lensJson(result.basis));
    },
  },
  ...explainRoutes(queries),
  {
    method: "POST",
    url: "/v1/diff",
    schema: {
      tags: ["Answers"],
      operationId: "diff",
      summary: "Compares the answers to a question at two moments.",
      body: diffBody,
      response: responses("The difference.", named("Difference")),
    },
    handler: async (request, _reply, signal) => {
      const fields = bodyOf<{ concept_path: string; predicate: string; from: string; to?: string }>(
        request,
      );
      const { to } = fields;
      const result = await queries.diff(
        {
          question: questionAsked(fields),
          ...lensRequestFromJson(fields),
          from: momentFromText("from", fields.from),
          ...(to === undefined ? {} : { to: momentFromText("to", to) }),
        },
        signal,
      );
      return {
        ...differenceJson(result),
        from_basis: basisJson(result.fromBasis),
        to_basis: basisJson(result.toBasis),
        behind: result.isBehind,
      };
    },
  },
  {
    method: "GET",
    url: "/v1/trace/:query_id",
    schema: {
      tags: ["Answers"],
      operationId: "trace",
      summary: "Says what became of one of the last queries.",
      description: "The last 10,000 are remembered; NOT_FOUND for others.",
      params: object("Path.", { query_id: hex("`query_id` of an answer.", 16) }),
      response: responses("The trace.", traceSchema),
    },
    handler: async (request, reply) => {
      const { query_id: id } = request.params as { query_id: string };
      const trace = queries.trace(bytesFromHex("query_id", id));
      if (trace !== undefined) {
        uncached(reply);
        return reply.send(traceJson(trace));
      }
      const message = "no query with this id is remembered: ask again, answers repeat";
      throw new Fault("NOT_FOUND", message, { query_id: id });
    },
  },
];

function explainRoutes(queries: TracedQueries): readonly Route[] {
  const explain = async (
    fields: { concept_path: string; predicate: string },
    signal: AbortSignal,
  ) => {
    const input = { question: questionAsked(fields), ...lensRequestFromJson(fields) };
    const result = await queries.explain(input, signal);
    const basis = basisJson(result.basis);
    return { result, json: { ...explanationJson(result), basis, behind: result.isBehind } };
  };
  return [
    {
      method: "POST",
      url: "/v1/explain",
      schema: {
        tags: ["Answers"],
        operationId: "explain",
        summary: "Says how an answer comes about.",
        description: "Each claim's weight, why it lost, and what would change the answer.",
        body: explainBody,
        response: responses("The explanation.", named("Explanation")),
      },
      handler: async (request, _reply, signal) => (await explain(bodyOf(request), signal)).json,
    },
    {
      method: "GET",
      url: "/v1/explain",
      schema: {
        tags: ["Answers"],
        operationId: "explainByUrl",
        summary: "Says how an answer comes about, by URL.",
        querystring: object("The question.", questionFields, lensFields),
        headers: revalidation,
        response: responses("The explanation.", named("Explanation"), tagged304),
      },
      handler: async (request, reply, signal) => {
        const { result, json } = await explain(queryOf(request), signal);
        return sendTagged(request, reply, json, lensJson(result.basis));
      },
    },
  ];
}
