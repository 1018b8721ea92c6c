/**
 * A disk in memory that can lose its power.
 *
 * It keeps the contract of src/host/disk.ts (test/contract/disk.ts checks that), remembers what no
 * sync has covered yet, and can be told to fail, to be full and to be slow. With `isRecording` it
 * takes a snapshot after every event, from which crash-states.ts makes the disks that a power cut
 * at that moment may leave.
 *
 * An asynchronous operation takes effect when it is called and returns after `turn`; a sync covers
 * what had returned when it was called, as a real one may.
 */
import { posix } from "node:path";
import type { Disk, DiskFile, FileFacts } from "../../src/host/disk.js";
import { type DiskOperation, faultOfErrno } from "../../src/host/disk-fault.js";
import { Gate } from "./gate.js";
import { Content } from "./simulated-content.js";
import { SimulatedFile } from "./simulated-file.js";
import {
  applyData,
  type DataChange,
  type DataOperation,
  type DirectoryNode,
  emptyDirectory,
  type FileNode,
  fileOf,
  foldNames,
  type NameOperation,
  type Node,
  type Place,
  type Snapshot,
  snapshotOf,
} from "./simulated-image.js";

export interface DiskEvent {
  /** What happened, for people: `write /data/a @0 +512`. */
  readonly what: string;
  readonly snapshot: Snapshot;
}

export interface InjectedFault {
  readonly operation: DiskOperation;
  readonly errno: "EIO" | "ENOSPC";
  /** 1 is the next operation of that kind (on such a path), 2 the one after it. */
  readonly nth: number;
  /** How many operations in a row fail from there on; one if not given. */
  readonly count?: number;
  readonly path?: RegExp;
  /** How many bytes of a failing write reach the file all the same. */
  readonly partialBytes?: number;
}

export interface SimulatedDiskOptions {
  readonly isRecording?: boolean;
  /** Awaited within every asynchronous operation. */
  readonly turn?: () => Promise<void>;
}

interface Injection {
  readonly fault: InjectedFault;
  seen: number;
}

/** What is free where no limit was set. */
const roomBytesPreset = 2 ** 40;

const partsOf = (path: string): string[] =>
  posix
    .normalize(path)
    .split("/")
    .filter((part) => part !== "" && part !== ".");

export class SimulatedDisk implements Disk {
  /** What happened, in order; empty unless recording. */
  readonly events: DiskEvent[] = [];
  /** How many operations of each kind were begun. */
  readonly counts = new Map<DiskOperation, number>();
  /** How many bytes all files together may have. */
  roomBytes = roomBytesPreset;
  isRecording: boolean;
  /** Holds back every `sync` on demand. (`syncNow` cannot wait, and does not.) */
  readonly syncs = new Gate();

  private readonly root: DirectoryNode;
  private readonly nodes = new Set<Node>();
  private names: NameOperation[] = [];
  private readonly injections: Injection[] = [];
  private readonly turn: () => Promise<void>;

  constructor(options: SimulatedDiskOptions = {}, root: DirectoryNode = emptyDirectory()) {
    this.isRecording = options.isRecording ?? false;
    this.turn = options.turn ?? (() => Promise.resolve());
    this.root = root;
    this.register(root);
  }

  // What a test does to the disk.

  /** Makes an operation fail that is still to come. */
  inject(fault: InjectedFault): void {
    this.injections.push({ fault, seen: 0 });
  }

  /** Changes a file behind everybody's back, durably: damage. */
  edit(path: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const node = this.fileAt(path, "open");
    const content = Content.of(change(node.current.content.bytes()));
    node.current = { ...node.current, content };
    node.durable = node.current;
    node.operations = [];
  }

  /** All paths of files, sorted. */
  paths(): string[] {
    const found: string[] = [];
    const walk = (directory: DirectoryNode, path: string) => {
      for (const [name, node] of directory.current) {
        if (node.kind === "file") found.push(`${path}/${name}`);
        else walk(node, `${path}/${name}`);
      }
    };
    walk(this.root, "");
    return found.sort();
  }

  /** The bytes of a file as they are now. */
  bytesOf(path: string): Uint8Array {
    return this.fileAt(path, "open").current.content.bytes();
  }

  snapshot(): Snapshot {
    return snapshotOf(this.root, this.nodes, this.names);
  }

