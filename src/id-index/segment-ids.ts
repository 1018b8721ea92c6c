/**
 * The ids of one segment in memory: of the one that is written, while somebody asks for it, and of
 * one whose table is being built.
 *
 *     slots   open addressing: number of an id + 1, 0 where none is
 *     ids     32 bytes each, in the order of the log
 *     places  where each stands first, relative to the segment
 *
 * An id that comes again takes no room in the three: its place is noted as a repeat. Ids are kept
 * whole, so a table in memory is exact by itself, and nobody fills a slot's chain by sending one
 * entry a million times. About 45 bytes per id.
 *
 * Invariant: entries are added in the order of the log.
 */
import { assert } from "../invariant/assert.js";
import { entryIdBytes } from "../model/position.js";
import { type PrefixMask, wordAt } from "./id-prefix.js";
import { sortByPrefix } from "./prefix-sort.js";

const idsAtFirst = 1024;
/** Slots per id that there is room for: half of them stay empty. */
const slotsPerId = 2;

/** Ids in the order of their prefixes: `numbers[i]` has the prefix `highs[i]`, `lows[i]`. */
export interface SortedIds {
  readonly numbers: Uint32Array;
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
}

/** Ids from number `from` on: their prefixes. */
export interface FreshIds {
  readonly from: number;
  readonly highs: Uint32Array;
  readonly lows: Uint32Array;
}

/** Where entries stand whose ids stood before, ascending, and where those stood first. */
export interface RepeatList {
  readonly indexes: readonly number[];
  readonly firsts: readonly number[];
}

interface Again {
  readonly place: number;
  readonly number: number;
}

export class SegmentIds {
  readonly firstIndex: number;
  readonly #mask: PrefixMask;
  #ids = new Uint8Array(idsAtFirst * entryIdBytes);
  #places = new Uint32Array(idsAtFirst);
  #slots = new Uint32Array(idsAtFirst * slotsPerId);
  #count = 0;
  #entryCount = 0;
  #next: number;
  /** Number of an id -> where it stood in an earlier segment. */
  readonly #earlier = new Map<number, number>();
  /** Repeats of ids of this segment: place, number of the id. */
  readonly #again: Again[] = [];

  constructor(firstIndex: number, mask: PrefixMask) {
    this.firstIndex = firstIndex;
    this.#mask = mask;
    this.#next = firstIndex;
  }

  /** Different ids; they are numbered in the order in which they came. */
  get count(): number {
    return this.#count;
  }

  /** Entries that were added. */
  get entryCount(): number {
    return this.#entryCount;
  }

  /** Behind the last entry that was added. */
  get next(): number {
    return this.#next;
  }

  /** Whether every entry up to `end` was added. */
  isComplete(end: number): boolean {
    return this.#next === end && this.#entryCount === end - this.firstIndex;
  }

