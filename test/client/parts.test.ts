/**
 * Goal: the parts under writers and subscriptions keep their own promises: room, settling, queue,
 * backoff, hashing of leaves, values, faults. Method: each alone, against a plain model where there
 * is one.
 */
import { Metadata, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assertionOf, typedValue } from "../../src/client/assertion-input.js";
import { Backoff } from "../../src/client/backoff.js";
import { failureOf } from "../../src/client/call-failure.js";
import { encodeInput } from "../../src/client/entry-input.js";
import { KeyPair } from "../../src/client/key-pair.js";
import { LeafHasher } from "../../src/client/leaf-hasher.js";
import { Queue } from "../../src/client/queue.js";
import { type Guest, Room } from "../../src/client/room.js";
import { Settling } from "../../src/client/settling.js";
import { writerOptions } from "../../src/client/writer-options.js";
import { hmacSha256 } from "../../src/crypto/sha256.js";
import { decodeEntry } from "../../src/entry/codec.js";
import { systemRandom } from "../../src/host/random.js";
import { Fault, type FaultCode, faultMeanings } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";
import { toServiceError } from "../../src/rpc/status.js";
import { throwsFault } from "../support/expect.js";
import { leafOf } from "../support/sample-batches.js";
import { Seeded } from "../support/seeded.js";

const test = suite("client: parts");
const keys = KeyPair.fromSeed(new Uint8Array(32).fill(1));

// ---------------------------------------------------------------- faults

test("failure: a fault goes through a gRPC status and back, facts included", () => {
  for (const code of Object.keys(faultMeanings) as FaultCode[]) {
    const error = toServiceError(new Fault(code, "what happened", { field: "x", limit: 3 }));
    const { fault } = failureOf(error);
    assert.is(fault.code, code);
    assert.is(fault.message, "what happened");
    assert.equal(fault.detail, { field: "x", limit: "3" });
  }
});

test("failure: what passes by itself is transient, what needs somebody is not", () => {
  const isTransient = (code: FaultCode) =>
    failureOf(toServiceError(new Fault(code, ""))).isTransient;
  for (const code of ["UNAVAILABLE", "SHUTTING_DOWN", "OVERLOADED"] as const) {
    assert.ok(isTransient(code), code);
  }
  for (const code of ["DISK_FULL", "LOG_POISONED", "LOG_UNKNOWN", "ARGUMENT_INVALID"] as const) {
    assert.not(isTransient(code), code);
  }
});

test("failure: a status without detail, or with somebody else's, is judged by its code", () => {
  const of = (code: number, details = "", metadata = new Metadata()) =>
    failureOf({ code, details, metadata });
  assert.is(of(status.UNAVAILABLE).isTransient, true);
  assert.is(of(status.CANCELLED).fault.code, "UNAVAILABLE");
  assert.is(of(status.INTERNAL, "Received RST_STREAM with code 2").isTransient, true);
  assert.is(of(status.INTERNAL, "bug").fault.code, "INTERNAL");
  assert.is(of(status.UNIMPLEMENTED).isTransient, false);
  assert.is(
    of(status.RESOURCE_EXHAUSTED, "message larger than max").fault.code,
    "MESSAGE_TOO_LARGE",
  );
  const strange = new Metadata();
  strange.set("grpc-status-details-bin", Buffer.from([0xff, 0xff, 0x03]));
  assert.is(of(status.NOT_FOUND, "gone", strange).fault.code, "NOT_FOUND");
});

// ---------------------------------------------------------------- room and settling

const bounds = { unsettledEntriesMax: 10, unsettledBytesMax: 1_000, waitingEntriesMax: 5 };

const guest = (entries: number, bytes: number, log: string[], name: string): Guest => ({
  entries,
  bytes,
  admit: () => log.push(`${name} in`),
  refuse: (fault) => log.push(`${name} ${fault.code}`),
});

test("room: nobody overtakes, and the line is bounded", () => {
  const room = new Room(bounds);
  const log: string[] = [];
  room.enter(guest(10, 10, log, "a"));
  room.enter(guest(3, 10, log, "b"));
  room.enter(guest(1, 10, log, "c"));
  room.enter(guest(2, 10, log, "d"));
  assert.equal(log, ["a in", "d OVERLOADED"]);
  room.leave(1, 1);
  assert.equal(log.length, 2, "b does not fit, and c does not overtake it");
  room.leave(9, 9);
  assert.equal(log.slice(2), ["b in", "c in"]);
  room.enter(guest(1, 5_000, log, "e"));
  room.close(new Fault("CANCELLED", "closed"));
  assert.is(log.at(-1), "e CANCELLED");
});

test("room: one larger than the room enters when it is empty", () => {
  const room = new Room(bounds);
  const log: string[] = [];
  room.enter(guest(500, 9_999, log, "a"));
  assert.equal(log, ["a in"]);
});

