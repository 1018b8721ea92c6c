/**
 * The one grammar of offsets: where in a log something begins or ends. Pure.
 *
 *     OFFSET  = POINT | [POINT] ":" [POINT] | LOG ":" INDEX | LOG ":" INDEX ":" POINT
 *     POINT   = "start" | "end" | INDEX | "-" COUNT | "+" COUNT | "@" TIME
 *     TIME    = "-" DURATION | DATE | DATE "T" HH:MM[:SS[.mmm]] ("Z" | ±HH:MM)
 *
 *     start                    before the first entry
 *     end                      behind the newest durable entry
 *     100                      the entry with index 100
 *     -10                      10 entries before the end
 *     +10                      10 entries behind the start; as an end: 10 entries in all
 *     100:200                  from index 100 to 199: the start is included, the end excluded
 *     100:+50, :200, -50:      any points; left out, they are `start` and `end`
 *     @-1h                     what was recorded in the last hour (s, m, h, d)
 *     @2026-01-01T00:00:00Z    what was recorded since then; `@2026-01-01` is midnight UTC
 *     <log id>:100             index 100 of the log with this id (64 hexadecimal digits)
 */
import { fromHex } from "../src/model/hex.js";
import { integerMax } from "../src/model/limits.js";
import { Usage } from "./usage.js";

export type Point =
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "beforeEnd"; readonly count: number }
  | { readonly kind: "behindStart"; readonly count: number }
  | { readonly kind: "recorded"; readonly ms: number };

export interface Offset {
  /** The log that is meant; absent: the node's own. */
  readonly logId?: Uint8Array;
  readonly start: Point;
  /** Present in a range only. */
  readonly end?: Point;
}

/** What the grammar is, in the words of help and reference: form, meaning. */
export const offsetForms: readonly (readonly [form: string, meaning: string])[] = [
  ["start", "before the first entry"],
  ["end", "behind the newest durable entry"],
  ["100", "the entry with index 100"],
  ["-10", "10 entries before the end"],
  ["+10", "10 entries behind the start; as the end of a range: 10 entries in all"],
  ["100:200", "index 100 to 199: the start is included, the end excluded"],
  ["100:+50", "any points make a range; left out (`:200`, `-50:`), they are `start` and `end`"],
  ["@-1h", "what was recorded in the last hour (`ms`, `s`, `m`, `h`, `d`)"],
  ["@2026-01-01T00:00:00Z", "what was recorded since then; `@2026-01-01` is midnight UTC"],
  ["<log id>:100", "index 100 of the log with this id (64 hexadecimal digits)"],
];

const logPattern = /^([0-9a-fA-F]{64}):/;
const wordPattern = /^(start|end|[+-]?\d+)/;
const relativePattern = /^@-(\d+)(ms|s|m|h|d)/;
const absolutePattern =
  /^@(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d))?/;
const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

interface Read {
  readonly point: Point;
  readonly length: number;
}

function toWhole(digits: string): number | undefined {
  const value = Number(digits);
  return value <= integerMax ? value : undefined;
}

function readWord(word: string): Point | undefined {
  if (word === "start" || word === "end") return { kind: word };
  const value = toWhole(word.replace(/^[+-]/, ""));
  if (value === undefined) return undefined;
  if (word.startsWith("-")) return { kind: "beforeEnd", count: value };
  if (word.startsWith("+")) return { kind: "behindStart", count: value };
  return { kind: "index", index: value };
}

function readAbsolute(match: RegExpExecArray): Point | undefined {
  const date = match[1] ?? "";
  const ms = Date.parse(`${date}T${match[2] ?? "00:00"}${match[3] ?? "Z"}`);
  // Date.parse takes 2026-02-30 for the 2nd of March; a date that does not come back is refused.
  const isRealDate = !Number.isNaN(Date.parse(date)) && toDate(Date.parse(date)) === date;
  return Number.isNaN(ms) || !isRealDate ? undefined : { kind: "recorded", ms };
}

const toDate = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

/** Reads one point from the beginning of a text. */
function readPoint(text: string, nowMs: number): Read | undefined {
  const word = wordPattern.exec(text);
  if (word !== null) {
    const point = readWord(word[0]);
    return point && { point, length: word[0].length };
  }
  const relative = relativePattern.exec(text);
  if (relative !== null) {
    const ms = nowMs - Number(relative[1]) * (unitMs[relative[2] ?? ""] ?? Number.NaN);
    const isExact = Number.isSafeInteger(ms);
    return isExact ? { point: { kind: "recorded", ms }, length: relative[0].length } : undefined;
  }
  const absolute = absolutePattern.exec(text);
  if (absolute === null) return undefined;
  const point = readAbsolute(absolute);
  return point && { point, length: absolute[0].length };
}

function readRange(text: string, nowMs: number): Omit<Offset, "logId"> | undefined {
  if (text === "" || text === ":") return undefined;
  const first = text.startsWith(":") ? undefined : readPoint(text, nowMs);
  if (first === undefined && !text.startsWith(":")) return undefined;
  const start: Point = first?.point ?? { kind: "start" };
  const rest = text.slice(first?.length ?? 0);
  if (rest === "") return { start };
  if (!rest.startsWith(":")) return undefined;
  if (rest === ":") return { start, end: { kind: "end" } };
  const last = readPoint(rest.slice(1), nowMs);
  if (last === undefined || last.length !== rest.length - 1) return undefined;
  return { start, end: last.point };
}

/** Returns `undefined` where the text is not of the grammar. */
export function readOffset(text: string, nowMs: number): Offset | undefined {
  const log = logPattern.exec(text);
  if (log === null) return readRange(text, nowMs);
  const logId = fromHex(log[1] ?? "", 32);
  const range = readRange(text.slice(log[0].length), nowMs);
  if (logId === undefined || range?.start.kind !== "index") return undefined;
  return { logId, ...range };
}

/** Throws `Usage`, which lists the forms. */
export function parseOffset(text: string, nowMs: number, what: string): Offset {
  const offset = readOffset(text, nowMs);
  if (offset !== undefined) return offset;
  const forms = offsetForms.map(([form]) => form).join(", ");
  throw new Usage(`${what} is ${JSON.stringify(text)}, which is no offset; write one of ${forms}`, {
    argument: what,
    value: text.slice(0, 128),
  });
}

/** `parseOffset`, for places where a range makes no sense. */
export function parsePoint(text: string, nowMs: number, what: string): Offset {
  const offset = parseOffset(text, nowMs, what);
  if (offset.end === undefined) return offset;
  throw new Usage(`${what} is the range ${text}, and must be one point`, { argument: what });
}

export interface Extent {
  readonly start: number;
  readonly end: number;
}

/**
 * The indexes that an offset means in a log of `size` entries; a single point extends to the end.
 * `recordedIndex` gives the first index recorded at or after a moment. Clamped to the log.
 */
export async function extentOf(
  offset: Offset,
  size: number,
  recordedIndex: (ms: number) => Promise<number>,
): Promise<Extent> {
  const place = async (point: Point, origin: number): Promise<number> => {
    if (point.kind === "start") return 0;
    if (point.kind === "end") return size;
    if (point.kind === "index") return Math.min(point.index, size);
    if (point.kind === "beforeEnd") return Math.max(0, size - point.count);
    if (point.kind === "behindStart") return Math.min(size, origin + point.count);
    return Math.min(size, await recordedIndex(point.ms));
  };
  const start = await place(offset.start, 0);
  const end = await place(offset.end ?? { kind: "end" }, start);
  return { start, end: Math.max(start, end) };
}
