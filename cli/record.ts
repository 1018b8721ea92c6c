/** Entries as a person reads them: one line each. */
import { bodyToJson, type JsonValue } from "../src/entry/json.js";
import type { Body, Bound, Value } from "../src/model/entry.js";
import { toHex } from "../src/model/hex.js";
import { type Output, visible } from "./output.js";

const boundSigns: Readonly<Record<Bound, string>> = { exact: "", at_most: "≤ ", at_least: "≥ " };

const two = (value: number): string => String(value).padStart(2, "0");

function dateText(value: Extract<Value, { kind: "date" }>): string {
  const year = `${value.year < 0 ? "-" : ""}${String(Math.abs(value.year)).padStart(4, "0")}`;
  const month = value.month === undefined ? "" : `-${two(value.month)}`;
  return `${year}${month}${value.day === undefined ? "" : `-${two(value.day)}`}`;
}

/** RFC 3339 with as many decimals as are needed; plain nanoseconds beyond what dates can say. */
function instantText(ns: bigint): string {
  const second = 1_000_000_000n;
  const inside = ((ns % second) + second) % second;
  const ms = Number((ns - inside) / 1_000_000n);
  const text = new Date(ms).toISOString().slice(0, -5);
  const decimals = String(inside).padStart(9, "0").replace(/0+$/, "");
  return `${text}${decimals === "" ? "" : `.${decimals}`}Z`;
}

/** `"text"`, `≤ 5 mg`, `2026-02`, `web/api`, `unknown`. */
export function valueText(value: Value): string {
  const bound = "bound" in value ? boundSigns[value.bound] : "";
  switch (value.kind) {
    case "text":
      return (
        JSON.stringify(value.text) + (value.language === undefined ? "" : `@${value.language}`)
      );
    case "integer":
      return `${bound}${value.integer}`;
    case "number":
      return `${bound}${value.number}${value.unit === undefined ? "" : ` ${value.unit}`}`;
    case "boolean":
      return String(value.boolean);
    case "reference":
      return `→ ${value.reference}`;
    case "instant":
      return `${bound}${instantText(value.instantNs)}`;
    case "date":
      return `${bound}${dateText(value)}`;
    case "version":
      return `${bound}${value.version}`;
    case "bytes":
      return `0x${toHex(value.bytes.subarray(0, 16))}${value.bytes.length > 16 ? "…" : ""}`;
    case "unknown":
      return "unknown";
  }
}

/** Hexadecimal of ids and keys is recognised by its first digits. */
const shortened = (text: string): string => text.replaceAll(/([0-9a-f]{8})[0-9a-f]{24,}/g, "$1…");

function fieldText(field: JsonValue): string {
  if (typeof field !== "object" || field === null) return shortened(JSON.stringify(field));
  const inside = Object.entries(field).map(([name, value]) => `${name}=${fieldText(value)}`);
  return `{${inside.join(" ")}}`;
}

function otherText(body: Body): string {
  const { [body.kind]: fields } = bodyToJson(body);
  const shown = Object.entries(fields ?? {}).map(([name, field]) => `${name}=${fieldText(field)}`);
  return [body.kind, ...shown].join(" ");
}

/** What an entry says, on one line. */
export function bodyText(body: Body): string {
  if (body.kind !== "assertion") return visible(otherText(body));
  const { conceptPath, predicate, value, polarity, confidenceMillionths, source } = body;
  const verb = polarity === "denies" ? "≠" : "=";
  const sure = confidenceMillionths / 1_000_000;
  const line = `${conceptPath}  ${predicate} ${verb} ${valueText(value)}`;
  return visible(`${line}  (${shortened(source.id)}, ${source.class}, ${sure})`);
}

/** What of a stored entry is shown. */
export interface Line {
  readonly index: number;
  readonly recordedMs: number;
  readonly author?: Uint8Array;
  readonly text: string;
}

/** `1234  2026-11-23T19:03:22.123Z  3fa9c1d2  web/…  supported_since = 57  (mdn, expert, 1)`. */
export function lineText(output: Output, line: Line): string {
  const index = String(line.index).padStart(output.isTerminal ? 8 : 1);
  const time = new Date(line.recordedMs).toISOString();
  const author = line.author === undefined ? "-".repeat(8) : toHex(line.author.subarray(0, 4));
  const gap = output.isTerminal ? "  " : "\t";
  return [
    output.paint("dim", index),
    output.paint("dim", time),
    output.paint("cyan", author),
    line.text,
  ].join(gap);
}
