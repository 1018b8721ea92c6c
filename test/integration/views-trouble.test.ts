/**
 * Goal: what is wrong with the views, the log or the disk is found out and said; views of no use
 * are built anew, others stop and go on later, and the log never notices. Method: files damaged and
 * exchanged by hand while nobody has them, a map that is too small, a naive model of the claims.
 */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eventually } from "../support/expect.js";
import { temporaryDirectory } from "../support/temporary.js";
import { checkNode, startViews } from "./views-subject.js";

const test = suite("integration: views in trouble");

const KiB = 1024;
const MiB = 1024 * KiB;

const generations = (directory: string): readonly string[] => readdirSync(join(directory, "db"));

const damages = {
  "that are no database": {
    spoil: (generation: string) => {
      const file = join(generation, "data.mdb");
      writeFileSync(file, Buffer.alloc(readFileSync(file).length, 0x5a));
    },
    reason: /^views are being built anew .*VIEWS_DAMAGED/,
  },
  "with the mark of another start of the machine": {
    spoil: (generation: string) => writeFileSync(join(generation, "unclean"), "another boot"),
    reason: /^views are being built anew .*machine/,
  },
};

for (const [what, { spoil, reason }] of Object.entries(damages)) {
  test(`damage: views ${what} are built anew, and the log says why`, async () => {
    const first = await startViews();
    for (let i = 0; i < 10; i++) await first.subject.append(20);
    await checkNode(first);
    await first.close();
    spoil(join(first.directory, "db", "1"));
    const second = await startViews(first.directory);
    await checkNode(second);
    assert.ok(second.lines.some((line) => reason.test(line)));
    assert.is(second.views.status().generation, 2);
    await eventually(() => generations(first.directory).join() === "2", 5_000, "the old one goes");
    await second.close();
  });
}

test("another log: views that hold more than the log, or of another, are built anew", async () => {
  const first = await startViews();
  for (let i = 0; i < 10; i++) await first.subject.append(20);
  await checkNode(first);
  await first.close();
  const copy = join(temporaryDirectory("copy"), "wal");
  cpSync(join(first.directory, "wal"), copy, { recursive: true });
  const second = await startViews(first.directory);
  await second.subject.append(20);
  await checkNode(second);
  await second.close();
  rmSync(join(first.directory, "wal"), { recursive: true });
  cpSync(copy, join(first.directory, "wal"), { recursive: true });
  const third = await startViews(first.directory);
  await checkNode(third);
  assert.ok(
    third.lines.some((line) => /^views are being built anew .*hold more than the log/.test(line)),
  );
  await third.close();

  // The same size, and another history.
  rmSync(join(first.directory, "wal"), { recursive: true });
  cpSync(copy, join(first.directory, "wal"), { recursive: true });
  const fourth = await startViews(first.directory, {
    directory: join(first.directory, "elsewhere"),
  });
  await fourth.subject.append(20);
  await checkNode(fourth);
  await fourth.close();
  rmSync(join(first.directory, "db"), { recursive: true });
  const foreign = await startViews();
  for (let i = 0; i < 11; i++) await foreign.subject.append(20);
  await checkNode(foreign);
  await foreign.close();
  cpSync(join(foreign.directory, "db"), join(first.directory, "db"), {
    recursive: true,
    filter: (path) => !path.includes("/lock/"), // sockets
  });
  const fifth = await startViews(first.directory);
  await checkNode(fifth);
  await fifth.close();
});

test("log: at a block that cannot be read the views stop, and go on once it can", async () => {
  const first = await startViews();
  for (let i = 0; i < 40; i++) await first.subject.append(40);
  const name = readdirSync(first.subject.segmentsDirectory).sort()[0] ?? "";
  const segment = join(first.subject.segmentsDirectory, name);
  await first.close();
  rmSync(join(first.directory, "db"), { recursive: true });
  const whole = readFileSync(segment);
  const damaged = Buffer.from(whole);
  damaged.fill(0, 40 * KiB, 41 * KiB);
  rmSync(segment);
  writeFileSync(segment, damaged);
  const second = await startViews(first.directory, {}, first.subject.appended);
  const { views, subject } = second;
  const stopped = () => views.status().projections.every(({ state }) => state === "stopped");
  await eventually(stopped, 10_000, "the views stop");
  const { stoppedAt, stoppedBecause, applied } = views.status().projections[0] ?? {};
  assert.match(stoppedBecause ?? "", /LOG_CORRUPT/);
  assert.is(stoppedAt, applied);
  assert.ok((applied ?? 0) > 0 && (applied ?? 0) < subject.log.size);
  assert.ok(second.lines.some((line) => line.startsWith("views stopped")));
  assert.is(
    views.read((snapshot) => snapshot.applied(subject.log.id)?.size),
    applied,
  );
  await subject.append(5);
  rmSync(segment);
  writeFileSync(segment, whole);
  await checkNode(second);
  await second.close();
});

test("map: where it is full the views stop, appends do not; a larger one goes on", async () => {
  const first = await startViews(undefined, { mapBytes: 1 * MiB });
  const { subject, views } = first;
  for (let i = 0; i < 100; i++) await subject.append(60);
  const stopped = () => views.status().projections.every(({ state }) => state === "stopped");
  await eventually(stopped, 10_000, "the views stop");
  assert.match(views.status().projections[0]?.stoppedBecause ?? "", /DISK_FULL.*reserved/);
  await subject.append(60);
  assert.is(subject.log.size > views.appliedSize, true);
  await first.close();
  const second = await startViews(first.directory);
  await checkNode(second);
  assert.is(second.views.status().generation, 1);
  await second.close();
});

test.run();
