/**
 * Goal: a transaction takes about the time that it may, whatever the speed, is longer only while
 * there is much behind, and never without bound. Method: transactions of a made-up speed.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Pace } from "../../src/projection/pace.js";

const test = suite("projection: pace");

const times = { shortMs: 200, longMs: 1_000 };

function paceAt(entriesPerMs: number): Pace {
  const pace = new Pace(times);
  for (let i = 0; i < 50; i++) {
    const entries = pace.entriesMax(0);
    pace.took(entries, entries / entriesPerMs);
  }
  return pace;
}

const isAbout = (value: number, expected: number) => Math.abs(value - expected) <= expected * 0.05;

test("entries: what takes the time, at any speed", () => {
  for (const speed of [1, 10, 60]) assert.ok(isAbout(paceAt(speed).entriesMax(0), speed * 200));
});

test("entries: more while there is much behind, fewer at the live end", () => {
  const pace = paceAt(20);
  assert.ok(isAbout(pace.entriesMax(1_000_000), 20_000));
  assert.ok(isAbout(pace.entriesMax(10_000), 4_000));
});

test("entries: bounded, however slow or fast", () => {
  assert.ok(paceAt(0.001).entriesMax(1e9) >= 64);
  assert.ok(paceAt(1e6).entriesMax(1e9) <= 200_000);
});

test("took: small transactions say nothing of the speed", () => {
  const pace = paceAt(20);
  for (let i = 0; i < 1_000; i++) pace.took(1, 5);
  assert.ok(isAbout(pace.entriesMax(0), 4_000));
});

test.run();
