/**
 * What people said, one after another: claims, acts and records with places in one log, for tests
 * of lenses. Who speaks is a name, whose key is the name's bytes; the first administrator is
 * `root`.
 *
 * Time stands still until `at` moves it; what is said in one millisecond keeps its order by the
 * hybrid time's counter.
 */
import { valueKey } from "../../src/entry/value-key.js";
import {
  type Act,
  type Candidate,
  type Cut,
  everything,
  type OutcomeSaid,
  type QuestionHistory,
  type Said,
  type WeighInput,
  World,
  type WorldRecord,
} from "../../src/lens/index.js";
import type { LensParameters } from "../../src/model/answer.js";
import type { Grant, Outcome, Value } from "../../src/model/entry.js";
import { toHex } from "../../src/model/hex.js";

export const dayMs = 86_400_000;
export const hourMs = 3_600_000;
/** When stories begin. */
export const dawnMs = Date.UTC(2024, 0, 1);

export type Told = Candidate & { readonly predicate: string };
type Body = WorldRecord["body"];
type Without<Kind extends Body["kind"]> = Omit<Extract<Body, { kind: Kind }>, "kind" | "clusterId">;

export interface ClaimFields
  extends Partial<Omit<Candidate, "value" | "valueKey" | "author" | "id">> {
  readonly predicate?: string;
}

export const text = (words: string): Value => ({ kind: "text", text: words });

/** A value in a word: what a text says, otherwise all of it but its kind. */
export function wordOf(value: Value | undefined): string {
  if (value === undefined) return "nothing";
  if (value.kind === "text") return value.text;
  const { kind, bound, ...rest } = { bound: "exact", ...value };
  const words = [bound === "exact" ? "" : bound, ...Object.values(rest).map(String)];
  return words.filter((word) => word !== "").join(" ") || kind;
}

/** 32 bytes that begin with a name. */
export function keyOfName(name: string): Uint8Array {
  const key = new Uint8Array(32);
  key.set(new TextEncoder().encode(name).subarray(0, 32));
  return key;
}

export class Story {
  readonly clusterId = new Uint8Array(16).fill(7);
  readonly logId = new Uint8Array(32).fill(1);
  readonly told: Told[] = [];
  readonly acts: Act[] = [];
  readonly records: WorldRecord[] = [];
  readonly outcomes: OutcomeSaid[] = [];
  nowMs = dawnMs;
  #counter = 0;
  #index = 0;

  at(ms: number): this {
    if (ms !== this.nowMs) this.#counter = 0;
    this.nowMs = ms;
    return this;
  }

  /** Moves the time on. */
  after(ms: number): this {
    return this.at(this.nowMs + ms);
  }

  /** `name/for` signs with the key of `name` on behalf of `for`. */
  claim(who: string, value: Value | string, fields: ClaimFields = {}): Told {
    const said = typeof value === "string" ? text(value) : value;
    const claim: Told = {
      conceptPath: "drug/aspirin",
      predicate: "safe",
      value: said,
      valueKey: toHex(valueKey(said)),
      polarity: "affirms",
      confidenceMillionths: 1_000_000,
      sourceId: `source of ${who}`,
      sourceClass: "community",
      assertedMs: this.nowMs,
      lifecycle: "proposed",
      ...this.#said(who),
      ...fields,
    };
    this.told.push(claim);
    return claim;
  }

  deny(who: string, value: Value | string, fields: ClaimFields = {}): Told {
    return this.claim(who, value, { ...fields, polarity: "denies" });
  }

  retract(who: string, target: Candidate, fields: Partial<Act> = {}): Act {
    return this.#act(who, target, { kind: "retraction", ...fields });
  }

  supersede(who: string, target: Candidate, fields: Partial<Act> = {}): Act {
    const replacement = keyOfName("the new one");
    return this.#act(who, target, { kind: "supersession", replacement, ...fields });
  }

  vote(who: string, target: Candidate, weightMillionths: number, fields: Partial<Act> = {}): Act {
    return this.#act(who, target, { kind: "vote", weightMillionths, ...fields });
  }

