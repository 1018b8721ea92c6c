/**
 * Goal: lists are what was said, page after page, whatever is said between the pages; rules below a
 * concept are gathered within their bounds. Method: the engine over real views.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeEntry } from "../../src/entry/codec.js";
import type { Body, EntryFields } from "../../src/model/entry.js";
import { toHex } from "../../src/model/hex.js";
import type { Listing, ListRequest, Paging, QuestionsInput } from "../../src/model/query.js";
import { rejects } from "../support/expect.js";
import { administrator, root } from "../views/applying.js";
import { claim, startMs, text, voice } from "./conversation.js";
import { StoredViews } from "./stored-views.js";

const test = suite("query: lists");

class Said {
  readonly stored: StoredViews;
  #atMs = startMs;

  private constructor(stored: StoredViews) {
    this.stored = stored;
  }

  static async open(): Promise<Said> {
    const said = new Said(await StoredViews.open());
    const { clusterId } = root;
    said.say(administrator, { kind: "grant", clusterId, key: administrator, role: "curator" });
    return said;
  }

  /** A block of one entry, a second after the one before; returns its id. */
  say(author: Uint8Array, ...bodies: Body[]): Uint8Array {
    this.#atMs += 1_000;
    const entries = bodies.map((body): EntryFields => {
      return { author, salt: this.stored.salt(), body };
    });
    return this.stored.append(entries, this.#atMs)[0] as Uint8Array;
  }
}

/** The rows of all pages; `between` happens after each. */
async function everyRow<Input extends Paging & ListRequest, Row>(
  ask: (input: Input) => Promise<Listing<Row>>,
  input: Input,
  between: (page: number) => void = () => {},
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let cursor: Uint8Array | undefined;
  for (let page = 1; ; page++) {
    const listing = await ask(cursor === undefined ? input : { ...input, cursor });
    assert.ok(listing.rows.length <= (input.pageSize ?? 100));
    rows.push(...listing.rows);
    between(page);
    cursor = listing.nextCursor;
    if (cursor === undefined) return rows;
  }
}

async function library(): Promise<Said> {
  const said = await Said.open();
  for (const path of ["web/grid", "web/flex", "web", "web/grid/chrome", "web-assembly", "css"]) {
    said.say(voice(2), claim(path, text("yes"), { predicate: "known" }));
    said.say(voice(3), claim(path, text("no"), { predicate: "known" }));
  }
  said.say(voice(2), claim("web/grid", text("57"), { predicate: "since" }));
  return said;
}

test("concepts: below a prefix by whole segments, and the next segment only", async () => {
  const { stored } = await library();
  const { engine, never } = stored;
  const ask = (input: Parameters<typeof engine.concepts>[0]) => engine.concepts(input, never);
  for (const pageSize of [1, 2, 100]) {
    const rows = await everyRow(ask, { prefix: "web", pageSize });
    assert.equal(
      rows.map(({ conceptPath }) => conceptPath),
      ["web", "web/flex", "web/grid", "web/grid/chrome"],
    );
    const top = await everyRow(ask, { prefix: "", childrenOnly: true, pageSize });
    assert.equal(
      top.map(({ conceptPath, hasChildren }) => `${conceptPath} ${hasChildren}`).sort(),
      ["css false", "web true", "web-assembly false"],
    );
  }
  const [grid] = (await ask({ prefix: "web/grid" })).rows;
  assert.equal(grid, {
    conceptPath: "web/grid",
    predicates: ["known", "since"],
    claimCount: 3,
    hasChildren: true,
  });
  await stored.close();
});

