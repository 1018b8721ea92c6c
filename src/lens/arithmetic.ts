/**
 * Exponential and logarithm out of + - × ÷ alone, so that every engine gives the same bits.
 *
 * `Math.exp2` and `Math.log` may differ between engines in their last bits, and an answer has to be
 * the same on all of them. IEEE 754 fixes the four operations; everything below is made of them
 * (and of `Math.floor`, which is exact), in one order.
 *
 *     2^-x   x = n - r, n whole, |r| ≤ 1/2: 2^-n is exact, 2^r = e^(r ln 2) by its series to the
 *            14th power. |r ln 2| ≤ 0.347, so what is cut off is below 1e-19: the error is that of
 *            rounding, under 4e-16 of the result. Whole x give exact powers.
 *     ln x   x = m 2^n, m in [3/4, 3/2]: ln m = 2 artanh((m-1)/(m+1)) by its series to the 21st
 *            power. The argument is at most 0.2, so what is cut off is below 1e-17: with x in
 *            [2^-64, 2^64] the error is under 2e-14. ln 1 is 0, and powers of two are whole
 *            multiples of ln 2.
 */
import { assert } from "../invariant/assert.js";

/** The double nearest to ln 2, as a whole number of its last bits. */
const ln2 = 6_243_314_768_165_359 / 9_007_199_254_740_992;
/** 2^-x rounds to 0 in doubles above this. */
const halvingsMax = 1_074;
const MILLION = 1_000_000;

const factorials = [
  1, 1, 2, 6, 24, 120, 720, 5_040, 40_320, 362_880, 3_628_800, 39_916_800, 479_001_600,
  6_227_020_800, 87_178_291_200,
];
const exponentialTerms: readonly number[] = factorials.map((factorial) => 1 / factorial).reverse();
const artanhTerms: readonly number[] = [21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1].map((n) => 1 / n);

/** 2^-x, for x from 0 up. */
export function halved(x: number): number {
  assert(x >= 0, "ages are not negative");
  if (x > halvingsMax) return 0;
  let whole = Math.floor(x + 0.5);
  const rest = (whole - x) * ln2;
  let result = 0;
  for (const term of exponentialTerms) result = result * rest + term;
  for (; whole >= 16; whole -= 16) result *= 1 / 65_536;
  for (; whole > 0; whole--) result *= 0.5;
  return result;
}

/** The natural logarithm of a finite number above 0. */
export function ln(x: number): number {
  assert(x > 0 && x < Number.POSITIVE_INFINITY, "logarithms are taken of numbers above 0");
  let mantissa = x;
  let exponent = 0;
  for (; mantissa > 1.5; exponent++) mantissa *= 0.5;
  for (; mantissa < 0.75; exponent--) mantissa *= 2;
  const argument = (mantissa - 1) / (mantissa + 1);
  const square = argument * argument;
  let sum = 0;
  for (const term of artanhTerms) sum = sum * square + term;
  return 2 * argument * sum + exponent * ln2;
}

/** `part` × `millionths` / 10^6, rounded half up. `part` is at most 10^9. */
export const scaled = (part: number, millionths: number): number =>
  Math.floor((part * millionths + MILLION / 2) / MILLION);

/** `part` ÷ `total` in millionths, rounded half up; 0 of nothing. Exact for any sum of supports. */
export function ratioMillionths(part: number, total: number): number {
  if (total <= 0) return 0;
  const half = Math.floor(total / 2);
  const product = part * MILLION;
  // One support of more than 9,000 full claims: beyond what doubles hold exactly.
  if (product + half > Number.MAX_SAFE_INTEGER) {
    return Number((BigInt(part) * BigInt(MILLION) + BigInt(half)) / BigInt(total));
  }
  return Math.floor((product + half) / total);
}

/**
 * How far weights disagree: their Shannon entropy over its maximum, in millionths. Weights that are
 * 0 do not take part; one alone, or none, does not disagree.
 */
export function conflictOf(weights: readonly number[]): number {
  let total = 0;
  let count = 0;
  for (const weight of weights) {
    if (weight <= 0) continue;
    total += weight;
    count++;
  }
  if (count <= 1) return 0;
  let entropy = 0;
  for (const weight of weights) {
    if (weight <= 0) continue;
    const share = weight / total;
    entropy -= share * ln(share);
  }
  const rounded = Math.floor((entropy / ln(count)) * MILLION + 0.5);
  return Math.max(0, Math.min(MILLION, rounded));
}
