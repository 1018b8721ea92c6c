/**
 * What every disk does, whoever makes it: the contract of src/host/disk.ts as tests. Run against
 * Node's disk and the simulated one, so that what holds on the one may be believed of the other.
 */
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Disk, DiskFile } from "../../src/host/disk.js";
import type { Fault, FaultCode } from "../../src/model/fault.js";
import { rejects } from "../support/expect.js";

export interface DiskUnderTest {
  readonly disk: Disk;
  /** An empty directory. */
  readonly root: string;
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function contentsOf(disk: Disk, path: string): Promise<string> {
  const file = await disk.open(path, "read");
  const target = new Uint8Array(await file.size());
  const count = await file.read(target, 0);
  await file.close();
  return new TextDecoder().decode(target.subarray(0, count));
}

async function make(disk: Disk, path: string, contents = ""): Promise<DiskFile> {
  const file = await disk.open(path, "create");
  await file.write(text(contents), 0);
  return file;
}

async function refusal(
  promise: Promise<unknown>,
  errno: string,
  code: FaultCode = "DISK_FAILED",
): Promise<void> {
  const fault = (await rejects(promise, code)) as Fault;
  const { path, operation } = fault.detail;
  assert.equal(fault.detail, { path, operation, errno }, "the facts name the errno");
  assert.ok(fault.message.startsWith(String(path)), "the message starts with the path");
}

type Check = (subject: DiskUnderTest) => Promise<void>;

const files: Readonly<Record<string, Check>> = {
  "write: bytes are read back at their offset, and a gap reads as zeros": async (subject) => {
    const { disk, root } = subject;
    const file = await make(disk, join(root, "a"), "ab");
    await file.write(text("xy"), 6);
    const target = new Uint8Array(16).fill(1);
    assert.is(await file.read(target, 1), 7);
    assert.equal([...target.subarray(0, 8)], [98, 0, 0, 0, 0, 120, 121, 1]);
    await file.close();
  },

  "write: a part of a larger buffer is written, and nothing around it": async (subject) => {
    const { disk, root } = subject;
    const file = await make(disk, join(root, "a"));
    await file.write(text("0123456789").subarray(3, 6), 0);
    file.writeNow(text("0123456789").subarray(7, 9), 3);
    await file.close();
    assert.is(await contentsOf(disk, join(root, "a")), "34578");
  },

  "write: later bytes win over earlier ones": async ({ disk, root }) => {
    const file = await make(disk, join(root, "a"), "aaaaaa");
    await file.write(text("bbb"), 2);
    file.writeNow(text("c"), 3);
    await file.close();
    assert.is(await contentsOf(disk, join(root, "a")), "aabcba");
  },

  "write: no bytes change nothing": async ({ disk, root }) => {
    const file = await make(disk, join(root, "a"), "a");
    await file.write(new Uint8Array(0), 0);
    file.writeNow(new Uint8Array(0), 0);
    assert.is(await file.size(), 1);
    await file.close();
  },

  "write: a megabyte is whole": async ({ disk, root }) => {
    const bytes = new Uint8Array(1 << 20).map((_, i) => i * 7);
    const file = await disk.open(join(root, "a"), "create");
    await file.write(bytes, 5);
    await file.sync();
    const target = new Uint8Array(bytes.length);
    assert.is(await file.read(target, 5), bytes.length);
    assert.is(Buffer.compare(target, bytes), 0);
    await file.close();
  },

  "read: at and behind the end there are no bytes, nor into an empty target": async (subject) => {
    const { disk, root } = subject;
    const file = await make(disk, join(root, "a"), "abc");
    assert.is(await file.read(new Uint8Array(4), 3), 0);
    assert.is(await file.read(new Uint8Array(4), 100), 0);
    assert.is(await file.read(new Uint8Array(0), 0), 0);
    await file.close();
  },

  "truncate: shorter cuts, longer fills with zeros, and what was cut stays gone": async (
    subject,
  ) => {
    const { disk, root } = subject;
    const file = await make(disk, join(root, "a"), "abcdef");
    await file.truncate(2);
    assert.is(await file.size(), 2);
    await file.truncate(4);
    await file.close();
    assert.is(await contentsOf(disk, join(root, "a")), "ab\0\0");
  },

  "sync: returns, at once or later": async ({ disk, root }) => {
    const file = await make(disk, join(root, "a"), "a");
    await file.sync();
    file.syncNow();
    await file.close();
    await disk.syncDirectory(root);
  },

  "close: twice is fine": async ({ disk, root }) => {
    const file = await make(disk, join(root, "a"), "a");
    await file.close();
    await file.close();
  },

  "close: waits for what is under way": async ({ disk, root }) => {
    const file = await make(disk, join(root, "a"), "a");
    const bytes = new Uint8Array(1 << 20).fill(65);
    const writes = Promise.all([file.write(bytes, 0), file.write(bytes, bytes.length)]);
    await file.close();
    await writes;
    assert.is((await disk.facts(join(root, "a")))?.bytes, 2 * bytes.length);
  },
};

const opening: Readonly<Record<string, Check>> = {
  "open: `create` refuses what exists": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"), "kept")).close();
    await refusal(disk.open(join(root, "a"), "create"), "EEXIST");
    assert.is(await contentsOf(disk, join(root, "a")), "kept");
  },

