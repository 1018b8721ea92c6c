/**
 * Goal: a range gives exactly the rows of its bounds, in order, either way. Method: random sets of
 * keys and random bounds against a filter over a sorted array; the edges by hand.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeDisk } from "../../src/host/node-disk.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";
import type { NativeCursor } from "../../src/lmdb/lmdb-native.js";
import { keyAfterPrefix, type LmdbRange, RangeCursor } from "../../src/lmdb/lmdb-range.js";
import { throwsFault } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";

const test = suite("lmdb: range");
const MiB = 1024 * 1024;

const open = () =>
  LmdbEnvironment.open(
    {
      directory: temporaryDirectory("lmdb"),
      mapBytes: 256 * MiB,
      keyspaces: ["rows"],
      syncsCommits: false,
    },
    nodeDisk,
  );

const hex = (key: Uint8Array): string => Buffer.from(key).toString("hex");

function matches(key: Uint8Array, { prefix, start, end }: LmdbRange): boolean {
  if (prefix !== undefined && !hex(key).startsWith(hex(prefix))) return false;
  if (start !== undefined && Buffer.compare(key, start) < 0) return false;
  return end === undefined || Buffer.compare(key, end) < 0;
}

// Few byte values, so that prefixes are shared and bounds hit keys.
const byte = fc.constantFrom(0x00, 0x01, 0x7f, 0xfe, 0xff);
const key = fc.uint8Array({ minLength: 1, maxLength: 4 }).chain((shape) =>
  fc
    .array(byte, { minLength: shape.length, maxLength: shape.length })
    // A Buffer is bytes too, and its methods share memory where those of others copy.
    .chain((values) => fc.constantFrom(Uint8Array.from(values), Buffer.from(values))),
);
const range = fc.record(
  { prefix: key, start: key, end: key, isBackward: fc.boolean() },
  { requiredKeys: [] },
);

test("rows, keys, deleteRange: what a filter over sorted keys gives (property)", async () => {
  const environment = await open();
  fc.assert(
    fc.property(fc.array(key, { maxLength: 40 }), range, fc.nat(50), (keys, bounds, countMax) => {
      const before = JSON.stringify([bounds, keys]);
      const sorted = [...new Map(keys.map((k) => [hex(k), k])).values()].sort(Buffer.compare);
      environment.write((tx) => {
        tx.clear("rows");
        tx.putSorted(
          "rows",
          sorted.toReversed().map((k) => ({ key: k, value: k })),
        );
      });
      const inside = sorted.filter((k) => matches(k, bounds));
      const expected = (bounds.isBackward ? inside.toReversed() : inside).map(hex);
      environment.read((tx) => {
        const rows = [...tx.rows("rows", bounds)];
        assert.equal(
          rows.map((row) => hex(row.key)),
          expected,
        );
        assert.equal(
          rows.map((row) => hex(row.value)),
          expected,
        );
        assert.equal([...tx.keys("rows", bounds)].map(hex), expected);
      });
      const { isBackward: _, ...forward } = bounds;
      const deleted = environment.write((tx) => tx.deleteRange("rows", forward, countMax));
      assert.is(deleted, Math.min(inside.length, countMax));
      const gone = new Set(inside.slice(0, countMax).map(hex));
      const left = sorted.map(hex).filter((k) => !gone.has(k));
      assert.equal(
        environment.read((tx) => [...tx.keys("rows")].map(hex)),
        left,
      );
      assert.is(JSON.stringify([bounds, keys]), before, "arguments are left as they were");
    }),
    { numRuns: 400 },
  );
  await environment.close();
});

test("deleteRange: many pages, and nothing beside them", async () => {
  const environment = await open();
  const keyOf = (n: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(n, 0);
    return bytes;
  };
  environment.write((tx) => {
    for (let n = 0; n < 20_000; n++) tx.put("rows", keyOf(n), new Uint8Array(100));
  });
  const count = environment.write((tx) =>
    tx.deleteRange("rows", { start: keyOf(5), end: keyOf(19_995) }),
  );
  assert.is(count, 19_990);
  const left = environment.read((tx) =>
    [...tx.keys("rows")].map((k) => Buffer.from(k).readUInt32BE(0)),
  );
  assert.equal(left, [0, 1, 2, 3, 4, 19_995, 19_996, 19_997, 19_998, 19_999]);
  await environment.close();
});

test("rows: a walk that is left early closes its cursor, and writing goes on", async () => {
  const environment = await open();
  environment.write((tx) => {
    for (const k of [1, 2, 3]) tx.put("rows", Uint8Array.of(k), Uint8Array.of(k));
    for (const row of tx.rows("rows")) {
      if (row.key[0] === 2) break;
    }
    tx.put("rows", Uint8Array.of(4), Uint8Array.of(4));
  });
  assert.is(
    environment.read((tx) => tx.count("rows")),
    4,
  );
  await environment.close();
});

test("rows: values are copies that outlive their transaction", async () => {
  const environment = await open();
  environment.write((tx) => tx.put("rows", Uint8Array.of(1), new Uint8Array(64).fill(1)));
  const kept = environment.read((tx) => [...tx.rows("rows")]);
  environment.write((tx) => tx.put("rows", Uint8Array.of(1), new Uint8Array(64).fill(2)));
  await environment.close();
  kept[0]?.value.fill(9, 0, 1);
  assert.is(kept[0]?.value[63], 1);
});

test("keyAfterPrefix: the next key that does not begin with it", () => {
  assert.equal(keyAfterPrefix(Uint8Array.of(1, 2)), Uint8Array.of(1, 3));
  assert.equal(keyAfterPrefix(Uint8Array.of(1, 255)), Uint8Array.of(2));
  assert.is(keyAfterPrefix(Uint8Array.of(255, 255)), undefined);
  assert.is(keyAfterPrefix(new Uint8Array(0)), undefined);
});

test("cursor: what a damaged page gives is STATE_DAMAGED, never a bug", () => {
  const cursorOn = (given: unknown, value: unknown) =>
    new RangeCursor(
      { goToFirst: () => given, getCurrentBinary: () => value } as unknown as NativeCursor,
      {},
    );
  throwsFault(() => cursorOn(true, null).step(), "STATE_DAMAGED");
  throwsFault(() => cursorOn(undefined, null).step(), "STATE_DAMAGED");
  const whole = cursorOn(Uint8Array.of(1), null);
  assert.equal(whole.step(), Uint8Array.of(1));
  throwsFault(() => whole.value(), "STATE_DAMAGED");
});

test.run();
