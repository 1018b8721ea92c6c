/**
 * Goal: what is put into a row is what comes out, and a row that is cut short is VIEWS_DAMAGED,
 * never something else. Method: random numbers, places, words, heads and rulings, each written and
 * read; truncations of all of them.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { RuledTier, RuledValue, Ruling } from "../../src/lens/ruling.js";
import { statuses } from "../../src/model/answer.js";
import { sourceClasses } from "../../src/model/entry.js";
import { isFault } from "../../src/model/fault.js";
import { placeAt, placeKey } from "../../src/views/places.js";
import { questionKey, questionKeyAt, questionOfKey, rowKey } from "../../src/views/question-key.js";
import { readQuestionHead, writeQuestionHead } from "../../src/views/question-row.js";
import { RowReader, RowWriter } from "../../src/views/row-bytes.js";
import { decodeRuling, encodeRulings } from "../../src/views/ruling-rows.js";
import { materialisedLenses } from "../../src/views/view-types.js";

const test = suite("views: rows");
/** Plain objects, as the code under test makes them. */
const record = <Fields>(fields: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }) =>
  fc.record(fields, { noNullPrototype: true });
const millionths = fc.nat(1_000_000);
const time = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const log = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("numbers: varints, signed ones and times come back", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer(), time, (natural, integer, hybrid) => {
      const writer = new RowWriter(1);
      writer.varint(natural);
      writer.signed(integer);
      writer.u64(hybrid);
      const reader = new RowReader(writer.copy());
      assert.equal([reader.varint(), reader.signed(), reader.u64()], [natural, integer, hybrid]);
      assert.ok(reader.isAtEnd);
    }),
  );
});

test("places: come back, and sort like themselves", () => {
  const place = record({ recorded: time, logId: log, index: fc.nat(2 ** 40) });
  fc.assert(
    fc.property(place, place, (left, right) => {
      const [one, other] = [placeKey(left), placeKey(right)];
      assert.equal(placeAt(one, 0), left);
      const order =
        Number(left.recorded > right.recorded) - Number(left.recorded < right.recorded) ||
        Buffer.compare(left.logId, right.logId) ||
        Math.sign(left.index - right.index);
      assert.is(Buffer.compare(one, other), order);
    }),
  );
});

test("keys: a question's key names it, and begins the rows of no other", () => {
  const name = fc.stringMatching(/^[a-zé/-]{1,12}$/);
  fc.assert(
    fc.property(name, name, name, name, (path, predicate, otherPath, otherPredicate) => {
      const key = questionKey(path, predicate);
      assert.equal(questionOfKey(key), { conceptPath: path, predicate });
      const bytes = Buffer.from(`..${path}${predicate}..`);
      const end = 2 + Buffer.byteLength(path);
      const found = questionKeyAt(bytes, 2, end, end, end + Buffer.byteLength(predicate));
      assert.is(Buffer.compare(found, key), 0);
      const other = questionKey(otherPath, otherPredicate);
      if (Buffer.compare(key, other) === 0) return;
      assert.not.ok(Buffer.from(rowKey(other, 7)).subarray(0, key.length).equals(key));
    }),
  );
});

const claim = record({
  candidate: fc.nat(5_000),
  weightMillionths: fc.integer({ min: -(2 ** 40), max: 2 ** 40 }),
  sourceClass: fc.constantFrom(...sourceClasses),
  isOnBehalf: fc.boolean(),
});
const value: fc.Arbitrary<RuledValue> = record({
  latest: fc.nat(5_000),
  supportMillionths: fc.nat(2 ** 30),
  claimCount: fc.nat(300),
  voiceCount: fc.nat(300),
  claims: fc.array(claim, { maxLength: 4 }),
});
const decision = record({
  winner: fc.integer({ min: -1, max: 70 }),
  confidenceMillionths: fc.oneof(millionths, fc.constant(1_000_000)),
  conflictMillionths: fc.oneof(millionths, fc.constant(0)),
  status: fc.constantFrom(...statuses),
  values: fc.array(value, { maxLength: 3 }),
});
const tier: fc.Arbitrary<RuledTier> = fc
  .tuple(decision, fc.constantFrom(...sourceClasses))
  .map(([decided, sourceClass]) => ({ ...decided, sourceClass }));
const counts = record({
  candidates: fc.nat(5_000),
  considered: fc.nat(5_000),
  revised: fc.nat(5_000),
  redacted: fc.constant(3),
  ineligible: fc.nat(5_000),
});
const extras = fc.record(
  {
    tiers: fc.array(tier, { maxLength: 2 }),
    tiersConflictMillionths: millionths,
    isWithoutVotes: fc.boolean(),
    isManyValued: fc.boolean(),
  },
  { requiredKeys: [], noNullPrototype: true },
);
const rulings: fc.Arbitrary<readonly Ruling[]> = fc
  .tuple(counts, ...materialisedLenses.map(() => fc.tuple(decision, extras, fc.nat(100))))
  .map(([counted, ...rest]) =>
    rest.map(([decided, more, valueCount], i) => {
      const lens = materialisedLenses[i] ?? "recency";
      return { lens, counts: counted, valueCount, ...decided, ...more };
    }),
  );

test("rulings: all six come back as they were; the erased claims are added", () => {
  fc.assert(
    fc.property(rulings, (said) => {
      const bytes = encodeRulings(said, (place) => place);
      for (const ruling of said) {
        const lens = ruling.lens as (typeof materialisedLenses)[number];
        assert.equal(decodeRuling(bytes, lens, 3), ruling);
      }
    }),
    { numRuns: 60 },
  );
});

test("rulings: claims are named by their ordinals", () => {
  fc.assert(
    fc.property(rulings, (said) => {
      const bytes = encodeRulings(said, (place) => place + 10);
      const [first] = said;
      const back = decodeRuling(bytes, "recency", 0);
      assert.equal(
        back.values.map(({ latest }) => latest),
        first?.values.map(({ latest }) => latest + 10),
      );
    }),
    { numRuns: 20 },
  );
});

const ruled = record({
  records: fc.nat(),
  worldStamp: fc.nat(),
  trustStamp: fc.nat(),
  fromMs: fc.oneof(fc.integer(), fc.constant(Number.NEGATIVE_INFINITY)),
  untilMs: fc.oneof(fc.integer(), fc.constant(Number.POSITIVE_INFINITY)),
  rulings: fc.uint8Array({ maxLength: 40 }),
});
const head = record({
  number: fc.nat(),
  recordCount: fc.nat(),
  claimCount: fc.nat(),
  lastPage: fc.nat(),
  latest: record({ recorded: time, log: fc.nat(), index: fc.maxSafeNat() }),
  conflictMillionths: millionths,
  valueCount: fc.nat(),
  ruled: fc.option(ruled, { nil: undefined }),
});

test("heads: come back; every truncation is VIEWS_DAMAGED", () => {
  fc.assert(
    fc.property(head, (said) => {
      const writer = new RowWriter();
      writeQuestionHead(writer, said);
      const bytes = writer.copy();
      assert.equal(readQuestionHead(new RowReader(bytes)), said);
      for (let end = 0; end < bytes.length; end++) {
        const read = () => readQuestionHead(new RowReader(bytes.subarray(0, end)));
        assert.throws(read, (error: unknown) => isFault(error, "VIEWS_DAMAGED"));
      }
    }),
    { numRuns: 40 },
  );
});

test.run();
