/**
 * Goal: what is written and read by hand (requests, frames of entries) is what any protobuf library
 * writes and reads, and no bytes make the frame parser fail otherwise than by a fault. Method: the
 * generated code is the oracle, over generated messages; every truncation and random damage of one.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeAppendRequest, encodeSignedBatch } from "../../src/client/append-request.js";
import { entriesFrameOf } from "../../src/client/entries-frame.js";
import { eventOf } from "../../src/client/subscription-event.js";
import { isFault } from "../../src/model/fault.js";
import { AppendRequest, Entries, SubscribeResponse } from "../../src/wire/steme/v1/log_service.js";

const test = suite("client: messages");
const bytes = (min: number, max = min) => fc.uint8Array({ minLength: min, maxLength: max });
const whole = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
);

const batchParts = fc.record({
  author: bytes(32),
  writer: bytes(16),
  sequence: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  entries: fc.array(bytes(0, 300), { maxLength: 20 }),
  signature: bytes(64),
});

test("append request: the generated decoder reads what is written", () => {
  fc.assert(
    fc.property(fc.array(batchParts, { maxLength: 5 }), whole, (batches, number) => {
      const encoded = encodeAppendRequest(number, batches.map(encodeSignedBatch), "durable");
      const message = AppendRequest.decode(encoded);
      const again = Buffer.from(AppendRequest.encode(message).finish());
      assert.ok(again.equals(encoded));
      assert.is(Number(message.number), number);
      assert.is(message.batches.length, batches.length);
      assert.is(message.level, 1);
    }),
    { numRuns: 200 },
  );
});

const wireEntries = fc
  .record({
    firstIndex: fc.integer({ min: 0, max: 2 ** 50 }),
    hybridTime: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    entries: fc.array(bytes(0, 200), { minLength: 1, maxLength: 30 }),
    frontier: bytes(0, 60),
    hasSkips: fc.boolean(),
    marks: fc.array(fc.tuple(fc.nat(29), fc.nat(1_000), fc.boolean()), { maxLength: 5 }),
  })
  .map((sample) => ({
    logId: Buffer.alloc(32, 5),
    firstIndex: BigInt(sample.firstIndex),
    hybridTime: sample.hybridTime,
    entries: sample.entries.map((entry) => Buffer.from(entry)),
    skips: sample.hasSkips ? sample.entries.map((entry) => entry.length) : [],
    repeats: sample.marks.map(([entry, index]) => ({
      entry,
      first: { logId: Buffer.alloc(32, 6), index: BigInt(index) },
    })),
    holes: sample.marks.map(([entry, , redacted]) => ({
      entry,
      id: Buffer.alloc(32, 7),
      redacted,
    })),
    frontier: Buffer.from(sample.frontier),
  }));

test("entries frame: reads what the generated encoder writes", () => {
  fc.assert(
    fc.property(wireEntries, (wire) => {
      const message = Buffer.from(
        SubscribeResponse.encode({ frame: { $case: "entries", value: wire } }).finish(),
      );
      const frame = eventOf(message, false);
      assert.is(frame?.kind, "entries");
      if (frame?.kind !== "entries") return;
      assert.is(frame.count, wire.entries.length);
      assert.is(frame.hybridTime, wire.hybridTime);
      assert.ok(wire.frontier.equals(frame.frontier));
      let index = Number(wire.firstIndex);
      for (const [place, entry] of wire.entries.entries()) {
        if (place > 0) index += 1 + (wire.skips[place] ?? 0);
        assert.is(frame.index(place), index);
        assert.ok(entry.equals(frame.bytes(place)));
        const repeat = wire.repeats.findLast((mark) => mark.entry === place);
        assert.is(frame.first(place)?.index, repeat && Number(repeat.first.index));
        const hole = wire.holes.findLast((mark) => mark.entry === place);
        assert.is(frame.hole(place)?.isRedacted, hole?.redacted);
      }
    }),
    { numRuns: 300 },
  );
});

test("entries frame: a part keeps places, indexes and marks", () => {
  fc.assert(
    fc.property(wireEntries, fc.nat(30), fc.nat(30), (wire, one, other) => {
      const message = Buffer.from(Entries.encode(wire).finish());
      const frame = entriesFrameOf(message, 0, message.length);
      const start = Math.min(one, other, frame.count);
      const end = Math.min(Math.max(one, other), frame.count);
      const part = frame.part(start, end);
      assert.is(part.count, end - start);
      for (let place = start; place < end; place++) {
        assert.is(part.index(place - start), frame.index(place));
        assert.equal(part.bytes(place - start), frame.bytes(place));
        assert.equal(part.first(place - start), frame.first(place));
        assert.equal(part.hole(place - start), frame.hole(place));
      }
    }),
    { numRuns: 200 },
  );
});

const sample = Buffer.from(
  SubscribeResponse.encode({
    frame: {
      $case: "entries",
      value: {
        logId: Buffer.alloc(32, 1),
        firstIndex: 70n,
        hybridTime: 9n,
        entries: [Buffer.from("one"), Buffer.from("two")],
        skips: [0, 3],
        repeats: [{ entry: 1, first: { logId: Buffer.alloc(32, 1), index: 4n } }],
        holes: [{ entry: 0, id: Buffer.alloc(32, 2), redacted: true }],
        frontier: Buffer.from("token"),
      },
    },
  }).finish(),
);

const parsesOrFaults = (message: Buffer): void => {
  try {
    const event = eventOf(message, false);
    if (event?.kind === "entries") for (const entry of event.entries) void entry.bytes;
  } catch (error) {
    if (!isFault(error, "MESSAGE_MALFORMED")) throw error;
  }
};

test("frame: every truncation and every changed byte parses or is MESSAGE_MALFORMED", () => {
  for (let end = 0; end < sample.length; end++) parsesOrFaults(sample.subarray(0, end));
  for (let place = 0; place < sample.length; place++) {
    for (const value of [0x00, 0x7f, 0x80, 0xff]) {
      const damaged = Buffer.from(sample);
      damaged[place] = value;
      parsesOrFaults(damaged);
    }
  }
});

test("frame: random bytes parse or are MESSAGE_MALFORMED", () => {
  fc.assert(
    fc.property(bytes(0, 200), fc.boolean(), (noise, isEntries) => {
      const inner = Buffer.from(noise);
      const message = isEntries
        ? Buffer.concat([Buffer.of(0x12, ...varint(inner.length)), inner])
        : inner;
      parsesOrFaults(message);
    }),
    { numRuns: 2_000 },
  );
});

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, value >>> 7];
}

test.run();
