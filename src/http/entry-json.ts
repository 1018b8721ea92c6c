/** Entries as they stand in the log, in JSON: the record that `steme read --json` prints. */
import { decodeEntry } from "../entry/codec.js";
import { entryToJson, type JsonObject } from "../entry/json.js";
import type { DecodedEntry } from "../model/entry.js";
import { isFault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import type { EntryId, Position } from "../model/position.js";
import { recordedJson } from "./answer-json.js";
import { hex, moment, oneOf, type Schema, shape, text, whole } from "./schema.js";

/** Undefined where the bytes are gone, or say something that this version does not know. */
export function understood(entry: Uint8Array | undefined): DecodedEntry | undefined {
  if (entry === undefined || entry.length === 0) return undefined;
  try {
    return decodeEntry(entry);
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

export interface Recorded {
  readonly id: EntryId;
  readonly position: Position;
  /** A hybrid time. */
  readonly recorded: bigint;
  readonly entry: Uint8Array | undefined;
  readonly hole?: "redacted" | "pruned";
  readonly first?: Position;
}

const placeJson = ({ logId, index }: Position): JsonObject => ({ log_id: toHex(logId), index });

export function recordJson(record: Recorded): JsonObject {
  const { first, hole } = record;
  const decoded = understood(record.entry);
  return {
    id: toHex(record.id),
    ...placeJson(record.position),
    ...recordedJson(record.recorded),
    ...(first === undefined ? {} : { first: placeJson(first) }),
    ...(hole === undefined ? {} : { hole }),
    ...(decoded === undefined ? {} : { entry: entryToJson(decoded) }),
  };
}

export const recordSchema: Schema = shape(
  "An entry: where it stands, and what it says.",
  {
    id: hex("Its id.", 32),
    log_id: hex("Its log.", 32),
    index: whole("Its index there."),
    hybrid_time: text("Recorded time, as decimal text."),
    recorded_at: moment("Recorded time."),
  },
  {
    entry: {
      type: "object",
      description:
        "What it says: an assertion's fields, or another body under its name. Absent where its " +
        "bytes are gone.",
    },
    hole: oneOf("Why its bytes are gone.", ["redacted", "pruned"]),
    first: shape("Where the id stood in the log before.", {
      log_id: hex("The log.", 32),
      index: whole("The index."),
    }),
  },
);
