/**
 * Goal: a page is never in two ranges, and nothing is lost. Method: random acquires and releases
 * against a naive set of pages.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AreaRange, areaPageBytes, MessageArea } from "../../src/ingest/message-area.js";

const test = suite("ingest: message area");
const pages = 16;

test("acquire, release: no page is in two ranges, and all come back (property)", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 6 * areaPageBytes }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.infiniteStream(fc.nat()), (asked, picks) => {
      const area = new MessageArea({ bytes: (pages + 1) * areaPageBytes, reserved: 1 });
      const held: AreaRange[] = [];
      for (const bytes of asked) {
        const range = area.acquire(bytes);
        if (range === undefined) {
          const out = held.splice((picks.next().value ?? 0) % Math.max(1, held.length), 1)[0];
          if (out !== undefined) area.release(out);
          continue;
        }
        assert.ok(range.bytes >= bytes && range.start >= areaPageBytes);
        assert.ok(range.start + range.bytes <= (pages + 1) * areaPageBytes);
        for (const other of held) {
          const isApart =
            range.start + range.bytes <= other.start || other.start + other.bytes <= range.start;
          assert.ok(isApart, "ranges do not overlap");
        }
        held.push(range);
      }
      for (const range of held) area.release(range);
      assert.ok(area.isIdle);
      assert.is(area.freeBytes, pages * areaPageBytes);
      assert.ok(area.acquire(pages * areaPageBytes) !== undefined, "all of it is one piece again");
    }),
  );
});

test("release: of a page that is not in use is a bug", () => {
  const area = new MessageArea({ bytes: 4 * areaPageBytes, reserved: 0 });
  const range = area.acquire(1);
  assert.ok(range);
  area.release(range);
  assert.throws(() => area.release(range), /was in use/);
});

test("acquire: what does not fit is refused, and what fits beside it is not", () => {
  const area = new MessageArea({ bytes: 4 * areaPageBytes, reserved: 0 });
  assert.is(area.acquire(5 * areaPageBytes), undefined);
  assert.ok(area.acquire(3 * areaPageBytes));
  assert.is(area.acquire(2 * areaPageBytes), undefined);
  assert.ok(area.acquire(areaPageBytes));
});

test.run();
