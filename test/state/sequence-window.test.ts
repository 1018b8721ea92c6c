/**
 * Goal: a window keeps exactly the receipts of the highest sequence and the 1,024 below it, in a
 * ring that is no larger than it must be, and completes from the store without losing what is
 * newer. Method: random appends against a plain map; the edges by hand.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ReceiptSlots } from "../../src/state/receipt-slots.js";
import { SequenceWindow } from "../../src/state/sequence-window.js";
import { filled } from "./memory-log.js";

const test = suite("state: sequence window");
const WEEK_MS = 7 * 24 * 3_600_000;
const T0 = Date.UTC(2026, 0, 1);

const receiptOf = (sequence: number, ms = T0) => ({
  firstIndex: sequence * 2 ** 20,
  count: 4_096,
  hybridTime: (BigInt(ms) << 16n) | 7n,
  root: filled(32, sequence),
});

test("append: keeps what a plain map keeps (property)", () => {
  const jump = fc.oneof(fc.integer({ min: -1_100, max: 1_100 }), fc.integer({ min: -3, max: 3 }));
  fc.assert(
    fc.property(fc.array(jump, { maxLength: 200 }), fc.boolean(), (jumps, isFetched) => {
      const window = new SequenceWindow(isFetched ? 50 : 0, isFetched ? T0 : 0);
      const kept = new Map<number, boolean>();
      let highest = window.highest;
      let lowestSeen = Number.MAX_SAFE_INTEGER;
      for (const by of jumps) {
        const sequence = Math.max(1, highest + by);
        highest = Math.max(highest, sequence);
        kept.set(sequence, true);
        window.append(sequence, receiptOf(sequence));
        for (const old of kept.keys()) if (old < highest - 1024) kept.delete(old);
        lowestSeen = Math.min(lowestSeen, ...kept.keys());
      }
      assert.is(window.highest, highest);
      assert.is(window.isWhole, !isFetched);
      assert.ok(window.capacity <= 1_025);
      for (let sequence = Math.max(1, highest - 1_030); sequence <= highest + 3; sequence++) {
        assert.is(window.has(sequence), kept.has(sequence));
        if (!kept.has(sequence)) continue;
        assert.equal(window.receipt(sequence), receiptOf(sequence));
        assert.ok(window.hasRoot(sequence, filled(32, sequence)));
        assert.not(window.hasRoot(sequence, filled(32, sequence + 1)));
      }
    }),
    { numRuns: 150 },
  );
});

test("append: a few sequences take a few slots, wherever they lie", () => {
  const window = new SequenceWindow();
  assert.is(window.capacity, 0);
  for (const sequence of [9_000_001, 9_000_002, 9_000_004]) {
    window.append(sequence, receiptOf(sequence));
  }
  assert.is(window.capacity, 5);
  window.append(9_000_900, receiptOf(9_000_900));
  assert.is(window.capacity, 1_025);
  window.append(Number.MAX_SAFE_INTEGER, receiptOf(1));
  assert.not(window.has(9_000_900));
  assert.ok(window.has(Number.MAX_SAFE_INTEGER));
});

test("append: a week after the last one begins anew; a moment earlier does not", () => {
  for (const [pauseMs, isKept] of [
    [WEEK_MS - 1, true],
    [WEEK_MS, false],
  ] as const) {
    const window = new SequenceWindow();
    window.append(10, receiptOf(10));
    window.append(8, receiptOf(8, T0 + pauseMs));
    assert.is(window.has(10), isKept);
    assert.is(window.highest, isKept ? 10 : 8);
  }
});

test("complete: adds what is stored, drops what fell out since, keeps what is newer", () => {
  const window = new SequenceWindow(1_000, T0);
  const stored = ReceiptSlots.ofCapacity(3);
  for (const [slot, sequence] of [100, 900, 1_000].entries()) {
    stored.set(slot, 1, sequence, receiptOf(sequence));
  }
  const newer = { ...receiptOf(1_000), firstIndex: 5 };
  window.append(1_000, newer);
  window.append(1_500, receiptOf(1_500));
  assert.not(window.isWhole);
  window.complete(stored, 3);
  assert.ok(window.isWhole);
  assert.not(window.has(100));
  assert.ok(window.has(900));
  assert.is(window.receipt(1_000).firstIndex, 5);
  assert.ok(window.has(1_500));
});

test.run();
