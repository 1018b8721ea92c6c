/**
 * Goal: an answer rests on what its caller asked for, or says that it does not, in time. Method:
 * views in memory that lag until they are told to catch up.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Freshness } from "../../src/model/answer.js";
import { encodeFrontier } from "../../src/model/frontier.js";
import type { QueryInput } from "../../src/model/query.js";
import { rejects, within } from "../support/expect.js";
import { Conversation, claim, text, voice, wonBy } from "./conversation.js";

const test = suite("query: freshness");

/** The views have seen `old`, the log holds `new` besides. */
function lagging(): Conversation {
  const said = new Conversation();
  said.say(voice(2), claim("x", text("old")));
  said.sayUnseen(voice(2), claim("x", text("new")));
  return said;
}

const asked = (freshness?: Freshness, rest: Partial<QueryInput> = {}): QueryInput => ({
  subject: { kind: "question", question: { conceptPath: "x", predicate: "p" } },
  lens: "recency",
  waitMs: 30,
  ...(freshness === undefined ? {} : { freshness }),
  ...rest,
});

const level = (name: "local" | "known" | "latest"): Freshness => ({ kind: "level", level: name });

test("local: whatever the views hold, at once", async () => {
  const said = lagging();
  const result = await said.engine.query(asked(level("local")), said.never);
  assert.equal(result.answers.map(wonBy), ["old"]);
  assert.is(result.isBehind, false);
  assert.equal(said.views.waits, []);
});

for (const name of ["known", "latest"] as const) {
  test(`${name}: waits for all that was durable, and no longer`, async () => {
    const said = lagging();
    const waiting = said.engine.query(asked(level(name), { waitMs: 5_000 }), said.never);
    said.sayUnseen(voice(2), claim("x", text("newer")));
    said.views.apply(said.log.size - 1);
    const result = await within(2_000, waiting);
    assert.equal(result.answers.map(wonBy), ["new"]);
    assert.is(result.isBehind, false);
  });

  test(`${name}: answers behind when the wait is over`, async () => {
    const said = lagging();
    const result = await said.engine.query(asked(level(name)), said.never);
    assert.equal(result.answers.map(wonBy), ["old"]);
    assert.is(result.isBehind, true);
  });
}

test("known: is the preset, and what is there is not waited for", async () => {
  const said = lagging();
  assert.is((await said.engine.query(asked(), said.never)).isBehind, true);
  said.views.apply();
  said.views.waits.length = 0;
  const result = await said.engine.query(asked(), said.never);
  assert.equal([result.isBehind, result.answers.map(wonBy)], [false, ["new"]]);
  assert.equal(said.views.waits, []);
});

test("the wait is a second at most, and less where the caller has less", async () => {
  const said = lagging();
  await said.engine.query(asked(level("known"), { waitMs: 40 }), said.never);
  const abort = new AbortController();
  const long = said.engine.query(asked(level("known"), { waitMs: 60_000 }), abort.signal);
  const { waitMs: _, ...preset } = asked(level("known"));
  const whole = said.engine.query(preset, abort.signal);
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  await rejects(long, "CANCELLED");
  await rejects(whole, "CANCELLED");
  assert.equal(said.views.waits, [40, 1_000, 1_000]);
});

test("a position: is there, or DEADLINE_EXCEEDED", async () => {
  const said = lagging();
  const position = { kind: "position", position: said.position(said.log.size - 1) } as const;
  await rejects(said.engine.query(asked(position), said.never), "DEADLINE_EXCEEDED");
  const waiting = said.engine.query(asked(position, { waitMs: 5_000 }), said.never);
  said.views.apply();
  const result = await within(2_000, waiting);
  assert.equal([result.isBehind, result.answers.map(wonBy)], [false, ["new"]]);
  const seen = { kind: "position", position: said.position(0) } as const;
  assert.is((await said.engine.query(asked(seen), said.never)).isBehind, false);
});

test("a frontier: is there, or DEADLINE_EXCEEDED", async () => {
  const said = lagging();
  const { basis } = await said.engine.query(asked(level("local")), said.never);
  const old = { kind: "frontier", frontier: basis.frontier } as const;
  assert.is((await said.engine.query(asked(old), said.never)).isBehind, false);
  said.views.apply();
  const { frontier } = (await said.engine.query(asked(), said.never)).basis;
  said.views.apply(said.log.size - 1);
  const wanted = { kind: "frontier", frontier } as const;
  await rejects(said.engine.query(asked(wanted), said.never), "DEADLINE_EXCEEDED");
});

test("tokens of another log are LOG_UNKNOWN, of another past POSITION_INVALID", async () => {
  const said = lagging();
  said.views.apply();
  const ask = (freshness: Freshness) => said.engine.query(asked(freshness), said.never);
  const foreign = { logId: new Uint8Array(32), index: 0 as never };
  await rejects(ask({ kind: "position", position: foreign }), "LOG_UNKNOWN");
  const item = { logId: new Uint8Array(32), size: 1, rootPrefix: new Uint8Array(8), next: 1 };
  await rejects(ask({ kind: "frontier", frontier: encodeFrontier([item]) }), "LOG_UNKNOWN");
  const otherPast = encodeFrontier([{ ...item, logId: said.log.id }]);
  await rejects(ask({ kind: "frontier", frontier: otherPast }), "POSITION_INVALID");
  await rejects(ask({ kind: "frontier", frontier: new Uint8Array(13) }), "POSITION_INVALID");
  const nothing = new Uint8Array(0);
  assert.is((await ask({ kind: "frontier", frontier: nothing })).isBehind, false);
});

test("as of a moment that the views have not reached: waited for, or behind", async () => {
  const said = lagging();
  const asOf = { kind: "position", position: said.position(said.log.size - 1) } as const;
  const local = await said.engine.query(asked(level("local"), { asOf }), said.never);
  assert.equal([local.isBehind, local.answers.map(wonBy)], [true, ["old"]]);
  const waiting = said.engine.query(asked(level("known"), { asOf, waitMs: 5_000 }), said.never);
  await new Promise((resolve) => setImmediate(resolve));
  said.views.apply();
  const result = await within(2_000, waiting);
  assert.equal([result.isBehind, result.answers.map(wonBy)], [false, ["new"]]);
});

test("lists wait like answers", async () => {
  const said = lagging();
  const input = { prefix: "", waitMs: 20 };
  assert.is((await said.engine.concepts(input, said.never)).isBehind, true);
  said.views.apply();
  const listing = await said.engine.concepts(input, said.never);
  assert.is(listing.isBehind, false);
  assert.is(listing.frontier.length, 48);
});

test.run();
