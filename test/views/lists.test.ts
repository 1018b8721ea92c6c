/**
 * Goal: every page of every list begins right behind the one before, whatever its size, and the
 * pages together are the whole list, each row once. Method: concepts, predicates, authors and
 * sources whose names are neighbours in the order of bytes; each list is read at once, then in
 * pages of one, two and seven rows.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ViewStore } from "../../src/views/view-store.js";
import type { Page, ViewSnapshot } from "../../src/views/view-types.js";
import { throwsFault } from "../support/expect.js";
import { apply, assertion, GrowingLog, genesisBlock, openStore, said } from "./applying.js";

const test = suite("views: lists");
const alice = new Uint8Array(32).fill(0xa1);
const bob = new Uint8Array(32).fill(0xb0);

const paths = ["a", "a/b", "a/b-c", "a/b/c", "a/b/c/d", "a/e/f", "ab", "x://y", "x://y/z", "ü/v"];

async function withStore(work: (store: ViewStore) => void): Promise<void> {
  const store = await openStore();
  try {
    work(store);
  } finally {
    await store.close();
  }
}

type List = (snapshot: ViewSnapshot, page: Page) => readonly { readonly key: Uint8Array }[];

/** The same in pages of several sizes as at once. */
function paged(store: ViewStore, list: List, nameOf: (row: never) => unknown): unknown[] {
  const all = store.read((snapshot) =>
    list(snapshot, { limit: 1_000 }).map((row) => nameOf(row as never)),
  );
  for (const limit of [1, 2, 7]) {
    const rows: unknown[] = [];
    let after: Uint8Array | undefined;
    for (;;) {
      const page = store.read((snapshot) => {
        const from = after === undefined ? {} : { after };
        return list(snapshot, { limit, ...from }).map((row) => ({
          ...row,
          name: nameOf(row as never),
          key: row.key,
        }));
      });
      rows.push(...page.map(({ name }) => name));
      after = page.at(-1)?.key;
      if (after === undefined) break;
    }
    assert.equal(rows, all, `pages of ${limit}`);
  }
  return all;
}

const pathOf = ({ conceptPath }: { conceptPath: string }) => conceptPath;

function filled(store: ViewStore): void {
  const log = new GrowingLog();
  const claims = paths.flatMap((conceptPath, i) => [
    said(alice, assertion({ conceptPath, source: { id: `s${i % 3}`, class: "expert" } })),
    said(bob, assertion({ conceptPath, predicate: i % 2 === 0 ? "q" : "p", polarity: "denies" })),
  ]);
  apply(store, [genesisBlock, log.add(...claims.slice(0, 7)), log.add(...claims.slice(7))]);
}

test("questions: in the order of their keys, all or below whole segments", async () => {
  await withStore((store) => {
    filled(store);
    const below = (prefix: string, predicate?: string) => {
      const range = { prefix, ...(predicate === undefined ? {} : { predicate }) };
      const list: List = (snapshot, page) => snapshot.questions({ ...range, ...page });
      const name = (row: { conceptPath: string; predicate: string }) =>
        `${row.conceptPath} ${row.predicate}`;
      return paged(store, list, name);
    };
    assert.is(below("").length, 15);
    assert.equal(below("a/b"), ["a/b p", "a/b/c p", "a/b/c/d p", "a/b/c/d q"]);
    assert.equal(below("a/b", "q"), ["a/b/c/d q"]);
    assert.equal(below("x://y"), ["x://y p", "x://y/z p", "x://y/z q"]);
    assert.equal(below("nothing"), []);
    assert.equal(below("z".repeat(2_000)), []);
    store.read((snapshot) => {
      assert.equal(snapshot.predicatesOf("a/b-c"), ["p", "q"]);
      assert.equal(snapshot.predicatesOf("a/e"), []);
      assert.is(snapshot.question("a/b", "x".repeat(2_000)), undefined);
    });
  });
});

test("concepts: all below a prefix, or its children, each once", async () => {
  await withStore((store) => {
    filled(store);
    const concepts = (prefix: string, childrenOnly: boolean) => {
      const list: List = (snapshot, page) => snapshot.concepts({ prefix, childrenOnly, ...page });
      return paged(store, list, pathOf);
    };
    const bytewise = (all: readonly string[]) =>
      [...all].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    assert.equal(new Set(concepts("", false)), new Set(bytewise(paths)));
    assert.is(concepts("", false).length, paths.length);
    assert.equal(concepts("a/b", false), ["a/b", "a/b/c", "a/b/c/d"]);
    assert.equal(concepts("", true), ["a", "ab", "x://y", "ü"]);
    assert.equal(concepts("a", true), ["a/b", "a/b-c", "a/e"]);
    assert.equal(concepts("x://y", true), ["x://y/z"]);
    store.read((snapshot) => {
      const [first, , third] = snapshot.concepts({ prefix: "a", childrenOnly: true, limit: 9 });
      assert.equal(
        { ...first, key: undefined },
        { conceptPath: "a/b", predicates: ["p"], claimCount: 2, hasChildren: true, key: undefined },
      );
      assert.equal(
        { ...third, key: undefined },
        { conceptPath: "a/e", predicates: [], claimCount: 0, hasChildren: true, key: undefined },
      );
    });
  });
});

