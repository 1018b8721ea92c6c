/** What the append path hands to the log, and what the log hands back. */
import type { HybridTime } from "../model/hybrid-time.js";
import type { Index } from "../model/position.js";

/**
 * A batch that was checked: canonical entries, leaf hashes that are theirs, a signature over their
 * root. The log copies what it keeps; the views may be reused once `append` has settled.
 */
export interface AdmittedBatch {
  /** 32 bytes. */
  readonly author: Uint8Array;
  /** 16 bytes. */
  readonly writer: Uint8Array;
  readonly sequence: number;
  /** 64 bytes. */
  readonly signature: Uint8Array;
  /** 32 bytes: the tree hash over `leaves`. */
  readonly root: Uint8Array;
  readonly count: number;
  /** The entries' bytes, one behind the other. */
  readonly entries: Uint8Array;
  readonly lengths: Uint16Array;
  /** 0 to 255, or 256 for entries without a concept path. */
  readonly shards: Uint16Array;
  /** 32 bytes per entry. */
  readonly leaves: Uint8Array;
  /** An entry grants or revokes: whether the author may, is judged before the log takes it. */
  readonly isAboutRights?: boolean;
}

declare const committedBrand: unique symbol;

/** Where a batch stands in the log, durably: only the log makes one, after its fsync. */
export interface Committed {
  readonly [committedBrand]: true;
  /** Of the batch's first entry. */
  readonly firstIndex: Index;
  readonly count: number;
  readonly hybridTime: HybridTime;
}

/** Only for the log itself, behind its fsync. */
export function committedAfterSync(
  firstIndex: Index,
  count: number,
  hybridTime: HybridTime,
): Committed {
  return { firstIndex, count, hybridTime } as Committed;
}
