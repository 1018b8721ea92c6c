/**
 * Goal: a filter keeps exactly the entries that its conditions say, and paths match by whole
 * segments. Method: a naive model over decoded entries, against entries and filters of chance;
 * a table for the edges of a path.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeEntry } from "../../src/entry/codec.js";
import { bodyKinds } from "../../src/model/entry.js";
import { Filter, type FilterFields } from "../../src/subscription/filter.js";
import { entry as anyEntry } from "../entry/arbitrary.js";
import { assertionBody, authorOf, entryOf } from "../support/batches.js";
import { authors, claim, everything, keeps } from "./claims-log.js";

const test = suite("subscription: filter");

const matches = (fields: Partial<FilterFields>, bytes: Uint8Array): boolean =>
  Filter.of({ ...everything, ...fields })?.matches(bytes) ?? true;

test("of: no condition is no filter", () => {
  assert.is(Filter.of(undefined), undefined);
  assert.is(Filter.of(everything), undefined);
});

const some = <T>(...values: readonly T[]): fc.Arbitrary<T[]> =>
  fc.oneof(fc.constant<T[]>([]), fc.constant<T[]>([]), fc.subarray([...values], { maxLength: 2 }));
const anyFilter: fc.Arbitrary<FilterFields> = fc.record({
  conceptPrefixes: some("a", "a/b1", "a/b2/c2", "a/b", "b1", "a/b1/c1/d"),
  predicates: some("p0", "p1", "p", "p11"),
  authors: some(...authors.map(({ publicKey }) => publicKey)),
  sourceClasses: some(1, 2, 3, 6),
  kinds: some(10, 11, 12, 15, 20),
});

test("matches: what the model keeps, over claims of every kind (property)", () => {
  let kept = 0;
  fc.assert(
    fc.property(anyFilter, fc.nat({ max: 2_000 }), (fields, number) => {
      const bytes = claim(number);
      const expected = keeps(fields, bytes);
      if (expected) kept++;
      assert.is(matches(fields, bytes), expected);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(kept > 100, "the property looks at both sides");
});

test("matches: any entry, with conditions taken from the entry itself (property)", () => {
  fc.assert(
    fc.property(anyEntry, fc.nat({ max: 31 }), fc.boolean(), (fields, parts, isWrong) => {
      const bytes = encodeEntry(fields);
      const { author, body } = fields;
      const path = "path" in body ? body.path : "conceptPath" in body ? body.conceptPath : "x";
      const predicate = body.kind === "assertion" ? body.predicate : "y";
      const filter: FilterFields = {
        conceptPrefixes: parts & 1 ? [path, "other"] : [],
        predicates: parts & 2 ? ["other", predicate] : [],
        authors: parts & 4 ? [author] : [],
        sourceClasses: parts & 8 ? [1, 2, 3, 4, 5, 6] : [],
        kinds: parts & 16 ? [bodyKinds[body.kind]] : [],
      };
      const bent = isWrong ? { ...filter, kinds: [bodyKinds.log_closed] } : filter;
      assert.is(matches(bent, bytes), keeps(bent, bytes));
    }),
  );
});

const author = authorOf(1);
const at = (conceptPath: string) => entryOf(author, assertionBody(1, { conceptPath }));
const paths: readonly [prefix: string, path: string, isBelow: boolean][] = [
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", true],
  ["a/b", "a/bc", false],
  ["a/b", "a", false],
  ["a/b/c", "a/b", false],
  ["b", "a/b", false],
  ["https://x", "https://x/y", true],
  ["é", "é/a", true],
];
for (const [prefix, path, isBelow] of paths) {
  test(`matches: ${path} ${isBelow ? "is" : "is not"} below ${prefix}`, () => {
    assert.is(matches({ conceptPrefixes: [prefix] }, at(path)), isBelow);
    assert.is(matches({ conceptPrefixes: ["other", prefix] }, at(path)), isBelow);
  });
}

test("matches: an entry without the field that a condition speaks of is left out", () => {
  const epoch = entryOf(author, { kind: "epoch", name: "before" });
  assert.not(matches({ conceptPrefixes: ["a"] }, epoch));
  assert.not(matches({ predicates: ["p"] }, epoch));
  assert.not(matches({ sourceClasses: [1] }, epoch));
  assert.ok(matches({ kinds: [bodyKinds.epoch], authors: [author.publicKey] }, epoch));
});

test("matches: bytes that are no entry are left out", () => {
  assert.not(matches({ kinds: [10] }, new Uint8Array(0)));
  assert.not(matches({ kinds: [10] }, new Uint8Array(100).fill(0xff)));
});

test.run();
