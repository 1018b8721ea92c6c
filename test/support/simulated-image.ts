/**
 * What a disk holds: what is durable, and in order what was done since and may be lost.
 *
 *     durable names ──┐                    ┌── name operations, until syncDirectory
 *                     ├── current state ◄──┤
 *     durable bytes ──┘                    └── data operations, until sync
 *
 * A data operation becomes durable by a sync of its file that began after it had returned. A name
 * operation becomes durable by a sync of its directory; a move between two directories by a sync of
 * both. An operation over which a sync failed is *lost*: no later sync makes it durable, for the
 * kernel may have dropped its pages and forgotten the error.
 */
import type { Content } from "./simulated-content.js";

export type DataChange =
  | { readonly kind: "write"; readonly offset: number; readonly bytes: Uint8Array }
  | { readonly kind: "truncate"; readonly bytes: number }
  | { readonly kind: "readOnly" };

export interface DataOperation {
  readonly node: FileNode;
  readonly change: DataChange;
  state: "running" | "returned" | "lost" | "durable";
}

export interface FileState {
  readonly content: Content;
  readonly isReadOnly: boolean;
}

export interface FileNode {
  readonly kind: "file";
  durable: FileState;
  current: FileState;
  operations: DataOperation[];
}

export interface DirectoryNode {
  readonly kind: "directory";
  /** Replaced, never changed: a snapshot may hold it. */
  durable: ReadonlyMap<string, Node>;
  readonly current: Map<string, Node>;
}

export type Node = FileNode | DirectoryNode;

export interface Place {
  readonly directory: DirectoryNode;
  readonly name: string;
}

/** Gives a node a place, takes a place away, or both at once. */
export interface NameOperation {
  readonly from: Place | undefined;
  readonly to: (Place & { readonly node: Node }) | undefined;
  /** The directories whose sync it still waits for. */
  readonly waiting: Set<DirectoryNode>;
}

export const emptyDirectory = (): DirectoryNode => ({
  kind: "directory",
  durable: new Map(),
  current: new Map(),
});

export const fileOf = (content: Content, isReadOnly = false): FileNode => ({
  kind: "file",
  durable: { content, isReadOnly },
  current: { content, isReadOnly },
  operations: [],
});

export function applyData(state: FileState, change: DataChange): FileState {
  if (change.kind === "readOnly") return { ...state, isReadOnly: true };
  const content =
    change.kind === "write"
      ? state.content.write(change.offset, change.bytes)
      : state.content.truncate(change.bytes);
  return { ...state, content };
}

type Names = Map<DirectoryNode, Map<string, Node>>;

function namesOf(names: Names, directory: DirectoryNode): Map<string, Node> {
  let found = names.get(directory);
  if (found === undefined) {
    found = new Map(directory.durable);
    names.set(directory, found);
  }
  return found;
}

/** Applies a name operation to copies of the durable names, made where needed. */
export function applyName(names: Names, operation: NameOperation): void {
  const { from, to } = operation;
  if (from !== undefined) namesOf(names, from.directory).delete(from.name);
  if (to !== undefined) namesOf(names, to.directory).set(to.name, to.node);
}

/** Moves what is durable, and behind nothing that is not, from the operations into the state. */
export function foldData(node: FileNode): void {
  let count = 0;
  for (const operation of node.operations) {
    if (operation.state !== "durable") break;
    node.durable = applyData(node.durable, operation.change);
    count += 1;
  }
  node.operations = node.operations.slice(count);
}

/** The same for names; returns the operations that are left. */
export function foldNames(operations: readonly NameOperation[]): NameOperation[] {
  const names: Names = new Map();
  const count = operations.findIndex((operation) => operation.waiting.size > 0);
  const end = count === -1 ? operations.length : count;
  for (const operation of operations.slice(0, end)) applyName(names, operation);
  for (const [directory, map] of names) directory.durable = map;
  return operations.slice(end);
}

/** A disk at one moment of its history, for ever. */
export interface Snapshot {
  readonly root: DirectoryNode;
  readonly directories: ReadonlyMap<DirectoryNode, ReadonlyMap<string, Node>>;
  readonly files: ReadonlyMap<FileNode, FileState>;
  /** What may be present or absent after a power cut, in the order in which it was done. */
  readonly data: readonly {
    readonly node: FileNode;
    readonly change: DataChange;
    readonly isDurable: boolean;
  }[];
  readonly names: readonly { readonly operation: NameOperation; readonly isDurable: boolean }[];
}

export function snapshotOf(
  root: DirectoryNode,
  nodes: Iterable<Node>,
  names: readonly NameOperation[],
): Snapshot {
  const directories = new Map<DirectoryNode, ReadonlyMap<string, Node>>();
  const files = new Map<FileNode, FileState>();
  const data: Snapshot["data"][number][] = [];
  for (const node of nodes) {
    if (node.kind === "directory") directories.set(node, node.durable);
    else {
      files.set(node, node.durable);
      for (const { change, state } of node.operations) {
        data.push({ node, change, isDurable: state === "durable" });
      }
    }
  }
  return {
    root,
    directories,
    files,
    data,
    names: names.map((operation) => ({ operation, isDurable: operation.waiting.size === 0 })),
  };
}
