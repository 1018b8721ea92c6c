/**
 * The disk of the machine, through Node.
 *
 * A group commit is one `write` and one `sync`, so these two go to the callback API with nothing
 * around them but one promise each. Everything else happens rarely and uses what reads best.
 *
 * Invariants:
 *
 * - A descriptor is closed when the last operation on it has returned: the kernel gives its number
 *   to the next file that is opened, and a late write must not land there.
 * - Short writes are continued and short reads repeated, so callers never see either.
 * - Files and directories are private to the user that runs the node.
 */
import fs from "node:fs";
import { dirname } from "node:path";
import { assert } from "../invariant/assert.js";
import type { Disk, DiskFile, FileFacts } from "./disk.js";
import { type DiskOperation, diskFault, errnoOf, faultOfErrno } from "./disk-fault.js";

const FILE_MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const WRITE_BITS = 0o222;

const { O_CREAT, O_DIRECTORY, O_EXCL, O_RDONLY, O_RDWR } = fs.constants;
const openFlags = {
  read: O_RDONLY,
  write: O_RDWR,
  create: O_RDWR | O_CREAT | O_EXCL,
} as const;

class NodeFile implements DiskFile {
  readonly path: string;
  private readonly descriptor: number;
  private operationCount = 0;
  private closing: Promise<void> | undefined = undefined;
  private onIdle: (() => void) | undefined = undefined;

  constructor(path: string, descriptor: number) {
    this.path = path;
    this.descriptor = descriptor;
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.begin();
      let done = 0;
      const step = () => {
        fs.write(this.descriptor, bytes, done, bytes.length - done, offset + done, written);
      };
      const written = (error: unknown, count: number) => {
        done += count;
        if (error === null && count > 0 && done < bytes.length) return step();
        this.end();
        if (error !== null) reject(diskFault(error, "write", this.path));
        else if (done < bytes.length) reject(faultOfErrno("EIO", "write", this.path));
        else resolve();
      };
      step();
    });
  }

  writeNow(bytes: Uint8Array, offset: number): void {
    this.now("write", () => {
      let done = 0;
      while (done < bytes.length) {
        const left = bytes.length - done;
        const count = fs.writeSync(this.descriptor, bytes, done, left, offset + done);
        if (count === 0) throw faultOfErrno("EIO", "write", this.path);
        done += count;
      }
    });
  }

  sync(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.begin();
      fs.fdatasync(this.descriptor, (error) => {
        this.end();
        if (error === null) resolve();
        else reject(diskFault(error, "sync", this.path));
      });
    });
  }

  syncNow(): void {
    this.now("sync", () => fs.fdatasyncSync(this.descriptor));
  }

  read(target: Uint8Array, offset: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.begin();
      let done = 0;
      const step = () => {
        fs.read(this.descriptor, target, done, target.length - done, offset + done, filled);
      };
      const filled = (error: unknown, count: number) => {
        done += count;
        if (error === null && count > 0 && done < target.length) return step();
        this.end();
        if (error === null) resolve(done);
        else reject(diskFault(error, "read", this.path));
      };
      step();
    });
  }

  size(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.begin();
      fs.fstat(this.descriptor, (error, facts) => {
        this.end();
        if (error === null) resolve(facts.size);
        else reject(diskFault(error, "size", this.path));
      });
    });
  }

  truncate(bytes: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.begin();
      fs.ftruncate(this.descriptor, bytes, (error) => {
        this.end();
        if (error === null) resolve();
        else reject(diskFault(error, "truncate", this.path));
      });
    });
  }

  /** Waits for the operations under way. Closing twice is fine. */
  close(): Promise<void> {
    this.closing ??= this.closeWhenIdle();
    return this.closing;
  }

  private async closeWhenIdle(): Promise<void> {
    if (this.operationCount > 0) {
      await new Promise<void>((resolve) => {
        this.onIdle = resolve;
      });
    }
    await new Promise<void>((resolve, reject) => {
      fs.close(this.descriptor, (error) => {
        if (error === null || error === undefined) resolve();
        else reject(diskFault(error, "close", this.path));
      });
    });
  }

  private begin(): void {
    assert(this.closing === undefined, "a closed file is not used");
    this.operationCount += 1;
  }

  private end(): void {
    this.operationCount -= 1;
    if (this.operationCount === 0) this.onIdle?.();
  }

  private now(operation: DiskOperation, run: () => void): void {
    assert(this.closing === undefined, "a closed file is not used");
    try {
      run();
    } catch (error) {
      throw diskFault(error, operation, this.path);
    }
  }
}

async function translated<T>(
  operation: DiskOperation,
  path: string,
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw diskFault(error, operation, path);
  }
}

const openDescriptor = (path: string, flags: number): Promise<number> =>
  new Promise((resolve, reject) => {
    fs.open(path, flags, FILE_MODE, (error, descriptor) => {
      if (error === null) resolve(descriptor);
      else reject(diskFault(error, "open", path));
    });
  });

const kindOf = (facts: fs.Stats): FileFacts["kind"] => {
  if (facts.isFile()) return "file";
  return facts.isDirectory() ? "directory" : "other";
};

async function factsOf(path: string): Promise<FileFacts | undefined> {
  try {
    const facts = await fs.promises.stat(path);
    return {
      kind: kindOf(facts),
      bytes: facts.size,
      isReadOnly: (facts.mode & WRITE_BITS) === 0,
    };
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "ENOENT" || errno === "ENOTDIR") return undefined;
    throw error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const handle = await fs.promises.open(path, O_RDONLY | O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Node's own `recursive` never ends where a file system answers ENOENT for a name that it will not
 * make, as /proc does.
 */
async function makeDirectory(path: string): Promise<void> {
  const make = () => fs.promises.mkdir(path, { mode: DIRECTORY_MODE });
  try {
    await make();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === "EEXIST" && (await fs.promises.stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (errno !== "ENOENT" || parent === path) throw error;
    await makeDirectory(parent);
    await make().catch((again: unknown) => {
      if (errnoOf(again) !== "EEXIST") throw again;
    });
  }
}

export const nodeDisk: Disk = {
  open: async (path, mode) => new NodeFile(path, await openDescriptor(path, openFlags[mode])),
  list: (path) => translated("list", path, async () => (await fs.promises.readdir(path)).sort()),
  facts: (path) => translated("facts", path, () => factsOf(path)),
  makeDirectory: (path) => translated("makeDirectory", path, () => makeDirectory(path)),
  rename: (from, to) => translated("rename", from, () => fs.promises.rename(from, to)),
  remove: (path) =>
    translated("remove", path, () => fs.promises.rm(path, { recursive: true, force: true })),
  syncDirectory: (path) => translated("syncDirectory", path, () => syncDirectory(path)),
  makeReadOnly: (path) =>
    translated("makeReadOnly", path, async () => {
      const facts = await fs.promises.stat(path);
      await fs.promises.chmod(path, facts.mode & ~WRITE_BITS & 0o7777);
    }),
  freeBytes: (path) =>
    translated("freeBytes", path, async () => {
      const facts = await fs.promises.statfs(path);
      return facts.bavail * facts.bsize;
    }),
};
