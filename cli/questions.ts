/** Questions from a file: one per line, as JSON. Pure, but for the reading. */
import type { Question } from "../src/model/answer.js";
import { Fault } from "../src/model/fault.js";
import { questionsMax } from "../src/model/query.js";
import { readLines } from "./import-lines.js";
import type { Input } from "./input-file.js";

/** Paths and predicates are short; what is longer is no question. */
const lineCharactersMax = 8_192;
const form = '{"concept_path": "…", "predicate": "…"}';

/** Throws ARGUMENT_INVALID, which shows the form. */
export function questionOf(text: string): Question {
  const refuse = (why: string) =>
    new Fault("ARGUMENT_INVALID", `${why}; a question is ${form}`, { value: text.slice(0, 128) });
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    throw refuse("the line is not JSON");
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw refuse("the line is no object");
  }
  const { concept_path: path, predicate, ...rest } = record as Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw refuse(`${JSON.stringify(unknown)} is no field of a question`);
  if (typeof path !== "string" || path === "") throw refuse("concept_path is missing");
  if (typeof predicate !== "string" || predicate === "") throw refuse("predicate is missing");
  return { conceptPath: path.normalize("NFC"), predicate: predicate.normalize("NFC") };
}

/** As many at a time as a request takes. What is wrong is named by file and line. */
export async function* readQuestions(
  input: Pick<Input, "name" | "stream">,
): AsyncGenerator<readonly Question[], void, undefined> {
  let questions: Question[] = [];
  for await (const { line, text } of readLines(input.stream, lineCharactersMax)) {
    try {
      if (text === undefined) throw new Fault("ARGUMENT_INVALID", "the line is too long", {});
      questions.push(questionOf(text));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const message = `${input.name}:${line}: ${error.message}`;
      const detail = { ...error.detail, file: input.name, line };
      throw new Fault(error.code, message, detail, error);
    }
    if (questions.length < questionsMax) continue;
    yield questions;
    questions = [];
  }
  if (questions.length > 0) yield questions;
}
