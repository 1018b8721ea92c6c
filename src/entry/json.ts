/**
 * Entries in JSON: what `steme import` reads, one record per line, and what `--json` prints.
 *
 *     {"concept_path": "web/key/api.Blob/firefox", "predicate": "supported_since",
 *      "value": {"kind": "version", "version": "13"}, "source": {"id": "npm:mdn"},
 *      "asserted_at": "2026-01-01T00:00:00Z"}
 *     {"retraction": {"target": "…", "path": "…", "reason": "…"}}
 *
 * Names are the proto's; ids, keys and bytes are hexadecimal; moments are RFC 3339; millionths are
 * decimals; hybrid times are decimal strings. An assertion's fields stand in the record itself,
 * every other body under its name. Lists that must be sorted are sorted when they are read.
 *
 * Types are checked here; what a field may hold the scanner says, when the entry is encoded.
 */
import { formatMoment, parseMoment } from "../model/calendar.js";
import type { Assertion, Body, EntryFields, Label, Source, Value } from "../model/entry.js";
import { Fault } from "../model/fault.js";
import { fromHex, toHex } from "../model/hex.js";
import type { FieldRule, MessageRule } from "./field-rules.js";
import {
  type JsonObject,
  type JsonValue,
  jsonFault,
  objectOf,
  refuseUnknown,
} from "./json-fault.js";
import { valueFromJson, valueToJson } from "./json-value.js";
import { bodyFields, timeMsMax } from "./schema.js";

export type { JsonObject, JsonValue };

type Fields = Record<string, unknown>;
type Readable = Readonly<Record<string, unknown>>;

/** What a record of an assertion need not say. */
export interface AssertionDefaults {
  readonly assertedMs?: number;
  readonly source?: Source;
}

const millionth = 1_000_000;
/** Fields that people write otherwise than the wire does. */
const friendlyNames: Readonly<Record<string, string>> = {
  "assertion.confidence_millionths": "confidence",
  "assertion.asserted_ms": "asserted_at",
  "assertion.valid_from_ms": "valid_from",
  "assertion.valid_until_ms": "valid_until",
  "vote.weight_millionths": "weight",
};
/** What is meant where a record leaves a field out. */
const presets: Readonly<Record<string, unknown>> = {
  "assertion.polarity": "affirms",
  "assertion.confidence_millionths": millionth,
  "assertion.lifecycle": "proposed",
  "assertion.source.class": "community",
};

const nameOf = (field: FieldRule): string => friendlyNames[field.path] ?? field.name;
const isMoment = (field: FieldRule): boolean => field.name.endsWith("_ms");
const isMillionths = (field: FieldRule): boolean => field.name.endsWith("_millionths");

const messageRules = (field: FieldRule | undefined): MessageRule => {
  if (field?.message === undefined) throw new Fault("INTERNAL", "a message has rules");
  return field.message;
};
const assertionRules = messageRules(bodyFields.get("assertion"));

function labelsToJson(labels: readonly Label[]): JsonValue {
  const pairs = labels.map(({ key, value }) => [key, value] as const);
  const isUnique = new Set(labels.map(({ key }) => key)).size === labels.length;
  return isUnique ? Object.fromEntries(pairs) : pairs;
}

function fieldToJson(field: FieldRule, value: unknown): JsonValue {
  if (isMoment(field)) return formatMoment({ ms: value as number, ns: 0 });
  if (isMillionths(field)) return (value as number) / millionth;
  if (field.path === "assertion.labels") return labelsToJson(value as readonly Label[]);
  if (field.path === "assertion.value") return valueToJson(value as Value);
  if (field.message !== undefined) return messageToJson(field.message, value as Readable);
  if (value instanceof Uint8Array) return toHex(value);
  return typeof value === "bigint" ? String(value) : (value as JsonValue);
}

function messageToJson(rules: MessageRule, message: Readable): JsonObject {
  const target: Record<string, JsonValue> = {};
  for (const field of rules.fields) {
    const value = message[field.property];
    if (value !== undefined) target[nameOf(field)] = fieldToJson(field, value);
  }
  return target;
}

/** A body: an assertion's fields, or the body under its name. */
export function bodyToJson(body: Body): JsonObject {
  const message = messageToJson(messageRules(bodyFields.get(body.kind)), { ...body });
  return body.kind === "assertion" ? message : { [body.kind]: message };
}

/** A whole entry: author, salt, and its body's fields. Reads back by `entryFromJson`. */
export function entryToJson(entry: EntryFields): JsonObject {
  return {
    author: toHex(entry.author),
    salt: toHex(entry.salt),
    ...(entry.onBehalfOf === undefined ? {} : { on_behalf_of: entry.onBehalfOf }),
    ...bodyToJson(entry.body),
  };
}

function momentFromJson(path: string, value: unknown): number {
  const moment = typeof value === "string" ? parseMoment(value) : undefined;
  if (moment?.ns === 0 && Math.abs(moment.ms) <= timeMsMax) return moment.ms;
  throw jsonFault(path, "a moment by RFC 3339, in milliseconds at most", value);
}

function millionthsFromJson(path: string, field: FieldRule, value: unknown): number {
  if (typeof value === "number") {
    const whole = Math.round(value * millionth);
    const isExact = whole / millionth === value;
    if (isExact && whole >= field.min && whole <= field.max) return whole === 0 ? 0 : whole;
  }
  const limit = `${field.min / millionth}..${field.max / millionth}, at most 6 decimals`;
  throw jsonFault(path, limit, value);
}

const compareText = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

