/**
 * Goal: each source's data becomes the claims that docs/reference/browser-support.md promises, and
 * the real packages give as many disagreements as were counted when that page was written.
 * Method: small data in the form of each package, one situation each; then the packages themselves.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeInput, KeyPair } from "../../src/client/index.js";
import type { Value } from "../../src/model/entry.js";
import { readVersion } from "../../tools/importers/browser-version.js";
import { type CaniuseAgent, caniuseDataset } from "../../tools/importers/caniuse.js";
import { assertionOf, type Claim } from "../../tools/importers/claim.js";
import { isContradiction, tallyOf } from "../../tools/importers/disagreements.js";
import { type MdnStatement, mdnDataset } from "../../tools/importers/mdn.js";
import { readPackages } from "../../tools/importers/packages.js";
import {
  caniuseNamesOf,
  singleKeysOf,
  type WebFeature,
  webFeaturesDataset,
} from "../../tools/importers/web-features.js";

const test = suite("tools: importers, mapping");

const version = (text: string, bound: "exact" | "at_most" = "exact"): Value => ({
  kind: "version",
  version: text,
  bound,
});
const no: Value = { kind: "boolean", boolean: false };
const text = (words: string): Value => ({ kind: "text", text: words });

const labelsOf = ({ labels = [] }: Claim): string =>
  labels.map(({ key, value }) => `${key}=${value}`).join(" ");

const shown = (value: Value): string => {
  if (value.kind === "version") return `${value.bound === "at_most" ? "≤" : ""}${value.version}`;
  if (value.kind === "boolean") return String(value.boolean);
  return value.kind === "text" ? value.text : value.kind;
};

/** `predicate = value [labels]`, one per claim. */
const lines = (claims: Iterable<Claim>): string[] =>
  [...claims].map((claim) =>
    `${claim.predicate} = ${shown(claim.value)} ${labelsOf(claim)}`.trimEnd(),
  );

const timestamp = "2026-01-02T03:04:05.000Z";

function mdnClaims(support: MdnStatement | readonly MdnStatement[]): Claim[] {
  const data = {
    __meta: { version: "1.2.3", timestamp },
    browsers: { safari: {} },
    api: { Thing: { __compat: { support: { safari: support } } } },
  };
  return [...mdnDataset(data, new Map()).claims()];
}

test("version: trailing zeros and ranges are made comparable, and what was written stays", () => {
  assert.equal(readVersion("120"), { value: version("120") });
  assert.equal(readVersion("10"), { value: version("10") });
  assert.equal(readVersion("≤79"), { value: version("79", "at_most") });
  const written = (words: string) => [{ key: "as_written", value: words }];
  assert.equal(readVersion("12.0"), { value: version("12"), labels: written("12.0") });
  assert.equal(readVersion("15.2-15.3"), { value: version("15.2"), labels: written("15.2-15.3") });
  assert.equal(readVersion("10.0-10.2"), { value: version("10"), labels: written("10.0-10.2") });
  assert.equal(readVersion("≤12.0").value, version("12", "at_most"));
});

test("mdn: a plain period is the answer; no period is `false`; an unknown one is unknown", () => {
  assert.equal(lines(mdnClaims({ version_added: "15.4" })), ["supported_since = 15.4"]);
  assert.equal(lines(mdnClaims({ version_added: "≤79" })), ["supported_since = ≤79"]);
  assert.equal(lines(mdnClaims({ version_added: false })), ["supported_since = false"]);
  assert.equal(lines(mdnClaims({ version_added: null })), ["supported_since = unknown"]);
  assert.equal(lines(mdnClaims({ version_added: true })), ["supported_since = unknown"]);
});

test("mdn: the path names key and browser, and a part without `__compat` is no key", () => {
  assert.equal(
    mdnClaims({ version_added: "1" }).map(({ path }) => path),
    ["web/key/api.Thing/safari"],
  );
});

test("mdn: what qualifies a period is a claim of its own, with the rest of it as labels", () => {
  const statements = [
    { version_added: "20" },
    {
      version_added: "10",
      version_removed: "19",
      prefix: "-webkit-",
      flags: [{ type: "preference", name: "thing", value_to_set: "true" }],
    },
    { version_added: "5", version_removed: "7", partial_implementation: true },
  ];
  assert.equal(lines(mdnClaims(statements)), [
    "supported_since = 20",
    "flags = thing=true prefix=-webkit- removed=19 since=10",
    "prefix = -webkit- flags=thing=true removed=19 since=10",
    "removed = 19 flags=thing=true prefix=-webkit- since=10",
    "partial = 5 removed=7",
    "removed = 7 partial=true since=5",
  ]);
});

