/**
 * The smallest set of claims whose removal turns an answer: after it another value wins, or none.
 *
 * Removing means taking back (`claimsOut`), so that what a removed claim had revised comes back.
 * The search is over options of voices (explain-options.ts), which say exactly what comes back, and
 * is exact over them (explain-search.ts). What is left is to say by which goals an answer can turn,
 * so that the least over all goals is the least there is. w is the value that wins.
 *
 * **Sums** (consensus, authority, votes, layered within a class): w is not first any more iff its
 * sum is 0 or less, or some other value u has a greater sum, or the same and the later latest
 * claim. So the goals are: -sum(w) ≥ 0; for each u: sum(u) - sum(w) ≥ 1; and, where a tie would be
 * cheaper, for each claim z of u: the same ≥ 0 with z considered and no claim of w considered after
 * z. In a tie that turns, u's latest claim is such a z; and each goal that is reached turns the
 * answer.
 *
 *     layered   for each class t: no claim of a better class considered, and the goals of sums
 *               within t; t has claims then, or (for -sum(w) ≥ 0) is asked for one
 *     votes     the goals of sums of votes; and those of consensus, with no claim considered that
 *               is voted on
 *
 * **Recency**: w is not the winner iff no claim is considered that affirms w, or one that denies it
 * is and none after it affirms it, or one that affirms another value u is, and after it none that
 * denies u and none that affirms w. **Confidence**: iff the surest that affirms w is no surer than
 * one that denies it; or for some claims y of u and x against w (or no x) that are considered, and
 * d that bounds what denies u: surest affirming w < y - d + x, or = with a later claim of u as in a
 * tie of sums. All of these are goals of covering: claims that must be considered, and claims that
 * must not.
 *
 * The first goal is that nothing is considered at all: it is always reached. A set is handed out
 * only if the lens, asked without it, says otherwise.
 */
import type { EntryId } from "../model/position.js";
import { coverGoals } from "./explain-covers.js";
import type { Field } from "./explain-field.js";
import { optionsOf } from "./explain-options.js";
import { type Found, Search } from "./explain-search.js";
import { searchSums } from "./explain-sums.js";

/** Options looked at before a search is cut, over all answers: about a fifth of a second. */
const workMax = 3_000_000;
/** Of one answer, however many there are. */
const workMin = 10_000;

export interface Turning {
  /** Empty where nothing wins. */
  readonly ids: readonly EntryId[];
  /** No smaller set turns the answer. */
  readonly isSmallest: boolean;
}

/** The search for one answer, and the best that it found. */
export class TurningSearch {
  readonly field: Field;
  readonly winner: number;
  readonly search: Search;
  best: Found;
  /** The least cost that a goal was reached at without the answer turning. */
  #doubtful = Number.POSITIVE_INFINITY;

  constructor(field: Field, winner: number, search: Search, best: Found) {
    this.field = field;
    this.winner = winner;
    this.search = search;
    this.best = best;
  }

  /** The cheapest set known. */
  get cost(): number {
    return this.best.cost;
  }

  /** There may be something cheaper, and there is work left to look for it. */
  canImprove(): boolean {
    return this.cost > 1 && this.search.hasWorkLeft();
  }

  /** No goal that was not reached can be cheaper. */
  get isProven(): boolean {
    return this.cost <= 1 || (!this.search.isCut && this.#doubtful >= this.cost);
  }

  /** Keeps what is cheaper and turns the answer; says whether it turns. */
  offer(found: Found): boolean {
    if (!this.turns(found)) return false;
    if (found.cost < this.cost) this.best = found;
    return true;
  }

  /** A goal was reached that is necessary and not sufficient, and nothing else was tried. */
  doubt(cost: number): void {
    this.#doubtful = Math.min(this.#doubtful, cost);
  }

  turns(found: Found): boolean {
    const removed = new Uint8Array(this.field.ids.length);
    for (const unit of found.removed) removed[unit] = 1;
    return this.field.outcomeWithout({ removed, isRetraction: true }).winner !== this.winner;
  }
}

/** `among`: how many answers share the time. */
export function turningSetOf(field: Field, among: number): Turning {
  const nothing = new Uint8Array(field.ids.length);
  const { winner } = field.outcomeWithout({ removed: nothing, isRetraction: true });
  if (winner < 0) return { ids: [], isSmallest: false };
  const voices = optionsOf(field);
  const search = new Search(voices, Math.max(workMin, workMax / among));
  const empty = search.cover(
    { voices: new Set(voices.keys()), admits: (considered) => considered.length === 0 },
    Number.POSITIVE_INFINITY,
  );
  if (empty === undefined) return { ids: [], isSmallest: false };
  const turning = new TurningSearch(field, winner, search, empty);
  if (field.lens === "recency" || field.lens === "confidence") {
    for (const goal of coverGoals(field, winner)) {
      if (!turning.canImprove()) break;
      const found = search.cover(goal, turning.cost);
      if (found !== undefined && !turning.offer(found)) goal.refine(turning, found.cost);
    }
  } else {
    searchSums(turning);
  }
  const isComplete = voices.every((voice) => voice.isComplete);
  return {
    ids: turning.best.removed.map((unit) => field.ids[unit] as EntryId),
    isSmallest: turning.cost <= 1 || (isComplete && turning.isProven),
  };
}
