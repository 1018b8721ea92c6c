/**
 * What a client must not send, and what it is told: one row per way to be wrong. Entries are bent
 * from a right one, so that nothing else is wrong with them.
 */

import { sign } from "../../src/crypto/ed25519.js";
import type { FaultCode } from "../../src/model/fault.js";
import { Entry } from "../../src/wire/steme/v1/entry.js";
import type { SignedBatch } from "../../src/wire/steme/v1/log_service.js";
import { type Author, assertionBody, entryOf, signedBatch } from "../support/batches.js";

export interface RefusalCase {
  readonly name: string;
  readonly batch: SignedBatch;
  readonly code: FaultCode;
  /** What the field begins with; limit and value are matched. */
  readonly field: string;
  readonly limit?: RegExp;
  readonly value?: RegExp;
}

export interface CaseParts {
  readonly author: Author;
  readonly other: Author;
  readonly writer: Uint8Array;
  /** A sequence that was not used. */
  readonly sequence: number;
}

type Told = Omit<RefusalCase, "name" | "batch">;

const invalid = (field: string, limit?: RegExp, value?: RegExp): Told => ({
  code: "ENTRY_INVALID",
  field,
  ...(limit === undefined ? {} : { limit }),
  ...(value === undefined ? {} : { value }),
});
const notCanonical = (field: string): Told => ({ code: "ENTRY_NOT_CANONICAL", field });

/** Replaces bytes by as many others. */
function swapped(
  entry: Uint8Array,
  from: Uint8Array | string,
  to: Uint8Array | string,
): Uint8Array {
  const bytes = Buffer.from(entry);
  const at = bytes.indexOf(Buffer.from(from));
  const written = Buffer.from(to);
  if (at < 0 || Buffer.from(from).length !== written.length) throw new Error("nothing to swap");
  written.copy(bytes, at);
  return bytes;
}

const entryBytes = (entry: Uint8Array): Buffer => Buffer.from(entry);

