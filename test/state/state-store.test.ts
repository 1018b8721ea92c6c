/**
 * Goal: the store on its thread keeps what it acknowledged, through close, SIGKILL and damage; what
 * it cannot read it sets aside or refuses by name, and it never leaves its environment open.
 * Method: real threads, real files; a child process is killed between and inside its commits.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemWorkers, type Workers, type WorkerThread } from "../../src/host/workers.js";
import { bytesEqual } from "../../src/model/hex.js";
import { type Fields, type Probe, silentProbe } from "../../src/observability/probe.js";
import { SequenceJournal } from "../../src/state/sequence-journal.js";
import { SequenceTable, sequenceTablePresets } from "../../src/state/sequences.js";
import { StateStore } from "../../src/state/state-store.js";
import { rejects, within } from "../support/expect.js";
import { startProcess } from "../support/process.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { filled } from "./memory-log.js";
import { openRows } from "./row-store.js";
import { appendOf, sourceUpTo, writerCount } from "./settled-appends.js";

const test = suite("state: store");
const logId = filled(32, 1);

const newDirectory = () => join(temporaryDirectory("state"), "state");

const open = (directory: string, probe: Probe = silentProbe, workers: Workers = systemWorkers) =>
  within(
    20_000,
    StateStore.open({ directory, mapBytes: 1024 ** 3, disk: nodeDisk, workers, probe }),
    "open",
  );

const nameOf = (n: number): Uint8Array => {
  const { author, writer } = appendOf(n);
  return new Uint8Array(Buffer.concat([author, writer]));
};

async function apply(store: StateStore, first: number, end: number): Promise<void> {
  const journal = SequenceJournal.empty();
  for (let n = first; n < end; n++) {
    const { author, writer, sequence, receipt } = appendOf(n);
    journal.add(journal.addWriter(author, writer), sequence, receipt);
  }
  const outcome = await within(10_000, store.applyReceipts(journal, logId, end));
  assert.is(outcome.fault, undefined);
}

function recorder(): { probe: Probe; warnings: [string, Fields][] } {
  const warnings: [string, Fields][] = [];
  const warn = (message: string, fields: Fields = {}) => warnings.push([message, fields]);
  return { warnings, probe: { ...silentProbe, warn } };
}

test("open: makes the directory, and keeps what was applied over close and open", async () => {
  const directory = newDirectory();
  const first = await open(directory);
  assert.is(await first.appliedSize(), undefined);
  await apply(first, 0, 10);
  await first.close();
  const second = await open(directory);
  const applied = await second.appliedSize();
  assert.ok(applied);
  assert.is(applied.size, 10);
  assert.ok(bytesEqual(applied.logId, logId));
  assert.is((await second.writerHead(nameOf(4)))?.highest, 2);
  const window = await second.writerWindow(nameOf(4));
  assert.is(window.count, 2);
  assert.equal(window.receipts.receipt(1), appendOf(9).receipt);
  assert.is(await second.writerHead(filled(48, 99)), undefined);
  await second.close();
});

test("close: answers what was asked before it, and refuses what comes after", async () => {
  const store = await open(newDirectory());
  const asked = apply(store, 0, 1_000);
  const closed = store.close();
  await rejects(store.appliedSize(), "SHUTTING_DOWN");
  await within(10_000, Promise.all([asked, closed, store.close()]));
  await rejects(store.writerHead(nameOf(1)), "SHUTTING_DOWN");
});

test("open: a directory that this process has open is refused, not set aside", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  if (process.platform === "linux") await rejects(open(directory), "DATA_DIRECTORY_IN_USE");
  await apply(store, 0, 5);
  assert.equal(readdirSync(dirname(directory)), ["state"]);
  await store.close();
});

test("open: a damaged file is set aside whole, and the warning says what was lost", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  await apply(store, 0, 10);
  await store.close();
  const path = join(directory, "data.mdb");
  writeFileSync(path, readFileSync(path).fill(0x55, 0, 64));
  const damaged = readFileSync(path);
  for (const n of [1, 2]) {
    const { probe, warnings } = recorder();
    const again = await open(directory, probe);
    assert.is(await again.appliedSize(), undefined);
    await again.close();
    assert.is(warnings[0]?.[0], "state directory set aside");
    assert.match(String(warnings[0]?.[1]["lost"]), /rebuilt/);
    assert.equal(readFileSync(`${directory}.damaged-${n}/data.mdb`), damaged);
    writeFileSync(path, damaged);
  }
});

test("open: a directory with other files in it is foreign, and set aside", async () => {
  const directory = newDirectory();
  mkdirSync(directory);
  writeFileSync(join(directory, "letter.txt"), "not ours");
  const { probe, warnings } = recorder();
  const store = await open(directory, probe);
  await store.close();
  assert.match(String(warnings[0]?.[1]["reason"]), /letter\.txt/);
  assert.is(readFileSync(`${directory}.damaged-1/letter.txt`, "utf8"), "not ours");
});

test("open: an empty directory, and one in which a first start died, are new", async () => {
  const directory = newDirectory();
  mkdirSync(directory);
  writeFileSync(join(directory, "data.mdb"), "");
  writeFileSync(join(directory, "lock.mdb"), "");
  const { probe, warnings } = recorder();
  await (await open(directory, probe)).close();
  assert.equal(warnings, []);
});

test("open: rows without a format version are foreign, and set aside", async () => {
  const directory = newDirectory();
  mkdirSync(directory);
  const rows = await openRows(directory);
  rows.write((tx) => tx.put("sequences", Uint8Array.of(1), Uint8Array.of(1)));
  await rows.close();
  const store = await open(directory);
  await store.close();
  assert.ok(existsSync(`${directory}.damaged-1`));
});

test("open: a newer format is refused by name and left as it is", async () => {
  const directory = newDirectory();
  await (await open(directory)).close();
  const rows = await openRows(directory);
  rows.write((tx) => tx.put("meta", Buffer.from("format"), Uint8Array.of(0, 0, 0, 2)));
  await rows.close();
  const error = await rejects(open(directory), "DATA_DIRECTORY_INVALID");
  assert.match(String(error), /newer version/);
  assert.equal(readdirSync(dirname(directory)), ["state"]);
  await rejects(open(directory), "DATA_DIRECTORY_INVALID");
});

test("damage met while running: the next start sets the directory aside", async () => {
  const directory = newDirectory();
  const store = await open(directory);
  for (let first = 0; first < 5_000; first += 1_000) await apply(store, first, first + 1_000);
  await store.close();
  // The newest pages are cut off: the meta pages and the root may stand, rows are gone.
  truncateSync(join(directory, "data.mdb"), 4096 * 30);
  const { probe, warnings } = recorder();
  const again = await open(directory, probe).catch(() => undefined);
  if (again !== undefined && warnings.length === 0) {
    const asked = [0, 1, 2, 3, 4].map((n) => again.writerWindow(nameOf(n)));
    const outcomes = await Promise.allSettled(asked);
    assert.ok(outcomes.some((outcome) => outcome.status === "rejected"));
    await again.close();
    const third = await open(directory, probe);
    assert.is(await third.appliedSize(), undefined);
    await third.close();
  } else {
    await again?.close();
  }
  assert.is(warnings.length, 1);
  assert.ok(existsSync(`${directory}.damaged-1`));
});

test("thread: when it dies, requests fail from then on, and close returns", async () => {
  let thread: WorkerThread | undefined;
  const workers: Workers = {
    start: (url, data) => {
      const started = systemWorkers.start(url, data);
      thread = {
        post: started.post.bind(started),
        onMessage: started.onMessage.bind(started),
        // The store sees an end that it did not ask for.
        onExit: (call) => started.onExit(() => call(new Error("out of memory"))),
        stop: started.stop.bind(started),
      };
      return thread;
    },
  };
  const directory = newDirectory();
  const store = await open(directory, silentProbe, workers);
  await apply(store, 0, 10);
  await thread?.stop();
  await rejects(within(5_000, store.appliedSize()), "INTERNAL");
  await within(5_000, store.close());
});

test("table: a store that died lets nothing more be judged", async () => {
  const store = await open(newDirectory());
  const table = await SequenceTable.open({
    ...sequenceTablePresets,
    store,
    clock: systemClock,
    log: sourceUpTo(0),
    probe: silentProbe,
  });
  const { author, writer, sequence, receipt } = appendOf(0);
  assert.is((await table.admit(author, writer, sequence, receipt.root, 0)).kind, "new");
  table.settle(author, writer, sequence, receipt);
  await store.close();
  await rejects(table.flush(), "SHUTTING_DOWN");
  await rejects((async () => table.judge(author, writer, sequence, receipt.root))());
});

test("crash: a killed process leaves whole flushes; replay makes up for the rest", async () => {
  const directory = newDirectory();
  const random = new Seeded(11);
  const script = fileURLToPath(new URL("./settling-process.js", import.meta.url));
  let flushedSize = 0;
  for (let round = 0; round < 5; round++) {
    const child = startProcess(process.execPath, [script, directory]);
    await child.line(/^\d+$/, 15_000);
    await new Promise((resolve) => setTimeout(resolve, 30 + random.below(150)));
    await child.kill("SIGKILL");
    const settled = Number(child.stdout().trim().split("\n").at(-1)) + 1;
    const store = await open(directory);
    const applied = await store.appliedSize();
    assert.ok(applied !== undefined && applied.size <= settled && applied.size >= flushedSize);
    flushedSize = applied.size;
    await checkRows(store, applied.size);
    await checkReplay(store, settled);
    flushedSize = Math.max(flushedSize, settled);
    await store.close();
  }
});

/** Exactly the appends below the applied size are there: all of each window, none above it. */
async function checkRows(store: StateStore, size: number): Promise<void> {
  for (let w = 0; w < writerCount; w++) {
    const last = size - 1 - ((((size - 1 - w) % writerCount) + writerCount) % writerCount);
    const highest = appendOf(last).sequence;
    const window = await store.writerWindow(nameOf(w));
    assert.is((await store.writerHead(nameOf(w)))?.highest ?? 0, size > w ? highest : 0);
    if (size <= w) continue;
    assert.is(window.count, Math.min(highest, 1_025));
    for (let i = 0; i < window.count; i++) {
      const n = last - (window.count - 1 - i) * writerCount;
      assert.is(window.receipts.sequence(i), appendOf(n).sequence);
      assert.is(window.receipts.firstIndex(i), n);
      assert.ok(window.receipts.hasRoot(i, appendOf(n).receipt.root));
    }
  }
}

async function checkReplay(store: StateStore, settled: number): Promise<void> {
  const table = await SequenceTable.open({
    ...sequenceTablePresets,
    store,
    clock: systemClock,
    log: sourceUpTo(settled),
    probe: silentProbe,
  });
  assert.is(table.appliedSize, settled);
  for (let n = Math.max(0, settled - 500); n < settled; n++) {
    const { author, writer, sequence, receipt } = appendOf(n);
    const judgement = await table.judge(author, writer, sequence, receipt.root);
    assert.is(judgement.kind, "exists");
  }
  await table.close();
}

test.run();
