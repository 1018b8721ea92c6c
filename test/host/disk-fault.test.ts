/**
 * Goal: every refusal of the operating system becomes a fault that a person can act on. Method: a
 * table of errnos; and that nothing but an operating error is ever taken for one.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DiskOperation, diskFault, faultOfErrno } from "../../src/host/disk-fault.js";
import { Fault } from "../../src/model/fault.js";

const test = suite("host: disk fault");

const operatingError = (errno: string): Error =>
  Object.assign(new Error(`${errno}: refused`), { code: errno, syscall: "write" });

const cases: readonly [string, DiskOperation, string, RegExp][] = [
  ["ENOSPC", "write", "DISK_FULL", /without room/],
  ["EDQUOT", "write", "DISK_FULL", /quota is used up/],
  ["EIO", "sync", "DISK_FAILED", /check the disk/],
  ["EACCES", "open", "DISK_FAILED", /is not writable by this user/],
  ["EACCES", "list", "DISK_FAILED", /is not readable by this user/],
  ["EROFS", "open", "DISK_FAILED", /mounted read-only/],
  ["EMFILE", "open", "DISK_FAILED", /ulimit -n/],
  ["EPERM", "lock", "DISK_FAILED", /without sockets or hard links/],
  ["EPERM", "rename", "DISK_FAILED", /may not be changed by this user/],
  ["EWHATEVER", "read", "DISK_FAILED", /refused by the operating system \(EWHATEVER\)/],
];

for (const [errno, operation, code, sentence] of cases) {
  test(`${errno} of ${operation} is ${code}, with a sentence that helps`, () => {
    const cause = operatingError(errno);
    const fault = diskFault(cause, operation, "/data/x");
    assert.is(fault.code, code);
    assert.equal(fault.detail, { path: "/data/x", operation, errno });
    assert.ok(fault.message.startsWith("/data/x "));
    assert.match(fault.message, sentence);
    assert.is(fault.cause, cause);
  });
}

test("a fault stays itself", () => {
  const fault = faultOfErrno("EIO", "read", "/x");
  assert.is(diskFault(fault, "list", "/y"), fault);
  assert.is(new Fault("DISK_FAILED", "x").cause, undefined);
});

test("what is no operating error is thrown on, for it is a defect", () => {
  const defect = new TypeError("x is not a function");
  assert.throws(() => diskFault(defect, "read", "/x"), /x is not a function/);
  const wrongArgument = Object.assign(new TypeError("bad"), { code: "ERR_INVALID_ARG_TYPE" });
  assert.throws(() => diskFault(wrongArgument, "read", "/x"), /bad/);
});

test.run();
