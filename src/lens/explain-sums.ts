/** The goals by which an answer turns where supports are sums: see explain-turning.ts. */
import type { Field, FieldClaim } from "./explain-field.js";
import type { SumGoal } from "./explain-search.js";
import type { TurningSearch } from "./explain-turning.js";

/** One way of adding up that the lens may come to. */
interface Mode {
  /** What may be considered for the lens to add up so. */
  allows(claim: FieldClaim): boolean;
  /** What is added up. */
  counts(claim: FieldClaim): boolean;
  size(claim: FieldClaim): number;
  /** Only the latest claim of a voice on a value adds. */
  readonly isBySpeakers: boolean;
  /** The lens adds up so only if some such claim is considered. */
  readonly rests?: (claim: FieldClaim) => boolean;
}

const all = (): boolean => true;

function modesOf(field: Field): readonly Mode[] {
  const weight = (claim: FieldClaim): number => claim.weight;
  const spoken: Mode = { allows: all, counts: all, size: weight, isBySpeakers: true };
  if (field.lens === "layered") {
    const tiers = new Set(field.claims.map(({ claim }) => claim.tier));
    return [...tiers].sort().map((tier) => ({
      ...spoken,
      allows: ({ claim }) => claim.tier >= tier,
      counts: ({ claim }) => claim.tier === tier,
      rests: ({ claim }) => claim.tier === tier,
    }));
  }
  if (field.lens !== "votes") return [spoken];
  const hasVotes = ({ claim }: FieldClaim): boolean => claim.hasVotes;
  const byVotes: Mode = {
    allows: all,
    counts: all,
    size: weight,
    isBySpeakers: false,
    rests: hasVotes,
  };
  const byConsensus: Mode = {
    ...spoken,
    allows: (claim) => !hasVotes(claim),
    size: ({ aged }) => aged,
  };
  return field.claims.some(hasVotes) ? [byVotes, byConsensus] : [byConsensus];
}

export function searchSums(turning: TurningSearch): void {
  for (const mode of modesOf(turning.field)) new ModeSearch(turning, mode).run();
}

class ModeSearch {
  readonly #turning: TurningSearch;
  readonly #claims: readonly FieldClaim[];
  readonly #mode: Mode;
  readonly #winner: number;
  /** Voices with claims on each value. */
  readonly #voicesOf: readonly ReadonlySet<number>[];
  /** Voices with claims that may not be considered. */
  readonly #bound: ReadonlySet<number>;

  constructor(turning: TurningSearch, mode: Mode) {
    const { claims, valueCount } = turning.field;
    const voicesOf = Array.from({ length: valueCount }, () => new Set<number>());
    const bound = new Set<number>();
    for (const claim of claims) {
      voicesOf[claim.value]?.add(claim.voice);
      if (!mode.allows(claim)) bound.add(claim.voice);
    }
    this.#turning = turning;
    this.#claims = claims;
    this.#mode = mode;
    this.#winner = turning.winner;
    this.#voicesOf = voicesOf;
    this.#bound = bound;
  }

  run(): void {
    this.#nothingLeft();
    for (const value of this.#byBaseSupport()) {
      if (!this.#turning.canImprove()) return;
      if (value !== this.#winner) this.#overtake(value);
    }
  }

  #claim(at: number): FieldClaim {
    return this.#claims[at] as FieldClaim;
  }

  /** What one voice adds to a value. */
  #added(considered: readonly number[], value: number): number {
    const { counts, size, isBySpeakers } = this.#mode;
    let sum = 0;
    for (let place = considered.length - 1; place >= 0; place--) {
      const claim = this.#claim(considered[place] as number);
      if (claim.value !== value || !counts(claim)) continue;
      sum += claim.sign * size(claim);
      if (isBySpeakers) break;
    }
    return sum;
  }

  #allows(considered: readonly number[]): boolean {
    return considered.every((at) => this.#mode.allows(this.#claim(at)));
  }