  /** Another disk in the same state, all of it durable. */
  copy(): SimulatedDisk {
    const copyOf = (directory: DirectoryNode): DirectoryNode => {
      const names = new Map<string, Node>();
      for (const [name, node] of directory.current) {
        const { content, isReadOnly } = node.kind === "file" ? node.current : emptyState;
        names.set(name, node.kind === "file" ? fileOf(content, isReadOnly) : copyOf(node));
      }
      return { kind: "directory", durable: new Map(names), current: names };
    };
    return new SimulatedDisk({ turn: this.turn }, copyOf(this.root));
  }

  // Disk.

  async open(path: string, mode: "read" | "write" | "create"): Promise<DiskFile> {
    this.begin("open", path);
    await this.turn();
    if (mode === "create") return new SimulatedFile(this, path, this.create(path), true);
    const node = this.fileAt(path, "open");
    if (mode === "write" && node.current.isReadOnly) throw faultOfErrno("EACCES", "open", path);
    return new SimulatedFile(this, path, node, mode === "write");
  }

  async list(path: string): Promise<readonly string[]> {
    this.begin("list", path);
    await this.turn();
    return [...this.directoryAt(path, "list").current.keys()].sort();
  }

  async facts(path: string): Promise<FileFacts | undefined> {
    this.begin("facts", path);
    await this.turn();
    const node = this.find(path);
    if (node === undefined || node === "notDirectory") return undefined;
    if (node.kind === "directory") return { kind: "directory", bytes: 0, isReadOnly: false };
    const { content, isReadOnly } = node.current;
    return { kind: "file", bytes: content.size, isReadOnly };
  }

  async makeDirectory(path: string): Promise<void> {
    this.begin("makeDirectory", path);
    await this.turn();
    let directory = this.root;
    const parts = partsOf(path);
    for (const [i, name] of parts.entries()) {
      const found = directory.current.get(name);
      if (found?.kind === "file") {
        const errno = i === parts.length - 1 ? "EEXIST" : "ENOTDIR";
        throw faultOfErrno(errno, "makeDirectory", path);
      }
      const next = found ?? emptyDirectory();
      if (found === undefined) {
        this.rearrange(undefined, { directory, name, node: next }, `makeDirectory ${path}`);
      }
      directory = next;
    }
  }

  async rename(from: string, to: string): Promise<void> {
    this.begin("rename", from);
    await this.turn();
    const source = this.placeOf(from, "rename");
    const node = source.directory.current.get(source.name);
    if (node === undefined) throw faultOfErrno("ENOENT", "rename", from);
    const target = this.placeOf(to, "rename");
    const old = target.directory.current.get(target.name);
    if (old?.kind === "directory") {
      if (node.kind === "file") throw faultOfErrno("EISDIR", "rename", from);
      if (old.current.size > 0) throw faultOfErrno("ENOTEMPTY", "rename", from);
    } else if (old?.kind === "file" && node.kind === "directory") {
      throw faultOfErrno("ENOTDIR", "rename", from);
    }
    this.rearrange(source, { ...target, node }, `rename ${from} ${to}`);
  }

