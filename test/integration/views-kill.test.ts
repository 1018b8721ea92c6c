/**
 * Goal: whenever the process that writes the views is killed, no effect is lost or doubled, and a
 * reader that stays open through all of it never sees them go back or half done. Method: a real
 * log, a real writer, SIGKILL at random moments under load; every snapshot on the way is compared
 * with a count, the last one with a naive model and with what a comparison against the log says.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Views } from "../../src/projection/views.js";
import { eventually } from "../support/expect.js";
import { Seeded } from "../support/seeded.js";
import { temporaryDirectory } from "../support/temporary.js";
import { checkViews, ViewsSubject } from "./views-subject.js";

const test = suite("integration: views, killed");

const kills = 20;
const pauses = { msMin: 5, msMax: 20 };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

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

test("the writer is killed under load: nothing is lost, doubled or seen to go back", async () => {
  const random = new Seeded(11);
  const subject = await ViewsSubject.open(temporaryDirectory("views"), 256 * 1024);
  const views = await subject.openViews({ restarts: pauses, retries: pauses });
  const watching = new Watching(views, subject);
  let isOver = false;
  const load = (async () => {
    while (!isOver) {
      await subject.append(1 + random.below(25), random);
      await pause(random.below(16));
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
  await checkViews(views, subject);
  await watching.end();
  assert.equal(watching.problems, []);
  assert.ok(watching.snapshots > 100);
  assert.ok(views.status().writerRestarts >= kills - 1);
  await views.close();
  await subject.close();
});

test.run();
