/** One entry as it stands in a log, decoded when asked for. */
import { sha256 } from "../crypto/sha256.js";
import { decodeEntry, decodeStoredEntry } from "../entry/codec.js";
import type { DecodedEntry } from "../model/entry.js";
import { type HybridTime, millisecondsOf } from "../model/hybrid-time.js";
import type { EntryId, Index, LogId, Position } from "../model/position.js";

/** Bytes that are gone. The id stands for them in the tree. */
export interface Hole {
  readonly id: EntryId;
  /** Erased by a redaction; else pruned here, and others may have them. */
  readonly isRedacted: boolean;
}

export interface EntryPlace {
  readonly logId: LogId;
  readonly index: Index;
  readonly hybridTime: HybridTime;
  readonly bytes: Uint8Array;
  readonly first: Position | undefined;
  readonly hole: Hole | undefined;
}

const LEAF_PREFIX = Uint8Array.of(0x00);

export class EntryRecord implements EntryPlace {
  readonly logId: LogId;
  readonly index: Index;
  /** Recorded time of the entry's block. */
  readonly hybridTime: HybridTime;
  /** The canonical entry, empty where `hole` is set: a view of what was received. */
  readonly bytes: Uint8Array;
  /** Where the id stood first, if not here: it counts once, there. */
  readonly first: Position | undefined;
  readonly hole: Hole | undefined;

  constructor(place: EntryPlace) {
    this.logId = place.logId;
    this.index = place.index;
    this.hybridTime = place.hybridTime;
    this.bytes = place.bytes;
    this.first = place.first;
    this.hole = place.hole;
  }

  get position(): Position {
    return { logId: this.logId, index: this.index };
  }

  /** Milliseconds since 1970 UTC. */
  get recordedMs(): number {
    return millisecondsOf(this.hybridTime);
  }

  /** 32 bytes: SHA-256(0x00 ‖ entry), computed from the bytes that were received. */
  get id(): EntryId {
    return this.hole?.id ?? sha256(LEAF_PREFIX, this.bytes);
  }

  /** What the entry says; `undefined` where its bytes are gone. Throws a fault if it is not one. */
  decode(): DecodedEntry | undefined {
    if (this.hole !== undefined) return undefined;
    // What is not understood as stored is refused at the edge too, and there with a reason.
    return decodeStoredEntry(this.bytes) ?? decodeEntry(this.bytes);
  }
}
