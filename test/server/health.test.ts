/**
 * Goal: what the node shows follows what the log refuses, and each change is told once. Method:
 * time in the test's hands, and a probe that writes down.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import { type Probe, silentProbe } from "../../src/observability/probe.js";
import { HealthWatch } from "../../src/server/health.js";
import { SimulatedClock } from "../support/simulated-clock.js";

function watched() {
  const clock = new SimulatedClock();
  const shown: boolean[] = [];
  const told: string[] = [];
  const probe: Probe = {
    ...silentProbe,
    info: (message) => told.push(message),
    error: (message, fields) => told.push(`${message}: ${fields?.["code"]}`),
  };
  const state: { fault: Fault | undefined } = { fault: undefined };
  const watch = new HealthWatch({
    clock,
    probe,
    refusal: () => state.fault,
    show: (isHealthy) => shown.push(isHealthy),
  });
  return { clock, shown, told, state, watch };
}

const test = suite("server: health");
const full = new Fault("DISK_FULL", "the disk has no room for the log");

test("watch: a log that takes appends is shown at once, and no line is written", async () => {
  const { clock, shown, told } = watched();
  await clock.advance(5_000);
  assert.equal([shown, told], [[true], []]);
});

test("watch: refusing and taking again are shown and told once each", async () => {
  const { clock, shown, told, state } = watched();
  state.fault = full;
  await clock.advance(5_000);
  assert.equal([shown, told], [[true, false], ["appends refused: DISK_FULL"]]);
  state.fault = undefined;
  await clock.advance(5_000);
  assert.equal(shown, [true, false, true]);
  assert.equal(told.at(-1), "appends taken again");
});

test("watch: another reason is told, the node stays unhealthy", async () => {
  const { clock, shown, told, state } = watched();
  state.fault = full;
  await clock.advance(1_000);
  state.fault = new Fault("LOG_POISONED", "restart the node");
  await clock.advance(1_000);
  assert.equal(told, ["appends refused: DISK_FULL", "appends refused: LOG_POISONED"]);
  assert.not(shown.slice(1).includes(true));
});

test("stop: nothing is looked at any more", async () => {
  const { clock, shown, state, watch } = watched();
  watch.stop();
  state.fault = full;
  await clock.advance(5_000);
  assert.equal([shown, clock.timerCount], [[true], 0]);
});

test.run();
