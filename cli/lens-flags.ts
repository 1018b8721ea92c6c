/** The flags of a question: through which lens, with what parameters, as of when, how fresh. */
import type { StemeClient } from "../src/client/index.js";
import { nearest, parseDurationMs } from "../src/config/index.js";
import {
  type Decay,
  type Freshness,
  freshnessLevels,
  type LensName,
  type LensParameters,
  lensNames,
  lensPreset,
  recencyTimes,
  voicesKinds,
} from "../src/model/answer.js";
import { lifecycles, sourceClasses } from "../src/model/entry.js";
import { fromHex } from "../src/model/hex.js";
import { type LensRequest, parameterListMax } from "../src/model/query.js";
import type { Arguments } from "./arguments.js";
import { parseMoment } from "./claim-value.js";
import type { FlagFacts } from "./command.js";
import { defined } from "./defined.js";
import { momentAt, parseFreshness, parseMomentFlag, type TypedMoment } from "./moment.js";
import { Usage } from "./usage.js";

const words = (list: readonly string[]): string => list.join(", ");

export const lensFlag: FlagFacts = {
  name: "lens",
  value: "LENS",
  preset: lensPreset,
  doc: `The rule that turns claims into an answer: ${words(lensNames)}.`,
};

export const freshFlag: FlagFacts = {
  name: "fresh",
  value: "LEVEL",
  preset: "known",
  doc:
    `What the node must have seen: ${words(freshnessLevels)}, or the position of a receipt as ` +
    "`<log id>:<index>`.",
};

const parameterFlags: readonly FlagFacts[] = [
  {
    name: "decay",
    value: "DECAY",
    preset: "class",
    doc: "How claims age: class (by the class of their source), none, or a half-life such as 90d.",
  },
  {
    name: "lifecycle",
    value: "STAGE",
    repeats: true,
    preset: "proposed, under_review, approved",
    doc: `Admit claims at this stage: ${words(lifecycles)}.`,
  },
  { name: "epoch", value: "NAME", doc: "Only claims of this epoch." },
  {
    name: "valid-at",
    value: "MOMENT",
    preset: "the moment of evaluation",
    doc: "Only claims that hold in the world at this moment: RFC 3339, a date, or milliseconds.",
  },
  {
    name: "voices",
    value: "KIND",
    preset: "authors",
    doc: `What counts as one voice: ${words(voicesKinds)}.`,
  },
  { name: "author", value: "KEY", repeats: true, doc: "Only claims of this author." },
  { name: "not-author", value: "KEY", repeats: true, doc: "No claims of this author." },
  { name: "source", value: "ID", repeats: true, doc: "Only claims from this source." },
  { name: "not-source", value: "ID", repeats: true, doc: "No claims from this source." },
  {
    name: "class",
    value: "CLASS",
    repeats: true,
    doc: `Only claims of this effective class: ${words(sourceClasses)}.`,
  },
  { name: "confidence-min", value: "0..1", doc: "Only claims made with at least this confidence." },
  { name: "trust-min", value: "0..1", doc: "Only claims of voices with at least this trust." },
  {
    name: "recency-time",
    value: "TIME",
    preset: "asserted",
    doc: `By which time the recency lens orders claims: ${words(recencyTimes)}.`,
  },
  {
    name: "without",
    value: "ID",
    repeats: true,
    doc: "As if this claim had been retracted: its id, 64 hexadecimal digits.",
  },
];

const momentFlags: readonly FlagFacts[] = [
  {
    name: "as-of",
    value: "OFFSET",
    preset: "now",
    doc: "Answer from what had been said at this place or time (see Offsets), or a frontier.",
  },
  {
    name: "evaluated-at",
    value: "MOMENT",
    preset: "the node's clock; with --as-of, that moment",
    doc: "Age claims to this moment: RFC 3339, a date, or milliseconds.",
  },
];

/** Of `diff`, which has moments of its own. */
export const comparedFlags: readonly FlagFacts[] = [lensFlag, ...parameterFlags, freshFlag];
/** Of `query` and `explain`. */
export const lensFlags: readonly FlagFacts[] = [
  lensFlag,
  ...parameterFlags,
  ...momentFlags,
  freshFlag,
];

function decayOf(text: string): Decay {
  if (text === "class" || text === "none") return text;
  const halfLifeMs = parseDurationMs(text);
  if (halfLifeMs !== undefined && halfLifeMs >= 1) return { halfLifeMs };
  const guess = nearest(text, ["class", "none"]);
  const hint = guess === undefined ? "write class, none, or a half-life such as 90d" : undefined;
  throw new Usage(`--decay is ${text}: ${hint ?? `did you mean ${guess}?`}`, {
    flag: "--decay",
    limit: "class, none, or a duration",
    value: text,
  });
}

