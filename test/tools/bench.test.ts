/**
 * Goal: the benchmark says what it measured, and its gates let no real loss through. Method:
 * made-up numbers through what judges, prints and writes them; nothing is measured here.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readTyped, TypedWrongly } from "../../tools/bench/command-line.js";
import { figuresText, goalText, judge, medianFigures, short } from "../../tools/bench/figures.js";
import { betterOf, gates, judgeGates, type ToyFacts } from "../../tools/bench/gates.js";
import { type Report, rowLine, withReport } from "../../tools/bench/report.js";

const test = suite("tools: bench");

const healthy: ToyFacts = {
  batches: 300_000,
  singles: 13_000,
  batchesWithStuckSubscriber: 280_000,
  catchUp: 700_000,
  openLoopAsked: 150_000,
  openLoopReached: 149_500,
  openShortMs: 25,
  openLongMs: 30,
  lanesUs: 0.42,
  portableUs: 0.9,
  following: 0.1,
  besideViews: 0.7,
  keptMs: 0.3,
  weighedMs: 1.2,
  asOfMs: 1.3,
  httpMs: 0.4,
};

test("a healthy node passes every gate", () => {
  assert.is(judgeGates(healthy).filter(({ isPassed }) => !isPassed).length, 0);
});

const losses: readonly (readonly [string, Partial<ToyFacts>])[] = [
  ["a signature per entry", { batches: 15_000, catchUp: 700_000 }],
  ["a writer that waits for readers", { batchesWithStuckSubscriber: 4_000 }],
  ["a replay that reads entry by entry", { catchUp: 90_000 }],
  ["a node that falls behind at half its rate", { openLoopReached: 100_000 }],
  ["an opening that reads the whole log", { openLongMs: 200 }],
  ["lanes that fell back", { lanesUs: 0.9 }],
  ["views that fall behind", { following: 0.01 }],
  ["views that take the writer's core", { besideViews: 0.2 }],
  ["answers that are never kept", { keptMs: 1.2, httpMs: 1.3 }],
  ["a moment that is looked for entry by entry", { asOfMs: 20 }],
  ["HTTP that does more than translate", { httpMs: 2 }],
];
for (const [name, loss] of losses) {
  test(`${name} fails a gate`, () => {
    const facts = { ...healthy, ...loss };
    assert.ok(judgeGates(facts).some(({ isPassed }) => !isPassed));
  });
}

test("every gate is failed by a loss of its own", () => {
  const failed = losses.map(([, loss]) =>
    judgeGates({ ...healthy, ...loss }).findIndex(({ isPassed }) => !isPassed),
  );
  assert.is(new Set(failed).size, gates.length);
});

test("a number that could not be measured passes no gate", () => {
  const results = judgeGates({ ...healthy, lanesUs: Number.NaN });
  assert.ok(results.some(({ isPassed }) => !isPassed));
});

test("the better of two measurements counts", () => {
  const bad = judgeGates({ ...healthy, catchUp: 1_000 });
  const good = judgeGates(healthy);
  assert.ok(betterOf(bad, good).every(({ isPassed }) => isPassed));
  assert.ok(betterOf(good, bad).every(({ isPassed }) => isPassed));
  assert.not(betterOf(bad, bad).every(({ isPassed }) => isPassed));
});

test("a row below its must says so, and one that misses only the aim too", () => {
  const must = { entriesPerSecondMin: 200_000, p99Max: 25 };
  const aim = { entriesPerSecondMin: 350_000 };
  assert.is(judge({ entriesPerSecond: 360_000, p99: 24 }, must, aim), "aim");
  assert.is(judge({ entriesPerSecond: 340_000, p99: 24 }, must, aim), "must");
  assert.is(judge({ entriesPerSecond: 360_000, p99: 26 }, must, aim), "below");
  assert.is(judge({ entriesPerSecond: 199_999, p99: 24 }, must, aim), "below");
});

test("the median is the middle run, and its latencies are medians of their own", () => {
  const runs = [
    { entriesPerSecond: 3, p50: 1, p99: 90 },
    { entriesPerSecond: 1, p50: 2, p99: 20 },
    { entriesPerSecond: 2, p50: 3, p99: 10 },
  ];
  assert.equal(medianFigures(runs), { entriesPerSecond: 2, p50: 2, p99: 20 });
});

test("figures and goals are readable", () => {
  assert.is(figuresText({ entriesPerSecond: 201_234.4 }), "201,234 /s");
  assert.is(figuresText({ ms: 85.49 }), "85.5 ms");
  assert.is(figuresText({ ms: 1_160 }), "1.16 s");
  assert.is(goalText({ msMax: 200 }), "≤ 200 ms");
  assert.is(goalText({ entriesPerSecondMin: 200_000, p99Max: 25 }), "200,000 /s, p99 ≤ 25 ms");
  assert.is(short(0.19123), "0.191");
});

const report: Report = {
  command: "npm run bench -- --write",
  date: "2026-01-01",
  machine: new Map([["cores", "2"]]),
  method: "median of 3 runs of 5 s, after 1 s",
  rows: [
    {
      plan: { name: "batches", what: "batches of 256", must: { p99Max: 25 }, aim: {} },
      figures: { entriesPerSecond: 250_000, p50: 5, p99: 30, p999: 40 },
      spread: "240,000..260,000",
      loadAverage: 1.25,
    },
  ],
  peers: [{ name: "Redis streams", skipped: "redis-server is not installed" }],
};
const page = "# A page\n\n<!-- measured: written by `npm run bench -- --write` -->\nold\n";

test("the page keeps what was written by hand, and says what was skipped", () => {
  const text = withReport(`${page}<!-- measured: end -->\n\n## By hand\n`, report);
  assert.ok(text.startsWith("# A page\n"));
  assert.ok(text.endsWith("\n\n<!-- measured: end -->\n\n## By hand\n"));
  assert.not.match(text, "\nold\n");
  assert.match(text, "**below the must**");
  assert.match(text, "skipped: redis-server is not installed");
  assert.match(text, "| **StemeDB** | batches of 256 |");
  assert.is(withReport(text, report), text);
});

test("a page without its marks is not written", () => {
  assert.throws(() => withReport("# A page\n", report), /lacks its marks/);
});

test("a line for the terminal holds the number, the verdict and how busy the machine was", () => {
  const [row] = report.rows;
  assert.ok(row);
  const line = rowLine(row);
  assert.match(line, "250,000 /s; 5 / 30 / 40 ms");
  assert.match(line, "below the must");
  assert.match(line, "load average 1.3");
});

test("what is typed wrongly is refused by name", () => {
  const known = ["batches", "wal"];
  assert.equal(readTyped(["--only", "wal", "--", "--batch", "1"], known).rest, ["--batch", "1"]);
  for (const words of [
    ["--only", "wall"],
    ["--seconds", "0"],
    ["--fast"],
    ["--write", "--only=wal"],
  ]) {
    assert.throws(
      () => readTyped(words, known),
      (error: unknown) => error instanceof TypedWrongly,
    );
  }
});

test.run();
