/**
 * Goal: the batches of one call enter the log in the order sent, save the refused, whatever order
 * admission is done in; every request is answered once and gives its memory back once. Method: a
 * pool, a table and a log that go on when the test says so, and random histories of them.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AppendCall } from "../../src/ingest/append-call.js";
import type { BatchOutcome, RequestOutcome } from "../../src/ingest/outcome.js";
import { Fault } from "../../src/model/fault.js";
import { messageBytesMax } from "../../src/model/limits.js";
import { AppendRequest } from "../../src/wire/steme/v1/log_service.js";
import { rejects, within } from "../support/expect.js";
import { settled } from "../support/simulated-clock.js";
import { messageOf, one, type PlannedRequest, Scene } from "./fake-parts.js";

interface Context {
  scene: Scene;
  call: AppendCall;
}

const tests = suite<Context>("ingest: append call");

tests.before.each((context) => {
  context.scene = new Scene();
  context.call = context.scene.ingest.openCall();
});

/** A test after which all memory was given back. */
function test(name: string, run: (context: Context) => Promise<void>): void {
  tests(name, async (context) => {
    await within(10_000, run(context));
    assert.is(context.scene.pool.heldCount, 0, "all memory was given back");
  });
}

const kindsOf = ({ outcomes }: RequestOutcome) => outcomes.map(({ kind }) => kind);
const codeOf = (outcome: BatchOutcome | undefined) =>
  outcome?.kind === "refused" || outcome?.kind === "unknown" ? outcome.refusal.code : undefined;

test("order: threads that are done in the reverse order change nothing", async ({
  scene,
  call,
}) => {
  scene.pool.mode = "thread";
  const answers = [1, 2, 3, 4].map((sequence) => call.append(one(sequence)));
  for (let at = 3; at > 0; at--) {
    scene.pool.finish(at);
    await settled();
    assert.equal(scene.log.order, [], "the first one is not admitted yet");
  }
  scene.pool.finish();
  await settled();
  assert.equal(scene.log.order, [1, 2, 3, 4]);
  assert.is(scene.log.writingCount, 4, "one sync takes them together");
  scene.log.sync();
  const outcomes = await within(1_000, Promise.all(answers));
  assert.equal(
    outcomes.map(({ number }) => number),
    [1n, 2n, 3n, 4n],
  );
});

test("order: a batch whose writer must be looked up holds the next requests back", async ({
  scene,
  call,
}) => {
  scene.table.isSlow = true;
  const batches = [{ sequence: 1 }, { sequence: 2 }];
  const first = call.append(messageOf({ number: 1, batches }));
  scene.table.isSlow = false;
  const second = call.append(one(3));
  await settled();
  assert.equal(scene.log.order, []);
  scene.table.lookUp();
  await settled();
  assert.equal(scene.log.order, [1, 2, 3]);
  scene.log.sync();
  assert.equal(kindsOf(await first), ["appended", "appended"]);
  assert.equal(kindsOf(await second), ["appended"]);
});

test("refused: one batch of a request, the others go on in their order", async ({
  scene,
  call,
}) => {
  const batches = [{ sequence: 1 }, { sequence: 2, isRefused: true }, { sequence: 3 }];
  const answer = call.append(messageOf({ number: 7, batches }));
  await settled();
  assert.equal(scene.log.order, [1, 3]);
  scene.log.sync();
  const outcome = await answer;
  assert.equal(kindsOf(outcome), ["appended", "refused", "appended"]);
  assert.is(codeOf(outcome.outcomes[1]), "SIGNATURE_INVALID");
  assert.is(scene.ingest.refusedCount, 1);
});

test("refused: a request that cannot be taken apart, and the call goes on", async ({
  scene,
  call,
}) => {
  const bad = await call.append(messageOf({ number: 9, batches: [], isMalformed: true }));
  assert.is(bad.number, 9n);
  assert.equal(bad.outcomes.map(codeOf), ["MESSAGE_MALFORMED"]);
  const good = call.append(one(1));
  scene.log.sync();
  assert.equal(kindsOf(await good), ["appended"]);
});

test("refused: a message that is too large, by its number, limit and value", async ({
  scene,
  call,
}) => {
  const batch = {
    author: Buffer.alloc(32),
    writer: Buffer.alloc(16),
    sequence: 1n,
    entries: [Buffer.alloc(messageBytesMax)],
    signature: Buffer.alloc(64),
  };
  const message = AppendRequest.encode({ number: 77n, batches: [batch], level: 0 }).finish();
  const { number, outcomes } = await call.append(message);
  assert.is(number, 77n);
  const [outcome] = outcomes;
  assert.ok(outcome?.kind === "refused");
  assert.is(outcome.refusal.code, "MESSAGE_TOO_LARGE");
  assert.equal(outcome.refusal.reason, {
    field: "message",
    limit: `at most ${messageBytesMax} bytes`,
    value: `${message.length} bytes`,
  });
  assert.equal(scene.pool.turns, [], "it is never admitted");
});

