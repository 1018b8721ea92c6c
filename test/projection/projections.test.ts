/**
 * Goal: every projection sees every index once and in order, whatever fails and whenever: itself,
 * another one, the log, the disk; the others never wait for one that fails; and nothing is pulled
 * before there is room for it. Method: a store and a log in memory, obstacles that are put in the
 * way and taken out again, at random too.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import { type ProjectionName, projectionNames } from "../../src/views/view-types.js";
import { eventually, throwsFault } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { FakeLog, FakeStore, Following, recordingProbe } from "./fake-views.js";

const test = suite("projection: projections");
const waitMs = 5_000;

const upTo = (size: number): number[] => [...Array(size).keys()];

const all = (store: FakeStore, size: number) =>
  eventually(() => projectionNames.every((name) => store.sizeOf(name) === size), waitMs, "all");

function checkAll(store: FakeStore, size: number): void {
  for (const name of projectionNames) assert.equal(store.indexes(name), upTo(size), name);
}

function setup(...counts: readonly number[]) {
  const store = new FakeStore();
  const log = new FakeLog();
  log.append(...counts);
  return { store, log };
}

test("run: replays what is there, then follows, each index once", async () => {
  const random = new Seeded(1);
  const { store, log } = setup(...Array.from({ length: 300 }, () => 1 + random.below(50)));
  const following = new Following(store, log);
  await all(store, log.size);
  for (let round = 0; round < 100; round++) {
    following.projections.tell(log.append(1 + random.below(50)));
    if (random.chance(50)) await all(store, log.size);
  }
  await all(store, log.size);
  assert.ok(following.areAllLive);
  checkAll(store, log.size);
  const replayed = new FakeStore();
  const replay = new Following(replayed, log);
  await all(replayed, log.size);
  for (const name of projectionNames) assert.equal(replayed.indexes(name), store.indexes(name));
  following.stop();
  replay.stop();
  await eventually(() => log.open === 0, waitMs, "cursors are closed");
});

test("run: nothing behind the size that was told is applied", async () => {
  const { store, log } = setup(5, 5);
  const following = new Following(store, log);
  await all(store, 10);
  log.append(5, 5);
  following.projections.tell(15);
  await all(store, 15);
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(store.sizeOf("lists"), 15);
  following.stop();
});

test("run: with much to read a transaction is large, at the live end it is one block", async () => {
  const { store, log } = setup(...Array(2_000).fill(10));
  const following = new Following(store, log);
  await all(store, log.size);
  assert.ok(store.transactions < 40, `${store.transactions} transactions`);
  const before = store.transactions;
  for (let i = 1; i <= 20; i++) {
    following.projections.tell(log.append(1));
    await all(store, log.size);
    assert.is(store.transactions, before + i);
  }
  following.stop();
});

test("back-pressure: no block is pulled while a batch waits to be applied", async () => {
  const { store, log } = setup(...Array(500).fill(100));
  let pulledBefore = 0;
  let batchMax = 0;
  store.onCommit = () => {
    batchMax = Math.max(batchMax, log.pulled - pulledBefore);
    pulledBefore = log.pulled;
    const applied = store.sizeOf("questions");
    assert.is(log.pulled * 100, applied, "what was pulled is what is applied");
  };
  const following = new Following(store, log);
  await all(store, log.size);
  assert.ok(batchMax < 500);
  following.stop();
});

test("failing: one projection stops at its block, the others go on, and it resumes", async () => {
  const { store, log } = setup(4, 4, 4, 4, 4);
  let isBlocked = true;
  store.obstacle = (name, block) => {
    if (name === "lists" && isBlocked && block.firstIndex === 8) throw new TypeError("no such row");
  };
  const { probe, lines } = recordingProbe();
  const following = new Following(store, log, { probe });
  await eventually(() => store.sizeOf("answers") === 20, waitMs);
  await eventually(() => lines.some((line) => line.startsWith("projection stopped")), waitMs);
  assert.equal(store.indexes("questions"), upTo(20));
  assert.equal(store.indexes("lists"), upTo(8));
  following.projections.tell(log.append(3));
  await eventually(() => store.sizeOf("questions") === 23, waitMs);
  await eventually(() => following.status("lists").state === "stopped", waitMs);
  const { applied, stoppedAt, stoppedBecause, retryInMs } = following.status("lists");
  assert.equal([applied, stoppedAt, stoppedBecause], [8, 8, "TypeError: no such row"]);
  assert.type(retryInMs, "number");
  assert.is(following.status("questions").state, "live");
  isBlocked = false;
  await all(store, 23);
  await eventually(() => following.areAllLive, waitMs);
  checkAll(store, 23);
  assert.ok(lines.some((line) => line.startsWith("projection resumed")));
  following.projections.tell(log.append(2));
  await all(store, 25);
  following.stop();
});

test("failing: where the commit fails, a commit for each tells whose rows they were", async () => {
  const { store, log } = setup(4, 4, 4);
  const following = new Following(store, log);
  await all(store, 12);
  let isBlocked = true;
  store.onCommit = () => {
    if (isBlocked && store.sizeOf("lists") > 12) throw new RangeError("a key is too long");
  };
  following.projections.tell(log.append(4));
  await eventually(() => store.sizeOf("answers") === 16, waitMs);
  assert.is(store.sizeOf("lists"), 12);
  await eventually(() => following.status("lists").state === "stopped", waitMs);
  assert.match(following.status("lists").stoppedBecause ?? "", /a key is too long/);
  isBlocked = false;
  await all(store, 16);
  checkAll(store, 16);
  following.stop();
});

test("failing: the index that a fault names is told", async () => {
  const { store, log } = setup(4, 4);
  store.obstacle = (name, block) => {
    if (name !== "lists" || block.firstIndex !== 4) return;
    throw new Fault("ENTRY_INVALID", "an entry makes no sense", { index: 6 });
  };
  const following = new Following(store, log);
  await eventually(() => store.sizeOf("lists") === 4, waitMs);
  await eventually(() => following.status("lists").stoppedAt === 6, waitMs);
  following.stop();
});

test("failing: answers wait for questions, lists do not", async () => {
  const { store, log } = setup(4, 4, 4);
  let isBlocked = true;
  store.obstacle = (name, block) => {
    if (name === "questions" && isBlocked && block.firstIndex === 4) throw new Error("bad");
  };
  const following = new Following(store, log);
  await eventually(() => store.sizeOf("lists") === 12 && store.sizeOf("answers") === 4, waitMs);
  assert.is(store.sizeOf("questions"), 4);
  assert.match(following.status("answers").stoppedBecause ?? "", /waits for questions/);
  isBlocked = false;
  await all(store, 12);
  checkAll(store, 12);
  await eventually(() => following.areAllLive, waitMs);
  following.stop();
});

test("failing: where all fail nothing moves, and all resume", async () => {
  const { store, log } = setup(4, 4, 4);
  let isBlocked = true;
  store.obstacle = (_name, block) => {
    if (isBlocked && block.firstIndex === 8) throw new Error("bad");
  };
  const following = new Following(store, log);
  await all(store, 8);
  following.projections.tell(log.append(4, 4));
  for (const name of projectionNames) {
    await eventually(() => following.status(name).state === "stopped", waitMs);
  }
  isBlocked = false;
  await all(store, 20);
  checkAll(store, 20);
  following.stop();
});

test("log: a block that cannot be read stops all there, after what stands before it", async () => {
  const { store, log } = setup(4, 4, 4, 4);
  let isDamaged = true;
  log.obstacle = (index) => {
    if (isDamaged && index === 8) throw new Fault("LOG_CORRUPT", "damaged", { index });
  };
  const { probe, lines } = recordingProbe();
  const following = new Following(store, log, { probe });
  await all(store, 8);
  await eventually(() => following.status("lists").state === "stopped", waitMs);
  assert.is(following.status("lists").stoppedAt, 8);
  assert.match(following.status("lists").stoppedBecause ?? "", /LOG_CORRUPT/);
  assert.ok(lines.some((line) => /^views stopped .*"index":8/.test(line)));
  isDamaged = false;
  await all(store, 16);
  checkAll(store, 16);
  assert.ok(following.areAllLive);
  following.stop();
});

for (const full of [
  new Fault("DISK_FULL", "no room"),
  new Fault("DISK_FAILED", "not written whole", { errno: "EIO" }),
]) {
  test(`disk: ${full.code} without room: nothing is applied, and it is tried again`, async () => {
    const { store, log } = setup(4, 4);
    const following = new Following(store, log);
    await all(store, 8);
    let tries = 0;
    let isFull = true;
    store.onCommit = () => {
      tries += 1;
      if (isFull) throw full;
    };
    following.projections.tell(log.append(4));
    await eventually(() => tries >= 3, waitMs);
    assert.match(following.status("questions").stoppedBecause ?? "", full.code);
    assert.is(store.sizeOf("questions"), 8);
    isFull = false;
    await all(store, 12);
    checkAll(store, 12);
    following.stop();
  });
}

for (const code of ["VIEWS_DAMAGED", "STATE_DAMAGED", "DISK_FAILED"] as const) {
  test(`store: ${code} ends it`, async () => {
    const { store, log } = setup(4, 4);
    store.obstacle = (name, block) => {
      if (name === "lists" && block.firstIndex === 4) throw new Fault(code, "bad");
    };
    const following = new Following(store, log);
    await eventually(() => following.failure !== undefined, waitMs);
    throwsFault(() => {
      throw following.failure;
    }, code);
    await eventually(() => log.open === 0, waitMs, "cursors are closed");
  });
}

test("store: a frontier that somebody else moved ends it, before anything is applied", async () => {
  const { store, log } = setup(4, 4);
  const following = new Following(store, log);
  await all(store, 8);
  store.transaction((transaction) => {
    const applied = { size: 12, rootPrefix: new Uint8Array(8), recorded: 12n };
    transaction.setApplied("lists", new Uint8Array(32), applied);
  });
  following.projections.tell(log.append(4));
  await eventually(() => following.failure !== undefined, waitMs);
  assert.match(String(following.failure), /begins where the store stands/);
  assert.equal(store.indexes("questions"), upTo(8));
});

test("open: projections that stand apart meet, each from its own frontier", async () => {
  const { store, log } = setup(4, 4, 4);
  store.obstacle = (name, block) => {
    if (name === "questions" && block.firstIndex === 4) throw new Error("bad");
    if (name === "lists" && block.firstIndex === 8) throw new Error("bad");
  };
  const first = new Following(store, log);
  await eventually(() => store.sizeOf("lists") === 8, waitMs);
  first.stop();
  store.obstacle = () => {};
  const second = new Following(store, log);
  await all(store, 12);
  checkAll(store, 12);
  second.stop();
});

test("sweep: old rulings are renewed at the live end, a portion at a time", async () => {
  const { store, log } = setup(4);
  store.sweepsLeft = 2_000;
  const following = new Following(store, log);
  await eventually(() => store.sweepsLeft === 0, waitMs);
  const { sweeps } = store;
  assert.ok(sweeps > 2);
  following.projections.tell(log.append(1));
  await all(store, 5);
  await eventually(() => store.sweeps > sweeps, waitMs);
  following.stop();
});

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`random: obstacles come and go, lives end anywhere (seed ${seed})`, async () => {
    const random = new Seeded(seed);
    const { store, log } = setup(...Array.from({ length: 40 }, () => 1 + random.below(9)));
    const bad = new Set<string>();
    let isFull = false;
    let isDamaged = false;
    store.obstacle = (name, { firstIndex }) => {
      if (bad.has(`${name} ${firstIndex}`)) throw new Error("bad");
    };
    store.onCommit = () => {
      if (isFull) throw new Fault("DISK_FULL", "no room");
    };
    log.obstacle = (index) => {
      if (isDamaged) throw new Fault("LOG_CORRUPT", "damaged", { index });
    };
    let following = new Following(store, log);
    for (let step = 0; step < 60; step++) {
      const name = projectionNames[random.below(3)] as ProjectionName;
      const start = log.starts[random.below(log.starts.length)];
      if (random.chance(40)) bad.add(`${name} ${start}`);
      if (random.chance(25)) bad.clear();
      if (random.chance(10)) isFull = !isFull;
      if (random.chance(10)) isDamaged = !isDamaged;
      if (random.chance(60)) following.projections.tell(log.append(1 + random.below(9)));
      if (random.chance(60)) await new Promise((resolve) => setImmediate(resolve));
      if (random.chance(20)) await new Promise((resolve) => setTimeout(resolve, 3));
      if (random.chance(10)) {
        following.stop();
        following = new Following(store, log);
      }
    }
    bad.clear();
    isFull = false;
    isDamaged = false;
    await all(store, log.size);
    checkAll(store, log.size);
    await eventually(() => following.areAllLive, waitMs);
    assert.is(following.failure, undefined);
    following.stop();
    await eventually(() => log.open === 0, waitMs, "cursors are closed");
  });
}

test.run();
