/**
 * MDN's browser-compat-data as claims: one statement block per key and browser.
 *
 * A block lists the periods in which a browser supported a key, the most recent first. A period is
 * *plain* if nothing qualifies it; the first plain one that has not ended answers
 * `supported_since`. What qualifies a period (a flag, a prefix, another name, part of it missing,
 * its end, only a preview build) is a claim of its own, and its labels say the rest of the period.
 */
import type { Label, Value } from "../../src/model/entry.js";
import { joinLabels, notKnown, notSupported, readVersion } from "./browser-version.js";
import {
  type Claim,
  type Dataset,
  featureQuestions,
  keyQuestions,
  type Predicate,
  type SourceFacts,
} from "./claim.js";

export interface MdnFlag {
  readonly type: string;
  readonly name: string;
  readonly value_to_set?: string;
}

export interface MdnStatement {
  /** `null` and `true` (not known; known without a version) stand in older data only. */
  readonly version_added: string | boolean | null;
  readonly version_removed?: string | boolean | null;
  readonly prefix?: string;
  readonly alternative_name?: string;
  readonly flags?: readonly MdnFlag[];
  readonly partial_implementation?: boolean;
}

type Support = Readonly<Record<string, MdnStatement | readonly MdnStatement[]>>;

interface MdnTree {
  readonly __compat?: { readonly support: Support };
  readonly [part: string]: unknown;
}

export interface MdnData {
  readonly __meta: { readonly version: string; readonly timestamp: string };
  readonly [part: string]: unknown;
}

/** web-features' part in MDN's claims: which features stand for exactly one key. */
export type SingleKeys = ReadonlyMap<string, string>;

const notKeys = new Set(["__meta", "browsers"]);
const preview = "preview";

export const mdnSourceId = "npm:@mdn/browser-compat-data";

/** `singleKeys`: feature by key, for features with a single one. */
export function mdnDataset(data: MdnData, singleKeys: SingleKeys, hash?: Uint8Array): Dataset {
  const source: SourceFacts = {
    id: mdnSourceId,
    version: data.__meta.version,
    class: "expert",
    title: "MDN browser-compat-data",
    uri: "https://github.com/mdn/browser-compat-data",
    assertedMs: Date.parse(data.__meta.timestamp),
    ...(hash === undefined ? {} : { hash }),
  };
  return { source, claims: () => claimsOf(data, singleKeys) };
}

function* claimsOf(data: MdnData, singleKeys: SingleKeys): Generator<Claim, void, undefined> {
  for (const part of Object.keys(data)) {
    if (!notKeys.has(part)) yield* claimsBelow(data[part] as MdnTree, part, singleKeys);
  }
}

function* claimsBelow(
  tree: MdnTree,
  key: string,
  singleKeys: SingleKeys,
): Generator<Claim, void, undefined> {
  const support = tree.__compat?.support;
  if (support !== undefined) {
    yield* supportClaims(support, `${keyQuestions}${key}/`, undefined);
    const feature = singleKeys.get(key);
    if (feature !== undefined) {
      yield* supportClaims(support, `${featureQuestions}${feature}/`, key);
    }
  }
  for (const part of Object.keys(tree)) {
    const below = tree[part];
    if (part.startsWith("__") || typeof below !== "object" || below === null) continue;
    yield* claimsBelow(below as MdnTree, `${key}.${part}`, singleKeys);
  }
}

function* supportClaims(
  support: Support,
  prefix: string,
  locator: string | undefined,
): Generator<Claim, void, undefined> {
  const place = locator === undefined ? {} : { locator };
  for (const browser of Object.keys(support)) {
    const block = support[browser];
    if (block === undefined) continue;
    const statements = Array.isArray(block) ? (block as readonly MdnStatement[]) : [block];
    const path = prefix + browser;
    yield { path, predicate: "supported_since", ...place, ...supportedSince(statements) };
    yield* qualifiedClaims(statements as readonly MdnStatement[], path, place);
  }
}

