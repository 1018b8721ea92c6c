/**
 * web-features as claims: for each feature, and for each of its keys, the releases in which the
 * core browsers first had it in full.
 *
 * A browser that a status leaves out is said not to support it: the package computes a status for
 * all of its core browsers, and names those that have one.
 */

import { notSupported, readVersion } from "./browser-version.js";
import type { Claim, Dataset, SourceFacts } from "./claim.js";
import { featureQuestions, keyQuestions } from "./claim.js";
import { mdnSourceId, type SingleKeys } from "./mdn.js";

type Support = Readonly<Record<string, string>>;

export interface WebFeature {
  /** `feature`; others are names that moved or were split, and say nothing themselves. */
  readonly kind: string;
  readonly caniuse?: readonly string[];
  readonly compat_features?: readonly string[];
  readonly status?: {
    readonly support: Support;
    readonly by_compat_key?: Readonly<Record<string, { readonly support: Support }>>;
  };
}

export interface WebFeaturesData {
  readonly browsers: Readonly<
    Record<string, { readonly releases: readonly { readonly date: string }[] }>
  >;
  readonly features: Readonly<Record<string, WebFeature>>;
}

/** The newest release that the data knows of: the package carries no date of its own. */
function newestRelease(data: WebFeaturesData): number {
  const dates = Object.values(data.browsers).flatMap(({ releases }) =>
    releases.map(({ date }) => Date.parse(date.replace("≤", ""))),
  );
  return Math.max(0, ...dates.filter((ms) => !Number.isNaN(ms)));
}

export function webFeaturesDataset(
  data: WebFeaturesData,
  version: string,
  hash?: Uint8Array,
): Dataset {
  const source: SourceFacts = {
    id: "npm:web-features",
    version,
    class: "expert",
    title: "web-features of the W3C WebDX Community Group",
    uri: "https://github.com/web-platform-dx/web-features",
    derivedFrom: [mdnSourceId],
    assertedMs: newestRelease(data),
    ...(hash === undefined ? {} : { hash }),
  };
  return { source, claims: () => claimsOf(data) };
}

function* claimsOf(data: WebFeaturesData): Generator<Claim, void, undefined> {
  const browsers = Object.keys(data.browsers);
  const seen = new Set<string>(); // a key that two features share is said once
  for (const id of Object.keys(data.features)) {
    const status = data.features[id]?.status;
    if (status === undefined) continue;
    yield* supportClaims(status.support, browsers, `${featureQuestions}${id}/`);
    for (const [key, { support }] of Object.entries(status.by_compat_key ?? {})) {
      if (seen.has(key)) continue;
      seen.add(key);
      yield* supportClaims(support, browsers, `${keyQuestions}${key}/`);
    }
  }
}

function* supportClaims(
  support: Support,
  browsers: readonly string[],
  prefix: string,
): Generator<Claim, void, undefined> {
  for (const browser of browsers) {
    const written = support[browser];
    const said = written === undefined ? { value: notSupported } : readVersion(written);
    yield { path: prefix + browser, predicate: "supported_since", ...said };
  }
}

/** Features that stand for exactly one key of MDN's data, by that key. */
export function singleKeysOf(data: WebFeaturesData): SingleKeys {
  const found = new Map<string, string>();
  for (const [id, { compat_features: keys }] of Object.entries(data.features)) {
    const [key] = keys ?? [];
    if (key !== undefined && keys?.length === 1) found.set(key, id);
  }
  return found;
}

/** caniuse's name of a feature, by ours, where the two stand for each other one to one. */
export function caniuseNamesOf(data: WebFeaturesData): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [id, { caniuse: names }] of Object.entries(data.features)) {
    const [name] = names ?? [];
    if (name !== undefined && names?.length === 1) found.set(id, name);
  }
  return found;
}
