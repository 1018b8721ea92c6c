/**
 * Goal: what a reader has not taken is bounded, and a writer that waits always goes on: when the
 * reader takes, and when it is gone. Method: a call whose reader takes frames when the test says.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FrameWriter } from "../../src/rpc/frame-writer.js";
import { within } from "../support/expect.js";
import { settled } from "../support/simulated-clock.js";

const test = suite("rpc: frame writer");

/** A call whose reader takes one frame at a time. */
class SlowCall {
  readonly frames: Uint8Array[] = [];
  readonly #untaken: (() => void)[] = [];

  write(frame: Uint8Array, taken: () => void): void {
    this.frames.push(frame);
    this.#untaken.push(taken);
  }

  take(): void {
    this.#untaken.shift()?.();
  }
}

const hundred = new Uint8Array(100);

test("write: below the bound, the next frame may be made at once", () => {
  const writer = new FrameWriter(new SlowCall(), 250);
  assert.is(writer.write(hundred), undefined);
  assert.is(writer.write(hundred), undefined);
});

test("write: at the bound, it waits until the reader has taken enough", async () => {
  const call = new SlowCall();
  const writer = new FrameWriter(call, 250);
  writer.write(hundred);
  writer.write(hundred);
  const room = writer.write(new Uint8Array(400));
  assert.ok(room instanceof Promise);
  let hasRoom = false;
  void room.then(() => {
    hasRoom = true;
  });
  call.take();
  call.take();
  await settled();
  assert.not(hasRoom, "400 bytes still wait");
  call.take();
  await within(1_000, room);
});

test("write: several that wait for the same room all go on", async () => {
  const call = new SlowCall();
  const writer = new FrameWriter(call, 50);
  const waiting = [writer.write(hundred), writer.write(hundred), writer.write(hundred)];
  assert.ok(waiting.every((room) => room instanceof Promise));
  for (let count = 0; count < 3; count++) call.take();
  await within(1_000, Promise.all(waiting));
  assert.is(call.frames.length, 3);
});

test("write: room that came is room, and the bound holds again afterwards", async () => {
  const call = new SlowCall();
  const writer = new FrameWriter(call, 100);
  for (let round = 0; round < 3; round++) {
    const room = writer.write(hundred);
    assert.ok(room instanceof Promise);
    call.take();
    await within(1_000, room);
  }
});

test("close: whoever waits goes on, and nothing more is written", async () => {
  const call = new SlowCall();
  const writer = new FrameWriter(call, 50);
  const room = writer.write(hundred);
  writer.close();
  await within(1_000, room ?? Promise.resolve());
  assert.ok(writer.isClosed);
  assert.is(writer.write(hundred), undefined);
  assert.is(call.frames.length, 1);
});

test("close: by the write itself, the writer does not wait for a reader that is gone", () => {
  const writer: FrameWriter = new FrameWriter({ write: () => writer.close() }, 50);
  assert.is(writer.write(hundred), undefined);
});

test.run();
