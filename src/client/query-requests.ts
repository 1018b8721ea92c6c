/** Questions from plain values to the wire. What is wrong with them the node says. */
import {
  type Freshness,
  freshnessLevels,
  type LensParameters,
  lensNames,
  type Moment,
  type Question,
  recencyTimes,
  voicesKinds,
} from "../model/answer.js";
import { lifecycles, sourceClasses } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import type {
  AssertionsInput,
  ConceptsInput,
  DiffInput,
  ExplainInput,
  LensRequest,
  ListRequest,
  Paging,
  QueryInput,
  QuestionsInput,
  SourcesInput,
} from "../model/query.js";
import {
  Decay,
  DiffRequest,
  ExplainRequest,
  ListAssertionsRequest,
  ListConceptsRequest,
  ListQuestionsRequest,
  ListSourcesRequest,
  QueryRequest,
  type Freshness as WireFreshness,
  type Moment as WireMoment,
  type LensParameters as WireParameters,
  type Question as WireQuestion,
} from "../wire/steme/v1/query_service.js";
import { wirePositionOf } from "./start-and-filter.js";

const none = Buffer.alloc(0);

export function queryBytes(input: QueryInput): Uint8Array {
  return QueryRequest.encode({
    subject: subjectOf(input.subject),
    ...lensFieldsOf(input),
    ...pagingOf(input),
  }).finish();
}

export function explainBytes(input: ExplainInput): Uint8Array {
  const question = questionOf(input.question);
  return ExplainRequest.encode({ question, ...lensFieldsOf(input) }).finish();
}

export function diffBytes(input: DiffInput): Uint8Array {
  return DiffRequest.encode({
    question: questionOf(input.question),
    lens: numberOf("lens", lensNames, input.lens),
    parameters: parametersOf(input.parameters),
    from: momentOf(input.from),
    to: momentOf(input.to),
    freshness: freshnessOf(input.freshness),
  }).finish();
}

export function conceptsBytes(input: ConceptsInput): Uint8Array {
  const { prefix, childrenOnly: children = false } = input;
  return ListConceptsRequest.encode({ prefix, children, ...listFieldsOf(input) }).finish();
}

export function questionsBytes(input: QuestionsInput): Uint8Array {
  return ListQuestionsRequest.encode({
    which: whichOf(input.which),
    ...listFieldsOf(input),
  }).finish();
}

export function assertionsBytes(input: AssertionsInput): Uint8Array {
  const of: ListAssertionsRequest["of"] =
    input.of.kind === "author"
      ? { $case: "author", value: Buffer.from(input.of.author) }
      : { $case: "sourceId", value: input.of.sourceId };
  const backwards = input.isBackward ?? false;
  return ListAssertionsRequest.encode({ of, backwards, ...listFieldsOf(input) }).finish();
}

export function sourcesBytes(input: SourcesInput): Uint8Array {
  const { sourceId } = input;
  return ListSourcesRequest.encode({ sourceId, ...listFieldsOf(input) }).finish();
}

function subjectOf(subject: QueryInput["subject"]): QueryRequest["subject"] {
  switch (subject.kind) {
    case "question":
      return { $case: "question", value: questionOf(subject.question) };
    case "concept":
      return { $case: "conceptPath", value: subject.conceptPath };
    case "questions":
      return { $case: "questions", value: { questions: subject.questions.map(questionOf) } };
    case "prefix": {
      const { prefix, predicate } = subject;
      return { $case: "prefix", value: { prefix, predicate } };
    }
  }
}

function whichOf(which: QuestionsInput["which"]): ListQuestionsRequest["which"] {
  switch (which.kind) {
    case "concept":
      return { $case: "conceptPath", value: which.conceptPath };
    case "prefix":
      return { $case: "prefix", value: which.prefix };
    case "most_contested":
      return { $case: "mostContested", value: { prefix: which.prefix } };
    case "most_recent":
      return { $case: "mostRecent", value: {} };
  }
}

const questionOf = ({ conceptPath, predicate }: Question): WireQuestion => ({
  conceptPath,
  predicate,
});

const lensFieldsOf = (request: LensRequest) => ({
  lens: numberOf("lens", lensNames, request.lens),
  parameters: parametersOf(request.parameters),
  asOf: momentOf(request.asOf),
  evaluatedAtMs: optionalWhole("evaluatedAtMs", request.evaluatedAtMs),
  freshness: freshnessOf(request.freshness),
});