test("assertions: of an author or a source, both ways", async () => {
  await withStore((store) => {
    filled(store);
    const indexOf = ({ index }: { index: number }) => index;
    for (const isBackward of [false, true]) {
      const authors: List = (snapshot, page) =>
        snapshot.assertionsOf({ kind: "author", author: alice }, { ...page, isBackward });
      const own = Array.from({ length: 10 }, (_, i) => 2 * i);
      assert.equal(paged(store, authors, indexOf), isBackward ? own.reverse() : own);
    }
    const sources: List = (snapshot, page) =>
      snapshot.assertionsOf({ kind: "source", sourceId: "s0" }, page);
    assert.equal(paged(store, sources, indexOf), [0, 6, 12, 18]);
    store.read((snapshot) => {
      const nobody = { kind: "author", author: new Uint8Array(32) } as const;
      assert.equal(snapshot.assertionsOf(nobody, { limit: 5 }), []);
    });
  });
});

test("sources: with their claims and best class, in the order of their ids", async () => {
  await withStore((store) => {
    filled(store);
    const record = said(bob, { kind: "source_record", id: "s9", class: "clinical" });
    apply(store, [new GrowingLog(new Uint8Array(32).fill(3)).add(record)]);
    const list: List = (snapshot, page) => snapshot.sources(page);
    const rows = paged(
      store,
      list,
      ({ sourceId, claimCount }: { sourceId: string; claimCount: number }) => [
        sourceId,
        claimCount,
      ],
    );
    assert.equal(rows, [
      ["s0", 4],
      ["s1", 13],
      ["s2", 3],
      ["s9", 0],
    ]);
    store.read((snapshot) => {
      assert.is(snapshot.source("s0")?.sourceClass, "expert");
      assert.equal(snapshot.source("s9")?.record, record);
      assert.is(snapshot.source("s9")?.sourceClass, undefined);
      assert.is(snapshot.source("none"), undefined);
    });
  });
});

test("contested: the largest conflict first, and out of the list when there is none", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const claim = (conceptPath: string, text: string, confidenceMillionths: number) =>
      said(
        alice,
        assertion({ conceptPath, value: { kind: "text", text }, confidenceMillionths }),
        undefined,
      );
    const against = (conceptPath: string, confidenceMillionths: number) =>
      said(
        bob,
        assertion({ conceptPath, value: { kind: "text", text: "no" }, confidenceMillionths }),
      );
    const retracted = against("c", 900_000);
    apply(store, [
      genesisBlock,
      log.add(claim("a", "yes", 900_000), against("a", 100_000)),
      log.add(claim("b", "yes", 900_000), against("b", 900_000)),
      log.add(claim("c", "yes", 900_000), retracted),
      log.add(claim("d", "yes", 900_000)),
    ]);
    const list: List = (snapshot, page) => snapshot.contested(page);
    assert.equal(paged(store, list, pathOf), ["b", "c", "a"]);
    store.read((snapshot) => {
      assert.equal(snapshot.contested({ limit: 9, prefix: "a" }).map(pathOf), ["a"]);
      assert.is(snapshot.contested({ limit: 1 })[0]?.conflictMillionths, 1_000_000);
    });
    const target = new Uint8Array(log.blocks[2]?.id(1) ?? []);
    apply(store, [log.add(said(bob, { kind: "retraction", target, path: "c" }))]);
    assert.equal(paged(store, list, pathOf), ["b", "a"]);
  });
});

test("pages: behind a key that no list has, CURSOR_INVALID", async () => {
  await withStore((store) => {
    filled(store);
    for (const after of [new Uint8Array(0), new Uint8Array(600).fill(1)]) {
      const page = { after, limit: 1 };
      const of = { kind: "author", author: alice } as const;
      const lists: readonly ((snapshot: ViewSnapshot) => unknown)[] = [
        (snapshot: ViewSnapshot) => snapshot.questions(page),
        (snapshot: ViewSnapshot) => snapshot.concepts({ prefix: "", ...page }),
        (snapshot: ViewSnapshot) => snapshot.contested(page),
        (snapshot: ViewSnapshot) => snapshot.recent(page),
        (snapshot: ViewSnapshot) => snapshot.sources(page),
        (snapshot: ViewSnapshot) => snapshot.assertionsOf(of, page),
      ];
      for (const list of lists) {
        throwsFault(() => store.read(list), "CURSOR_INVALID");
      }
    }
  });
});

test("long lists: pages fill, split and stay in order, entries late or not", async () => {
  await withStore((store) => {
    const log = new GrowingLog();
    const late = new GrowingLog(new Uint8Array(32).fill(2));
    const claims = (count: number) => Array.from({ length: count }, () => said(alice, assertion()));
    const blocks = [genesisBlock];
    for (let round = 0; round < 12; round++) {
      blocks.push(log.addAt(BigInt(1_000 + round * 10) << 16n, ...claims(100)));
      // Between the blocks that came before.
      blocks.push(late.addAt(BigInt(500 + round * 17) << 16n, ...claims(40)));
    }
    for (const block of blocks) apply(store, [block]);
    const of = { kind: "author", author: alice } as const;
    const listed = store.read((snapshot) => snapshot.assertionsOf(of, { limit: 10_000 }));
    assert.is(listed.length, 12 * 140);
    const keys = listed.map(({ key }) => Buffer.from(key).toString("hex"));
    assert.equal(keys, [...keys].sort());
    assert.is(new Set(keys).size, keys.length);
    const list: List = (snapshot, page) => snapshot.assertionsOf(of, page);
    const back: List = (snapshot, page) => snapshot.assertionsOf(of, { ...page, isBackward: true });
    const some =
      (one: List): List =>
      (snapshot, page) => {
        return one(snapshot, { ...page, limit: page.limit * 150 });
      };
    const nameOf = ({ key }: { key: Uint8Array }) => Buffer.from(key).toString("hex");
    assert.equal(paged(store, some(list), nameOf), keys);
    assert.equal(paged(store, some(back), nameOf), [...keys].reverse());
  });
});

test.run();
