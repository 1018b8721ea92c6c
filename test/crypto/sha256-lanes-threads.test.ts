/**
 * Goal: threads that opened the lanes over one shared memory hash at the same time without
 * touching each other's scratch, and the parent sees what they wrote. Method: two workers and the
 * main thread hash different messages again and again; every output is compared in the end.
 */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { sha256 } from "../../src/crypto/sha256.js";
import { createSharedArea, openSha256Lanes } from "../../src/crypto/sha256-lanes.js";
import { within } from "../support/expect.js";

const test = suite("crypto: sha256 lanes in threads");

const bytes = 256 * 1024;
const count = 100;
const rounds = 200;

test("threads: each has its own scratch, all see one area", async () => {
  const memory = createSharedArea(bytes);
  const lanes = openSha256Lanes({ bytes, shared: memory });
  const view = new DataView(memory.buffer);
  for (let index = 0; index < 100_000; index++) lanes.bytes[index] = (index * 7919) >>> 5;
  // Three tables of different messages, and three outputs.
  const tasks = [0, 1, 2].map((thread) => {
    const table = 100_000 + thread * 10_000;
    for (let index = 0; index < count; index++) {
      view.setUint32(table + index * 8, thread * 30_000 + index * 201, true);
      view.setUint32(table + index * 8 + 4, (index * 37 + thread * 11) % 400, true);
    }
    return { table, count, out: 150_000 + thread * 10_000, rounds };
  });

  const workers = [0, 1].map(
    () =>
      new Worker(new URL("./lanes-worker.js", import.meta.url), { workerData: { memory, bytes } }),
  );
  try {
    const done = workers.map((worker) => once(worker, "message"));
    for (const [index, worker] of workers.entries()) worker.postMessage(tasks[index]);
    const own = tasks[2];
    assert.ok(own);
    for (let round = 0; round < rounds; round++) lanes.many(own.table, count, own.out);
    await within(15_000, Promise.all(done));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }

  for (const { table, out } of tasks) {
    for (let index = 0; index < count; index++) {
      const pointer = view.getUint32(table + index * 8, true);
      const length = view.getUint32(table + index * 8 + 4, true);
      const expected = sha256(lanes.bytes.subarray(pointer, pointer + length));
      const place = out + index * 32;
      assert.is(Buffer.compare(lanes.bytes.subarray(place, place + 32), expected), 0);
    }
  }
});

test.run();