const pagingOf = ({ pageSize = 0, cursor }: Paging) => ({
  pageSize: uintOf("pageSize", pageSize),
  cursor: cursor === undefined ? none : Buffer.from(cursor),
});

const listFieldsOf = (request: ListRequest) => ({
  ...pagingOf(request),
  freshness: freshnessOf(request.freshness),
});

function parametersOf(parameters: LensParameters | undefined): WireParameters | undefined {
  if (parameters === undefined) return undefined;
  const { decay = "class", lifecycles: admitted = [], classes = [] } = parameters;
  const { authorsIn = [], authorsOut = [], sourcesIn = [], sourcesOut = [] } = parameters;
  const { claimsOut = [], confidenceMillionthsMin = 0, trustMillionthsMin = 0 } = parameters;
  return {
    ...decayOf(decay),
    lifecycles: admitted.map((name) => numberOf("lifecycles", lifecycles, name)),
    epoch: parameters.epoch,
    validAtMs: optionalWhole("validAtMs", parameters.validAtMs),
    voices: numberOf("voices", voicesKinds, parameters.voices),
    authorsIn: authorsIn.map(bufferOf),
    authorsOut: authorsOut.map(bufferOf),
    sourcesIn: [...sourcesIn],
    sourcesOut: [...sourcesOut],
    classes: classes.map((name) => numberOf("classes", sourceClasses, name)),
    confidenceMillionthsMin: uintOf("confidenceMillionthsMin", confidenceMillionthsMin),
    trustMillionthsMin: uintOf("trustMillionthsMin", trustMillionthsMin),
    recencyTime: numberOf("recencyTime", recencyTimes, parameters.recencyTime),
    claimsOut: claimsOut.map(bufferOf),
  };
}

function decayOf(decay: NonNullable<LensParameters["decay"]>) {
  if (decay === "class") return { decay: Decay.CLASS, halfLifeMs: 0n };
  if (decay === "none") return { decay: Decay.NONE, halfLifeMs: 0n };
  if (typeof decay === "string") throw invalid("decay", "class, none or { halfLifeMs }", decay);
  const { halfLifeMs } = decay;
  if (!Number.isSafeInteger(halfLifeMs) || halfLifeMs < 0) {
    throw invalid("halfLifeMs", "a whole number above 0", halfLifeMs);
  }
  return { decay: Decay.HALF_LIFE, halfLifeMs: BigInt(halfLifeMs) };
}

function momentOf(moment: Moment | undefined): WireMoment | undefined {
  switch (moment?.kind) {
    case undefined:
      return undefined;
    case "position":
      return { at: { $case: "position", value: wirePositionOf(moment.position) } };
    case "frontier":
      return { at: { $case: "frontier", value: bufferOf(moment.frontier) } };
    case "recorded":
      return { at: { $case: "recordedMs", value: wholeOf("recordedMs", moment.recordedMs) } };
  }
}

function freshnessOf(freshness: Freshness | undefined): WireFreshness | undefined {
  switch (freshness?.kind) {
    case undefined:
      return undefined;
    case "level": {
      const value = numberOf("freshness", freshnessLevels, freshness.level);
      return { wanted: { $case: "level", value } };
    }
    case "position":
      return { wanted: { $case: "position", value: wirePositionOf(freshness.position) } };
    case "frontier":
      return { wanted: { $case: "frontier", value: bufferOf(freshness.frontier) } };
  }
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes);

/** Enum numbers stand in the order of the names, from 1; 0 leaves the choice to the node. */
function numberOf(field: string, names: readonly string[], name: string | undefined): number {
  if (name === undefined) return 0;
  const number = names.indexOf(name) + 1;
  if (number === 0) throw invalid(field, names.join(", "), name);
  return number;
}

function uintOf(field: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff) return value;
  throw invalid(field, "a whole number, 0 or more", value);
}

function wholeOf(field: string, value: number): bigint {
  if (!Number.isSafeInteger(value)) throw invalid(field, "a whole number", value);
  return BigInt(value);
}

const optionalWhole = (field: string, value: number | undefined): bigint | undefined =>
  value === undefined ? undefined : wholeOf(field, value);

function invalid(field: string, limit: string, value: string | number): Fault {
  const message = `${field} must be ${limit}, and is ${value}`;
  return new Fault("ARGUMENT_INVALID", message, { field, limit, value });
}
