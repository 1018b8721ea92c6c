/**
 * What opening a log may find, and what follows: one row per case, one test per label
 * (test/wal/recovery.test.ts). docs/internals/log.md prints this table.
 *
 * "Size" is how many entries the valid frames give up to the place in question; the "floor" is what
 * is known to have been durable: the largest `synced through` of any valid frame, the first index
 * of the newest segment, and what the node knows otherwise (its state, a checkpoint, a peer).
 */

export interface RecoveryRow {
  readonly condition: string;
  /** As it is; shortened above the floor; read-only; not at all. */
  readonly verdict: "open" | "cut" | "damaged" | "refused";
  readonly action: string;
}

export const recoveryTable = {
  A: {
    condition: "nothing but zeros, or the end of the file, behind the last frame",
    verdict: "open",
    action: "the log ends there",
  },
  B: {
    condition:
      "behind the last frame a torn one, nothing valid and later behind it, size at the floor",
    verdict: "cut",
    action:
      "the bytes are kept beside the segment with signatures zeroed, zeroed in place, and synced",
  },
  C: {
    condition: "a damaged marker, and the block behind it is signed and continues the log",
    verdict: "open",
    action: "the block stays; the marker was not needed",
  },
  D: {
    condition: "a damaged frame, and behind it a valid one that knew of more synced entries",
    verdict: "damaged",
    action: "entries up to the next valid block cannot be read; those behind it can",
  },
  E: {
    condition: "the log ends below the floor",
    verdict: "damaged",
    action: "entries from the end to the floor are missing",
  },
  F: {
    condition: "a valid frame that is not the next one: of another log, place, or chain",
    verdict: "damaged",
    action: "entries up to it cannot be read",
  },
  G: {
    condition: "entries, root and signature of the newest blocks do not agree",
    verdict: "damaged",
    action: "entries from the last marker on cannot be read",
  },
  H: {
    condition: "the newest segment ends with a seal, but is longer, or not read-only",
    verdict: "open",
    action: "sealing is completed",
  },
  I: {
    condition: "the newest segment is sealed",
    verdict: "open",
    action: "the next segment is made for the next block",
  },
  J: {
    condition: "the newest segment is read-only, and its seal does not fit",
    verdict: "damaged",
    action: "entries that its valid frames hold can be read",
  },
  K: {
    condition: "the newest segment's header does not fit, or is another segment's",
    verdict: "damaged",
    action: "entries from its first index on cannot be read",
  },
  L: {
    condition: "a segment ends before the next one begins",
    verdict: "damaged",
    action: "entries between them are missing",
  },
  M: {
    condition: "an older segment's header or seal does not fit, or is not the next one's",
    verdict: "damaged",
    action: "what its valid frames hold can be read, if its header fits",
  },
  N: {
    condition: "a segment header or frame of an unknown version, kind or flag",
    verdict: "refused",
    action: "LOG_FORMAT_UNSUPPORTED: nothing is touched",
  },
  O: {
    condition: "the first block is missing, damaged, or not the log's genesis",
    verdict: "refused",
    action: "LOG_CORRUPT: nobody can say whose log it is",
  },
  P: {
    condition: "the log's key is another one",
    verdict: "refused",
    action: "KEY_INVALID: nothing is touched",
  },
  Q: {
    condition: "the directory has no segment",
    verdict: "refused",
    action: "DATA_DIRECTORY_INVALID",
  },
  R: {
    condition: "temporary files",
    verdict: "open",
    action: "they are removed",
  },
} as const satisfies Record<string, RecoveryRow>;

export type RecoveryLabel = keyof typeof recoveryTable;

/** What recovery found and did: for the operator's log, and for tests. */
export interface RecoveryNote {
  readonly label: RecoveryLabel;
  readonly facts: Readonly<Record<string, string | number>>;
}
