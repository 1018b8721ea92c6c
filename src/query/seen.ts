/**
 * Tokens that name what was seen of a log: checked against the log that is kept here.
 *
 * A frontier is believed only where its root is this log's: sizes alone would let a token of
 * another past (a restored backup, a node under the same name) pass for this one.
 */
import { Fault, type FaultCode } from "../model/fault.js";
import { decodeFrontier } from "../model/frontier.js";
import { bytesEqual, toHex } from "../model/hex.js";
import type { LogId } from "../model/position.js";
import type { Block } from "../wal/block.js";

/** The part of a log that says what it holds. */
export interface SeenLog {
  readonly id: LogId;
  readonly size: number;
  read(index: number): Promise<Block>;
}

/** Refuses another log than this one. */
export function requireOwnLog(log: SeenLog, logId: Uint8Array): void {
  if (bytesEqual(log.id, logId)) return;
  throw new Fault("LOG_UNKNOWN", "this node does not keep that log; `steme status` names its own", {
    log_id: toHex(logId),
    own_log_id: toHex(log.id),
  });
}

/**
 * How many entries of the log a frontier has seen. Throws LOG_UNKNOWN, or `code` for bytes that are
 * no frontier, or one of another past. A size behind the log's end cannot be checked, and is not.
 */
export async function sizeSeen(log: SeenLog, token: Uint8Array, code: FaultCode): Promise<number> {
  const items = decodeFrontier(token);
  if (items === undefined) {
    const message = "the frontier is not one of StemeDB; take one from an answer or a subscription";
    throw new Fault(code, message, { bytes: token.length });
  }
  for (const { logId } of items) requireOwnLog(log, logId);
  const [item] = items;
  if (item === undefined) return 0;
  if (item.size > 0 && item.size <= log.size) {
    const block = await log.read(item.size - 1);
    const isEnd = block.firstIndex + block.count === item.size;
    if (!isEnd || !bytesEqual(block.statement.root.subarray(0, 8), item.rootPrefix)) {
      const message = "the frontier names another past of this log; do not mix nodes or backups";
      throw new Fault(code, message, { size: item.size });
    }
  }
  return item.next;
}
