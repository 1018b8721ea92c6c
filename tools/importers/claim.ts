/**
 * What an importer of browser data makes of a source: claims, and who is said to make them.
 *
 * The mapping of each source is a pure function from its data to claims; what is new, changed or
 * gone since the last import is found out elsewhere (difference.ts). The data model, and why it is
 * so, stands in docs/reference/browser-support.md.
 */
import type { Assertion, Label, Source, SourceClass, Value } from "../../src/model/entry.js";

/** Questions about one key of MDN's data: `web/key/css.properties.gap/safari`. */
export const keyQuestions = "web/key/";
/** Questions about one feature of web-features: `web/feature/grid/safari`. */
export const featureQuestions = "web/feature/";

/** `supported_since` has one value per browser; of the others each value is a claim of its own. */
export type Predicate =
  | "supported_since"
  | "flags"
  | "prefix"
  | "alternative_name"
  | "partial"
  | "removed"
  | "preview";

export interface Claim {
  readonly path: string;
  readonly predicate: Predicate;
  readonly value: Value;
  /** Where in the source, if the path does not say it. */
  readonly locator?: string;
  /** Sorted by key. */
  readonly labels?: readonly Label[];
}

export interface SourceFacts {
  readonly id: string;
  /** Version of the package. */
  readonly version: string;
  readonly class: SourceClass;
  readonly title: string;
  readonly uri: string;
  /** SHA-256 of the data, where it is one file. */
  readonly hash?: Uint8Array;
  /** Ids of the sources that it takes its data from, sorted. */
  readonly derivedFrom?: readonly string[];
  /** When the source said so: read out of the data, so that a repeat gives the same ids. */
  readonly assertedMs: number;
}

export interface Dataset {
  readonly source: SourceFacts;
  /** All that the source says; the same in the same order whenever it is called. */
  claims(): Iterable<Claim>;
}

const confidenceMillionths = 1_000_000;

/** The source as claims name it, made once for all that name no place in it. */
const sources = new WeakMap<SourceFacts, Source>();

function sourceOf(facts: SourceFacts, locator: string | undefined): Source {
  const made = locator === undefined ? sources.get(facts) : undefined;
  if (made !== undefined) return made;
  const { id, version, class: sourceClass, derivedFrom } = facts;
  const source = {
    id,
    version,
    class: sourceClass,
    ...(locator === undefined ? {} : { locator }),
    ...(derivedFrom === undefined ? {} : { derivedFrom }),
  };
  if (locator === undefined) sources.set(facts, source);
  return source;
}

/** The assertion of a claim. `parent`: the id of the one that it revises. */
export function assertionOf(claim: Claim, source: SourceFacts, parent?: Uint8Array): Assertion {
  const { path, predicate, value, locator, labels } = claim;
  const assertion: Assertion = {
    kind: "assertion",
    conceptPath: path,
    predicate,
    value,
    polarity: "affirms",
    confidenceMillionths,
    source: sourceOf(source, locator),
    assertedMs: source.assertedMs,
    lifecycle: "proposed",
  };
  if (parent === undefined && labels === undefined) return assertion;
  return {
    ...assertion,
    ...(parent === undefined ? {} : { parent }),
    ...(labels === undefined ? {} : { labels }),
  };
}
