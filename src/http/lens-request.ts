/**
 * How a request says through which lens, as of when, how fresh: the same names in a body and in a
 * URL, where a list is a name that is repeated.
 *
 *     as_of       2026-01-01T00:00:00Z | LOG/INDEX, a position | a frontier token, in hexadecimal
 *     freshness   local | known | latest | LOG/INDEX | a frontier token
 */
import { jsonFault } from "../entry/json-fault.js";
import { timeMsMax } from "../entry/schema.js";
import {
  type Freshness,
  type FreshnessLevel,
  freshnessLevels,
  type LensName,
  type LensParameters,
  lensNames,
  type Moment,
  type RecencyTime,
  recencyTimes,
  type VoicesKind,
  voicesKinds,
} from "../model/answer.js";
import { parseMoment } from "../model/calendar.js";
import { type Lifecycle, lifecycles, type SourceClass, sourceClasses } from "../model/entry.js";
import { fromHex } from "../model/hex.js";
import { integerMax } from "../model/limits.js";
import { type Position, toIndex } from "../model/position.js";
import {
  cursorBytesMax,
  type LensRequest,
  type Paging,
  pageSizeMax,
  parameterListMax,
} from "../model/query.js";
import { anyHex, hex, list, moment, oneOf, type Schema, share, text, whole } from "./schema.js";

const millionth = 1_000_000;
/** A moment, a position, or the frontier of some hundred logs. */
const tokenCharactersMax = 12_288;
/** Of a log id in hexadecimal, with the index behind a slash. */
const positionPattern = /^([0-9a-fA-F]{64})\/(\d{1,16})$/;

const keys = (description: string): Schema =>
  list(description, hex("32 bytes in hexadecimal.", 32), parameterListMax);
const sources = (description: string): Schema =>
  list(description, text("A source id.", { maxLength: 200 }), parameterListMax);
const token = (description: string): Schema => text(description, { maxLength: tokenCharactersMax });

const freshness = token(
  "How much the node must have seen: `local` (whatever the views hold), `known` (all that it " +
    "held durably when asked; the default), `latest`, or the `position` of a receipt or a " +
    "frontier token. It waits for up to a second; with a level it then answers with `behind`, " +
    "with a position or a token it fails.",
);
const parameters: Readonly<Record<string, Schema>> = {
  lens: oneOf("The rule; `consensus` unless told otherwise.", lensNames),
  decay: oneOf("How claims age: by the `class` of their source (the default), or not at all.", [
    "class",
    "none",
  ]),
  half_life_ms: whole("Claims age by this one half-life instead.", 1, timeMsMax),
  lifecycles: list(
    "Which lifecycles are admitted; proposed, under_review and approved unless told otherwise.",
    oneOf("A lifecycle.", lifecycles),
    lifecycles.length,
  ),
  epoch: text("Only claims of this epoch; otherwise all but those of superseded epochs.", {
    maxLength: 64,
  }),
  valid_at: moment("Claims that hold at this moment; otherwise at `evaluated_at`."),
  voices: oneOf("What counts as one voice; `authors` unless told otherwise.", voicesKinds),
  authors_in: keys("Only claims of these authors."),
  authors_out: keys("No claims of these authors."),
  sources_in: sources("Only claims from these sources."),
  sources_out: sources("No claims from these sources."),
  classes: list(
    "Only claims of these effective classes.",
    oneOf("A class.", sourceClasses),
    sourceClasses.length,
  ),
  confidence_min: share("Only claims that were made with at least this confidence."),
  trust_min: share("Only claims of voices with at least this much trust."),
  recency_time: oneOf("By which time the recency lens orders claims.", recencyTimes),
  claims_out: keys("As if these claims had been retracted."),
};

/** Of a query and an explanation. */
export const lensFields: Readonly<Record<string, Schema>> = {
  ...parameters,
  as_of: token(
    "As of a moment: RFC 3339, a position `LOG/INDEX`, or a frontier token. Otherwise now.",
  ),
  evaluated_at: moment(
    "The moment that claims are aged to; otherwise the node's clock, or the moment of `as_of`.",
  ),
  freshness,
};
/** Of a difference, which has two moments of its own. */
export const diffFields: Readonly<Record<string, Schema>> = { ...parameters, freshness };
export const freshnessField: Readonly<Record<string, Schema>> = { freshness };
export const pagingFields: Readonly<Record<string, Schema>> = {
  page_size: whole("Most rows of a page; 100 unless told otherwise.", 1, pageSizeMax),
  cursor: anyHex("`next_cursor` of the page before, with the same request.", cursorBytesMax),
};

/** What passed `lensFields`. */
interface LensFields {
  readonly lens?: LensName;
  readonly decay?: "class" | "none";
  readonly half_life_ms?: number;
  readonly lifecycles?: readonly Lifecycle[];
  readonly epoch?: string;
  readonly valid_at?: string;
  readonly voices?: VoicesKind;
  readonly authors_in?: readonly string[];
  readonly authors_out?: readonly string[];
  readonly sources_in?: readonly string[];
  readonly sources_out?: readonly string[];
  readonly classes?: readonly SourceClass[];
  readonly confidence_min?: number;
  readonly trust_min?: number;
  readonly recency_time?: RecencyTime;
  readonly claims_out?: readonly string[];
  readonly as_of?: string;
  readonly evaluated_at?: string;
  readonly freshness?: string;
}

