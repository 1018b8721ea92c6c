/**
 * The log alone: how fast it appends, opens and reads back, without network and signatures.
 *
 *     node dist/tools/bench/wal.js [--entries N] [--batch N] [--in-flight N] [--directory DIR]
 *                                  [--compression lz4|none]
 *
 * Entries are 250 bytes with the entropy of real ones (salt, ids and numbers do not compress, words
 * do); leaf hashes are made beforehand, as admission hands them in.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { keyPairFromSeed } from "../../src/crypto/ed25519.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemRandom } from "../../src/host/random.js";
import { rootOf } from "../../src/merkle/tree-edge.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import { formatLog } from "../../src/wal/format-log.js";
import { Log, logOptionsPreset } from "../../src/wal/log.js";

const hash = openTreeHash();
const entryBytes = 250;
const words =
  "browser support feature version chrome firefox safari edge added since partial".split(" ");

function makeEntry(number: number): Uint8Array {
  const fields = [randomBytes(48), Buffer.from(`web/feature/${number % 1000}/`)];
  let bytes = fields[0]?.length ?? 0;
  for (let i = 0; bytes < entryBytes; i++) {
    const word = Buffer.from(`${words[(number * 7 + i * 3) % words.length]} ${number + i} `);
    fields.push(word);
    bytes += word.length;
  }
  return Buffer.concat(fields).subarray(0, entryBytes);
}

function makeBatch(count: number, seed: number): AdmittedBatch {
  const entries = Array.from({ length: count }, (_, i) => makeEntry(seed * count + i));
  const leaves = Buffer.concat(
    entries.map((entry) => createHash("sha256").update(Uint8Array.of(0)).update(entry).digest()),
  );
  return {
    author: randomBytes(32),
    writer: randomBytes(16),
    sequence: seed + 1,
    signature: randomBytes(64),
    root: rootOf(hash, leaves),
    count,
    entries: Buffer.concat(entries),
    lengths: new Uint16Array(count).fill(entryBytes),
    shards: new Uint16Array(count).fill(5),
    leaves,
  };
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

async function appendAll(
  log: Log,
  load: { readonly batches: readonly AdmittedBatch[]; entries: number; inFlight: number },
): Promise<number[]> {
  const latencies: number[] = [];
  let begun = 0;
  const client = async () => {
    while (begun < load.entries) {
      const batch = load.batches[Math.floor(begun / 7) % load.batches.length] as AdmittedBatch;
      begun += batch.count;
      const start = performance.now();
      await log.append(batch);
      latencies.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: load.inFlight }, client));
  return latencies.sort((a, b) => a - b);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      entries: { type: "string", default: "1000000" },
      batch: { type: "string", default: "256" },
      "in-flight": { type: "string", default: "8" },
      directory: { type: "string", default: tmpdir() },
      compression: { type: "string", default: "lz4" },
    },
  });
  const directory = mkdtempSync(join(values.directory, "stemedb-bench-"));
  const common = {
    ...logOptionsPreset,
    disk: nodeDisk,
    clock: systemClock,
    random: systemRandom,
    probe: silentProbe,
    key: keyPairFromSeed(randomBytes(32)),
    hash,
    walDirectory: `${directory}/wal`,
    compression: values.compression === "none" ? ("none" as const) : ("lz4" as const),
  };
  const say = (what: string, value: string) => process.stdout.write(`${what.padEnd(34)}${value}\n`);
  try {
    const formatted = await formatLog({ ...common, clusterId: randomBytes(16), batches: [] });
    const log = await Log.open({ ...common, logId: formatted.logId });
    const batchSize = Number(values.batch);
    const batches = Array.from({ length: 64 }, (_, i) => makeBatch(batchSize, i));
    const load = {
      batches,
      entries: Number(values.entries),
      inFlight: Number(values["in-flight"]),
    };
    await appendAll(log, { ...load, entries: Math.min(load.entries / 5, 100_000) });
    const sizeBefore = log.size;
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    const latencies = await appendAll(log, load);
    const seconds = (performance.now() - start) / 1000;
    const cpu = process.cpuUsage(cpuBefore);
    const appended = latencies.length * batchSize;
    const blocks = log.size - sizeBefore - appended;
    say("append, entries/s", Math.round(appended / seconds).toLocaleString("en"));
    say(
      "  ms p50 / p99",
      `${quantile(latencies, 0.5).toFixed(2)} / ${quantile(latencies, 0.99).toFixed(2)}`,
    );
    say("  blocks, entries per block", `${blocks}, ${(appended / blocks).toFixed(0)}`);
    say("  CPU us per entry", ((cpu.user + cpu.system) / appended).toFixed(2));
    const ratio = await walBytesPerEntryByte(common.walDirectory, formatted.logId);
    say("  WAL bytes per entry byte", ratio?.toFixed(3) ?? "(no segment was sealed)");
    await log.close();
    const opening = performance.now();
    const again = await Log.open({ ...common, logId: formatted.logId });
    say(
      `open ${again.size.toLocaleString("en")} entries, ms`,
      (performance.now() - opening).toFixed(0),
    );
    const reading = performance.now();
    const cursor = again.cursor(0);
    let read = 0;
    let readBytes = 0;
    for (let block = await cursor.next(); block; block = await cursor.next()) {
      for (let i = 0; i < block.count; i++) readBytes += block.entry(i).length;
      read += block.count;
    }
    const readSeconds = (performance.now() - reading) / 1000;
    say("cursor, entries/s", Math.round(read / readSeconds).toLocaleString("en"));
    say("  MB/s", (readBytes / readSeconds / 1e6).toFixed(0));
    await again.close();
    say("RSS, MiB", (process.memoryUsage().rss / 1024 / 1024).toFixed(0));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Of the sealed segments: the newest one is larger than what is in it. */
async function walBytesPerEntryByte(
  walDirectory: string,
  logId: Uint8Array,
): Promise<number | undefined> {
  const directory = `${walDirectory}/${Buffer.from(logId).toString("hex")}`;
  const names = (await nodeDisk.list(directory)).filter((name) => name.endsWith(".seg"));
  const entries = Number(names.at(-1)?.slice(0, 20));
  let bytes = 0;
  for (const name of names.slice(0, -1)) {
    bytes += (await nodeDisk.facts(`${directory}/${name}`))?.bytes ?? 0;
  }
  return entries > 0 ? bytes / (entries * entryBytes) : undefined;
}

await main();
