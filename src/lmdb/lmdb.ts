/**
 * One LMDB environment: the only door to node-lmdb.
 *
 * The binding ends the process where it is used wrongly, so each of its known crashes is closed off
 * here:
 *
 *     what crashes it                               what happens here
 *     --------------------------------------------  -----------------------------------------------
 *     a transaction after close                     a closed flag: assertion failure
 *     close while a sync runs on another thread     close waits for it
 *     the same directory opened twice in a process  DATA_DIRECTORY_IN_USE, on whatever threads
 *     a value that is not bytes, a string as a key  assertion failure
 *     a cursor or transaction used or closed late   both live inside a callback and end with it
 *     a failed resize                               the size is reserved once and never changed
 *     buffers into the memory map                   every key and value is a copy
 *     a page beyond the end of the file (SIGBUS)    the file is lengthened first: lmdb-file.ts
 *
 * Invariants:
 *
 * - One environment per directory and process, on one thread: the one that opened it.
 * - Transactions do not nest, and none stays open across a turn: a callback cannot be async.
 * - A callback that throws leaves nothing behind; what it wrote is aborted.
 *
 * One process may write while others read (`openReadOnly`): each with an environment of its own,
 * with the same map size. A reader that dies inside a transaction keeps the writer from reusing
 * pages until the last process closes, so transactions are short, and a writer that serves a reader
 * ends with it.
 */
import { join } from "node:path";
import type { Disk } from "../host/disk.js";
import { isOpenInThisProcess, realDirectory } from "../host/open-files.js";
import { assert } from "../invariant/assert.js";
import { Fault } from "../model/fault.js";
import { lmdbFault } from "./lmdb-fault.js";
import { LMDB_DATA_FILE, lengthenLmdbFile } from "./lmdb-file.js";
import {
  loadLmdb,
  type NativeEnvironment,
  type NativeKeyspace,
  type NativeLmdb,
} from "./lmdb-native.js";
import { type LmdbReader, type LmdbWriter, Transaction } from "./lmdb-transaction.js";

export interface LmdbOptions {
  /** A directory that exists. */
  readonly directory: string;
  /**
   * Address space reserved, and the most that the file may grow to. Costs nothing until used: be
   * generous. A multiple of 64 KiB.
   */
  readonly mapBytes: number;
  /** Names of the keyspaces; those missing are made. */
  readonly keyspaces: readonly string[];
  /** Whether a commit is durable when `write` returns; otherwise `sync` decides. */
  readonly syncsCommits: boolean;
}

export interface LmdbFacts {
  readonly mapBytes: number;
  /** Bytes of the file in use or free for reuse. */
  readonly usedBytes: number;
}

const MAP_GRAIN_BYTES = 64 * 1024;

/** The directories open on this thread; other threads are seen by their open files. */
const openDirectories = new Set<string>();

export class LmdbEnvironment {
  readonly directory: string;
  private readonly lmdb: NativeLmdb;
  private readonly native: NativeEnvironment;
  private readonly keyspaces: ReadonlyMap<string, NativeKeyspace>;
  private readonly isReadOnly: boolean;
  private isInTransaction = false;
  private closing: Promise<void> | undefined = undefined;
  private syncing: Promise<void> = Promise.resolve();

  private constructor(
    directory: string,
    lmdb: NativeLmdb,
    native: NativeEnvironment,
    keyspaces: ReadonlyMap<string, NativeKeyspace>,
    isReadOnly: boolean,
  ) {
    this.directory = directory;
    this.lmdb = lmdb;
    this.native = native;
    this.keyspaces = keyspaces;
    this.isReadOnly = isReadOnly;
  }

  /**
   * Opens the environment of a directory, and makes it where the directory is empty. Faults:
   * MODULE_MISSING, DATA_DIRECTORY_IN_USE (by this process), STATE_DAMAGED (no environment, a
   * damaged one, or one that holds other keyspaces only), DISK_FULL, DISK_FAILED.
   */
  static async open(
    options: LmdbOptions,
    disk: Disk,
    load: () => NativeLmdb = loadLmdb,
  ): Promise<LmdbEnvironment> {
    checkOptions(options);
    const lmdb = load();
    const directory = claimDirectory(options.directory);
    try {
      await lengthenLmdbFile(disk, directory, options.mapBytes);
      return openNow({ ...options, directory, isReadOnly: false }, lmdb, (native, spaces) => {
        return new LmdbEnvironment(directory, lmdb, native, spaces, false);
      });
    } catch (error) {
      openDirectories.delete(directory);
      throw error;
    }
  }

  /**
   * Opens what another process writes, to read it alone. That process opens it first and goes on
   * writing: it has made the keyspaces, and made the file as long as it says. Faults: those of
   * `open`; STATE_DAMAGED where a keyspace is missing.
   */
  static openReadOnly(
    options: Omit<LmdbOptions, "syncsCommits">,
    load: () => NativeLmdb = loadLmdb,
  ): LmdbEnvironment {
    checkOptions(options);
    const lmdb = load();
    const directory = claimDirectory(options.directory);
    const opening = { ...options, directory, syncsCommits: true, isReadOnly: true };
    try {
      return openNow(opening, lmdb, (native, spaces) => {
        return new LmdbEnvironment(directory, lmdb, native, spaces, true);
      });
    } catch (error) {
      openDirectories.delete(directory);
      throw error;
    }
  }

  /** Reads one moment. The callback's result must not hold the transaction. */
  read<T>(work: (transaction: LmdbReader) => T): T {
    return this.run(false, work);
  }

