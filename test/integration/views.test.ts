/**
 * Goal: real views beside a real log follow it, are found again, compared with it, and built anew
 * beside those that are read meanwhile; an end is quick wherever it comes. Method: a writer in a
 * process of its own, and a naive model of the claims.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { eventually, throwsFault } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { checkNode, startViews } from "./views-subject.js";

const test = suite("integration: views");

const never = new AbortController().signal;
const generations = (directory: string): readonly string[] => readdirSync(join(directory, "db"));

test("follow: what was appended is there soon, and is found again after a restart", async () => {
  const random = new Seeded(1);
  const first = await startViews();
  for (let i = 0; i < 60; i++) await first.subject.append(1 + random.below(40), random);
  await checkNode(first);
  const before = performance.now();
  await first.subject.append(1);
  await first.views.reached(first.subject.log.size, { withinMs: 5_000, signal: never });
  assert.ok(performance.now() - before < 1_000);
  await eventually(() => first.views.status().lagMs === 0, 5_000);
  assert.equal(new Set(first.views.status().projections.map(({ state }) => state)).size, 1);
  await first.close();
  const second = await startViews(first.directory);
  await second.subject.append(20);
  await checkNode(second);
  assert.is(second.views.status().generation, 1);
  assert.not.ok(second.lines.some((line) => line.startsWith("views are being built")));
  await second.close();
});

test("rebuild: beside the views that are read, under load, and then in their place", async () => {
  const random = new Seeded(2);
  const node = await startViews();
  const { subject, views } = node;
  for (let i = 0; i < 60; i++) await subject.append(60, random);
  await checkNode(node);
  let isOver = false;
  let last = 0;
  const load = (async () => {
    while (!isOver) {
      await subject.append(1 + random.below(30), random);
      const size = views.read((snapshot) => snapshot.applied(subject.log.id)?.size ?? 0);
      assert.ok(size >= last, "a reader never goes back");
      last = size;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })();
  let generation: number | undefined;
  let applied = 0;
  for await (const progress of views.rebuild(never)) {
    applied = progress.applied;
    generation = progress.generation;
  }
  assert.is(generation, 2);
  assert.ok(applied > 3_600);
  isOver = true;
  await load;
  await checkNode(node);
  assert.is(views.status().generation, 2);
  await eventually(() => generations(node.directory).join() === "2", 5_000, "the old one goes");
  await node.close();
  const again = await startViews(node.directory);
  await checkNode(again);
  assert.is(again.views.status().generation, 2);
  await again.close();
});

test("verify: finds nothing while the log grows", async () => {
  const random = new Seeded(3);
  const node = await startViews();
  for (let i = 0; i < 60; i++) await node.subject.append(30, random);
  await checkNode(node);
  let isOver = false;
  const load = (async () => {
    while (!isOver) {
      await node.subject.append(1 + random.below(20), random);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  let last: { differences?: number; questions: number; total: number } | undefined;
  for await (const progress of node.views.verify(never)) {
    assert.is(progress.difference, undefined);
    last = progress;
  }
  isOver = true;
  await load;
  assert.is(last?.differences, 0);
  assert.ok((last?.total ?? 0) > 100);
  await node.close();
});

test("close: quick in the middle of catching up and of a rebuild", async () => {
  const first = await startViews();
  for (let i = 0; i < 250; i++) await first.subject.append(100);
  void first.views.rebuild(never).next();
  await eventually(() => first.views.appliedSize > 0, 10_000);
  const before = performance.now();
  await first.views.close();
  assert.ok(performance.now() - before < 2_000, `${performance.now() - before} ms`);
  throwsFault(() => first.views.read(() => 1), "SHUTTING_DOWN");
  await first.subject.close();
  const second = await startViews(first.directory);
  await checkNode(second);
  assert.is(second.views.status().generation, 1);
  await eventually(() => generations(first.directory).join() === "1", 5_000, "the half one goes");
  await second.close();
  assert.ok(existsSync(join(first.directory, "db", "1")));
});

test.run();
