/**
 * Goal: lines come out of any stream as they went in, with their numbers, and a record is either
 * what it says or refused with its reason. Method: a property that cuts text into chunks anywhere,
 * even inside of a character; tables for records.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type NumberedLine, readLines } from "../../cli/import-lines.js";
import { inputOf } from "../../cli/import-record.js";
import { KeyPair } from "../../src/client/index.js";
import { decodeEntry, encodeEntry } from "../../src/entry/codec.js";
import { entryToJson } from "../../src/entry/json.js";
import { Fault, type FaultCode, isFault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";

const test = suite("cli: import");
const { publicKey: author } = KeyPair.fromSeed(new Uint8Array(32).fill(1));
const context = { author, assertedMs: undefined };

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]) {
  let start = 0;
  for (let i = 0; start < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(start, start + size);
    start += size;
  }
}

async function linesOf(
  text: string,
  sizes: readonly number[],
  max = 1_000,
): Promise<NumberedLine[]> {
  const lines: NumberedLine[] = [];
  for await (const line of readLines(chunksOf(Buffer.from(text), sizes), max)) lines.push(line);
  return lines;
}

test("lines: numbered, without empty ones, however the stream is cut", async () => {
  const content = fc.array(fc.constantFrom("", " ", "a", "é🙂", '{"x":1}', "\r"));
  const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(content, sizes, fc.boolean(), async (list, cuts, isEnded) => {
      const text = list.join("\n") + (isEnded ? "\n" : "");
      const expected = list
        .map((line, i) => ({ line: i + 1, text: line.replace(/\r$/, "") }))
        .filter((line) => line.text.trim() !== "");
      const found = (await linesOf(text, cuts)).map(({ line, text: kept }) => ({
        line,
        text: kept,
      }));
      assert.equal(found, expected);
    }),
  );
});

test("lines: one that is too long is reported once, and the next is whole", async () => {
  const long = (letter: string, count: number) => letter.repeat(count);
  const lines = [long("x", 500), "short", long("y", 101), long("z", 100), long("w", 300)];
  const text = lines.join("\n");
  for (const size of [1, 7, 64, 10_000]) {
    const found = await linesOf(text, [size], 100);
    assert.equal(
      found.map(({ line, text: kept }) => [line, kept?.[0]]),
      [
        [1, undefined],
        [2, "s"],
        [3, undefined],
        [4, "z"],
        [5, undefined],
      ],
      `chunks of ${size}`,
    );
  }
});

test("lines: tell how far the stream was read", async () => {
  const found = await linesOf("a\nb\n", [2]);
  assert.equal(
    found.map((line) => line.bytesRead),
    [2, 4],
  );
});

const claim = {
  concept_path: "a/b",
  predicate: "p",
  value: 1,
  source: { id: "s" },
  asserted_at: "2026-01-01T00:00:00Z",
};

test("record: a body, a body for somebody, and an entry that exists", () => {
  const body = inputOf(JSON.stringify(claim), context);
  assert.ok("kind" in body && body.kind === "assertion" && body.conceptPath === "a/b");
  const draft = inputOf(JSON.stringify({ ...claim, on_behalf_of: "ann" }), context);
  assert.ok("body" in draft && draft.onBehalfOf === "ann" && draft.body.kind === "assertion");

  if (!("kind" in body)) throw new Error("a body");
  const bytes = encodeEntry({ author, salt: new Uint8Array(16).fill(9), body });
  const json = entryToJson(decodeEntry(bytes));
  for (const text of [JSON.stringify(json), JSON.stringify({ id: "x", index: 3, entry: json })]) {
    const again = inputOf(text, context);
    assert.ok(again instanceof Uint8Array);
    assert.is(toHex(again), toHex(bytes));
  }
});

test("record: asserted_at comes from the record, else from --asserted", () => {
  const { asserted_at: _said, ...silent } = claim;
  const given = inputOf(JSON.stringify(silent), { author, assertedMs: 5 });
  assert.ok("kind" in given && given.kind === "assertion" && given.assertedMs === 5);
  const said = inputOf(JSON.stringify(claim), { author, assertedMs: 5 });
  assert.ok(
    "kind" in said && said.kind === "assertion" && said.assertedMs === Date.UTC(2026, 0, 1),
  );
});

test("record: what is wrong is refused with its reason (table)", () => {
  const { asserted_at: _said, ...silent } = claim;
  const table: readonly [text: string, code: FaultCode, says: string][] = [
    ["", "ARGUMENT_INVALID", "not JSON"],
    ["{", "ARGUMENT_INVALID", "not JSON"],
    ["[]", "ARGUMENT_INVALID", "not a JSON object"],
    ["null", "ARGUMENT_INVALID", "not a JSON object"],
    ["5", "ARGUMENT_INVALID", "not a JSON object"],
    [JSON.stringify({ ...claim, colour: 1 }), "ARGUMENT_INVALID", "colour is not a field"],
    [JSON.stringify({ ...claim, on_behalf_of: 5 }), "ARGUMENT_INVALID", "on_behalf_of"],
    [JSON.stringify(silent), "ARGUMENT_INVALID", "--asserted"],
    [JSON.stringify({ ...claim, author: toHex(author) }), "ARGUMENT_INVALID", "salt"],
    [
      JSON.stringify({ ...claim, author: "00".repeat(32), salt: "00".repeat(16) }),
      "AUTHOR_FOREIGN",
      "another author",
    ],
    [JSON.stringify({ entry: claim, colour: 1 }), "ARGUMENT_INVALID", "is not a field"],
  ];
  for (const [text, code, says] of table) {
    assert.throws(
      () => inputOf(text, context),
      (error: unknown) => isFault(error, code) && error.message.includes(says),
      text,
    );
  }
});

test("record: garbage is refused by a fault, and nothing else is thrown", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        inputOf(text, context);
      } catch (error) {
        assert.ok(error instanceof Fault, String(error));
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
