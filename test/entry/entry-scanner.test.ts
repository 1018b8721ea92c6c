/**
 * Goal: the scanner accepts exactly the canonical encoding, says which rule is broken, and finds
 * the parts of what it accepts. Method: samples of every body and value are taken apart, every
 * message in them is bent in every way that protobuf allows and the canonical form does not, and
 * put together again by code that shares nothing with the scanner.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeEntry } from "../../src/entry/codec.js";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import {
  SCAN_BODY_UNKNOWN,
  SCAN_INVALID,
  SCAN_NOT_CANONICAL,
  SCAN_OK,
  SCAN_TOO_LARGE,
} from "../../src/entry/scan-code.js";
import { entryRule } from "../../src/entry/schema.js";
import { TableScanner } from "../../src/entry/table-scanner.js";
import { bodyKinds } from "../../src/model/entry.js";
import {
  bytesField,
  messagesOf,
  numberField,
  parseRaw,
  type RawField,
  rawContent,
  varintBytes,
  writeRaw,
} from "./raw.js";
import { assertion, bodies, entryOf, filled, samples } from "./samples.js";

const test = suite("entry: scanner");
const scanner = new EntryScanner();
const tables = new TableScanner();
const encoded = [...samples].map(([name, entry]) => [name, encodeEntry(entry)] as const);

const enums = new Set([
  ...["polarity", "class", "lifecycle", "bound", "precision", "cardinality"],
  ...["comparator", "outcome", "role", "class_ceiling"],
]);
const scan = (bytes: Uint8Array): number => scanner.scan(bytes, 0, bytes.length);

/** Calls with every message of every sample, and a way to write the sample with other fields. */
function eachMessage(
  call: (
    fields: readonly RawField[],
    rebuild: (fields: readonly RawField[]) => Uint8Array,
    name: string,
  ) => void,
): void {
  for (const [name, bytes] of encoded) {
    for (const { fields, rebuild } of messagesOf(parseRaw(bytes, entryRule))) {
      call(fields, rebuild, name);
    }
  }
}

const refuses = (bytes: Uint8Array, code: number, what: string): void => {
  assert.is(scan(bytes), code, `${what}: ${Buffer.from(bytes).toString("hex")}`);
};

test("every body and every kind of value is accepted, by both scanners", () => {
  for (const [name, bytes] of encoded) {
    assert.is(scan(bytes), SCAN_OK, name);
    assert.is(tables.scan(bytes, 0, bytes.length), SCAN_OK, name);
    assert.equal(writeRaw(parseRaw(bytes, entryRule)), bytes, "the tree is the bytes");
  }
  const kinds = new Set([...samples.values()].map(({ body }) => body.kind));
  assert.is(kinds.size, Object.keys(bodyKinds).length, "no body is left out");
});

test("facts: places of author, salt, path, predicate; kind and class", () => {
  const at = (bytes: Uint8Array, start: number, end: number): string =>
    Buffer.from(bytes.subarray(start, end)).toString();
  for (const [name, bytes] of encoded) {
    // Not at the beginning of its area, so that places are not mistaken for lengths.
    const area = Buffer.concat([filled(7, 0xff), bytes, filled(9, 0xff)]);
    assert.is(scanner.scan(area, 7, 7 + bytes.length), SCAN_OK);
    const entry = samples.get(name);
    if (entry === undefined) throw new Error("the sample is one of them");
    const { body } = entry;
    assert.is(scanner.kind, bodyKinds[body.kind], name);
    assert.is(Buffer.compare(area.subarray(scanner.authorStart).subarray(0, 32), entry.author), 0);
    assert.is(Buffer.compare(area.subarray(scanner.saltStart).subarray(0, 16), entry.salt), 0);
    const isGlobal = body.kind === "alias" || !("path" in body || "conceptPath" in body);
    const path = "path" in body ? body.path : "conceptPath" in body ? body.conceptPath : "";
    if (isGlobal) assert.is(scanner.pathStart, -1, name);
    else assert.is(at(area, scanner.pathStart, scanner.pathEnd), path, name);
    if (body.kind === "assertion") {
      assert.is(at(area, scanner.predicateStart, scanner.predicateEnd), body.predicate);
    } else assert.is(scanner.predicateStart, -1, name);
    const classes = { regulatory: 1, community: 5, anecdotal: 6 } as Record<string, number>;
    const ofSource = body.kind === "assertion" ? body.source.class : "";
    const sourceClass = body.kind === "source_record" ? body.class : ofSource;
    assert.is(scanner.sourceClass, classes[sourceClass] ?? 0, name);
    const voice = entry.onBehalfOf ?? "";
    assert.is(at(area, scanner.onBehalfOfStart, scanner.onBehalfOfEnd), voice, name);
  }
});

