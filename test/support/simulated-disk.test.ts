/**
 * Goal: the simulated disk behaves like a real one until its power fails, and then loses exactly
 * what a real one may lose. Method: the shared contract; then small histories whose possible
 * outcomes can be listed by hand and are compared as sets.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { isFault } from "../../src/model/fault.js";
import { diskContract } from "../contract/disk.js";
import { crashStates } from "./crash-states.js";
import { rejects } from "./expect.js";
import { Seeded } from "./seeded.js";
import { SimulatedDisk } from "./simulated-disk.js";

diskContract("simulated", () => ({ disk: new SimulatedDisk(), root: "/" }));

const test = suite("support: simulated disk");

const letters = (letter: string, count: number): Uint8Array =>
  new Uint8Array(count).fill(letter.charCodeAt(0));

/** What is where, with runs of one letter shortened: `/a=a512b3`. */
function describe(disk: SimulatedDisk): string {
  const runs = (path: string): string => {
    const text = Buffer.from(disk.bytesOf(path)).toString("latin1").replaceAll("\0", ".");
    return text.replace(/(.)\1*/g, (run) => `${run[0]}${run.length}`);
  };
  return disk
    .paths()
    .map((path) => `${path}=${runs(path)}`)
    .join(" ");
}

/** Every state that a power cut now may leave. */
function outcomes(disk: SimulatedDisk, countMax = 1000): string[] {
  const random = new Seeded(1);
  const states = [...crashStates(disk.snapshot(), { random, countMax })];
  return [...new Set(states.map((state) => describe(state.disk)))].sort();
}

async function durableFile(disk: SimulatedDisk, path: string, bytes: Uint8Array) {
  const file = await disk.open(path, "create");
  await file.write(bytes, 0);
  await file.sync();
  await disk.syncDirectory("/");
  return file;
}

test("power cut: what is synced, name and bytes, is there in every state", async () => {
  const disk = new SimulatedDisk();
  await durableFile(disk, "/a", letters("a", 600));
  assert.equal(outcomes(disk), ["/a=a600"]);
});

test("power cut: a name without a directory sync is there or not, with its bytes", async () => {
  const disk = new SimulatedDisk();
  const file = await disk.open("/a", "create");
  await file.write(letters("a", 10), 0);
  await file.sync();
  assert.equal(outcomes(disk), ["", "/a=a10"]);
});

test("power cut: a write is absent, whole, torn, out of order, or its length alone", async () => {
  const disk = new SimulatedDisk();
  const file = await durableFile(disk, "/a", letters("a", 512));
  await file.write(letters("b", 1024), 512);
  const all = outcomes(disk);
  for (const expected of ["a512", "a512b1024", "a512b512", "a512.512b512", "a512.1024"]) {
    assert.ok(all.includes(`/a=${expected}`), expected);
  }
  assert.ok(
    all.some((state) => /^\/a=a512b(?!512$|1024$)\d+$/.test(state)),
    "torn at a byte",
  );
  assert.ok(
    all.every((state) => state.startsWith("/a=a512")),
    "what was synced stays",
  );
});

test("power cut: a later write can be there without an earlier one", async () => {
  const disk = new SimulatedDisk();
  const file = await durableFile(disk, "/a", letters("a", 1024));
  await file.write(letters("b", 512), 0);
  await file.write(letters("c", 512), 512);
  const all = outcomes(disk);
  for (const expected of ["a1024", "b512a512", "a512c512", "b512c512"]) {
    assert.ok(all.includes(`/a=${expected}`), expected);
  }
});

test("power cut: a rename is atomic, whichever of its names is synced", async () => {
  const disk = new SimulatedDisk();
  await durableFile(disk, "/a", letters("a", 1));
  await durableFile(disk, "/b", letters("b", 1));
  await disk.rename("/a", "/b");
  assert.equal(outcomes(disk), ["/a=a1 /b=b1", "/b=a1"]);
  await disk.syncDirectory("/");
  assert.equal(outcomes(disk), ["/b=a1"]);
});

