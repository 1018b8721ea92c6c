/**
 * What the framework and the HTTP parser refuse, as faults. Everything else that is thrown is a
 * defect: its request is answered INTERNAL without a word about the inside, and the process stops,
 * as everywhere.
 */
import type { FastifyError } from "fastify";
import { Fault, isFault } from "../model/fault.js";
import { messageBytesMax } from "../model/limits.js";
import { statusOf } from "./problem.js";

export interface Refused {
  readonly fault: Fault;
  readonly status: number;
  readonly isDefect: boolean;
}

const refused = (fault: Fault, status: number = statusOf[fault.code]): Refused => ({
  fault,
  status,
  isDefect: false,
});

const malformed = (message: string): Refused =>
  refused(new Fault("MESSAGE_MALFORMED", message, { field: "body", limit: "one JSON object" }));

function tooLarge(): Refused {
  const limit = `at most ${messageBytesMax} bytes`;
  const message = `the body must be ${limit}: send less at a time`;
  return refused(new Fault("MESSAGE_TOO_LARGE", message, { field: "body", limit }));
}

function mediaTypeRefused(): Refused {
  const message = "send JSON, with the header Content-Type: application/json";
  const facts = { field: "Content-Type", limit: "application/json" };
  return refused(new Fault("ARGUMENT_INVALID", message, facts), 415);
}

/** Of a handler, or of the framework on the way to it. */
export function refusedOf(error: unknown): Refused {
  if (isFault(error)) return refused(error);
  const { code, statusCode } = error as Partial<FastifyError>;
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return tooLarge();
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
      return mediaTypeRefused();
    case "FST_ERR_CTP_EMPTY_JSON_BODY":
      return malformed("the body is empty, and must be a JSON object");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return malformed("the body is not as long as Content-Length says");
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return refused(
        new Fault("ARGUMENT_INVALID", "the URL cannot be read: escape what is not plain text", {
          field: "url",
        }),
      );
    default:
      if (typeof code === "string" && code.startsWith("FST_") && (statusCode ?? 500) < 500) {
        return refused(new Fault("ARGUMENT_INVALID", "the request cannot be read"), statusCode);
      }
      return {
        fault: new Fault("INTERNAL", "a defect in StemeDB; please report it"),
        status: 500,
        isDefect: true,
      };
  }
}

/** Of the HTTP parser, before there is a request. */
export function refusedOfParser(code: string | undefined): Refused {
  if (code === "HPE_HEADER_OVERFLOW") {
    const message = "the request's headers are too large: send less in the URL, or in a body";
    return refused(new Fault("ARGUMENT_INVALID", message, { field: "headers" }), 431);
  }
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return refused(new Fault("DEADLINE_EXCEEDED", "the request did not arrive in time"), 408);
  }
  return refused(new Fault("MESSAGE_MALFORMED", "this is not an HTTP/1.1 request"));
}
