/**
 * Goal: no bytes make the scanner throw, read out of bounds or take long, and whatever it accepts
 * another decoder reads and writes back to the same bytes. Method: garbage and bent entries from
 * fixed seeds and a fresh one, which is printed; entries lie at the end of their memory, followed
 * by nothing, or by bytes that would complete them.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeEntry, encodeEntry } from "../../src/entry/codec.js";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import { SCAN_OK } from "../../src/entry/scan-code.js";
import { entryRule } from "../../src/entry/schema.js";
import { TableScanner } from "../../src/entry/table-scanner.js";
import { Entry } from "../../src/wire/steme/v1/entry.js";
import { Seeded } from "../support/seeded.js";
import { messagesOf, parseRaw, type RawField } from "./raw.js";
import { samples } from "./samples.js";

const test = suite("entry: fuzz");
const scanner = new EntryScanner();
const tables = new TableScanner();
const encoded = [...samples.values()].map(encodeEntry);
const fresh = Date.now() % 1_000_000;
const seeds = [1, 2, 3, 4, 5, fresh];
const rounds = 4_000;

interface Tally {
  accepted: number;
  refused: number;
}

function check(bytes: Uint8Array, tally: Tally, seed: number): void {
  if (scanner.scan(bytes, 0, bytes.length) !== SCAN_OK) {
    const { field, limit, value } = scanner.reason();
    assert.ok(field !== "" && limit !== "" && Buffer.byteLength(value) <= 128, `seed ${seed}`);
    tally.refused++;
    return;
  }
  tally.accepted++;
  // The hand-written scan of assertions accepts nothing that the table would refuse.
  assert.is(tables.scan(bytes, 0, bytes.length), SCAN_OK, `seed ${seed}`);
  const again = Entry.encode(Entry.decode(bytes)).finish();
  assert.is(Buffer.compare(again, bytes), 0, `seed ${seed}: ${Buffer.from(bytes).toString("hex")}`);
  assert.is(Buffer.compare(encodeEntry(decodeEntry(bytes)), bytes), 0, `seed ${seed}`);
}

/** Bytes that are changed, left out, doubled, or moved. */
function bend(random: Seeded, bytes: Uint8Array): Uint8Array {
  const at = random.below(bytes.length);
  const count = random.below(8);
  switch (random.below(5)) {
    case 0: {
      const bent = Uint8Array.from(bytes);
      bent[at] = random.below(256);
      return bent;
    }
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, at + count), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), random.bytes(count), bytes.subarray(at)]);
    default: {
      const bent = Uint8Array.from(bytes);
      bent[at] = (bent[at] ?? 0) ^ (1 << random.below(8));
      return bent;
    }
  }
}

/** Fields that are changed and put together again, so that lengths are right. */
function bendFields(random: Seeded, bytes: Uint8Array): Uint8Array {
  const { fields, rebuild } = random.pick(messagesOf(parseRaw(bytes, entryRule)));
  const index = random.below(fields.length);
  const field = fields[index];
  if (field === undefined) return rebuild(fields);
  const content = (): RawField => {
    if (field.wireType === 0) {
      const varint = BigInt.asUintN(64, field.varint + BigInt(random.below(5) - 2));
      return { ...field, varint: random.chance(80) ? varint : BigInt(random.below(2 ** 32)) };
    }
    const own = field.children === undefined ? field.content : new Uint8Array(0);
    const length = random.chance(70) ? own.length : random.below(600);
    const bent = random.chance(50) ? random.bytes(length) : Uint8Array.from(own);
    if (bent.length > 0) bent[random.below(bent.length)] = random.below(256);
    return { ...field, content: bent, children: undefined };
  };
  switch (random.below(4)) {
    case 0:
      return rebuild(fields.toSpliced(index, 1));
    case 1:
      return rebuild(fields.with(index, fields[random.below(fields.length)] ?? field));
    default:
      return rebuild(fields.with(index, content()));
  }
}

test(`garbage never throws (seeds ${seeds.join(", ")})`, () => {
  const tally = { accepted: 0, refused: 0 };
  for (const seed of seeds) {
    const random = new Seeded(seed);
    for (let round = 0; round < rounds; round++) {
      check(random.bytes(random.below(300)), tally, seed);
    }
  }
  assert.is(tally.accepted, 0, "garbage is no entry");
});

test("bent bytes: what is accepted is canonical to another implementation", () => {
  const tally = { accepted: 0, refused: 0 };
  for (const seed of seeds) {
    const random = new Seeded(seed);
    for (let round = 0; round < rounds; round++) {
      let bytes = bend(random, random.pick(encoded));
      while (random.chance(40) && bytes.length > 0) bytes = bend(random, bytes);
      check(bytes, tally, seed);
    }
  }
  assert.ok(tally.accepted > 500 && tally.refused > 5_000, JSON.stringify(tally));
});

test("bent fields: what is accepted is canonical to another implementation", () => {
  const tally = { accepted: 0, refused: 0 };
  for (const seed of seeds) {
    const random = new Seeded(seed);
    for (let round = 0; round < rounds; round++) {
      check(bendFields(random, random.pick(encoded)), tally, seed);
    }
  }
  assert.ok(tally.accepted > 1_000 && tally.refused > 5_000, JSON.stringify(tally));
});

test("the end is the end: bytes behind it change nothing", () => {
  const random = new Seeded(9);
  for (const bytes of encoded) {
    const area = Buffer.concat([bytes, bytes]);
    for (let round = 0; round < 50; round++) {
      const length = random.below(bytes.length);
      const alone = scanner.scan(bytes.subarray(0, length), 0, length);
      assert.is(scanner.scan(area, 0, length), alone);
    }
  }
});

test("hostile texts take time in proportion to their size", () => {
  const marks = "a\u0345\u0323\u0301".repeat(4_000).slice(0, 10_900);
  const body = { ...samples.get("assertion")?.body, value: { kind: "text", text: marks } };
  const start = performance.now();
  try {
    encodeEntry({ author: new Uint8Array(32), salt: new Uint8Array(16), body: body as never });
  } catch {
    // Refused for its form, which is fine: the time counts.
  }
  assert.ok(performance.now() - start < 1_000);
});

test.run();
