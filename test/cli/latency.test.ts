/**
 * Goal: quantiles are within two percent of the exact ones, whatever the samples. Method: a
 * property against sorting.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LatencyHistogram } from "../../cli/load/latency.js";

const test = suite("cli: latency");

test("quantile: within two percent and a microsecond of the exact one", () => {
  const samples = fc.array(fc.double({ min: 0, max: 1e7, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(samples, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
      const histogram = new LatencyHistogram();
      for (const ms of list) histogram.record(ms);
      const sorted = [...list].sort((left, right) => left - right);
      const exact = sorted[Math.max(1, Math.ceil(sorted.length * share)) - 1] ?? 0;
      const found = histogram.quantile(share);
      assert.ok(Math.abs(found - exact) <= exact * 0.02 + 0.001, `${found} for ${exact}`);
    }),
  );
});

test("summary: the maximum is exact, and no quantile exceeds it", () => {
  const histogram = new LatencyHistogram();
  histogram.record(3, 1_000);
  histogram.record(250.5);
  const { p50, p99, p999, max } = histogram.summary();
  assert.is(max, 250.5);
  assert.ok(Math.abs(p50 - 3) < 0.06 && Math.abs(p99 - 3) < 0.06);
  assert.ok(p999 <= max);
});

test("summary: nothing counted is zero", () => {
  assert.equal(new LatencyHistogram().summary(), { p50: 0, p99: 0, p999: 0, max: 0 });
});

test.run();
