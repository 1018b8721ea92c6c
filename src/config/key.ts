/** What a setting is: the kinds of values, and the names that are derived from a key. */

interface KeyFacts {
  /** For people: what the setting does, and what moving it costs. Printed in the reference. */
  readonly doc: string;
}

/** A whole number of bytes; written `67108864` or `64MiB`. */
export interface BytesKey extends KeyFacts {
  readonly unit: "bytes";
  readonly preset: number;
  readonly min: number;
  readonly max: number;
}

/** A whole number of milliseconds; written `10000`, `500ms`, `10s`, `5m` or `1h`. */
export interface DurationKey extends KeyFacts {
  readonly unit: "ms";
  readonly preset: number;
  readonly min: number;
  readonly max: number;
}

/** A whole number of things. */
export interface CountKey extends KeyFacts {
  readonly unit: "count";
  readonly preset: number;
  readonly min: number;
  readonly max: number;
}

/** One of a closed list of words. */
export interface ChoiceKey extends KeyFacts {
  readonly unit: "choice";
  readonly preset: string;
  readonly choices: readonly string[];
}

/** A path of the file system, relative to the working directory. */
export interface PathKey extends KeyFacts {
  readonly unit: "path";
  readonly preset: string;
}

/** `host:port`; an IPv6 host stands in brackets; port 0 lets the system choose. */
export interface AddressKey extends KeyFacts {
  readonly unit: "address";
  readonly preset: string;
}

export type Key = BytesKey | DurationKey | CountKey | ChoiceKey | PathKey | AddressKey;

/** `wal.segment_bytes_max` is `STEMEDB_WAL_SEGMENT_BYTES_MAX` in the environment. */
export const environmentName = (key: string): string =>
  `STEMEDB_${key.replaceAll(".", "_").toUpperCase()}`;

/** `wal.segment_bytes_max` is `wal-segment-bytes-max` on the command line, behind `--`. */
export const flagName = (key: string): string => key.replaceAll(/[._]/g, "-");

/** `wal.segment_bytes_max` is `[wal] segment_bytes_max` in a file. */
export function fileName(key: string): string {
  const dot = key.indexOf(".");
  return dot < 0 ? key : `[${key.slice(0, dot)}] ${key.slice(dot + 1)}`;
}
