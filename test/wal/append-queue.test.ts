/**
 * Goal: what goes into one block fits it, today and with every entry redacted; and nothing waits
 * that would fit. Method: groups of batches of chance, small entries and large ones mixed.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { batchBytesMax, batchEntriesMax, blockPayloadBytesMax } from "../../src/model/limits.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import { AppendQueue } from "../../src/wal/append-queue.js";
import { payloadBytesOf, REDACTED_BYTES } from "../../src/wal/block.js";
import { blockEntriesMax } from "../../src/wal/limits.js";
import { Seeded } from "../support/seeded.js";

const test = suite("wal: append queue");
const random = new Seeded(11);
/** The smallest entry that may be redacted: a source record. */
const recordBytes = 59;

function batchOf(count: number, entryBytes: number): AdmittedBatch {
  const none = new Uint8Array(0);
  return {
    author: none,
    writer: none,
    sequence: 1,
    signature: none,
    root: none,
    count,
    entries: new Uint8Array(count * entryBytes),
    lengths: new Uint16Array(count).fill(entryBytes),
    shards: new Uint16Array(count),
    leaves: none,
  };
}

const small = () => batchOf(batchEntriesMax, recordBytes);
const large = () => batchOf(16, batchBytesMax / 16 - 1);

function redactedBytes(batches: readonly AdmittedBatch[]): number {
  let slots = 256;
  let count = 1;
  for (const batch of batches) {
    count += batch.count;
    for (const length of batch.lengths) slots += Math.max(length, REDACTED_BYTES);
  }
  return payloadBytesOf(count, batches.length, slots);
}

test("a group: fits a block, and still does when its entries are redacted (property)", () => {
  for (let round = 0; round < 20; round++) {
    const queue = new AppendQueue();
    const isSmallFirst = round === 0;
    for (let i = 0; i < 24; i++) {
      const isSmall = isSmallFirst ? i < 15 : random.below(2) === 0;
      const batch = isSmall ? small() : large();
      queue.push({ batch, isAlone: false, resolve: () => {}, reject: () => {} });
    }
    while (queue.length > 0) {
      const batches = queue.takeGroup().members.map((member) => member.batch);
      const count = batches.reduce((sum, batch) => sum + batch.count, 1);
      assert.ok(count <= blockEntriesMax);
      assert.ok(redactedBytes(batches) <= blockPayloadBytesMax);
    }
  }
});

test("a group: takes all that fits", () => {
  const queue = new AppendQueue();
  for (let i = 0; i < 9; i++) {
    queue.push({ batch: large(), isAlone: false, resolve: () => {}, reject: () => {} });
  }
  assert.is(queue.takeGroup().members.length, 7);
  assert.is(queue.takeGroup().members.length, 2);
});

test.run();
