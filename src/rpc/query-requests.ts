/**
 * Questions as they came, checked and turned into the model.
 *
 * Everything is checked here, before anything is looked up: UTF-8 and its normal form, sizes,
 * ranges, enum numbers, lengths of lists. A refusal names the field, its limit and its value. What
 * the parameters of a lens may be is in lens-parameters.ts.
 */
import { askedPath, askedPredicate, askedPrefix } from "../entry/asked-text.js";
import { timeMsMax } from "../entry/schema.js";
import {
  type Freshness,
  freshnessLevels,
  lensNames,
  type Moment,
  type Question,
} from "../model/answer.js";
import { Fault } from "../model/fault.js";
import { publicKeyBytes } from "../model/position.js";
import {
  type AssertionsInput,
  type ConceptsInput,
  cursorBytesMax,
  type DiffInput,
  type ExplainInput,
  type LensRequest,
  type ListRequest,
  type Paging,
  pageSizeMax,
  type QueryInput,
  type QuerySubject,
  type QuestionsInput,
  questionsMax,
  type SourcesInput,
} from "../model/query.js";
import {
  DiffRequest,
  ExplainRequest,
  ListAssertionsRequest,
  ListConceptsRequest,
  ListQuestionsRequest,
  ListSourcesRequest,
  QueryRequest,
  type Freshness as WireFreshness,
  type Moment as WireMoment,
  type Question as WireQuestion,
} from "../wire/steme/v1/query_service.js";
import { decodeRequest, nameOf, requireText } from "./checked-fields.js";
import { toParameters } from "./lens-parameters.js";
import { refuse, requireBytes, requireInteger, toPosition } from "./requests.js";

const sourceIdBytesMax = 200;
/** As many logs as a frontier may name. */
const frontierBytesMax = 4_096 * 56 + 1;

export function toQuery(bytes: Uint8Array): QueryInput {
  const request = decodeRequest(QueryRequest, bytes);
  return { subject: toSubject(request.subject), ...toLensRequest(request), ...toPaging(request) };
}

export function toExplain(bytes: Uint8Array): ExplainInput {
  const request = decodeRequest(ExplainRequest, bytes);
  return { question: toQuestion("question", request.question), ...toLensRequest(request) };
}

export function toDiff(bytes: Uint8Array): DiffInput {
  const request = decodeRequest(DiffRequest, bytes);
  const {
    asOf: _asOf,
    evaluatedAtMs: _at,
    ...asked
  } = toLensRequest({
    ...request,
    asOf: undefined,
    evaluatedAtMs: undefined,
  });
  const from = toMoment("from", request.from);
  if (from === undefined) return refuse("from", "set: a position, a frontier or a time", "not set");
  const to = toMoment("to", request.to);
  const question = toQuestion("question", request.question);
  return { question, ...asked, from, ...(to === undefined ? {} : { to }) };
}

export function toConcepts(bytes: Uint8Array): ConceptsInput {
  const request = decodeRequest(ListConceptsRequest, bytes);
  const prefix = toPrefix("prefix", request.prefix);
  return { prefix, childrenOnly: request.children, ...toListRequest(request) };
}

export function toQuestions(bytes: Uint8Array): QuestionsInput {
  const request = decodeRequest(ListQuestionsRequest, bytes);
  return { which: toWhich(request.which), ...toListRequest(request) };
}

export function toAssertions(bytes: Uint8Array): AssertionsInput {
  const request = decodeRequest(ListAssertionsRequest, bytes);
  const { of, backwards: isBackward } = request;
  if (of === undefined) return refuse("of", "set: an author or a source", "not set");
  const rest = { isBackward, ...toListRequest(request) };
  if (of.$case === "author") {
    const author = requireBytes("author", of.value, publicKeyBytes);
    return { of: { kind: "author", author }, ...rest };
  }
  return { of: { kind: "source", sourceId: toSourceId("source_id", of.value) }, ...rest };
}

export function toSources(bytes: Uint8Array): SourcesInput {
  const request = decodeRequest(ListSourcesRequest, bytes);
  const { sourceId } = request;
  const only = sourceId === undefined ? {} : { sourceId: toSourceId("source_id", sourceId) };
  return { ...only, ...toListRequest(request) };
}

function toSubject(subject: QueryRequest["subject"]): QuerySubject {
  switch (subject?.$case) {
    case undefined:
      return refuse("subject", "set: a question, a concept, questions or a prefix", "not set");
    case "question":
      return { kind: "question", question: toQuestion("question", subject.value) };
    case "conceptPath":
      return { kind: "concept", conceptPath: toPath("concept_path", subject.value) };
    case "questions": {
      const { questions } = subject.value;
      const { length } = questions;
      if (length < 1 || length > questionsMax) {
        return refuse("questions.questions", `1 to ${questionsMax} questions`, length);
      }
      return {
        kind: "questions",
        questions: questions.map((one) => toQuestion("questions.questions", one)),
      };
    }
    case "prefix": {
      const { predicate } = subject.value;
      const prefix = toPrefix("prefix.prefix", subject.value.prefix);
      if (predicate === undefined) return { kind: "prefix", prefix };
      return { kind: "prefix", prefix, predicate: toPredicate("prefix.predicate", predicate) };
    }
  }
}

