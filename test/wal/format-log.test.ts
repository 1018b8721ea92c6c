/**
 * Goal: a log is there whole or not at all, and says whose it is. Method: a simulated disk that
 * fails at each of format's operations in turn, and is formatted again.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatLog, listLogs } from "../../src/wal/format-log.js";
import { rejects } from "../support/expect.js";
import { LogSubject, logKey, treeHash, walDirectory } from "./log-subject.js";

const test = suite("wal: format log");

test("format: genesis, stamp and the administrator's batch, in the first block", async () => {
  const subject = new LogSubject();
  const { size, root } = await subject.format();
  assert.is(size, 4);
  const log = await subject.open();
  assert.is(log.size, 4);
  assert.equal(Buffer.from(log.root()), Buffer.from(root));
  assert.equal(Buffer.from(log.genesis.logKey), Buffer.from(logKey.publicKey));
  assert.equal(Buffer.from(log.genesis.clusterId), Buffer.alloc(16, 3));
  assert.equal(Buffer.from(log.genesis.firstAdministrator ?? []), Buffer.alloc(32, 4));
  const block = await log.read(0);
  assert.equal(Buffer.from(treeHash.leaf(block.entry(0))), Buffer.from(log.id));
  assert.is(block.batchCount, 1);
  assert.is(block.batch(0).firstEntry, 2);
  await log.close();
});

test("format: an empty directory, or none, holds no log", async () => {
  const subject = new LogSubject();
  assert.equal(await listLogs(subject.disk, walDirectory), []);
  await subject.disk.makeDirectory(walDirectory);
  assert.equal(await listLogs(subject.disk, walDirectory), []);
  await subject.format();
  const found = await listLogs(subject.disk, walDirectory);
  assert.equal(
    found.map((id) => Buffer.from(id)),
    [Buffer.from(subject.id)],
  );
});

test("format: a failure anywhere leaves no log, and what is left goes with the next", async () => {
  const operations = ["makeDirectory", "open", "write", "sync", "rename", "syncDirectory"] as const;
  let failures = 0;
  for (const operation of operations) {
    for (let nth = 1; nth < 20; nth++) {
      const subject = new LogSubject();
      subject.disk.inject({ operation, errno: "EIO", nth });
      const failed = await subject.format().then(
        () => false,
        () => true,
      );
      if (!failed) break;
      failures += 1;
      const left = await listLogs(subject.disk, walDirectory);
      // Only the last sync, of the directory that the log was already moved to, comes after it.
      assert.ok(left.length === 0 || operation === "syncDirectory");
      if (left.length > 0) continue;
      await subject.format();
      const log = await subject.open();
      assert.is(log.size, 4);
      await log.close();
      assert.is((await subject.disk.list(walDirectory)).length, 1);
    }
  }
  assert.ok(failures > 15, `${failures} failures were tried`);
});

test("format: a log that continues another names it, and is later than it", async () => {
  const subject = new LogSubject();
  const previous = { logId: new Uint8Array(32).fill(1), size: 9, root: new Uint8Array(32).fill(2) };
  const after = (await subject.formatAndOpen()).lastTime;
  const late = (after + (1n << 40n)) as typeof after;
  const formatted = await formatLog({
    ...subject.base,
    clusterId: new Uint8Array(16).fill(3),
    previous,
    after: late,
    batches: [],
  });
  const log = await subject.open({ logId: formatted.logId });
  assert.is(log.genesis.previous?.size, 9);
  assert.ok(log.lastTime > late);
  await log.close();
  await rejects(subject.open({ logId: new Uint8Array(32) }));
});

test.run();