  "open: `read` and `write` refuse what does not exist": async ({ disk, root }) => {
    await refusal(disk.open(join(root, "a"), "read"), "ENOENT");
    await refusal(disk.open(join(root, "a"), "write"), "ENOENT");
    await refusal(disk.open(join(root, "no", "a"), "create"), "ENOENT");
    assert.equal(await disk.list(root), []);
  },

  "open: `write` keeps what is there, and reads too": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"), "abc")).close();
    const file = await disk.open(join(root, "a"), "write");
    await file.write(text("x"), 1);
    const target = new Uint8Array(3);
    assert.is(await file.read(target, 0), 3);
    assert.equal(target, text("axc"));
    await file.close();
  },

  "open: a file opened to read cannot be written": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"), "abc")).close();
    const file = await disk.open(join(root, "a"), "read");
    await rejects(file.write(text("x"), 0), "DISK_FAILED");
    await rejects(file.truncate(0), "DISK_FAILED");
    await file.close();
    assert.is(await contentsOf(disk, join(root, "a")), "abc");
  },

  "open: the file stays the same when its name moves or goes": async ({ disk, root }) => {
    const file = await make(disk, join(root, "a"), "abc");
    await disk.rename(join(root, "a"), join(root, "b"));
    await file.write(text("x"), 0);
    assert.is(await contentsOf(disk, join(root, "b")), "xbc");
    await disk.remove(join(root, "b"));
    const target = new Uint8Array(3);
    assert.is(await file.read(target, 0), 3);
    assert.equal(target, text("xbc"));
    await file.close();
  },
};