function toWhich(which: ListQuestionsRequest["which"]): QuestionsInput["which"] {
  switch (which?.$case) {
    case undefined:
      return refuse("which", "set: a concept, a prefix, most contested or recent", "not set");
    case "conceptPath":
      return { kind: "concept", conceptPath: toPath("concept_path", which.value) };
    case "prefix":
      return { kind: "prefix", prefix: toPrefix("prefix", which.value) };
    case "mostContested":
      return {
        kind: "most_contested",
        prefix: toPrefix("most_contested.prefix", which.value.prefix),
      };
    case "mostRecent":
      return { kind: "most_recent" };
  }
}

function toQuestion(field: string, question: WireQuestion | undefined): Question {
  if (question === undefined)
    return refuse(field, "set: a concept path and a predicate", "not set");
  return {
    conceptPath: toPath(`${field}.concept_path`, question.conceptPath),
    predicate: toPredicate(`${field}.predicate`, question.predicate),
  };
}

const toPath = (field: string, text: string): string => askedPath(field, text, refuse);
const toPredicate = (field: string, text: string): string => askedPredicate(field, text, refuse);
const toPrefix = (field: string, text: string): string => askedPrefix(field, text, refuse);

const toSourceId = (field: string, text: string): string =>
  requireText(field, text, { shape: "plain", bytesMax: sourceIdBytesMax });

interface WireLensFields extends Pick<QueryRequest, "lens" | "parameters" | "asOf" | "freshness"> {
  readonly evaluatedAtMs?: bigint | undefined;
}

function toLensRequest(request: WireLensFields): LensRequest {
  const { lens, evaluatedAtMs } = request;
  const parameters = toParameters(request.parameters);
  const asOf = toMoment("as_of", request.asOf);
  const freshness = toFreshness(request.freshness);
  return {
    ...(lens === 0 ? {} : { lens: nameOf("lens", lensNames, lens) }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(asOf === undefined ? {} : { asOf }),
    ...(evaluatedAtMs === undefined
      ? {}
      : {
          evaluatedAtMs: requireInteger("evaluated_at_ms", evaluatedAtMs, -timeMsMax, timeMsMax),
        }),
    ...(freshness === undefined ? {} : { freshness }),
  };
}

function toListRequest(
  request: Pick<QueryRequest, "pageSize" | "cursor" | "freshness">,
): ListRequest {
  const freshness = toFreshness(request.freshness);
  return { ...toPaging(request), ...(freshness === undefined ? {} : { freshness }) };
}

function toPaging({ pageSize, cursor }: Pick<QueryRequest, "pageSize" | "cursor">): Paging {
  if (pageSize > pageSizeMax) return refuse("page_size", `1 to ${pageSizeMax}`, pageSize);
  if (cursor.length > cursorBytesMax) {
    const message = "the cursor is none of this database; ask for the first page again";
    throw new Fault("CURSOR_INVALID", message, { bytes: cursor.length });
  }
  return {
    ...(pageSize === 0 ? {} : { pageSize }),
    ...(cursor.length === 0 ? {} : { cursor: Buffer.from(cursor) }),
  };
}

/** A moment before 1970 is before every block, one far away in the future: neither is malformed. */
const clampMs = (ms: bigint): number => Math.max(-timeMsMax, Math.min(Number(ms), timeMsMax));

function toMoment(field: string, moment: WireMoment | undefined): Moment | undefined {
  if (moment === undefined) return undefined;
  const { at } = moment;
  switch (at?.$case) {
    case undefined:
      return refuse(field, "a position, a frontier or a time", "not set");
    case "position":
      return { kind: "position", position: toPosition(`${field}.position`, at.value) };
    case "frontier":
      return { kind: "frontier", frontier: toFrontier(`${field}.frontier`, at.value) };
    case "recordedMs":
      return { kind: "recorded", recordedMs: clampMs(at.value) };
  }
}

function toFreshness(freshness: WireFreshness | undefined): Freshness | undefined {
  const wanted = freshness?.wanted;
  switch (wanted?.$case) {
    case undefined:
      return undefined;
    case "level": {
      if ((wanted.value as number) === 0) return undefined;
      const level = nameOf("freshness.level", freshnessLevels, wanted.value);
      return { kind: "level", level };
    }
    case "position":
      return { kind: "position", position: toPosition("freshness.position", wanted.value) };
    case "frontier":
      return { kind: "frontier", frontier: toFrontier("freshness.frontier", wanted.value) };
  }
}

function toFrontier(field: string, token: Uint8Array): Uint8Array {
  if (token.length > frontierBytesMax) {
    return refuse(field, `at most ${frontierBytesMax} bytes`, `${token.length} bytes`);
  }
  return Buffer.from(token);
}
