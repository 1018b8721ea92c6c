/**
 * A process that appends to a sequence table over a real store until it is killed. Append n is
 * sequence ⌈n / writers⌉ of writer n modulo writers; its receipt follows from n. Prints each n that
 * was settled.
 *
 *     node settling-process.js <directory>
 */
import { writeSync } from "node:fs";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemWorkers } from "../../src/host/workers.js";
import { silentProbe } from "../../src/observability/probe.js";
import { peekAppliedSize, SequenceTable, sequenceTablePresets } from "../../src/state/sequences.js";
import { StateStore } from "../../src/state/state-store.js";
import { appendOf, sourceUpTo } from "./settled-appends.js";

const [, , directory = ""] = process.argv;
const store = await StateStore.open({
  directory,
  mapBytes: 1024 ** 3,
  disk: nodeDisk,
  workers: systemWorkers,
  probe: silentProbe,
});
const applied = await peekAppliedSize(store);
const table = await SequenceTable.open({
  ...sequenceTablePresets,
  flushIntervalMs: 3,
  store,
  clock: systemClock,
  log: sourceUpTo(applied),
  probe: silentProbe,
});

for (let n = applied; ; n++) {
  const { author, writer, sequence, receipt } = appendOf(n);
  const judgement = await table.admit(author, writer, sequence, receipt.root, n);
  if (judgement.kind !== "new") throw new Error(`append ${n} is ${judgement.kind}`);
  table.settle(author, writer, sequence, receipt);
  writeSync(1, `${n}\n`);
  if (n % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
}
