/**
 * Goal: a stall of the node is charged to everything that was due meanwhile (no coordinated
 * omission), the window is kept, and what fails is said. Method: a node in memory whose replies a
 * gate holds back.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AppendLoad, runAppendLoad } from "../../cli/load/append.js";
import { Fault } from "../../src/model/fault.js";
import { eventually, rejects } from "../support/expect.js";
import { FakeLogService } from "../support/fake-log-service.js";

const test = suite("cli: append load");
const stallMs = 500;

const loadOf = (node: FakeLogService, more: Partial<AppendLoad> = {}): AppendLoad => ({
  address: node.address,
  clients: 1,
  batchEntries: 1,
  messageBatches: 1,
  windowBatches: 4,
  seconds: 1,
  warmUpSeconds: 0,
  entryBytes: 250,
  preparedBytesMax: 256 * 1024,
  ...more,
});

/** Holds all replies back for a while, in the middle of the measured time. */
function stall(node: FakeLogService): void {
  setTimeout(() => node.replies.hold(), 250);
  setTimeout(() => node.replies.release(), 250 + stallMs);
}

test("open loop: a stall is charged to every message that was due in it", async () => {
  const node = await FakeLogService.open();
  try {
    stall(node);
    const { latencyMs } = await runAppendLoad(loadOf(node, { entriesPerSecond: 200 }));
    // Half of all messages were due in the stall: a quarter of all waited for half of it or more.
    assert.ok(latencyMs.p99 >= stallMs * 0.8, JSON.stringify(latencyMs));
    assert.ok(latencyMs.max >= stallMs * 0.9, JSON.stringify(latencyMs));
    assert.ok(latencyMs.max < stallMs * 3, JSON.stringify(latencyMs));
  } finally {
    await node.close();
  }
});

test("open loop: the rate is kept, and never more than the window is in flight", async () => {
  const node = await FakeLogService.open();
  try {
    const load = loadOf(node, { clients: 2, messageBatches: 2, entriesPerSecond: 400 });
    const { entries, refused, batches } = await runAppendLoad(load);
    assert.ok(entries > 300 && entries < 450, `${entries} entries`);
    assert.is(batches, entries);
    assert.is(refused, 0);
    assert.ok(node.requests.every((request) => request.batches.length === 2));
  } finally {
    await node.close();
  }
});

test("window: a node that answers nothing gets that much, and no more", async () => {
  const node = await FakeLogService.open();
  try {
    node.replies.hold();
    setTimeout(() => node.replies.release(), 600);
    const seconds = 0.4;
    const { entries } = await runAppendLoad(loadOf(node, { seconds, entriesPerSecond: 1_000 }));
    assert.is(entries, 0);
    assert.is(node.requests.length, 4);
  } finally {
    await node.close();
  }
});

test("refusals: are counted, and are no entries", async () => {
  const node = await FakeLogService.open();
  try {
    node.verdictOn = () => ({ code: "ENTRY_INVALID", field: "f", limit: "l", value: "v" });
    const { entries, refused } = await runAppendLoad(loadOf(node, { seconds: 0.2 }));
    assert.is(entries, 0);
    assert.ok(refused > 0);
  } finally {
    await node.close();
  }
});

test("failure: what ends a call ends the load with its fault", async () => {
  const node = await FakeLogService.open();
  try {
    const load = rejects(runAppendLoad(loadOf(node, { seconds: 30 })), "DISK_FULL");
    await eventually(() => node.requests.length > 0, 10_000, "the load has begun");
    node.failAppends(new Fault("DISK_FULL", "no room"));
    await load;
  } finally {
    await node.close();
  }
});

test("stop: a signal ends the load early", async () => {
  const node = await FakeLogService.open();
  try {
    const { seconds } = await runAppendLoad(
      loadOf(node, { seconds: 30, signal: AbortSignal.timeout(300) }),
    );
    assert.ok(seconds < 2, `${seconds} s`);
  } finally {
    await node.close();
  }
});

test.run();
