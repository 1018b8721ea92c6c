/**
 * Goal: a file of questions is read as it stands, in as many requests as it takes, and a bad line
 * is named with its number and the form that would be right. Method: tables; chunked streams.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { questionOf, readQuestions } from "../../cli/questions.js";
import type { Question } from "../../src/model/answer.js";
import { rejects, throwsFault } from "../support/expect.js";

const test = suite("cli: questions");

const line = (path: string): string =>
  JSON.stringify({ concept_path: path, predicate: "supported_since" });

async function* chunksOf(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  const whole = Buffer.from(text);
  for (let at = 0; at < whole.length; at += bytes) yield whole.subarray(at, at + bytes);
}

async function readAll(text: string, bytes = 7): Promise<(readonly Question[])[]> {
  const groups: (readonly Question[])[] = [];
  const input = { name: "q.jsonl", stream: chunksOf(text, bytes) };
  for await (const group of readQuestions(input)) groups.push(group);
  return groups;
}

test("question: its two fields, normalised", () => {
  assert.equal(questionOf(line("a/e\u0301")), {
    conceptPath: "a/é",
    predicate: "supported_since",
  });
});

test("question: anything else shows the form (table)", () => {
  const table: readonly (readonly [text: string, says: string])[] = [
    ["web/x supported_since", "the line is not JSON"],
    ["[]", "the line is no object"],
    ["null", "the line is no object"],
    ['{"predicate":"p"}', "concept_path is missing"],
    ['{"concept_path":"a"}', "predicate is missing"],
    ['{"concept_path":"a","predicate":1}', "predicate is missing"],
    ['{"concept_path":"a","predicate":"p","lens":"x"}', '"lens" is no field'],
  ];
  for (const [text, says] of table) {
    const { message } = throwsFault(() => questionOf(text), "ARGUMENT_INVALID");
    assert.ok(message.includes(says) && message.includes('"concept_path": "…"'), message);
  }
});

test("read: groups as large as a request takes, in order, empty lines left out", async () => {
  const lines = Array.from({ length: 2_001 }, (_unused, i) => line(`a/${i}`));
  const groups = await readAll(`${lines.join("\n\n")}\n`, 1_000);
  assert.equal(
    groups.map((group) => group.length),
    [1_000, 1_000, 1],
  );
  assert.is(groups[2]?.[0]?.conceptPath, "a/2000");
  assert.equal(await readAll(""), []);
});

test("read: a bad line is named by file and number", async () => {
  const fault = await rejects(readAll(`${line("a")}\n\nnonsense\n`), "ARGUMENT_INVALID");
  assert.match(String(fault), "q.jsonl:3: the line is not JSON");
  const long = await rejects(readAll(`${"x".repeat(10_000)}\n`, 5_000), "ARGUMENT_INVALID");
  assert.match(String(long), "q.jsonl:1: the line is too long");
});

test.run();
