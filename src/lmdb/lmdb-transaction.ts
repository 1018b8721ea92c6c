/**
 * What may be done inside a transaction. Made and ended by `LmdbEnvironment` alone.
 *
 * Every argument is checked before it reaches the binding, where a value that is no Uint8Array
 * aborts the process and a key that is a string is taken in silence.
 */
import { assert } from "../invariant/assert.js";
import { isKeyExists, isNotFound, lmdbFault } from "./lmdb-fault.js";
import type { NativeKeyspace, NativeLmdb, NativeTransaction } from "./lmdb-native.js";
import { type LmdbRange, type LmdbRow, RangeCursor } from "./lmdb-range.js";

/** Longest key: what LMDB is compiled with. */
const lmdbKeyBytesMax = 511;
const onlyNew = { noOverwrite: true } as const;

/** Reads of one moment: what is committed later is not seen. */
export interface LmdbReader {
  /** A copy of the value, or `undefined`. */
  get(keyspace: string, key: Uint8Array): Uint8Array | undefined;
  /** Rows in the order of their keys. Nothing may be written while one is being walked. */
  rows(keyspace: string, range?: LmdbRange): IterableIterator<LmdbRow>;
  /** Like `rows`, without the values: two to three times as fast. */
  keys(keyspace: string, range?: LmdbRange): IterableIterator<Uint8Array>;
  /** How many rows a keyspace has. */
  count(keyspace: string): number;
}

export interface LmdbWriter extends LmdbReader {
  put(keyspace: string, key: Uint8Array, value: Uint8Array): void;
  /** Puts a row where there is none; returns whether it did. One operation, not two. */
  putNew(keyspace: string, key: Uint8Array, value: Uint8Array): boolean;
  /** Sorts the rows by key, in place, and puts them: random keys cost several times as much. */
  putSorted(keyspace: string, rows: LmdbRow[]): void;
  /** Returns whether there was a row. */
  delete(keyspace: string, key: Uint8Array): boolean;
  /** Deletes the first `countMax` rows of a range; returns how many there were. */
  deleteRange(keyspace: string, range: LmdbRange, countMax?: number): number;
  /** Deletes all rows. */
  clear(keyspace: string): void;
}

export interface TransactionParts {
  readonly lmdb: NativeLmdb;
  readonly native: NativeTransaction;
  readonly keyspaces: ReadonlyMap<string, NativeKeyspace>;
  readonly directory: string;
  readonly isWriting: boolean;
}

export class Transaction implements LmdbWriter {
  private readonly parts: TransactionParts;
  private readonly cursors = new Set<RangeCursor>();
  private isOpen = true;

  constructor(parts: TransactionParts) {
    this.parts = parts;
  }

  get(keyspace: string, key: Uint8Array): Uint8Array | undefined {
    const space = this.keyspace(keyspace);
    checkKey(key);
    return this.run("read", () => this.parts.native.getBinary(space, key) ?? undefined);
  }

  *rows(keyspace: string, range: LmdbRange = {}): IterableIterator<LmdbRow> {
    const cursor = this.openCursor(keyspace, range);
    try {
      for (;;) {
        const key = this.run("read", () => cursor.step());
        if (key === undefined) return;
        const value = this.run("read", () => cursor.value());
        yield { key, value };
      }
    } finally {
      this.closeCursor(cursor);
    }
  }

  *keys(keyspace: string, range: LmdbRange = {}): IterableIterator<Uint8Array> {
    const cursor = this.openCursor(keyspace, range);
    try {
      for (;;) {
        const key = this.run("read", () => cursor.step());
        if (key === undefined) return;
        yield key;
      }
    } finally {
      this.closeCursor(cursor);
    }
  }

  count(keyspace: string): number {
    const space = this.keyspace(keyspace);
    return this.run("read", () => space.stat(this.parts.native).entryCount);
  }

  put(keyspace: string, key: Uint8Array, value: Uint8Array): void {
    const space = this.writable(keyspace);
    checkKey(key);
    assert(value instanceof Uint8Array, "a value is bytes");
    this.run("write", () => this.parts.native.putBinary(space, key, value));
  }

  putNew(keyspace: string, key: Uint8Array, value: Uint8Array): boolean {
    const space = this.writable(keyspace);
    checkKey(key);
    assert(value instanceof Uint8Array, "a value is bytes");
    return this.run("write", () => {
      try {
        this.parts.native.putBinary(space, key, value, onlyNew);
        return true;
      } catch (error) {
        if (isKeyExists(error)) return false;
        throw error;
      }
    });
  }

  putSorted(keyspace: string, rows: LmdbRow[]): void {
    rows.sort((left, right) => Buffer.compare(left.key, right.key));
    for (const { key, value } of rows) this.put(keyspace, key, value);
  }

  delete(keyspace: string, key: Uint8Array): boolean {
    const space = this.writable(keyspace);
    checkKey(key);
    return this.run("write", () => {
      try {
        this.parts.native.del(space, key);
        return true;
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
    });
  }

  deleteRange(keyspace: string, range: LmdbRange, countMax = Number.MAX_SAFE_INTEGER): number {
    this.writable(keyspace);
    const cursor = this.openCursor(keyspace, range);
    try {
      return this.run("write", () => {
        let count = 0;
        while (count < countMax && cursor.step() !== undefined) {
          cursor.deleteRow();
          count += 1;
        }
        return count;
      });
    } finally {
      this.closeCursor(cursor);
    }
  }

  clear(keyspace: string): void {
    const space = this.writable(keyspace);
    this.run("write", () => space.drop({ txn: this.parts.native, justFreePages: true }));
  }

  /** Ends it for good: every later use is an assertion failure instead of a crash. */
  end(outcome: "commit" | "abort"): void {
    assert(this.isOpen, "a transaction ends once");
    this.isOpen = false;
    for (const cursor of this.cursors) cursor.close();
    this.cursors.clear();
    if (outcome === "abort") this.parts.native.abort();
    else this.run("commit", () => this.parts.native.commit());
  }

  private keyspace(name: string): NativeKeyspace {
    assert(this.isOpen, "a transaction is used before its callback returns");
    const space = this.parts.keyspaces.get(name);
    assert(space !== undefined, "a keyspace was named when the environment was opened");
    return space;
  }

  private writable(name: string): NativeKeyspace {
    assert(this.parts.isWriting, "a write happens in a write transaction");
    assert(this.cursors.size === 0, "nothing is written while a range is being walked");
    return this.keyspace(name);
  }

  private openCursor(keyspace: string, range: LmdbRange): RangeCursor {
    const space = this.keyspace(keyspace);
    for (const bound of [range.prefix, range.start, range.end]) {
      if (bound !== undefined) assert(bound instanceof Uint8Array, "a bound is bytes");
    }
    for (const bound of [range.start, range.end]) if (bound !== undefined) checkKey(bound);
    const { lmdb, native } = this.parts;
    const cursor = this.run(
      "read",
      () => new RangeCursor(new lmdb.Cursor(native, space, { keyIsBuffer: true }), range),
    );
    this.cursors.add(cursor);
    return cursor;
  }

  private closeCursor(cursor: RangeCursor): void {
    cursor.close();
    this.cursors.delete(cursor);
  }

  private run<T>(operation: "read" | "write" | "commit", work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw lmdbFault(error, operation, this.parts.directory);
    }
  }
}

function checkKey(key: Uint8Array): void {
  assert(key instanceof Uint8Array, "a key is bytes");
  assert(key.length > 0, "a key is not empty");
  assert(key.length <= lmdbKeyBytesMax, "a key fits LMDB's limit");
}
