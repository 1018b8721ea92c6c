/**
 * The goals by which an answer turns where single claims decide, by recency or by confidence: some
 * claims must not be considered, and some must. Why these are all: see explain-turning.ts.
 */
import type { Field, FieldClaim } from "./explain-field.js";
import type { Goal } from "./explain-search.js";
import type { TurningSearch } from "./explain-turning.js";

export interface CoverGoal extends Goal {
  /** It is reached and the answer does not turn: tries what it leaves open. */
  refine(turning: TurningSearch, cost: number): void;
}

interface Cover {
  readonly isBarred: (at: number) => boolean;
  readonly asked: readonly number[];
  /** Beside the winner, what barred and asked claims can be of. */
  readonly value: number;
  readonly refine?: (turning: TurningSearch) => void;
}

/** In an order in which the likely ones come first. */
export function* coverGoals(field: Field, winner: number): Generator<CoverGoal> {
  const covers = new Covers(field, winner);
  if (field.lens === "recency") yield* covers.recency();
  else yield* covers.confidence();
}

class Covers {
  readonly #field: Field;
  readonly #winner: number;
  readonly #known = new Map<number, ReadonlySet<number>>();
  readonly #voicesOf: readonly ReadonlySet<number>[];
  /** Of each value its claims, in canonical order. */
  readonly #claimsOf: readonly (readonly number[])[];

  constructor(field: Field, winner: number) {
    const voicesOf = Array.from({ length: field.valueCount }, () => new Set<number>());
    const claimsOf: number[][] = Array.from({ length: field.valueCount }, () => []);
    field.claims.forEach(({ voice, value }, at) => {
      voicesOf[value]?.add(voice);
      claimsOf[value]?.push(at);
    });
    this.#field = field;
    this.#winner = winner;
    this.#voicesOf = voicesOf;
    this.#claimsOf = claimsOf;
  }

  *recency(): Generator<CoverGoal> {
    const isWinners = (at: number): boolean => this.#is(at, this.#winner, 1);
    yield this.#goal({ isBarred: isWinners, asked: [], value: this.#winner });
    const latestFirst = [...this.#field.claims.keys()].sort((left, right) =>
      this.#field.isLater(left, right) ? -1 : 1,
    );
    for (const asked of latestFirst) {
      const { value, sign } = this.#claim(asked);
      if (value === this.#winner && sign > 0) continue;
      if (value !== this.#winner && sign < 0) continue;
      const isBarred = (at: number): boolean =>
        this.#field.isLater(at, asked) &&
        (isWinners(at) || (value !== this.#winner && this.#is(at, value, -1)));
      yield this.#goal({ isBarred, asked: [asked], value });
    }
  }

  *confidence(): Generator<CoverGoal> {
    const against = [undefined, ...this.#of(this.#winner, -1)];
    for (const denial of against) yield this.#nothingLeft(denial);
    for (let value = 0; value < this.#field.valueCount; value++) {
      if (value === this.#winner) continue;
      const denials = this.#of(value, -1).map((at) => this.#claim(at).weight);
      for (const bound of new Set([0, ...denials])) {
        for (const asked of this.#of(value, 1)) {
          for (const denial of against) yield* this.#surer({ value, bound, asked, denial });
        }
      }
    }
  }

  #claim(at: number): FieldClaim {
    return this.#field.claims[at] as FieldClaim;
  }

  #is(at: number, value: number, sign: number): boolean {
    const claim = this.#claim(at);
    return claim.value === value && claim.sign === sign;
  }

  #of(value: number, sign: number): readonly number[] {
    return (this.#claimsOf[value] ?? []).filter((at) => this.#claim(at).sign === sign);
  }

  /** With claims on the winner or on this value. */
  #voicesWith(value: number): ReadonlySet<number> {
    const [winners, others] = [this.#voicesOf[this.#winner], this.#voicesOf[value]];
    const voices = this.#known.get(value) ?? new Set([...(winners ?? []), ...(others ?? [])]);
    this.#known.set(value, voices);
    return voices;
  }

  #goal({ isBarred, asked, value, refine }: Cover): CoverGoal {
    const voices = this.#voicesWith(value);
    const askedOf = new Map<number, number[]>();
    for (const at of asked) {
      const { voice } = this.#claim(at);
      askedOf.set(voice, [...(askedOf.get(voice) ?? []), at]);
    }
    return {
      voices,
      admits: (considered, voice) =>
        !considered.some(isBarred) &&
        (askedOf.get(voice) ?? []).every((at) => considered.includes(at)),
      refine: (turning, cost) => {
        if (refine) refine(turning);
        else turning.doubt(cost);
      },
    };
  }

  /** No claim for the winner is surer than this one against it, or than nothing. */
  #nothingLeft(denial: number | undefined): CoverGoal {
    const most = denial === undefined ? 0 : this.#claim(denial).weight;
    return this.#goal({
      isBarred: (at) => this.#is(at, this.#winner, 1) && this.#claim(at).weight > most,
      asked: denial === undefined ? [] : [denial],
      value: this.#winner,
    });
  }

  /** Surer than the winner; or as sure, and claimed later. */
  *#surer(surer: Surer): Generator<CoverGoal> {
    const { value, bound, asked, denial } = surer;
    const offset = denial === undefined ? 0 : this.#claim(denial).weight;
    const most = this.#claim(asked).weight - bound + offset;
    if (most <= 0) return;
    const witnesses = denial === undefined ? [asked] : [asked, denial];
    const isOver = (at: number): boolean =>
      (this.#is(at, value, -1) && this.#claim(at).weight > bound) ||
      (this.#is(at, this.#winner, 1) && this.#claim(at).weight > most);
    const isOverOrEven = (at: number): boolean =>
      isOver(at) || (this.#is(at, this.#winner, 1) && this.#claim(at).weight === most);
    yield this.#goal({ isBarred: isOverOrEven, asked: witnesses, value });
    const refine = (turning: TurningSearch): void => {
      for (const latest of [...(this.#claimsOf[value] ?? [])].reverse()) {
        if (!turning.canImprove()) return;
        const isLater = (at: number): boolean =>
          at > latest && this.#claim(at).value === this.#winner;
        const goal = this.#goal({
          isBarred: (at) => isOver(at) || isLater(at),
          asked: [...witnesses, latest],
          value,
        });
        const found = turning.search.cover(goal, turning.cost);
        if (found !== undefined && !turning.offer(found)) turning.doubt(found.cost);
      }
    };
    yield this.#goal({ isBarred: isOver, asked: witnesses, value, refine });
  }
}

interface Surer {
  readonly value: number;
  /** No claim against the value that is considered is surer than this. */
  readonly bound: number;
  /** For the value. */
  readonly asked: number;
  /** Against the winner. */
  readonly denial: number | undefined;
}
