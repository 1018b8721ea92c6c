/**
 * Goal: a question that is copied in pieces is the question as it stood at the first of them.
 * Method: a question of many pages in a real store, copied in pieces of every size, while more is
 * said; pieces whose words were mixed up.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { toHex } from "../../src/model/hex.js";
import { decodePieces } from "../../src/views/question-copy.js";
import type { ViewStore } from "../../src/views/view-store.js";
import { throwsFault } from "../support/expect.js";
import { apply, assertion, GrowingLog, genesisBlock, idOf, openStore, said } from "./applying.js";

const test = suite("views: question copy");
const author = (number: number): Uint8Array => new Uint8Array(32).fill(number);

/** Claims by several voices, some on behalf of others, with acts between them. */
async function talk(count: number): Promise<{ store: ViewStore; log: GrowingLog }> {
  const store = await openStore();
  const log = new GrowingLog();
  apply(store, [genesisBlock]);
  for (let number = 0; number < count; number++) {
    const claim = said(
      author(10 + (number % 9)),
      assertion({
        source: { id: `source ${number % 5}`, class: "expert" },
        ...(number % 4 === 0 ? { epoch: `epoch ${number % 3}` } : {}),
        ...(number % 6 === 0 ? { validFromMs: number, validUntilMs: number + 5 } : {}),
        ...(number % 7 === 0 ? { parent: new Uint8Array(32).fill(number) } : {}),
      }),
      number % 3 === 0 ? `person ${number % 8}` : undefined,
    );
    const target = idOf(claim);
    const vote = { kind: "vote", target, path: "a/b", weightMillionths: 5 } as const;
    const voter = number % 2 === 0 ? `voter ${number % 5}` : undefined;
    const act = said(author(50 + (number % 5)), vote, voter);
    apply(store, [log.add(claim, ...(number % 5 === 0 ? [act] : []))]);
  }
  return { store, log };
}

const recordsOf = (store: ViewStore) =>
  store.read((snapshot) => snapshot.question("a/b", "p")?.records());

/** In pieces of so many rows; `between` happens after each. */
function copied(store: ViewStore, rowsMax: number, between: () => void = () => {}): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let from: number | undefined = 0; from !== undefined; ) {
    const start: number = from;
    const piece = store.read((snapshot) => snapshot.question("a/b", "p")?.piece(start, rowsMax));
    if (piece === undefined) throw new Error("the question is there");
    pieces.push(piece.bytes);
    from = piece.next;
    between();
  }
  return pieces;
}

test("pieces of any size are the whole question", async () => {
  for (const count of [1, 200]) {
    const { store } = await talk(count);
    const whole = recordsOf(store);
    for (const rowsMax of [1, 2, 7, 1_000]) {
      assert.equal(decodePieces(copied(store, rowsMax)), whole, `${count} in ${rowsMax}`);
    }
    await store.close();
  }
});

test("what is said between the pieces is of a later moment", async () => {
  const { store, log } = await talk(200);
  const whole = recordsOf(store);
  const ids = (records: typeof whole) => records?.candidates.map(({ id }) => toHex(id));
  const pieces = copied(store, 3, () => apply(store, [log.add(said(author(99), assertion()))]));
  assert.ok(pieces.length > 3);
  assert.equal(ids(decodePieces(pieces)), ids(whole));
  assert.ok((ids(recordsOf(store))?.length ?? 0) > 200, "more was said");
  await store.close();
});

test("pieces of two generations are no copy", async () => {
  const first = await talk(100);
  const other = await openStore();
  const log = new GrowingLog();
  apply(other, [genesisBlock]);
  for (let number = 0; number < 100; number++) {
    apply(other, [log.add(said(author(200 + (number % 50)), assertion()))]);
  }
  const [head = new Uint8Array(0)] = copied(first.store, 2);
  const [, ...rest] = copied(other, 2);
  throwsFault(() => decodePieces([head, ...rest]), "VIEWS_UNAVAILABLE");
  await first.store.close();
  await other.close();
});

test.run();
