/**
 * How fast entries are scanned, encoded and decoded: one thread, nothing else.
 *
 *     node dist/tools/bench/entry.js [rounds]
 *
 * Rows are medians over rounds of a quarter of a second each, in microseconds of the process's CPU
 * time per entry, so that what else the machine does counts little.
 */
import { createHmac } from "node:crypto";
import { decodeEntry, encodeEntry, encodeSaltedEntry } from "../../src/entry/codec.js";
import { EntryScanner } from "../../src/entry/entry-scanner.js";
import { RequestScanner } from "../../src/entry/request-scanner.js";
import type { EntryFields } from "../../src/model/entry.js";
import { AppendRequest } from "../../src/wire/steme/v1/log_service.js";

const rounds = Number(process.argv[2] ?? 7);
const roundMs = 250;
const entriesCount = 256;

const claim = (index: number): EntryFields => ({
  author: new Uint8Array(32).fill(7),
  salt: new Uint8Array(16).fill(index),
  body: {
    kind: "assertion",
    conceptPath: `web/key/api.HTMLElement.method_${index}/firefox_android`,
    predicate: "supported_since",
    value: { kind: "version", version: String(80 + (index % 60)), bound: "exact" },
    polarity: "affirms",
    confidenceMillionths: 950_000,
    source: {
      id: "npm:@mdn/browser-compat-data",
      version: "8.1.9",
      class: "community",
      locator: `api.HTMLElement.method_${index}.__compat.support`,
    },
    assertedMs: 1_764_000_000_000 + index,
    lifecycle: "proposed",
  },
});

const hmac = (key: Uint8Array, message: Uint8Array): Uint8Array =>
  createHmac("sha256", key).update(message).digest();

function each<Item>(items: readonly Item[], call: (item: Item) => unknown): void {
  for (const item of items) call(item);
}

/** Median microseconds per item of a call that handles `items` of them. */
function measure(items: number, call: () => void): number {
  const results: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    let count = 0;
    while (performance.now() - start < roundMs) {
      call();
      count += items;
    }
    // The first round warms up.
    const { user, system } = process.cpuUsage(cpu);
    if (round > 0) results.push((user + system) / count);
  }
  results.sort((left, right) => left - right);
  return results[Math.floor(results.length / 2)] ?? 0;
}

function run(): void {
  const fields = Array.from({ length: entriesCount }, (_item, index) => claim(index));
  const entries = fields.map(encodeEntry);
  const message = AppendRequest.encode({
    number: 1n,
    level: 0,
    batches: [
      {
        author: Buffer.alloc(32, 7),
        writer: Buffer.alloc(16, 1),
        sequence: 1n,
        entries: entries.map((entry) => Buffer.from(entry)),
        signature: Buffer.alloc(64, 2),
      },
    ],
  }).finish();
  const scanner = new EntryScanner();
  const requests = new RequestScanner();
  const saltKey = new Uint8Array(32).fill(3);
  const bytes = entries.reduce((sum, entry) => sum + entry.length, 0);
  const rows: readonly (readonly [string, () => void])[] = [
    [
      "scan",
      () => {
        for (let i = 0; i < requests.entryCount(0); i++) {
          const start = requests.entryStart(i);
          scanner.scan(message, start, start + requests.entryLength(i));
        }
      },
    ],
    ["request scan", () => requests.scan(message, 0, message.length)],
    ["encode", () => each(fields, encodeEntry)],
    ["encode, salt derived", () => each(fields, (one) => encodeSaltedEntry(one, saltKey, hmac))],
    ["decode", () => each(entries, decodeEntry)],
  ];
  requests.scan(message, 0, message.length);
  console.log(`${entriesCount} assertions of ${Math.round(bytes / entriesCount)} bytes`);
  for (const [name, call] of rows) {
    const us = measure(entriesCount, call);
    const rate = Math.round(1_000_000 / us).toLocaleString("en-US");
    console.log(`${name.padEnd(22)} ${us.toFixed(3).padStart(8)} us  ${rate.padStart(12)} /s`);
  }
}

run();
