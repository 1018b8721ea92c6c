/**
 * Goal: from its start on a subscription gives every position once and in order, save what its
 * filter leaves out; every token resumes exactly behind what was seen; it says when it is live,
 * behind, idle; and it leaves nothing behind when it ends. Method: a real log on a simulated disk,
 * frames pulled one by one, appends in between, time in the test's hands.
 */
import { getEventListeners } from "node:events";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { EntryRun } from "../../src/subscription/entry-run.js";
import { Filter, type FilterFields } from "../../src/subscription/filter.js";
import { resolveStart } from "../../src/subscription/start.js";
import type { SubscriptionOptions } from "../../src/subscription/subscription.js";
import type { Log } from "../../src/wal/log.js";
import { settled } from "../support/simulated-clock.js";
import { ClaimsLog, everything, keeps } from "./claims-log.js";
import { indexesOf, Reader, range } from "./reader.js";

const test = suite<{ claims: ClaimsLog }>("subscription: subscription");

test.before.each(async (context) => {
  context.claims = await ClaimsLog.open({ segmentBytesMax: 256 * 1024 });
});

test.after.each(({ claims }) => claims.log.close());

const listenersOf = (log: Log): number =>
  (log as unknown as { listeners: ReadonlySet<unknown> }).listeners.size;

test("frames: first where it stands, then the entries, then that it is caught up", async ({
  claims,
}) => {
  await claims.append(3, 5);
  const reader = new Reader(claims.log, { next: 4 });
  await reader.until("caughtUp");
  const { size } = claims.log;
  assert.equal(reader.seen[0], { kind: "confirmed", next: 4, size });
  assert.equal(reader.indexes, range(4, size));
  assert.is(reader.kinds.filter((kind) => kind === "caughtUp").length, 1);
  await reader.close();
});

test("frames: every position once and in order, with appends meanwhile (property)", async () => {
  const history = fc.array(
    fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant("read"), fc.constant("read")),
    { maxLength: 25 },
  );
  await fc.assert(
    fc.asyncProperty(history, fc.nat({ max: 30 }), fc.nat(), async (steps, first, from) => {
      const claims = await ClaimsLog.open({ cacheBytesMax: 4 * 1024 });
      await claims.append(first + 1, 1);
      const next = from % (claims.log.size + 1);
      const reader = new Reader(claims.log, { next });
      for (const step of steps) {
        if (step !== "read") await claims.append(step as number);
        else if (reader.seen.at(-1)?.kind !== "caughtUp") await reader.next();
      }
      const { size } = claims.log;
      while (reader.seen.length === 0 || (reader.indexes.at(-1) ?? next - 1) < size - 1) {
        await reader.next();
      }
      assert.equal(reader.indexes, range(next, size));
      await reader.close();
      assert.is(listenersOf(claims.log), 0);
      await claims.log.close();
    }),
    { numRuns: 60 },
  );
});

test("live: an append comes as soon as it is durable", async ({ claims }) => {
  const reader = new Reader(claims.log, { next: claims.log.size });
  await reader.until("caughtUp");
  const start = claims.log.size;
  for (const count of [1, 30, 2]) {
    const waiting = reader.next();
    await settled();
    await claims.append(count);
    assert.is((await waiting)?.kind, "entries");
  }
  assert.equal(reader.indexes, range(start, claims.log.size));
  await reader.close();
});

const filters: readonly Partial<FilterFields>[] = [
  { kinds: [10] },
  { conceptPrefixes: ["a/b1"], predicates: ["p1", "p2"] },
  { sourceClasses: [2] },
  { kinds: [62] },
];

for (const parts of filters) {
  test(`filter: ${Object.keys(parts)} gives what the model keeps, replayed and live`, async ({
    claims,
  }) => {
    const fields = { ...everything, ...parts };
    await claims.append(60, 1, 45);
    const reader = new Reader(claims.log, { filter: Filter.of(fields) });
    await reader.until("caughtUp");
    await claims.append(50, 3);
    const entries = await claims.entries();
    const wanted = range(0, entries.length).filter((at) =>
      keeps(fields, entries[at] ?? Buffer.alloc(0)),
    );
    while ((reader.indexes.at(-1) ?? -1) < (wanted.at(-1) ?? -1)) await reader.next();
    assert.ok(wanted.length > 3);
    assert.equal(reader.indexes, wanted);
    await reader.close();
  });
}

