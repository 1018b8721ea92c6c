/**
 * Goal: the runs of a block lie one behind the other without gap or overlap, stay within their
 * size, and name exactly what a filter keeps. Method: random slots, cuts and filters, against a
 * list.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type EntryRun, runCount, runsOf } from "../../src/subscription/entry-run.js";
import type { Filter } from "../../src/subscription/filter.js";
import type { Block, SlotState } from "../../src/wal/block.js";

const test = suite("subscription: entry run");
const KiB = 1024;
const runBytesMax = 256 * KiB;

interface Slot {
  readonly bytes: number;
  readonly state: SlotState;
  readonly isWanted: boolean;
}

/** A block of which only what cutting looks at is real; an entry is its own place. */
function blockOf(slots: readonly Slot[]): Block {
  const block: Partial<Block> = {
    count: slots.length,
    length: (at) => slots[at]?.bytes ?? 0,
    state: (at) => slots[at]?.state ?? "whole",
    entry: (at) => Uint32Array.of(at) as unknown as Uint8Array,
  };
  return block as Block;
}

const filterOf = (slots: readonly Slot[]): Filter =>
  ({ matches: (entry: Uint8Array) => slots[entry[0] ?? 0]?.isWanted === true }) as Filter;

const sentOf = (run: EntryRun): number[] =>
  run.chosen === undefined
    ? Array.from({ length: run.end - run.start }, (_none, at) => run.start + at)
    : [...run.chosen];

const slot: fc.Arbitrary<Slot> = fc.record({
  bytes: fc.oneof(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 30_000, max: 65_535 })),
  state: fc.constantFrom<SlotState>("whole", "whole", "whole", "pruned", "redacted"),
  isWanted: fc.boolean(),
});

test("runs: without gap, within their size, exactly what is wanted (property)", () => {
  fc.assert(
    fc.property(
      fc.array(slot, { minLength: 1, maxLength: 60 }),
      fc.nat(),
      fc.nat(),
      fc.boolean(),
      (slots, from, to, isFiltered) => {
        const [start = 0, end = 0] = [from, to]
          .map((edge) => edge % (slots.length + 1))
          .sort((left, right) => left - right);
        const filter = isFiltered ? filterOf(slots) : undefined;
        const runs = [...runsOf(blockOf(slots), start, end, filter)];
        let next = start;
        for (const run of runs) {
          assert.is(run.start, next);
          assert.ok(run.end > run.start);
          next = run.end;
          const sent = sentOf(run);
          assert.is(runCount(run), sent.length);
          const bytes = sent.reduce((sum, entry) => sum + (slots[entry]?.bytes ?? 0), 0);
          assert.ok(bytes <= runBytesMax || sent.length === 1);
        }
        assert.is(next, end);
        const wanted = Array.from({ length: end - start }, (_none, at) => start + at).filter(
          (entry) =>
            !isFiltered || (slots[entry]?.state === "whole" && slots[entry]?.isWanted === true),
        );
        assert.equal(runs.flatMap(sentOf), wanted);
      },
    ),
  );
});

const small: Slot = { bytes: 10, state: "whole", isWanted: true };

test("runs: many small entries are cut by their number", () => {
  const slots = Array.from({ length: 20_000 }, () => small);
  const counts = [...runsOf(blockOf(slots), 0, slots.length, undefined)].map(runCount);
  assert.equal(counts, [8_192, 8_192, 3_616]);
});

test("runs: where nothing is wanted there is one run that says so", () => {
  const slots = Array.from({ length: 20_000 }, () => ({ ...small, isWanted: false }));
  const runs = [...runsOf(blockOf(slots), 5, slots.length, filterOf(slots))];
  assert.is(runs.length, 1);
  assert.equal([runs[0]?.start, runs[0]?.end, runs[0]?.chosen], [5, 20_000, []]);
});

test("runs: of nothing there is none", () => {
  assert.equal([...runsOf(blockOf([small]), 1, 1, undefined)], []);
});

test.run();
