/**
 * Finds the log of a data directory, or founds one.
 *
 * A data directory without a log is unformatted: its `wal/` may be missing or empty, and a start
 * that a crash cut short may have left keys, which are taken up. One that has a log has keys too.
 *
 * `state/` is made only once there is a log, so where it stands and the log does not, the log is
 * missing (a disk that is not mounted, a directory that was moved): that is refused, for a new log
 * in its place would look like a node that lost everything.
 */

import { join } from "node:path";
import { clusterIdOf } from "../crypto/cluster-id.js";
import { openTreeHash } from "../crypto/tree-hash.js";
import { systemClock } from "../host/clock.js";
import type { Disk } from "../host/disk.js";
import { nodeDisk } from "../host/node-disk.js";
import { systemRandom } from "../host/random.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";
import type { LogId } from "../model/position.js";
import type { Metrics } from "../observability/metrics.js";
import type { Probe } from "../observability/probe.js";
import { formatLog, genesisNonceBytes, listLogs } from "../wal/format-log.js";
import { Log, logOptionsPreset } from "../wal/log.js";
import { foundingGrants } from "./founding.js";
import { loadNodeKeys, makeFoundingKeys, type NodeKeys } from "./node-keys.js";

export interface OpenLogOptions {
  readonly dataDirectory: string;
  readonly segmentBytesMax: number;
  readonly reserveBytes: number;
  readonly cacheBytesMax: number;
  readonly compression: "lz4" | "none";
  readonly probe: Probe;
  readonly metrics: Metrics;
}

export interface FoundLog {
  readonly logId: LogId;
  readonly keys: NodeKeys;
}

const keysDirectory = (dataDirectory: string): string => join(dataDirectory, "keys");
const walDirectory = (dataDirectory: string): string => join(dataDirectory, "wal");

/** The log that the directory holds, after founding one where it holds none. */
export async function findOrFoundLog(disk: Disk, options: OpenLogOptions): Promise<FoundLog> {
  const { dataDirectory } = options;
  const logs = await listLogs(disk, walDirectory(dataDirectory));
  const [logId] = logs;
  if (logId === undefined) {
    await requireNoState(disk, dataDirectory);
    return foundLog(disk, options);
  }
  if (logs.length > 1) {
    const message = "wal/ holds several logs, and this version keeps one: move the others away";
    const found = logs.map((id) => toHex(id).slice(0, 16)).join(", ");
    throw new Fault("DATA_DIRECTORY_INVALID", message, { directory: dataDirectory, logs: found });
  }
  return { logId, keys: await loadNodeKeys(keysDirectory(dataDirectory)) };
}

async function requireNoState(disk: Disk, dataDirectory: string): Promise<void> {
  const state = join(dataDirectory, "state");
  const facts = await disk.facts(state);
  if (facts?.kind !== "directory" || (await disk.list(state)).length === 0) return;
  const message =
    "state/ belongs to a log that wal/ does not hold: mount or restore wal/, " +
    "or move state/ and keys/ away to begin anew";
  throw new Fault("DATA_DIRECTORY_INVALID", message, { directory: dataDirectory });
}

async function foundLog(disk: Disk, options: OpenLogOptions): Promise<FoundLog> {
  const { dataDirectory, segmentBytesMax, probe } = options;
  const keys = await makeFoundingKeys(disk, keysDirectory(dataDirectory));
  const nonce = systemRandom.bytes(genesisNonceBytes);
  const clusterId = clusterIdOf(keys.administrator.publicKey, nonce);
  const { logId } = await formatLog({
    disk,
    clock: systemClock,
    random: systemRandom,
    hash: openTreeHash(),
    key: keys.log,
    walDirectory: walDirectory(dataDirectory),
    clusterId,
    nonce,
    firstAdministrator: keys.administrator.publicKey,
    batches: [foundingGrants(keys, clusterId, systemRandom)],
    segmentBytesMax,
    zeroSliceBytes: logOptionsPreset.zeroSliceBytes,
  });
  probe.info("log founded", { log_id: toHex(logId), cluster_id: toHex(clusterId) });
  return { logId, keys };
}

/** Recovers the log; one that is damaged opens to be read. KEY_INVALID where its key is another. */
export function openLog(
  found: FoundLog,
  knownSizeMin: number,
  options: OpenLogOptions,
): Promise<Log> {
  const { dataDirectory, segmentBytesMax, reserveBytes, cacheBytesMax } = options;
  return Log.open({
    ...logOptionsPreset,
    disk: nodeDisk,
    clock: systemClock,
    random: systemRandom,
    probe: options.probe,
    metrics: options.metrics,
    walDirectory: walDirectory(dataDirectory),
    logId: found.logId,
    key: found.keys.log,
    hash: openTreeHash(),
    knownSizeMin,
    segmentBytesMax,
    reserveBytes,
    cacheBytesMax,
    compression: options.compression,
  });
}
