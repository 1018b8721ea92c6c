/**
 * Picks one option of each voice so that the fewest claims are removed. Two kinds of goal, and both
 * searches are exact over the options that they are given.
 *
 * **A goal of sums**: Σ gain over voices ≥ needed, each option being admitted or not. For each
 * voice only the best gain at each cost matters (its staircase). The least cost for a sum is then
 *
 *   - where every step of a staircase costs one claim and no step gains more than the one before
 *     (concave): taking the largest steps first. Proof: a voice's steps then come in their order by
 *     themselves; and in any picking of k steps that leaves out a step larger than one it holds,
 *     swapping the two does not lower the sum. So the k largest steps gain the most that k removals
 *     can, and the first k that gains enough is the least.
 *   - for the other voices: the most that j removals gain, by dynamic programming over voices
 *     (max-plus convolution of their staircases); then the least j + k over both parts. What is
 *     gained by j removals of these and by k of those is independent, so the least sum is exact.
 *
 * **A goal of covering**: each voice takes its cheapest option that the goal admits. Voices are
 * independent, so the sum of the least is the least sum.
 *
 * Work is counted. Where the budget does not suffice the search says so (`isCut`), and what it
 * found until then is a set that may not be the smallest.
 */
import type { Option, VoiceOptions } from "./explain-options.js";

export interface Found {
  readonly cost: number;
  readonly removed: readonly number[];
}

export interface Goal {
  /** Voices that matter; of the others nothing is removed. */
  readonly voices: ReadonlySet<number>;
  admits(considered: readonly number[], voice: number): boolean;
}

export interface SumGoal extends Goal {
  /** What a voice's considered claims add. Whole numbers. */
  gain(considered: readonly number[]): number;
  readonly needed: number;
}

/** One option of a voice: no cheaper one gains as much. */
interface Step {
  readonly cost: number;
  readonly gain: number;
  readonly option: Option;
}

/** What a goal takes beside its options; and how many cells of a table take as long as one. */
const goalWork = 10;
const tableCellsPerWork = 20;

type Stairs = readonly [Step, ...Step[]];

export class Search {
  readonly #voices: readonly VoiceOptions[];
  #workLeft: number;
  /** Something was not looked at. */
  isCut = false;

  constructor(voices: readonly VoiceOptions[], workMax: number) {
    this.#voices = voices;
    this.#workLeft = workMax;
  }

