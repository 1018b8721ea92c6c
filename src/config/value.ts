/** Values as people write them: `64MiB`, `10s`, `127.0.0.1:18184`. Pure. */
import { unreachable } from "../invariant/assert.js";
import type { Key } from "./key.js";

/** What came out of reading a value: the value, or the rule that it breaks. */
export type Parsed =
  | { readonly ok: true; readonly value: string | number }
  | { readonly ok: false; readonly rule: string };

const bytesUnits: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["b", 1],
  ["kib", 2 ** 10],
  ["mib", 2 ** 20],
  ["gib", 2 ** 30],
  ["tib", 2 ** 40],
]);
const durationUnits: ReadonlyMap<string, number> = new Map([
  ["", 1],
  ["ms", 1],
  ["s", 1_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);
const countUnits: ReadonlyMap<string, number> = new Map([["", 1]]);

/**
 * Reads a number with a unit into the smallest unit. `undefined` where it is no number, or would
 * not be whole. Digits may be grouped with `_`.
 */
function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const match = /^(-?\d(?:[\d_]*\d)?(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (match === null) return undefined;
  const scale = units.get((match[2] ?? "").toLowerCase());
  if (scale === undefined) return undefined;
  const exact = Number((match[1] ?? "").replaceAll("_", "")) * scale;
  const value = Math.round(exact);
  const isWhole = Math.abs(exact - value) < 1e-6; // 1.005s is 1004.9999999999999 in a double
  return isWhole && Number.isSafeInteger(value) ? value : undefined;
}

/** Reads `10s`, `500ms`, `2h`, or bare milliseconds. */
export const parseDurationMs = (text: string): number | undefined =>
  parseQuantity(text, durationUnits);

/** Reads `64MiB`, `1GiB`, or bare bytes. */
export const parseBytes = (text: string): number | undefined => parseQuantity(text, bytesUnits);

type Scales = readonly (readonly [scale: number, unit: string])[];

function formatQuantity(value: number, scales: Scales): string {
  for (const [scale, unit] of scales) {
    if (value !== 0 && value % scale === 0) return `${value / scale}${unit}`;
  }
  return String(value);
}

const bytesScales: Scales = [
  [2 ** 40, "TiB"],
  [2 ** 30, "GiB"],
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
];
const durationScales: Scales = [
  [3_600_000, "h"],
  [60_000, "m"],
  [1_000, "s"],
  [1, "ms"],
];

/** The shortest exact form: 67108864 is `64MiB`. */
export const formatBytes = (bytes: number): string => formatQuantity(bytes, bytesScales);
/** The shortest exact form: 10000 is `10s`. */
export const formatDurationMs = (ms: number): string =>
  ms === 0 ? "0ms" : formatQuantity(ms, durationScales);

/** A value as people would write it. */
export function formatValue(key: Key, value: string | number): string {
  if (typeof value === "string") return value;
  if (key.unit === "bytes") return formatBytes(value);
  if (key.unit === "ms") return formatDurationMs(value);
  return String(value);
}

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port`, `[::1]:port`. */
export function parseAddress(text: string): HostAndPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) return undefined;
  return { host, port };
}

interface Range {
  readonly min: number;
  readonly max: number;
}

const rangeText = ({ min, max }: Range, format: (value: number) => string): string =>
  `${format(min)} to ${format(max)}`;

/** The rule that a key's values follow, in words. */
export function ruleOf(key: Key): string {
  switch (key.unit) {
    case "bytes":
      return `a size such as 64MiB, ${rangeText(key, formatBytes)}`;
    case "ms":
      return `a duration such as 500ms or 10s, ${rangeText(key, formatDurationMs)}`;
    case "count":
      return `a whole number, ${rangeText(key, String)}`;
    case "choice":
      return `one of ${key.choices.join(", ")}`;
    case "path":
      return "a path";
    case "address":
      return "host:port, such as 127.0.0.1:18184 or [::1]:18184";
    default:
      return unreachable(key);
  }
}

function parseNumber(key: Extract<Key, { min: number }>, raw: unknown): number | undefined {
  if (typeof raw === "number") return Number.isSafeInteger(raw) ? raw : undefined;
  if (typeof raw !== "string") return undefined;
  if (key.unit === "bytes") return parseBytes(raw);
  if (key.unit === "ms") return parseDurationMs(raw);
  return parseQuantity(raw, countUnits);
}

/** Reads a value as it came from a flag or the environment (text) or a file (text or number). */
export function parseValue(key: Key, raw: unknown): Parsed {
  const refused: Parsed = { ok: false, rule: ruleOf(key) };
  if (key.unit === "bytes" || key.unit === "ms" || key.unit === "count") {
    const value = parseNumber(key, raw);
    if (value === undefined || value < key.min || value > key.max) return refused;
    return { ok: true, value };
  }
  if (typeof raw !== "string" || raw === "") return refused;
  if (key.unit === "choice") return key.choices.includes(raw) ? { ok: true, value: raw } : refused;
  if (key.unit === "address") {
    return parseAddress(raw) === undefined ? refused : { ok: true, value: raw };
  }
  return raw.includes("\0") ? refused : { ok: true, value: raw };
}
