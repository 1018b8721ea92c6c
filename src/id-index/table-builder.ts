/**
 * Makes the table of one segment, or finds that the one on disk is it.
 *
 *     blocks -> ids -> sorted -> walked over beside every earlier table -> bytes -> file
 *
 * About 60 bytes of memory per entry of the segment, while it lasts.
 */
import type { Clock } from "../host/clock.js";
import type { Disk } from "../host/disk.js";
import type { LogId } from "../model/position.js";
import type { BlockHasher } from "../wal/block-hasher.js";
import type { DutyCycle } from "./duty-cycle.js";
import { noteEarlierOfAll } from "./earlier-ids.js";
import type { IdFact } from "./id-messages.js";
import { prefixMask } from "./id-prefix.js";
import { IdTable, type SummaryBudget, type TableSource } from "./id-table.js";
import { notReadBack, untilStill } from "./patience.js";
import type { SealedSegments } from "./sealed-segments.js";
import { SegmentIds } from "./segment-ids.js";
import { decodeTableHeader, type TablePlace } from "./table-format.js";
import { encodeTable, writeTable } from "./table-writer.js";

export interface TableBuilderOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logId: LogId;
  readonly prefixBits: number;
  readonly tell: (fact: IdFact) => void;
}

interface Parts {
  readonly sealed: SealedSegments;
  readonly hasher: BlockHasher;
  readonly budget: SummaryBudget;
  readonly cycle: DutyCycle;
}

/** A sealed segment, and where its table belongs. */
interface Place {
  readonly firstIndex: number;
  readonly end: number;
  readonly path: string;
  /** What stands there was found damaged: it is not looked at. */
  readonly isSuspect: boolean;
}

export class TableBuilder {
  readonly #options: TableBuilderOptions;
  readonly #parts: Parts;

  constructor(options: TableBuilderOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
  }

  /**
   * `earlier`: the tables of all segments before. `known`: the segment's ids, with what stood
   * earlier noted, where they are at hand. `isWanted` is asked between pieces of work: undefined
   * comes back as soon as it says no.
   */
  async openOrMake(
    place: Place,
    earlier: readonly IdTable[],
    known: SegmentIds | undefined,
    isWanted: () => boolean,
  ): Promise<IdTable | undefined> {
    const { disk, clock, tell, logId, prefixBits } = this.#options;
    const { firstIndex, path } = place;
    const tablePlace: TablePlace = {
      logId,
      firstIndex,
      entryCount: place.end - firstIndex,
      prefixBits,
      endRoot: await this.#parts.sealed.endRoot(firstIndex),
      previousCrc: earlier.at(-1)?.header.headerCrc ?? 0,
    };
    const source = { disk, path, budget: this.#parts.budget };
    const found = place.isSuspect ? undefined : await IdTable.open(source, tablePlace);
    if (found !== undefined) return found;
    const startMs = clock.monotonicMs();
    const bytes = await this.#make(tablePlace, earlier, known, isWanted);
    if (bytes === undefined) return undefined;
    const table = await writeAndOpen(source, bytes);
    const { entryCount, repeatCount, unreadableCount } = table.header;
    const fields = {
      first_index: firstIndex,
      entries: entryCount,
      repeats: repeatCount,
      unreadable: unreadableCount,
      build_ms: Math.round(clock.monotonicMs() - startMs),
    };
    tell({ level: "debug", message: "id table built", fields });
    return table;
  }

  async #make(
    place: TablePlace,
    earlier: readonly IdTable[],
    known: SegmentIds | undefined,
    isWanted: () => boolean,
  ): Promise<Uint8Array | undefined> {
    const { cycle, sealed } = this.#parts;
    const ids = known ?? (await this.#read(place.firstIndex, isWanted));
    await cycle.pause();
    const sorted = ids.sorted();
    for (const table of known === undefined ? earlier : []) {
      await cycle.pause();
      if (!isWanted()) return undefined;
      await noteEarlierOfAll(ids, sorted, table, sealed);
    }
    await cycle.pause();
    return isWanted() ? encodeTable(place, ids, sorted) : undefined;
  }

  async #read(firstIndex: number, isWanted: () => boolean): Promise<SegmentIds> {
    const { cycle, sealed, hasher } = this.#parts;
    const ids = new SegmentIds(firstIndex, prefixMask(this.#options.prefixBits));
    for await (const block of sealed.blocks(firstIndex)) {
      hasher.visit(block, (i, bytes, at) => ids.add(block.firstIndex + i, bytes, at));
      await cycle.pause();
      if (!isWanted()) break;
    }
    return ids;
  }
}

/** Writes until what stands there is what was written: somebody may be at it. */
async function writeAndOpen(source: TableSource, bytes: Uint8Array): Promise<IdTable> {
  const { disk, path } = source;
  const written = decodeTableHeader(bytes)?.headerCrc;
  const table = await untilStill(async () => {
    await disk.remove(path); // whatever it is, it is no table
    await writeTable(disk, path, bytes);
    const opened = await IdTable.open(source);
    return opened?.header.headerCrc === written ? opened : undefined;
  });
  if (table === undefined) throw notReadBack(path, "it was not what was written");
  return table;
}
