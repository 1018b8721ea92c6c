/**
 * What can be appended, and how it becomes an entry of an author.
 *
 * The salt is derived from the author's salt key and the entry itself, so that saying the same
 * again gives the same bytes and the same id: a repeated import appends nothing that counts twice.
 */
import { hmacSha256 } from "../crypto/sha256.js";
import { encodeSaltedEntry } from "../entry/codec.js";
import type { Body } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { entryBytesMax } from "../model/limits.js";
import type { KeyPair } from "./key-pair.js";

/** A body, said for somebody. */
export interface EntryDraft {
  readonly body: Body;
  /** The person or service for whom a gateway signs: 1 to 64 bytes. */
  readonly onBehalfOf?: string;
}

/** A body, a draft, or the canonical bytes of an entry of the same author. */
export type EntryInput = Body | EntryDraft | Uint8Array;

/** The canonical entry. Throws ENTRY_INVALID or ENTRY_TOO_LARGE, with field, limit and value. */
export function encodeInput(input: EntryInput, keys: KeyPair): Uint8Array {
  if (input instanceof Uint8Array) return checkedSize(input);
  const author = keys.publicKey;
  const unsalted = "kind" in input ? { author, body: input } : { author, ...input };
  return encodeSaltedEntry(unsalted, keys.saltKey, hmacSha256);
}

function checkedSize(entry: Uint8Array): Uint8Array {
  if (entry.length >= 1 && entry.length <= entryBytesMax) return entry;
  throw new Fault("ENTRY_TOO_LARGE", "an entry has 1 to 65,535 bytes", {
    field: "entry",
    limit: `1..${entryBytesMax} bytes`,
    value: entry.length,
  });
}