const names: Readonly<Record<string, Check>> = {
  "list: names are sorted, and only of this directory": async ({ disk, root }) => {
    for (const name of ["b", "a", "B", "10", "9"])
      await (await make(disk, join(root, name))).close();
    await disk.makeDirectory(join(root, "c", "d"));
    assert.equal(await disk.list(root), ["10", "9", "B", "a", "b", "c"]);
    await refusal(disk.list(join(root, "none")), "ENOENT");
  },

  "facts: kind and size, and `undefined` where nothing is": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"), "abc")).close();
    assert.equal(await disk.facts(join(root, "a")), { kind: "file", bytes: 3, isReadOnly: false });
    assert.is((await disk.facts(root))?.kind, "directory");
    assert.is(await disk.facts(join(root, "none")), undefined);
    assert.is(await disk.facts(join(root, "none", "none")), undefined);
    assert.is(await disk.facts(join(root, "a", "none")), undefined);
  },

  "makeDirectory: makes parents, and one that exists is fine": async ({ disk, root }) => {
    await disk.makeDirectory(join(root, "a", "b", "c"));
    await (await make(disk, join(root, "a", "b", "c", "file"))).close();
    await disk.makeDirectory(join(root, "a", "b", "c"));
    assert.equal(await disk.list(join(root, "a", "b", "c")), ["file"]);
  },

  "makeDirectory: refuses where a file is": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"), "abc")).close();
    await refusal(disk.makeDirectory(join(root, "a")), "EEXIST");
    await refusal(disk.makeDirectory(join(root, "a", "b")), "ENOTDIR");
  },

  "rename: replaces a file that is in the place": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"), "new")).close();
    await (await make(disk, join(root, "b"), "old")).close();
    await disk.rename(join(root, "a"), join(root, "b"));
    assert.equal(await disk.list(root), ["b"]);
    assert.is(await contentsOf(disk, join(root, "b")), "new");
  },

  "rename: moves a directory with all that is in it, also over an empty one": async (subject) => {
    const { disk, root } = subject;
    await disk.makeDirectory(join(root, "from", "inner"));
    await (await make(disk, join(root, "from", "inner", "a"), "abc")).close();
    await disk.makeDirectory(join(root, "to"));
    await disk.rename(join(root, "from"), join(root, "to"));
    assert.equal(await disk.list(root), ["to"]);
    assert.is(await contentsOf(disk, join(root, "to", "inner", "a")), "abc");
  },

  "rename: refuses what does not exist, and a directory that is not empty": async (subject) => {
    const { disk, root } = subject;
    await refusal(disk.rename(join(root, "none"), join(root, "b")), "ENOENT");
    await disk.makeDirectory(join(root, "from"));
    await disk.makeDirectory(join(root, "to", "inner"));
    await refusal(disk.rename(join(root, "from"), join(root, "to")), "ENOTEMPTY");
    assert.equal(await disk.list(root), ["from", "to"]);
  },

  "remove: a file, a tree, and nothing": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"))).close();
    await disk.makeDirectory(join(root, "tree", "inner"));
    await (await make(disk, join(root, "tree", "inner", "a"))).close();
    await disk.remove(join(root, "a"));
    await disk.remove(join(root, "tree"));
    await disk.remove(join(root, "none"));
    assert.equal(await disk.list(root), []);
  },

  "syncDirectory: refuses what is no directory": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"))).close();
    await refusal(disk.syncDirectory(join(root, "none")), "ENOENT");
    await refusal(disk.syncDirectory(join(root, "a")), "ENOTDIR");
  },

  "makeReadOnly: the facts say so, and it can be read and removed": async ({ disk, root }) => {
    await (await make(disk, join(root, "a"), "abc")).close();
    await disk.makeReadOnly(join(root, "a"));
    assert.is((await disk.facts(join(root, "a")))?.isReadOnly, true);
    assert.is(await contentsOf(disk, join(root, "a")), "abc");
    await disk.remove(join(root, "a"));
    assert.equal(await disk.list(root), []);
    await refusal(disk.makeReadOnly(join(root, "a")), "ENOENT");
  },

  "freeBytes: a whole number that is not negative": async ({ disk, root }) => {
    const bytes = await disk.freeBytes(root);
    assert.ok(Number.isSafeInteger(bytes) && bytes >= 0);
    await refusal(disk.freeBytes(join(root, "none")), "ENOENT");
  },
};

/** Runs the contract as a suite of its own. */
export function diskContract(name: string, prepare: () => DiskUnderTest): void {
  const test = suite(`contract: disk (${name})`);
  for (const [claim, check] of Object.entries({ ...files, ...opening, ...names })) {
    test(claim, () => check(prepare()));
  }
  test.run();
}
