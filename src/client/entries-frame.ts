/**
 * A run of entries as it came: the message's bytes, and where in them each entry lies.
 *
 * A subscriber that catches up receives hundreds of thousands of entries a second, so that what is
 * done per entry is what it costs. Here that is: find its length, note its place. Bytes are views
 * of the message, and objects are made when they are asked for.
 *
 *     Entries   0A 20 log id   10 first index   19 hybrid time (8)   22 length entry ...
 *               2A skips (packed)   32 repeat ...   3A hole ...   42 frontier
 *
 * A view keeps its whole message alive: copy (`bytes.slice()`) what is to be kept for long.
 */
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { AssertionFailure, assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { type HybridTime, toHybridTime } from "../model/hybrid-time.js";
import { type Index, type LogId, logIdBytes, type Position, toIndex } from "../model/position.js";
import { Hole as WireHole, Repeat as WireRepeat } from "../wire/steme/v1/log_service.js";
import { EntryRecord, type Hole } from "./entry-record.js";
import { positionOf } from "./wire-position.js";

const nothing: Uint8Array = new Uint8Array(0);

interface Parts {
  readonly bytes: Uint8Array;
  readonly logId: LogId;
  readonly hybridTime: HybridTime;
  readonly frontier: Uint8Array;
  /** Start and end of each entry in `bytes`. */
  readonly places: readonly number[];
  readonly firstIndex: number;
  /** Indexes of the entries, where they have gaps. */
  readonly indexes: readonly number[] | undefined;
  readonly repeats: ReadonlyMap<number, Position>;
  readonly holes: ReadonlyMap<number, Hole>;
}

export class EntriesFrame {
  readonly kind = "entries";
  readonly logId: LogId;
  /** How many entries the frame has. */
  readonly count: number;
  /** Recorded time of the entries' block. */
  readonly hybridTime: HybridTime;
  /** Resume token: `subscribe({ start: { frontier } })` goes on behind the last entry. */
  readonly frontier: Uint8Array;
  readonly #parts: Parts;
  #records: readonly EntryRecord[] | undefined;

  constructor(parts: Parts) {
    this.logId = parts.logId;
    this.count = parts.places.length / 2;
    this.hybridTime = parts.hybridTime;
    this.frontier = parts.frontier;
    this.#parts = parts;
  }

  /** Index of the first entry in the log. */
  get firstIndex(): Index {
    return this.index(0);
  }

  /** Index in the log of the frame's `entry`-th. */
  index(entry: number): Index {
    const { indexes, firstIndex } = this.#parts;
    return toIndex(indexes?.[entry] ?? firstIndex + entry);
  }

  /** The entry's bytes, empty where they are gone: a view of the message. */
  bytes(entry: number): Uint8Array {
    const { places, bytes } = this.#parts;
    const start = places[entry * 2];
    const end = places[entry * 2 + 1];
    assert(start !== undefined && end !== undefined, "the entry lies in the frame");
    return bytes.subarray(start, end);
  }

  /** Where the entry's id stood first, if this is not the first time. */
  first(entry: number): Position | undefined {
    return this.#parts.repeats.get(entry);
  }

  /** Set where the entry's bytes are gone. */
  hole(entry: number): Hole | undefined {
    return this.#parts.holes.get(entry);
  }

  /** The entries as objects, made when first asked for. */
  get entries(): readonly EntryRecord[] {
    this.#records ??= Array.from({ length: this.count }, (_, entry) => this.record(entry));
    return this.#records;
  }

  record(entry: number): EntryRecord {
    return new EntryRecord({
      logId: this.logId,
      index: this.index(entry),
      hybridTime: this.hybridTime,
      bytes: this.bytes(entry),
      first: this.first(entry),
      hole: this.hole(entry),
    });
  }

  /** The entries from `start` up to and without `end`, as a frame. */
  part(start: number, end: number): EntriesFrame {
    assert(start >= 0 && start <= end && end <= this.count, "a part lies in the frame");
    const { places, indexes, firstIndex, repeats, holes } = this.#parts;
    const moved = <T>(map: ReadonlyMap<number, T>): Map<number, T> => {
      const inside = [...map].filter(([entry]) => entry >= start && entry < end);
      return new Map(inside.map(([entry, value]) => [entry - start, value]));
    };
    return new EntriesFrame({
      ...this.#parts,
      places: places.slice(start * 2, end * 2),
      firstIndex: firstIndex + start,
      indexes: indexes?.slice(start, end),
      repeats: moved(repeats),
      holes: moved(holes),
    });
  }
}

/** Parses an `Entries` message in `bytes[start..end)`. Throws MESSAGE_MALFORMED. */
export function entriesFrameOf(bytes: Buffer, start: number, end: number): EntriesFrame {
  try {
    return parsed(bytes, start, end);
  } catch (error) {
    if (error instanceof Fault || error instanceof AssertionFailure) throw error;
    throw malformed(error instanceof Error ? error.message : "a field cannot be read");
  }
}

function parsed(bytes: Buffer, start: number, end: number): EntriesFrame {
  const cursor = new Cursor(bytes, start, end);
  let logId = nothing;
  let frontier = nothing;
  let firstIndex = 0;
  let hybridTime = 0n;
  const places: number[] = [];
  const skips: number[] = [];
  const repeats = new Map<number, Position>();
  const holes = new Map<number, Hole>();
  while (cursor.at < end) {
    const tag = cursor.varint();
    switch (tag) {
      case 0x22: {
        const length = cursor.length();
        places.push(cursor.at, cursor.at + length);
        cursor.at += length;
        break;
      }
      case 0x0a:
        logId = cursor.field();
        break;
      case 0x10:
        firstIndex = cursor.varint();
        break;
      case 0x19:
        hybridTime = cursor.fixed64();
        break;
      case 0x2a:
        cursor.packed(skips);
        break;
      case 0x28:
        skips.push(cursor.varint());
        break;
      case 0x32: {
        const { entry, first } = WireRepeat.decode(cursor.field());
        if (first !== undefined) repeats.set(entry, positionOf(first));
        break;
      }
      case 0x3a: {
        const { entry, id, redacted } = WireHole.decode(cursor.field());
        holes.set(entry, { id, isRedacted: redacted });
        break;
      }
      case 0x42:
        frontier = cursor.field();
        break;
      default:
        cursor.skip(tag);
    }
  }
  if (logId.length !== logIdBytes) throw malformed("the log's id is missing");
  const indexes = skips.length === 0 ? undefined : indexesOf(firstIndex, skips, places.length / 2);
  const lastIndex = indexes?.at(-1) ?? firstIndex + places.length / 2;
  if (!Number.isSafeInteger(lastIndex)) throw malformed("an index is too large");
  const parts = { bytes, logId, hybridTime: toHybridTime(hybridTime), frontier, places };
  return new EntriesFrame({ ...parts, firstIndex, indexes, repeats, holes });
}

/** The first entry stands at `firstIndex`; each other behind the one before and its skips. */
function indexesOf(firstIndex: number, skips: readonly number[], count: number): number[] {
  const indexes: number[] = [];
  let index = firstIndex;
  for (let entry = 0; entry < count; entry++) {
    if (entry > 0) index += 1 + (skips[entry] ?? 0);
    indexes.push(index);
  }
  return indexes;
}

class Cursor {
  constructor(
    private readonly bytes: Buffer,
    public at: number,
    private readonly end: number,
  ) {}

  /** Up to 2^53 - 1 exactly; what is larger is no index, length or tag of this message. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let place = this.at; place < this.end; place++) {
      const byte = this.bytes[place] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.at = place + 1;
        if (value > Number.MAX_SAFE_INTEGER) break;
        return value;
      }
      scale *= 0x80;
    }
    throw malformed("a number is cut off or too large");
  }

  /** A length that fits what is left. */
  length(): number {
    const length = this.varint();
    if (length > this.end - this.at) throw malformed("a field is cut off");
    return length;
  }

  field(): Uint8Array {
    const length = this.length();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  fixed64(): bigint {
    if (this.end - this.at < 8) throw malformed("a field is cut off");
    this.at += 8;
    return this.bytes.readBigUInt64LE(this.at - 8);
  }

  packed(numbers: number[]): void {
    const length = this.length();
    const end = this.at + length;
    while (this.at < end) numbers.push(this.varint());
    if (this.at !== end) throw malformed("a packed field does not end where it says");
  }

  /** Passes over a field that this version does not know. */
  skip(tag: number): void {
    const reader = new BinaryReader(this.bytes.subarray(this.at, this.end));
    reader.skip(tag & 7, Math.floor(tag / 8));
    this.at += reader.pos;
  }
}

const malformed = (why: string): Fault =>
  new Fault("MESSAGE_MALFORMED", `a frame of entries is malformed: ${why}`);
