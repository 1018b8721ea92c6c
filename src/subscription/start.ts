/** Where a subscription begins, resolved to a place in the log. */
import { Fault } from "../model/fault.js";
import { decodeFrontier } from "../model/frontier.js";
import { bytesEqual, toHex } from "../model/hex.js";
import type { Position } from "../model/position.js";
import type { Log } from "../wal/log.js";

export type Start =
  | { readonly kind: "beginning" }
  | { readonly kind: "end" }
  | { readonly kind: "after"; readonly position: Position }
  | { readonly kind: "at"; readonly position: Position }
  | { readonly kind: "frontier"; readonly token: Uint8Array }
  | { readonly kind: "recorded"; readonly ms: number }
  | { readonly kind: "last"; readonly count: number };

/** Refuses another log than this one. */
export function requireLog(log: Log, logId: Uint8Array): void {
  if (bytesEqual(log.id, logId)) return;
  throw new Fault("LOG_UNKNOWN", "this node does not keep that log; `steme status` names its own", {
    log_id: toHex(logId),
    own_log_id: toHex(log.id),
  });
}

function requireIndex(log: Log, index: number, sizeMax: number): number {
  if (index <= sizeMax) return index;
  throw new Fault("POSITION_INVALID", "the position lies behind the end of the log", {
    index,
    size: log.size,
  });
}

/** The first index that a subscription may send. */
export async function resolveStart(log: Log, start: Start): Promise<number> {
  switch (start.kind) {
    case "beginning":
      return 0;
    case "end":
      return log.size;
    case "after":
      requireLog(log, start.position.logId);
      return requireIndex(log, start.position.index + 1, log.size);
    case "at":
      requireLog(log, start.position.logId);
      return requireIndex(log, start.position.index, log.size);
    case "recorded":
      return log.timeIndex(start.ms);
    case "last":
      return Math.max(0, log.size - start.count);
    case "frontier":
      return resolveFrontier(log, start.token);
  }
}

/** A frontier is taken only where its root is this log's: another past is not this log. */
async function resolveFrontier(log: Log, token: Uint8Array): Promise<number> {
  const items = decodeFrontier(token);
  if (items === undefined) {
    const message = "the resume token is not one of StemeDB; start from a position instead";
    throw new Fault("POSITION_INVALID", message, { bytes: token.length });
  }
  const item = items.find((one) => bytesEqual(one.logId, log.id));
  if (item === undefined) {
    if (items[0] !== undefined) requireLog(log, items[0].logId);
    return 0; // nothing was seen of any log
  }
  requireIndex(log, item.next, log.size);
  if (item.size > 0) {
    const block = await log.read(item.size - 1);
    const isEnd = block.firstIndex + block.count === item.size;
    if (!isEnd || !bytesEqual(block.statement.root.subarray(0, 8), item.rootPrefix)) {
      const message =
        "the resume token names another past of this log; do not mix nodes or backups";
      throw new Fault("POSITION_INVALID", message, { size: item.size });
    }
  }
  if (item.next > item.size) {
    const next = item.next < log.size ? await log.read(item.next) : undefined;
    if (next?.firstIndex !== item.size) {
      const message = "the resume token goes on in another block than the next one";
      throw new Fault("POSITION_INVALID", message, { size: item.size, index: item.next });
    }
  }
  return item.next;
}
