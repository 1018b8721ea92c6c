/**
 * Makes a long log fast, through the log itself and not over the wire; and opens one, timed.
 *
 * The data directory was formatted by a node, which does not run now. A million distinct entries
 * are signed, and appended again and again, each time as another writer's: so a log of 20 million
 * is made in about a minute, and the sizes and batches are those of a real one.
 */
import { join } from "node:path";
import { EntryMaker } from "../../cli/load/entries.js";
import { KeyPair } from "../../src/client/key-pair.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import { batchMessage, shardOf } from "../../src/entry/batch.js";
import { systemClock } from "../../src/host/clock.js";
import { nodeDisk } from "../../src/host/node-disk.js";
import { systemRandom } from "../../src/host/random.js";
import { rootOf } from "../../src/merkle/tree-edge.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { AdmittedBatch } from "../../src/wal/admitted-batch.js";
import { listLogs } from "../../src/wal/format-log.js";
import { Log, logOptionsPreset } from "../../src/wal/log.js";
import { entryBytes } from "./bench.js";

export type LongLogJob =
  | { readonly kind: "make"; readonly dataDirectory: string; readonly entries: number }
  | { readonly kind: "open"; readonly dataDirectory: string; readonly runs: number };

export interface LongLogMessage {
  readonly openMs: readonly number[];
}

const batchEntries = 256;
const batchesInFlight = 32;
const distinctBatches = 4_096;

const hash = openTreeHash();

async function openLog(dataDirectory: string): Promise<Log> {
  const walDirectory = join(dataDirectory, "wal");
  const [logId] = await listLogs(nodeDisk, walDirectory);
  if (logId === undefined) throw new Error(`no log in ${walDirectory}`);
  return Log.open({
    ...logOptionsPreset,
    disk: nodeDisk,
    clock: systemClock,
    random: systemRandom,
    probe: silentProbe,
    walDirectory,
    logId,
    key: await KeyPair.load(join(dataDirectory, "keys", "log.key")),
    hash,
  });
}

type Unsigned = Omit<AdmittedBatch, "writer" | "sequence" | "signature">;

function makeBatches(keys: KeyPair, count: number): readonly Unsigned[] {
  const maker = new EntryMaker(keys.publicKey, systemRandom.bytes(8), entryBytes);
  const shard = shardOf(systemRandom.bytes(32));
  return Array.from({ length: count }, () => {
    const entries = Array.from({ length: batchEntries }, () => maker.make());
    const leaves = Buffer.concat(entries.map((entry) => hash.leaf(entry)));
    return {
      author: keys.publicKey,
      root: rootOf(hash, leaves),
      count: batchEntries,
      entries: Buffer.concat(entries),
      lengths: Uint16Array.from(entries, (entry) => entry.length),
      shards: new Uint16Array(batchEntries).fill(shard),
      leaves,
    };
  });
}

async function make(dataDirectory: string, entries: number): Promise<void> {
  const log = await openLog(dataDirectory);
  const keys = KeyPair.generate();
  const count = Math.ceil(entries / batchEntries);
  const batches = makeBatches(keys, Math.min(count, distinctBatches));
  let next = 0;
  const append = async (): Promise<void> => {
    const writer = systemRandom.bytes(16);
    for (let sequence = 1; next < count; sequence++) {
      const batch = batches[next++ % batches.length] as Unsigned;
      const signature = keys.sign(batchMessage(writer, sequence, batchEntries, batch.root));
      await log.append({ ...batch, writer, sequence, signature });
    }
  };
  await Promise.all(Array.from({ length: batchesInFlight }, append));
  await log.close();
}

async function openTimed(dataDirectory: string, runs: number): Promise<readonly number[]> {
  const openMs: number[] = [];
  for (let run = 0; run < runs; run++) {
    const begin = performance.now();
    const log = await openLog(dataDirectory);
    openMs.push(performance.now() - begin);
    await log.close();
  }
  return openMs;
}

async function run(job: LongLogJob): Promise<LongLogMessage> {
  if (job.kind === "open") return { openMs: await openTimed(job.dataDirectory, job.runs) };
  await make(job.dataDirectory, job.entries);
  return { openMs: [] };
}

process.once("disconnect", () => process.exit(1)); // nobody asks any more
process.once("message", (job: LongLogJob) => {
  run(job).then(
    (message) => process.send?.(message, () => process.exit()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