/** Follows a token from a new subscription on. */
async function resumed(
  { log }: ClaimsLog,
  token: Uint8Array,
  options: Partial<SubscriptionOptions> = {},
): Promise<number[]> {
  const next = await resolveStart(log, { kind: "frontier", token });
  const reader = new Reader(log, { ...options, next, untilEnd: true });
  await reader.toEnd();
  return reader.indexes;
}

test("tokens: every frame's, inside of blocks too, resumes exactly behind it", async ({
  claims,
}) => {
  await claims.append(2, 3_500, 5);
  for (const next of [0, 5, 1_000]) {
    const reader = new Reader(claims.log, { next, untilEnd: true });
    await reader.toEnd();
    const frames = reader.seen.filter((frame) => frame.kind === "entries");
    assert.ok(frames.length > 2, "a large block comes in several frames");
    for (const { run, token } of frames) {
      const last = run.block.firstIndex + run.end;
      assert.equal(await resumed(claims, token), range(last, claims.log.size));
    }
  }
});

test("tokens: of a filtered feed, nothing twice and nothing lost", async ({ claims }) => {
  await claims.append(40, 40, 40);
  const filter = Filter.of({ ...everything, predicates: ["p3"] });
  const reader = new Reader(claims.log, { filter, untilEnd: true });
  await reader.toEnd();
  const all = reader.indexes;
  let count = 0;
  for (const frame of reader.seen) {
    if (frame.kind === "entries") count += indexesOf(frame.run).length;
    if (frame.kind !== "entries" && frame.kind !== "caughtUp") continue;
    assert.equal(await resumed(claims, frame.token, { filter }), all.slice(count));
  }
  assert.ok(count > 3);
});

test("untilEnd: it ends where the log ended when it was opened", async ({ claims }) => {
  await claims.append(4, 4);
  const { size } = claims.log;
  const reader = new Reader(claims.log, { untilEnd: true });
  await reader.next();
  await claims.append(10);
  await reader.toEnd();
  assert.equal(reader.indexes, range(0, size));
  const last = reader.seen.at(-1);
  assert.ok(last?.kind === "caughtUp");
  assert.is(last.size, size);
});

test("untilEnd: from the end, it says so and ends", async ({ claims }) => {
  const reader = new Reader(claims.log, { untilEnd: true, next: claims.log.size });
  await reader.toEnd();
  assert.equal(reader.kinds, ["confirmed", "caughtUp"]);
});

test("heartbeat: after each interval without a frame, and only then", async ({ claims }) => {
  const reader = new Reader(claims.log, { next: claims.log.size, heartbeatMs: 500 });
  await reader.until("caughtUp");
  const { size } = claims.log;
  for (let beat = 0; beat < 3; beat++) {
    const waiting = reader.next();
    await settled();
    const count = reader.seen.length;
    await reader.clock.advance(499);
    assert.is(reader.seen.length, count, "not before the interval is over");
    await reader.clock.advance(1);
    assert.equal(await waiting, { kind: "heartbeat", next: size, size });
  }
  const waiting = reader.next();
  await settled();
  await reader.clock.advance(400);
  await claims.append(1);
  assert.is((await waiting)?.kind, "entries");
  await reader.close();
  assert.is(reader.clock.timerCount, 0);
});

test("progress: a filter that matches nothing says how far it is", async ({ claims }) => {
  const { subject, log } = claims;
  for (let block = 0; block < 17; block++) {
    await log.append(subject.next(4_096, 20).batch);
  }
  const filter = Filter.of({ ...everything, kinds: [61] });
  const reader = new Reader(log, { filter });
  const progress = await reader.until("progress");
  assert.ok(progress.kind === "progress");
  assert.ok(progress.next >= 65_536 && progress.next < log.size);
  assert.equal(await resumed(claims, progress.token), range(progress.next, log.size));
  await reader.until("caughtUp");
  assert.equal(reader.kinds, ["confirmed", "progress", "caughtUp"]);

  await reader.close();
});

test("progress: live, a quarter of a second after the last frame and not for every block", async ({
  claims,
}) => {
  const { log } = claims;
  const filter = Filter.of({ ...everything, kinds: [61] });
  const reader = new Reader(log, { filter, next: log.size, heartbeatMs: 10_000 });
  await reader.until("caughtUp");
  for (let round = 0; round < 2; round++) {
    const waiting = reader.next();
    const count = reader.seen.length;
    for (let block = 0; block < 20; block++) {
      await settled();
      await claims.append(1);
      await reader.clock.advance(10);
    }
    assert.is(reader.seen.length, count, "200 ms are not enough");
    await reader.clock.advance(60);
    const progress = await waiting;
    assert.ok(progress?.kind === "progress");
    assert.is(progress.next, log.size);
    assert.equal(await resumed(claims, progress.token), []);
  }
  const waiting = reader.next();
  await settled();
  await reader.clock.advance(10_001);
  assert.is((await waiting)?.kind, "heartbeat", "nothing was passed since");
  await reader.close();
});

