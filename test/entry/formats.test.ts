/**
 * Goal: entries that version 1 wrote are read for good: same bytes, same ids, same meaning. Method:
 * the files of test/formats/v1/entries, one pair per body and kind of value, which are added to and
 * never edited; each is scanned, decoded, encoded again, and hashed.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { decodeEntry, encodeEntry, entryId } from "../../src/entry/codec.js";
import { entryFromJson, entryToJson } from "../../src/entry/json.js";
import { bodyKinds } from "../../src/model/entry.js";
import { toHex } from "../../src/model/hex.js";

const test = suite("entry: formats v1");
const directory = "test/formats/v1/entries";
const names = readdirSync(directory)
  .filter((name) => name.endsWith(".hex"))
  .map((name) => name.slice(0, -".hex".length));

const sha256 = (...parts: Uint8Array[]): Uint8Array =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

for (const name of names) {
  test(`${name}: same bytes, same id, same meaning`, () => {
    const hex = readFileSync(`${directory}/${name}.hex`, "utf8").replaceAll("\n", "");
    const bytes = Buffer.from(hex, "hex");
    const expected = JSON.parse(readFileSync(`${directory}/${name}.json`, "utf8"));
    assert.is(toHex(entryId(sha256, bytes)), expected.id);
    assert.equal(JSON.parse(JSON.stringify(entryToJson(decodeEntry(bytes)))), expected.entry);
    assert.is(toHex(encodeEntry(decodeEntry(bytes))), hex);
    assert.is(toHex(encodeEntry(entryFromJson(expected.entry))), hex);
  });
}

test("every body and every kind of value has its files", () => {
  for (const kind of Object.keys(bodyKinds)) {
    assert.ok(
      names.some((name) => name === kind || name.startsWith(`${kind}_`)),
      kind,
    );
  }
  for (const kind of [
    "text",
    "integer",
    "number",
    "boolean",
    "reference",
    "instant",
    "date",
    "version",
    "bytes",
    "unknown",
  ]) {
    assert.ok(
      names.some((name) => name.startsWith(`value_${kind}`)),
      kind,
    );
  }
});

test.run();