  /** The likeliest to overtake first. */
  #byBaseSupport(): readonly number[] {
    const removed = new Uint8Array(this.#turning.field.ids.length);
    const considered = this.#turning.field.considered({ removed, isRetraction: true });
    const sums = new Array<number>(this.#voicesOf.length).fill(0);
    for (const at of considered) {
      const claim = this.#claim(at);
      if (!this.#mode.counts(claim)) continue;
      sums[claim.value] = (sums[claim.value] as number) + claim.sign * this.#mode.size(claim);
    }
    return [...sums.keys()].sort(
      (left, right) => (sums[right] as number) - (sums[left] as number) || left - right,
    );
  }

  /** The sum of the winner is 0 or less. */
  #nothingLeft(): void {
    const winner = this.#winner;
    const goal: SumGoal = {
      voices: new Set([...this.#bound, ...(this.#voicesOf[winner] ?? [])]),
      admits: (considered) => this.#allows(considered),
      gain: (considered) => -this.#added(considered, winner),
      needed: 0,
    };
    const found = this.#turning.search.sum(goal, this.#turning.cost);
    if (found === undefined || this.#turning.offer(found)) return;
    this.#rest(goal);
  }

  #overtake(value: number): void {
    const winner = this.#winner;
    const { search } = this.#turning;
    const goal: SumGoal = {
      voices: new Set([
        ...this.#bound,
        ...(this.#voicesOf[winner] ?? []),
        ...(this.#voicesOf[value] ?? []),
      ]),
      admits: (considered) => this.#allows(considered),
      gain: (considered) => this.#added(considered, value) - this.#added(considered, winner),
      needed: 1,
    };
    const ahead = search.sum(goal, this.#turning.cost);
    if (ahead !== undefined && !this.#turning.offer(ahead)) this.#turning.doubt(ahead.cost);
    const even = { ...goal, needed: 0 };
    const tied = search.sum(even, this.#turning.cost);
    if (tied === undefined || this.#turning.offer(tied)) return;
    const isLater = (at: number, witness: number): boolean => {
      const claim = this.#claim(at);
      return at > witness && claim.value === winner && this.#mode.counts(claim);
    };
    this.#refine(even, (claim) => claim.value === value && this.#mode.counts(claim), isLater);
  }

  /** The same goal with one claim after the other that has to be considered. */
  #refine(
    goal: SumGoal,
    isWitness: (claim: FieldClaim) => boolean,
    isBarred: (at: number, witness: number) => boolean,
  ): void {
    for (const witness of this.#witnesses(isWitness)) {
      const asking = this.#asking(goal, witness, isBarred);
      const found = this.#turning.search.sum(asking, this.#turning.cost);
      if (found !== undefined && !this.#turning.offer(found)) this.#rest(asking);
    }
  }

  /** The lens came to add up in another way: asks for a claim that this way rests on as well. */
  #rest(goal: SumGoal): void {
    const { rests } = this.#mode;
    for (const witness of this.#witnesses((claim) => rests?.(claim) ?? false)) {
      const asking = this.#asking(goal, witness, () => false);
      const found = this.#turning.search.sum(asking, this.#turning.cost);
      if (found !== undefined && !this.#turning.offer(found)) this.#turning.doubt(found.cost);
    }
  }

  /** The latest first. */
  *#witnesses(isWitness: (claim: FieldClaim) => boolean): Generator<number> {
    for (let at = this.#claims.length - 1; at >= 0; at--) {
      const claim = this.#claim(at);
      if (!isWitness(claim) || !this.#mode.allows(claim)) continue;
      if (!this.#turning.canImprove()) return;
      yield at;
    }
  }

  #asking(
    goal: SumGoal,
    witness: number,
    isBarred: (at: number, witness: number) => boolean,
  ): SumGoal {
    const { voice } = this.#claim(witness);
    return {
      ...goal,
      voices: goal.voices.has(voice) ? goal.voices : new Set([...goal.voices, voice]),
      admits: (considered, of) =>
        goal.admits(considered, of) &&
        (of !== voice || considered.includes(witness)) &&
        !considered.some((at) => isBarred(at, witness)),
    };
  }
}