/** Cases of one entry, which is the second of three in its batch. */
function entryCases(author: Author, other: Author): [string, Uint8Array, Told][] {
  const right = entryOf(author, assertionBody(1), 1);
  /** The right entry through another encoder, with something changed. */
  const bent = (change: (assertion: Record<string, unknown>) => void): Uint8Array => {
    const entry = Entry.decode(right);
    if (entry.body?.$case !== "assertion") throw new Error("an assertion");
    change(entry.body.value as unknown as Record<string, unknown>);
    return Entry.encode(entry).finish();
  };
  const withPath = (path: string) => bent((assertion) => (assertion["conceptPath"] = path));
  const withText = (text: string) =>
    bent((assertion) => (assertion["value"] = { kind: { $case: "text", value: { text } } }));
  const withNumber = (number: number) =>
    bent((assertion) => {
      assertion["value"] = { kind: { $case: "number", value: { number } }, bound: 1 };
    });
  const withBody = (body: object): Uint8Array => {
    const { author: key, salt } = Entry.decode(right);
    return Entry.encode({ author: key, salt, body: body as Entry["body"] }).finish();
  };
  const path = "assertion.concept_path";
  const id = Buffer.alloc(32, 7);
  const clusterId = Buffer.alloc(16, 9);
  const unknownBody = Buffer.concat([right.subarray(0, 52), Buffer.of(0xf2, 0x01, 0)]);
  const twice = Buffer.concat([right.subarray(0, 34), right]);
  const swappedFields = Buffer.concat([
    right.subarray(34, 52),
    right.subarray(0, 34),
    right.subarray(52),
  ]);
  const unknownField = Buffer.concat([right, Buffer.of(0xfa, 0x3f, 1, 0)]);
  const lengthy = Buffer.concat([right.subarray(0, 1), Buffer.of(0xa0, 0x00), right.subarray(2)]);
  return [
    ["an empty entry", Buffer.alloc(0), { code: "ENTRY_TOO_LARGE", field: "entries[1]" }],
    [
      "an entry of 65,536 bytes",
      Buffer.alloc(65_536),
      {
        code: "ENTRY_TOO_LARGE",
        field: "entries[1]",
        limit: /1\.\.65,535 bytes/,
        value: /65,536/,
      },
    ],
    [
      "a foreign author",
      entryOf(other, assertionBody(2), 2),
      { code: "AUTHOR_FOREIGN", field: "author" },
    ],
    ["an empty path", withPath(""), invalid(path, /1\.\.400 bytes/, /absent/)],
    [
      "a path of 401 bytes",
      withPath("p".repeat(401)),
      invalid(path, /1\.\.400 bytes/, /401 bytes/),
    ],
    ["an empty segment", withPath("a//b"), invalid(path)],
    ["a control character", withPath("a/\u0007"), invalid(path)],
    ["a path that is not NFC", withPath("a/e\u0301"), invalid(path, /form C/)],
    ["a text that is not NFC", withText("A\u030a"), invalid("assertion.value.text.text", /form C/)],
    [
      "invalid UTF-8",
      swapped(right, "test/", Buffer.from("te\xff\xfe/", "latin1")),
      invalid(path, /UTF-8/),
    ],
    [
      "an overlong form",
      swapped(right, "test/", Buffer.from("te\xc0\xaf/", "latin1")),
      invalid(path, /UTF-8/),
    ],
    [
      "not a number",
      withNumber(Number.NaN),
      invalid("assertion.value.number.number", undefined, /NaN/),
    ],
    [
      "a confidence above 1",
      bent((assertion) => (assertion["confidenceMillionths"] = 1_000_001)),
      invalid("assertion.confidence_millionths", /1,?000,?000/, /1,?000,?001/),
    ],
    [
      "an unknown polarity",
      bent((assertion) => (assertion["polarity"] = 3)),
      invalid("assertion.polarity", undefined, /3/),
    ],
    [
      "an unknown source class",
      bent((assertion) => ((assertion["source"] as Record<string, unknown>)["class"] = 99)),
      invalid("assertion.source.class", undefined, /99/),
    ],
    [
      "an unspecified lifecycle",
      bent((assertion) => (assertion["lifecycle"] = 0)),
      invalid("assertion.lifecycle", /one of/, /absent/),
    ],
    [
      "a predicate with a slash",
      bent((assertion) => (assertion["predicate"] = "a/b")),
      invalid("assertion.predicate"),
    ],
    ["an unknown body", unknownBody, { code: "BODY_UNKNOWN", field: "body", value: /30/ }],
    ["a field twice", twice, notCanonical("entry")],
    ["fields out of order", swappedFields, notCanonical("entry")],
    ["an unknown field", unknownField, notCanonical("entry")],
    ["a length in more bytes than it needs", lengthy, notCanonical("author")],
    ["half an entry", right.subarray(0, right.length - 3), notCanonical("assertion")],
    ["bytes that are no message", Buffer.from("GET / HTTP/1.1\r\n\r\n"), notCanonical("entry")],
    [
      "a body of the log itself",
      withBody({
        $case: "blockStamp",
        value: { logId: id, firstIndex: 1n, count: 1, hybridTime: 1n },
      }),
      { code: "BODY_NOT_ALLOWED", field: "body", value: /62/ },
    ],
    [
      "the end of a log",
      withBody({ $case: "logClosed", value: { logId: id, reason: "" } }),
      { code: "BODY_NOT_ALLOWED", field: "body", value: /61/ },
    ],
    [
      "a grant",
      withBody({
        $case: "grant",
        value: { clusterId, key: id, right: { $case: "role", value: 1 }, note: "" },
      }),
      { code: "BODY_NOT_ALLOWED", field: "body", value: /40/ },
    ],
    [
      "a setting",
      withBody({ $case: "setting", value: { clusterId, name: "x", value: "y" } }),
      { code: "BODY_NOT_ALLOWED", field: "body", value: /42/ },
    ],
  ];
}

/** L, the order of Ed25519's group: S + L verifies where S is not checked to be the smallest. */
const ORDER = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;