  /** Adds the entry at `index`, whose id stands in `bytes` at `at`. */
  add(index: number, bytes: Uint8Array, at: number): void {
    assert(index >= this.#next, "entries are added in the order of the log");
    this.#next = index + 1;
    this.#entryCount += 1;
    const slot = this.#slotOf(bytes, at);
    const taken = this.#slots[slot] as number;
    const place = index - this.firstIndex;
    if (taken > 0) {
      this.#again.push({ place, number: taken - 1 });
      return;
    }
    const number = this.#count;
    const target = number * entryIdBytes;
    for (let i = 0; i < entryIdBytes; i++) this.#ids[target + i] = bytes[at + i] as number;
    this.#places[number] = place;
    this.#slots[slot] = number + 1;
    this.#count += 1;
    if (this.#count === this.#places.length) this.#grow();
  }

  /** The entries up to `end` cannot be read. */
  passTo(end: number): void {
    this.#next = Math.max(this.#next, end);
  }

  /** Index of the first entry here that has the id. */
  find(id: Uint8Array): number | undefined {
    const taken = this.#slots[this.#slotOf(id, 0)] as number;
    return taken === 0 ? undefined : this.indexOf(taken - 1);
  }

  /** Where an id stands first in this segment. */
  indexOf(number: number): number {
    assert(number < this.#count, "an id is one of the segment's");
    return this.firstIndex + (this.#places[number] as number);
  }

  id(number: number): Uint8Array {
    return this.#ids.subarray(number * entryIdBytes, (number + 1) * entryIdBytes);
  }

  #high(number: number): number {
    return (wordAt(this.#ids, number * entryIdBytes) & this.#mask.high) >>> 0;
  }

  #low(number: number): number {
    return (wordAt(this.#ids, number * entryIdBytes + 4) & this.#mask.low) >>> 0;
  }

  /** An id of this segment stood in an earlier one already. */
  noteEarlier(number: number, index: number): void {
    assert(index < this.firstIndex, "an earlier entry stands in front of the segment");
    this.#earlier.set(number, index);
  }

  stoodEarlier(number: number): boolean {
    return this.#earlier.has(number);
  }

  /** Repeats at or behind an index, as far as they were noted. */
  repeats(from: number): RepeatList {
    const indexes: number[] = [];
    const firsts: number[] = [];
    const note = (index: number, first: number) => {
      indexes.push(index);
      firsts.push(first);
    };
    const place = from - this.firstIndex;
    let again = lowerBound(this.#again.length, (i) => this.#again[i]?.place ?? 0, place);
    const noteAgain = (end: number) => {
      for (; again < this.#again.length; again++) {
        const repeat = this.#again[again] as Again;
        if (repeat.place >= end) return;
        const first = this.#earlier.get(repeat.number) ?? this.indexOf(repeat.number);
        note(this.firstIndex + repeat.place, first);
      }
    };
    let number = lowerBound(this.#count, (i) => this.#places[i] as number, place);
    for (; this.#earlier.size > 0 && number < this.#count; number++) {
      const first = this.#earlier.get(number);
      if (first === undefined) continue;
      noteAgain(this.#places[number] as number);
      note(this.indexOf(number), first);
    }
    noteAgain(Number.POSITIVE_INFINITY);
    return { indexes, firsts };
  }

  fresh(from: number): FreshIds {
    const highs = new Uint32Array(this.#count - from);
    const lows = new Uint32Array(this.#count - from);
    for (let i = 0; i < highs.length; i++) {
      highs[i] = this.#high(from + i);
      lows[i] = this.#low(from + i);
    }
    return { from, highs, lows };
  }

  /** Ids with equal prefixes keep the order of the log. */
  sorted(): SortedIds {
    const { highs, lows } = this.fresh(0);
    const numbers = sortByPrefix(highs, lows);
    return {
      numbers,
      highs: numbers.map((number) => highs[number] as number),
      lows: numbers.map((number) => lows[number] as number),
    };
  }

  /** The slot of an id, or the empty one where it belongs. */
  #slotOf(bytes: Uint8Array, at: number): number {
    const last = this.#slots.length - 1;
    let slot = (wordAt(bytes, at) ^ wordAt(bytes, at + 4)) & last;
    for (;;) {
      const taken = this.#slots[slot] as number;
      if (taken === 0 || this.#isAt(taken - 1, bytes, at)) return slot;
      slot = (slot + 1) & last;
    }
  }

  #isAt(number: number, bytes: Uint8Array, at: number): boolean {
    const start = number * entryIdBytes;
    for (let i = 0; i < entryIdBytes; i++) {
      if (this.#ids[start + i] !== bytes[at + i]) return false;
    }
    return true;
  }

  #grow(): void {
    const room = this.#places.length * 2;
    const ids = new Uint8Array(room * entryIdBytes);
    const places = new Uint32Array(room);
    ids.set(this.#ids);
    places.set(this.#places);
    this.#ids = ids;
    this.#places = places;
    this.#slots = new Uint32Array(room * slotsPerId);
    for (let number = 0; number < this.#count; number++) {
      this.#slots[this.#slotOf(ids, number * entryIdBytes)] = number + 1;
    }
  }
}

/** The first of `count` ascending values that is not below a bound. */
export function lowerBound(count: number, at: (i: number) => number, bound: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(middle) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
