/**
 * Ranges of keys, and the cursor that walks one.
 *
 * Keys compare as bytes; `start` is inclusive and `end` exclusive, whichever way the walk goes.
 * Rows are copies: nothing points into the memory map.
 *
 * Invariant: a native cursor is closed exactly once, and before its transaction ends. LMDB frees
 * the cursors of a write transaction with it, so a late close would be a double free.
 */
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import type { NativeCursor } from "./lmdb-native.js";

export interface LmdbRange {
  /** Only keys that begin with these bytes. */
  readonly prefix?: Uint8Array;
  /** Inclusive. */
  readonly start?: Uint8Array;
  /** Exclusive. */
  readonly end?: Uint8Array;
  /** From the largest key to the smallest. */
  readonly isBackward?: boolean;
}

export interface LmdbRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The smallest key behind all that begin with `prefix`; `undefined` where there is none. */
export function keyAfterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return undefined;
  const after = new Uint8Array(prefix.subarray(0, length));
  after[length - 1] = (after[length - 1] ?? 0) + 1;
  return after;
}

const largest = (left: Uint8Array | undefined, right: Uint8Array | undefined) => {
  if (left === undefined || right === undefined) return left ?? right;
  return Buffer.compare(left, right) >= 0 ? left : right;
};

const smallest = (left: Uint8Array | undefined, right: Uint8Array | undefined) => {
  if (left === undefined || right === undefined) return left ?? right;
  return Buffer.compare(left, right) <= 0 ? left : right;
};

/** A cursor on a damaged page gives anything: a boolean, or nothing where a value must be. */
const isBytes = (given: unknown): given is Uint8Array => given instanceof Uint8Array;
const damagedPage = (): Fault =>
  new Fault("STATE_DAMAGED", "a page of an LMDB environment is damaged");

/** Walks a range row by row. Made and ended by a transaction alone. */
export class RangeCursor {
  private readonly native: NativeCursor;
  private readonly start: Uint8Array | undefined;
  private readonly end: Uint8Array | undefined;
  private readonly isBackward: boolean;
  private hasBegun = false;
  private isClosed = false;

  constructor(native: NativeCursor, range: LmdbRange) {
    const { prefix } = range;
    this.native = native;
    this.start = largest(range.start, prefix?.length === 0 ? undefined : prefix);
    this.end = smallest(range.end, prefix === undefined ? undefined : keyAfterPrefix(prefix));
    this.isBackward = range.isBackward ?? false;
  }

  /** The next key of the range, or `undefined` behind its last. */
  step(): Uint8Array | undefined {
    assert(!this.isClosed, "a range is walked while its transaction runs");
    const key = this.hasBegun ? this.move() : this.begin();
    this.hasBegun = true;
    if (key === null) return undefined;
    if (!isBytes(key)) throw damagedPage();
    const { start, end } = this;
    if (end !== undefined && Buffer.compare(key, end) >= 0) return undefined;
    if (start !== undefined && Buffer.compare(key, start) < 0) return undefined;
    return key;
  }

  /** The value at the key that `step` gave last. */
  value(): Uint8Array {
    const value = this.native.getCurrentBinary();
    if (!isBytes(value)) throw damagedPage();
    return value;
  }

  /** Deletes the row of the key that `step` gave last; the next step goes on behind it. */
  deleteRow(): void {
    assert(!this.isBackward, "rows are deleted forwards");
    this.native.del();
  }

  /** Closing twice is fine. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.native.close();
  }

  private begin(): Buffer | null {
    const { native } = this;
    if (!this.isBackward) {
      return this.start === undefined ? native.goToFirst() : native.goToRange(this.start);
    }
    if (this.end === undefined) return native.goToLast();
    return native.goToRange(this.end) === null ? native.goToLast() : native.goToPrev();
  }

  private move(): Buffer | null {
    return this.isBackward ? this.native.goToPrev() : this.native.goToNext();
  }
}
