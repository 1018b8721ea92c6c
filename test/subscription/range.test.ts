/**
 * Goal: a read gives exactly the wanted entries of its range, forwards and backwards, counted as
 * sent. Method: random ranges over a log of blocks and segments against a list of its entries.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Filter, type FilterFields } from "../../src/subscription/filter.js";
import { type RangeOptions, readRange } from "../../src/subscription/range.js";
import { ClaimsLog, everything, keeps } from "./claims-log.js";
import { indexesOf } from "./reader.js";

interface Context {
  claims: ClaimsLog;
  entries: Buffer[];
}

const test = suite<Context>("subscription: range");
const never = new AbortController().signal;

test.before(async (context) => {
  context.claims = await ClaimsLog.open({ cacheBytesMax: 8 * 1024 });
  await context.claims.append(5, 1, 300, 2, 40, 1, 1, 120, 7);
  context.entries = await context.claims.entries();
});

test.after(({ claims }) => claims.log.close());

async function read({ claims }: Context, options: Partial<RangeOptions>): Promise<number[][]> {
  const preset = { from: 0, count: 1_000_000, backwards: false, filter: undefined, signal: never };
  const runs: number[][] = [];
  for await (const run of readRange(claims.log, { ...preset, ...options })) {
    runs.push(indexesOf(run));
  }
  return runs;
}

const anyFilter = fc.constantFrom<Partial<FilterFields> | undefined>(
  undefined,
  undefined,
  { kinds: [10] },
  { kinds: [62] },
  { conceptPrefixes: ["a/b1"] },
  { conceptPrefixes: ["nothing"] },
  { predicates: ["p0"], sourceClasses: [1, 2] },
);

test("read: what the list says, both ways, filtered and counted (property)", async (context) => {
  const { entries } = context;
  await fc.assert(
    fc.asyncProperty(
      fc.nat({ max: entries.length }),
      fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 1_000 })),
      fc.boolean(),
      anyFilter,
      async (from, count, backwards, parts) => {
        const fields = { ...everything, ...parts };
        const wanted = entries
          .map((bytes, index) => ({ bytes, index }))
          .filter(({ index }) => (backwards ? index < from : index >= from))
          .filter(({ bytes }) => keeps(fields, bytes))
          .map(({ index }) => index);
        const expected = backwards ? wanted.slice(-count) : wanted.slice(0, count);
        const runs = await read(context, { from, count, backwards, filter: Filter.of(fields) });
        assert.ok(runs.every((run) => run.length > 0));
        assert.equal((backwards ? runs.reverse() : runs).flat(), expected);
      },
    ),
    { numRuns: 150 },
  );
});

test("read: from the end there is nothing forwards, and all of it backwards", async (context) => {
  const from = context.entries.length;
  assert.equal(await read(context, { from }), []);
  assert.is((await read(context, { from, backwards: true })).flat().length, from);
});

for (const backwards of [false, true]) {
  const way = backwards ? "backwards" : "forwards";
  test(`abort: reading ${way} ends, also where nothing matches`, async (context) => {
    const abort = new AbortController();
    let looked = 0;
    const filter = {
      matches: () => {
        if (++looked === 10) abort.abort();
        return false;
      },
    } as unknown as Filter;
    const { signal } = abort;
    const from = backwards ? context.entries.length : 0;
    assert.equal(await read(context, { from, backwards, filter, signal }), []);
    assert.ok(looked < context.entries.length, "the rest of the log was not looked at");
  });
}

test.run();
