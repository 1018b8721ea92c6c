/**
 * Goal: output says the same to people and programs, never moves a terminal's cursor by what others
 * wrote, and has no colours where nobody sees them. Method: recorded streams; tables.
 */
import { PassThrough } from "node:stream";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  grouped,
  Output,
  type Screen,
  tableText,
  toFault,
  toJson,
  visible,
} from "../../cli/output.js";
import { durationText, Progress, progressText } from "../../cli/progress.js";
import { Fault } from "../../src/model/fault.js";
import { within } from "../support/expect.js";

const test = suite("cli: output");

function screen(isTTY: boolean): Screen & PassThrough {
  return Object.assign(new PassThrough(), { isTTY, columns: 60 });
}

function open(isTTY: boolean, isJson = false, environment: Record<string, string> = {}) {
  const stdout = screen(isTTY);
  const stderr = screen(isTTY);
  const output = new Output({ stdout, stderr, isJson, environment });
  const text = (stream: PassThrough): string => String(stream.read() ?? "");
  return { output, stdout, stderr, out: () => text(stdout), err: () => text(stderr) };
}

test("paint: colours on a terminal only, not with NO_COLOR, not with --json", () => {
  assert.is(open(true).output.paint("red", "x"), "\u001b[31mx\u001b[39m");
  assert.is(open(false).output.paint("red", "x"), "x");
  assert.is(open(true, true).output.paint("red", "x"), "x");
  assert.is(open(true, false, { NO_COLOR: "1" }).output.paint("red", "x"), "x");
  assert.not.equal(open(true, false, { NO_COLOR: "" }).output.paint("red", "x"), "x");
});

test("result: one line of JSON, or the text", async () => {
  const json = open(false, true);
  await json.output.result({ a: 1n, b: "x\ny" }, () => "never");
  assert.is(json.out(), '{"a":"1","b":"x\\ny"}\n');
  const plain = open(false);
  await plain.output.result({}, () => "text");
  assert.is(plain.out(), "text\n");
});

test("error: text with its code, or one line of JSON, on standard error", () => {
  const fault = new Fault("NOT_FOUND", "nothing is there", { index: 7 });
  const plain = open(false);
  plain.output.error(fault, "Usage: steme");
  assert.is(plain.err(), "error: nothing is there (NOT_FOUND)\n\nUsage: steme\n");
  const json = open(false, true);
  json.output.error(fault);
  assert.equal(JSON.parse(json.err()), {
    error: { code: "NOT_FOUND", message: "nothing is there", detail: { index: 7 } },
  });
});

test("note: beside the results, and silent with --json", () => {
  const plain = open(false);
  plain.output.note("hello");
  assert.is(plain.err(), "hello\n");
  assert.is(plain.out(), "");
  const json = open(false, true);
  json.output.note("hello");
  assert.is(json.err(), "");
});

test("write: waits while the reader is slow, and not for one that went away", async () => {
  const { output, stdout } = open(false);
  let isThrough = false;
  const written = output.write("x".repeat(100_000)).then(() => {
    isThrough = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.not.ok(isThrough);
  stdout.read();
  await within(1_000, written);

  const stuck = output.write("x".repeat(100_000));
  stdout.destroy();
  await within(1_000, stuck);
  await within(1_000, output.write("more"));
});

test("table: columns are as wide as their widest cell, the last is not padded", () => {
  const text = tableText([
    ["a", "bb", "c"],
    ["aaa", "b", "cc"],
  ]);
  assert.is(text, "a    bb  c\naaa  b   cc");
});

test("visible: control and direction characters cannot reach the terminal", () => {
  assert.is(visible("a\u001b[2Jb\u202ec\n\u0085é🙂"), "a\\u001b[2Jb\\u202ec\\u000a\\u0085é🙂");
});

test("json: bigints are text", () => {
  assert.is(toJson({ n: 2n ** 63n }), '{"n":"9223372036854775808"}');
  assert.is(grouped(1_234_567), "1,234,567");
});

test("fault: a native module that is missing says what to do, a defect stays one", () => {
  const missing = toFault(
    Object.assign(new Error("x.node: invalid ELF"), { code: "ERR_DLOPEN_FAILED" }),
  );
  assert.is(missing.code, "MODULE_MISSING");
  assert.match(missing.message, "npm rebuild");
  assert.is(toFault(new TypeError("x is not a function")).code, "INTERNAL");
  const fault = new Fault("CLOCK", "");
  assert.is(toFault(fault), fault);
});

test("progress: bar, share, count, rate and estimate", () => {
  assert.is(
    progressText("importing", "records", 5_000, 2_000, 0.5),
    "importing  [##########..........]  50%  5,000 records  2,500/s  2 s left",
  );
  assert.is(progressText("importing", "records", 10, 0), "importing  10 records");
  assert.is(durationText(59_400), "59 s");
  assert.is(durationText(200_000), "3 min 20 s");
  assert.is(durationText(7_500_000), "2 h 5 min");
});

test("progress: drawn on a terminal at most ten times a second, cut to its width", () => {
  let nowMs = 1_000;
  const { output, err } = open(true);
  const progress = new Progress(output, { label: "l", unit: "things", nowMs: () => nowMs });
  progress.update(1, 0.1);
  nowMs += 50;
  progress.update(2, 0.2);
  nowMs += 60;
  progress.update(3, 0.3);
  progress.clear();
  const text = err();
  assert.ok(text.includes("1 things") && !text.includes("2 things") && text.includes("3 things"));
  for (const line of text.split("\r\u001b[K")) assert.ok(line.length < 60, line);
});

test("progress: nothing is drawn where no terminal is", () => {
  const { output, err } = open(false);
  const progress = new Progress(output, { label: "l", unit: "u", nowMs: () => 5 });
  progress.update(1);
  progress.clear();
  assert.is(err(), "");
});

test.run();
