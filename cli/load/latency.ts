/**
 * Latencies, counted in buckets: quantiles of millions of samples in 30 KB.
 *
 * A bucket is 1/64 of its power of two of microseconds, so a quantile is at most 1.6 % off.
 */
import { assert } from "../../src/invariant/assert.js";

const steps = 64;
const powers = 36; // 2^36 µs are 19 hours

/** All in milliseconds. */
export interface LatencySummary {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

function bucketOf(us: number): number {
  if (us < steps) return Math.max(0, Math.floor(us));
  const power = Math.floor(Math.log2(us));
  const inside = Math.floor((us / 2 ** power - 1) * steps);
  return Math.min((power - 5) * steps + inside, powers * steps - 1);
}

/** The middle of a bucket, in microseconds. */
function middleOf(bucket: number): number {
  if (bucket < steps) return bucket + 0.5;
  const power = Math.floor(bucket / steps) + 5;
  return 2 ** power * (1 + ((bucket % steps) + 0.5) / steps);
}

export class LatencyHistogram {
  readonly #counts = new Float64Array(powers * steps);
  #count = 0;
  #maxMs = 0;

  get count(): number {
    return this.#count;
  }

  /** Counts `weight` things that took this long. */
  record(ms: number, weight = 1): void {
    const bucket = bucketOf(ms * 1000);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + weight;
    this.#count += weight;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** In milliseconds; 0 where nothing was counted. */
  quantile(share: number): number {
    assert(share >= 0 && share <= 1, "a quantile is a share");
    let left = Math.max(1, Math.ceil(this.#count * share));
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      left -= this.#counts[bucket] ?? 0;
      if (left <= 0) return Math.min(middleOf(bucket) / 1000, this.#maxMs);
    }
    return 0;
  }

  summary(): LatencySummary {
    const rounded = (ms: number) => Number(ms.toPrecision(4));
    return {
      p50: rounded(this.quantile(0.5)),
      p99: rounded(this.quantile(0.99)),
      p999: rounded(this.quantile(0.999)),
      max: rounded(this.#maxMs),
    };
  }
}
