/**
 * The disk, as an interface: Node's in node-disk.ts, a simulated one in test/support.
 *
 * Every operation either does all that it says or throws a `Fault`: DISK_FULL where the disk has no
 * room (ENOSPC, EDQUOT), DISK_FAILED for everything else, with path, operation and errno in the
 * facts. The `…Now` twins block the thread: they are for moments when nothing else waits, where
 * two hops to a thread pool cost more than the operation.
 */

export interface DiskFile {
  readonly path: string;
  /** Writes all bytes at an offset. */
  write(bytes: Uint8Array, offset: number): Promise<void>;
  writeNow(bytes: Uint8Array, offset: number): void;
  /** Returns when everything written before is durable: fdatasync. */
  sync(): Promise<void>;
  syncNow(): void;
  /** Fills `target` from an offset; returns how many bytes there were before the file's end. */
  read(target: Uint8Array, offset: number): Promise<number>;
  size(): Promise<number>;
  /** Sets the size; a longer one is filled with zeros (maybe without blocks on disk). */
  truncate(bytes: number): Promise<void>;
  close(): Promise<void>;
}

export interface FileFacts {
  readonly kind: "file" | "directory" | "other";
  readonly bytes: number;
  readonly isReadOnly: boolean;
}

export interface Disk {
  /** `create` refuses (DISK_FAILED, errno EEXIST) what exists; `read` and `write` what does not. */
  open(path: string, mode: "read" | "write" | "create"): Promise<DiskFile>;
  /** Names in a directory, sorted; not recursive. */
  list(path: string): Promise<readonly string[]>;
  /** `undefined` where nothing is. */
  facts(path: string): Promise<FileFacts | undefined>;
  /** Makes a directory and its parents; one that exists is fine. */
  makeDirectory(path: string): Promise<void>;
  /** Moves, replacing a file in the place. Durable after `syncDirectory` of the parent(s). */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file, or a directory with all that is in it; nothing there is fine. */
  remove(path: string): Promise<void>;
  /** Returns when the names in a directory are durable. */
  syncDirectory(path: string): Promise<void>;
  makeReadOnly(path: string): Promise<void>;
  /** Bytes that this process may still write to the disk that holds `path`. */
  freeBytes(path: string): Promise<number>;
}