function labelsFromJson(path: string, value: unknown): readonly Label[] {
  const pairs = Array.isArray(value) ? value : Object.entries(objectOf(path, value));
  const labels = pairs.map((pair: unknown): Label => {
    const [key, content] = Array.isArray(pair) && pair.length === 2 ? pair : [];
    if (typeof key === "string" && typeof content === "string") return { key, value: content };
    throw jsonFault(path, "pairs of texts", pair);
  });
  return labels.sort(
    (left, right) => compareText(left.key, right.key) || compareText(left.value, right.value),
  );
}

function textsFromJson(path: string, value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === "string")) {
    throw jsonFault(path, "a list of texts", value);
  }
  return [...value].sort(compareText);
}

function scalarFromJson(path: string, field: FieldRule, value: unknown): unknown {
  switch (field.type) {
    case "text":
      if (typeof value === "string") return value;
      throw jsonFault(path, "a text", value);
    case "bytes": {
      const bytes = typeof value === "string" ? fromHex(value) : undefined;
      if (bytes !== undefined) return bytes;
      throw jsonFault(path, "hexadecimal", value);
    }
    case "enum":
      if (typeof value === "string" && field.names.includes(value)) return value;
      throw jsonFault(path, field.limit, value);
    case "fixed64":
      if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value);
      throw jsonFault(path, "a hybrid time, as a decimal string", value);
    case "floats":
      if (Array.isArray(value) && value.every((item) => typeof item === "number")) return value;
      throw jsonFault(path, "a list of numbers", value);
    case "double":
      if (typeof value === "number") return value;
      throw jsonFault(path, "a number", value);
    default:
      if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
      throw jsonFault(path, `a whole number, ${field.limit}`, value);
  }
}

function fieldFromJson(path: string, field: FieldRule, value: unknown): unknown {
  if (isMoment(field)) return momentFromJson(path, value);
  if (isMillionths(field)) return millionthsFromJson(path, field, value);
  if (field.path === "assertion.value") return valueFromJson(path, value);
  if (field.type === "messages") return labelsFromJson(path, value);
  if (field.type === "texts") return textsFromJson(path, value);
  if (field.message === undefined) return scalarFromJson(path, field, value);
  return messageFromJson(path, field.message, objectOf(path, value), {});
}

/** Reads the fields of a message into `target`; what is left out stays as it is there. */
function messageFromJson(
  path: string,
  rules: MessageRule,
  record: Readable,
  target: Fields,
): Fields {
  refuseUnknown(path, record, rules.fields.map(nameOf));
  for (const field of rules.fields) {
    const name = nameOf(field);
    const own = path === "" ? name : `${path}.${name}`;
    const value = record[name];
    if (value !== undefined) {
      const read = fieldFromJson(own, field, value);
      const isEmpty = Array.isArray(read) && read.length === 0;
      const isBlank = read === "" && !field.explicit && !field.kept;
      if (!isEmpty && !isBlank) target[field.property] = read;
    } else if (target[field.property] === undefined && field.path in presets) {
      target[field.property] = presets[field.path];
    }
    const isMissing = target[field.property] === undefined && value === undefined;
    if (isMissing && isNeeded(field)) throw jsonFault(own, field.limit, undefined);
  }
  return target;
}

/** Whether a record must say a field: also where the wire leaves out a default. */
const isNeeded = (field: FieldRule): boolean =>
  field.required || (!field.explicit && field.kept && !isList(field));

const isList = (field: FieldRule): boolean => field.countMax > 0;

/** Reads an assertion. Throws ARGUMENT_INVALID with field, limit and value. */
export function assertionFromJson(record: unknown, defaults: AssertionDefaults = {}): Assertion {
  const target: Fields = { kind: "assertion", ...defaults };
  const fields = objectOf("record", record);
  return messageFromJson("", assertionRules, fields, target) as unknown as Assertion;
}

const bodyKindsNamed = [...bodyFields.keys()].filter((kind) => kind !== "assertion");

/** Reads a body of any kind. Throws ARGUMENT_INVALID with field, limit and value. */
export function bodyFromJson(record: unknown, defaults: AssertionDefaults = {}): Body {
  const fields = objectOf("record", record);
  const kind = bodyKindsNamed.find((name) => Object.hasOwn(fields, name));
  // An assertion has a field `epoch` too, but a text.
  if (kind === undefined || typeof fields[kind] === "string") {
    return assertionFromJson(record, defaults);
  }
  refuseUnknown("", fields, [kind]);
  const message = objectOf(kind, fields[kind]);
  const target: Fields = { kind };
  return messageFromJson(
    kind,
    messageRules(bodyFields.get(kind)),
    message,
    target,
  ) as unknown as Body;
}

/** Reads a whole entry, as `entryToJson` writes it. */
export function entryFromJson(record: unknown): EntryFields {
  const { author, salt, on_behalf_of: onBehalfOf, ...body } = objectOf("record", record);
  if (onBehalfOf !== undefined && typeof onBehalfOf !== "string") {
    throw jsonFault("on_behalf_of", "a text", onBehalfOf);
  }
  return {
    author: keyFromJson("author", author, 32),
    salt: keyFromJson("salt", salt, 16),
    ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
    body: bodyFromJson(body),
  };
}

function keyFromJson(field: string, value: unknown, bytes: number): Uint8Array {
  const key = typeof value === "string" ? fromHex(value, bytes) : undefined;
  if (key === undefined) throw jsonFault(field, `${bytes} bytes in hexadecimal`, value);
  return key;
}