type Defined<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Without what is `undefined`. */
export function defined<T extends object>(fields: T): Defined<T> {
  for (const value of Object.values(fields)) {
    if (value !== undefined) continue;
    const kept = Object.entries(fields).filter(([, one]) => one !== undefined);
    return Object.fromEntries(kept) as Defined<T>;
  }
  return fields as Defined<T>;
}

function millisecondsFromJson(field: string, value: string): number {
  const moment = parseMoment(value);
  if (moment?.ns === 0 && Math.abs(moment.ms) <= timeMsMax) return moment.ms;
  throw jsonFault(field, "a moment by RFC 3339, in milliseconds at most", value);
}

function millionthsFromJson(field: string, value: number): number {
  const millionths = Math.round(value * millionth);
  if (millionths / millionth === value) return millionths;
  throw jsonFault(field, "0..1, at most 6 decimals", value);
}

function positionFromText(text: string): Position | undefined {
  const match = positionPattern.exec(text);
  const logId = match?.[1] === undefined ? undefined : fromHex(match[1]);
  const index = Number(match?.[2]);
  if (logId === undefined || !(index <= integerMax)) return undefined;
  return { logId, index: toIndex(index) };
}

const frontierFromText = (text: string): Uint8Array | undefined =>
  text === "" ? undefined : fromHex(text);

export function momentFromText(field: string, text: string): Moment {
  const recorded = parseMoment(text);
  if (recorded !== undefined) {
    return { kind: "recorded", recordedMs: millisecondsFromJson(field, text) };
  }
  const position = positionFromText(text);
  if (position !== undefined) return { kind: "position", position };
  const frontier = frontierFromText(text);
  if (frontier !== undefined) return { kind: "frontier", frontier };
  throw jsonFault(field, "a moment by RFC 3339, a position LOG/INDEX, or a frontier token", text);
}

export function freshnessFromText(text: string): Freshness {
  if ((freshnessLevels as readonly string[]).includes(text)) {
    return { kind: "level", level: text as FreshnessLevel };
  }
  const position = positionFromText(text);
  if (position !== undefined) return { kind: "position", position };
  const frontier = frontierFromText(text);
  if (frontier !== undefined) return { kind: "frontier", frontier };
  const limit = `${freshnessLevels.join(", ")}, a position LOG/INDEX, or a frontier token`;
  throw jsonFault("freshness", limit, text);
}

/** Hexadecimal that passed its schema. */
export function bytesFromHex(field: string, text: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined) throw jsonFault(field, "hexadecimal", text);
  return bytes;
}

const bytesList = (
  field: string,
  texts: readonly string[] | undefined,
): readonly Uint8Array[] | undefined => texts?.map((one) => bytesFromHex(field, one));

function decayFromJson(fields: LensFields): LensParameters["decay"] {
  const { decay, half_life_ms: halfLifeMs } = fields;
  if (halfLifeMs === undefined) return decay;
  if (decay === undefined) return { halfLifeMs };
  throw jsonFault("decay", "absent where half_life_ms is given", decay);
}

function parametersFromJson(fields: LensFields): LensParameters {
  const { valid_at: validAt, confidence_min: confidence, trust_min: trust } = fields;
  return defined({
    decay: decayFromJson(fields),
    lifecycles: fields.lifecycles,
    epoch: fields.epoch,
    validAtMs: validAt === undefined ? undefined : millisecondsFromJson("valid_at", validAt),
    voices: fields.voices,
    authorsIn: bytesList("authors_in", fields.authors_in),
    authorsOut: bytesList("authors_out", fields.authors_out),
    sourcesIn: fields.sources_in,
    sourcesOut: fields.sources_out,
    classes: fields.classes,
    confidenceMillionthsMin:
      confidence === undefined ? undefined : millionthsFromJson("confidence_min", confidence),
    trustMillionthsMin: trust === undefined ? undefined : millionthsFromJson("trust_min", trust),
    recencyTime: fields.recency_time,
    claimsOut: bytesList("claims_out", fields.claims_out),
  });
}

/** Names of `LensFields` that are no parameters. */
const otherNames: ReadonlySet<string> = new Set(["lens", "as_of", "evaluated_at", "freshness"]);
const parameterNames = Object.keys(parameters).filter((name) => !otherNames.has(name));

/** Reads what passed the schema. Throws ARGUMENT_INVALID with field, limit and value. */
export function lensRequestFromJson(fields: object): LensRequest {
  const given = fields as LensFields & Readonly<Record<string, unknown>>;
  const { lens, as_of: asOf, evaluated_at: evaluatedAt, freshness } = given;
  const hasParameters = parameterNames.some((name) => given[name] !== undefined);
  return defined({
    lens,
    parameters: hasParameters ? parametersFromJson(given) : undefined,
    asOf: asOf === undefined ? undefined : momentFromText("as_of", asOf),
    evaluatedAtMs:
      evaluatedAt === undefined ? undefined : millisecondsFromJson("evaluated_at", evaluatedAt),
    freshness: freshness === undefined ? undefined : freshnessFromText(freshness),
  });
}

/** Reads what passed `pagingFields`. */
export function pagingFromJson(fields: object): Paging {
  const { page_size: pageSize, cursor } = fields as { page_size?: number; cursor?: string };
  return defined({
    pageSize,
    cursor: cursor === undefined || cursor === "" ? undefined : bytesFromHex("cursor", cursor),
  });
}
