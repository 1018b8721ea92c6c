/**
 * QueryService: translates between gRPC and the query engine.
 *
 * Requests stay bytes until they are checked, so that what is malformed is refused by name; replies
 * are written as bytes. Each call counts among the node's open calls and ends when the node stops;
 * one whose caller goes away gives up its place.
 */
import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { Clock } from "../host/clock.js";
import { Fault } from "../model/fault.js";
import type { Queries } from "../model/query.js";
import { QueryServiceService } from "../wire/steme/v1/query_service.js";
import type { CallRegistry } from "./call-registry.js";
import {
  encodeAssertionsReply,
  encodeConceptsReply,
  encodeDiffReply,
  encodeExplainReply,
  encodeQueryReply,
  encodeQuestionsReply,
  encodeSourcesReply,
} from "./query-replies.js";
import {
  toAssertions,
  toConcepts,
  toDiff,
  toExplain,
  toQuery,
  toQuestions,
  toSources,
} from "./query-requests.js";
import { requireFault, toServiceError } from "./status.js";

export interface QueryServiceParts {
  readonly queries: Queries;
  readonly clock: Clock;
  readonly calls: CallRegistry;
}

type Call = ServerUnaryCall<Buffer, Buffer>;
type Done = sendUnaryData<Buffer>;

/** What a reply needs on its way: a call that waits to its deadline answers too late. */
const replyMs = 25;

const same = (bytes: Buffer): Buffer => bytes;
const asBytes = { requestDeserialize: same, responseSerialize: same };

/** The service's definition with all messages left as bytes. */
export const queryServiceDefinition = {
  query: { ...QueryServiceService.query, ...asBytes },
  explain: { ...QueryServiceService.explain, ...asBytes },
  diff: { ...QueryServiceService.diff, ...asBytes },
  listConcepts: { ...QueryServiceService.listConcepts, ...asBytes },
  listQuestions: { ...QueryServiceService.listQuestions, ...asBytes },
  listAssertions: { ...QueryServiceService.listAssertions, ...asBytes },
  listSources: { ...QueryServiceService.listSources, ...asBytes },
};

export function queryServiceHandlers(parts: QueryServiceParts) {
  const { queries } = parts;
  return {
    query: answerNow(
      parts,
      unary(parts, toQuery, (input, signal) => queries.query(input, signal), encodeQueryReply),
    ),
    explain: unary(
      parts,
      toExplain,
      (input, signal) => queries.explain(input, signal),
      encodeExplainReply,
    ),
    diff: unary(parts, toDiff, (input, signal) => queries.diff(input, signal), encodeDiffReply),
    listConcepts: unary(
      parts,
      toConcepts,
      (input, signal) => queries.concepts(input, signal),
      encodeConceptsReply,
    ),
    listQuestions: unary(
      parts,
      toQuestions,
      (input, signal) => queries.questions(input, signal),
      encodeQuestionsReply,
    ),
    listAssertions: unary(
      parts,
      toAssertions,
      (input, signal) => queries.assertions(input, signal),
      encodeAssertionsReply,
    ),
    listSources: unary(
      parts,
      toSources,
      (input, signal) => queries.sources(input, signal),
      encodeSourcesReply,
    ),
  };
}

/**
 * Answers in the turn that the request came in, where nothing has to be waited for: most questions.
 * What fails here fails again, and is reported, where calls are counted and ended.
 */
function answerNow({ queries, calls }: QueryServiceParts, later: (call: Call, done: Done) => void) {
  return (call: Call, done: Done): void => {
    const reply = calls.refusal() === undefined ? replyNow(queries, call.request) : undefined;
    if (reply === undefined) later(call, done);
    else done(null, reply);
  };
}

function replyNow(queries: Queries, request: Buffer): Buffer | undefined {
  try {
    const result = queries.queryNow?.(toQuery(request));
    return result === undefined ? undefined : encodeQueryReply(result);
  } catch {
    return undefined;
  }
}

/** A call with one answer, from bytes to bytes. */
function unary<Input extends object, Result>(
  { calls, clock }: QueryServiceParts,
  decode: (bytes: Uint8Array) => Input,
  work: (input: Input, signal: AbortSignal) => Promise<Result>,
  encode: (result: Result) => Buffer,
) {
  return (call: Call, done: Done): void => {
    const refusal = calls.refusal();
    if (refusal !== undefined) {
      done(toServiceError(refusal));
      return;
    }
    const abort = new AbortController();
    let isOver = false;
    const end = (fault: Fault | undefined, reply?: Buffer) => {
      if (isOver) return;
      isOver = true;
      leave();
      if (fault === undefined) done(null, reply);
      else done(toServiceError(fault));
    };
    const leave = calls.enter("other", {
      stop: (fault) => {
        abort.abort(fault);
        end(fault);
      },
    });
    call.on("cancelled", () => {
      if (isOver) return; // grpc-js says so of every call that has ended, too
      const fault = new Fault("CANCELLED", "the caller gave up");
      abort.abort(fault);
      end(fault);
    });
    answer(call).then(
      (reply) => end(undefined, reply),
      (error: unknown) => end(requireFault(error)),
    );

    async function answer({ request }: Call): Promise<Buffer> {
      const input = decode(request);
      const waitMs = msLeft(call, clock);
      const asked = waitMs === undefined ? input : { ...input, waitMs };
      return encode(await work(asked, abort.signal));
    }
  };
}

/** Until the caller's deadline, less what a reply needs; `undefined` without a deadline. */
function msLeft(call: Call, clock: Clock): number | undefined {
  const deadline = Number(call.getDeadline());
  if (!Number.isFinite(deadline)) return undefined;
  return Math.max(0, deadline - clock.nowMs() - replyMs);
}
