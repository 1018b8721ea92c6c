/**
 * Goal: whatever kills the process that writes the views, and whenever, no effect is lost or
 * doubled, and a reader that stays open through all of it never sees them go back or half done; the
 * same where the main process is killed, and then no writer is left behind. Method: a real log, a
 * real writer, SIGKILL at random moments under load; every snapshot on the way is compared with a
 * count, the last one with a naive model and with what a comparison against the log says.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Views } from "../../src/projection/views.js";
import { LineChild } from "../support/child.js";
import { eventually, within } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { ViewsSubject } from "./views-subject.js";

const test = suite("integration: views, killed");

const kills = 24;
const never = new AbortController().signal;
const pauses = { msMin: 5, msMax: 20 };
const mainModule = new URL("./views-process.js", import.meta.url);

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
}

/** Looks at the views again and again, as a reader would. */
class Watching {
  readonly problems: string[] = [];
  snapshots = 0;
  #last = 0;
  #isOver = false;
  readonly #done: Promise<void>;

  constructor(views: Views, subject: ViewsSubject) {
    this.#done = this.#watch(views, subject);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #watch(views: Views, subject: ViewsSubject): Promise<void> {
    while (!this.#isOver) {
      await pause(1);
      if (views.appliedSize === 0) continue;
      const { appliedSize } = views;
      const [size, claims] = views.read((snapshot) => [
        snapshot.applied(subject.log.id)?.size ?? 0,
        snapshot.assertionCount,
      ]) as [number, number];
      this.snapshots += 1;
      if (size < this.#last) this.problems.push(`went back from ${this.#last} to ${size}`);
      if (size < appliedSize) this.problems.push(`${appliedSize} was said, ${size} is there`);
      const expected = subject.claimsAt.get(size);
      if (claims !== expected) this.problems.push(`${claims} claims at ${size}, not ${expected}`);
      this.#last = size;
    }
  }
}

async function checkAll(views: Views, subject: ViewsSubject): Promise<void> {
  const reached = await views.reached(subject.log.size, { withinMs: 10_000, signal: never });
  assert.ok(reached, `the views reach ${subject.log.size}: ${JSON.stringify(views.status())}`);
  assert.equal(
    views.read((snapshot) => subject.differences(snapshot)),
    [],
  );
  const differences: string[] = [];
  let last: number | undefined;
  for await (const { difference, differences: count } of views.verify(never)) {
    if (difference !== undefined) differences.push(difference);
    last = count;
  }
  assert.equal(differences, []);
  assert.is(last, 0);
}

test("the writer is killed under load: nothing is lost, doubled or seen to go back", async () => {
  const random = new Seeded(11);
  const subject = await ViewsSubject.open(temporaryDirectory("views"), 256 * 1024);
  const views = await subject.openViews({ restarts: pauses, retries: pauses });
  const watching = new Watching(views, subject);
  let isOver = false;
  const load = (async () => {
    while (!isOver) {
      await subject.append(1 + random.below(40), random);
      await pause(random.below(12));
    }
  })();
  for (let kill = 0; kill < kills; kill++) {
    const applied = views.appliedSize;
    await eventually(() => views.appliedSize > applied, 10_000, "progress after a kill");
    await pause(random.below(25));
    const { writerPid } = views.status();
    if (writerPid !== undefined) process.kill(writerPid, "SIGKILL");
  }
  isOver = true;
  await load;
  await checkAll(views, subject);
  await watching.end();
  assert.equal(watching.problems, []);
  assert.ok(watching.snapshots > 100);
  assert.ok(views.status().writerRestarts >= kills - 1);
  await views.close();
  await subject.close();
});

test("the main process is killed: its writer ends, and the next life goes on from there", async () => {
  const directory = temporaryDirectory("views");
  for (let life = 0; life < 3; life++) {
    const main = new LineChild(mainModule, [directory, String(life)]);
    const writer = Number(await main.next());
    assert.is(isAlive(writer), true);
    await main.next(); // some entries were applied
    await main.kill();
    await within(
      3_000,
      eventually(() => !isAlive(writer), 3_000, "the end of the writer"),
    );
  }
  const subject = await ViewsSubject.open(directory, 256 * 1024);
  const views = await subject.openViews({ restarts: pauses, retries: pauses });
  const appended = await subject.numbersStored();
  subject.resume(appended);
  assert.ok(appended.length > 1_500);
  await checkAll(views, subject);
  assert.is(views.status().generation, 1, "nothing was built anew");
  await views.close();
  await subject.close();
});

test.run();
