/** What became of a query, in JSON: the request by the names that requests have. */
import type { JsonObject } from "../entry/json.js";
import { toHex } from "../model/hex.js";
import type { QueryInput, QuerySubject } from "../model/query.js";
import type { QueryTrace } from "../query/traces.js";
import { basisJson, momentJson, momentText, parametersJson } from "./answer-json.js";
import { amount, hex, moment, named, type Schema, shape, truth, whole } from "./schema.js";

export const traceSchema: Schema = shape("What became of a query.", {
  query_id: hex("Its id.", 16),
  request: { type: "object", description: "What was asked, by the names of requests." },
  basis: named("Basis"),
  behind: truth("The views had not seen all that was wanted when the wait was over."),
  answer_count: whole("How many answers it had."),
  materialised_count: whole("Questions whose answer was kept ready."),
  weighed_count: whole("Questions that were weighed on the fly."),
  asked_at: moment("When it was asked."),
  waited_ms: amount("For freshness."),
  took_ms: amount("From the question to the answer, the wait included."),
});

function subjectJson(subject: QuerySubject): JsonObject {
  switch (subject.kind) {
    case "question":
      return {
        concept_path: subject.question.conceptPath,
        predicate: subject.question.predicate,
      };
    case "concept":
      return { concept_path: subject.conceptPath };
    case "questions":
      return {
        questions: subject.questions.map(({ conceptPath, predicate }) => ({
          concept_path: conceptPath,
          predicate,
        })),
      };
    case "prefix": {
      const { prefix, predicate } = subject;
      return predicate === undefined ? { prefix } : { prefix, predicate };
    }
  }
}

const requestJson = (request: QueryInput): JsonObject => ({
  ...subjectJson(request.subject),
  ...(request.lens === undefined ? {} : { lens: request.lens }),
  ...(request.parameters === undefined ? {} : parametersJson(request.parameters)),
  ...(request.asOf === undefined ? {} : { as_of: momentText(request.asOf) }),
  ...(request.evaluatedAtMs === undefined
    ? {}
    : { evaluated_at: momentJson(request.evaluatedAtMs) }),
  ...(request.freshness === undefined
    ? {}
    : {
        freshness:
          request.freshness.kind === "level"
            ? request.freshness.level
            : momentText(request.freshness),
      }),
  ...(request.pageSize === undefined ? {} : { page_size: request.pageSize }),
  ...(request.cursor === undefined ? {} : { cursor: toHex(request.cursor) }),
});

export const traceJson = (trace: QueryTrace): JsonObject => ({
  query_id: toHex(trace.queryId),
  request: requestJson(trace.request),
  basis: basisJson(trace.basis),
  behind: trace.isBehind,
  answer_count: trace.answerCount,
  materialised_count: trace.materialisedCount,
  weighed_count: trace.weighedCount,
  asked_at: momentJson(trace.askedAtMs),
  waited_ms: trace.waitedMs,
  took_ms: trace.tookMs,
});
