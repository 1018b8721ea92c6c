/**
 * Goal: the request scanner finds what ts-proto would decode, in any order of fields, and refuses
 * one batch or the request as the rules say, without unbounded tables. Method: requests encoded by
 * ts-proto and by hand, in shuffled order; each limit at the limit and one beyond; garbage.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { RequestScanner } from "../../src/entry/request-scanner.js";
import {
  SCAN_BATCH_INVALID,
  SCAN_MESSAGE_MALFORMED,
  SCAN_MESSAGE_TOO_LARGE,
  SCAN_OK,
  SCAN_TOO_LARGE,
} from "../../src/entry/scan-code.js";
import { AppendRequest, type SignedBatch } from "../../src/wire/steme/v1/log_service.js";
import { Seeded } from "../support/seeded.js";
import { bytesField, numberField, type RawField, varintBytes, writeRaw } from "./raw.js";
import { filled } from "./samples.js";

const test = suite("entry: request scanner");
const scanner = new RequestScanner();
const scan = (bytes: Uint8Array): number => scanner.scan(bytes, 0, bytes.length);

const batchOf = (
  entries: readonly Uint8Array[],
  change: Partial<SignedBatch> = {},
): SignedBatch => ({
  author: Buffer.alloc(32, 1),
  writer: Buffer.alloc(16, 2),
  sequence: 3n,
  entries: entries.map((entry) => Buffer.from(entry)),
  signature: Buffer.alloc(64, 4),
  ...change,
});

const encode = (batches: SignedBatch[], number = 7n, level = 2): Uint8Array =>
  AppendRequest.encode({ number, batches, level }).finish();

/** The tables say what ts-proto decodes. */
function checkAgainstDecoder(bytes: Uint8Array, start = 0, end = bytes.length): void {
  const { number, level, batches } = AppendRequest.decode(bytes.subarray(start, end));
  assert.is(scanner.number, number);
  assert.is(scanner.level, level);
  assert.is(scanner.batchCount, batches.length);
  let entry = 0;
  for (const [index, batch] of batches.entries()) {
    const at = (place: number, length: number): Uint8Array => bytes.subarray(place, place + length);
    assert.is(Buffer.compare(at(scanner.authorStart(index), batch.author.length), batch.author), 0);
    assert.is(Buffer.compare(at(scanner.writerStart(index), batch.writer.length), batch.writer), 0);
    const signature = at(scanner.signatureStart(index), batch.signature.length);
    assert.is(Buffer.compare(signature, batch.signature), 0);
    assert.is(BigInt(scanner.sequence(index)), batch.sequence);
    assert.is(scanner.firstEntry(index), entry);
    assert.is(scanner.entryCount(index), batch.entries.length);
    assert.is(
      scanner.entryBytes(index),
      batch.entries.reduce((sum, own) => sum + own.length, 0),
    );
    for (const own of batch.entries) {
      assert.is(scanner.entryLength(entry), own.length);
      assert.is(Buffer.compare(at(scanner.entryStart(entry), own.length), own), 0);
      entry++;
    }
  }
}

test("finds what another decoder decodes", () => {
  const entries = [filled(5, 9), filled(200, 8), filled(20_000, 7)];
  const bytes = encode([batchOf(entries), batchOf([filled(1, 1)]), batchOf(entries)]);
  const area = Buffer.concat([filled(5, 0xff), bytes, filled(5, 0xff)]);
  assert.is(scanner.scan(area, 5, 5 + bytes.length), SCAN_OK);
  checkAgainstDecoder(area, 5, 5 + bytes.length);
  for (const batch of [0, 1, 2]) assert.is(scanner.batchCode(batch), SCAN_OK);
});

test("an empty request has no batches, and its fields their defaults", () => {
  assert.is(scan(new Uint8Array(0)), SCAN_OK);
  assert.is(scanner.number, 0n);
  assert.is(scanner.level, 0);
  assert.is(scanner.batchCount, 0);
});

const rawBatch = (entries: readonly Uint8Array[]): RawField[] => [
  bytesField("", 1, filled(32, 1)),
  bytesField("", 2, filled(16, 2)),
  numberField("", 3, 3n),
  ...entries.map((entry) => bytesField("", 4, entry)),
  bytesField("", 5, filled(64, 4)),
];

