/**
 * Which format a state directory has.
 *
 *     keyspace «meta»     "format"     version 4, big-endian
 *
 * The version is written in the first transaction of a new environment, so rows without it are
 * somebody else's. A larger version is never «damaged»: it is refused by name and left alone.
 */
import type { LmdbEnvironment } from "../lmdb/lmdb.js";
import { Fault } from "../model/fault.js";
import { IDEMPOTENCY_KEYSPACE } from "./idempotency-rows.js";
import { META_KEYSPACE, SEQUENCES_KEYSPACE } from "./sequence-rows.js";

// Set in stone. A change needs a new version and the step that brings version 1 to it.
const STATE_FORMAT_VERSION = 1;
const FORMAT_KEY = Buffer.from("format", "latin1");
const FORMAT_BYTES = 4;

export const stateKeyspaces = [
  META_KEYSPACE,
  SEQUENCES_KEYSPACE,
  // Made in directories from before it; no row of the others depends on it.
  IDEMPOTENCY_KEYSPACE,
] as const;

/** Writes the version into a new environment; checks that of an old one. */
export function settleFormat(environment: LmdbEnvironment): void {
  const row = environment.read((transaction) => transaction.get(META_KEYSPACE, FORMAT_KEY));
  if (row === undefined) {
    writeFormat(environment);
    return;
  }
  const version = row.length === FORMAT_BYTES ? Buffer.from(row).readUInt32BE(0) : 0;
  const path = environment.directory;
  if (version > STATE_FORMAT_VERSION) {
    throw new Fault(
      "DATA_DIRECTORY_INVALID",
      `${path} was written by a newer version of StemeDB; run that version, or a newer one`,
      { path, formatVersion: version, formatVersionMax: STATE_FORMAT_VERSION },
    );
  }
  if (version === 0) {
    throw new Fault("STATE_DAMAGED", `${path} has no readable format version`, { path });
  }
}

function writeFormat(environment: LmdbEnvironment): void {
  environment.write((transaction) => {
    for (const keyspace of stateKeyspaces) {
      if (transaction.count(keyspace) === 0) continue;
      const path = environment.directory;
      throw new Fault("STATE_DAMAGED", `${path} has rows but no format version`, { path });
    }
    const row = Buffer.alloc(FORMAT_BYTES);
    row.writeUInt32BE(STATE_FORMAT_VERSION, 0);
    transaction.put(META_KEYSPACE, FORMAT_KEY, row);
  });
}