test("heartbeat: while the log grows and nothing matches, progress takes its place", async ({
  claims,
}) => {
  const filter = Filter.of({ ...everything, kinds: [61] });
  const reader = new Reader(claims.log, { filter, next: claims.log.size, heartbeatMs: 100 });
  await reader.until("caughtUp");
  const waiting = reader.next();
  for (let block = 0; block < 11; block++) {
    await settled();
    await claims.append(1);
    await reader.clock.advance(10);
  }
  assert.is((await waiting)?.kind, "progress", "a frame at least every 100 ms");
  await reader.close();
});

test("filter: one that matches nothing lets others have the thread, with all in memory", async ({
  claims,
}) => {
  const { subject, log } = claims;
  for (let block = 0; block < 8; block++) await log.append(subject.next(4_096, 20).batch);
  assert.ok(log.hasRecent(20), "nothing has to be read from disk");
  const filter = Filter.of({ ...everything, kinds: [61] });
  const reader = new Reader(log, { filter, next: 20, untilEnd: true });
  let turns = 0;
  let isDone = false;
  const done = reader.toEnd().then(() => {
    isDone = true;
  });
  while (!isDone) {
    await settled();
    turns++;
  }
  await done;
  assert.ok(turns >= 4, `others had ${turns} turns while 32,768 entries were looked at`);
});

test("fellBehind: the next block left memory, the reader is told and loses nothing", async () => {
  const claims = await ClaimsLog.open({ cacheBytesMax: 16 * 1024 });
  const reader = new Reader(claims.log);
  await reader.until("caughtUp");
  const behindFrom = claims.log.size;
  await claims.append(...range(0, 20).map(() => 40));
  const { size } = claims.log;
  assert.not(claims.log.hasRecent(behindFrom));
  await reader.until("caughtUp");
  assert.equal(reader.indexes, range(0, size));
  const told = reader.seen.find(({ kind }) => kind === "fellBehind");
  assert.equal(told, { kind: "fellBehind", behind: size - behindFrom });
  const kinds = reader.kinds.filter((kind) => kind !== "entries");
  assert.equal(kinds, ["confirmed", "caughtUp", "fellBehind", "caughtUp"]);
  await reader.close();
  await claims.log.close();
});

test("slow: a reader that does not pull holds nothing up and is given nothing", async ({
  claims,
}) => {
  const reader = new Reader(claims.log);
  await reader.next();
  const start = claims.log.size;
  await claims.append(5, 5, 5);
  assert.is(claims.log.size, start + 3 * 6, "three blocks, each with its stamp");
  assert.is(listenersOf(claims.log), 0);
  await reader.until("caughtUp");
  assert.equal(reader.indexes, range(0, claims.log.size));
  await reader.close();
});

test("repeats: what is known of a run goes with it", async ({ claims }) => {
  await claims.append(3);
  const asked: number[] = [];
  const repeats = {
    of: async (run: EntryRun) => {
      asked.push(run.block.firstIndex + run.start);
      return new Map([[1, 0]]);
    },
  };
  const reader = new Reader(claims.log, { repeats, untilEnd: true });
  await reader.toEnd();
  const entries = reader.seen.filter((frame) => frame.kind === "entries");
  assert.is(asked.length, entries.length);
  for (const frame of entries) assert.is(frame.repeats.get(1), 0);
});

test("abort: a waiting subscription ends, and leaves no listener and no timer", async ({
  claims,
}) => {
  const reader = new Reader(claims.log, { next: claims.log.size });
  await reader.until("caughtUp");
  const waiting = reader.next();
  await settled();
  assert.is(listenersOf(claims.log), 1);
  reader.abort.abort();
  assert.is(await waiting, undefined);
  assert.is(listenersOf(claims.log), 0);
  assert.is(reader.clock.timerCount, 0);
  assert.is(getEventListeners(reader.abort.signal, "abort").length, 0);
});

test("abort: while it catches up, it ends at the next block", async ({ claims }) => {
  await claims.append(5, 5, 5);
  const reader = new Reader(claims.log);
  await reader.until("entries");
  reader.abort.abort();
  await reader.toEnd();
  assert.ok((reader.indexes.at(-1) ?? 0) < claims.log.size - 1);
});

test.run();
