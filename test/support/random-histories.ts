/**
 * Histories of chance in which everything collides: few paths, predicates, values, sources and
 * voices, so that claims are repeated, denied, revised, retracted, superseded, voted on and, where
 * asked for, redacted, rights come and go, aliases run in circles, and entries arrive late. The
 * same seed gives the same history on every machine.
 *
 *     randomEntries(random, options)   what is said, in the order of saying: valid entries, to be
 *                                      signed with `historyKeys` and appended to a real database
 *     placeEntries(random, said)       the same at places: two logs with clocks apart, blocks,
 *                                      repeats, arrivals out of order; what comes back stands in
 *                                      the order of arrival (random-places.ts)
 *     randomHistory(seed, options)     both at once, with the root of rights: `{ root, entries }`
 *     randomAsked(random, history)     a question, parameters, a cut, a moment of evaluation
 *                                      (random-asked.ts)
 *
 * naive-lens.ts answers what is asked of them, from the entries alone:
 *
 *     const history = randomHistory(seed);
 *     const asked = randomAsked(new Seeded(seed), history);
 *     naiveAnswers(history.entries, "consensus", asked);
 *
 * Ids are real (SHA-256 over the canonical entry). The first of `historyKeys` is the first
 * administrator, unless `options.root` names another one: its entries then bear that key.
 */
import { keyPairFromSeed } from "../../src/crypto/ed25519.js";
import { sha256 } from "../../src/crypto/sha256.js";
import { encodeEntry } from "../../src/entry/codec.js";
import type { WorldRoot } from "../../src/lens/history.js";
import type { Assertion, Body, EntryFields, SourceClass, Value } from "../../src/model/entry.js";
import { lifecycles, sourceClasses } from "../../src/model/entry.js";
import { bytesEqual } from "../../src/model/hex.js";
import type { EntryId } from "../../src/model/position.js";
import type { PlacedEntry } from "./naive-entries.js";
import { placeEntries } from "./random-places.js";
import { randomRedaction } from "./random-redactions.js";
import { crowdOfValues, randomValues } from "./random-values.js";
import { Seeded } from "./seeded.js";

/** Real keys, so that histories can be signed: administrator, curator, gateway, three others. */
export const historyKeys = [1, 2, 3, 4, 5, 6].map((number) =>
  keyPairFromSeed(new Uint8Array(32).fill(number)),
);
const [administratorKey, curatorKey, gatewayKey] = historyKeys.map(
  ({ publicKey }) => publicKey,
) as [Uint8Array, Uint8Array, Uint8Array];
const keys = historyKeys.map(({ publicKey }) => publicKey);

export const historyPaths = ["a/b", "a", "a/b/c", "d", "d/e", "x://y/z"] as const;
export const historyPredicates = ["p", "q", "must_use", "forbidden"] as const;
const sources = ["s1", "s2", "s3", "s4"] as const;
const epochs = ["e1", "e2", "e3"] as const;
const people = ["alice", "bob"] as const;
const confidences = [0, 1, 250_000, 333_333, 500_000, 900_000, 1_000_000, 1_000_000] as const;

const dayMs = 86_400_000;
const startMs = 1_700_000_000_000;

export interface EntriesOptions {
  /** Preset: 15 to 90, by chance; of a crowd 300. */
  readonly count?: number;
  /** Preset: a cluster of its own, whose first administrator is the first of `historyKeys`. */
  readonly root?: WorldRoot;
  /** Many people, sources and values, and one question that all is about. */
  readonly isCrowded?: boolean;
  /** When the first entry is said. */
  readonly startMs?: number;
  /** How far the clock goes between two entries at most; preset: 40 days. */
  readonly stepMsMax?: number;
  /** How many of a hundred entries shall be redactions; preset: none. */
  readonly redactionPercent?: number;
}

/** An entry and when it was said. */
export interface SaidEntry {
  readonly atMs: number;
  readonly id: EntryId;
  readonly fields: EntryFields;
}