  async remove(path: string): Promise<void> {
    this.begin("remove", path);
    await this.turn();
    const node = this.find(path);
    if (node === undefined || node === "notDirectory") return;
    this.removeTree(this.placeOf(path, "remove"), node, path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.begin("syncDirectory", path);
    const directory = this.directoryAt(path, "syncDirectory");
    const covered = this.names.filter((operation) => operation.waiting.has(directory));
    await this.turn();
    for (const operation of covered) operation.waiting.delete(directory);
    this.names = foldNames(this.names);
    this.record(`syncDirectory ${path}`);
  }

  async makeReadOnly(path: string): Promise<void> {
    this.begin("makeReadOnly", path);
    await this.turn();
    const node = this.fileAt(path, "makeReadOnly");
    this.change(node, { kind: "readOnly" }, `makeReadOnly ${path}`).state = "returned";
  }

  async freeBytes(path: string): Promise<number> {
    this.begin("freeBytes", path);
    await this.turn();
    if (this.find(path) === undefined) throw faultOfErrno("ENOENT", "freeBytes", path);
    return Math.max(0, this.roomBytes - this.usedBytes());
  }

  // What an open file asks of its disk.

  /** Counts an operation, and fails it if it was told to. */
  begin(operation: DiskOperation, path: string, onFault?: (fault: InjectedFault) => void): void {
    this.counts.set(operation, (this.counts.get(operation) ?? 0) + 1);
    for (const injection of this.injections) {
      const { fault } = injection;
      if (fault.operation !== operation || fault.path?.test(path) === false) continue;
      injection.seen += 1;
      const past = injection.seen - fault.nth;
      if (past < 0 || past >= (fault.count ?? 1)) continue;
      onFault?.(fault);
      throw faultOfErrno(fault.errno, operation, path);
    }
  }

  async wait(): Promise<void> {
    await this.turn();
  }

  async waitForSync(): Promise<void> {
    await this.turn();
    await this.syncs.pass();
  }

  change(node: FileNode, change: DataChange, what: string): DataOperation {
    const operation: DataOperation = { node, change, state: "running" };
    node.current = applyData(node.current, change);
    node.operations.push(operation);
    this.record(what);
    return operation;
  }

  /** Refuses what would make the files larger than the disk. */
  claimRoom(node: FileNode, end: number, path: string): void {
    const growth = end - node.current.content.size;
    if (growth <= 0 || this.usedBytes() + growth <= this.roomBytes) return;
    throw faultOfErrno("ENOSPC", "write", path);
  }

  record(what: string): void {
    if (this.isRecording) this.events.push({ what, snapshot: this.snapshot() });
  }

  private usedBytes(): number {
    let bytes = 0;
    for (const path of this.paths()) bytes += this.fileAt(path, "size").current.content.size;
    return bytes;
  }

  private register(node: Node): void {
    this.nodes.add(node);
    if (node.kind === "file") return;
    for (const child of node.current.values()) this.register(child);
  }

  private create(path: string): FileNode {
    const place = this.placeOf(path, "open");
    if (place.directory.current.has(place.name)) throw faultOfErrno("EEXIST", "open", path);
    const node = fileOf(Content.empty);
    this.rearrange(undefined, { ...place, node }, `create ${path}`);
    return node;
  }

  private removeTree(place: Place, node: Node, path: string): void {
    if (node.kind === "directory") {
      for (const [name, child] of [...node.current]) {
        this.removeTree({ directory: node, name }, child, `${path}/${name}`);
      }
    }
    this.rearrange(place, undefined, `remove ${path}`);
  }

  private rearrange(from: Place | undefined, to: NameOperation["to"], what: string): void {
    const waiting = new Set<DirectoryNode>();
    if (from !== undefined) {
      from.directory.current.delete(from.name);
      waiting.add(from.directory);
    }
    if (to !== undefined) {
      to.directory.current.set(to.name, to.node);
      waiting.add(to.directory);
      this.nodes.add(to.node);
    }
    this.names.push({ from, to, waiting });
    this.record(what);
  }

  private find(path: string): Node | undefined | "notDirectory" {
    let node: Node = this.root;
    for (const name of partsOf(path)) {
      if (node.kind === "file") return "notDirectory";
      const next = node.current.get(name);
      if (next === undefined) return undefined;
      node = next;
    }
    return node;
  }

  private directoryAt(path: string, operation: DiskOperation): DirectoryNode {
    const node = this.find(path);
    if (node === undefined) throw faultOfErrno("ENOENT", operation, path);
    if (node === "notDirectory" || node.kind === "file") {
      throw faultOfErrno("ENOTDIR", operation, path);
    }
    return node;
  }

  private fileAt(path: string, operation: DiskOperation): FileNode {
    const node = this.find(path);
    if (node === undefined) throw faultOfErrno("ENOENT", operation, path);
    if (node === "notDirectory") throw faultOfErrno("ENOTDIR", operation, path);
    if (node.kind === "directory") throw faultOfErrno("EISDIR", operation, path);
    return node;
  }

  private placeOf(path: string, operation: DiskOperation): Place {
    const parts = partsOf(path);
    const name = parts.pop();
    if (name === undefined) throw faultOfErrno("EEXIST", operation, path);
    const parent = this.find(parts.join("/"));
    if (parent === undefined) throw faultOfErrno("ENOENT", operation, path);
    if (parent === "notDirectory" || parent.kind === "file") {
      throw faultOfErrno("ENOTDIR", operation, path);
    }
    return { directory: parent, name };
  }
}

const emptyState = { content: Content.empty, isReadOnly: false } as const;
