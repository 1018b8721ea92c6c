/** Offsets against a live node: which indexes they mean there. */
import type { StartInput, StemeClient } from "../src/client/index.js";
import { Fault } from "../src/model/fault.js";
import { bytesEqual, toHex } from "../src/model/hex.js";
import { type LogId, toIndex } from "../src/model/position.js";
import { type Extent, extentOf, type Offset } from "./offset.js";

export interface PlacedExtent extends Extent {
  readonly logId: LogId;
  /** How many entries the log has. */
  readonly size: number;
}

/** The first index that was recorded at or after a moment. */
async function recordedIndex(client: StemeClient, recordedMs: number): Promise<number> {
  const subscription = client.subscribe({ start: { recordedMs }, resume: false });
  try {
    for await (const event of subscription) if (event.kind === "confirmed") return event.next.index;
    throw new Fault("UNAVAILABLE", "the node ended the subscription before confirming it");
  } finally {
    subscription.close();
  }
}

/** Throws LOG_UNKNOWN where the offset names another log than the node's. */
export async function extentAt(client: StemeClient, offset: Offset): Promise<PlacedExtent> {
  const { logId, size } = await client.status();
  if (offset.logId !== undefined && !bytesEqual(offset.logId, logId)) {
    const message = `the node keeps log ${toHex(logId)}, and not the one that the offset names`;
    throw new Fault("LOG_UNKNOWN", message, { log_id: toHex(offset.logId) });
  }
  const extent = await extentOf(offset, size, (ms) => recordedIndex(client, ms));
  return { ...extent, logId, size };
}

/** Where a subscription begins that starts at an index: every place of a log has a form. */
export const startAt = ({ logId, start }: PlacedExtent): StartInput =>
  start === 0 ? "start" : { after: { logId, index: toIndex(start - 1) } };
