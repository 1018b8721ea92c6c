/** The log under test, with the options that make small histories touch everything. */
import { keyPairFromSeed } from "../../src/crypto/ed25519.js";
import { openTreeHash } from "../../src/crypto/tree-hash.js";
import type { Clock } from "../../src/host/clock.js";
import type { Disk } from "../../src/host/disk.js";
import type { Random } from "../../src/host/random.js";
import { silentProbe } from "../../src/observability/probe.js";
import { formatLog, listLogs } from "../../src/wal/format-log.js";
import { Log, logOptionsPreset } from "../../src/wal/log.js";

export const walDirectory = "/data/wal";

const key = keyPairFromSeed(new Uint8Array(32).fill(7));
const hash = openTreeHash();

export interface SubjectOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly segmentBytes: number;
}

const common = (options: SubjectOptions) => ({
  disk: options.disk,
  clock: options.clock,
  random: options.random,
  key,
  hash,
  walDirectory,
  segmentBytesMax: options.segmentBytes,
  zeroSliceBytes: Math.max(8 * 1024, options.segmentBytes / 8),
});

export async function formatSubject(options: SubjectOptions): Promise<void> {
  await formatLog({
    ...common(options),
    clusterId: options.random.bytes(16),
    firstAdministrator: options.random.bytes(32),
    batches: [],
  });
}

/** Whether there is a log; a formatting that was cut off leaves none. */
export const isFormatted = async ({ disk }: SubjectOptions): Promise<boolean> =>
  (await listLogs(disk, walDirectory)).length > 0;

/** Opens the one log there is. Its cache is so small that reading reads the disk. */
export async function openSubject(options: SubjectOptions, knownSizeMin: number): Promise<Log> {
  const [logId] = await listLogs(options.disk, walDirectory);
  if (logId === undefined) throw new Error("there is no log");
  return Log.open({
    ...logOptionsPreset,
    ...common(options),
    logId,
    probe: silentProbe,
    reserveBytes: 0,
    cacheBytesMax: 0,
    knownSizeMin,
  });
}
