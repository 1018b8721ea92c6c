/**
 * Goal: open calls are counted by kind and bounded, and no call outlives `stopAll`. Method: calls
 * that note how often they were stopped.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CallRegistry } from "../../src/rpc/call-registry.js";

const test = suite("rpc: call registry");

const noCall = { stop: () => {} };

test("count: calls of one kind, as long as they are open", () => {
  const calls = new CallRegistry(10);
  const leave = calls.enter("append", { stop: () => {} });
  calls.enter("subscribe", { stop: () => {} });
  calls.enter("subscribe", { stop: () => {} });
  assert.equal([calls.count("append"), calls.count("subscribe"), calls.count("read")], [1, 2, 0]);
  leave();
  leave();
  assert.is(calls.count("append"), 0);
});

test("refusal: a full node is OVERLOADED until a call ends", () => {
  const calls = new CallRegistry(1);
  assert.is(calls.refusal(), undefined);
  const leave = calls.enter("read", noCall);
  assert.is(calls.refusal()?.code, "OVERLOADED");
  assert.is(calls.refusal()?.detail["calls_max"], 1);
  leave();
  assert.is(calls.refusal(), undefined);
});

test("stopAll: every call is stopped once, also where stopping takes it out", () => {
  const calls = new CallRegistry(10);
  const stopped: number[] = [];
  for (const number of [1, 2, 3]) {
    const leave = calls.enter("append", {
      stop: ({ code }) => {
        assert.is(code, "SHUTTING_DOWN");
        stopped.push(number);
        leave();
      },
    });
  }
  calls.stopAll();
  calls.stopAll();
  assert.equal(stopped, [1, 2, 3]);
});

test("stopAll: a call that was on its way is refused with SHUTTING_DOWN", () => {
  const calls = new CallRegistry(10);
  calls.stopAll();
  assert.is(calls.refusal()?.code, "SHUTTING_DOWN");
});

test.run();
