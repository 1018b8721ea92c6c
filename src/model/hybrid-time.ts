/**
 * Hybrid time: milliseconds since 1970 UTC << 16 | counter, as an unsigned 64-bit integer.
 *
 * Recorded time. Strictly increasing from block to block of a log, whatever the machine's clock
 * does: a clock that stands still or goes back moves the counter, and a full counter waits for the
 * next millisecond.
 */
import { assert } from "../invariant/assert.js";

declare const hybridTimeBrand: unique symbol;
export type HybridTime = bigint & { readonly [hybridTimeBrand]: true };

const COUNTER_BITS = 16n;

export function toHybridTime(value: bigint): HybridTime {
  assert(value >= 0n && value <= 0xffff_ffff_ffff_ffffn, "a hybrid time has 64 bits");
  return value as HybridTime;
}

/** The first hybrid time of a millisecond. */
export const hybridTimeAt = (ms: number): HybridTime =>
  toHybridTime(BigInt(Math.max(0, Math.trunc(ms))) << COUNTER_BITS);

/** The millisecond that a hybrid time lies in. */
export const millisecondsOf = (time: HybridTime): number => Number(time >> COUNTER_BITS);

/**
 * The next hybrid time of a log whose last one was `last`, at wall-clock `nowMs`: never at or
 * before `last`. A full counter carries into the next millisecond.
 */
export function nextHybridTime(last: HybridTime, nowMs: number): HybridTime {
  const now = hybridTimeAt(nowMs);
  return now > last ? now : toHybridTime(last + 1n);
}
