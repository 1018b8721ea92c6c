/** A log of many kinds of entries, and what a filter must find in it, entry by entry, decoded. */
import type { FilterInput, StemeClient } from "../../src/client/index.js";
import { decodeEntry } from "../../src/entry/codec.js";
import type { Body, DecodedEntry } from "../../src/model/entry.js";
import { assertionBody, authorOf, entryOf, signedBatch } from "../support/batches.js";
import type { Seeded } from "../support/seeded.js";
import { RawAppend, receiptOf } from "./raw-calls.js";

export const authors = [authorOf(11), authorOf(12), authorOf(13)] as const;
export const paths = [
  "web/feature/grid",
  "web/feature/grid/chrome",
  "web/feature/gridlines",
  "web/feature",
  "web",
  "webs/feature",
  "https://example.org/a",
  "https://example.org/a/b",
  "größe/ä",
] as const;
export const predicates = ["supported_since", "supported", "flag"] as const;
export const classes = ["regulatory", "expert", "community", "anecdotal"] as const;

export interface StoredEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly hybridTime: bigint;
  readonly decoded: DecodedEntry;
}

const target = new Uint8Array(32).fill(4);

function bodyOf(random: Seeded, number: number): Body {
  const path = random.pick(paths);
  switch (random.below(12)) {
    case 0:
      return { kind: "retraction", target, path, reason: `r${number}` };
    case 1:
      return { kind: "vote", target, path, weightMillionths: number };
    case 2:
      return { kind: "endorsement", target, path };
    case 3:
      return { kind: "source_record", id: `source ${number}`, class: random.pick(classes) };
    case 4:
      return { kind: "alias", path, canonical: `canonical/${number}` };
    default:
      return assertionBody(number, {
        conceptPath: path,
        predicate: random.pick(predicates),
        source: { id: "s", class: random.pick(classes) },
      });
  }
}

/** Appends batches of 1 to 20 entries, one after the other: each is a block of its own. */
export async function appendVaried(address: string, random: Seeded, count: number): Promise<void> {
  const call = new RawAppend(address);
  const writer = random.bytes(16);
  let number = 0;
  for (let sequence = 1; sequence <= count; sequence++) {
    const author = random.pick(authors);
    const entries = Array.from({ length: 1 + random.below(20) }, () =>
      entryOf(author, bodyOf(random, number++), number),
    );
    const batch = signedBatch({ author, writer, sequence, entries });
    receiptOf(await call.appendOne(batch), "appended");
  }
  await call.end();
}

/** The whole log, entry by entry. */
export async function readAll(client: StemeClient): Promise<StoredEntry[]> {
  const all: StoredEntry[] = [];
  for await (const { index, bytes, hybridTime } of client.read({ count: 1_000_000 })) {
    all.push({ index, bytes, hybridTime, decoded: decodeEntry(bytes) });
  }
  return all;
}

/** The concept path that an entry belongs to, as entry.proto says. */
function pathOf({ body }: DecodedEntry): string | undefined {
  if (body.kind === "assertion") return body.conceptPath;
  const acting = ["retraction", "supersession", "vote", "endorsement", "trust_outcome"];
  return acting.includes(body.kind) && "path" in body ? body.path : undefined;
}

/** What the contract says of a filter, said once more. */
export function matches(filter: FilterInput, { author, body }: DecodedEntry): boolean {
  const { conceptPrefixes = [], predicates: named = [], authors: keys = [] } = filter;
  const { sourceClasses = [], kinds = [] } = filter;
  const path = pathOf({ author, body } as DecodedEntry);
  const isBelow = (prefix: string) => path === prefix || path?.startsWith(`${prefix}/`) === true;
  if (conceptPrefixes.length > 0 && !conceptPrefixes.some(isBelow)) return false;
  const predicate = body.kind === "assertion" ? body.predicate : undefined;
  if (named.length > 0 && (predicate === undefined || !named.includes(predicate))) return false;
  if (keys.length > 0 && !keys.some((key) => Buffer.compare(key, author) === 0)) return false;
  const claimed =
    body.kind === "assertion"
      ? body.source.class
      : body.kind === "source_record"
        ? body.class
        : undefined;
  if (sourceClasses.length > 0 && (claimed === undefined || !sourceClasses.includes(claimed))) {
    return false;
  }
  return kinds.length === 0 || kinds.includes(body.kind);
}

const some = <T>(random: Seeded, values: readonly T[]): T[] =>
  values.filter(() => random.chance(30));

/** A filter with some of everything; lists may be empty. */
export function randomFilter(random: Seeded): FilterInput {
  const everyKind = ["assertion", "retraction", "vote", "source_record", "alias", "block_stamp"];
  return {
    ...(random.chance(50)
      ? { conceptPrefixes: some(random, [...paths, "nowhere", "https://example.org"]) }
      : {}),
    ...(random.chance(40) ? { predicates: some(random, [...predicates, "nothing"]) } : {}),
    ...(random.chance(40)
      ? {
          authors: some(random, [
            ...authors.map(({ publicKey }) => publicKey),
            new Uint8Array(32).fill(0xab),
          ]),
        }
      : {}),
    ...(random.chance(40)
      ? { sourceClasses: some(random, [...classes, "clinical"] as const) }
      : {}),
    ...(random.chance(40)
      ? { kinds: some(random, everyKind) as NonNullable<FilterInput["kinds"]> }
      : {}),
  };
}
