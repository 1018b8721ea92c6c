/**
 * Which ids of a segment stood in an earlier one: asked of the tables, decided by whole ids.
 *
 * Two ways to the same answer: for a whole segment both sides are sorted, so one walk over a table
 * finds every prefix that is in both; for some blocks of the newest one each id goes through the
 * filters.
 */
import { isFault } from "../model/fault.js";
import { mayHold } from "./id-filter.js";
import type { IdTable } from "./id-table.js";
import type { SealedSegments } from "./sealed-segments.js";
import type { FreshIds, SegmentIds, SortedIds } from "./segment-ids.js";
import { ROW_BYTES } from "./table-format.js";

/** Buckets read at once. */
const readsAtOnce = 16;

/** An id of the segment, and an earlier entry whose id has the same prefix. */
interface Candidate {
  readonly number: number;
  readonly index: number;
}

/** Notes which of all ids stand in a table's segment: both are walked over side by side. */
export async function noteEarlierOfAll(
  ids: SegmentIds,
  sorted: SortedIds,
  table: IdTable,
  sealed: SealedSegments,
): Promise<void> {
  const { numbers, highs, lows } = sorted;
  const candidates: Candidate[] = [];
  let i = 0;
  for await (const rows of table.rowPieces()) {
    for (let at = 0; at < rows.byteLength; at += ROW_BYTES) {
      const high = rows.getUint32(at);
      while (i < numbers.length && (highs[i] as number) < high) i += 1;
      if (highs[i] !== high) continue;
      const low = rows.getUint32(at + 4);
      while (i < numbers.length && highs[i] === high && (lows[i] as number) < low) i += 1;
      // Rows of one prefix may be several, and so may ids: `i` stays for the next row.
      for (let j = i; highs[j] === high && lows[j] === low; j++) {
        const index = table.header.firstIndex + rows.getUint32(at + 8);
        candidates.push({ number: numbers[j] as number, index });
      }
    }
  }
  await noteThoseThatAre(ids, candidates, sealed);
}

/** Notes which of the ids that `fresh` names stand in a table's segment: by its filter. */
export async function noteEarlierOfSome(
  ids: SegmentIds,
  fresh: FreshIds,
  table: IdTable,
  sealed: SealedSegments,
): Promise<void> {
  const { from, highs, lows } = fresh;
  const filter = table.residentFilter ?? (await table.summary()).filter;
  const passed: number[] = [];
  for (let i = 0; i < highs.length; i++) {
    if (mayHold(filter, highs[i] as number, lows[i] as number)) passed.push(i);
  }
  const candidates: Candidate[] = [];
  for (let i = 0; i < passed.length; i += readsAtOnce) {
    const reads = passed.slice(i, i + readsAtOnce).map(async (place) => {
      const indexes = await table.find(highs[place] as number, lows[place] as number);
      for (const index of indexes) candidates.push({ number: from + place, index });
    });
    await Promise.all(reads);
  }
  await noteThoseThatAre(ids, candidates, sealed);
}

/** In the order of the log, so that a block is read once for all that stand in it. */
async function noteThoseThatAre(
  ids: SegmentIds,
  candidates: Candidate[],
  sealed: SealedSegments,
): Promise<void> {
  candidates.sort((left, right) => left.index - right.index);
  for (const { number, index } of candidates) {
    if (ids.stoodEarlier(number)) continue;
    try {
      if (await sealed.isAt(index, ids.id(number))) ids.noteEarlier(number, index);
    } catch (error) {
      // An entry that cannot be read any more is not known any more.
      if (!isFault(error, "LOG_CORRUPT")) throw error;
    }
  }
}