test("fields in any order, twice, unknown, padded: as other decoders read them", () => {
  const random = new Seeded(7);
  for (let round = 0; round < 300; round++) {
    const batches = Array.from({ length: random.below(4) }, () => {
      const entries = Array.from({ length: random.below(5) }, (_item, i) => filled(i + 1, i));
      const fields = rawBatch(entries);
      if (random.chance(30)) fields.push(numberField("", 3, 99n), bytesField("", 1, filled(32, 6)));
      if (random.chance(30)) fields.push(bytesField("", 77, filled(9, 9)), numberField("", 12, 5n));
      if (random.chance(20)) fields.push(numberField("", 4, 5n), bytesField("", 3, filled(2, 2)));
      const long = Buffer.concat([varintBytes(0x22n, 3), varintBytes(2n, 4), filled(2, 5)]);
      if (random.chance(30)) fields.push({ ...numberField("", 4, 0n), verbatim: long });
      fields.sort(() => random.below(3) - 1);
      return bytesField("", 2, writeRaw(fields));
    });
    const fixed = { ...bytesField("", 20, filled(4, 1)), wireType: 5 };
    const request = [numberField("", 1, 5n), numberField("", 3, 1n), numberField("", 1, 6n)];
    const all: RawField[] = [...request, ...batches, fixed].sort(() => random.below(3) - 1);
    const bytes = writeRaw(all);
    assert.is(scan(bytes), SCAN_OK, Buffer.from(bytes).toString("hex"));
    checkAgainstDecoder(bytes);
  }
});

test("a cut request is MESSAGE_MALFORMED or a shorter request (exhaustive)", () => {
  const bytes = encode([batchOf([filled(5, 9), filled(130, 8)]), batchOf([filled(1, 1)])]);
  // Behind the cut lies what would complete it.
  const area = Buffer.concat([bytes, bytes]);
  for (let length = 0; length < bytes.length; length++) {
    const code = scanner.scan(area, 0, length);
    let isReadable = true;
    try {
      AppendRequest.decode(bytes.subarray(0, length));
    } catch {
      isReadable = false;
    }
    assert.is(code === SCAN_OK, isReadable, `${length} bytes`);
    if (isReadable) checkAgainstDecoder(area, 0, length);
    else assert.is(scanner.reason().code, "MESSAGE_MALFORMED");
  }
});

test("garbage is refused or read, and never throws", () => {
  for (const seed of [1, 2, 3, Date.now() % 100_000]) {
    const random = new Seeded(seed);
    const sound = encode([batchOf([filled(5, 9), filled(130, 8)]), batchOf([filled(1, 1)])]);
    for (let round = 0; round < 3_000; round++) {
      const bytes = random.chance(50) ? random.bytes(random.below(80)) : Uint8Array.from(sound);
      for (let bend = 0; bend < 3; bend++) {
        const at = random.below(Math.max(1, bytes.length));
        if (at < bytes.length) bytes[at] = random.below(256);
      }
      const code = scan(bytes);
      assert.ok([SCAN_OK, SCAN_MESSAGE_MALFORMED].includes(code), `seed ${seed}`);
      if (code !== SCAN_OK) continue;
      for (let batch = 0; batch < scanner.batchCount; batch++) {
        if (scanner.batchCode(batch) !== SCAN_OK) assert.ok(scanner.batchReason(batch).limit);
      }
    }
  }
});

test("a length beyond the message, or of 64 bits, is MESSAGE_MALFORMED", () => {
  for (const length of [1_000n, 1n << 31n, 1n << 32n, (1n << 63n) + 5n, (1n << 64n) - 1n]) {
    const bytes = Buffer.concat([Buffer.from([0x12]), varintBytes(length), filled(20, 0)]);
    assert.is(scan(bytes), SCAN_MESSAGE_MALFORMED, `${length}`);
  }
});

test("an entry that reaches beyond its batch is MESSAGE_MALFORMED", () => {
  const fields = rawBatch([filled(3, 3)]);
  for (const tag of ["22", "a200"]) {
    const entry = {
      ...bytesField("", 4, filled(0, 0)),
      verbatim: Buffer.from(`${tag}05aabb`, "hex"),
    };
    const bytes = writeRaw([
      bytesField("", 2, writeRaw([...fields, entry])),
      bytesField("", 2, writeRaw(fields)),
    ]);
    assert.is(scan(bytes), SCAN_MESSAGE_MALFORMED, tag);
  }
});

test("groups and field number 0 are MESSAGE_MALFORMED", () => {
  for (const tag of [0x0b, 0x0c, 0x00, 0x02, 0x0e, 0x0f]) {
    assert.is(scan(new Uint8Array([tag, 0, 0, 0, 0])), SCAN_MESSAGE_MALFORMED, `tag ${tag}`);
  }
});