test("nothing and 65,536 bytes are ENTRY_TOO_LARGE, before they are looked at", () => {
  refuses(new Uint8Array(0), SCAN_TOO_LARGE, "nothing");
  refuses(new Uint8Array(65_536), SCAN_TOO_LARGE, "one byte too many");
  assert.equal(scanner.reason(), {
    code: "ENTRY_TOO_LARGE",
    field: "entry",
    limit: "1..65,535 bytes",
    value: "65,536 bytes",
  });
  refuses(new Uint8Array(65_535), SCAN_NOT_CANONICAL, "as large as an entry may be");
});

test("every truncation is refused (exhaustive)", () => {
  for (const [name, bytes] of encoded) {
    for (let length = 1; length < bytes.length; length++) {
      assert.is.not(scanner.scan(bytes, 0, length), SCAN_OK, `${name}, ${length} bytes`);
      assert.ok(scanner.reason().field.length > 0);
    }
  }
});

test("fields in another order are ENTRY_NOT_CANONICAL (every pair of neighbours)", () => {
  eachMessage((fields, rebuild, name) => {
    for (let i = 1; i < fields.length; i++) {
      const [left, right] = [fields[i - 1], fields[i]];
      if (left === undefined || right === undefined || left.number === right.number) continue;
      refuses(rebuild(fields.with(i - 1, right).with(i, left)), SCAN_NOT_CANONICAL, name);
    }
  });
});

test("a field twice is ENTRY_NOT_CANONICAL; an item twice breaks the rule of its list", () => {
  eachMessage((fields, rebuild, name) => {
    for (const [index, field] of fields.entries()) {
      const isList = /\.(labels|derived_from)$/.test(field.path);
      const twice = rebuild(fields.toSpliced(index, 0, field));
      refuses(twice, isList ? SCAN_INVALID : SCAN_NOT_CANONICAL, `${name} ${field.path}`);
    }
  });
});

test("items of a list in another order are ENTRY_INVALID", () => {
  eachMessage((fields, rebuild, name) => {
    for (let i = 1; i < fields.length; i++) {
      const [left, right] = [fields[i - 1], fields[i]];
      if (left === undefined || right === undefined || left.number !== right.number) continue;
      refuses(rebuild(fields.with(i - 1, right).with(i, left)), SCAN_INVALID, name);
    }
  });
});

test("tags, lengths and numbers longer than need be are ENTRY_NOT_CANONICAL", () => {
  eachMessage((fields, rebuild, name) => {
    for (const [index, field] of fields.entries()) {
      const what = `${name} ${field.path}`;
      const tag = BigInt((field.number << 3) | field.wireType);
      const content = rawContent(field);
      const length = field.wireType === 2 ? varintBytes(BigInt(content.length)) : filled(0, 0);
      const number = field.wireType === 0 ? varintBytes(field.varint) : filled(0, 0);
      const write = (...parts: readonly Uint8Array[]): Uint8Array =>
        rebuild(fields.with(index, { ...field, verbatim: Buffer.concat(parts) }));
      const longTag = varintBytes(tag, varintBytes(tag).length + 1);
      refuses(write(longTag, length, number, content), SCAN_NOT_CANONICAL, what);
      if (field.wireType === 2) {
        const longer = varintBytes(BigInt(content.length), length.length + 1);
        refuses(write(varintBytes(tag), longer, content), SCAN_NOT_CANONICAL, what);
      }
      if (field.wireType === 0) {
        const longer = varintBytes(field.varint, number.length + 1);
        refuses(write(varintBytes(tag), longer), SCAN_NOT_CANONICAL, what);
      }
    }
  });
});