  /** Commits what the callback wrote when it returns, all or nothing; aborts when it throws. */
  write<T>(work: (transaction: LmdbWriter) => T): T {
    assert(!this.isReadOnly, "an environment that is only read is not written");
    return this.run(true, work);
  }

  /** Returns when everything committed so far is durable. Runs off the thread. */
  sync(): Promise<void> {
    assert(this.closing === undefined, "an environment is used before it is closed");
    assert(!this.isReadOnly, "an environment that is only read is not synced");
    const done = new Promise<void>((resolve, reject) => {
      this.native.sync((error) => {
        if (error === null) resolve();
        else reject(this.syncFault(error));
      });
    });
    const quiet = done.catch(() => {});
    this.syncing = this.syncing.then(() => quiet);
    return done;
  }

  facts(): LmdbFacts {
    assert(this.closing === undefined, "an environment is used before it is closed");
    const { mapSize, lastPageNumber } = this.native.info();
    return {
      mapBytes: mapSize,
      usedBytes: (lastPageNumber + 1) * this.native.stat().pageSize,
    };
  }

  /** Waits for a running sync, then closes. Closing twice is fine. */
  close(): Promise<void> {
    assert(!this.isInTransaction, "an environment is closed outside its transactions");
    this.closing ??= this.syncing.then(() => {
      this.native.close();
      openDirectories.delete(this.directory);
    });
    return this.closing;
  }

  private run<T>(isWriting: boolean, work: (transaction: Transaction) => T): T {
    assert(this.closing === undefined, "an environment is used before it is closed");
    assert(!this.isInTransaction, "transactions do not nest");
    const { lmdb, keyspaces, directory } = this;
    const native = this.begin(isWriting);
    const transaction = new Transaction({ lmdb, native, keyspaces, directory, isWriting });
    let isDone = false;
    this.isInTransaction = true;
    try {
      const result = work(transaction);
      assert(!(result instanceof Promise), "a transaction's callback is not async");
      isDone = true;
      return result;
    } finally {
      this.isInTransaction = false;
      transaction.end(isDone && isWriting ? "commit" : "abort");
    }
  }

  private begin(isWriting: boolean) {
    try {
      return this.native.beginTxn({ readOnly: !isWriting });
    } catch (error) {
      throw lmdbFault(error, "begin", this.directory);
    }
  }

  /** The binding hands over the text of a failed sync without its number. */
  private syncFault(error: Error): Fault {
    const code = /no space|quota/i.test(error.message) ? "DISK_FULL" : "DISK_FAILED";
    const message = `${this.directory} could not be synced (${error.message})`;
    return new Fault(code, message, { path: this.directory, operation: "sync" }, error);
  }
}

function checkOptions(options: Omit<LmdbOptions, "syncsCommits">): void {
  const { mapBytes, keyspaces } = options;
  assert(Number.isSafeInteger(mapBytes) && mapBytes > 0, "a map size is a positive integer");
  assert(mapBytes % MAP_GRAIN_BYTES === 0, "a map size is a multiple of 64 KiB");
  assert(keyspaces.length > 0, "an environment has keyspaces");
  assert(new Set(keyspaces).size === keyspaces.length, "keyspaces differ in name");
}

/** The real name of a directory that this process has not open: now it has. */
function claimDirectory(name: string): string {
  const directory = realDirectory(name);
  const isTaken =
    openDirectories.has(directory) || isOpenInThisProcess(join(directory, LMDB_DATA_FILE));
  if (isTaken) {
    const message = `${directory} is open in this process already`;
    throw new Fault("DATA_DIRECTORY_IN_USE", message, { path: directory });
  }
  openDirectories.add(directory);
  return directory;
}

interface Opening extends LmdbOptions {
  readonly isReadOnly: boolean;
}

function openNow<T>(
  options: Opening,
  lmdb: NativeLmdb,
  made: (native: NativeEnvironment, keyspaces: ReadonlyMap<string, NativeKeyspace>) => T,
): T {
  const { directory, mapBytes, keyspaces, syncsCommits, isReadOnly } = options;
  const native = new lmdb.Env();
  try {
    native.open({
      path: directory,
      mapSize: mapBytes,
      maxDbs: keyspaces.length,
      readOnly: isReadOnly,
      noSync: !syncsCommits,
    });
  } catch (error) {
    throw lmdbFault(error, "open", directory);
  }
  try {
    refuseForeign(native, lmdb, options);
    const spaces = new Map<string, NativeKeyspace>();
    for (const name of keyspaces) {
      spaces.set(name, native.openDbi({ name, create: !isReadOnly, keyIsBuffer: true }));
    }
    return made(native, spaces);
  } catch (error) {
    native.close();
    throw lmdbFault(error, "open", directory);
  }
}

/** An environment with names in it, and none of ours, belongs to somebody else. */
function refuseForeign(native: NativeEnvironment, lmdb: NativeLmdb, options: LmdbOptions): void {
  const unnamed = native.openDbi({ name: null, create: false, keyIsBuffer: true });
  const transaction = native.beginTxn({ readOnly: true });
  const cursor = new lmdb.Cursor(transaction, unnamed, { keyIsBuffer: true });
  const found: string[] = [];
  try {
    let key = cursor.goToFirst();
    while (key !== null && found.length <= options.keyspaces.length) {
      found.push(key.toString("latin1"));
      key = cursor.goToNext();
    }
  } finally {
    cursor.close();
    transaction.abort();
  }
  if (found.length === 0 || found.some((name) => options.keyspaces.includes(name))) return;
  const message = `${options.directory} holds an LMDB environment of another program`;
  throw new Fault("STATE_DAMAGED", message, { path: options.directory });
}
