/**
 * What answers rest on. Queries of one second that ask alike and see one frontier share a basis,
 * the object itself: who turns it into bytes does so once.
 */
import { lensVersion } from "../lens/index.js";
import type { Basis, LensName, LensParameters, Moment } from "../model/answer.js";
import { bytesEqual } from "../model/hex.js";
import { millisecondsOf, toHybridTime } from "../model/hybrid-time.js";
import type { AskedLens } from "./asked-lens.js";
import type { Pinned } from "./pinned-reads.js";

export class Bases {
  readonly #last = new WeakMap<LensParameters, Map<LensName, Basis>>();

  /** As of now. */
  present({ lens, parameters }: AskedLens, pinned: Pinned, evaluatedAtMs: number): Basis {
    const { frontier } = pinned;
    let byLens = this.#last.get(parameters);
    if (byLens === undefined) {
      byLens = new Map();
      this.#last.set(parameters, byLens);
    }
    const last = byLens.get(lens);
    const isSame = last?.evaluatedAtMs === evaluatedAtMs && bytesEqual(last.frontier, frontier);
    if (last !== undefined && isSame) return last;
    const basis: Basis = { lens, lensVersion, parameters, frontier, evaluatedAtMs };
    byLens.set(lens, basis);
    return basis;
  }
}

/** As of a moment that was recorded at a millisecond. */
export function pastBasis(
  { lens, parameters }: AskedLens,
  pinned: Pinned,
  at: { readonly asOf: Moment; readonly recordedMs: number; readonly evaluatedAtMs: number },
): Basis {
  const { frontier, applied } = pinned;
  const { asOf, evaluatedAtMs } = at;
  // A later block is there, and hybrid time never goes back: nothing can come before it any more.
  const newestMs = applied === undefined ? -1 : millisecondsOf(toHybridTime(applied.recorded));
  const settled = newestMs > at.recordedMs;
  return { lens, lensVersion, parameters, frontier, evaluatedAtMs, asOf, settled };
}
