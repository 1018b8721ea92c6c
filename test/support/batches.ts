/** Signed batches as a client makes them, for tests: by hand, so that every part can be wrong. */
import { keyPairFromSeed, sign } from "../../src/crypto/ed25519.js";
import { hmacSha256 } from "../../src/crypto/sha256.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { batchMessage } from "../../src/entry/batch.js";
import { encodeEntry } from "../../src/entry/codec.js";
import { rootOf } from "../../src/merkle/tree-edge.js";
import type { Assertion, Body } from "../../src/model/entry.js";
import { AppendRequest, type SignedBatch } from "../../src/wire/steme/v1/log_service.js";

export const authorOf = (number: number) => {
  const seed = new Uint8Array(32).fill(number);
  return { ...keyPairFromSeed(seed), seed };
};

export type Author = ReturnType<typeof authorOf>;

const hash = openTreeHash();

/** An assertion of about 250 bytes; `number` makes it another one. */
export function assertionBody(number: number, parts: Partial<Assertion> = {}): Assertion {
  return {
    kind: "assertion",
    conceptPath: `test/concept/${number % 1000}/some/longer/path`,
    predicate: "supported_since",
    value: { kind: "text", text: `claim number ${number} about something or other` },
    polarity: "affirms",
    confidenceMillionths: 900_000,
    source: { id: "https://example.org/source", version: "8.1.9", class: "community" },
    assertedMs: 1_800_000_000_000 + number,
    lifecycle: "proposed",
    ...parts,
  };
}

/** The canonical bytes of a body by an author, with a salt that follows from `number`. */
export function entryOf(author: Author, body: Body, number = 0): Uint8Array {
  const salt = hmacSha256(author.seed, new TextEncoder().encode(String(number))).slice(0, 16);
  return encodeEntry({ author: author.publicKey, salt, body });
}

export const entriesOf = (author: Author, start: number, count: number): Uint8Array[] =>
  Array.from({ length: count }, (_none, at) =>
    entryOf(author, assertionBody(start + at), start + at),
  );

export const leavesOf = (entries: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat(entries.map((entry) => hash.leaf(entry)));

export const batchRoot = (entries: readonly Uint8Array[]): Uint8Array =>
  rootOf(hash, leavesOf(entries));

export interface BatchParts {
  readonly author: Author;
  readonly writer: Uint8Array;
  readonly sequence: number;
  readonly entries: readonly Uint8Array[];
}

export function signedBatch(parts: BatchParts): SignedBatch {
  const { author, writer, sequence, entries } = parts;
  const message = batchMessage(writer, sequence, entries.length, batchRoot(entries));
  return {
    author: Buffer.from(author.publicKey),
    writer: Buffer.from(writer),
    sequence: BigInt(sequence),
    entries: entries.map((entry) => Buffer.from(entry)),
    signature: Buffer.from(sign(message, author.secretKey)),
  };
}

export const requestBytes = (number: number, batches: readonly SignedBatch[]): Uint8Array =>
  AppendRequest.encode({ number: BigInt(number), batches: [...batches], level: 0 }).finish();
