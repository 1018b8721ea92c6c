/** Entries at places as the blocks that a store takes in. */
import { encodeEntry } from "../../src/entry/codec.js";
import { toHex } from "../../src/model/hex.js";
import type { CommittedEntries } from "../../src/views/view-types.js";
import type { PlacedEntry } from "../support/naive-entries.js";
import { blockOf } from "./applying.js";

export interface PlacedBlocks {
  readonly blocks: readonly CommittedEntries[];
  /** In the order in which their blocks arrive. */
  readonly entries: readonly PlacedEntry[];
}

/** Blocks in the order in which they are complete. `isGone`: whose bytes are gone. */
export function placedBlocks(
  placed: readonly PlacedEntry[],
  isGone: (entry: PlacedEntry) => boolean = () => false,
): PlacedBlocks {
  const open = new Map<string, PlacedEntry[]>();
  const blocks: CommittedEntries[] = [];
  const entries: PlacedEntry[] = [];
  const close = (log: string): void => {
    const inBlock = open.get(log) ?? [];
    open.delete(log);
    const [first] = inBlock;
    if (first === undefined) return;
    const { recorded, index, logId } = first.place;
    const parts = inBlock.map((entry) =>
      isGone(entry) ? { hole: entry.id, author: entry.fields.author } : encodeEntry(entry.fields),
    );
    blocks.push(blockOf(parts, { logId, firstIndex: index, recorded }));
    entries.push(...inBlock);
  };
  for (const entry of placed) {
    const log = toHex(entry.place.logId);
    const before = open.get(log)?.at(-1);
    if (before !== undefined && before.place.recorded !== entry.place.recorded) close(log);
    open.set(log, [...(open.get(log) ?? []), entry]);
  }
  for (const log of [...open.keys()]) close(log);
  return { blocks, entries };
}