test("questions: of a concept, of a prefix, the most contested, the most recent", async () => {
  const said = await library();
  const { engine, never } = said.stored;
  const namesOf = async (which: QuestionsInput["which"], pageSize: number) =>
    (await everyRow((input) => engine.questions(input, never), { which, pageSize })).map(
      ({ conceptPath, predicate }) => `${conceptPath} ${predicate}`,
    );
  for (const pageSize of [1, 3, 100]) {
    const concept = { kind: "concept", conceptPath: "web/grid" } as const;
    assert.equal(await namesOf(concept, pageSize), ["web/grid known", "web/grid since"]);
    const below = { kind: "prefix", prefix: "web/grid" } as const;
    assert.equal(await namesOf(below, pageSize), [
      "web/grid known",
      "web/grid since",
      "web/grid/chrome known",
    ]);
    const recent = await namesOf({ kind: "most_recent" }, pageSize);
    assert.equal(recent.slice(0, 2), ["web/grid since", "css known"]);
    assert.is(new Set(recent).size, 7);
    const contested = await namesOf({ kind: "most_contested", prefix: "web" }, pageSize);
    assert.equal([...contested].sort(), [
      "web known",
      "web/flex known",
      "web/grid known",
      "web/grid/chrome known",
    ]);
  }
  const which = { kind: "concept", conceptPath: "web/grid" } as const;
  const [facts] = (await engine.questions({ which }, never)).rows;
  assert.is(facts?.claimCount, 2);
  assert.is(facts?.conflictMillionths, 1_000_000);
  assert.is(facts?.valueCount, 2);
  await said.stored.close();
});

test("questions: of a concept that is called by two names, as one", async () => {
  const said = await library();
  const { engine, never } = said.stored;
  said.say(voice(4), claim("raster", text("yes"), { predicate: "known" }));
  said.say(voice(4), claim("raster", text("big"), { predicate: "size" }));
  said.say(administrator, { kind: "alias", path: "raster", canonical: "web/grid" });
  const which = { kind: "concept", conceptPath: "raster" } as const;
  const { rows } = await engine.questions({ which }, never);
  assert.equal(
    rows.map(({ conceptPath, predicate, claimCount }) => [conceptPath, predicate, claimCount]),
    [
      ["web/grid", "known", 3],
      ["web/grid", "since", 1],
      ["web/grid", "size", 1],
    ],
  );
  assert.is(rows[0]?.conflictMillionths, 918_296);
  await said.stored.close();
});

test("assertions: of an author and of a source, either way, while more are said", async () => {
  const said = await Said.open();
  const { stored } = said;
  const { engine, never } = stored;
  const source = { id: "mdn", class: "expert" } as const;
  const ids: string[] = [];
  for (let number = 0; number < 9; number++) {
    const one = claim(`a/${number}`, text("x"), number % 3 === 0 ? { source } : {});
    ids.push(toHex(said.say(voice(2), one)));
    said.say(voice(3), claim(`b/${number}`, text("y")));
  }
  const of = { kind: "author", author: voice(2) } as const;
  const ask = (input: Parameters<typeof engine.assertions>[0]) => engine.assertions(input, never);
  const later = () => said.say(voice(2), claim("later", text("z")));
  const rows = await everyRow(ask, { of, pageSize: 2 }, (page) => {
    if (page === 2) ids.push(toHex(later()));
  });
  assert.equal(
    rows.map(({ id }) => toHex(id)),
    ids,
  );
  const backwards = await everyRow(ask, { of, pageSize: 4, isBackward: true }, later);
  assert.equal(
    backwards.map(({ id }) => toHex(id)),
    [...ids].reverse(),
  );
  for (const { entry } of rows) assert.equal(decodeEntry(entry).author, voice(2));
  const bySource = await everyRow(ask, { of: { kind: "source", sourceId: "mdn" }, pageSize: 2 });
  assert.equal(
    bySource.map(({ id }) => toHex(id)),
    [ids[0], ids[3], ids[6]],
  );
  const nobody = await ask({ of: { kind: "author", author: voice(99) } });
  assert.equal(nobody.rows, []);
  await stored.close();
});

