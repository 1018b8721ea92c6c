/**
 * Goal: what stands in a log is read alike by every node, whatever version of Unicode its Node.js
 * knows, and no stored bytes stop a reader; the edge is as strict as ever. Method: valid entries of
 * chance in both modes; entries that only a newer or older Unicode would admit; bent entries, where
 * the two modes may differ by the form of a text and by nothing else; UTF-8 against Node's decoder.
 */
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeEntry, decodeStoredEntry, encodeEntry } from "../../src/entry/codec.js";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import { SCAN_OK } from "../../src/entry/scan-code.js";
import { entryRule } from "../../src/entry/schema.js";
import { isUtf8 } from "../../src/entry/utf8.js";
import { valueKey } from "../../src/entry/value-key.js";
import type { DecodedEntry } from "../../src/model/entry.js";
import { Entry } from "../../src/wire/steme/v1/entry.js";
import { throwsFault } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { entry as anyEntry } from "./arbitrary.js";
import { messagesOf, parseRaw } from "./raw.js";
import { assertion, assertionFull, entryOf, samples } from "./samples.js";

const test = suite("entry: stored");
const edge = new EntryScanner();
const stored = new EntryScanner("stored");
const encoded = [...samples.values()].map(encodeEntry);

/** What the two modes differ in. */
const unicodeRules = ["Unicode normalisation form C", "at most 30 combining marks in a row"];

/** An assertion as another implementation writes it, which asks nothing of its texts. */
function claim(texts: {
  readonly conceptPath?: string;
  readonly text?: string;
  readonly predicate?: string;
}): Uint8Array {
  const { conceptPath = "a/b", text = "x", predicate = "is" } = texts;
  const value = { kind: "text", text: "x" } as const;
  const { body, ...envelope } = Entry.decode(encodeEntry(entryOf({ ...assertion, value })));
  assert.ok(body?.$case === "assertion" && body.value.value?.kind?.$case === "text");
  const kind = { $case: "text" as const, value: { ...body.value.value.kind.value, text } };
  const said = { ...body.value, conceptPath, predicate, value: { ...body.value.value, kind } };
  return Entry.encode({ ...envelope, body: { $case: "assertion", value: said } }).finish();
}

function factsOf(scanner: EntryScanner): readonly number[] {
  const { kind, authorStart, saltStart, onBehalfOfStart, onBehalfOfEnd, bodyStart } = scanner;
  const { pathStart, pathEnd, predicateStart, predicateEnd, sourceClass } = scanner;
  const envelope = [kind, authorStart, saltStart, onBehalfOfStart, onBehalfOfEnd, bodyStart];
  return [...envelope, pathStart, pathEnd, predicateStart, predicateEnd, sourceClass];
}

const isIn = (mode: EntryScanner, bytes: Uint8Array): boolean =>
  mode.scan(bytes, 0, bytes.length) === SCAN_OK;

function textOf(entry: DecodedEntry | undefined): string | undefined {
  if (entry?.body.kind !== "assertion" || entry.body.value.kind !== "text") return undefined;
  return entry.body.value.text;
}

test("an entry that the edge admits: the same facts, and the same reading, in both modes", () => {
  const check = (bytes: Uint8Array) => {
    assert.ok(isIn(edge, bytes) && isIn(stored, bytes));
    assert.equal(factsOf(stored), factsOf(edge));
    assert.equal(decodeStoredEntry(bytes), decodeEntry(bytes));
  };
  encoded.forEach(check);
  fc.assert(
    fc.property(anyEntry, (fields) => check(encodeEntry(fields))),
    { numRuns: 300 },
  );
});

for (const [what, texts] of [
  ["an accent apart from its letter", { text: "o\u0308" }],
  ["a concept path that is not in form C", { conceptPath: "sto\u0308rung/x" }],
  ["a predicate that is not in form C", { predicate: "gro\u0308sse" }],
  ["forty marks in a row", { text: `a${"\u0301".repeat(40)}` }],
  // Marks and compositions are given to such places by versions of Unicode to come.
  ["a character that no version has yet", { text: "a\u{1E6FF}\u0301" }],
] as const) {
  test(`${what}: readable when stored`, () => {
    const bytes = claim(texts);
    assert.ok(isIn(stored, bytes));
    const { body } = decodeStoredEntry(bytes) as DecodedEntry;
    assert.ok(body.kind === "assertion");
    assert.is(body.conceptPath, "conceptPath" in texts ? texts.conceptPath : "a/b");
    assert.is(body.predicate, "predicate" in texts ? texts.predicate : "is");
    if ("text" in texts) assert.is(textOf(decodeStoredEntry(bytes)), texts.text);
  });
}

