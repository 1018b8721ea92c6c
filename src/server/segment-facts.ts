/** How much disk a log takes. */
import { join } from "node:path";
import type { Disk } from "../host/disk.js";
import { toHex } from "../model/hex.js";
import type { LogId } from "../model/position.js";

export interface SegmentFacts {
  readonly count: number;
  readonly bytes: number;
}

export async function segmentFacts(
  disk: Disk,
  dataDirectory: string,
  logId: LogId,
): Promise<SegmentFacts> {
  const directory = join(dataDirectory, "wal", toHex(logId));
  const names = (await disk.list(directory)).filter((name) => name.endsWith(".seg"));
  const facts = await Promise.all(names.map((name) => disk.facts(join(directory, name))));
  const bytes = facts.reduce((sum, one) => sum + (one?.bytes ?? 0), 0);
  return { count: names.length, bytes };
}
