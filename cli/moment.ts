/**
 * Moments of the log as people type them: `--as-of`, `--from` and `--to`. The grammar is that of
 * offsets (offset.ts), and a frontier as hexadecimal. Reading is pure; placing asks the node.
 *
 * A point names the entry that stands there, and a moment holds everything up to that entry, itself
 * included: `--as-of 100` knows entry 100, `--as-of end` the newest.
 */
import type { StemeClient } from "../src/client/index.js";
import { nearest } from "../src/config/index.js";
import type { Freshness, Moment } from "../src/model/answer.js";
import { freshnessLevels } from "../src/model/answer.js";
import { Fault } from "../src/model/fault.js";
import { decodeFrontier } from "../src/model/frontier.js";
import { fromHex, toHex } from "../src/model/hex.js";
import { toIndex } from "../src/model/position.js";
import { type Point, readOffset } from "./offset.js";
import { Usage } from "./usage.js";

/** What was typed: known as it is, or a place that a node must be asked for. */
export type TypedMoment =
  | Moment
  | { readonly kind: "place"; readonly point: Exclude<Point, { kind: "start" | "recorded" }> };

const forms =
  "an index, -10, end, `<log id>:<index>`, @-1h, @2026-01-01T00:00:00Z, or a frontier in " +
  "hexadecimal";

/** As JSON writes a position. */
const slashPattern = /^([0-9a-fA-F]{64})\/(?=\d+$)/;

const refuse = (flag: string, text: string, rule: string): Usage =>
  new Usage(`--${flag} is ${text.slice(0, 128)}: ${rule}`, {
    flag: `--${flag}`,
    limit: forms,
    value: text.slice(0, 128),
  });

function frontierOf(flag: string, text: string): Moment | undefined {
  if (!/^[0-9a-fA-F]{64,}$/.test(text)) return undefined;
  const frontier = fromHex(text);
  if (frontier !== undefined && frontier.length > 32 && decodeFrontier(frontier) !== undefined) {
    return { kind: "frontier", frontier };
  }
  throw text.length === 64
    ? refuse(flag, text, `an id alone is no moment; did you mean ${text.slice(0, 8)}…:<index>?`)
    : refuse(flag, text, "it is no frontier: copy all of it, from `frontier` of an answer");
}

/** Throws `Usage`, which lists the forms or guesses what was meant. */
export function parseMomentFlag(flag: string, text: string, nowMs: number): TypedMoment {
  const frontier = frontierOf(flag, text);
  if (frontier !== undefined) return frontier;
  const offset = readOffset(text.replace(slashPattern, "$1:"), nowMs);
  if (offset === undefined) {
    if (readOffset(`@${text}`, nowMs) !== undefined) {
      throw refuse(flag, text, `did you mean @${text}?`);
    }
    throw refuse(flag, text, `that is no moment; write ${forms}`);
  }
  const { logId, start: point, end } = offset;
  if (end !== undefined) throw refuse(flag, text, "a range is no moment; write one point");
  if (point.kind === "start") {
    throw refuse(flag, text, "at the start nothing had been said; the first entry is 0");
  }
  if (point.kind === "recorded") return { kind: "recorded", recordedMs: point.ms };
  if (logId === undefined || point.kind !== "index") return { kind: "place", point };
  return { kind: "position", position: { logId, index: toIndex(point.index) } };
}

function indexOf(point: Point, size: number): number {
  if (point.kind === "beforeEnd") return size - Math.max(1, point.count);
  if (point.kind === "behindStart") return point.count;
  return point.kind === "index" ? point.index : size - 1;
}

/** Throws MOMENT_INVALID where the node's log does not reach that far. */
export async function momentAt(
  client: Pick<StemeClient, "status">,
  typed: TypedMoment,
): Promise<Moment> {
  if (typed.kind !== "place") return typed;
  const { logId, size } = await client.status();
  const index = indexOf(typed.point, size);
  if (index >= 0 && index < size) {
    return { kind: "position", position: { logId, index: toIndex(index) } };
  }
  const message = `the log has entries 0 to ${size - 1}, and not ${index}`;
  throw new Fault("MOMENT_INVALID", message, { log_id: toHex(logId), index, size });
}

const levelsText = freshnessLevels.join(", ");

/** `--fresh`: a level, or what the node must have seen. Throws `Usage`. */
export function parseFreshness(text: string, nowMs: number): Freshness {
  const level = freshnessLevels.find((word) => word === text);
  if (level !== undefined) return { kind: "level", level };
  const guess = nearest(text, freshnessLevels);
  if (guess !== undefined) throw refuse("fresh", text, `did you mean ${guess}?`);
  const frontier = frontierOf("fresh", text);
  if (frontier?.kind === "frontier") return frontier;
  const offset = readOffset(text.replace(slashPattern, "$1:"), nowMs);
  if (offset?.logId !== undefined && offset.end === undefined && offset.start.kind === "index") {
    const { logId, start } = offset;
    return { kind: "position", position: { logId, index: toIndex(start.index) } };
  }
  throw refuse(
    "fresh",
    text,
    `write ${levelsText}, or the position of a receipt: <log id>:<index>`,
  );
}
