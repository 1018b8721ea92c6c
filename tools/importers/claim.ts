/**
 * What an importer of browser data makes of a source: claims, and who is said to make them.
 *
 * The mapping of each source is a pure function from its data to claims; what is new, changed or
 * gone since the last import is found out elsewhere (difference.ts). The data model, and why it is
 * so, stands in docs/reference/browser-support.md.
 */
import type { Assertion, Label, SourceClass, Value } from "../../src/model/entry.js";

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

/** The assertion of a claim. `parent`: the id of the one that it revises. */
export function assertionOf(claim: Claim, source: SourceFacts, parent?: Uint8Array): Assertion {
  const { id, version, class: sourceClass, derivedFrom } = source;
  return {
    kind: "assertion",
    conceptPath: claim.path,
    predicate: claim.predicate,
    value: claim.value,
    polarity: "affirms",
    confidenceMillionths,
    source: {
      id,
      version,
      class: sourceClass,
      ...(claim.locator === undefined ? {} : { locator: claim.locator }),
      ...(derivedFrom === undefined ? {} : { derivedFrom }),
    },
    assertedMs: source.assertedMs,
    lifecycle: "proposed",
    ...(parent === undefined ? {} : { parent }),
    ...(claim.labels === undefined ? {} : { labels: claim.labels }),
  };
}
