/** Positions as they stand on the wire. */
import { type Position, toIndex } from "../model/position.js";
import type { Position as WirePosition } from "../wire/steme/v1/log_service.js";

export const positionOf = ({ logId, index }: WirePosition): Position => ({
  logId,
  index: toIndex(Number(index)),
});
