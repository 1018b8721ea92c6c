/** Goal: only a real jump stops appends, and only while it lasts. Method: a clock set by hand. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Clock } from "../../src/host/clock.js";
import { ClockGuard, clockJumpMsMax } from "../../src/ingest/clock-guard.js";

const test = suite("ingest: clock guard");

function setClock() {
  const time = { wall: 1_800_000_000_000, monotonic: 5_000 };
  const clock: Clock = {
    nowMs: () => time.wall,
    monotonicMs: () => time.monotonic,
    after: () => ({ cancel() {} }),
  };
  const pass = (ms: number) => {
    time.wall += ms;
    time.monotonic += ms;
  };
  return { time, clock, pass };
}

test("check: time that passes is no jump", () => {
  const { clock, pass } = setClock();
  const guard = new ClockGuard(clock);
  for (let day = 0; day < 1000; day++) {
    pass(86_400_000);
    assert.is(guard.check(), undefined);
  }
});

test("check: small steps add up without a fault, as time servers make them", () => {
  const { clock, time } = setClock();
  const guard = new ClockGuard(clock);
  for (let step = 0; step < 10; step++) {
    time.wall += clockJumpMsMax;
    assert.is(guard.check(), undefined);
  }
});

for (const direction of [1, -1]) {
  test(`check: a jump ${direction > 0 ? "forth" : "back"} is CLOCK until it is undone`, () => {
    const { clock, time, pass } = setClock();
    const guard = new ClockGuard(clock);
    time.wall += direction * (clockJumpMsMax + 1);
    assert.is(guard.check()?.code, "CLOCK");
    pass(10_000);
    assert.is(guard.check()?.code, "CLOCK", "waiting does not make it right");
    time.wall -= direction * (clockJumpMsMax + 1);
    assert.is(guard.check(), undefined);
  });
}

test.run();
