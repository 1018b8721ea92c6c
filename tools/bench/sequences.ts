/**
 * What the table of exact retries costs per batch on the thread that answers clients.
 *
 *     node dist/tools/bench/sequences.js [appends per case, default 200000]
 *
 * Each row appends that many batches through a real store: judge, begin, settle, with flushes
 * running beside, as they do in a node. «us/batch» is the time spent inside the three calls; «wall»
 * is the time for all, waits for the store included.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemWorkers } from "../../src/host/workers.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { BatchSource } from "../../src/state/batch-source.js";
import { SequenceTable, sequenceTablePresets } from "../../src/state/sequences.js";
import { StateStore } from "../../src/state/state-store.js";

interface Case {
  readonly name: string;
  readonly writerCount: number;
  /** Batches judged and begun before the first of them settles. */
  readonly inFlightCount: number;
}

export interface SequencesBenchRow {
  readonly name: string;
  /** Inside the calls, per batch. */
  readonly insideUs: number;
  /** All of it, per batch. */
  readonly wallUs: number;
  /** Judgements that had to wait for the store. */
  readonly waits: number;
  readonly residentWriters: number;
  readonly residentMiB: number;
  readonly closeMs: number;
}

const cases: readonly Case[] = [
  { name: "1 writer, 8 in flight", writerCount: 1, inFlightCount: 8 },
  { name: "16 writers, 64 in flight", writerCount: 16, inFlightCount: 64 },
  { name: "1 writer, 1,024 in flight", writerCount: 1, inFlightCount: 1_024 },
  { name: "10,000 writers, 64 in flight", writerCount: 10_000, inFlightCount: 64 },
  { name: "50,000 writers, 64 in flight", writerCount: 50_000, inFlightCount: 64 },
];

const emptyLog: BatchSource = {
  logId: new Uint8Array(32).fill(1),
  size: 0,
  indexAtTime: async () => 0,
  batchesFrom: async function* () {},
};

const openStore = (directory: string) =>
  StateStore.open({
    directory,
    mapBytes: 4 * 1024 ** 3,
    disk: nodeDisk,
    workers: systemWorkers,
    probe: silentProbe,
  });

async function run(one: Case, appendCount: number): Promise<SequencesBenchRow> {
  const parent = mkdtempSync(join(tmpdir(), "stemedb-bench-sequences-"));
  const store = await openStore(join(parent, "state"));
  const options = { ...sequenceTablePresets, store, clock: systemClock, probe: silentProbe };
  const table = await SequenceTable.open<number>({ ...options, log: emptyLog });
  const author = Buffer.alloc(32, 1);
  const writers = Array.from({ length: one.writerCount }, (_, n) => {
    const writer = Buffer.alloc(16, 2);
    writer.writeUInt32BE(n, 3);
    return writer;
  });
  const root = Buffer.alloc(32, 3);
  const hybridTime = BigInt(systemClock.nowMs()) << 16n;
  const begun: [Buffer, number][] = [];
  let inside = 0;
  let waits = 0;
  const start = performance.now();
  let turnStart = start;
  for (let n = 0; n < appendCount; ) {
    const from = performance.now();
    for (let i = 0; i < one.inFlightCount && n < appendCount; i++, n++) {
      const writer = writers[n % one.writerCount] ?? author;
      const sequence = Math.floor(n / one.writerCount) + 1;
      let judgement = table.admit(author, writer, sequence, root, n);
      if (judgement instanceof Promise) {
        inside += performance.now();
        judgement = await judgement;
        inside -= performance.now();
        waits += 1;
      }
      if (judgement.kind !== "new") throw new Error(`${judgement.kind}, not new`);
      begun.push([writer, sequence]);
    }
    for (const [writer, sequence] of begun) {
      const firstIndex = sequence * 256;
      table.settle(author, writer, sequence, { firstIndex, count: 256, hybridTime, root });
    }
    begun.length = 0;
    inside += performance.now() - from;
    if (performance.now() - turnStart < 1) continue;
    await new Promise((resolve) => setImmediate(resolve));
    turnStart = performance.now();
  }
  const wall = performance.now() - start;
  const { writerCount, slotCount } = table.facts();
  const closing = performance.now();
  await table.close();
  await store.close();
  rmSync(parent, { recursive: true });
  return {
    name: one.name,
    insideUs: (inside * 1000) / appendCount,
    wallUs: (wall * 1000) / appendCount,
    waits,
    residentWriters: writerCount,
    residentMiB: (slotCount * 64) / 1024 ** 2,
    closeMs: performance.now() - closing,
  };
}

/** One row per case, each with a store of its own in a temporary directory. */
export async function runSequencesBench(
  options: { readonly appendCount: number },
  onRow: (row: SequencesBenchRow) => void,
): Promise<void> {
  for (const one of cases) onRow(await run(one, options.appendCount));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const appendCount = Number(process.argv[2] ?? 200_000);
  await runSequencesBench({ appendCount }, (row) => {
    const times = [row.insideUs, row.wallUs].map((us) => us.toFixed(2).padStart(6));
    const resident = `${row.residentWriters} writers, ${row.residentMiB.toFixed(1)} MiB resident`;
    console.log(
      `${row.name.padEnd(30)} ${times[0]} us/batch, wall ${times[1]} us/batch; ` +
        `${row.waits} waits; ${resident}; close ${row.closeMs.toFixed(0)} ms`,
    );
  });
}
