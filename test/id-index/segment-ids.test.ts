/**
 * Goal: the ids of a segment in memory are exact, sorted stably, and filters let nothing through
 * that they hold and little that they do not. Method: a map as the model, ids that share their
 * first bits, and rates measured over many foreign ids.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { addToFilter, filterBytes, mayHold } from "../../src/id-index/id-filter.js";
import { prefixMask } from "../../src/id-index/id-prefix.js";
import { sortByPrefix } from "../../src/id-index/prefix-sort.js";
import { SegmentIds } from "../../src/id-index/segment-ids.js";
import { toHex } from "../../src/model/hex.js";
import { Seeded } from "../support/seeded.js";

const test = suite("id-index: segment-ids");
const random = new Seeded(1);

/** Ids that agree in their first 8 bytes in half of the cases. */
function someId(): Uint8Array {
  const id = random.bytes(32);
  if (random.chance(50)) id.fill(7, 0, 8);
  return id;
}

test("add, find and repeats: those of a map, for ids that begin alike", () => {
  const ids = new SegmentIds(1_000, prefixMask(64));
  const model = new Map<string, number>();
  const pool = Array.from({ length: 3_000 }, someId);
  const repeats: [number, number][] = [];
  for (let index = 1_000; index < 6_000; index++) {
    const id = random.pick(pool);
    ids.add(index, Buffer.concat([random.bytes(5), id]), 5);
    const first = model.get(toHex(id));
    if (first === undefined) model.set(toHex(id), index);
    else repeats.push([index, first]);
  }
  for (const id of pool) assert.is(ids.find(id), model.get(toHex(id)));
  assert.is(ids.count, model.size);
  assert.ok(ids.isComplete(6_000));
  for (const from of [1_000, 3_333, 5_999, 6_000]) {
    const { indexes, firsts } = ids.repeats(from);
    const expected = repeats.filter(([index]) => index >= from);
    assert.equal(
      indexes.map((index, i) => [index, firsts[i]]),
      expected,
    );
  }
});

test("repeats: where an id stood in an earlier segment, all its places tell of that one", () => {
  const ids = new SegmentIds(10, prefixMask(64));
  const [one, two] = [random.bytes(32), random.bytes(32)];
  [one, two, one, two].forEach((id, i) => {
    ids.add(10 + i, id, 0);
  });
  ids.noteEarlier(1, 4);
  assert.equal(ids.repeats(10), { indexes: [11, 12, 13], firsts: [4, 10, 4] });
  assert.equal(ids.repeats(12), { indexes: [12, 13], firsts: [10, 4] });
});

test("isComplete: not where entries were passed over", () => {
  const ids = new SegmentIds(0, prefixMask(64));
  ids.add(0, random.bytes(32), 0);
  ids.passTo(5);
  ids.add(5, random.bytes(32), 0);
  assert.is(ids.next, 6);
  assert.not.ok(ids.isComplete(6));
});

test("sortByPrefix: as sorting by number, equal ones in the order in which they came", () => {
  const count = 20_000;
  const word = () => random.pick([0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff]);
  const highs = Uint32Array.from({ length: count }, word);
  const lows = Uint32Array.from({ length: count }, word);
  const expected = Array.from({ length: count }, (_, n) => n).sort(
    (left, right) =>
      (highs[left] as number) - (highs[right] as number) ||
      (lows[left] as number) - (lows[right] as number) ||
      left - right,
  );
  assert.equal([...sortByPrefix(highs, lows)], expected);
  assert.equal([...sortByPrefix(new Uint32Array(0), new Uint32Array(0))], []);
});

test("a filter: holds what it was given, and lets less than 3 in 1,000 others through", () => {
  const count = 30_000;
  const word = () => random.below(2 ** 32);
  const filter = new Uint8Array(filterBytes(count));
  const given = Array.from({ length: count }, () => [word(), word()] as const);
  for (const [high, low] of given) addToFilter(filter, high, low);
  assert.ok(given.every(([high, low]) => mayHold(filter, high, low)));
  let passed = 0;
  for (let i = 0; i < 100_000; i++) if (mayHold(filter, word(), word())) passed += 1;
  assert.ok(passed < 300, `${passed} of 100,000 pass`);
  assert.not.ok(mayHold(new Uint8Array(filterBytes(0)), word(), word()));
});

test.run();
