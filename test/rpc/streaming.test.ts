/**
 * Goal: a streaming call gives what is produced, at its reader's pace, and ends once: done, with
 * the fault, cancelled, or because the node stops; what produces is let go in every case. Method: a
 * producer that tells when it is asked and when it is let go, and a call whose reader takes frames
 * when the test says.
 */
import { Writable } from "node:stream";
import type { ServerWritableStream, ServiceError } from "@grpc/grpc-js";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Fault } from "../../src/model/fault.js";
import { CallRegistry } from "../../src/rpc/call-registry.js";
import { streamMessages } from "../../src/rpc/streaming.js";
import { rejects, within } from "../support/expect.js";
import { settled } from "../support/simulated-clock.js";

const test = suite("rpc: streaming");

class FakeCall extends Writable {
  readonly request = "the request";
  readonly sent: number[] = [];
  cancelled = false;
  status: string | number | undefined;
  isReading = true;
  #taken: (() => void) | undefined;

  constructor() {
    super({ objectMode: true, emitClose: false, autoDestroy: false });
    this.on("error", (error: ServiceError) => {
      this.status ??= error.code;
    });
  }

  override _write(bytes: Uint8Array, _encoding: string, taken: () => void): void {
    this.sent.push(bytes[0] ?? -1);
    if (this.isReading) taken();
    else this.#taken = taken;
  }

  override _final(done: () => void): void {
    this.status ??= "OK";
    done();
  }

  readOn(): void {
    this.isReading = true;
    this.#taken?.();
  }

  cancel(): void {
    this.cancelled = true;
    this.emit("cancelled");
  }
}

/** Produces so many messages of 100 bytes; live: waits for the abort behind them. */
class Producer {
  asked = 0;
  isLetGo = false;
  request: unknown;
  fault: unknown;

  async *produce(count: number, signal?: AbortSignal): AsyncGenerator<Uint8Array, void> {
    try {
      for (; this.asked < count; ) yield new Uint8Array(100).fill(this.asked++);
      if (this.fault !== undefined) throw this.fault;
      if (signal === undefined || signal.aborted) return;
      await new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    } finally {
      this.isLetGo = true;
    }
  }
}

function serve(
  count: number,
  options: { isLive?: boolean; fault?: unknown; call?: FakeCall } = {},
) {
  const { call = new FakeCall(), isLive = false } = options;
  const calls = new CallRegistry(10);
  const producer = new Producer();
  producer.fault = options.fault;
  const done = streamMessages(
    call as unknown as ServerWritableStream<string, Uint8Array>,
    { calls, kind: "read", bufferBytesMax: 250 },
    (request, signal) => {
      producer.request = request;
      return producer.produce(count, isLive ? signal : undefined);
    },
  );
  return { call, calls, producer, done };
}

test("stream: every message in order, then OK", async () => {
  const { call, calls, producer, done } = serve(5);
  await within(1_000, done);
  await settled();
  assert.equal([call.sent, call.status], [[0, 1, 2, 3, 4], "OK"]);
  assert.is(producer.request, "the request");
  assert.ok(producer.isLetGo);
  assert.is(calls.count("read"), 0);
});

test("stream: nothing is produced that the reader has no room for", async () => {
  const call = new FakeCall();
  call.isReading = false;
  const { producer, done } = serve(20, { call });
  await settled();
  assert.is(producer.asked, 3, "250 bytes wait, in three messages");
  call.readOn();
  await within(1_000, done);
  await settled();
  assert.equal([call.sent.length, call.status], [20, "OK"]);
});

test("fault: what was sent stays, and the call ends with it", async () => {
  const fault = new Fault("POSITION_INVALID", "the position lies behind the end");
  const { call, done } = serve(2, { fault });
  await within(1_000, done);
  assert.equal([call.sent, call.status], [[0, 1], 11]);
});

test("defect: it is no fault, and is thrown on", async () => {
  const { calls, done } = serve(2, { fault: new TypeError("x is not a function") });
  assert.instance(await rejects(done), TypeError);
  assert.is(calls.count("read"), 0);
});

test("cancelled: while it waits for something new, it lets go and says nothing", async () => {
  const { call, calls, producer, done } = serve(2, { isLive: true });
  await settled();
  assert.is(calls.count("read"), 1);
  call.cancel();
  await within(1_000, done);
  assert.ok(producer.isLetGo);
  assert.equal([call.status, calls.count("read")], [undefined, 0]);
});

test("cancelled: while it waits for the reader, it lets go", async () => {
  const call = new FakeCall();
  call.isReading = false;
  const { producer, done } = serve(20, { call });
  await settled();
  call.cancel();
  await within(1_000, done);
  assert.ok(producer.isLetGo);
  assert.is(producer.asked, 4, "no more than was asked for in that moment");
});

test("cancelled: before it was served, nothing is produced", async () => {
  const call = new FakeCall();
  call.cancelled = true;
  const { calls, producer, done } = serve(5, { call });
  await within(1_000, done);
  assert.equal([producer.asked, calls.count("read")], [0, 0]);
});

test("stopped: live and stuck readers end with SHUTTING_DOWN", async () => {
  for (const isReading of [true, false]) {
    const call = new FakeCall();
    call.isReading = isReading;
    const { calls, producer, done } = serve(20, { call, isLive: true });
    await settled();
    calls.stopAll();
    await within(1_000, done);
    assert.is(call.status, 14);
    assert.ok(producer.isLetGo);
  }
});

test.run();
