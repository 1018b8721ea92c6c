/** The flags of `assert`, and the claim that they make. */
import {
  type Assertion,
  bounds,
  lifecycles,
  type Source,
  sourceClasses,
} from "../src/model/entry.js";
import { fromHex } from "../src/model/hex.js";
import type { Arguments } from "./arguments.js";
import { parseClaimValue, parseLabel, parseMoment, valueKinds } from "./claim-value.js";
import type { FlagFacts } from "./command.js";
import { defined } from "./defined.js";
import { Usage } from "./usage.js";

const words = (list: readonly string[]): string => list.join(", ");

export const claimFlags: readonly FlagFacts[] = [
  {
    name: "type",
    value: "TYPE",
    preset: "what the value looks like",
    doc: `Type of the value: ${words(valueKinds)}.`,
  },
  {
    name: "bound",
    value: "BOUND",
    preset: "exact",
    doc: `How the value bounds the truth: ${words(bounds)}.`,
  },
  { name: "unit", value: "UNIT", doc: "UCUM unit of a number, such as mg/L." },
  { name: "language", value: "TAG", doc: "Language of a text, such as en." },
  { name: "denies", doc: "Say that the property does not have this value." },
  { name: "confidence", value: "0..1", preset: "1", doc: "How sure you are." },
  {
    name: "source",
    value: "ID",
    preset: "you: key/ and your public key",
    doc: "Where you have it from.",
  },
  {
    name: "class",
    value: "CLASS",
    preset: "community",
    doc: `What kind of source it is: ${words(sourceClasses)}.`,
  },
  { name: "source-version", value: "VERSION", doc: "Which version of the source." },
  { name: "uri", value: "URI", doc: "Where the source can be found." },
  { name: "locator", value: "PLACE", doc: "Where in the source: a page, a line, a key." },
  {
    name: "derived-from",
    value: "ID",
    repeats: true,
    doc: "A source that this one takes its data from.",
  },
  {
    name: "asserted",
    value: "MOMENT",
    preset: "now",
    doc: "When you say so: RFC 3339, a date, or milliseconds.",
  },
  { name: "valid-from", value: "MOMENT", doc: "From when it holds in the world." },
  { name: "valid-until", value: "MOMENT", doc: "Until when it holds." },
  {
    name: "lifecycle",
    value: "STAGE",
    preset: "proposed",
    doc: `Where it stands in review: ${words(lifecycles)}.`,
  },
  { name: "epoch", value: "NAME", doc: "Epoch that it belongs to." },
  {
    name: "parent",
    value: "ID",
    doc: "Id of the assertion that it revises: 64 hexadecimal digits.",
  },
  { name: "label", value: "KEY=VALUE", repeats: true, doc: "A label." },
  { name: "on-behalf-of", value: "NAME", doc: "For whom you say it, if you are a gateway." },
];

function confidenceOf(given: Arguments): number {
  const text = given.one("confidence") ?? "1";
  const value = /^(?:\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return Math.round(value * 1_000_000);
  throw new Usage(`--confidence is ${text}, and must be 0 to 1`, { flag: "--confidence" });
}

function parentOf(given: Arguments): Uint8Array | undefined {
  const text = given.one("parent");
  if (text === undefined) return undefined;
  const id = fromHex(text, 32);
  if (id === undefined) {
    throw new Usage(`--parent is ${text}, and must be 64 hexadecimal digits`, { flag: "--parent" });
  }
  return id;
}

const bytewise = (left: string, right: string): number =>
  Buffer.compare(Buffer.from(left), Buffer.from(right));

function sourceOf(given: Arguments, publicKey: string): Source {
  const derivedFrom = [...new Set(given.many("derived-from"))].sort(bytewise);
  return {
    id: given.one("source") ?? `key/${publicKey}`,
    class: given.choice("class", sourceClasses) ?? "community",
    ...defined({
      version: given.one("source-version"),
      uri: given.one("uri"),
      locator: given.one("locator"),
      derivedFrom: derivedFrom.length === 0 ? undefined : derivedFrom,
    }),
  };
}

/** Throws `Usage`; rules of length and form are the codec's. */
export function claimOf(given: Arguments, publicKey: string, nowMs: number): Assertion {
  const moment = (flag: string): number | undefined => {
    const text = given.one(flag);
    return text === undefined ? undefined : parseMoment(flag, text);
  };
  const value = parseClaimValue(given.positional("VALUE"), {
    kind: given.choice("type", valueKinds),
    bound: given.choice("bound", bounds),
    unit: given.one("unit"),
    language: given.one("language"),
  });
  const labels = given
    .many("label")
    .map(parseLabel)
    .sort((left, right) => bytewise(left.key, right.key) || bytewise(left.value, right.value));
  return {
    kind: "assertion",
    conceptPath: given.positional("PATH").normalize("NFC"),
    predicate: given.positional("PREDICATE").normalize("NFC"),
    value,
    polarity: given.has("denies") ? "denies" : "affirms",
    confidenceMillionths: confidenceOf(given),
    source: sourceOf(given, publicKey),
    assertedMs: moment("asserted") ?? nowMs,
    lifecycle: given.choice("lifecycle", lifecycles) ?? "proposed",
    ...defined({
      validFromMs: moment("valid-from"),
      validUntilMs: moment("valid-until"),
      epoch: given.one("epoch"),
      parent: parentOf(given),
      labels: labels.length === 0 ? undefined : labels,
    }),
  };
}