  /** Says whether there is work left, and that there was not. */
  hasWorkLeft(): boolean {
    if (this.#workLeft <= 0) this.isCut = true;
    return this.#workLeft > 0;
  }

  /** The cheapest way, if it costs less than `below`. */
  cover(goal: Goal, below: number): Found | undefined {
    let cost = 0;
    const taken: Option[] = [];
    this.#workLeft -= goalWork;
    for (const voice of goal.voices) {
      const option = this.#options(voice).find(({ considered }) => {
        this.#workLeft -= 1 + considered.length;
        return goal.admits(considered, voice);
      });
      if (option === undefined) return undefined;
      cost += option.removed.length;
      if (cost >= below) return undefined;
      taken.push(option);
    }
    return { cost, removed: removedBy(taken) };
  }

  /** The cheapest way, if it costs less than `below`. */
  sum(goal: SumGoal, below: number): Found | undefined {
    const all: Stairs[] = [];
    let cost = 0;
    let missing = goal.needed;
    this.#workLeft -= goalWork;
    for (const voice of goal.voices) {
      const stairs = this.#stairs(voice, goal);
      if (stairs === undefined) return undefined;
      all.push(stairs);
      cost += stairs[0].cost;
      missing -= stairs[0].gain;
    }
    if (cost >= below) return undefined;
    const climb = this.#climb(all, missing, below - 1 - cost);
    return climb && { cost: cost + climb.cost, removed: removedBy(climb.options) };
  }

  #options(voice: number): readonly Option[] {
    return this.#voices[voice]?.options ?? [];
  }

  /** Absent where no option is admitted. */
  #stairs(voice: number, goal: SumGoal): Stairs | undefined {
    const stairs: Step[] = [];
    for (const option of this.#options(voice)) {
      this.#workLeft -= 1 + option.considered.length;
      if (!goal.admits(option.considered, voice)) continue;
      const step = { cost: option.removed.length, gain: goal.gain(option.considered), option };
      const top = stairs[stairs.length - 1];
      if (top !== undefined && step.gain <= top.gain) continue;
      if (top?.cost === step.cost) stairs.pop();
      stairs.push(step);
    }
    const [ground, ...rest] = stairs;
    return ground && [ground, ...rest];
  }

  /** From every ground upwards until nothing is missing, by at most `room` removals. */
  #climb(all: readonly Stairs[], missing: number, room: number) {
    const steps = all.flatMap((stairs, place) => (isConcave(stairs) ? risesOf(stairs, place) : []));
    steps.sort((left, right) => right.gain - left.gain);
    const gained = [0];
    for (const { gain } of steps) gained.push((gained[gained.length - 1] as number) + gain);
    const alone = gained.findIndex((gain) => gain >= missing);
    const most = alone < 0 ? room : Math.min(room, alone);
    const uneven = all.flatMap((stairs, place) => (isConcave(stairs) ? [] : [place]));
    const table = this.#table(all, uneven, missing <= 0 ? 0 : most);
    let best: { readonly cost: number; readonly uneven: number; readonly even: number } | undefined;
    for (let removals = 0, even = gained.length - 1; removals <= most; removals++) {
      const gain = table.best[Math.min(removals, table.best.length - 1)] as number;
      while (even > 0 && (gained[even - 1] as number) >= missing - gain) even--;
      if ((gained[even] as number) < missing - gain) continue;
      const cost = removals + even;
      if (cost <= room && (best === undefined || cost < best.cost)) {
        best = { cost, uneven: removals, even };
      }
      if (even === 0) break;
    }
    if (best === undefined) return undefined;
    const levels = new Array<number>(all.length).fill(0);
    for (const { place } of steps.slice(0, best.even))
      levels[place] = (levels[place] as number) + 1;
    for (const [place, level] of table.levelsAt(best.uneven)) levels[place] = level;
    const options = all.map((stairs, place) => (stairs[levels[place] as number] as Step).option);
    const cost = all.reduce((sum, stairs, place) => {
      return sum + (stairs[levels[place] as number] as Step).cost - stairs[0].cost;
    }, 0);
    return { cost, options };
  }

  /** What `uneven` gain at most by so many removals, and how. */
  #table(all: readonly Stairs[], uneven: readonly number[], most: number) {
    const rises = uneven.reduce((sum, place) => {
      const stairs = all[place] as Stairs;
      return sum + (stairs[stairs.length - 1] as Step).cost - stairs[0].cost;
    }, 0);
    const size = Math.min(most, rises) + 1;
    let best = new Float64Array(size);
    const chosen: { readonly place: number; readonly levels: Uint16Array }[] = [];
    for (const place of uneven) {
      const stairs = all[place] as Stairs;
      this.#workLeft -= (size * stairs.length) / tableCellsPerWork;
      if (size > 1 && !this.hasWorkLeft()) break;
      const next = best.slice();
      const levels = new Uint16Array(size);
      for (let level = 1; level < stairs.length; level++) {
        const cost = (stairs[level] as Step).cost - stairs[0].cost;
        const gain = (stairs[level] as Step).gain - stairs[0].gain;
        for (let removals = cost; removals < size; removals++) {
          const sum = (best[removals - cost] as number) + gain;
          if (sum <= (next[removals] as number)) continue;
          next[removals] = sum;
          levels[removals] = level;
        }
      }
      best = next;
      chosen.push({ place, levels });
    }
    const levelsAt = (removals: number): readonly (readonly [number, number])[] => {
      let left = Math.min(removals, size - 1);
      return chosen.toReversed().map(({ place, levels }) => {
        const level = levels[left] as number;
        const stairs = all[place] as Stairs;
        left -= (stairs[level] as Step).cost - stairs[0].cost;
        return [place, level] as const;
      });
    };
    return { best, levelsAt };
  }
}

function isConcave(stairs: Stairs): boolean {
  let least = Number.POSITIVE_INFINITY;
  for (let level = 1; level < stairs.length; level++) {
    const [from, to] = [stairs[level - 1] as Step, stairs[level] as Step];
    const gain = to.gain - from.gain;
    if (to.cost - from.cost !== 1 || gain > least) return false;
    least = gain;
  }
  return true;
}

const risesOf = (stairs: Stairs, place: number) =>
  stairs.slice(1).map((step, level) => ({ place, gain: step.gain - (stairs[level] as Step).gain }));

const removedBy = (options: readonly Option[]): readonly number[] =>
  options.flatMap(({ removed }) => [...removed]);
