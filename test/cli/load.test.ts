/**
 * Goal: what the load generator sends is what a node must take: valid, distinct entries of the size
 * asked for, in batches whose signatures hold. Method: every size in a range, scanned by the same
 * scanner that the edge uses.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { EntryMaker } from "../../cli/load/entries.js";
import { PreparedBatches } from "../../cli/load/prepared.js";
import { KeyPair } from "../../src/client/key-pair.js";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import { SCAN_OK } from "../../src/entry/scan-code.js";
import { isFault } from "../../src/model/fault.js";
import { toHex } from "../../src/model/hex.js";

const test = suite("cli: load");
const keys = KeyPair.fromSeed(new Uint8Array(32).fill(7));
const nonce = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

test("entries: valid, and within two bytes of the size asked for (every size to 600)", () => {
  const scanner = new EntryScanner();
  for (let bytes = 200; bytes <= 600; bytes++) {
    const entry = new EntryMaker(keys.publicKey, nonce, bytes).make();
    assert.is(scanner.scan(entry, 0, entry.length), SCAN_OK, `${bytes} bytes`);
    assert.ok(Math.abs(entry.length - bytes) <= 2, `${entry.length} for ${bytes}`);
  }
});

test("entries: the largest is valid, and sizes that cannot be are refused", () => {
  const entry = new EntryMaker(keys.publicKey, nonce, 32_000).make();
  assert.is(new EntryScanner().scan(entry, 0, entry.length), SCAN_OK);
  for (const bytes of [10, 100, 40_000]) {
    assert.throws(
      () => new EntryMaker(keys.publicKey, nonce, bytes),
      (error: unknown) => isFault(error, "ARGUMENT_INVALID"),
    );
  }
});

test("entries: no two are the same, in one maker and across nonces", () => {
  const other = new EntryMaker(keys.publicKey, nonce.toReversed(), 250);
  const maker = new EntryMaker(keys.publicKey, nonce, 250);
  const seen = new Set<string>();
  for (let i = 0; i < 1_000; i++) seen.add(toHex(maker.make())).add(toHex(other.make()));
  assert.is(seen.size, 2_000);
});

test("prepared: batches come in the order sealed, and late ones are counted", () => {
  const prepared = new PreparedBatches({ keys, batchEntries: 4, entryBytes: 250 });
  assert.ok(prepared.prepare(2) > 2_000);
  const batches = [prepared.next(), prepared.next(), prepared.next()];
  assert.is(prepared.late, 1);
  // 0A 20 author 12 10 writer 18 sequence
  assert.equal(
    batches.map((batch) => batch[34 + 18 + 1]),
    [1, 2, 3],
  );
});

test.run();