export interface RandomHistory {
  readonly root: WorldRoot;
  /** In the order of arrival. */
  readonly entries: readonly PlacedEntry[];
}

export const historyRoot: WorldRoot = {
  clusterId: new Uint8Array(16).fill(7),
  firstAdministrator: administratorKey,
};

const numbered = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, number) => `${name}${number}`);

/** What has been said so far: what the next entries point at. */
class Conversation {
  readonly said: SaidEntry[] = [];
  private readonly claims: {
    readonly id: EntryId;
    readonly fields: EntryFields;
    readonly body: Assertion;
  }[] = [];
  private readonly random: Seeded;
  private readonly root: WorldRoot;
  /** Of this history: so that some have few values, and some many. */
  private readonly values: readonly Value[];
  private readonly paths: readonly string[];
  private readonly people: readonly string[];
  private readonly sources: readonly string[];
  private readonly isCrowded: boolean;
  private readonly redactionPercent: number;
  atMs: number;

  constructor(random: Seeded, root: WorldRoot, options: EntriesOptions) {
    this.random = random;
    this.root = root;
    this.atMs = options.startMs ?? startMs;
    this.isCrowded = options.isCrowded ?? false;
    this.redactionPercent = options.redactionPercent ?? 0;
    const count = 2 + random.below(5);
    const pathCount = this.isCrowded ? 1 : 1 + random.below(historyPaths.length);
    this.values = this.isCrowded
      ? crowdOfValues(random)
      : Array.from({ length: count }, () => random.pick(randomValues));
    this.paths = historyPaths.slice(0, pathCount);
    this.people = this.isCrowded ? numbered("person", 90) : people;
    this.sources = this.isCrowded ? numbered("s", 90) : sources;
  }

  say(author: Uint8Array, body: Body, onBehalfOf?: string): void {
    const fields: EntryFields = {
      author,
      salt: this.random.bytes(16),
      ...(onBehalfOf === undefined ? {} : { onBehalfOf }),
      body,
    };
    const id = sha256(Uint8Array.of(0), encodeEntry(fields));
    this.said.push({ atMs: this.atMs, id: new Uint8Array(id), fields });
    if (body.kind === "assertion") this.claims.push({ id, fields, body });
  }

  /** By whom: curators and administrators more often where only they have an effect. */
  private speak(body: Body, likely?: Uint8Array): void {
    const { random } = this;
    const crowd = this.isCrowded && random.chance(90) ? gatewayKey : undefined;
    const author = likely && random.chance(75) ? likely : (crowd ?? random.pick(keys));
    const isOnBehalf = random.chance(author === gatewayKey ? 70 : 8);
    this.say(author, body, isOnBehalf ? random.pick(this.people) : undefined);
  }

  private path(): string {
    return this.random.chance(60) ? historyPaths[0] : this.random.pick(this.paths);
  }

  private predicate(): string {
    const isFirst = this.isCrowded || this.random.chance(70);
    return isFirst ? historyPredicates[0] : this.random.pick(historyPredicates);
  }

  private assertion(): void {
    const { random } = this;
    const parent = random.chance(15) ? this.claim() : undefined;
    const from = random.chance(20) ? this.atMs - random.below(60) * dayMs : undefined;
    const until = random.chance(15)
      ? (from ?? this.atMs) + (1 + random.below(90)) * dayMs
      : undefined;
    const offsets = [0, 0, 0, -30_000, -dayMs, -200 * dayMs, dayMs];
    const body: Assertion = {
      kind: "assertion",
      conceptPath: parent && random.chance(90) ? parent.body.conceptPath : this.path(),
      predicate: parent && random.chance(90) ? parent.body.predicate : this.predicate(),
      value: random.pick(this.values),
      polarity: random.chance(75) ? "affirms" : "denies",
      confidenceMillionths: random.chance(80) ? random.pick(confidences) : random.below(1_000_001),
      source: { id: random.pick(this.sources), class: random.pick(sourceClasses) },
      assertedMs: this.atMs + random.pick(offsets),
      ...(from === undefined ? {} : { validFromMs: from }),
      ...(until === undefined ? {} : { validUntilMs: until }),
      lifecycle: random.chance(80) ? "proposed" : random.pick(lifecycles),
      ...(random.chance(20) ? { epoch: random.pick(epochs) } : {}),
      ...(parent === undefined ? {} : { parent: parent.id }),
    };
    if (parent !== undefined && random.chance(70)) {
      this.say(parent.fields.author, body, parent.fields.onBehalfOf);
    } else {
      this.speak(body);
    }
  }

