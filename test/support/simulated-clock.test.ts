/** Goal: simulated time is as orderly as the real one. Method: timers and jumps, by example. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pause } from "../../src/host/clock.js";
import { SimulatedClock } from "./simulated-clock.js";

const test = suite("support: simulated clock");

test("advance: timers fire in their order, at their moments, and only once", async () => {
  const clock = new SimulatedClock(1_000);
  const fired: string[] = [];
  clock.after(20, () => fired.push(`b@${clock.nowMs()}`));
  clock.after(10, () => fired.push(`a@${clock.nowMs()}`));
  clock.after(20, () => fired.push(`c@${clock.nowMs()}`));
  await clock.advance(19);
  assert.equal(fired, ["a@1010"]);
  await clock.advance(1);
  await clock.advance(100);
  assert.equal(fired, ["a@1010", "b@1020", "c@1020"]);
  assert.is(clock.timerCount, 0);
});

test("advance: a timer set by a timer fires in the same stretch if it falls due", async () => {
  const clock = new SimulatedClock(0);
  const waited = pause(clock, 10).then(() => pause(clock, 10));
  await clock.advance(20);
  await waited;
  assert.is(clock.monotonicMs(), 20);
});

test("cancel: the timer never fires", async () => {
  const clock = new SimulatedClock();
  const timer = clock.after(1, () => assert.unreachable());
  timer.cancel();
  await clock.advance(10);
});

test("jump: moves the wall clock both ways, and neither timers nor the monotonic one", async () => {
  const clock = new SimulatedClock(1_000_000);
  let isFired = false;
  clock.after(10, () => {
    isFired = true;
  });
  clock.jump(-600_000);
  assert.is(clock.nowMs(), 400_000);
  clock.jump(3_600_000);
  assert.is(clock.nowMs(), 4_000_000);
  assert.is(clock.monotonicMs(), 0);
  assert.not(isFired);
  await clock.advance(10);
  assert.ok(isFired);
});

test.run();