const brokenBatches: readonly (readonly [string, string, Partial<SignedBatch>])[] = [
  ["author", "32 bytes", { author: Buffer.alloc(31) }],
  ["author", "32 bytes", { author: Buffer.alloc(0) }],
  ["writer", "16 bytes", { writer: Buffer.alloc(17) }],
  ["signature", "64 bytes", { signature: Buffer.alloc(63) }],
  ["sequence", "1..9,007,199,254,740,991", { sequence: 0n }],
  ["sequence", "1..9,007,199,254,740,991", { sequence: 2n ** 53n }],
  ["sequence", "1..9,007,199,254,740,991", { sequence: 2n ** 64n - 1n }],
  ["entries", "1..4,096 entries", { entries: [] }],
  [
    "entries",
    "1..4,096 entries",
    { entries: Array.from({ length: 4_097 }, () => Buffer.alloc(1)) },
  ],
  [
    "entries",
    "at most 1,048,576 bytes in all",
    { entries: Array.from({ length: 17 }, () => Buffer.alloc(61_681)) },
  ],
];

test("a batch that breaks a limit is BATCH_INVALID, and the others go on", () => {
  for (const [field, limit, change] of brokenBatches) {
    const good = batchOf([filled(4, 4)]);
    const bytes = encode([good, batchOf([filled(5, 5)], change), good]);
    assert.is(scan(bytes), SCAN_OK, field);
    assert.is(scanner.batchCount, 3);
    assert.is(scanner.batchCode(0), SCAN_OK);
    assert.is(scanner.batchCode(1), SCAN_BATCH_INVALID, field);
    assert.is(scanner.batchCode(2), SCAN_OK);
    assert.is(scanner.entryLength(scanner.firstEntry(2)), 4);
    const reason = scanner.batchReason(1);
    assert.equal([reason.code, reason.field, reason.limit], ["BATCH_INVALID", field, limit]);
    assert.ok(reason.value.length > 0);
  }
});

test("at the limits a batch is right: 4,096 entries, 1,048,576 bytes, sequence 2^53 - 1", () => {
  const many = Array.from({ length: 4_096 }, () => filled(1, 1));
  const large = [...Array.from({ length: 16 }, () => filled(65_535, 1)), filled(16, 1)];
  const last = batchOf([filled(1, 1)], { sequence: 2n ** 53n - 1n });
  assert.is(scan(encode([batchOf(many), batchOf(large), last])), SCAN_OK);
  for (const batch of [0, 1, 2]) assert.is(scanner.batchCode(batch), SCAN_OK);
  assert.is(scanner.entryBytes(1), 1_048_576);
  assert.is(scanner.sequence(2), Number.MAX_SAFE_INTEGER);
});

test("an entry that is empty or too large is ENTRY_TOO_LARGE, by its index", () => {
  for (const length of [0, 65_536]) {
    const entries = [filled(1, 1), filled(length, 1), filled(0, 1)];
    assert.is(scan(encode([batchOf(entries)])), SCAN_OK);
    assert.is(scanner.batchCode(0), SCAN_TOO_LARGE);
    const reason = scanner.batchReason(0);
    assert.is(reason.code, "ENTRY_TOO_LARGE");
    assert.is(reason.field, "entries[1]");
    assert.is(reason.limit, "1..65,535 bytes");
  }
});

test("1,024 batches are the most, and 32,768 entries: beyond, the scan stops", () => {
  const small = batchOf([filled(1, 1)]);
  assert.is(scan(encode(Array.from({ length: 1_024 }, () => small))), SCAN_OK);
  assert.is(scanner.batchCount, 1_024);
  assert.is(scan(encode(Array.from({ length: 1_025 }, () => small))), SCAN_MESSAGE_TOO_LARGE);
  assert.is(scanner.reason().field, "batches");
  const full = batchOf(Array.from({ length: 4_096 }, () => filled(1, 1)));
  assert.is(scan(encode(Array.from({ length: 8 }, () => full))), SCAN_OK);
  assert.is(
    scan(encode([...Array.from({ length: 8 }, () => full), small])),
    SCAN_MESSAGE_TOO_LARGE,
  );
  assert.is(scanner.reason().field, "batches.entries");
  assert.is(scanner.reason().code, "MESSAGE_TOO_LARGE");
});

test("a scan forgets the one before it", () => {
  scan(encode([batchOf([filled(3, 3)]), batchOf([], { author: Buffer.alloc(0) })]));
  assert.is(scan(encode([batchOf([filled(2, 2)])], 8n, 0)), SCAN_OK);
  assert.is(scanner.batchCount, 1);
  assert.is(scanner.level, 0);
  assert.is(scanner.number, 8n);
  assert.is(scanner.entryCount(0), 1);
});

test.run();
