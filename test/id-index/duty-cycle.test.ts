/**
 * Goal: background work rests as long as it was told to, and not while somebody waits. Method: a
 * clock that stands still until it is moved.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DutyCycle } from "../../src/id-index/duty-cycle.js";
import { SimulatedClock, settled } from "../support/simulated-clock.js";

const test = suite("id-index: duty-cycle");

function subject(restRatio: number) {
  const clock = new SimulatedClock();
  const state = { isHurried: false };
  const cycle = new DutyCycle(clock, restRatio, () => state.isHurried);
  return { clock, state, cycle };
}

/** Whether a promise has come to its end by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await settled();
  return done;
}

test("pause: rests four times as long as it worked", async () => {
  const { clock, cycle } = subject(4);
  await clock.advance(10);
  const pause = cycle.pause();
  await clock.advance(39);
  assert.not.ok(await isDone(pause));
  await clock.advance(1);
  assert.ok(await isDone(pause));
});

test("pause: a short stretch is added to the next", async () => {
  const { clock, cycle } = subject(4);
  await clock.advance(3);
  assert.ok(await isDone(cycle.pause()));
  await clock.advance(3);
  assert.not.ok(await isDone(cycle.pause()));
});

test("pause: not while somebody waits, and who comes ends a rest", async () => {
  const { clock, state, cycle } = subject(4);
  await clock.advance(100);
  const pause = cycle.pause();
  assert.not.ok(await isDone(pause));
  state.isHurried = true;
  cycle.wake();
  assert.ok(await isDone(pause));
  await clock.advance(100);
  assert.ok(await isDone(cycle.pause()));
});

test.run();
