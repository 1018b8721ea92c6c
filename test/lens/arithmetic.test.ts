/**
 * Goal: exponential and logarithm stay within their stated bounds and are exact where they promise
 * it; ratios and conflicts are exact for every sum of supports. Method: Math.pow and Math.log over
 * grids and random numbers, ratios against BigInt, entropies that are known in closed form.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AssertionFailure } from "../../src/invariant/assert.js";
import { conflictOf, halved, ln, ratioMillionths, scaled } from "../../src/lens/arithmetic.js";

const test = suite("lens: arithmetic");

const isNear = (ours: number, theirs: number, bound: number, what: string): void => {
  assert.ok(Math.abs(ours - theirs) <= bound, `${what}: ${ours} for ${theirs}`);
};

test("2^-x is within 4e-16 of itself for x up to 64", () => {
  for (let step = 0; step <= 64_000; step++) {
    const x = step / 1_000;
    const exact = 2 ** -x;
    isNear(halved(x), exact, 4e-16 * exact, `2^-${x}`);
  }
});

test("2^-x is within 1e-9 of Math.pow at any age", () => {
  const ages = fc.double({ min: 0, max: 2_000, noNaN: true });
  fc.assert(fc.property(ages, (x) => isNear(halved(x), 2 ** -x, 1e-9, `2^-${x}`)));
});

test("2^-x is exact where x is whole, and 0 beyond what doubles hold", () => {
  for (let x = 0; x <= 1_074; x++) assert.is(halved(x), 2 ** -x, `2^-${x}`);
  for (const x of [1_074.1, 1e9, Number.POSITIVE_INFINITY]) assert.is(halved(x), 0);
});

test("2^-x never grows with x", () => {
  let last = 1;
  for (let step = 1; step <= 30_000; step++) {
    const next = halved(step / 1_000);
    assert.ok(next <= last, `at ${step}`);
    last = next;
  }
});

test("a negative age is a bug", () => {
  assert.throws(
    () => halved(-1),
    (error: unknown) => error instanceof AssertionFailure,
  );
  assert.throws(
    () => ln(0),
    (error: unknown) => error instanceof AssertionFailure,
  );
});

test("ln is within 2e-14 of Math.log between 2^-64 and 2^64", () => {
  for (let exponent = -64; exponent < 64; exponent++) {
    for (let step = 0; step < 64; step++) {
      const x = 2 ** exponent * (1 + step / 64);
      isNear(ln(x), Math.log(x), 2e-14, `ln ${x}`);
    }
  }
});

test("ln is within 1e-9 of Math.log for any number above 0", () => {
  const numbers = fc.double({ min: 5e-324, max: 1.7e308, noNaN: true });
  fc.assert(fc.property(numbers, (x) => isNear(ln(x), Math.log(x), 1e-9, `ln ${x}`)));
});

test("ln of 1 is 0, and of powers of two a whole multiple", () => {
  assert.is(ln(1), 0);
  for (let n = 1; n <= 50; n++) {
    assert.is(ln(2 ** n), n * ln(2));
    assert.is(ln(2 ** -n), -n * ln(2));
  }
});

test("scaling rounds half up", () => {
  assert.is(scaled(1, 500_000), 1);
  assert.is(scaled(1, 499_999), 0);
  assert.is(scaled(1_000_000, 1_000_000), 1_000_000);
  assert.is(scaled(3, 500_000), 2);
  assert.is(scaled(0, 1_000_000), 0);
});

test("a ratio is that of whole numbers, whatever their size", () => {
  const sums = fc.integer({ min: 0, max: 9_000_000_000_000_000 });
  const check = (left: number, right: number): void => {
    const [part, total] = left < right ? [left, right] : [right, left];
    const exact =
      total === 0 ? 0n : (BigInt(part) * 1_000_000n + BigInt(total) / 2n) / BigInt(total);
    assert.is(ratioMillionths(part, total), Number(exact), `${part} of ${total}`);
  };
  fc.assert(fc.property(sums, sums, check));
  // Around 9,007,199,254 the product leaves what a double holds exactly.
  for (const part of [9_007_199_253, 9_007_199_254, 9_007_199_255]) check(part, part * 2 + 1);
  // One part short of rounding up: in doubles it would.
  check(8_999_995_499_999_999, 8_999_999_999_999_999);
});

test("a ratio of nothing is 0, of all a million", () => {
  assert.is(ratioMillionths(0, 0), 0);
  assert.is(ratioMillionths(9_000_000_000_000_000, 9_000_000_000_000_000), 1_000_000);
  assert.is(ratioMillionths(1, 3), 333_333);
  assert.is(ratioMillionths(2, 3), 666_667);
});

test("equal weights conflict wholly, one alone not at all", () => {
  assert.is(conflictOf([]), 0);
  assert.is(conflictOf([0, 0]), 0);
  assert.is(conflictOf([5, 0]), 0);
  for (const count of [2, 3, 5, 7, 64, 1_000, 100_000]) {
    for (const weight of [1, 999_983, 1_000_000]) {
      assert.is(conflictOf(new Array(count).fill(weight)), 1_000_000, `${count} of ${weight}`);
    }
  }
});

test("a conflict is the entropy over its maximum", () => {
  // H(3/4, 1/4) = 2 - 3/4 log2 3 bits.
  assert.is(conflictOf([3, 1]), Math.round((2 - 0.75 * Math.log2(3)) * 1e6));
  assert.is(conflictOf([1, 3]), conflictOf([3, 1]));
  assert.is(conflictOf([3, 0, 1]), conflictOf([3, 1]));
  // 2 of 4, 1, 1: 1.5 bits of log2 3.
  assert.is(conflictOf([2, 1, 1]), Math.round((1.5 / Math.log2(3)) * 1e6));
  assert.ok(conflictOf([9_000_000_000_000_000, 1]) <= 1);
});

test("a conflict is the same at any scale of its weights, within a millionth", () => {
  const weights = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 20 });
  const check = (list: readonly number[]): void => {
    const conflict = conflictOf(list);
    assert.ok(conflict >= 0 && conflict <= 1_000_000);
    isNear(conflictOf(list.map((weight) => weight * 1_000)), conflict, 1, String(list));
  };
  fc.assert(fc.property(weights, check));
});

test.run();
