/**
 * Makes a new log: its genesis, the stamp of its first block, and what is appended with it (the
 * first administrator's grants).
 *
 *     wal/.format-<random>.tmp/00000000000000000000.seg    written, synced
 *     wal/<log id, hex>/                                   renamed, synced
 *
 * A log is there whole or not at all: what a crash leaves is a temporary directory, which the next
 * format removes, and which nobody takes for a log.
 */
import { dirname } from "node:path";
import type { Clock } from "../host/clock.js";
import type { Disk } from "../host/disk.js";
import { TreeEdge } from "../merkle/tree-edge.js";
import type { PreviousLog } from "../model/entry.js";
import { fromHex, toHex } from "../model/hex.js";
import { type HybridTime, toHybridTime } from "../model/hybrid-time.js";
import { type LogId, logIdBytes, rootBytes } from "../model/position.js";
import type { AdmittedBatch } from "./admitted-batch.js";
import { viewOf } from "./bytes.js";
import { makeBlock } from "./new-block.js";
import { makeGenesis, type NodeEntryMaker } from "./node-entries.js";
import { zeroFill } from "./segment-supply.js";
import { SegmentWriter } from "./segment-writer.js";
import { temporarySuffix } from "./segments.js";

export const genesisNonceBytes = 32;
const formatPrefix = ".format-";

export interface FormatOptions extends NodeEntryMaker {
  readonly disk: Disk;
  readonly clock: Clock;
  /** The `wal` directory; made where it is missing. */
  readonly walDirectory: string;
  /** Of the cluster that the log belongs to; 16 bytes. */
  readonly clusterId: Uint8Array;
  /** 32 random bytes; made here where nothing else depends on them. */
  readonly nonce?: Uint8Array;
  /** In a founding log. */
  readonly firstAdministrator?: Uint8Array;
  /** The log that this one continues, and its last hybrid time. */
  readonly previous?: PreviousLog;
  readonly after?: HybridTime;
  /** Appended with the genesis: already admitted, as to `append`. */
  readonly batches: readonly AdmittedBatch[];
  /** Size of the first segment's file. */
  readonly segmentBytesMax: number;
  readonly zeroSliceBytes: number;
}

export interface FormattedLog {
  readonly logId: LogId;
  /** Entries that it begins with. */
  readonly size: number;
  readonly root: Uint8Array;
}

/** The logs in a `wal` directory; none where it is empty or missing. */
export async function listLogs(disk: Disk, walDirectory: string): Promise<readonly LogId[]> {
  if ((await disk.facts(walDirectory))?.kind !== "directory") return [];
  const names = await disk.list(walDirectory);
  return names.flatMap((name) => fromHex(name, logIdBytes) ?? []);
}

/** Returns once the new log is durable. */
export async function formatLog(options: FormatOptions): Promise<FormattedLog> {
  const { disk, walDirectory, random } = options;
  await disk.makeDirectory(walDirectory);
  await disk.syncDirectory(dirname(walDirectory));
  for (const name of await disk.list(walDirectory)) {
    const isLeft = name.startsWith(formatPrefix) && name.endsWith(temporarySuffix);
    if (isLeft) await disk.remove(`${walDirectory}/${name}`);
  }
  const name = `${formatPrefix}${toHex(random.bytes(8))}${temporarySuffix}`;
  const directory = `${walDirectory}/${name}`;
  await disk.makeDirectory(directory);
  const log = await writeFirstSegment(options, directory);
  await disk.rename(directory, `${walDirectory}/${toHex(log.logId)}`);
  await disk.syncDirectory(walDirectory);
  return log;
}

async function writeFirstSegment(options: FormatOptions, directory: string): Promise<FormattedLog> {
  const { disk, random, segmentBytesMax, zeroSliceBytes } = options;
  const genesis = makeGenesis(options, {
    kind: "log_genesis",
    logKey: options.key.publicKey,
    clusterId: options.clusterId,
    nonce: options.nonce ?? random.bytes(genesisNonceBytes),
    ...(options.previous && { previous: options.previous }),
    ...(options.firstAdministrator && { firstAdministrator: options.firstAdministrator }),
  });
  const logId = genesis.leaf;
  const lastTime = options.after ?? toHybridTime(0n);
  const file = await disk.open(`${directory}/first${temporarySuffix}`, "create");
  try {
    await zeroFill(file, segmentBytesMax, zeroSliceBytes);
    const writer = await SegmentWriter.begin(
      disk,
      { file, bytes: segmentBytesMax, directory },
      {
        salt: viewOf(random.bytes(4)).getUint32(0),
        logId,
        firstIndex: 0,
        lastTime: toHybridTime(0n),
        edge: TreeEdge.empty(),
      },
    );
    const before = { logId, edge: TreeEdge.empty(), root: new Uint8Array(rootBytes), lastTime };
    const nowMs = options.clock.nowMs();
    const block = makeBlock(options, before, { nowMs, batches: options.batches, genesis });
    const prepared = writer.prepareBlock(block, before, "none");
    await writer.write(prepared);
    writer.accept(prepared);
    const { edge, statement, hybridTime } = block;
    const end = { logId, edge, root: statement.root, lastTime: hybridTime };
    await writer.write(writer.prepareMarker(end));
    return { logId, size: edge.size, root: statement.root };
  } finally {
    await file.close();
  }
}
