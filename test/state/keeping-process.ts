/** Keeps one key after the other, and says how many are acknowledged, until it is killed. */
import { writeSync } from "node:fs";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemWorkers } from "../../src/host/workers.js";
import { silentProbe } from "../../src/observability/probe.js";
import { idempotencyTablePreset } from "../../src/state/idempotency.js";
import { StateStore } from "../../src/state/state-store.js";
import { keyedEntry } from "./keyed-entries.js";

const store = await StateStore.open({
  directory: process.argv[2] ?? "",
  mapBytes: 64 * 1024 ** 2,
  disk: nodeDisk,
  workers: systemWorkers,
  probe: silentProbe,
});
for (let n = 0; n < 10_000; n++) {
  await store.keepEntries([keyedEntry("ann", `k${n}`, n, n)], 5, idempotencyTablePreset);
  writeSync(1, `${n + 1}\n`);
}
