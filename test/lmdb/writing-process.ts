/**
 * A process that writes until it is killed. Every transaction puts one row into each keyspace and
 * the same number into a counter row; after each the number is printed.
 *
 *     node writing-process.js <directory>
 */
import { writeSync } from "node:fs";
import { nodeDisk } from "../../src/host/node-disk.js";
import { closeInheritedFiles } from "../../src/host/open-files.js";
import { LmdbEnvironment } from "../../src/lmdb/lmdb.js";

closeInheritedFiles();
const [, , directory = ""] = process.argv;
const environment = await LmdbEnvironment.open(
  { directory, mapBytes: 256 * 1024 * 1024, keyspaces: ["left", "right"], syncsCommits: false },
  nodeDisk,
);
const counterKey = Buffer.from("counter");
const keyOf = (n: number) => {
  const key = Buffer.alloc(5);
  key.writeUInt32BE((n * 2_654_435_761) >>> 0, 1);
  return key;
};

const row = environment.read((tx) => tx.get("left", counterKey));
let n = row === undefined ? 0 : Buffer.from(row).readUInt32BE(0);
for (;;) {
  n += 1;
  const value = Buffer.alloc(200);
  value.writeUInt32BE(n, 0);
  environment.write((tx) => {
    tx.put("left", keyOf(n), value);
    tx.put("right", keyOf(n), value);
    tx.put("left", counterKey, value.subarray(0, 4));
  });
  writeSync(1, `${n}\n`);
}