test("room: never more than the bounds, and everybody gets in (property)", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(12), { maxLength: 60 }), fc.nat(), (sizes, seed) => {
      const room = new Room({ ...bounds, waitingEntriesMax: 10_000 });
      const chance = new Seeded(seed);
      const inside: number[] = [];
      let admitted = 0;
      const leave = () => room.leave(inside.shift() ?? 0, 0);
      for (const entries of sizes) {
        const admit = () => {
          inside.push(entries);
          admitted += 1;
        };
        room.enter({ entries, bytes: 0, admit, refuse: () => assert.unreachable() });
        const isAlone = inside.filter((size) => size > 0).length <= 1;
        assert.ok(room.entries <= bounds.unsettledEntriesMax || isAlone);
        if (chance.chance(50) && inside.length > 0) leave();
      }
      while (inside.length > 0) leave();
      assert.is(admitted, sizes.length);
    }),
  );
});

test("settling: waits for what had begun, and not for what began later", async () => {
  const settling = new Settling();
  const order: string[] = [];
  const first = settling.begin();
  const second = settling.begin();
  const early = settling.settled().then(() => order.push("early"));
  const third = settling.begin();
  const late = settling.settled().then(() => order.push("late"));
  third();
  second();
  await Promise.resolve();
  assert.equal(order, []);
  first();
  await Promise.all([early, late]);
  assert.equal(order.sort(), ["early", "late"]);
  await settling.settled();
});

test("queue: is an array with shift, push and unshift (property)", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -60, max: 100 }), { maxLength: 500 }), (steps) => {
      const queue = new Queue<number>();
      const model: number[] = [];
      for (const step of steps) {
        if (step < -50) {
          queue.unshift(step);
          model.unshift(step);
        } else if (step < 0) assert.is(queue.shift(), model.shift());
        else {
          queue.push(step);
          model.push(step);
        }
        assert.is(queue.length, model.length);
        assert.is(queue.first, model[0]);
      }
      assert.equal(queue.drain(), model);
      assert.is(queue.length, 0);
    }),
  );
});

test("backoff: doubles up to its bound, half of it at random, and starts over", () => {
  const backoff = new Backoff({ delayMsMin: 10, delayMsMax: 200 }, new Seeded(1));
  for (const bound of [10, 20, 40, 80, 160, 200, 200]) {
    const delayMs = backoff.nextMs();
    assert.ok(delayMs >= bound / 2 && delayMs <= bound, `${delayMs} of ${bound}`);
  }
  backoff.reset();
  assert.ok(backoff.nextMs() <= 10);
});

// ---------------------------------------------------------------- entries and keys

test("leaves: any count and sizes, each the leaf hash of its entry", () => {
  const chance = new Seeded(3);
  const hasher = new LeafHasher();
  const lists = [
    Array.from({ length: 4_096 }, () => chance.bytes(1 + chance.below(40))),
    Array.from({ length: 9 }, () => chance.bytes(65_535)),
    [chance.bytes(1)],
  ];
  for (const entries of lists) {
    const leaves = hasher.leaves(entries);
    for (const [place, entry] of entries.entries()) {
      const leaf = leaves.subarray(place * 32, place * 32 + 32);
      assert.is(toHex(leaf), toHex(leafOf(entry)));
    }
  }
});

test("key pair: the salt key follows from the seed as the reference says", () => {
  const seed = new Uint8Array(32).fill(7);
  const expected = hmacSha256(seed, Buffer.from("stemedb/salt/v1\0"));
  assert.is(toHex(KeyPair.fromSeed(seed).saltKey), toHex(expected));
  throwsFault(() => KeyPair.fromSeed(new Uint8Array(31)), "KEY_INVALID");
});

test("assertion: plain values become typed ones, defaults are the contract's", () => {
  const claim = assertionOf(
    {
      conceptPath: "a/b",
      predicate: "p",
      value: 3,
      source: "s",
      labels: { z: "1", a: "2" },
      confidence: 0.25,
    },
    1_234,
  );
  const decoded = decodeEntry(encodeInput(claim, keys)).body;
  assert.equal(decoded, {
    kind: "assertion",
    conceptPath: "a/b",
    predicate: "p",
    value: { kind: "integer", integer: 3n, bound: "exact" },
    polarity: "affirms",
    confidenceMillionths: 250_000,
    source: { id: "s", class: "community" },
    assertedMs: 1_234,
    lifecycle: "proposed",
    labels: [
      { key: "a", value: "2" },
      { key: "z", value: "1" },
    ],
  });
  const kinds = [null, "t", 1n, 1.5, true, new Date(0), new Uint8Array(1)] as const;
  assert.equal(
    kinds.map((value) => typedValue(value).kind),
    ["unknown", "text", "integer", "number", "boolean", "instant", "bytes"],
  );
  throwsFault(() => typedValue(new Date(Number.NaN)), "ENTRY_INVALID");
  const base = { conceptPath: "a", predicate: "p", value: 1, source: "s" };
  throwsFault(() => assertionOf({ ...base, confidence: 1.1 }, 0), "ENTRY_INVALID");
});

test("options: a bound outside its limits is refused by name", () => {
  const fault = throwsFault(
    () => writerOptions({ keys, batchEntriesMax: 4_097 }, systemRandom),
    "ARGUMENT_INVALID",
  );
  const { field, limit, value } = fault.detail;
  assert.equal([field, limit, value], ["batchEntriesMax", "1..4096", 4_097]);
  throwsFault(
    () => writerOptions({ keys, writerId: new Uint8Array(8) }, systemRandom),
    "ARGUMENT_INVALID",
  );
});

test.run();
