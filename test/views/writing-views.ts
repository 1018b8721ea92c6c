/**
 * A process that writes views until it is killed: every transaction applies one block of two claims
 * of one question and one of another, then says so. Goes on where the views stand.
 *
 *     node writing-views.js <directory>
 */
import { writeSync } from "node:fs";
import { closeInheritedFiles } from "../../src/host/open-files.js";
import { apply, assertion, blockOf, genesisBlock, logId, openStore, said } from "./applying.js";

closeInheritedFiles();
const [, , directory = ""] = process.argv;
const alice = new Uint8Array(32).fill(0xa1);
const store = await openStore(directory);
apply(store, [genesisBlock]);
let size = store.read((snapshot) => snapshot.applied(logId)?.size ?? 0);
for (;;) {
  const salted = { assertedMs: size };
  const entries = [
    said(alice, assertion({ ...salted, conceptPath: "twice" })),
    said(alice, assertion({ ...salted, conceptPath: "once" })),
    said(alice, assertion({ ...salted, conceptPath: "twice", polarity: "denies" })),
  ];
  apply(store, [blockOf(entries, { firstIndex: size, recorded: BigInt(1_000 + size) << 16n })]);
  size += entries.length;
  writeSync(1, `${size}\n`);
}