test("power cut: a truncation and a removal are done or not", async () => {
  const disk = new SimulatedDisk();
  const file = await durableFile(disk, "/a", letters("a", 2));
  await file.truncate(1);
  assert.equal(outcomes(disk), ["/a=a1", "/a=a2"]);
  await disk.remove("/a");
  assert.equal(outcomes(disk), ["", "/a=a1", "/a=a2"]);
});

test("sync: covers what had returned when it began, not what came while it ran", async () => {
  const disk = new SimulatedDisk();
  const file = await durableFile(disk, "/a", letters("a", 1));
  await file.write(letters("b", 1), 0);
  disk.syncs.hold();
  const synced = file.sync();
  await disk.syncs.untilHeld();
  assert.equal(outcomes(disk), ["/a=a1", "/a=b1"], "a sync that runs promises nothing");
  await file.write(letters("c", 1), 1);
  disk.syncs.release();
  await synced;
  assert.ok(outcomes(disk).includes("/a=b1"));
  assert.ok(outcomes(disk).every((state) => state.startsWith("/a=b1")));
});

test("sync: a failed one loses what it covered, and repeating it does not help", async () => {
  const disk = new SimulatedDisk();
  const file = await durableFile(disk, "/a", letters("a", 1));
  await file.write(letters("b", 1), 0);
  disk.inject({ operation: "sync", errno: "EIO", nth: 1 });
  await rejects(file.sync(), "DISK_FAILED");
  await file.sync();
  file.syncNow();
  assert.equal(outcomes(disk), ["/a=a1", "/a=b1"]);
});

test("inject: the n-th operation fails, with a part of it done if asked, and only it", async () => {
  const disk = new SimulatedDisk();
  const file = await durableFile(disk, "/a", letters("a", 4));
  disk.inject({ operation: "write", errno: "ENOSPC", nth: 2, partialBytes: 1 });
  await file.write(letters("b", 1), 0);
  await rejects(file.write(letters("c", 2), 1), "DISK_FULL");
  await file.write(letters("d", 1), 3);
  assert.is(describe(disk), "/a=b1c1a1d1");
  disk.inject({ operation: "rename", errno: "EIO", nth: 1 });
  await rejects(disk.rename("/a", "/b"), "DISK_FAILED");
  assert.equal(disk.paths(), ["/a"]);
});

test("room: writing beyond it is DISK_FULL, and overwriting is not", async () => {
  const disk = new SimulatedDisk();
  const file = await durableFile(disk, "/a", letters("a", 10));
  disk.roomBytes = 12;
  assert.is(await disk.freeBytes("/"), 2);
  await file.write(letters("b", 10), 2);
  await rejects(file.write(letters("c", 3), 10), "DISK_FULL");
  assert.throws(
    () => file.writeNow(letters("c", 3), 10),
    (error: unknown) => isFault(error, "DISK_FULL"),
  );
  assert.is(await disk.freeBytes("/"), 0);
});

test("events: every step of a history has a snapshot, which stays as it was", async () => {
  const disk = new SimulatedDisk({ isRecording: true });
  await durableFile(disk, "/a", letters("a", 1));
  const steps = disk.events.map(({ what }) => what);
  assert.equal(steps, ["create /a", "write /a @0 +1", "sync /a", "syncDirectory /"]);
  const file = await disk.open("/a", "write");
  await file.write(letters("z", 5), 0);
  await file.sync();
  const states = disk.events.slice(0, 4).map(({ snapshot }) => {
    const random = new Seeded(1);
    const all = [...crashStates(snapshot, { random, countMax: 100 })];
    return [...new Set(all.map((state) => describe(state.disk)))].sort().join(" | ");
  });
  assert.equal(states, [" | /a=", " | /a= | /a=.1 | /a=a1", " | /a=a1", "/a=a1"]);
});

test("copy and edit: damage to a copy does not reach the original", async () => {
  const disk = new SimulatedDisk();
  await durableFile(disk, "/a", letters("a", 5000));
  const copy = disk.copy();
  copy.edit("/a", (bytes) => bytes.fill(98, 4999));
  assert.is(describe(disk), "/a=a5000");
  assert.equal(outcomes(copy), ["/a=a4999b1"]);
});

test.run();
