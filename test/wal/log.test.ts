/**
 * Goal: what was appended is there, in order, once it was acknowledged, and after every reopening.
 * Method: batches of chance on a simulated disk; the root is compared with the tree hash as RFC 6962
 * writes it, over everything that the log gives back.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { leafOf, plainRoot } from "../support/sample-batches.js";
import { batchEntriesOf, entriesOf, LogSubject } from "./log-subject.js";

const test = suite("wal: log");

test("append: entries are there after reopening, under the root of RFC 6962", async () => {
  const subject = new LogSubject();
  const log = await subject.formatAndOpen();
  await subject.appendEach(log, 3, 1, 5);
  const { size } = log;
  const root = log.root();
  await log.close();
  const again = await subject.open();
  assert.is(again.state, "open");
  assert.is(again.size, size);
  assert.equal(Buffer.from(again.root()), Buffer.from(root));
  const entries = await entriesOf(again);
  assert.is(entries.length, size);
  assert.equal(Buffer.from(plainRoot(entries.map(leafOf))), Buffer.from(root));
  const appended = subject.written.flatMap(({ entries }) => entries.map((one) => Buffer.from(one)));
  const stored = (await batchEntriesOf(again)).map((one) => Buffer.from(one));
  assert.equal(stored, appended);
  await again.close();
});

test.run();
