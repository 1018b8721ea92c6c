/**
 * Questions from plain values to the wire. A value of the wrong kind, or a name that is none, is
 * refused here; what else is wrong with a question the node says.
 */
import { MessageWriter } from "../entry/message-writer.js";
import { numbersOf, writeMoment, writeParameters, writePosition } from "../entry/query-writer.js";
import {
  type Freshness,
  freshnessLevels,
  type LensParameters,
  lensNames,
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
  QueryInput,
  QuestionsInput,
  SourcesInput,
} from "../model/query.js";

const lensNumbers = numbersOf(lensNames);
const levelNumbers = numbersOf(freshnessLevels);

/** One for all: a request is written in one turn. */
const writer = new MessageWriter();

export function queryBytes(input: QueryInput): Uint8Array {
  checkLens(input);
  checkList(input);
  writer.clear();
  if (input.cursor !== undefined) writer.bytes(11, input.cursor);
  writer.uint(10, input.pageSize ?? 0);
  writeLens(input, 5);
  writeSubject(input.subject);
  return writer.finish();
}

export function explainBytes(input: ExplainInput): Uint8Array {
  checkLens(input);
  writer.clear();
  writeLens(input, 2);
  writeQuestion(1, input.question);
  return writer.finish();
}

export function diffBytes(input: DiffInput): Uint8Array {
  checkLens(input);
  writer.clear();
  writeFreshness(6, input.freshness);
  if (input.to !== undefined) writeMoment(writer, 5, input.to);
  if (input.from !== undefined) writeMoment(writer, 4, input.from);
  if (input.parameters !== undefined) writeParameters(writer, 3, input.parameters);
  if (input.lens !== undefined) writer.uint(2, lensNumbers[input.lens]);
  writeQuestion(1, input.question);
  return writer.finish();
}

export function conceptsBytes(input: ConceptsInput): Uint8Array {
  openList(input, 3);
  writer.boolean(2, input.childrenOnly === true);
  writer.text(1, input.prefix);
  return writer.finish();
}

export function questionsBytes(input: QuestionsInput): Uint8Array {
  openList(input, 5);
  const { which } = input;
  const before = writer.written;
  switch (which.kind) {
    case "concept":
      writer.textAlways(1, which.conceptPath);
      break;
    case "prefix":
      writer.textAlways(2, which.prefix);
      break;
    case "most_contested":
      writer.text(1, which.prefix);
      writer.message(3, before);
      break;
    case "most_recent":
      writer.message(4, before);
  }
  return writer.finish();
}

export function assertionsBytes(input: AssertionsInput): Uint8Array {
  openList(input, 4);
  writer.boolean(3, input.isBackward === true);
  if (input.of.kind === "author") writer.bytesAlways(1, input.of.author);
  else writer.textAlways(2, input.of.sourceId);
  return writer.finish();
}

export function sourcesBytes(input: SourcesInput): Uint8Array {
  checkList(input);
  writer.clear();
  if (input.sourceId !== undefined) writer.textAlways(4, input.sourceId);
  writeListFields(input, 1);
  return writer.finish();
}

function openList(input: ListRequest, firstField: number): void {
  checkList(input);
  writer.clear();
  writeListFields(input, firstField);
}

/** Page size, cursor and freshness: three fields in a row. */
function writeListFields(input: ListRequest, firstField: number): void {
  writeFreshness(firstField + 2, input.freshness);
  if (input.cursor !== undefined) writer.bytes(firstField + 1, input.cursor);
  writer.uint(firstField, input.pageSize ?? 0);
}

/** Lens, parameters, moments and freshness: five fields in a row. */
function writeLens(request: LensRequest, firstField: number): void {
  const { lens, parameters, asOf, evaluatedAtMs, freshness } = request;
  writeFreshness(firstField + 4, freshness);
  if (evaluatedAtMs !== undefined) writer.sintAlways(firstField + 3, evaluatedAtMs);
  if (asOf !== undefined) writeMoment(writer, firstField + 2, asOf);
  if (parameters !== undefined) writeParameters(writer, firstField + 1, parameters);
  if (lens !== undefined) writer.uint(firstField, lensNumbers[lens]);
}

function writeSubject(subject: QueryInput["subject"]): void {
  const before = writer.written;
  switch (subject.kind) {
    case "question":
      writeQuestion(1, subject.question);
      return;
    case "concept":
      writer.textAlways(2, subject.conceptPath);
      return;
    case "questions": {
      const { questions } = subject;
      for (let at = questions.length - 1; at >= 0; at--) {
        writeQuestion(1, questions[at] as Question);
      }
      writer.message(3, before);
      return;
    }
    case "prefix":
      if (subject.predicate !== undefined) writer.textAlways(2, subject.predicate);
      writer.text(1, subject.prefix);
      writer.message(4, before);
  }
}

function writeQuestion(field: number, { conceptPath, predicate }: Question): void {
  const before = writer.written;
  writer.text(2, predicate);
  writer.text(1, conceptPath);
  writer.message(field, before);
}

function writeFreshness(field: number, freshness: Freshness | undefined): void {
  if (freshness === undefined) return;
  const before = writer.written;
  if (freshness.kind === "level") writer.uint(1, levelNumbers[freshness.level]);
  else if (freshness.kind === "position") writePosition(writer, 2, freshness.position);
  else writer.bytesAlways(3, freshness.frontier);
  writer.message(field, before);
}

function checkLens(request: LensRequest): void {
  requireName("lens", lensNames, request.lens);
  requireWhole("evaluatedAtMs", request.evaluatedAtMs);
  checkFreshness(request.freshness);
  if (request.asOf?.kind === "recorded") requireWhole("recordedMs", request.asOf.recordedMs);
  if (request.parameters !== undefined) checkParameters(request.parameters);
}

function checkParameters(parameters: LensParameters): void {
  const { decay, lifecycles: admitted = [], classes = [] } = parameters;
  if (typeof decay === "string") requireName("decay", ["class", "none"], decay);
  if (typeof decay === "object") requireSize("halfLifeMs", decay.halfLifeMs);
  for (const name of admitted) requireName("lifecycles", lifecycles, name);
  for (const name of classes) requireName("classes", sourceClasses, name);
  requireName("voices", voicesKinds, parameters.voices);
  requireName("recencyTime", recencyTimes, parameters.recencyTime);
  requireWhole("validAtMs", parameters.validAtMs);
  requireSize("confidenceMillionthsMin", parameters.confidenceMillionthsMin);
  requireSize("trustMillionthsMin", parameters.trustMillionthsMin);
}

function checkList(request: ListRequest): void {
  requireSize("pageSize", request.pageSize);
  checkFreshness(request.freshness);
}

function checkFreshness(freshness: Freshness | undefined): void {
  if (freshness?.kind === "level") requireName("freshness", freshnessLevels, freshness.level);
}

function requireName(field: string, names: readonly string[], name: string | undefined): void {
  if (name !== undefined && !names.includes(name)) throw invalid(field, names.join(", "), name);
}

function requireWhole(field: string, value: number | undefined): void {
  if (value === undefined || Number.isSafeInteger(value)) return;
  throw invalid(field, "a whole number", value);
}

function requireSize(field: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw invalid(field, "a whole number, 0 or more", value);
}

function invalid(field: string, limit: string, value: string | number): Fault {
  const message = `${field} must be ${limit}, and is ${value}`;
  return new Fault("ARGUMENT_INVALID", message, { field, limit, value });
}
