/**
 * caniuse as claims. It says for each version of a browser what holds there, in letters:
 *
 *     y yes   a almost   n no   p no, with a polyfill   u unknown   x with prefix   d with flag
 *
 * Versions that follow each other and say the same are a *run*. The last run answers
 * `supported_since` if it is a plain yes; the other runs with something to tell become claims of
 * their own predicates.
 *
 * caniuse's lists begin at a version of its choice (Chrome's at 4). What holds in the first listed
 * version, or behind versions of which caniuse does not know, may be older: its bound is `at_most`.
 *
 * Left out: browsers for which caniuse keeps the newest version only (Chrome and Firefox for
 * Android among them) or has lost the versions between (Opera Mobile, Android Browser), because
 * since when they support something cannot be seen; and browsers that no other source speaks of.
 */
import type { Label, Value } from "../../src/model/entry.js";
import {
  joinLabels,
  notKnown,
  notSupported,
  readVersion,
  type VersionValue,
} from "./browser-version.js";
import {
  type Claim,
  type Dataset,
  featureQuestions,
  type Predicate,
  type SourceFacts,
} from "./claim.js";

export interface CaniuseAgent {
  /** Ascending; `null` where caniuse has no version. */
  readonly versions: readonly (string | null)[];
  /** Seconds since 1970; `null` for versions to come. */
  readonly release_date: Readonly<Record<string, number | null>>;
  readonly prefix: string;
  readonly prefix_exceptions?: Readonly<Record<string, string>>;
}

/** Letters by agent and version. */
export type CaniuseStats = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface CaniuseData {
  readonly agents: Readonly<Record<string, CaniuseAgent>>;
  /** What caniuse says about a feature of its own; `undefined` if it has none of that name. */
  readonly stats: (name: string) => CaniuseStats | undefined;
}

/** The browsers as everybody else names them. */
const browsers: Readonly<Record<string, string>> = {
  chrome: "chrome",
  edge: "edge",
  firefox: "firefox",
  ie: "ie",
  ios_saf: "safari_ios",
  opera: "opera",
  safari: "safari",
  samsung: "samsunginternet_android",
};

/** Browsers whose first release is caniuse's first version; its lists of the others begin later. */
const listedWhole: ReadonlySet<string> = new Set(["edge"]);

/** Safari's Technology Preview stands among the versions. */
const previewVersion = "TP";

/** The newest release that the data knows of: the package carries no date of its own. */
function newestRelease(agents: CaniuseData["agents"]): number {
  const seconds = Object.values(agents).flatMap((agent) => Object.values(agent.release_date));
  return Math.max(0, ...seconds.filter((date) => date !== null)) * 1000;
}

/** `names`: caniuse's name of each feature, where the two stand for each other one to one. */
export function caniuseDataset(
  data: CaniuseData,
  names: ReadonlyMap<string, string>,
  version: string,
): Dataset {
  const source: SourceFacts = {
    id: "npm:caniuse-lite",
    version,
    class: "community",
    title: "caniuse.com",
    uri: "https://caniuse.com",
    assertedMs: newestRelease(data.agents),
  };
  return { source, claims: () => claimsOf(data, names) };
}

function* claimsOf(
  data: CaniuseData,
  names: ReadonlyMap<string, string>,
): Generator<Claim, void, undefined> {
  for (const [feature, name] of names) {
    const stats = data.stats(name);
    if (stats === undefined) continue;
    for (const agentName of Object.keys(browsers)) {
      const [agent, letters] = [data.agents[agentName], stats[agentName]];
      if (agent === undefined || letters === undefined) continue;
      const path = `${featureQuestions}${feature}/${browsers[agentName]}`;
      const runs = runsOf(agent, letters, listedWhole.has(agentName));
      for (const said of browserClaims(runs)) yield { path, locator: name, ...said };
    }
  }
}

type State = "yes" | "almost" | "no" | "unknown";