test("mdn: support that was removed, is flagged, prefixed or partial is not plain support", () => {
  for (const quality of [
    { version_removed: "60" },
    { prefix: "-moz-" },
    { alternative_name: "Thang" },
    { partial_implementation: true },
    { flags: [{ type: "preference", name: "thing" }] },
  ]) {
    const [answer] = mdnClaims({ version_added: "50", ...quality });
    assert.equal(answer?.value, no, JSON.stringify(quality));
  }
});

test("mdn: only a preview build has it, or has lost it: a claim of its own", () => {
  assert.equal(lines(mdnClaims({ version_added: "preview" })), [
    "supported_since = false",
    "preview = added",
  ]);
  assert.equal(lines(mdnClaims({ version_added: "9", version_removed: "preview" })), [
    "supported_since = 9",
    "preview = removed since=9",
  ]);
});

test("mdn: of two periods with the same value the most recent one speaks", () => {
  const periods = [
    { version_added: "30", prefix: "-webkit-" },
    { version_added: "10", version_removed: "20", prefix: "-webkit-" },
  ];
  assert.equal(lines(mdnClaims(periods)), [
    "supported_since = false",
    "prefix = -webkit- since=30",
    "removed = 20 prefix=-webkit- since=10",
  ]);
});

const browsers = {
  chrome: { releases: [{ date: "2026-09-22" }] },
  safari: { releases: [{ date: "2026-09-14" }, { date: "≤2001-01-01" }] },
};
const webFeatures = (features: Record<string, WebFeature>) => ({ browsers, features });

test("mdn: a feature with a single key gets its claims too; one with several keys none", () => {
  const features = webFeatures({
    thing: { kind: "feature", compat_features: ["api.Thing"] },
    things: { kind: "feature", compat_features: ["api.A", "api.B"] },
  });
  const tree = { __compat: { support: { safari: { version_added: "3" } } } };
  const data = { __meta: { version: "1", timestamp }, api: { Thing: tree, A: tree, B: tree } };
  const claims = [...mdnDataset(data, singleKeysOf(features)).claims()];
  assert.equal(
    claims.map(({ path, locator }) => [path, locator]),
    [
      ["web/key/api.Thing/safari", undefined],
      ["web/feature/thing/safari", "api.Thing"],
      ["web/key/api.A/safari", undefined],
      ["web/key/api.B/safari", undefined],
    ],
  );
});

test("web-features: features and keys; a core browser that is left out does not support it", () => {
  const data = webFeatures({
    thing: {
      kind: "feature",
      status: {
        support: { chrome: "≤79" },
        by_compat_key: { "api.Thing": { support: { chrome: "80", safari: "12.0" } } },
      },
    },
    old: { kind: "moved" },
  });
  const { source, claims } = webFeaturesDataset(data, "3.0.0");
  assert.equal(
    [...claims()].map((claim) => `${claim.path} ${shown(claim.value)}`),
    [
      "web/feature/thing/chrome ≤79",
      "web/feature/thing/safari false",
      "web/key/api.Thing/chrome 80",
      "web/key/api.Thing/safari 12",
    ],
  );
  assert.is(source.assertedMs, Date.parse("2026-09-22"), "the newest release that it knows");
  assert.equal(source.derivedFrom, ["npm:@mdn/browser-compat-data"]);
});

const agentOf = (versions: readonly string[], more: Partial<CaniuseAgent> = {}): CaniuseAgent => ({
  versions: [null, ...versions, null],
  release_date: { [versions[0] ?? ""]: 1_700_000_000, later: null },
  prefix: "webkit",
  ...more,
});

function caniuseLines(letters: Record<string, string>, agent = "edge", more = {}): string[] {
  const versions = Object.keys(letters).map((name) => name.replace(" ", ""));
  const said = Object.fromEntries(
    versions.map((name, i) => [name, Object.values(letters)[i] ?? ""]),
  );
  const agents = { [agent]: agentOf(versions, more) };
  const stats = () => ({ [agent]: said });
  const dataset = caniuseDataset({ agents, stats }, new Map([["thing", "a-thing"]]), "1.0.0");
  assert.is(dataset.source.assertedMs, 1_700_000_000_000);
  return lines(dataset.claims());
}

// A space in front of a name keeps the order of keys that look like whole numbers.
test("caniuse: the last run of plain support answers; ranges count by their lower bound", () => {
  assert.equal(caniuseLines({ " 12": "n", " 13": "y", " 14": "y #1" }), ["supported_since = 13"]);
  assert.equal(caniuseLines({ " 15.0-15.1": "n", " 15.2-15.3": "y" }), [
    "supported_since = 15.2 as_written=15.2-15.3",
  ]);
  assert.equal(caniuseLines({ " 12": "n" }), ["supported_since = false"]);
  assert.equal(caniuseLines({ " 12": "p" }), ["supported_since = false"]);
});

test("caniuse: what was lost and came back counts from its return, and the loss is told", () => {
  assert.equal(caniuseLines({ " 12": "n", " 13": "y", " 14": "n", " 15": "y" }), [
    "supported_since = 15",
    "removed = 14 since=13",
  ]);
});