test("a text that is not in form C: the edge refuses it, by name", () => {
  const fault = throwsFault(() => decodeEntry(claim({ text: "o\u0308" })), "ENTRY_INVALID");
  assert.is(fault.detail["limit"], unicodeRules[0]);
  throwsFault(
    () => encodeEntry(entryOf({ ...assertion, conceptPath: "o\u0308" })),
    "ENTRY_INVALID",
  );
});

test("what reading needs is asked of stored entries too", () => {
  for (const texts of [
    { conceptPath: "a\0b" },
    { conceptPath: "a//b" },
    { conceptPath: "ö".repeat(201) },
    { predicate: "a/b" },
    { predicate: "x".repeat(65) },
  ]) {
    assert.is(decodeStoredEntry(claim(texts)), undefined, JSON.stringify(texts));
  }
  const invalid = claim({ text: "\u00e9" });
  const at = Buffer.from(invalid).indexOf(0xc3);
  for (const byte of [0x00, 0x41, 0xc0, 0xe9, 0xff]) {
    const bent = Uint8Array.from(invalid);
    bent[at] = byte;
    assert.is(isIn(stored, bent), false, "not UTF-8");
  }
});

test("bent entries: nothing is thrown, and the modes differ by the form of texts alone", () => {
  const random = new Seeded(77);
  const texts = [claim({ text: "o\u0308x" }), claim({ conceptPath: "e\u0301/a\u0308" })];
  const known = [...encoded, encodeEntry(entryOf(assertionFull)), ...texts];
  let [both, storedOnly, neither] = [0, 0, 0];
  for (let round = 0; round < 40_000; round++) {
    const bytes = Uint8Array.from(random.pick(known));
    for (let i = random.below(4); i > 0; i--) bytes[random.below(bytes.length)] = random.below(256);
    const cut = random.chance(20) ? bytes.subarray(0, random.below(bytes.length)) : bytes;
    const isRead = isIn(stored, cut);
    const isAdmitted = isIn(edge, cut);
    assert.not.ok(isAdmitted && !isRead, "what is admitted is readable");
    if (isRead && !isAdmitted) {
      const reason = edge.reason();
      assert.ok(unicodeRules.includes(reason.limit), `${reason.field}: ${reason.limit}`);
      storedOnly += 1;
    } else if (isRead) both += 1;
    else neither += 1;
    const entry = decodeStoredEntry(cut);
    assert.is(entry !== undefined, isRead);
    if (entry?.body.kind === "assertion") valueKey(entry.body.value);
  }
  assert.ok(
    both > 1_000 && storedOnly > 500 && neither > 5_000,
    `${both} ${storedOnly} ${neither}`,
  );
});

test("bent fields of right structure: nothing is thrown", () => {
  const random = new Seeded(78);
  for (let round = 0; round < 10_000; round++) {
    const { fields, rebuild } = random.pick(messagesOf(parseRaw(random.pick(encoded), entryRule)));
    const index = random.below(fields.length);
    const field = fields[index];
    if (field === undefined) continue;
    const bent = { ...field, content: random.bytes(random.below(500)), children: undefined };
    const bytes = rebuild(fields.with(index, bent));
    if (bytes.length > 0) assert.is(decodeStoredEntry(bytes) !== undefined, isIn(stored, bytes));
  }
  assert.is(decodeStoredEntry(new Uint8Array(0)), undefined);
  assert.is(decodeStoredEntry(new Uint8Array(70_000)), undefined);
});

test("utf8: what Node's decoder takes, and nothing else (all of two bytes, chance beyond)", () => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const isDecoded = (bytes: Uint8Array): boolean => {
    try {
      decoder.decode(bytes);
      return true;
    } catch {
      return false;
    }
  };
  const check = (bytes: Uint8Array) => {
    const hex = Buffer.from(bytes).toString("hex");
    assert.is(isUtf8(bytes, 0, bytes.length), isDecoded(bytes), hex);
  };
  for (let first = 0; first < 256; first++) {
    for (let second = 0; second < 256; second++) check(Uint8Array.of(first, second));
  }
  const random = new Seeded(79);
  const leads = [0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf1, 0xf4, 0xf5];
  const edges = [0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0];
  for (let round = 0; round < 40_000; round++) {
    const length = 1 + random.below(5);
    const from = (i: number) => (i === 0 || random.chance(15) ? leads : edges);
    check(Uint8Array.from({ length }, (_, i) => random.pick(from(i))));
  }
});

test.run();
