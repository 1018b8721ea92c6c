/**
 * The claims that a lens weighs, and the distinct values they speak of: numbers in arrays, so that
 * a hundred thousand of them are a few passes over memory.
 *
 * Several claims of one voice on one value stand together only where they speak of different
 * intervals that hold at the same moment. The voice's latest then speaks for the value; the others
 * are listed and add nothing.
 */
import type { WeighedClaim } from "./claim.js";
import type { Reading } from "./reading.js";

export interface Standing {
  /** In canonical order. */
  readonly claims: readonly WeighedClaim[];
  /** Of each claim: the number of its value. */
  readonly values: readonly number[];
  /** Of each claim: whether it is its voice's latest on the value. */
  readonly speaks: readonly boolean[];
  /** Of each value: the place of its latest claim in `claims`. */
  readonly latest: readonly number[];
  readonly claimCounts: readonly number[];
  readonly voiceCounts: readonly number[];
}

/** Values are numbered in the order of their first claims. */
export function standingOf(claims: readonly WeighedClaim[], reading: Reading): Standing {
  const numbers = new Map<string, number>();
  const values: number[] = [];
  const latest: number[] = [];
  const claimCounts: number[] = [];
  let hasIntervals = false;
  for (let at = 0; at < claims.length; at++) {
    const { candidate } = claims[at] as WeighedClaim;
    const distinct = reading.classOf(candidate);
    let value = numbers.get(distinct);
    if (value === undefined) {
      value = numbers.size;
      numbers.set(distinct, value);
      claimCounts.push(0);
    }
    values.push(value);
    latest[value] = at;
    claimCounts[value] = (claimCounts[value] as number) + 1;
    hasIntervals ||= candidate.validFromMs !== undefined || candidate.validUntilMs !== undefined;
  }
  if (!hasIntervals) {
    const speaks = new Array<boolean>(claims.length).fill(true);
    return { claims, values, speaks, latest, claimCounts, voiceCounts: claimCounts };
  }
  return { claims, values, latest, claimCounts, ...speakers(claims, values) };
}

function speakers(
  claims: readonly WeighedClaim[],
  values: readonly number[],
): Pick<Standing, "speaks" | "voiceCounts"> {
  const heard = new Set<string>();
  const speaks = new Array<boolean>(claims.length).fill(false);
  const voiceCounts: number[] = [];
  for (let at = claims.length - 1; at >= 0; at--) {
    const value = values[at] as number;
    const voice = `${value}|${(claims[at] as WeighedClaim).voice}`;
    if (heard.has(voice)) continue;
    heard.add(voice);
    speaks[at] = true;
    voiceCounts[value] = (voiceCounts[value] ?? 0) + 1;
  }
  return { speaks, voiceCounts };
}
