/**
 * Goal: each start form is the place that it names, and one that does not exist in this log is
 * refused, never bent to another. Method: a log of a few blocks whose places are known.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { emptyRootPrefix, encodeFrontier } from "../../src/model/frontier.js";
import { toIndex } from "../../src/model/position.js";
import { resolveStart, type Start } from "../../src/subscription/start.js";
import { rejects } from "../support/expect.js";
import { blocksOf } from "../wal/log-subject.js";
import { ClaimsLog } from "./claims-log.js";

interface Context {
  claims: ClaimsLog;
  /** Recorded milliseconds of the last block. */
  lastMs: number;
}

const test = suite<Context>("subscription: start");

test.before(async (context) => {
  const claims = await ClaimsLog.open();
  await claims.append(4, 4);
  await claims.subject.clock.advance(60_000);
  context.lastMs = claims.subject.clock.nowMs();
  await claims.append(4);
  context.claims = claims;
});

test.after(({ claims }) => claims.log.close());

const start = ({ claims }: Context, form: Start) => resolveStart(claims.log, form);
const at = ({ claims }: Context, index: number, logId = claims.log.id) => ({
  logId,
  index: toIndex(index),
});
const foreign = new Uint8Array(32).fill(9);

test("beginning, end: the first entry, and behind the newest", async (context) => {
  assert.is(await start(context, { kind: "beginning" }), 0);
  assert.is(await start(context, { kind: "end" }), context.claims.log.size);
});

test("at, after: this entry, and the one behind it", async (context) => {
  const last = context.claims.log.size - 1;
  for (const index of [0, 3, last]) {
    assert.is(await start(context, { kind: "at", position: at(context, index) }), index);
    assert.is(await start(context, { kind: "after", position: at(context, index) }), index + 1);
  }
  assert.is(await start(context, { kind: "at", position: at(context, last + 1) }), last + 1);
});

test("at, after: behind the end is POSITION_INVALID with index and size", async (context) => {
  const { size } = context.claims.log;
  const beyond = start(context, { kind: "at", position: at(context, size + 1) });
  const fault = (await rejects(beyond, "POSITION_INVALID")) as { detail: object };
  assert.equal(fault.detail, { index: size + 1, size });
  const after = start(context, { kind: "after", position: at(context, size) });
  await rejects(after, "POSITION_INVALID");
});

test("at, after: of another log is LOG_UNKNOWN", async (context) => {
  for (const kind of ["at", "after"] as const) {
    const form = { kind, position: at(context, 0, foreign as never) };
    await rejects(start(context, form), "LOG_UNKNOWN");
  }
});

test("last: so many before the end, all of it where there are fewer", async (context) => {
  const { size } = context.claims.log;
  assert.is(await start(context, { kind: "last", count: 0 }), size);
  assert.is(await start(context, { kind: "last", count: 3 }), size - 3);
  assert.is(await start(context, { kind: "last", count: size + 7 }), 0);
});

test("recorded: the first block at or after a moment", async (context) => {
  const starts = await context.claims.blockStarts();
  const lastBlock = starts.at(-2);
  assert.is(await start(context, { kind: "recorded", ms: 0 }), 0);
  assert.is(await start(context, { kind: "recorded", ms: context.lastMs }), lastBlock);
  assert.is(await start(context, { kind: "recorded", ms: context.lastMs - 59_000 }), lastBlock);
  const behind = await start(context, { kind: "recorded", ms: context.lastMs + 1 });
  assert.is(behind, context.claims.log.size);
});

interface Token {
  readonly logId?: Uint8Array;
  readonly size: number;
  readonly rootPrefix: Uint8Array;
  readonly next?: number;
}

const tokenStart = (context: Context, ...tokens: readonly Token[]) =>
  start(context, {
    kind: "frontier",
    token: encodeFrontier(
      tokens.map(({ logId = context.claims.log.id, size, rootPrefix, next = size }) => ({
        ...{ logId, size, rootPrefix, next },
      })),
    ),
  });

/** The end of each block and the root there. */
const ends = async ({ claims }: Context) =>
  (await blocksOf(claims.log)).map((block) => ({
    size: block.firstIndex + block.count,
    rootPrefix: block.statement.root.slice(0, 8),
  }));

test("frontier: the end of every block, and every place in the next one", async (context) => {
  const all = await ends(context);
  for (const [number, { size, rootPrefix }] of all.entries()) {
    assert.is(await tokenStart(context, { size, rootPrefix }), size);
    const end = all[number + 1]?.size ?? size;
    for (let next = size; next < end; next++) {
      assert.is(await tokenStart(context, { size, rootPrefix, next }), next);
    }
  }
  const none = { size: 0, rootPrefix: emptyRootPrefix, next: 1 };
  assert.is(await tokenStart(context, none), 1);
});

test("frontier: another root there is POSITION_INVALID", async (context) => {
  for (const { size, rootPrefix } of await ends(context)) {
    const other = Uint8Array.from(rootPrefix, (byte) => byte ^ 1);
    await rejects(tokenStart(context, { size, rootPrefix: other }), "POSITION_INVALID");
  }
});

test("frontier: a size inside a block, or behind the end, is POSITION_INVALID", async (context) => {
  const [first] = await ends(context);
  assert.ok(first);
  const { rootPrefix, size } = first;
  await rejects(tokenStart(context, { size: size + 1, rootPrefix }), "POSITION_INVALID");
  const beyond = context.claims.log.size + 1;
  await rejects(tokenStart(context, { size: beyond, rootPrefix }), "POSITION_INVALID");
  await rejects(tokenStart(context, { size, rootPrefix, next: beyond }), "POSITION_INVALID");
});

test("frontier: of several logs, the item of this one counts", async (context) => {
  const [first] = await ends(context);
  assert.ok(first);
  const others = [0, 255].map((value) => ({
    logId: new Uint8Array(32).fill(value),
    size: 1_000,
    rootPrefix: new Uint8Array(8),
  }));
  const [low, high] = others;
  assert.ok(low !== undefined && high !== undefined);
  assert.is(await tokenStart(context, low, first, high), first.size);
});

test("frontier: an index behind the next block is POSITION_INVALID", async (context) => {
  const all = await ends(context);
  for (const [number, { size, rootPrefix }] of all.entries()) {
    const next = all[number + 1]?.size;
    if (next === undefined) continue;
    await rejects(tokenStart(context, { size, rootPrefix, next }), "POSITION_INVALID");
  }
});

test("frontier: of nothing at all begins before the first entry", async (context) => {
  assert.is(await tokenStart(context), 0);
});

test("frontier: of other logs only is LOG_UNKNOWN", async (context) => {
  const item = { logId: foreign, size: 5, rootPrefix: new Uint8Array(8) };
  await rejects(tokenStart(context, item), "LOG_UNKNOWN");
});

test("frontier: bytes that are no token are POSITION_INVALID", async (context) => {
  for (const token of [Buffer.from("token"), Buffer.alloc(47), Buffer.alloc(57, 9)]) {
    await rejects(start(context, { kind: "frontier", token }), "POSITION_INVALID");
  }
});

test.run();
