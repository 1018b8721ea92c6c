/**
 * How much the views must have applied before an answer is given, and the wait for it.
 *
 * | wanted   | waits until the views have applied               | and if they have not |
 * |---|---|---|
 * | local    | -                                                | -                    |
 * | known    | all that was durable when asked                  | answers, `behind`    |
 * | latest   | the same: one node has no peers to ask           | answers, `behind`    |
 * | position | that entry                                       | DEADLINE_EXCEEDED    |
 * | frontier | all that it holds                                | DEADLINE_EXCEEDED    |
 *
 * Waiting lasts a second at most, and less where the caller has less time.
 */
import type { Freshness } from "../model/answer.js";
import { Fault } from "../model/fault.js";
import { freshnessWaitMs } from "../model/query.js";
import { requireOwnLog, type SeenLog, sizeSeen } from "./seen.js";

/** The part of the views that says how far they are. */
export interface FollowingViews {
  /** Entries of the log that they have applied. */
  readonly appliedSize: number;
  reached(
    size: number,
    options: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<boolean>;
}

export interface FreshnessWanted {
  readonly freshness: Freshness | undefined;
  readonly waitMs: number | undefined;
  /** What a moment needs beside: waited for, and never failed for. */
  readonly sizeMin: number;
}

const known: Freshness = { kind: "level", level: "known" };

/** Waits; returns whether the views are still behind. */
export async function awaitFreshness(
  log: SeenLog,
  views: FollowingViews,
  wanted: FreshnessWanted,
  signal: AbortSignal,
): Promise<boolean> {
  const { freshness = known, sizeMin } = wanted;
  if (freshness.kind === "level" && freshness.level === "local") {
    return views.appliedSize < sizeMin;
  }
  const size = await sizeWanted(log, freshness);
  const needed = Math.max(size, sizeMin);
  if (views.appliedSize >= needed) return false;
  const withinMs = Math.max(0, Math.min(freshnessWaitMs, wanted.waitMs ?? freshnessWaitMs));
  const isReached = await views.reached(needed, { withinMs, signal });
  if (signal.aborted) throw cancelled(signal.reason);
  if (isReached) return false;
  if (freshness.kind !== "level" && views.appliedSize < size) throw late(size, views.appliedSize);
  return true;
}

async function sizeWanted(log: SeenLog, freshness: Freshness): Promise<number> {
  switch (freshness.kind) {
    case "level":
      return log.size;
    case "position":
      requireOwnLog(log, freshness.position.logId);
      return freshness.position.index + 1;
    case "frontier":
      return sizeSeen(log, freshness.frontier, "POSITION_INVALID");
  }
}

/** A caller that went away needs no answer; a node that stops says so. */
export function cancelled(reason: unknown): Fault {
  if (reason instanceof Fault) return reason;
  return new Fault("CANCELLED", "the caller gave up");
}

function late(size: number, applied: number): Fault {
  const message =
    "the views had not applied what was asked for when the wait was over; " +
    "ask again, or ask with the freshness `local` or `known`";
  return new Fault("DEADLINE_EXCEEDED", message, { wanted_size: size, applied_size: applied });
}
