/**
 * Whether views belong to the log that they are to follow: what they hold ends where a block of the
 * log ends, and the log's root there is the one that they remember. A log that was restored from an
 * older backup, or another one in its place, is found out by that.
 */
import { Fault, isFault } from "../model/fault.js";
import { decodeFrontier } from "../model/frontier.js";
import { bytesEqual, toHex } from "../model/hex.js";
import type { LogId } from "../model/position.js";
import type { AppliedTo } from "../views/view-types.js";
import type { BlockSource } from "./batches.js";

/** Throws VIEWS_DAMAGED where a frontier token names another log than the one that is followed. */
export function requireNoOther(logId: LogId, frontier: Uint8Array): void {
  const other = decodeFrontier(frontier)?.find((item) => !bytesEqual(item.logId, logId));
  if (other === undefined) return;
  const facts = { log: toHex(other.logId), followed: toHex(logId) };
  throw new Fault("VIEWS_DAMAGED", "the views were made from another log", facts);
}

/** Throws VIEWS_DAMAGED where they do not belong together. */
export async function requireSameLog(
  log: { readonly source: BlockSource; readonly size: number },
  applied: AppliedTo,
): Promise<void> {
  const { size, rootPrefix } = applied;
  if (size === 0) return;
  if (size > log.size) {
    throw new Fault("VIEWS_DAMAGED", "the views hold more than the log", {
      applied: size,
      size: log.size,
    });
  }
  const cursor = log.source.cursor(size - 1);
  try {
    const block = await cursor.next();
    const root = block?.statement.root.subarray(0, rootPrefix.length);
    const isSame =
      block !== undefined &&
      block.firstIndex + block.count === size &&
      root !== undefined &&
      bytesEqual(root, rootPrefix);
    if (isSame) return;
    const message = "the views were made from another history of the log";
    throw new Fault("VIEWS_DAMAGED", message, { applied: size });
  } catch (error) {
    // A log that cannot be read there says nothing about the views.
    if (!isFault(error, "LOG_CORRUPT")) throw error;
  } finally {
    await cursor.close();
  }
}
