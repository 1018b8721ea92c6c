/** Entries of chance: every body, every field, within the limits. */
import * as fc from "fast-check";
import {
  type Assertion,
  type Body,
  bounds,
  type EntryFields,
  lifecycles,
  polarities,
  sourceClasses,
  type Value,
} from "../../src/model/entry.js";
import { bodies } from "./samples.js";

type Strings = fc.Arbitrary<string>;

/** A text of 1 to `bytes` bytes in NFC, cut to fit. */
function textOf(bytes: number, forbidden: RegExp = /(?!)/u): Strings {
  return fc
    .string({ unit: "grapheme", minLength: 1, maxLength: Math.min(bytes, 40) })
    .map((text) => {
      let kept = "";
      for (const character of text.normalize("NFC").replace(new RegExp(forbidden, "gu"), "")) {
        const next = (kept + character).normalize("NFC");
        if (Buffer.byteLength(next) > bytes) break;
        kept = next;
      }
      return kept === "" ? "x" : kept;
    });
}

const control = /\p{Cc}/u;
const plain = (bytes: number): Strings => textOf(bytes, control);
const predicate = textOf(64, /[\p{Cc}/]/u);
const path: Strings = fc
  .tuple(
    fc.constantFrom("", "https://", "doi://", "urn+x.1-a://"),
    fc.array(textOf(60, /[\p{Cc}/]/u), { minLength: 1, maxLength: 4 }),
  )
  .map(([scheme, segments]) => (scheme + segments.join("/")).normalize("NFC"));

const bytesOf = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength, maxLength });
const bound = fc.constantFrom(...bounds);
const timeMs = fc.oneof(
  fc.integer({ min: -8_640_000_000_000_000, max: 8_640_000_000_000_000 }),
  fc.integer({ min: 1_500_000_000_000, max: 2_000_000_000_000 }),
);
const finite = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .map((number) => (number === 0 ? 0 : number));
const float = fc
  .float({ noNaN: true, noDefaultInfinity: true })
  .map((number) => (number === 0 ? 0 : number));
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

/** Leaves out what is undefined: a key without a value is none. */
const some = <Fields extends object>(
  required: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> },
  requiredKeys: (keyof Fields)[],
): fc.Arbitrary<Fields> =>
  fc.record<Fields, keyof Fields>(required, {
    requiredKeys,
    noNullPrototype: true,
  }) as fc.Arbitrary<Fields>;

const date: fc.Arbitrary<Value> = fc
  .tuple(
    fc.integer({ min: -9999, max: 9999 }),
    fc.constantFrom(
      {},
      { month: 7 },
      { month: 2, day: 28 },
      { month: 12, day: 31 },
      { month: 4, day: 30 },
    ),
    bound,
  )
  .map(([year, parts, limit]) => ({ kind: "date", year, ...parts, bound: limit }));

export const value: fc.Arbitrary<Value> = fc.oneof(
  some(
    {
      kind: fc.constant("text" as const),
      text: fc.oneof(fc.constant(""), textOf(200)),
      language: fc.constantFrom("de", "zh-Hant"),
    },
    ["kind", "text"],
  ) as fc.Arbitrary<Value>,
  fc.record({ kind: fc.constant("integer" as const), integer: int64, bound }),
  some({ kind: fc.constant("number" as const), number: finite, unit: textOf(64), bound }, [
    "kind",
    "number",
    "bound",
  ]) as fc.Arbitrary<Value>,
  fc.record({ kind: fc.constant("boolean" as const), boolean: fc.boolean() }),
  fc.record({ kind: fc.constant("reference" as const), reference: path }),
  fc.record({ kind: fc.constant("instant" as const), instantNs: int64, bound }),
  date,
  fc.record({ kind: fc.constant("version" as const), version: textOf(64), bound }),
  fc.record({ kind: fc.constant("bytes" as const), bytes: bytesOf(0, 300) }),
  fc.constant<Value>({ kind: "unknown" }),
);

