/**
 * The worlds that questions were asked in last, folded once each.
 *
 * A world is a fold of records in canonical order, and what a moment admits of them is nearly
 * always so many from the start: two moments between which nobody was granted anything share one
 * world. So worlds are kept by how many records they are folded from. A snapshot hands out the same
 * list while nothing in it changed; another list is another number.
 */

import { everything } from "../lens/cut.js";
import type { Cut, WorldRecord, WorldRoot } from "../lens/history.js";
import { World } from "../lens/world.js";
import type { ViewSnapshot } from "../views/view-types.js";

/** Most worlds that are kept. */
const worldsMax = 32;

export interface FoldedWorld {
  readonly world: World;
  /** What it was folded from, for another thread. */
  readonly source: WorldSource;
  /** Paths that others resolve to, and that are not written so themselves. */
  readonly canonicalPaths: readonly string[];
}

export interface WorldSource {
  /** Equal for equal worlds, within one process. */
  readonly key: string;
  readonly root: WorldRoot;
  readonly records: readonly WorldRecord[];
}

export type WorldSnapshot = Pick<ViewSnapshot, "worldRoot" | "worldRecords">;

export class Worlds {
  readonly #kept = new Map<string, FoldedWorld>();
  /** Of the records in use. */
  #number = 0;
  #others = 0;
  #records: readonly WorldRecord[] = [];
  #root: WorldRoot | undefined;
  #present: FoldedWorld | undefined;

  /** The world of a snapshot at a cut. */
  at(snapshot: WorldSnapshot, cut: Cut): FoldedWorld {
    const records = snapshot.worldRecords();
    if (records !== this.#records) {
      this.#records = records;
      this.#root = snapshot.worldRoot;
      this.#number++;
      this.#present = undefined;
    }
    if (cut !== everything) return this.#within(cut);
    this.#present ??= this.#within(everything);
    return this.#present;
  }

  #within(cut: Cut): FoldedWorld {
    const said =
      cut === everything ? this.#records : this.#records.filter((one) => cut.includes(one));
    const isStart = said.at(-1) === this.#records[said.length - 1];
    if (!isStart) return this.#fold(said, `${this.#number}/other/${++this.#others}`);
    const key = `${this.#number}/${said.length}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const folded = this.#fold(said, key);
    this.#kept.set(key, folded);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= worldsMax) break;
      this.#kept.delete(oldest);
    }
    return folded;
  }

  #fold(records: readonly WorldRecord[], key: string): FoldedWorld {
    const root = this.#root as WorldRoot;
    return foldWorld({ key, root, records });
  }
}

/** Folds all records of a source. */
export function foldWorld(source: WorldSource): FoldedWorld {
  const { root, records } = source;
  const world = World.fold({ root, records, cut: everything });
  const canonicalPaths = new Set<string>();
  for (const { body } of records) {
    if (body.kind !== "alias") continue;
    const canonical = world.canonicalPath(body.path);
    if (canonical !== body.path) canonicalPaths.add(canonical);
  }
  return { world, source, canonicalPaths: [...canonicalPaths] };
}
