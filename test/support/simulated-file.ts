/** An open file of the simulated disk. It stays the same file when its name moves or goes. */
import type { DiskFile } from "../../src/host/disk.js";
import { faultOfErrno } from "../../src/host/disk-fault.js";
import { assert } from "../../src/invariant/assert.js";
import type { SimulatedDisk } from "./simulated-disk.js";
import { type DataOperation, type FileNode, foldData } from "./simulated-image.js";

export class SimulatedFile implements DiskFile {
  readonly path: string;
  private readonly disk: SimulatedDisk;
  private readonly node: FileNode;
  private readonly isWritable: boolean;
  private readonly running = new Set<Promise<void>>();
  private isClosed = false;

  constructor(disk: SimulatedDisk, path: string, node: FileNode, isWritable: boolean) {
    this.disk = disk;
    this.path = path;
    this.node = node;
    this.isWritable = isWritable;
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return this.whileOpen(async () => {
      const operation = this.put(bytes, offset);
      await this.disk.wait();
      if (operation !== undefined) operation.state = "returned";
    });
  }

  writeNow(bytes: Uint8Array, offset: number): void {
    assert(!this.isClosed, "a closed file is not used");
    const operation = this.put(bytes, offset);
    if (operation !== undefined) operation.state = "returned";
  }

  sync(): Promise<void> {
    return this.whileOpen(async () => {
      const covered = this.node.operations.filter(({ state }) => state === "returned");
      this.failable(covered);
      await this.disk.waitForSync();
      this.settle(covered);
    });
  }

  syncNow(): void {
    assert(!this.isClosed, "a closed file is not used");
    const covered = this.node.operations.filter(({ state }) => state === "returned");
    this.failable(covered);
    this.settle(covered);
  }

  async read(target: Uint8Array, offset: number): Promise<number> {
    let count = 0;
    await this.whileOpen(async () => {
      this.disk.begin("read", this.path);
      await this.disk.wait();
      count = this.node.current.content.read(target, offset);
    });
    return count;
  }

  async size(): Promise<number> {
    let bytes = 0;
    await this.whileOpen(async () => {
      this.disk.begin("size", this.path);
      await this.disk.wait();
      bytes = this.node.current.content.size;
    });
    return bytes;
  }

  truncate(bytes: number): Promise<void> {
    return this.whileOpen(async () => {
      this.disk.begin("truncate", this.path);
      if (!this.isWritable) throw faultOfErrno("EINVAL", "truncate", this.path);
      const what = `truncate ${this.path} ${bytes}`;
      const operation = this.disk.change(this.node, { kind: "truncate", bytes }, what);
      await this.disk.wait();
      operation.state = "returned";
    });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.running);
  }

  /** Undefined where there is nothing to write. */
  private put(bytes: Uint8Array, offset: number): DataOperation | undefined {
    const write = (part: Uint8Array) => {
      const what = `write ${this.path} @${offset} +${part.length}`;
      const copy = Uint8Array.from(part);
      return this.disk.change(this.node, { kind: "write", offset, bytes: copy }, what);
    };
    this.disk.begin("write", this.path, ({ partialBytes }) => {
      if (partialBytes !== undefined) write(bytes.subarray(0, partialBytes)).state = "returned";
    });
    if (!this.isWritable) throw faultOfErrno("EBADF", "write", this.path);
    if (bytes.length === 0) return undefined;
    this.disk.claimRoom(this.node, offset + bytes.length, this.path);
    return write(bytes);
  }

  /** Begins a sync. One that fails loses what it should have covered, for good. */
  private failable(covered: readonly DataOperation[]): void {
    this.disk.begin("sync", this.path, () => {
      for (const operation of covered) operation.state = "lost";
    });
  }

  private settle(covered: readonly DataOperation[]): void {
    for (const operation of covered) {
      // Between begin and end another sync may have failed over it.
      if (operation.state === "returned") operation.state = "durable";
    }
    foldData(this.node);
    this.disk.record(`sync ${this.path}`);
  }

  /** Runs an operation that a close waits for. */
  private async whileOpen(run: () => Promise<void>): Promise<void> {
    assert(!this.isClosed, "a closed file is not used");
    const promise = run();
    this.running.add(promise);
    try {
      await promise;
    } finally {
      this.running.delete(promise);
    }
  }
}
