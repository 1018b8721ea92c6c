/**
 * Goal: sizes, durations and addresses read as people write them, and what is printed reads back.
 * Method: tables for both spaces, and a property for the way back.
 */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { editDistance, nearest } from "../../src/config/nearest.js";
import {
  formatBytes,
  formatDurationMs,
  parseAddress,
  parseBytes,
  parseDurationMs,
} from "../../src/config/value.js";

const test = suite("config: value");

test("bytes: bare numbers and binary units (table)", () => {
  const table: readonly [string, number | undefined][] = [
    ["0", 0],
    ["1024", 1024],
    ["1_000_000", 1_000_000],
    ["64MiB", 67_108_864],
    ["64 mib", 67_108_864],
    ["1.5KiB", 1536],
    ["2GiB", 2 ** 31],
    ["7B", 7],
    ["1.3KiB", undefined],
    ["64MB", undefined],
    ["64M", undefined],
    ["", undefined],
    ["MiB", undefined],
    ["_1", undefined],
    ["1_", undefined],
    ["0x10", undefined],
    ["1e3", undefined],
    ["9007199254740993", undefined],
    ["９", undefined],
  ];
  for (const [text, bytes] of table) assert.is(parseBytes(text), bytes, text);
});

test("duration: bare milliseconds and units (table)", () => {
  const table: readonly [string, number | undefined][] = [
    ["250", 250],
    ["500ms", 500],
    ["10s", 10_000],
    ["1.005s", 1005],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["7d", 604_800_000],
    ["1w", undefined],
    ["0.5ms", undefined],
    ["ten", undefined],
  ];
  for (const [text, ms] of table) assert.is(parseDurationMs(text), ms, text);
});

test("format: what is printed reads back as the same number", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      assert.is(parseBytes(formatBytes(value)), value);
      assert.is(parseDurationMs(formatDurationMs(value)), value);
    }),
  );
  assert.is(formatBytes(64 * 2 ** 20), "64MiB");
  assert.is(formatBytes(1000), "1000");
  assert.is(formatDurationMs(10_000), "10s");
  assert.is(formatDurationMs(0), "0ms");
});

test("address: host and port, IPv6 in brackets (table)", () => {
  assert.equal(parseAddress("127.0.0.1:18184"), { host: "127.0.0.1", port: 18184 });
  assert.equal(parseAddress("[fe80::1%eth0]:1"), { host: "fe80::1%eth0", port: 1 });
  assert.equal(parseAddress("node-1.example:0"), { host: "node-1.example", port: 0 });
  for (const text of ["", ":1", "h", "h:", "h:-1", "h:65536", "::1:1", "[h]:1", "h:1 ", "a/b:1"]) {
    assert.is(parseAddress(text), undefined, text);
  }
});

test("nearest: a name with a slip is found, a strange one is not", () => {
  const known = ["data_dir", "grpc.address", "log.level"];
  assert.is(nearest("dat_dir", known), "data_dir");
  assert.is(nearest("LOG.LEVLE", known), "log.level");
  assert.is(nearest("cluster.enabled", known), undefined);
  assert.is(nearest("x", []), undefined);
});

test("edit distance: it is a metric", () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, (left, right) => {
      const distance = editDistance(left, right);
      assert.is(distance, editDistance(right, left));
      assert.is(distance === 0, left === right);
      assert.ok(distance <= Math.max(left.length, right.length));
    }),
  );
});

test.run();
