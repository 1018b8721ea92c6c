/**
 * A moment as data: what a cut admits, in a form that another thread can be sent.
 *
 * Each limit takes something away, and all of them hold: a question as of last year, read in two
 * turns of the event loop, is limited by the year and by what the first turn saw.
 */
import { cutAtPlace, cutAtSizes, cutAtTime, everything } from "../lens/cut.js";
import type { Cut, Place } from "../lens/history.js";

export type CutLimit =
  | { readonly kind: "place"; readonly place: Place }
  | { readonly kind: "time"; readonly recordedMs: number }
  /** Of each log (its id in hex) so many entries; nothing of other logs. */
  | { readonly kind: "sizes"; readonly sizes: ReadonlyMap<string, number> };

function cutOf(limit: CutLimit): Cut {
  switch (limit.kind) {
    case "place":
      return cutAtPlace(limit.place);
    case "time":
      return cutAtTime(limit.recordedMs);
    case "sizes":
      return cutAtSizes(limit.sizes);
  }
}

/** Without limits: everything. */
export function cutWithin(limits: readonly CutLimit[]): Cut {
  const [first, ...rest] = limits.map(cutOf);
  if (first === undefined) return everything;
  if (rest.length === 0) return first;
  return {
    includes: (place) => first.includes(place) && rest.every((cut) => cut.includes(place)),
  };
}