  endorse(who: string, target: Candidate): Act {
    return this.#act(who, target, { kind: "endorsement", weightMillionths: 1_000_000 });
  }

  judge(who: string, target: Candidate, outcome: Outcome, path = target.conceptPath): OutcomeSaid {
    const judged: OutcomeSaid = {
      ...this.#said(who),
      target: target.id,
      path,
      outcome,
      targetPath: target.conceptPath,
      targetAuthor: target.author,
      ...(target.onBehalfOf === undefined ? {} : { targetOnBehalfOf: target.onBehalfOf }),
      targetSourceId: target.sourceId,
    };
    this.outcomes.push(judged);
    return judged;
  }

  grant(who: string, to: string, fields: Partial<Grant>): WorldRecord {
    const { clusterId } = this;
    return this.record(who, { kind: "grant", clusterId, key: keyOfName(to), ...fields });
  }

  /** From a recorded time in milliseconds on; absent: from now on. */
  revoke(who: string, key: string, sinceMs = this.nowMs): WorldRecord {
    const { clusterId } = this;
    const since = BigInt(sinceMs) << 16n;
    return this.record(who, { kind: "revocation", clusterId, key: keyOfName(key), since });
  }

  alias(who: string, path: string, canonical: string): WorldRecord {
    return this.record(who, { kind: "alias", path, canonical });
  }

  predicate(who: string, fields: Partial<Without<"predicate_record">> = {}): WorldRecord {
    const preset = { predicate: "safe", cardinality: "one", comparator: "exact" } as const;
    return this.record(who, { kind: "predicate_record", ...preset, ...fields });
  }

  epoch(who: string, name: string, supersedes?: string): WorldRecord {
    const fields = supersedes === undefined ? {} : { supersedes };
    return this.record(who, { kind: "epoch", name, ...fields });
  }

  register(who: string, id: string): WorldRecord {
    return this.record(who, { kind: "source_record", id, class: "community" });
  }

  withdraw(who: string, sourceId: string): WorldRecord {
    return this.record(who, { kind: "source_retraction", sourceId });
  }

  record(who: string, body: Body): WorldRecord {
    const record = { ...this.#said(who), body };
    this.records.push(record);
    return record;
  }

  world(cut: Cut = everything): World {
    const { clusterId, records } = this;
    const root = { clusterId, firstAdministrator: keyOfName("root") };
    return World.fold({ root, records, cut });
  }

  /** All that was said about a question, under each of its paths. */
  history(conceptPath: string, predicate: string, world: World): QuestionHistory {
    const paths = world.pathsOf(conceptPath);
    const candidates = this.told.filter(
      (claim) => claim.predicate === predicate && paths.includes(claim.conceptPath),
    );
    return { conceptPath, predicate, candidates, acts: this.acts, redactedCount: 0 };
  }

  /** What lenses take, evaluated now. */
  input(parameters: LensParameters = {}, fields: Partial<WeighInput> = {}): WeighInput {
    const cut = fields.cut ?? everything;
    const world = this.world(cut);
    const history = this.history(world.canonicalPath("drug/aspirin"), "safe", world);
    const { outcomes, nowMs: evaluatedAtMs } = this;
    return { history, world, outcomes, parameters, cut, evaluatedAtMs, ...fields };
  }

  #act(who: string, target: Candidate, fields: Partial<Act> & Pick<Act, "kind">): Act {
    const act: Act = {
      ...this.#said(who),
      target: target.id,
      path: target.conceptPath,
      weightMillionths: 0,
      ...fields,
    };
    this.acts.push(act);
    return act;
  }

  #said(who: string): Said {
    const [name = "", onBehalfOf] = who.split("/");
    const index = this.#index++;
    const recorded = (BigInt(this.nowMs) << 16n) + BigInt(this.#counter++);
    const id = new Uint8Array(32);
    new DataView(id.buffer).setUint32(28, index);
    const behalf = onBehalfOf === undefined ? {} : { onBehalfOf };
    return { recorded, logId: this.logId, index, id, author: keyOfName(name), ...behalf };
  }
}
