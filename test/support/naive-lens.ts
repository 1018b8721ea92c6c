/**
 * Goal: a second opinion on every answer. Method: the rules of evaluation and of each lens, written
 * down the slow way, as near to their wording as code can be, and apart from src/lens: what the two
 * share are the types, the claims, and exp2 and ln, whose last digits must agree.
 *
 *     naiveResolve(lens, input)   what `resolve` of src/lens must give, deep-equal
 *     naiveJudged(input)          every claim within the cut with its fate, voice, ageing and trust
 *     inputsOf(entries, asked)    from raw entries to the claims, acts, records and outcomes
 *     naiveAnswers(entries, lens, asked)   from raw entries to answers: the database, in a page
 *
 * `entries` is everything that was said, in any order, with the places it stands at; an id that
 * stands at several counts once, at its first in canonical order. `asked` says the rest: the root
 * of all rights, the question (aliases are resolved), parameters, cut, and moment of evaluation.
 */
import type { Act, Candidate } from "../../src/lens/history.js";
import {
  type Answer,
  type Counts,
  type Fate,
  type LensName,
  lifecyclesPreset,
} from "../../src/model/answer.js";
import type { EntryId } from "../../src/model/position.js";
import { type Asked, inputsOf, type NaiveInput, type PlacedEntry } from "./naive-entries.js";
import { type Row, ruleBy } from "./naive-rules.js";
import { naiveDecay, naiveTrust } from "./naive-weights.js";
import { byPlace, hex, NaiveWorld } from "./naive-world.js";

export type NaiveLens = Exclude<LensName, "constraints">;

/** A claim within the cut, and what became of it. */
export interface Judged extends Row {
  readonly fate: Fate;
  readonly decay: number;
}

/** The class of equal values that a value is in. */
function sameness(claim: Candidate, world: NaiveWorld, canonical: string, predicate: string) {
  const record = world.predicateRecord(canonical, predicate);
  const { value } = claim;
  if (record?.comparator === "version" && value.kind === "version") {
    return `version ${value.bound} ${plainVersion(value.version)}`;
  }
  const isNumber = value.kind === "integer" || value.kind === "number";
  if (record?.comparator === "step" && record.step !== undefined && isNumber) {
    const number = value.kind === "integer" ? Number(value.integer) : value.number;
    const unit = value.kind === "number" ? (value.unit ?? "") : "";
    // + 0: there is one zero.
    const steps = Math.floor(number / record.step + 0.5) + 0;
    return `number ${value.bound} ${steps} ${unit}`;
  }
  return `key ${claim.valueKey}`;
}

/** Without the ".0" that end its numbers. */
function plainVersion(version: string): string {
  const suffixAt = version.search(/[-+]/);
  let head = suffixAt < 0 ? version : version.slice(0, suffixAt);
  const suffix = version.slice(head.length);
  if (!/^[0-9]+([.][0-9]+)*$/.test(head)) return version;
  while (head.endsWith(".0")) head = head.slice(0, -2);
  return head + suffix;
}

const names = (ids: readonly EntryId[] | undefined, id: EntryId): boolean =>
  ids?.some((named) => hex(named) === hex(id)) ?? false;

/** A claim on its way through the order of evaluation. */
interface Eligible extends Row {
  readonly decay: number;
  /** Never a source: who may take the claim back. */
  readonly ownVoice: string;
}

class Evaluation {
  private readonly input: NaiveInput;
  private readonly world: NaiveWorld;
  private readonly acts: readonly Act[];
  private readonly claims: readonly Eligible[];
  private readonly trusts = new Map<string, number>();
  readonly isMany: boolean;

  /** `isMany`: whatever the predicate's record says. */
  constructor(input: NaiveInput, isMany: boolean) {
    this.input = input;
    const { history, cut } = input;
    this.world = new NaiveWorld(input.root, input.records, cut);
    const record = this.world.predicateRecord(history.conceptPath, history.predicate);
    this.isMany = isMany || record?.cardinality === "many";
    this.acts = history.acts.filter((act) => cut.includes(act)).sort(byPlace);
    this.claims = history.candidates
      .filter((claim) => cut.includes(claim))
      .sort(byPlace)
      .map((claim) => this.eligible(claim));
  }

