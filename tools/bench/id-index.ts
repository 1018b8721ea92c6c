/**
 * What finding ids costs: building the tables of a log, looking ids up, and following live.
 *
 *     node dist/tools/bench/id-index.js [--segments N] [--directory DIR]
 *
 * The log is real, with segments of 64 MiB and entries of 110 bytes that do not compress: some
 * 550,000 entries each. It is written first, with nobody asking for ids; «live» then appends one
 * more segment while each block is asked for as a subscription does.
 */
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { keyPairFromSeed } from "../../src/crypto/ed25519.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemRandom } from "../../src/host/random.js";
import { systemWorkers } from "../../src/host/workers.js";
import { IdIndex, type IdIndexOptions, idIndexPreset } from "../../src/id-index/id-index.js";
import { rootOf } from "../../src/merkle/tree-edge.js";
import { toHex } from "../../src/model/hex.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import { idOf } from "../../src/wal/block-id.js";
import { formatLog } from "../../src/wal/format-log.js";
import { Log, logOptionsPreset } from "../../src/wal/log.js";

interface IdIndexBenchRow {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

const entryBytes = 110;
const batchEntries = 1_000;
const hash = openTreeHash();

/** New entries every time: a log holds few repeats. */
function makeBatch(sequence: number): AdmittedBatch {
  const entries = randomBytes(batchEntries * entryBytes);
  const leaves = Buffer.alloc(batchEntries * 32);
  for (let i = 0; i < batchEntries; i++) {
    const hasher = createHash("sha256").update(Uint8Array.of(0));
    hasher
      .update(entries.subarray(i * entryBytes, (i + 1) * entryBytes))
      .digest()
      .copy(leaves, i * 32);
  }
  return {
    author: randomBytes(32),
    writer: randomBytes(16),
    sequence,
    signature: randomBytes(64),
    root: rootOf(hash, leaves),
    count: batchEntries,
    entries,
    lengths: new Uint16Array(batchEntries).fill(entryBytes),
    shards: new Uint16Array(batchEntries).fill(5),
    leaves,
  };
}

async function openBenchLog(directory: string): Promise<Log> {
  const options = {
    ...logOptionsPreset,
    disk: nodeDisk,
    clock: systemClock,
    random: systemRandom,
    probe: silentProbe,
    walDirectory: join(directory, "wal"),
    key: keyPairFromSeed(new Uint8Array(32).fill(1)),
    hash,
  };
  const { logId } = await formatLog({ ...options, clusterId: new Uint8Array(16), batches: [] });
  return Log.open({ ...options, logId });
}

async function appendUntil(log: Log, segments: number): Promise<void> {
  let sequence = log.size;
  while (log.segments.length <= segments) {
    const appends = Array.from({ length: 8 }, () => log.append(makeBatch(++sequence)));
    await Promise.all(appends);
  }
}

const openIndex = (log: Log, directory: string, more: Partial<IdIndexOptions> = {}): IdIndex =>
  IdIndex.open({
    ...idIndexPreset,
    log,
    segmentsDirectory: join(directory, "wal", toHex(log.id)),
    tablesDirectory: join(directory, "db", "ids", toHex(log.id)),
    workers: systemWorkers,
    probe: silentProbe,
    ...more,
  });

/** Milliseconds that each of some calls took, ascending. */
async function timed(count: number, call: (i: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await call(i);
    times.push(performance.now() - start);
  }
  return times.sort((left, right) => left - right);
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0;

async function measureLookups(
  log: Log,
  index: IdIndex,
  prefix: string,
): Promise<IdIndexBenchRow[]> {
  const sealedSize = log.segments.at(-1)?.firstIndex ?? 0;
  const known: Uint8Array[] = [];
  for (let i = 0; i < 400; i++) {
    const place = Math.floor((i / 400) * sealedSize);
    const block = await log.read(place);
    known.push(Uint8Array.from(idOf(block, place - block.firstIndex)));
  }
  known.sort(() => Math.random() - 0.5);
  const found = await timed(400, (i) => index.indexOf(known[i] as Uint8Array));
  const missing = await timed(400, () => index.indexOf(randomBytes(32)));
  return [
    { name: `${prefix}: an id that is there, median`, value: quantile(found, 0.5), unit: "ms" },
    { name: `${prefix}: an id that is there, p99`, value: quantile(found, 0.99), unit: "ms" },
    { name: `${prefix}: an id that is not, median`, value: quantile(missing, 0.5), unit: "ms" },
    { name: `${prefix}: an id that is not, p99`, value: quantile(missing, 0.99), unit: "ms" },
  ];
}

/** Appends a segment, and follows it (or only reads it) as a subscription does. */
async function measureLive(log: Log, index: IdIndex | undefined): Promise<IdIndexBenchRow[]> {
  const batches = Array.from({ length: 200 }, (_, i) => makeBatch(log.size + i));
  const start = log.size;
  const startMs = performance.now();
  const cpuStart = process.cpuUsage();
  const loopStart = performance.eventLoopUtilization();
  const waits: number[] = [];
  const follow = async (end: number) => {
    const cursor = log.cursor(start);
    while (cursor.nextIndex < end) {
      const block = await cursor.next();
      if (block === undefined) {
        await new Promise<void>((resolve) => {
          const stop = log.onCommitted(() => {
            stop();
            resolve();
          });
        });
        continue;
      }
      const since = performance.now();
      await index?.of({ block, start: 0, end: block.count });
      waits.push(performance.now() - since);
    }
  };
  const append = async () => {
    for (let i = 0; i < batches.length; i += 4) {
      await Promise.all(batches.slice(i, i + 4).map((batch) => log.append(batch)));
    }
  };
  await Promise.all([append(), follow(start + batches.length * batchEntries)]);
  const elapsedMs = performance.now() - startMs;
  const count = log.size - start;
  const cpu = process.cpuUsage(cpuStart);
  const active = performance.eventLoopUtilization(loopStart).active;
  waits.sort((left, right) => left - right);
  const name = index === undefined ? "live, nobody asks" : "live, each block asked for";
  return [
    { name: `${name}: entries`, value: (count / elapsedMs) * 1000, unit: "1/s" },
    { name: `${name}: main thread`, value: (active * 1e6) / count, unit: "ns/entry" },
    {
      name: `${name}: all threads`,
      value: ((cpu.user + cpu.system) * 1e3) / count,
      unit: "ns/entry",
    },
    { name: `${name}: answer, median`, value: quantile(waits, 0.5), unit: "ms" },
    { name: `${name}: answer, p99`, value: quantile(waits, 0.99), unit: "ms" },
  ];
}

async function measureReplay(log: Log, index: IdIndex): Promise<IdIndexBenchRow> {
  const cursor = log.cursor(0);
  let spentMs = 0;
  let count = 0;
  const end = log.segments.at(-1)?.firstIndex ?? 0;
  while (cursor.nextIndex < end) {
    const block = await cursor.next();
    if (block === undefined) break;
    const since = performance.now();
    await index.of({ block, start: 0, end: block.count });
    spentMs += performance.now() - since;
    count += block.count;
  }
  return {
    name: "replay: repeats of sealed segments",
    value: (spentMs * 1e6) / count,
    unit: "ns/entry",
  };
}

/** How fast tables come while nobody waits; then they are removed. */
async function measureBackground(log: Log, directory: string): Promise<IdIndexBenchRow> {
  const wanted = Math.min(3, log.segments.length - 1);
  const start = performance.now();
  await new Promise<void>((resolve) => {
    let count = 0;
    const debug = (message: string) => {
      if (message === "id table built" && ++count === wanted) {
        void index.close().then(resolve);
      }
    };
    const index = openIndex(log, directory, { probe: { ...silentProbe, debug } });
  });
  const seconds = (performance.now() - start) / 1000;
  rmSync(join(directory, "db"), { recursive: true });
  const entries = log.segments[wanted]?.firstIndex ?? 0;
  return { name: "build, in the background: entries", value: entries / seconds, unit: "1/s" };
}

async function benchIdIndex(
  segments: number,
  directory: string,
): Promise<readonly IdIndexBenchRow[]> {
  const log = await openBenchLog(directory);
  try {
    await appendUntil(log, segments);
    const rows: IdIndexBenchRow[] = [{ name: "log: entries", value: log.size, unit: "" }];
    rows.push(await measureBackground(log, directory));
    const openStart = performance.now();
    let index = openIndex(log, directory);
    rows.push({ name: "open", value: performance.now() - openStart, unit: "ms" });
    const buildStart = performance.now();
    await index.indexOf(randomBytes(32));
    const buildMs = performance.now() - buildStart;
    const sealed = log.segments.at(-1)?.firstIndex ?? 0;
    rows.push({ name: "build, awaited: entries", value: (sealed / buildMs) * 1000, unit: "1/s" });
    rows.push(...(await measureLookups(log, index, "get, filters in memory")));
    rows.push(await measureReplay(log, index));
    rows.push(...(await measureLive(log, undefined)));
    const last = await log.read(log.size - 1);
    const warmStart = performance.now();
    await index.of({ block: last, start: 0, end: last.count });
    rows.push({ name: "live: first question", value: performance.now() - warmStart, unit: "ms" });
    rows.push(...(await measureLive(log, index)));
    await index.close();
    index = openIndex(log, directory, { summaryBytesMax: 0 });
    await index.indexOf(randomBytes(32));
    rows.push(...(await measureLookups(log, index, "get, filters on disk")));
    await index.close();
    return rows;
  } finally {
    await log.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { segments: { type: "string", default: "5" }, directory: { type: "string" } },
  });
  const directory = mkdtempSync(join(values.directory ?? tmpdir(), "stemedb-bench-ids-"));
  try {
    for (const { name, value, unit } of await benchIdIndex(Number(values.segments), directory)) {
      const shown = value >= 1000 ? Math.round(value).toLocaleString("en") : value.toFixed(3);
      console.log(`${name.padEnd(50)} ${shown.padStart(14)} ${unit}`);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
