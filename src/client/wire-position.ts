/** Positions as they stand on the wire. */
import { Fault } from "../model/fault.js";
import { type Position, toIndex } from "../model/position.js";
import type { Position as WirePosition } from "../wire/steme/v1/log_service.js";

/** Throws MESSAGE_MALFORMED for an index that no log has. */
export const positionOf = ({ logId, index }: WirePosition): Position => ({
  logId,
  index: toIndex(exactOf(index)),
});

/** A 64-bit number of the wire, where a double holds it exactly. */
export function exactOf(value: bigint): number {
  const exact = Number(value);
  if (Number.isSafeInteger(exact)) return exact;
  throw new Fault("MESSAGE_MALFORMED", "a number of the node is larger than 2^53 - 1", {
    value: String(value),
  });
}
