/**
 * Goal: what LMDB says becomes the fault that tells an operator what to do, and a wrong use becomes
 * a bug. Method: the table by hand; damage and full disks for real are in lmdb-damage.test.ts.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { isNotFound, lmdbFault } from "../../src/lmdb/lmdb-fault.js";
import { Fault, type FaultCode } from "../../src/model/fault.js";

const test = suite("lmdb: fault");
const said = (code: number): Error => Object.assign(new Error("said"), { code });

const table: readonly [number, FaultCode][] = [
  [-30792, "DISK_FULL"],
  [28, "DISK_FULL"],
  [122, "DISK_FULL"],
  [-30796, "STATE_DAMAGED"],
  [-30797, "STATE_DAMAGED"],
  [-30793, "STATE_DAMAGED"],
  [-30794, "STATE_DAMAGED"],
  [-30798, "STATE_DAMAGED"],
  [-30795, "DISK_FAILED"],
  [5, "DISK_FAILED"],
  [13, "DISK_FAILED"],
  [12, "DISK_FAILED"],
  [-30790, "OVERLOADED"],
];

for (const [number, code] of table) {
  test(`fault: ${number} is ${code}, names the directory, and keeps its cause`, () => {
    const cause = said(number);
    const fault = lmdbFault(cause, "write", "/data/state");
    assert.is(fault.code, code);
    assert.match(fault.message, /^\/data\/state /);
    const { operation } = fault.detail;
    assert.is(operation, "write");
    assert.is(fault.cause, cause);
  });
}

test("fault: a number that only a wrong use causes is a bug", () => {
  for (const number of [-30781, -30782, -30780, -30783, -30791, -30799]) {
    assert.throws(
      () => lmdbFault(said(number), "read", "/data/state"),
      (error: unknown) => error instanceof AssertionFailure,
    );
  }
});

test("fault: a fault passes, and anything else is thrown on", () => {
  const fault = new Fault("DISK_FULL", "full");
  assert.is(lmdbFault(fault, "read", "/data/state"), fault);
  assert.throws(() => lmdbFault(new TypeError("bug"), "read", "/data/state"), /bug/);
});

test("isNotFound: only for the missing key", () => {
  assert.ok(isNotFound(said(-30798)));
  assert.not(isNotFound(said(-30797)));
  assert.not(isNotFound(new Error("text alone")));
});

test.run();
