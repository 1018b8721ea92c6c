/**
 * Entries at places, as nodes would have given them: two logs whose clocks are apart, blocks whose
 * entries share their recorded time, repeats, and arrivals out of order. See random-histories.ts.
 */
import type { PlacedEntry } from "./naive-entries.js";
import { byPlace } from "./naive-world.js";
import type { SaidEntry } from "./random-histories.js";
import type { Seeded } from "./seeded.js";

const dayMs = 86_400_000;

/** Ids of the logs that entries are placed in. */
export const historyLogs = [new Uint8Array(32).fill(0x51), new Uint8Array(32).fill(0x22)] as const;

/** A log that is being written. */
class PlacingLog {
  private index = 0;
  private recorded = 0n;
  private readonly id: Uint8Array;

  constructor(id: Uint8Array) {
    this.id = id;
  }

  place(atMs: number, isSameBlock: boolean): PlacedEntry["place"] {
    const now = BigInt(Math.max(0, atMs)) << 16n;
    if (!isSameBlock || this.index === 0) {
      this.recorded = now > this.recorded ? now : this.recorded + 1n;
    }
    return { recorded: this.recorded, logId: this.id, index: this.index++ };
  }
}

/** At places in two logs. The second log's clock is behind, so that its entries come late. */
export function placeEntries(random: Seeded, said: readonly SaidEntry[]): PlacedEntry[] {
  const [first, second] = historyLogs.map((id) => new PlacingLog(id)) as [PlacingLog, PlacingLog];
  const lagMs = random.pick([0, 60_000, dayMs, 30 * dayMs]);
  const waiting = [...said];
  const placed: PlacedEntry[] = [];
  while (waiting.length > 0) {
    const ahead = random.chance(15) ? random.below(Math.min(8, waiting.length)) : 0;
    const [entry] = waiting.splice(ahead, 1);
    if (entry === undefined) break;
    const { id, fields, atMs } = entry;
    const isSecond = random.chance(30);
    const log = isSecond ? second : first;
    const put = (ms: number): void => {
      placed.push({ place: log.place(ms, random.chance(35)), id, fields });
    };
    put(isSecond ? atMs - lagMs : atMs);
    if (random.chance(5)) {
      const other = isSecond ? first : second;
      placed.push({ place: other.place(atMs - lagMs, false), id, fields });
    }
  }
  return placed;
}

/** The canonical order of places. */
export const inOrder = (entries: readonly PlacedEntry[]): PlacedEntry[] =>
  [...entries].sort((left, right) => byPlace(left.place, right.place));
