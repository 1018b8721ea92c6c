/**
 * Goal: a node starts and stops as its operator expects: one process per data directory, receipts
 * before the end, nothing to repair after it, keys that must be there. Method: real processes on
 * real directories, stopped under load, started again.
 */
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { status } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { connect, KeyPair, toIndex } from "../../src/client/index.js";
import { startOf } from "../../src/client/start-and-filter.js";
import { eventually, within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { ServerProcess } from "../support/server-process.js";
import { temporaryDirectory } from "../support/temporary.js";
import { NumberedAuthor } from "./numbered-claims.js";
import { faultOf, RawAppend, RawSubscription, receiptOf, refusalOf } from "./raw-calls.js";
import { appendBatches, batchOf, requireNoStart, started, stopped } from "./started-node.js";

const test = suite("integration: lifecycle");
const random = new Seeded(41);

test("directory: a second process is refused, and the first does not notice", async () => {
  const [server, client] = await started();
  const second = await ServerProcess.create({ dataDir: server.dataDir });
  await requireNoStart(second, "DATA_DIRECTORY_IN_USE");
  await appendBatches(server, 1, 3);
  // What a killed process leaves behind does not stand in the way.
  await server.kill();
  await server.start();
  await appendBatches(server, 4, 3);
  await stopped(server, client);
});

test("directory: empty, or with an empty wal/, it is formatted", async () => {
  for (const folder of ["", "wal"]) {
    const dataDir = join(temporaryDirectory("lifecycle"), "data");
    mkdirSync(join(dataDir, folder), { recursive: true });
    const [server, client] = await started([], dataDir);
    assert.is((await client.status()).size, 4);
    await stopped(server, client);
  }
});

test("stop: appends in flight are settled, and nothing is left to repair", async () => {
  const flags = ["--log-level", "debug"];
  const [server, client] = await started(flags);
  const calls = Array.from({ length: 6 }, () => new RawAppend(server.address));
  const appended: [bigint, Buffer][] = [];
  const others: string[] = [];
  const sending = calls.map(async (call, at) => {
    const sent = Array.from({ length: 200 }, (_none, sequence) => {
      const batch = batchOf(sequence + 1, 20, at + 1);
      return call.appendOne(batch).then(
        (outcome) => {
          if (outcome.outcome?.$case === "refused") others.push(refusalOf(outcome).code);
          else
            appended.push([receiptOf(outcome, "appended").firstIndex, batch.entries[0] as Buffer]);
        },
        (error: { status: { code: number } }) => others.push(`status ${error.status.code}`),
      );
    });
    await Promise.all(sent);
  });
  await eventually(() => appended.length > 50, 10_000, "the load");
  client.close();
  const { code } = await within(10_000, server.stop(), "stopping");
  assert.is(code, 0, server.process.stderr());
  await within(5_000, Promise.all(sending), "the calls");
  assert.is(appended.length + others.length, 1_200);
  for (const other of others) {
    assert.ok(["SHUTTING_DOWN", `status ${status.UNAVAILABLE}`].includes(other), other);
  }

  await server.start();
  const said = server.process.stderr();
  const labels = [...said.matchAll(/"label":"(\w+)".*"log examined"/g)].map(([, label]) => label);
  assert.equal(labels, ["A"], "the log ends where its last frame ends, and nothing else was found");
  assert.not.match(said, "sequences replayed");
  const again = connect({ address: server.address });
  const { logId, size } = await again.status();
  for (const [index, entry] of appended) {
    const { bytes } = (await again.get({ position: { logId, index: toIndex(Number(index)) } }))
      .entry;
    assert.is(Buffer.compare(bytes, entry), 0);
  }
  assert.ok(size >= appended.length * 20);
  await stopped(server, again);
});

test("stop: open calls end at once; a client's writer goes on in the next life", async () => {
  const [server, client] = await started();
  const idle = new RawAppend(server.address);
  await idle.appendOne(batchOf(1, 1));
  const subscription = new RawSubscription(server.address, { start: startOf("end") });
  const events = subscription.events();
  await events.next();
  const numbered = new NumberedAuthor("stop", random.bytes(32));
  const writer = client.writer({ keys: numbered.keys, retryDelayMsMax: 100 });
  const receipts: Promise<unknown>[] = [];
  const appendSome = () => {
    for (let i = 0; i < 50; i++) receipts.push(writer.appendBatch(numbered.many(20)));
  };
  appendSome();
  const startedMs = performance.now();
  const { code } = await server.stop();
  assert.is(code, 0, server.process.stderr());
  assert.ok(performance.now() - startedMs < 5_000, "idle calls do not hold it up");
  for (const ended of [await idle.ended, await subscription.ended]) {
    assert.is(ended.code, status.UNAVAILABLE);
    assert.is(faultOf(ended).code, "SHUTTING_DOWN");
  }
  appendSome();
  await server.start();
  await within(10_000, Promise.all(receipts), "the writer");
  await writer.close();
  let number = 0;
  for await (const entry of client.read({
    count: 100_000,
    filter: { authors: [numbered.keys.publicKey] },
  })) {
    assert.is(numbered.numberOf(entry.bytes), number++);
  }
  assert.is(number, 2_000);
  await stopped(server, client);
});

test("stop: a reader that does not read is cut off after the drain time", async () => {
  const [server, client] = await started(["--shutdown-drain-ms", "300ms"]);
  await appendBatches(server, 1, 20);
  const numbered = new NumberedAuthor("large", random.bytes(32));
  const writer = client.writer({ keys: numbered.keys });
  for (let i = 0; i < 60; i++) await writer.appendBatch(numbered.many(250));
  await writer.close();
  const stuck = new RawSubscription(server.address, { start: startOf("start") });
  await stuck.events().next();
  const { code } = await within(5_000, server.stop(), "stopping");
  assert.is(code, 0, server.process.stderr());
  await stuck.cancel();
  client.close();
});

test("keys: missing, another's, or open to anybody: refused; restored: it starts", async () => {
  const [server, client] = await started();
  await stopped(server, client);
  const keys = join(server.dataDir, "keys");
  for (const name of ["log.key", "gateway.key"]) {
    renameSync(join(keys, name), join(keys, "away"));
    const said = await requireNoStart(server, "KEY_INVALID");
    assert.ok(said.includes(name), said);
    renameSync(join(keys, "away"), join(keys, name));
  }
  renameSync(join(keys, "log.key"), join(keys, "away"));
  copyFileSync(join(keys, "gateway.key"), join(keys, "log.key"));
  chmodSync(join(keys, "log.key"), 0o600);
  await requireNoStart(server, "KEY_INVALID");
  rmSync(join(keys, "log.key"));
  await KeyPair.generate().save(join(keys, "log.key"), "log");
  await requireNoStart(server, "KEY_INVALID");
  renameSync(join(keys, "away"), join(keys, "log.key"));
  chmodSync(join(keys, "log.key"), 0o644);
  await requireNoStart(server, "KEY_INVALID");
  chmodSync(join(keys, "log.key"), 0o600);
  await server.start();
  const again = connect({ address: server.address });
  assert.is((await again.status()).size, 4);
  await stopped(server, again);
});

test("start: an address in use, a setting that is none", async () => {
  const [server, client] = await started();
  const port = Number(server.address.split(":")[1]);
  await requireNoStart(await ServerProcess.create({ port }), "ADDRESS_IN_USE");
  const wrong = await ServerProcess.create({ flags: ["--ingest-workers", "99"] });
  await requireNoStart(wrong, "CONFIG_INVALID", 2);
  await stopped(server, client);
});

test.run();
