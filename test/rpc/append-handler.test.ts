/**
 * Goal: replies come in the order of the requests, a client that floods or does not read is slowed
 * down and bounded, and a call ends once, with everything answered or the reason why not. Method:
 * the real append path over parts in a test's hands, and a call whose client does what it is told.
 */
import { Duplex } from "node:stream";
import type { ServiceError } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import { type AppendStream, handleAppend } from "../../src/rpc/append-handler.js";
import { CallRegistry } from "../../src/rpc/call-registry.js";
import { AppendResponse } from "../../src/wire/steme/v1/log_service.js";
import { messageOf, one, Scene } from "../ingest/fake-parts.js";
import { within } from "../support/expect.js";
import { settled } from "../support/simulated-clock.js";

/** A call as grpc-js hands it out: an object stream that ends with a status. */
class FakeCall extends Duplex {
  readonly replies: { number: number; kinds: (string | undefined)[] }[] = [];
  /** "OK", or the code of the error that the call ended with. */
  status: string | number | undefined;
  isReading = true;
  cancelled = false;
  #untaken: (() => void)[] = [];

  constructor() {
    super({ objectMode: true, emitClose: false, autoDestroy: false });
    this.on("error", (error: ServiceError) => {
      this.status ??= error.code;
    });
  }

  override _read(): void {}

  override _write(bytes: Uint8Array, _encoding: string, taken: () => void): void {
    const { frame } = AppendResponse.decode(bytes);
    if (frame?.$case !== "reply") throw new Error("a reply comes back");
    const { number, outcomes } = frame.value;
    const kinds = outcomes.map(({ outcome }) => outcome?.$case);
    this.replies.push({ number: Number(number), kinds });
    if (this.isReading) taken();
    else this.#untaken.push(taken);
  }

  override _final(done: () => void): void {
    this.status ??= "OK";
    done();
  }

  /** The client reads again. */
  readOn(): void {
    this.isReading = true;
    for (const taken of this.#untaken.splice(0)) taken();
  }

  get numbers(): number[] {
    return this.replies.map(({ number }) => number);
  }
}

interface Context {
  scene: Scene;
  calls: CallRegistry;
  call: FakeCall;
}

const tests = suite<Context>("rpc: append handler");

tests.before.each((context) => {
  context.scene = new Scene();
  context.calls = new CallRegistry(10);
  context.call = new FakeCall();
  handleAppend(context.call as unknown as AppendStream, {
    ingest: context.scene.ingest,
    logId: Buffer.alloc(32, 7),
    calls: context.calls,
  });
});

/** A test after which the call is over, and counted no more. */
function test(name: string, run: (context: Context) => Promise<void>): void {
  tests(name, async (context) => {
    await within(10_000, run(context));
    assert.is(context.calls.count("append"), 0, "the call was taken out");
  });
}

test("replies: in the order of the requests, each once, then OK", async ({ scene, call }) => {
  for (const sequence of [1, 2]) call.push(one(sequence));
  call.push(messageOf({ number: 3, batches: [{ sequence: 3, isRefused: true }] }));
  call.push(null);
  await settled();
  assert.equal(call.replies, [], "the third is known, and waits for the first two");
  scene.log.sync();
  await settled();
  assert.equal(call.replies, [
    { number: 1, kinds: ["appended"] },
    { number: 2, kinds: ["appended"] },
    { number: 3, kinds: ["refused"] },
  ]);
  assert.is(call.status, "OK");
});

test("half-closed: what is on its way is answered before the call ends", async ({
  scene,
  call,
  calls,
}) => {
  call.push(one(1));
  call.push(null);
  await settled();
  assert.is(call.status, undefined);
  assert.is(calls.count("append"), 1);
  scene.log.sync();
  await settled();
  assert.equal([call.numbers, call.status], [[1], "OK"]);
});

test("half-closed: without a request, it ends at once", async ({ call }) => {
  call.push(null);
  await settled();
  assert.is(call.status, "OK");
});

test("back-pressure: no room for a request, nothing more is read until there is", async ({
  scene,
  call,
}) => {
  scene.pool.mode = "full";
  call.push(one(1));
  await settled();
  assert.ok(call.isPaused());
  scene.pool.makeRoom();
  await settled();
  scene.log.sync();
  await settled();
  assert.not(call.isPaused());
  call.push(null);
  await settled();
  assert.equal([call.numbers, call.status], [[1], "OK"]);
});

test("back-pressure: 1,024 unanswered requests, nothing more is read until one is", async ({
  scene,
  call,
}) => {
  for (let sequence = 1; sequence <= 1_030; sequence++) call.push(one(sequence));
  await settled();
  assert.ok(call.isPaused());
  assert.is(scene.log.order.length, 1_024);
  scene.log.sync();
  await settled();
  scene.log.sync();
  call.push(null);
  await settled();
  assert.equal(
    call.numbers,
    Array.from({ length: 1_030 }, (_none, at) => at + 1),
  );
});

test("back-pressure: a client that does not read its replies is not read either", async ({
  scene,
  call,
}) => {
  call.isReading = false;
  const reasons = Array.from({ length: 64 }, (_none, at) => ({
    sequence: at + 1,
    isRefused: true,
  }));
  let sent = 0;
  for (; !call.isPaused() && sent < 10_000; sent++) {
    call.push(messageOf({ number: sent, batches: reasons }));
    await settled();
  }
  assert.ok(sent > 1 && sent < 200, `${sent} requests of some 4 KiB of replies each were taken`);
  call.readOn();
  await settled();
  assert.not(call.isPaused());
  call.push(null);
  await settled();
  assert.is(call.replies.length, sent);
  assert.is(scene.pool.heldCount, 0);
});

test("cancelled: what was taken goes on into the log, its reply is for nobody", async ({
  scene,
  call,
  calls,
}) => {
  call.push(one(1));
  await settled();
  call.emit("cancelled");
  assert.is(calls.count("append"), 0);
  scene.log.sync();
  await settled();
  assert.equal(call.replies, []);
  assert.is(scene.ingest.appendedCount, 3);
  assert.is(scene.pool.heldCount, 0);
});

test("cancelled: what comes behind is not taken any more", async ({ scene, call }) => {
  call.emit("cancelled");
  call.push(one(1));
  await settled();
  assert.equal(scene.log.order, []);
});

test("cancelled: before it was served, it is not counted", async ({ scene, calls, call }) => {
  call.push(null);
  await settled();
  const gone = new FakeCall();
  gone.cancelled = true;
  handleAppend(gone as unknown as AppendStream, {
    ingest: scene.ingest,
    logId: Buffer.alloc(32, 7),
    calls,
  });
  assert.is(calls.count("append"), 0);
});

test("stopped: replies that were written come first, then SHUTTING_DOWN", async ({
  scene,
  call,
  calls,
}) => {
  call.push(one(1));
  call.push(one(2));
  await settled();
  scene.log.sync();
  const drained = scene.ingest.drain();
  await drained;
  calls.stopAll();
  await settled();
  assert.equal(call.numbers, [1, 2]);
  assert.is(call.status, 14, "UNAVAILABLE");
});

test("failed: where a request cannot be judged, the call ends with the fault", async ({
  scene,
  call,
}) => {
  scene.pool.mode = "thread";
  call.push(one(1));
  call.push(one(2));
  await settled();
  scene.pool.die(new Fault("INTERNAL", "an admission thread ended; restart the node"));
  await settled();
  assert.equal(call.replies, [], "no reply that fits no request");
  assert.is(call.status, 13, "INTERNAL");
});

tests.run();