function largerS(signature: Uint8Array): Buffer {
  const bytes = Buffer.from(signature);
  let s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString("hex")}`) + ORDER;
  for (let at = 32; at < 64; at++, s >>= 8n) bytes[at] = Number(s & 0xffn);
  return bytes;
}

export function refusalCases({ author, other, writer, sequence }: CaseParts): RefusalCase[] {
  const entry = (number: number) => entryOf(author, assertionBody(number), number);
  const seal = (entries: readonly Uint8Array[]) =>
    signedBatch({ author, writer, sequence, entries });
  const right = seal([entry(1), entry(2)]);
  const invalidBatch = (field: string, limit: RegExp, value: RegExp): Told => ({
    code: "BATCH_INVALID",
    field,
    limit,
    value,
  });
  const unsigned = { code: "SIGNATURE_INVALID", field: "signature" } as const;
  const flipped = Buffer.from(right.signature);
  flipped[5] = (flipped[5] ?? 0) ^ 1;
  const smallOrder = Buffer.alloc(32);
  smallOrder[0] = 1;
  const small = { ...author, publicKey: smallOrder };
  const byNobody = signedBatch({
    author: small,
    writer,
    sequence,
    entries: [entryOf(small, assertionBody(1), 1)],
  });
  const nobody = Buffer.concat([smallOrder, Buffer.alloc(32)]);
  const large = "x".repeat(32_000);
  const largeEntries = Array.from({ length: 34 }, (_none, at) =>
    entryOf(author, assertionBody(at, { value: { kind: "text", text: large } }), at),
  );
  const empty = Buffer.of(1);
  const rows: [string, SignedBatch, Told][] = [
    ["no entries", seal([]), invalidBatch("entries", /1\.\.4,096 entries/, /^0 entries/)],
    [
      "4,097 entries",
      { ...right, entries: Array.from({ length: 4_097 }, () => empty) },
      invalidBatch("entries", /1\.\.4,096 entries/, /4,097/),
    ],
    [
      "more than 1 MiB of entries",
      seal(largeEntries),
      invalidBatch("entries", /1,048,576 bytes/, /bytes/),
    ],
    ["sequence 0", { ...right, sequence: 0n }, invalidBatch("sequence", /^1\.\./, /^0$/)],
    [
      "a sequence above 2^53 - 1",
      { ...right, sequence: 2n ** 53n },
      invalidBatch("sequence", /9,007,199,254,740,991/, /above/),
    ],
    [
      "a writer of 15 bytes",
      { ...right, writer: Buffer.alloc(15) },
      invalidBatch("writer", /16 bytes/, /15 bytes/),
    ],
    ["no author", { ...right, author: Buffer.alloc(0) }, invalidBatch("author", /32/, /absent/)],
    [
      "a signature of 63 bytes",
      { ...right, signature: right.signature.subarray(1) },
      invalidBatch("signature", /64 bytes/, /63 bytes/),
    ],
    ["a signature with a flipped bit", { ...right, signature: flipped }, unsigned],
    ["a signature of another sequence", { ...right, sequence: right.sequence + 1n }, unsigned],
    ["a signature of another writer", { ...right, writer: Buffer.alloc(16, 3) }, unsigned],
    ["a signature of fewer entries", { ...right, entries: right.entries.slice(0, 1) }, unsigned],
    ["a signature of another order", { ...right, entries: right.entries.toReversed() }, unsigned],
    [
      "a signature by another key",
      {
        ...right,
        signature: signedBatch({ author: other, writer, sequence, entries: right.entries })
          .signature,
      },
      unsigned,
    ],
    [
      "a signature over other bytes",
      { ...right, signature: Buffer.from(sign(right.entries[0] ?? empty, author.secretKey)) },
      unsigned,
    ],
    [
      "a signature whose S is too large",
      { ...right, signature: largerS(right.signature) },
      unsigned,
    ],
    ["a key of small order", { ...byNobody, signature: nobody }, unsigned],
  ];
  const inBatches = entryCases(author, other).map(([name, bytes, told]): RefusalCase => {
    const entries = [entry(1), entryBytes(bytes), entry(3)];
    return { name, batch: seal(entries), ...told };
  });
  return [...rows.map(([name, batch, told]) => ({ name, batch, ...told })), ...inBatches];
}
