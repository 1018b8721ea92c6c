/**
 * Goal: keys are equal exactly where their bytes are; texts and places stand in the order of their
 * bytes; prefixes are whole segments; cuts include what had been said. Method: random bytes and
 * texts against Buffer, boundaries by hand.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  comparePlaces,
  cutAtPlace,
  cutAtSizes,
  cutAtTime,
  everything,
  recordedMsOf,
} from "../../src/lens/cut.js";
import type { Place } from "../../src/lens/history.js";
import { compareBytes, compareText, covers, keyOf } from "../../src/lens/keys.js";
import { toHex } from "../../src/model/hex.js";

const test = suite("lens: keys and cuts");

const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const sign = Math.sign;

function place(recorded: bigint, log: number, index: number): Place {
  return { recorded, logId: new Uint8Array(32).fill(log), index };
}

test("keys are equal exactly where the bytes and marks are", () => {
  const check = (left: Uint8Array, right: Uint8Array): void => {
    const same = Buffer.compare(left, right) === 0;
    assert.is(keyOf(left) === keyOf(right), same);
    assert.is(keyOf(left, 1) === keyOf(left), false);
  };
  fc.assert(fc.property(bytesOf(32), bytesOf(32), check));
  for (let at = 0; at < 32; at++) {
    const other = new Uint8Array(32);
    other[at] = 1;
    check(new Uint8Array(32), other);
    check(other, other.slice());
  }
  check(Uint8Array.of(1, 2), Uint8Array.of(1, 2));
  check(Uint8Array.of(1, 2), Uint8Array.of(2, 1));
});

test("texts stand in the order of their bytes in UTF-8", () => {
  const texts = fc.string({ unit: "binary", maxLength: 6 });
  const check = (left: string, right: string): void => {
    const bytes = Buffer.compare(Buffer.from(left), Buffer.from(right));
    assert.is(sign(compareText(left, right)), bytes, JSON.stringify([left, right]));
  };
  fc.assert(fc.property(texts, texts, check));
  check("\u{10000}", "\uffff");
  check("\ud7ff", "\ue000");
  check("a", "a/b");
});

test("bytes stand in their order, shorter ones first", () => {
  const any = fc.uint8Array({ maxLength: 4 });
  fc.assert(
    fc.property(any, any, (left, right) => {
      assert.is(sign(compareBytes(left, right)), Buffer.compare(left, right));
    }),
  );
});

test("a prefix covers itself and whole segments below it", () => {
  assert.ok(covers(undefined, "any/path"));
  assert.ok(covers("drug", "drug"));
  assert.ok(covers("drug", "drug/aspirin"));
  assert.not(covers("drug", "drugs"));
  assert.not(covers("drug/aspirin", "drug"));
  assert.ok(covers("rxnorm://1191", "rxnorm://1191/dose"));
  assert.not(covers("rxnorm://119", "rxnorm://1191"));
});

test("canonical order is recorded time, then log, then index", () => {
  const ordered = [place(1n, 9, 9), place(2n, 1, 9), place(2n, 2, 3), place(2n, 2, 4)];
  ordered.forEach((left, i) => {
    ordered.forEach((right, j) => {
      assert.is(sign(comparePlaces(left, right)), sign(i - j), `${i} to ${j}`);
    });
  });
});

test("a cut at a place includes the place and what stands before it", () => {
  const cut = cutAtPlace(place(2n, 2, 3));
  assert.ok(cut.includes(place(2n, 2, 3)));
  assert.ok(cut.includes(place(2n, 1, 99)));
  assert.not(cut.includes(place(2n, 2, 4)));
  assert.not(cut.includes(place(3n, 0, 0)));
  assert.ok(everything.includes(place(3n, 0, 0)));
});

test("a cut at a time includes its whole millisecond", () => {
  const cut = cutAtTime(1_000);
  assert.ok(cut.includes(place((1_000n << 16n) | 0xffffn, 1, 0)));
  assert.not(cut.includes(place(1_001n << 16n, 1, 0)));
  assert.not(cutAtTime(-1).includes(place(0n, 1, 0)));
  assert.ok(cutAtTime(0).includes(place(0n, 1, 0)));
});

test("a cut at sizes ends before them, and knows no other log", () => {
  const one = new Uint8Array(32).fill(1);
  const two = new Uint8Array(32).fill(2);
  const cut = cutAtSizes(
    new Map([
      [toHex(one), 3],
      [toHex(two), 1],
    ]),
  );
  const includes = (log: number, index: number) => cut.includes(place(5n, log, index));
  assert.equal([includes(1, 2), includes(1, 3)], [true, false]);
  assert.equal([includes(2, 0), includes(2, 1)], [true, false]);
  assert.equal([includes(3, 0), includes(1, 2)], [false, true]);
  // The same bytes in another array are the same log.
  assert.ok(cut.includes({ recorded: 5n, logId: one.slice(), index: 0 }));
});

test("milliseconds of a hybrid time are exact up to its last counter", () => {
  for (const ms of [0, 1, 65_535, 65_536, 1_700_000_000_123, 2 ** 48 - 1]) {
    const first = BigInt(ms) << 16n;
    assert.is(recordedMsOf(first), ms);
    assert.is(recordedMsOf(first | 0xffffn), ms);
  }
});

test.run();