test("assertions: a page ends where its entries would not fit a reply", async () => {
  const said = await Said.open();
  const { engine, never } = said.stored;
  const long = "x".repeat(32_000);
  for (let number = 0; number < 60; number++) {
    said.say(voice(2), claim("long", text(`${long}${number}`)));
  }
  const of = { kind: "author", author: voice(2) } as const;
  const first = await engine.assertions({ of }, never);
  assert.ok(first.rows.length > 40 && first.rows.length < 50, `${first.rows.length}`);
  const ask = (input: Parameters<typeof engine.assertions>[0]) => engine.assertions(input, never);
  const all = await everyRow(ask, { of });
  assert.is(all.length, 60);
  await said.stored.close();
});

test("sources: with their best class, and why one was withdrawn", async () => {
  const said = await Said.open();
  const { engine, never } = said.stored;
  const named = (id: string, of: "expert" | "community") =>
    claim("a", text(id), { source: { id, class: of } });
  said.say(voice(2), named("blog", "community"), named("mdn", "community"), named("mdn", "expert"));
  said.say(administrator, { kind: "source_retraction", sourceId: "blog", reason: "made up" });
  said.say(voice(9), { kind: "source_retraction", sourceId: "mdn", reason: "by a stranger" });
  const ask = (input: Parameters<typeof engine.sources>[0]) => engine.sources(input, never);
  const rows = await everyRow(ask, { pageSize: 1 });
  assert.equal(rows, [
    {
      sourceId: "blog",
      claimCount: 1,
      sourceClass: "community",
      isRetracted: true,
      retractionReason: "made up",
    },
    { sourceId: "mdn", claimCount: 2, sourceClass: "expert", isRetracted: false },
  ]);
  assert.equal((await ask({ sourceId: "mdn" })).rows, [rows[1]]);
  assert.equal((await ask({ sourceId: "nobody" })).rows, []);
  await said.stored.close();
});

test("constraints: the rules at a concept and below, under all its names", async () => {
  const said = await Said.open();
  const { engine, never } = said.stored;
  const rule = (path: string, predicate: string, word: string) =>
    claim(path, text(word), { predicate });
  said.say(voice(2), rule("house", "must_use", "brick"), rule("house/roof", "must_use", "tile"));
  said.say(voice(3), rule("house", "forbidden", "brick"), rule("houses", "must_use", "wood"));
  said.say(voice(3), rule("home/door", "forbidden", "glass"));
  said.say(administrator, { kind: "alias", path: "home/door", canonical: "house/door" });
  const subject = { kind: "concept", conceptPath: "house" } as const;
  const { answers } = await engine.query({ subject, lens: "constraints" }, never);
  assert.is(answers.length, 1);
  assert.is(answers[0]?.status, "contested");
  assert.equal(
    answers[0]?.constraints?.map(({ conceptPath, predicate, isContradicted }) => {
      return `${conceptPath} ${predicate} ${isContradicted}`;
    }),
    [
      "house forbidden true",
      "house must_use true",
      "house/door forbidden false",
      "house/roof must_use false",
    ],
  );
  const question = { conceptPath: "house/roof", predicate: "must_use" };
  const asked = { subject: { kind: "question", question }, lens: "constraints" } as const;
  const roof = await engine.query(asked, never);
  assert.is(roof.answers[0]?.constraints?.length, 1);
  await said.stored.close();
});

test("constraints: too many claims are refused, with what to do", async () => {
  const said = await Said.open();
  const { engine, never } = said.stored;
  for (let block = 0; block < 11; block++) {
    const rules = Array.from({ length: 1_000 }, (_, number) =>
      claim(`large/${block}`, text(`${number}`), { predicate: "must_use" }),
    );
    said.say(voice(2), ...rules);
  }
  const ask = (conceptPath: string) =>
    engine.query({ subject: { kind: "concept", conceptPath }, lens: "constraints" }, never);
  await rejects(ask("large"), "ARGUMENT_INVALID");
  assert.is((await ask("large/3")).answers[0]?.constraints?.length, 1_000);
  await said.stored.close();
});

test.run();