  private claim() {
    const [first] = this.claims;
    return first === undefined ? undefined : this.random.pick(this.claims);
  }

  /** Something about a claim: by its own voice, by a curator, or by anyone. */
  private act(): void {
    const { random } = this;
    const claim = this.claim();
    if (claim === undefined) {
      this.assertion();
      return;
    }
    const target = random.chance(96) ? claim.id : random.bytes(32);
    const path = random.chance(90) ? claim.body.conceptPath : random.pick(historyPaths);
    const body = this.actBody(target, path);
    if (body.kind === "vote" || body.kind === "endorsement") this.speak(body);
    else if (body.kind === "trust_outcome" || random.chance(40)) this.speak(body, curatorKey);
    else this.say(claim.fields.author, body, claim.fields.onBehalfOf);
  }

  private actBody(target: Uint8Array, path: string): Body {
    const { random } = this;
    const turn = random.below(100);
    if (turn < 40) {
      const weightMillionths = random.pick([-1_000_000, -400_000, 0, 1, 300_000, 1_000_000]);
      return { kind: "vote", target, path, weightMillionths };
    }
    if (turn < 55) return { kind: "endorsement", target, path };
    if (turn < 80) {
      return { kind: "trust_outcome", target, path, outcome: random.pick(["right", "wrong"]) };
    }
    if (turn < 91) return { kind: "retraction", target, path };
    const other = this.claim();
    const isOther = other !== undefined && !bytesEqual(other.id, target);
    return { kind: "supersession", old: target, new: isOther ? other.id : random.bytes(32), path };
  }

  private grant(): void {
    const { random } = this;
    const key = random.pick(keys);
    const prefix = random.chance(35) ? { prefix: random.pick(["a", "a/b", "d"]) } : {};
    const right: { classCeiling: SourceClass } | { role: "administrator" | "curator" | "gateway" } =
      random.chance(50)
        ? { classCeiling: random.pick(sourceClasses) }
        : { role: random.pick(["administrator", "curator", "gateway"]) };
    const clusterId = random.chance(95) ? this.root.clusterId : random.bytes(16);
    const body: Body = { kind: "grant", clusterId, key, ...right, ...prefix };
    this.speak(body, this.root.firstAdministrator);
  }

  private revocation(): void {
    const { random } = this;
    const [, ...others] = keys;
    const key = random.chance(90) ? random.pick(others) : administratorKey;
    const since = BigInt(this.atMs - random.below(40) * dayMs + 10 * dayMs) << 16n;
    const { clusterId } = this.root;
    this.speak({ kind: "revocation", clusterId, key, since }, this.root.firstAdministrator);
  }

  private predicateRecord(): void {
    const { random } = this;
    const comparator = random.pick(["exact", "version", "step", "version"] as const);
    const body: Body = {
      kind: "predicate_record",
      ...(random.chance(40) ? { prefix: random.pick(["a", "a/b", "d"]) } : {}),
      predicate: this.predicate(),
      cardinality: random.chance(35) ? "many" : "one",
      comparator,
      ...(comparator === "step" ? { step: random.pick([0.5, 1, 10]) } : {}),
    };
    this.speak(body, curatorKey);
  }

