/** Values as people type them for `assert`. Pure. */

import type { Bound, Value, ValueKind } from "../src/model/entry.js";
import { fromHex } from "../src/model/hex.js";
import { Usage } from "./usage.js";

export const valueKinds = [
  "text",
  "integer",
  "number",
  "boolean",
  "reference",
  "instant",
  "date",
  "version",
  "bytes",
  "unknown",
] as const satisfies readonly ValueKind[];

export interface ValueFacts {
  readonly kind?: ValueKind | undefined;
  readonly bound?: Bound | undefined;
  readonly unit?: string | undefined;
  readonly language?: string | undefined;
}

const integerPattern = /^[+-]?\d{1,19}$/;
const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const instantPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;
const datePattern = /^(-?\d{1,4})(?:-(\d\d)(?:-(\d\d))?)?$/;

const isInt64 = (value: bigint): boolean => BigInt.asIntN(64, value) === value;

/** What a value is taken for, where no `--type` says it. */
export function guessKind(text: string, facts: ValueFacts): ValueKind {
  if (facts.unit !== undefined) return "number";
  if (facts.language !== undefined) return "text";
  if (text === "true" || text === "false") return "boolean";
  if (integerPattern.test(text) && isInt64(BigInt(text))) return "integer";
  return numberPattern.test(text) ? "number" : "text";
}

function refuse(kind: ValueKind, text: string, rule: string): Usage {
  const value = text.slice(0, 128);
  const message = `VALUE is ${JSON.stringify(value)}, and as ${kind} must be ${rule}`;
  return new Usage(message, { argument: "VALUE", limit: rule, value });
}

function parseInstant(text: string): bigint | undefined {
  const match = instantPattern.exec(text);
  const ms = match === null ? Number.NaN : Date.parse(`${match[1]}${match[3]}`);
  if (Number.isNaN(ms)) return undefined;
  const ns = BigInt(ms) * 1_000_000n + BigInt((match?.[2] ?? "").padEnd(9, "0"));
  return isInt64(ns) ? ns : undefined;
}

/** Moments as people write them, in milliseconds: RFC 3339, a date, or milliseconds since 1970. */
export function parseMoment(flag: string, text: string): number {
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text);
  const ns = parseInstant(isDate ? `${text}T00:00:00Z` : text);
  if (ns !== undefined) return Number(ns / 1_000_000n);
  if (/^-?\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text);
  const rule = "a moment such as 2026-01-01T12:00:00Z, 2026-01-01, or milliseconds since 1970";
  throw new Usage(`--${flag} is ${text}, and must be ${rule}`, { flag: `--${flag}`, limit: rule });
}

function parseOrdered(
  kind: ValueKind,
  text: string,
  bound: Bound,
  unit?: string,
): Value | undefined {
  if (kind === "integer") {
    const integer = integerPattern.test(text) ? BigInt(text) : undefined;
    if (integer === undefined || !isInt64(integer)) throw refuse(kind, text, "a 64-bit number");
    return { kind, integer, bound };
  }
  if (kind === "number") {
    const number = numberPattern.test(text) ? Number(text) : Number.NaN;
    if (!Number.isFinite(number)) throw refuse(kind, text, "a finite number such as 12.5");
    return {
      kind,
      number: number === 0 ? 0 : number,
      bound,
      ...(unit === undefined ? {} : { unit }),
    };
  }
  if (kind === "instant") {
    const instantNs = parseInstant(text);
    if (instantNs === undefined) throw refuse(kind, text, "RFC 3339, as 2026-01-01T12:00:00Z");
    return { kind, instantNs, bound };
  }
  if (kind === "date") {
    const match = datePattern.exec(text);
    if (match === null) throw refuse(kind, text, "YYYY, YYYY-MM or YYYY-MM-DD");
    const month = match[2] === undefined ? {} : { month: Number(match[2]) };
    const day = match[3] === undefined ? {} : { day: Number(match[3]) };
    return { kind, year: Number(match[1]), ...month, ...day, bound };
  }
  return kind === "version" ? { kind, version: text, bound } : undefined;
}

function parseUnordered(kind: ValueKind, text: string, language?: string): Value {
  if (kind === "boolean") {
    if (text !== "true" && text !== "false") throw refuse(kind, text, "true or false");
    return { kind, boolean: text === "true" };
  }
  if (kind === "reference") return { kind, reference: text };
  if (kind === "bytes") {
    const bytes = fromHex(text);
    if (bytes === undefined) throw refuse(kind, text, "hexadecimal");
    return { kind, bytes };
  }
  if (kind === "unknown") {
    if (text !== "unknown") throw refuse(kind, text, "the word unknown");
    return { kind };
  }
  return {
    kind: "text",
    text: text.normalize("NFC"),
    ...(language === undefined ? {} : { language }),
  };
}

/** Throws `Usage`. Limits of length are left to the codec, which knows them. */
export function parseClaimValue(text: string, facts: ValueFacts): Value {
  const kind = facts.kind ?? guessKind(text, facts);
  if (facts.unit !== undefined && kind !== "number") {
    throw new Usage(`--unit belongs to numbers, and the value is of type ${kind}`);
  }
  if (facts.language !== undefined && kind !== "text") {
    throw new Usage(`--language belongs to text, and the value is of type ${kind}`);
  }
  const ordered = parseOrdered(kind, text, facts.bound ?? "exact", facts.unit);
  if (ordered !== undefined) return ordered;
  if (facts.bound !== undefined) {
    throw new Usage(`--bound belongs to ordered values, and the value is of type ${kind}`);
  }
  return parseUnordered(kind, text, facts.language);
}

/** Reads `key=value`. */
export function parseLabel(text: string): { readonly key: string; readonly value: string } {
  const equals = text.indexOf("=");
  if (equals > 0) return { key: text.slice(0, equals), value: text.slice(equals + 1) };
  throw new Usage(`--label is ${text}, and must be key=value`, { flag: "--label" });
}