interface Run {
  readonly state: State;
  readonly withFlag: boolean;
  readonly prefix: string | undefined;
  /** Its first version. */
  readonly first: string;
  /** Whether what holds may hold in earlier versions too, of which caniuse does not know. */
  readonly isOpen: boolean;
}

const states: Readonly<Record<string, State>> = { y: "yes", a: "almost", n: "no", p: "no" };

function runsOf(
  agent: CaniuseAgent,
  letters: Readonly<Record<string, string>>,
  isListedWhole: boolean,
): readonly Run[] {
  const runs: Run[] = [];
  for (const version of agent.versions) {
    if (version === null) continue;
    // A space in front of each letter, and notes (`#1`) aside: ` y x #1` has ` y` and ` x`.
    const said = ` ${letters[version] ?? "u"}`;
    const state = states[said[1] ?? ""] ?? "unknown";
    const withFlag = said.includes(" d");
    const ofVersion = agent.prefix_exceptions?.[version] ?? agent.prefix;
    const prefix = said.includes(" x") ? ofVersion : undefined;
    const last = runs.at(-1);
    const isSame = last?.state === state && last.withFlag === withFlag && last.prefix === prefix;
    if (isSame) continue;
    const isOpen = last === undefined ? !isListedWhole : last.state === "unknown";
    runs.push({ state, withFlag, prefix, first: version, isOpen });
  }
  return runs;
}

type Said = Omit<Claim, "path" | "locator">;

const isPlain = (run: Run): boolean =>
  run.state === "yes" && !run.withFlag && run.prefix === undefined;

function* browserClaims(runs: readonly Run[]): Generator<Said, void, undefined> {
  const last = runs.at(-1);
  if (last === undefined) return;
  yield { predicate: "supported_since", ...supportedSince(last) };
  const seen = new Set<string>();
  // The newest first: where two runs give the same value, it speaks.
  for (const [place, run] of [...runs.entries()].reverse()) {
    for (const claim of runClaims(run, runs[place + 1])) {
      const name = `${claim.predicate} ${JSON.stringify(claim.value)}`;
      if (seen.has(name)) continue;
      seen.add(name);
      yield claim;
    }
  }
}

interface SaidValue {
  readonly value: Value;
  readonly labels?: readonly Label[];
}

function supportedSince(last: Run): SaidValue {
  if (last.state === "unknown") return { value: notKnown };
  if (!isPlain(last) || last.first === previewVersion) return { value: notSupported };
  return firstVersion(last);
}

function firstVersion({ first, isOpen }: Run): SaidValue {
  const read = readVersion(first);
  if (!isOpen) return read;
  const labels = [{ key: "as_written", value: first }];
  return { value: boundedValues.get(first) ?? atMost(first, read.value), labels };
}

/** One value for each version, so that it is compared once. */
const boundedValues = new Map<string, Value>();

function atMost(first: string, value: VersionValue): Value {
  const bounded: Value = { ...value, bound: "at_most" };
  boundedValues.set(first, bounded);
  return bounded;
}

function* runClaims(run: Run, next: Run | undefined): Generator<Said, void, undefined> {
  const since = { key: "since", value: run.first };
  const until = next === undefined ? [] : [{ key: "until", value: next.first }];
  const claim = (predicate: Predicate, value: Value, labels: readonly Label[]): Said =>
    labels.length === 0 ? { predicate, value } : { predicate, value, labels };
  if (run.withFlag) yield claim("flags", { kind: "boolean", boolean: true }, [since, ...until]);
  if (run.prefix !== undefined && run.state !== "no") {
    yield claim("prefix", { kind: "text", text: run.prefix }, [since, ...until]);
  }
  if (run.state === "almost") {
    const { value, labels } = firstVersion(run);
    yield claim("partial", value, joinLabels(labels, until) ?? []);
  }
  if (isPlain(run) && run.first === previewVersion) {
    yield claim("preview", { kind: "text", text: "added" }, []);
  }
  if (isPlain(run) && next?.state === "no") {
    const { value, labels } = readVersion(next.first);
    yield claim("removed", value, joinLabels(labels, [since]) ?? []);
  }
}
