/**
 * How long a ruling lasts. With decay off, time alone changes an answer only where a claim begins
 * or ceases to hold; between two such moments a ruling that was kept is still the answer.
 */
import type { QuestionHistory } from "./history.js";

/** From `fromMs` inclusive to `untilMs` exclusive; infinite where nothing changes any more. */
export interface Horizon {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** The span around a moment in which no claim begins or ceases to be valid. */
export function horizonOf(
  history: Pick<QuestionHistory, "candidates">,
  evaluatedAtMs: number,
): Horizon {
  let fromMs = Number.NEGATIVE_INFINITY;
  let untilMs = Number.POSITIVE_INFINITY;
  const narrow = (changeMs: number | undefined): void => {
    if (changeMs === undefined) return;
    if (changeMs <= evaluatedAtMs) fromMs = Math.max(fromMs, changeMs);
    else untilMs = Math.min(untilMs, changeMs);
  };
  for (const { validFromMs, validUntilMs } of history.candidates) {
    narrow(validFromMs);
    narrow(validUntilMs);
  }
  return { fromMs, untilMs };
}