test("refused: a level that a single node cannot reach", async ({ scene, call }) => {
  const batches = [{ sequence: 1 }, { sequence: 2 }];
  const { outcomes } = await call.append(messageOf({ number: 1, batches, level: 2 }));
  assert.equal(outcomes.map(codeOf), ["ARGUMENT_INVALID", "ARGUMENT_INVALID"]);
  assert.equal(scene.log.order, []);
});

test("refused: every batch while the log refuses, with the log's reason", async ({
  scene,
  call,
}) => {
  scene.log.refused = new Fault("DISK_FULL", "the disk has no room for the log");
  const batches = [{ sequence: 1 }, { sequence: 2 }];
  const { outcomes } = await call.append(messageOf({ number: 1, batches }));
  assert.equal(outcomes.map(codeOf), ["DISK_FULL", "DISK_FULL"]);
  assert.is(scene.ingest.refusedCount, 2);
  assert.equal(scene.log.order, []);
});

test("empty: a request without a batch is answered without an outcome", async ({ call }) => {
  assert.equal(await call.append(messageOf({ number: 5, batches: [] })), {
    number: 5n,
    outcomes: [],
  });
});

test("room: where there is none, requests wait in their order and say so", async ({
  scene,
  call,
}) => {
  scene.pool.mode = "full";
  const answers = [1, 2, 3].map((sequence) => call.append(one(sequence)));
  assert.is(call.backlogCount, 3);
  scene.pool.makeRoom("inline");
  await settled();
  assert.is(call.backlogCount, 0);
  assert.equal(scene.log.order, [1, 2, 3]);
  assert.equal(scene.pool.turns, [false, true, false, false], "the turn is used once");
  scene.log.sync();
  await within(1_000, Promise.all(answers));
});

test("room: too little for the first, it goes on waiting and nothing passes", async ({
  scene,
  call,
}) => {
  scene.pool.mode = "full";
  const answers = [1, 2].map((sequence) => call.append(one(sequence)));
  scene.pool.makeRoom("inline");
  scene.pool.mode = "full";
  await settled();
  assert.is(call.backlogCount, 2);
  scene.pool.makeRoom("inline");
  await settled();
  assert.equal(scene.log.order, [1, 2]);
  scene.log.sync();
  await within(1_000, Promise.all(answers));
});

test("failure: a thread that died ends its requests with the fault, in every stage", async ({
  scene,
  call,
}) => {
  scene.pool.mode = "thread";
  const working = call.append(one(1));
  scene.pool.mode = "full";
  const waiting = call.append(one(2));
  scene.pool.die(new Fault("INTERNAL", "an admission thread ended; restart the node"));
  scene.pool.makeRoom();
  await rejects(within(1_000, working), "INTERNAL");
  await rejects(within(1_000, waiting), "INTERNAL");
  await rejects(within(1_000, call.append(one(3))), "INTERNAL");
  assert.equal(scene.log.order, []);
  await within(1_000, scene.ingest.drain());
  scene.pool.heldCount = 0; // what the dead thread had is gone with it
});

const request = fc.record({
  batches: fc.array(fc.constantFrom("good", "good", "refused", "slow"), { maxLength: 3 }),
  mode: fc.constantFrom("inline", "thread", "thread", "full"),
});
const steps = fc.infiniteStream(fc.nat({ max: 5 }));

test("order: any history of threads, lookups, room and syncs (property)", async ({ scene }) => {
  await fc.assert(
    fc.asyncProperty(fc.array(request, { maxLength: 12 }), steps, async (requests, choices) => {
      scene = new Scene();
      const call = scene.ingest.openCall();
      let sequence = 0;
      const expected: number[] = [];
      const answers: Promise<RequestOutcome>[] = [];
      const step = async () => {
        const choice = choices.next().value ?? 0;
        if (choice === 0) scene.log.sync();
        else if (choice === 1) scene.pool.makeRoom("thread");
        else if (choice === 2) scene.table.lookUp();
        else scene.pool.finish(choice % Math.max(1, scene.pool.workingCount));
        await settled();
      };
      for (const [number, { batches, mode }] of requests.entries()) {
        scene.pool.mode = mode as "inline";
        scene.table.isSlow = batches.includes("slow");
        const planned: PlannedRequest = {
          number,
          batches: batches.map((kind) => {
            sequence++;
            if (kind !== "refused") expected.push(sequence);
            return { sequence, isRefused: kind === "refused" };
          }),
        };
        answers.push(call.append(messageOf(planned)));
        await step();
      }
      const all = Promise.all(answers);
      let isDone = false;
      void all.then(() => {
        isDone = true;
      });
      scene.table.isSlow = false;
      for (let round = 0; round < 400 && !isDone; round++) {
        scene.pool.makeRoom();
        scene.table.lookUp();
        scene.pool.finish();
        scene.log.sync();
        await settled();
      }
      const outcomes = await within(1_000, all);
      assert.equal(scene.log.order, expected);
      assert.equal(
        outcomes.map(({ number, outcomes: kinds }) => [Number(number), kinds.length]),
        requests.map(({ batches }, number) => [number, batches.length]),
      );
      assert.is(scene.pool.heldCount, 0);
    }),
    { numRuns: 150 },
  );
});

tests.run();