test("caniuse: almost, prefix and flag are no plain support", () => {
  const runs = { " 12": "n d #2", " 13": "a x #1", " 14": "a", " 15": "y" };
  assert.equal(caniuseLines(runs, "edge", { prefix_exceptions: { 13: "ms" } }), [
    "supported_since = 15",
    "partial = 14 until=15",
    "prefix = ms since=13 until=14",
    "partial = 13 until=14",
    "flags = true since=12 until=13",
  ]);
});

test("caniuse: unknown stays unknown, and what stands behind it is bounded", () => {
  assert.equal(caniuseLines({ " 12": "y", " 13": "u" }), ["supported_since = unknown"]);
  assert.equal(caniuseLines({ " 12": "u", " 13": "y" }), ["supported_since = ≤13 as_written=13"]);
});

test("caniuse: the first listed version is a bound, but for Edge, whose list is whole", () => {
  assert.equal(caniuseLines({ " 4": "y", " 5": "y" }, "chrome"), [
    "supported_since = ≤4 as_written=4",
  ]);
  assert.equal(caniuseLines({ " 12": "y" }, "edge"), ["supported_since = 12"]);
});

test("caniuse: a preview build is no release", () => {
  assert.equal(caniuseLines({ " 27": "n", " TP": "y" }, "safari"), [
    "supported_since = false",
    "preview = added",
  ]);
});

test("caniuse: browsers with a single version, or one that nobody else knows, are left out", () => {
  for (const agent of ["and_chr", "and_ff", "op_mini", "op_mob", "android", "kaios"]) {
    assert.equal(caniuseLines({ " 157": "y" }, agent), [], agent);
  }
});

test("caniuse: a feature with several names has no claims: nothing is rolled up", () => {
  const data = webFeatures({
    one: { kind: "feature", caniuse: ["a"] },
    two: { kind: "feature", caniuse: ["b", "c"] },
    none: { kind: "feature" },
  });
  assert.equal([...caniuseNamesOf(data)], [["one", "a"]]);
});

test("contradiction: bounds that both can hold are none", () => {
  const contradicts = (left: Value, right: Value) => isContradiction(left, right);
  assert.ok(contradicts(version("9.1"), version("10")));
  assert.ok(contradicts(version("80"), version("79", "at_most")));
  assert.ok(contradicts(version("10", "at_most"), version("10.1")));
  assert.ok(contradicts(no, version("10")));
  assert.not(contradicts(version("9.1"), version("10", "at_most")));
  assert.not(contradicts(version("79", "at_most"), version("79")));
  assert.not(contradicts(version("4", "at_most"), version("9", "at_most")));
  assert.not(contradicts({ kind: "unknown" }, version("10")));
});

test("packages: disagreements are as many as the reference page says, within a tenth", () => {
  const { claims, comparisons, example } = tallyOf(readPackages());
  const near = (actual: number | undefined, expected: number, what: string) =>
    assert.ok(Math.abs((actual ?? 0) - expected) <= expected / 10, `${what}: ${actual}`);
  const between = (level: string, left: string, right: string) =>
    comparisons.find((one) => one.level === level && one.left === left && one.right === right);
  const keys = between("key", "npm:@mdn/browser-compat-data", "npm:web-features");
  const features = between("feature", "npm:web-features", "npm:caniuse-lite");
  near(claims, 432_000, "claims");
  near(keys?.questions, 107_716, "questions about keys");
  near(keys?.different, 4_238, "different answers about keys");
  near(features?.questions, 1_635, "questions about features");
  near(features?.different, 493, "different answers about features");
  assert.match(example ?? "", /^web\/feature\/[^/]+\/[^/]+$/);
});

test("packages: every claim is an entry, and a source makes it once", () => {
  const keys = KeyPair.generate();
  for (const { source, claims } of readPackages()) {
    const seen = new Set<string>();
    let count = 0;
    for (const claim of claims()) {
      const name = `${claim.path} ${claim.predicate}`;
      const whole = claim.predicate === "supported_since" ? name : `${name} ${shown(claim.value)}`;
      assert.not(seen.has(whole), `${source.id}: ${whole}`);
      seen.add(whole);
      // Most claims have the form of their neighbours; those that do not are all encoded.
      const isPlain = claim.predicate === "supported_since" && claim.labels === undefined;
      if (!isPlain || count++ % 50 === 0) encodeInput(assertionOf(claim, source), keys);
    }
  }
});

test("claims: nothing of the clock is in them", () => {
  const data = { __meta: { version: "1", timestamp }, api: {} };
  assert.is(mdnDataset(data, new Map()).source.assertedMs, Date.parse(timestamp));
  assert.equal(text("x"), { kind: "text", text: "x" });
});

test.run();