  private alias(): void {
    const { random } = this;
    const path = random.pick(historyPaths);
    const others = historyPaths.filter((other) => other !== path);
    this.speak({ kind: "alias", path, canonical: random.pick(others) }, curatorKey);
  }

  private epoch(): void {
    const { random } = this;
    const name = random.pick(epochs);
    const others = epochs.filter((other) => other !== name);
    const supersedes = random.chance(60) ? { supersedes: random.pick(others) } : {};
    this.speak({ kind: "epoch", name, ...supersedes }, curatorKey);
  }

  private sourceBody(): void {
    const { random } = this;
    const source = random.pick(this.sources);
    if (random.chance(60)) {
      this.speak({ kind: "source_record", id: source, class: random.pick(sourceClasses) });
    } else {
      this.speak({ kind: "source_retraction", sourceId: source });
    }
  }

  /** The rights that most histories start with. */
  open(): void {
    const { random } = this;
    const { clusterId, firstAdministrator } = this.root;
    const grant = { kind: "grant", clusterId } as const;
    const prefix = random.chance(20) ? { prefix: "a" } : {};
    if (random.chance(85)) {
      this.say(firstAdministrator, { ...grant, key: curatorKey, role: "curator", ...prefix });
    }
    if (random.chance(75)) {
      this.say(firstAdministrator, { ...grant, key: gatewayKey, role: "gateway", ...prefix });
    }
    if (random.chance(15)) this.aliasChain();
  }

  /** Longer than is followed. */
  private aliasChain(): void {
    const chain = ["d", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "a/b", "n8", "n9"];
    const start = this.random.below(3);
    for (let i = start; i + 1 < chain.length; i++) {
      const [path, canonical] = [chain[i] as string, chain[i + 1] as string];
      this.say(curatorKey, { kind: "alias", path, canonical });
    }
  }

  private redaction(): void {
    const { random } = this;
    const { target, body } = randomRedaction(random, this.claims, this.said);
    const turn = random.below(100);
    if (turn < 45 && target !== undefined) this.say(target.author, body);
    else if (turn < 60) this.say(this.root.firstAdministrator, body);
    else this.speak(body);
  }

  next(): void {
    if (this.redactionPercent > 0 && this.random.chance(this.redactionPercent)) {
      this.redaction();
      return;
    }
    const deeds: readonly (readonly [number, () => void])[] = [
      [54, () => this.assertion()],
      [31, () => this.act()],
      [3, () => this.sourceBody()],
      [2, () => this.predicateRecord()],
      [2, () => this.alias()],
      [1, () => this.epoch()],
      [5, () => this.grant()],
      [1, () => this.revocation()],
      [1, () => this.setting()],
    ];
    let turn = this.random.below(100);
    for (const [percent, deed] of deeds) {
      if (turn < percent) {
        deed();
        return;
      }
      turn -= percent;
    }
  }

  private setting(): void {
    const { clusterId, firstAdministrator } = this.root;
    this.speak({ kind: "setting", clusterId, name: "any", value: "1" }, firstAdministrator);
  }
}

/** What is said, in the order of saying. */
export function randomEntries(random: Seeded, options: EntriesOptions = {}): SaidEntry[] {
  const count = options.count ?? (options.isCrowded ? 300 : 15 + random.below(76));
  const steps = [0, 0, 1, 20_000, 600_000, 5 * 3_600_000, 2 * dayMs, 40 * dayMs];
  const stepMsMax = options.stepMsMax ?? 40 * dayMs;
  const root = options.root ?? historyRoot;
  const conversation = new Conversation(random, root, options);
  conversation.open();
  while (conversation.said.length < count) {
    conversation.atMs += Math.min(stepMsMax, random.pick(steps));
    conversation.next();
  }
  return conversation.said;
}

/** A history at places, from one number. */
export function randomHistory(seed: number, options: EntriesOptions = {}): RandomHistory {
  const random = new Seeded(seed);
  const entries = placeEntries(random, randomEntries(random, options));
  return { root: options.root ?? historyRoot, entries };
}