  private eligible(claim: Candidate): Eligible {
    const { history, parameters, evaluatedAtMs } = this.input;
    const { world } = this;
    const ownVoice = world.voice(claim, [claim.conceptPath]);
    const voice = parameters.voices === "sources" ? `source:${claim.sourceId}` : ownVoice;
    const sourceClass = world.effectiveClass(claim.author, claim.conceptPath, claim.sourceClass);
    const decay = naiveDecay(claim, sourceClass, parameters, evaluatedAtMs);
    return {
      claim,
      ownVoice,
      voice,
      isOnBehalf: ownVoice.startsWith("behalf:"),
      sourceClass,
      same: sameness(claim, world, history.conceptPath, history.predicate),
      decay,
      effective: Number(
        (BigInt(claim.confidenceMillionths) * BigInt(decay) + 500_000n) / 1_000_000n,
      ),
      trust: this.trustOf(voice),
      votes: this.votesOn(claim),
    };
  }

  private trustOf(voice: string): number {
    const { outcomes, cut, parameters, evaluatedAtMs } = this.input;
    const said = outcomes.filter((outcome) => cut.includes(outcome)).sort(byPlace);
    const { world } = this;
    const trust =
      this.trusts.get(voice) ??
      naiveTrust(voice, { world, outcomes: said, parameters, evaluatedAtMs });
    this.trusts.set(voice, trust);
    return trust;
  }

  /** Acts on the claim that name its path, by authors who still had their keys. */
  private actsOn(claim: Candidate, ...kinds: readonly Act["kind"][]): Act[] {
    return this.acts.filter(
      (act) =>
        kinds.includes(act.kind) &&
        hex(act.target) === hex(claim.id) &&
        act.path === claim.conceptPath &&
        !this.world.isRevoked(act.author, act.recorded),
    );
  }

  private votesOn(claim: Candidate): number[] {
    const latest = new Map<string, number>();
    for (const act of this.actsOn(claim, "vote", "endorsement")) {
      latest.set(this.world.voice(act, [act.path]), act.weightMillionths);
    }
    return [...latest.values()];
  }

  private isRetracted({ claim, ownVoice }: Eligible): boolean {
    if (names(this.input.parameters.claimsOut, claim.id)) return true;
    return this.actsOn(claim, "retraction").some(
      (act) => this.world.voice(act, [act.path]) === ownVoice,
    );
  }

  private isSuperseded({ claim, ownVoice }: Eligible): boolean {
    return this.actsOn(claim, "supersession").some(
      (act) =>
        this.world.voice(act, [act.path]) === ownVoice ||
        this.world.hasRole("curator", act, [act.path]),
    );
  }

  private isRevoked({ claim }: Eligible): boolean {
    return this.world.isRevoked(claim.author, claim.recorded);
  }

  private isOutOfScope({ claim, sourceClass }: Eligible): boolean {
    const { authorsIn, authorsOut, sourcesIn, sourcesOut, classes } = this.input.parameters;
    if (authorsIn !== undefined && !names(authorsIn, claim.author)) return true;
    if (names(authorsOut, claim.author)) return true;
    if (sourcesIn !== undefined && !sourcesIn.includes(claim.sourceId)) return true;
    if (sourcesOut?.includes(claim.sourceId)) return true;
    return classes !== undefined && !classes.includes(sourceClass);
  }

  /** The steps that look at one claim alone. */
  private ownFate(row: Eligible): Fate {
    const { parameters, evaluatedAtMs } = this.input;
    const { claim } = row;
    if (this.isRevoked(row)) return "revoked";
    if (this.isOutOfScope(row)) return "filtered";
    if (this.isRetracted(row)) return "retracted";
    if (this.isSuperseded(row)) return "superseded";
    if (this.world.isSourceRetracted(claim.sourceId)) return "source_retracted";
    const validAt = parameters.validAtMs ?? evaluatedAtMs;
    if (claim.validFromMs !== undefined && claim.validFromMs > validAt) return "not_valid";
    if (claim.validUntilMs !== undefined && claim.validUntilMs <= validAt) return "not_valid";
    const lifecycles = parameters.lifecycles ?? lifecyclesPreset;
    if (!lifecycles.includes(claim.lifecycle)) return "lifecycle";
    if (parameters.epoch !== undefined) {
      if (claim.epoch !== parameters.epoch) return "epoch";
    } else if (claim.epoch !== undefined && this.world.isEpochSuperseded(claim.epoch)) {
      return "epoch";
    }
    return "considered";
  }

