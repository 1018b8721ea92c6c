/**
 * Goal: a thread gets what it is given, memory that is shared is the same memory, and its end is
 * always noticed, with the reason. Method: one worker module that echoes, fails, exits or spins.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { systemWorkers, thisWorker, type WorkerThread } from "../../src/host/workers.js";
import { within } from "../support/expect.js";

const test = suite("host: workers");

const module = new URL("../support/worker-echo.js", import.meta.url);

function start() {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  return { memory, thread: systemWorkers.start(module, { greeting: "hello", memory }) };
}

const answer = (thread: WorkerThread): Promise<unknown> =>
  within(10_000, new Promise((resolve) => thread.onMessage(resolve)));

const exit = (thread: WorkerThread): Promise<Error | undefined> =>
  within(10_000, new Promise((resolve) => thread.onExit(resolve)));

test("post: a message is answered by the module, which has its data", async () => {
  const { thread } = start();
  const answered = answer(thread);
  thread.post("world");
  assert.is(await answered, "hello world");
  await thread.stop();
});

test("start: a shared WebAssembly memory is one memory on both sides", async () => {
  const { thread, memory } = start();
  const answered = answer(thread);
  thread.post("count");
  assert.is(await answered, "counted");
  assert.is(new Int32Array(memory.buffer)[0], 1);
  await thread.stop();
});

test("post: what is transferred is gone here and whole there", async () => {
  const { thread } = start();
  const answered = answer(thread);
  const bytes = new ArrayBuffer(100);
  thread.post(bytes, [bytes]);
  assert.is(await answered, 100);
  assert.is(bytes.byteLength, 0);
  await thread.stop();
});

test("onExit: a thread that throws ends with that error", async () => {
  const { thread } = start();
  const exited = exit(thread);
  thread.post("fail");
  assert.is((await exited)?.message, "told to fail");
});

test("onExit: a thread that ends by itself ends with an error, also when asked late", async () => {
  const { thread } = start();
  thread.post("exit");
  assert.match((await exit(thread))?.message ?? "", "with code 3");
  assert.match((await exit(thread))?.message ?? "", "with code 3");
  await thread.stop();
});

test("onExit: a module that does not exist ends with an error", async () => {
  const thread = systemWorkers.start(new URL("none.js", import.meta.url), undefined);
  assert.match((await exit(thread))?.message ?? "", "none.js");
});

test("stop: ends a thread that never rests, without an error, and twice is fine", async () => {
  const { thread } = start();
  const exited = exit(thread);
  thread.post("spin");
  await within(10_000, thread.stop());
  await thread.stop();
  assert.is(await exited, undefined);
});

test("thisWorker: outside of a worker it is a defect to ask", () => {
  assert.throws(() => thisWorker(), /the module runs as a worker/);
});

test.run();
