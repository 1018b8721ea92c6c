/**
 * One record of an import: a line of JSON, made into what is appended. Pure.
 *
 * A record is what `entryToJson` writes. Without `author` and `salt` the importer's key says it,
 * and the salt is derived; with them (a line of `steme read --json`, or its `entry`) the very same
 * entry is appended again, which only its own author can do.
 */
import type { EntryInput } from "../src/client/index.js";
import { encodeEntry } from "../src/entry/codec.js";
import { entryFromJson } from "../src/entry/json.js";
import type { Body } from "../src/model/entry.js";
import { Fault, isFault } from "../src/model/fault.js";
import { bytesEqual } from "../src/model/hex.js";
import { clientBodyOf } from "./client-body.js";

/** What `--json` prints around an entry. */
const placeFields = [
  "id",
  "log_id",
  "index",
  "hybrid_time",
  "recorded_at",
  "first",
  "hole",
  "batch",
] as const;

function parseObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault("ARGUMENT_INVALID", `the line is not JSON: ${reason}`, {}, error);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new Fault("ARGUMENT_INVALID", "the line is not a JSON object");
}

/** The entry within a line of `--json`; every other record as it is. */
function unwrap(record: Record<string, unknown>): Record<string, unknown> {
  const { entry, ...place } = record;
  const isPlaced = Object.keys(place).every((name) => placeFields.some((known) => known === name));
  const isObject = typeof entry === "object" && entry !== null && !Array.isArray(entry);
  return isPlaced && isObject ? (entry as Record<string, unknown>) : record;
}

export interface RecordContext {
  /** The importer's key. */
  readonly author: Uint8Array;
  /** For assertions that do not say it. */
  readonly assertedMs: number | undefined;
}

function bodyOf(record: Record<string, unknown>, { assertedMs }: RecordContext): Body {
  try {
    return clientBodyOf(record, assertedMs === undefined ? {} : { assertedMs });
  } catch (error) {
    if (!isFault(error)) throw error;
    const { field, value } = error.detail as { field?: unknown; value?: unknown };
    if (field !== "asserted_at" || value !== "absent") throw error;
    const message = "asserted_at is absent: say it in the record, or for all with --asserted";
    throw new Fault(error.code, message, error.detail, error);
  }
}

/** Throws a fault that names what is wrong with the record. */
export function inputOf(text: string, context: RecordContext): EntryInput {
  const record = unwrap(parseObject(text));
  if ("author" in record || "salt" in record) {
    const entry = entryFromJson(record);
    if (!bytesEqual(entry.author, context.author)) {
      const message = "the record is of another author, and only that one can sign it";
      throw new Fault("AUTHOR_FOREIGN", message, { field: "author" });
    }
    return encodeEntry(entry);
  }
  const { on_behalf_of: onBehalfOf, ...body } = record;
  if (onBehalfOf === undefined) return bodyOf(body, context);
  if (typeof onBehalfOf !== "string") {
    const message = "on_behalf_of must be a text";
    throw new Fault("ARGUMENT_INVALID", message, { field: "on_behalf_of", limit: "a text" });
  }
  return { body: bodyOf(body, context), onBehalfOf };
}