  private isRevised(row: Eligible, fates: ReadonlyMap<Eligible, Fate>): boolean {
    const later = this.claims.slice(this.claims.indexOf(row) + 1);
    const isRepeated = later.some(
      (other) =>
        fates.get(other) === "considered" &&
        other.voice === row.voice &&
        other.claim.validFromMs === row.claim.validFromMs &&
        other.claim.validUntilMs === row.claim.validUntilMs &&
        (!this.isMany || other.same === row.same),
    );
    const isNamed = this.claims.some(
      (other) =>
        other.claim.parent !== undefined &&
        hex(other.claim.parent) === hex(row.claim.id) &&
        other.voice === row.voice &&
        !this.isRevoked(other) &&
        !this.isRetracted(other),
    );
    return isRepeated || isNamed;
  }

  judged(): Judged[] {
    const { parameters } = this.input;
    const fates = new Map(this.claims.map((row) => [row, this.ownFate(row)]));
    return this.claims.map((row) => {
      let fate = fates.get(row) as Fate;
      if (fate === "considered" && this.isRevised(row, fates)) fate = "revised";
      const isBelow =
        row.claim.confidenceMillionths < (parameters.confidenceMillionthsMin ?? 0) ||
        row.trust < (parameters.trustMillionthsMin ?? 0);
      if (fate === "considered" && isBelow) fate = "filtered";
      return { ...row, fate };
    });
  }
}

/** What every lens starts from, once per input. */
const evaluations = new WeakMap<NaiveInput, { readonly isMany: boolean; readonly all: Judged[] }>();

function evaluate(input: NaiveInput, isMany = false) {
  const known = evaluations.get(input);
  if (known !== undefined && !isMany) return known;
  const evaluation = new Evaluation(input, isMany);
  const made = { isMany: evaluation.isMany, all: evaluation.judged() };
  if (!isMany) evaluations.set(input, made);
  return made;
}

/** Every claim within the cut, in canonical order. */
export const naiveJudged = (input: NaiveInput): Judged[] => evaluate(input).all;

function countsOf(claims: readonly Judged[], redacted: number): Counts {
  const considered = claims.filter(({ fate }) => fate === "considered").length;
  const revised = claims.filter(({ fate }) => fate === "revised").length;
  const ineligible = claims.length - considered - revised;
  return { candidates: claims.length, considered, revised, redacted, ineligible };
}

/** The answers: one, or one for each distinct value of a many-valued predicate. */
export function naiveResolve(
  lens: NaiveLens,
  input: NaiveInput,
  reading: { readonly isMany: boolean } = { isMany: false },
): Answer[] {
  const { conceptPath, predicate, redactedCount } = input.history;
  const { isMany, all } = evaluate(input, reading.isMany);
  const answer = (claims: readonly Judged[]): Answer => ({
    conceptPath,
    predicate,
    counts: countsOf(claims, redactedCount),
    ...ruleBy(
      lens,
      claims.filter(({ fate }) => fate === "considered"),
      input.parameters,
    ),
    ...(isMany ? { isManyValued: true } : {}),
  });
  if (!isMany || all.length === 0) return [answer(all)];
  const byValue = new Map<string, Judged[]>();
  for (const row of all) byValue.set(row.same, [...(byValue.get(row.same) ?? []), row]);
  const smallestKey = (rows: readonly Judged[]): string =>
    rows.map(({ claim }) => claim.valueKey).sort()[0] as string;
  return [...byValue.values()]
    .sort((left, right) => (smallestKey(left) < smallestKey(right) ? -1 : 1))
    .map(answer);
}

/** From raw entries to the answers to a question. */
export const naiveAnswers = (
  entries: readonly PlacedEntry[],
  lens: NaiveLens,
  asked: Asked,
): Answer[] => naiveResolve(lens, inputsOf(entries, asked));