interface Said {
  readonly value: Value;
  readonly labels?: readonly Label[];
}

function supportedSince(statements: readonly unknown[]): Said {
  let isUnknown = false;
  for (const statement of statements as readonly MdnStatement[]) {
    if (!isPlain(statement)) continue;
    const { version_added: added } = statement;
    if (typeof added === "string") return readVersion(added);
    if (added !== false) isUnknown = true;
  }
  return { value: isUnknown ? notKnown : notSupported };
}

/** Support without conditions that no release has ended. */
const isPlain = (statement: MdnStatement): boolean =>
  statement.flags === undefined &&
  statement.prefix === undefined &&
  statement.alternative_name === undefined &&
  !statement.partial_implementation &&
  statement.version_added !== preview &&
  (!statement.version_removed || statement.version_removed === preview);

const flagText = ({ name, value_to_set: value }: MdnFlag): string =>
  value === undefined ? name : `${name}=${value}`;

const allFlags = (flags: readonly MdnFlag[]): string => flags.map(flagText).join(" + ");

const text = (words: string): Value => ({ kind: "text", text: words });

const versionOf = (written: string | boolean | null): Said =>
  typeof written === "string" ? readVersion(written) : { value: notKnown };

/** What a statement says beside `supported_since`; `label` is how other claims of it name that. */
interface Quality {
  readonly predicate: Predicate;
  readonly said: Said;
  readonly label: Label;
}

function qualitiesOf(statement: MdnStatement): readonly Quality[] {
  const { version_added: added, version_removed: removed, flags } = statement;
  const qualities: Quality[] = [];
  const add = (predicate: Predicate, said: Said, value: string) =>
    qualities.push({ predicate, said, label: { key: predicate, value: shortened(value) } });
  if (flags !== undefined) add("flags", { value: text(allFlags(flags)) }, allFlags(flags));
  if (statement.prefix !== undefined) {
    add("prefix", { value: text(statement.prefix) }, statement.prefix);
  }
  if (statement.alternative_name !== undefined) {
    const name = statement.alternative_name;
    add("alternative_name", { value: text(name) }, name);
  }
  if (statement.partial_implementation) {
    add("partial", added === preview ? { value: notKnown } : versionOf(added), "true");
  }
  if (added === preview) add("preview", { value: text("added") }, "added");
  if (removed === preview) add("preview", { value: text("removed") }, "removed");
  else if (removed) add("removed", versionOf(removed), String(removed));
  return qualities;
}

const labelBytesMax = 256;

/** A label's value is short; the claim that the words belong to has them in full. */
const shortened = (words: string): string =>
  Buffer.byteLength(words) <= labelBytesMax ? words : `${words.slice(0, labelBytesMax / 4 - 1)}…`;

function* qualifiedClaims(
  statements: readonly MdnStatement[],
  path: string,
  place: { readonly locator?: string },
): Generator<Claim, void, undefined> {
  const seen = new Set<string>();
  for (const statement of statements) {
    const { version_added: added } = statement;
    if (added === false) continue;
    const qualities = qualitiesOf(statement);
    for (const { predicate, said } of qualities) {
      // Where two periods give the same value, the most recent one speaks.
      const name = `${predicate} ${JSON.stringify(said.value)}`;
      if (seen.has(name)) continue;
      seen.add(name);
      const rest = qualities.filter((other) => other.predicate !== predicate);
      const since = typeof added === "string" && added !== preview && predicate !== "partial";
      const labels = [
        ...rest.map((other) => other.label),
        ...(since ? [{ key: "since", value: added }] : []),
      ].sort((a, b) => (a.key < b.key ? -1 : 1));
      yield { path, predicate, ...place, ...withLabels(said, labels) };
    }
  }
}

function withLabels(said: Said, labels: readonly Label[]): Said {
  const all = joinLabels(said.labels, labels);
  return all === undefined ? { value: said.value } : { value: said.value, labels: all };
}
