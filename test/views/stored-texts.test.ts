/**
 * Goal: views of one log are the same under every version of Unicode. Method: an entry whose path
 * no edge of today lets in, since it is not in normal form, stands in the log nevertheless.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  administrator,
  apply,
  assertion,
  GrowingLog,
  genesisBlock,
  openStore,
  said,
} from "./applying.js";

const test = suite("views: stored texts");

test("what is stored is read, in whatever normal form its texts are", async () => {
  const store = await openStore();
  const entry = said(administrator, assertion({ conceptPath: "a/xyz" }));
  // An e, and the acute accent that another table of characters may know nothing of.
  entry.set([0x65, 0xcc, 0x81], Buffer.from(entry).indexOf("xyz"));
  apply(store, [genesisBlock, new GrowingLog().add(entry)]);
  store.read((snapshot) => {
    assert.is(snapshot.skippedCount, 0);
    assert.is(snapshot.question("a/e\u0301", "p")?.claimCount, 1);
  });
  await store.close();
});

test.run();
