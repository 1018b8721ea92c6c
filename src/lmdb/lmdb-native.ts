/**
 * Loads node-lmdb: the only place that names it.
 *
 * The binding crashes the process on many wrong uses (see lmdb.ts), so nothing outside this folder
 * sees it. Only what the wrapper uses is declared here: no unsafe buffers, no `resize`, no
 * `batchWrite`, no worker of its own.
 */
import { createRequire } from "node:module";
import { Fault } from "../model/fault.js";

declare const handleBrand: unique symbol;
export interface NativeKeyspace {
  readonly [handleBrand]: true;
  drop(options: { txn: NativeTransaction; justFreePages: true }): void;
  stat(transaction: NativeTransaction): { entryCount: number };
}

export interface NativeTransaction {
  getBinary(keyspace: NativeKeyspace, key: Uint8Array): Buffer | null;
  putBinary(
    keyspace: NativeKeyspace,
    key: Uint8Array,
    value: Uint8Array,
    options?: { readonly noOverwrite: true },
  ): void;
  del(keyspace: NativeKeyspace, key: Uint8Array): void;
  commit(): void;
  abort(): void;
}

export interface NativeCursor {
  goToFirst(): Buffer | null;
  goToLast(): Buffer | null;
  goToNext(): Buffer | null;
  goToPrev(): Buffer | null;
  goToRange(key: Uint8Array): Buffer | null;
  getCurrentBinary(): Buffer | null;
  del(): void;
  close(): void;
}

export interface NativeOpenOptions {
  readonly path: string;
  readonly mapSize: number;
  readonly maxDbs: number;
  readonly readOnly: boolean;
  readonly noSync: boolean;
}

export interface NativeEnvironment {
  open(options: NativeOpenOptions): void;
  openDbi(options: { name: string | null; create: boolean; keyIsBuffer: true }): NativeKeyspace;
  beginTxn(options: { readOnly: boolean }): NativeTransaction;
  sync(done: (error: Error | null) => void): void;
  stat(): { pageSize: number };
  info(): { mapSize: number; lastPageNumber: number };
  close(): void;
}

export interface NativeLmdb {
  readonly Env: new () => NativeEnvironment;
  readonly Cursor: new (
    transaction: NativeTransaction,
    keyspace: NativeKeyspace,
    keys: { keyIsBuffer: true },
  ) => NativeCursor;
}

/** How the module is found; a test hands in one that fails. */
export type LoadModule = (name: string) => unknown;

/** Loads the binding, or throws MODULE_MISSING with what to install. */
export function loadLmdb(load: LoadModule = createRequire(import.meta.url)): NativeLmdb {
  try {
    return load("node-lmdb") as NativeLmdb;
  } catch (error) {
    throw new Fault(
      "MODULE_MISSING",
      "the native module node-lmdb is not built for this machine and Node.js version; install " +
        "python3, make and g++ (Debian, Ubuntu: apt-get install python3 make g++), then run: " +
        "npm rebuild node-lmdb",
      { module: "node-lmdb", node: process.version, platform: process.platform },
      error,
    );
  }
}