const bytewise = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

const derivedFrom = fc
  .uniqueArray(plain(30), { minLength: 1, maxLength: 16 })
  .map((ids) => ids.sort(bytewise));

const labels = fc
  .uniqueArray(
    some({ key: plain(10), value: fc.oneof(fc.constant(""), plain(256)) }, ["key", "value"]),
    {
      minLength: 1,
      maxLength: 32,
      selector: ({ key, value: own }) => `${key}\0${own}`,
    },
  )
  .map((pairs) =>
    pairs.sort((left, right) => bytewise(left.key, right.key) || bytewise(left.value, right.value)),
  );

const source: fc.Arbitrary<Assertion["source"]> = some(
  {
    id: plain(200),
    version: textOf(64),
    hash: bytesOf(16, 64),
    class: fc.constantFrom(...sourceClasses),
    uri: textOf(300),
    locator: textOf(200),
    derivedFrom,
  },
  ["id", "class"],
);

const span = fc.oneof(
  fc.constant({}),
  timeMs.map((validFromMs) => ({ validFromMs })),
  timeMs.map((validUntilMs) => ({ validUntilMs })),
  fc
    .uniqueArray(timeMs, { minLength: 2, maxLength: 2 })
    .map((times) => times.sort((left, right) => left - right))
    .map(([validFromMs, validUntilMs]) => ({ validFromMs, validUntilMs })),
);

export const assertion: fc.Arbitrary<Assertion> = fc
  .tuple(
    some<Omit<Assertion, "validFromMs" | "validUntilMs">>(
      {
        kind: fc.constant("assertion"),
        conceptPath: path,
        predicate,
        value,
        polarity: fc.constantFrom(...polarities),
        confidenceMillionths: fc.integer({ min: 0, max: 1_000_000 }),
        source,
        assertedMs: timeMs,
        lifecycle: fc.constantFrom(...lifecycles),
        epoch: plain(64),
        parent: bytesOf(32, 32),
        labels,
        vector: fc.array(float, { minLength: 1, maxLength: 40 }),
        visualHash: bytesOf(1, 64),
      },
      [
        "kind",
        "conceptPath",
        "predicate",
        "value",
        "polarity",
        "confidenceMillionths",
        "source",
        "assertedMs",
        "lifecycle",
      ],
    ),
    span,
  )
  .map(([claim, validity]) => ({ ...claim, ...validity }) as Assertion);

/** A sample of another body, with texts, bytes and numbers of chance in it. */
const otherBody: fc.Arbitrary<Body> = fc
  .tuple(
    fc.constantFrom(...Object.values<Body>(bodies)),
    bytesOf(32, 32),
    path,
    textOf(200),
    fc.integer({ min: 0, max: 255 }),
  )
  .map(([body, id, ownPath, text, number]) => {
    const bent: Record<string, unknown> = { ...body };
    for (const name of ["target", "old", "record", "logId", "key", "nodeKey", "nonce"]) {
      if (name in bent) bent[name] = id;
    }
    for (const name of ["path", "prefix"]) if (name in bent) bent[name] = ownPath;
    for (const name of ["reason", "doc", "note", "title"]) if (name in bent) bent[name] = text;
    for (const name of ["weightMillionths", "shard", "firstIndex", "fromIndex", "contentBytes"]) {
      if (name in bent) bent[name] = number;
    }
    return bent as unknown as Body;
  });

export const entry: fc.Arbitrary<EntryFields> = some<EntryFields>(
  {
    author: bytesOf(32, 32),
    salt: bytesOf(16, 16),
    onBehalfOf: textOf(64),
    body: fc.oneof({ weight: 3, arbitrary: assertion }, otherBody),
  },
  ["author", "salt", "body"],
).map((fields) =>
  fields.body.kind === "log_genesis"
    ? { ...fields, body: { ...fields.body, logKey: fields.author } }
    : fields,
);