test("numbers of more than their bits are ENTRY_NOT_CANONICAL, enums ENTRY_INVALID", () => {
  eachMessage((fields, rebuild, name) => {
    for (const [index, field] of fields.entries()) {
      if (field.wireType !== 0) continue;
      const what = `${name} ${field.path}`;
      const with_ = (varint: bigint) => rebuild(fields.with(index, { ...field, varint }));
      refuses(with_(1n << 64n), SCAN_NOT_CANONICAL, what);
      const isWide = /(_ms|integer|instant_ns|from_index|first_index|size)$/.test(field.path);
      if (!isWide) {
        const code = scan(with_((1n << 32n) | field.varint));
        assert.is(
          code,
          enums.has(field.path.split(".").at(-1) ?? "") ? SCAN_INVALID : SCAN_NOT_CANONICAL,
          what,
        );
      }
    }
  });
});

test("an unknown field is ENTRY_NOT_CANONICAL, of any wire type, in any message", () => {
  eachMessage((fields, rebuild, name) => {
    const added = [numberField("?", 99, 1n), bytesField("?", 99, filled(3, 1))];
    for (const field of added) {
      refuses(rebuild([...fields, field]), SCAN_NOT_CANONICAL, name);
    }
  });
  const fields = parseRaw(encodeEntry(entryOf(assertion)), entryRule);
  for (const number of [4, 5, 6, 7, 8, 9]) {
    const unknown = bytesField("?", number, filled(1, 1));
    refuses(writeRaw(fields.toSpliced(2, 0, unknown)), SCAN_NOT_CANONICAL, `envelope ${number}`);
  }
});

test("wire types other than the field's are ENTRY_NOT_CANONICAL", () => {
  eachMessage((fields, rebuild, name) => {
    for (const [index, field] of fields.entries()) {
      const wireType = field.wireType === 2 ? 0 : 2;
      const other = { ...field, wireType, varint: 1n, children: undefined };
      refuses(rebuild(fields.with(index, other)), SCAN_NOT_CANONICAL, `${name} ${field.path}`);
    }
  });
});

test("bodies: an unknown one is BODY_UNKNOWN, two or none are ENTRY_NOT_CANONICAL", () => {
  const [author, salt, body] = parseRaw(encodeEntry(entryOf(assertion)), entryRule);
  if (author === undefined || salt === undefined || body === undefined) throw new Error("three");
  for (const number of [23, 39, 48, 59, 63, 1000]) {
    const unknown = bytesField("?", number, filled(4, 1));
    refuses(writeRaw([author, salt, unknown]), SCAN_BODY_UNKNOWN, `body ${number}`);
  }
  const vote = parseRaw(encodeEntry(entryOf(bodies.vote)), entryRule)[2];
  if (vote === undefined) throw new Error("a vote");
  refuses(writeRaw([author, salt, body, vote]), SCAN_NOT_CANONICAL, "two bodies");
  refuses(writeRaw([author, salt]), SCAN_NOT_CANONICAL, "no body");
  assert.equal(scanner.reason().field, "body");
});

test("both scanners agree on every bent assertion, and the reason has the scan's code", () => {
  const faults = ["", "ENTRY_NOT_CANONICAL", "ENTRY_INVALID", "ENTRY_TOO_LARGE", "BODY_UNKNOWN"];
  for (const [, bytes] of encoded) {
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [0, 3, 7]) {
        const bent = Uint8Array.from(bytes);
        bent[at] = (bent[at] ?? 0) ^ (1 << bit);
        const code = scan(bent);
        assert.is(tables.scan(bent, 0, bent.length), code);
        if (code !== SCAN_OK) assert.is(scanner.reason().code, faults[code]);
      }
    }
  }
});

test("bytes in shared memory are scanned like others, non-ASCII text included", () => {
  for (const [name, bytes] of encoded) {
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    assert.is(scan(shared), SCAN_OK, name);
  }
});

test.run();
