/**
 * Goal: Node's disk keeps the contract of every disk, and says what the operating system says, in
 * sentences that help. Method: the shared contract on a real directory; then the cases that only a
 * real one has, with devices and limits that refuse by themselves.
 */
import { chmod, mkdir, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { AssertionFailure } from "../../src/invariant/assert.js";
import type { Fault } from "../../src/model/fault.js";
import { diskContract } from "../contract/disk.js";
import { rejects } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

diskContract("node", () => ({ disk: nodeDisk, root: temporaryDirectory("disk") }));

const test = suite("host: node disk");

test("write: a disk without room is DISK_FULL, and says so", async () => {
  const file = await nodeDisk.open("/dev/full", "write");
  const fault = (await rejects(file.write(new Uint8Array(10), 0), "DISK_FULL")) as Fault;
  assert.equal(fault.detail, { path: "/dev/full", operation: "write", errno: "ENOSPC" });
  assert.match(fault.message, "/dev/full is on a disk without room");
  assert.throws(
    () => file.writeNow(new Uint8Array(10), 0),
    (error: Fault) => error.code === "DISK_FULL",
  );
  await file.close();
});

test("sync: where it cannot be, it is refused, never skipped", async () => {
  const file = await nodeDisk.open("/dev/full", "write");
  await rejects(file.sync(), "DISK_FAILED");
  assert.throws(
    () => file.syncNow(),
    (error: Fault) => error.code === "DISK_FAILED" && /\/dev\/full/.test(error.message),
  );
  await file.close();
});

test("files and directories are the user's own", async () => {
  const root = temporaryDirectory("disk");
  await nodeDisk.makeDirectory(join(root, "a", "b"));
  await (await nodeDisk.open(join(root, "a", "b", "file"), "create")).close();
  assert.is((await stat(join(root, "a", "b"))).mode & 0o777, 0o700);
  assert.is((await stat(join(root, "a", "b", "file"))).mode & 0o777, 0o600);
});

test("a directory that is a symbolic link is used like the one it stands for", async () => {
  const root = temporaryDirectory("disk");
  await mkdir(join(root, "real"));
  await symlink(join(root, "real"), join(root, "link"));
  assert.is((await nodeDisk.facts(join(root, "link")))?.kind, "directory");
  await nodeDisk.makeDirectory(join(root, "link", "inner"));
  await nodeDisk.syncDirectory(join(root, "link"));
  assert.equal(await nodeDisk.list(join(root, "real")), ["inner"]);
});

test("a file that is used after its close is a defect, not a fault", async () => {
  const root = temporaryDirectory("disk");
  const file = await nodeDisk.open(join(root, "a"), "create");
  await file.close();
  const error = await rejects(file.write(new Uint8Array(1), 0));
  assert.instance(error, AssertionFailure);
  assert.throws(() => file.syncNow(), /a closed file is not used/);
});

test("a directory that may not be entered says what to check", async () => {
  if (process.getuid?.() === 0) return; // a privileged user may enter any
  const root = temporaryDirectory("disk");
  await mkdir(join(root, "closed"));
  await chmod(join(root, "closed"), 0);
  const fault = (await rejects(nodeDisk.list(join(root, "closed")), "DISK_FAILED")) as Fault;
  assert.match(fault.message, "is not readable by this user");
  await chmod(join(root, "closed"), 0o700);
});

test.run();
