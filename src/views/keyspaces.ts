/**
 * The keyspaces of a generation, and what makes it ours.
 *
 * | keyspace | key | value |
 * |---|---|---|
 * | questions | question ‖ first ordinal (4) | head, records |
 * | names | page (4) | 32 question keys, by question number |
 * | ids | first 8 bytes of an id | where entries of such ids are |
 * | words | page (4) | 32 authors, sources, log ids …, by word number |
 * | word_numbers | 16 bytes of a word's hash | its number |
 * | lists | list ‖ place of the first | places of assertions |
 * | sources | source id | how many claims name it, its best class |
 * | source_records | source id ‖ 0x00 ‖ place | a record of it |
 * | world | place | an entry that changes how claims are read |
 * | outcomes | voice ‖ place | a trust outcome |
 * | pending | target (32) ‖ first 8 bytes of its id | an act whose target is not known yet |
 * | waiting | author (32) ‖ target (32) ‖ digest? | a redaction by a key that may not, or not yet |
 * | redactions | question digest (8) ‖ target (32) | nothing |
 * | contested | 1,000,000 − conflict (3) ‖ question | nothing |
 * | stale | question | nothing: to be folded when there is time |
 * | moves | first 8 bytes of an id ‖ place | nothing: an earlier occurrence took this place over |
 * | frontiers | projection (1) ‖ log id (32) | how much of the log it has applied |
 * | meta | name | version, counters |
 */
import { lensVersion } from "../lens/rule.js";
import type { LmdbReader, LmdbWriter } from "../lmdb/lmdb-transaction.js";
import { Fault } from "../model/fault.js";
import { bytesEqual } from "../model/hex.js";
import { viewsVersion } from "./view-types.js";

export const keyspaces = [
  "questions",
  "names",
  "ids",
  "words",
  "word_numbers",
  "lists",
  "sources",
  "source_records",
  "world",
  "outcomes",
  "pending",
  "waiting",
  "redactions",
  "contested",
  "stale",
  "moves",
  "frontiers",
  "meta",
] as const;

const versionKey = new Uint8Array(Buffer.from("version"));

/** Of the rows, and of the lenses that the rulings in them are by. */
const version = Uint8Array.of(viewsVersion, lensVersion);

export function writeVersion(transaction: LmdbWriter): void {
  transaction.put("meta", versionKey, version);
}

/** Throws VIEWS_DAMAGED where the environment is not one of this version's. */
export function checkVersion(transaction: LmdbReader, directory: string): void {
  const found = transaction.get("meta", versionKey);
  if (found !== undefined && bytesEqual(found, version)) return;
  const said = found === undefined ? "none" : [...found].join(".");
  throw damagedViews(directory, `they are of version ${said}, not ${[...version].join(".")}`);
}

export const damagedViews = (directory: string, reason: string, cause?: unknown): Fault =>
  new Fault(
    "VIEWS_DAMAGED",
    `the views in ${directory} cannot be used: ${reason}; they are built anew from the log`,
    { path: directory, reason },
    cause,
  );
