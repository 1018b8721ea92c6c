/**
 * What may become of one voice when claims are taken back: so many of its claims gone, and these
 * considered in their place.
 *
 * Voices do not touch each other: a claim is revised, and brought back, by claims of its own voice
 * alone. So a set of claims that is taken back is one option of each voice, what it costs is the
 * sum of what these cost, and what is considered then is the union of what these leave. Every
 * search for a smallest set picks options, voice by voice.
 *
 * The options of a voice are complete, so that a search over them proves what it finds, where
 *
 *   - all its claims stand in one chain: one interval, and no claim is named as parent by another
 *     than a later one of the chain. Only the last that is left can be considered, and for the n-th
 *     from the end to be left last, exactly the n behind it have to go: n + 1 options for n claims.
 *     A namer further on in the chain is among those that have to go, and names nothing any more.
 *   - or it has few claims, and every subset is tried.
 *
 * A voice of many claims in a tangle of intervals and parents has the options to lose nothing and
 * to lose everything; what is found is then a set that turns the answer, and may not be the
 * smallest.
 */
import type { Field, FieldClaim } from "./explain-field.js";

export interface Option {
  /** Units that are removed. */
  readonly removed: readonly number[] | Int32Array;
  /** Claims that are considered then. */
  readonly considered: readonly number[];
}

export interface VoiceOptions {
  /** The cheapest first; what is considered differs from one to another. */
  readonly options: readonly Option[];
  readonly isComplete: boolean;
}

/** Most units of a voice of which every subset is tried. */
const triedUnitsMax = 10;
/** Most subsets that are tried, over all voices. */
const subsetsMax = 200_000;

/** Of every voice; by its number. */
export function optionsOf(field: Field): readonly VoiceOptions[] {
  const units: number[][] = Array.from({ length: field.voiceCount }, () => []);
  field.unitVoices.forEach((voice, unit) => {
    units[voice]?.push(unit);
  });
  let subsets = 0;
  return units.map((own) => {
    const chain = chainOf(field, own);
    if (chain !== undefined) return { options: chainOptions(field, chain), isComplete: true };
    subsets += 2 ** own.length;
    if (own.length <= triedUnitsMax && subsets <= subsetsMax) {
      return { options: subsetOptions(field, own), isComplete: true };
    }
    const whole = { removed: [], considered: consideredOf(field, own, () => false) };
    return { options: [whole, { removed: own, considered: [] }], isComplete: false };
  });
}

const claimAt = (field: Field, at: number): FieldClaim | undefined => field.claims[at];

/** The claims of a chain, the last first; absent where the voice's claims are none. */
function chainOf(field: Field, own: readonly number[]): Int32Array | undefined {
  const group = claimAt(field, own[0] ?? -1)?.group;
  const places = new Map<number, number>();
  own.forEach((unit, place) => {
    places.set(unit, place);
  });
  for (const [place, unit] of own.entries()) {
    const claim = claimAt(field, unit);
    if (claim === undefined || claim.group !== group) return undefined;
    if (claim.namers.some((namer) => (places.get(namer) ?? -1) <= place)) return undefined;
  }
  return Int32Array.from(own).reverse();
}

function chainOptions(field: Field, chain: Int32Array): readonly Option[] {
  const options: Option[] = [];
  let isEmptyKnown = false;
  for (let count = 0; count <= chain.length; count++) {
    const last = chain[count];
    const isConsidered = last !== undefined && claimAt(field, last)?.passes === true;
    // Losing more for the same is no option.
    if (!isConsidered && isEmptyKnown) continue;
    isEmptyKnown ||= !isConsidered;
    const considered = isConsidered ? [last] : [];
    options.push({ removed: chain.subarray(0, count), considered });
  }
  return options;
}

/** The rule of `Field.considered`, for one voice. */
function consideredOf(
  field: Field,
  own: readonly number[],
  isRemoved: (unit: number) => boolean,
): readonly number[] {
  const seen = new Set<number>();
  const considered: number[] = [];
  for (let place = own.length - 1; place >= 0; place--) {
    const unit = own[place] as number;
    const claim = claimAt(field, unit);
    if (claim === undefined || isRemoved(unit) || seen.has(claim.group)) continue;
    seen.add(claim.group);
    if (claim.passes && claim.namers.every(isRemoved)) considered.push(unit);
  }
  return considered.reverse();
}

/** Of all subsets that leave the same the first of the smallest. */
function subsetOptions(field: Field, own: readonly number[]): readonly Option[] {
  const best = new Map<string, Option>();
  for (let subset = 0; subset < 2 ** own.length; subset++) {
    const removed = own.filter((_, place) => (subset >> place) & 1);
    const considered = consideredOf(field, own, (unit) => removed.includes(unit));
    const key = considered.join(" ");
    const known = best.get(key);
    if (known === undefined || removed.length < known.removed.length) {
      best.set(key, { removed, considered });
    }
  }
  return [...best.values()].sort((left, right) => left.removed.length - right.removed.length);
}