/** A share of one, in millionths. */
function millionthsOf(given: Arguments, flag: string): number | undefined {
  const text = given.one(flag);
  if (text === undefined) return undefined;
  const value = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return Math.round(value * 1_000_000);
  throw new Usage(`--${flag} is ${text}, and must be 0 to 1`, {
    flag: `--${flag}`,
    limit: "0..1",
    value: text,
  });
}

/** A list is absent where it is empty: it then admits all. */
function listOf<Item>(
  given: Arguments,
  flag: string,
  read: (text: string) => Item,
): Item[] | undefined {
  const texts = given.many(flag);
  if (texts.length > parameterListMax) {
    throw new Usage(`--${flag} is given ${texts.length} times, and at most ${parameterListMax}`, {
      flag: `--${flag}`,
      limit: parameterListMax,
      value: texts.length,
    });
  }
  return texts.length === 0 ? undefined : texts.map(read);
}

/** Throws `Usage`. `what` is what the 64 digits are. */
export function parseHex32(text: string, flag: string, what: string): Uint8Array {
  const bytes = fromHex(text, 32);
  if (bytes !== undefined) return bytes;
  const length = /^[0-9a-fA-F]+$/.test(text) ? `, and here are ${text.length}` : "";
  throw new Usage(`${flag} is ${text.slice(0, 128)}: ${what} has 64 hexadecimal digits${length}`, {
    flag,
    limit: "64 hexadecimal digits",
    value: text.slice(0, 128),
  });
}

function parametersOf(given: Arguments): LensParameters {
  const decay = given.one("decay");
  const validAt = given.one("valid-at");
  const stages = given.choices("lifecycle", lifecycles);
  const classes = given.choices("class", sourceClasses);
  const keys = (flag: string) =>
    listOf(given, flag, (text) => parseHex32(text, `--${flag}`, "a key"));
  const sources = (flag: string) => listOf(given, flag, (text) => text.normalize("NFC"));
  return defined({
    decay: decay === undefined ? undefined : decayOf(decay),
    lifecycles: stages.length === 0 ? undefined : [...new Set(stages)],
    epoch: given.one("epoch")?.normalize("NFC"),
    validAtMs: validAt === undefined ? undefined : parseMoment("valid-at", validAt),
    voices: given.choice("voices", voicesKinds),
    authorsIn: keys("author"),
    authorsOut: keys("not-author"),
    sourcesIn: sources("source"),
    sourcesOut: sources("not-source"),
    classes: classes.length === 0 ? undefined : [...new Set(classes)],
    confidenceMillionthsMin: millionthsOf(given, "confidence-min"),
    trustMillionthsMin: millionthsOf(given, "trust-min"),
    recencyTime: given.choice("recency-time", recencyTimes),
    claimsOut: listOf(given, "without", (text) => parseHex32(text, "--without", "an id")),
  });
}

/** What the flags say, before a node is asked what moments mean there. */
export interface TypedRequest {
  readonly lens?: LensName;
  readonly parameters: LensParameters;
  readonly asOf?: TypedMoment;
  readonly evaluatedAtMs?: number;
  readonly freshness?: Freshness;
}

/** `--fresh`. Throws `Usage`. */
export function freshnessOf(given: Arguments, nowMs: number): Freshness | undefined {
  const text = given.one("fresh");
  return text === undefined ? undefined : parseFreshness(text, nowMs);
}

/** Throws `Usage`: everything that was typed wrong is said before a node is asked. */
export function typedRequestOf(given: Arguments, nowMs: number): TypedRequest {
  const asOf = given.one("as-of");
  const evaluatedAt = given.one("evaluated-at");
  const optional = defined({
    lens: given.choice("lens", lensNames),
    asOf: asOf === undefined ? undefined : parseMomentFlag("as-of", asOf, nowMs),
    evaluatedAtMs: evaluatedAt === undefined ? undefined : parseMoment("evaluated-at", evaluatedAt),
    freshness: freshnessOf(given, nowMs),
  });
  return { parameters: parametersOf(given), ...optional };
}

/** What a node is asked. Throws MOMENT_INVALID. */
export async function lensRequestAt(
  client: Pick<StemeClient, "status">,
  typed: TypedRequest,
): Promise<LensRequest> {
  const { asOf, ...rest } = typed;
  return asOf === undefined ? rest : { ...rest, asOf: await momentAt(client, asOf) };
}
