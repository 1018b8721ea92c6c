/**
 * The index, on its thread: a table per sealed segment, and the newest segment's ids in memory
 * while somebody asks for them.
 *
 *     segments   [ sealed ] [ sealed ] [ sealed ] [ sealed ] [ newest ]
 *     tables     [ table  ] [ table  ]  <- built in this order
 *     live                                                   [ ids: as far as they were fed ]
 *
 * A table says which ids stand first in its segment, so it rests on all tables before it. It is
 * opened if its file is still the right one, else built: from the live ids where those are whole,
 * else from the segment's file. Building rests most of the time, unless somebody waits.
 *
 * Invariants:
 *
 * - `tables[i]` is of the i-th segment; there are none behind a gap.
 * - Blocks are fed only where every earlier segment has its table, so what is noted of them is
 *   final.
 * - What turns out damaged or gone is dropped with every table behind it, which mostly are found
 *   good again: the same log gives the same bytes. Whoever met it waits until it is built, and
 *   never hears of it, however often somebody is at the files: see patience.ts.
 */
import type { Clock } from "../host/clock.js";
import type { Disk } from "../host/disk.js";
import { assert } from "../invariant/assert.js";
import { Fault, isFault } from "../model/fault.js";
import { entryIdBytes } from "../model/position.js";
import { StoredBlock } from "../wal/block.js";
import { BlockHasher } from "../wal/block-hasher.js";
import { DutyCycle } from "./duty-cycle.js";
import { noteEarlierOfSome } from "./earlier-ids.js";
import type { FedBlock, FindAnswer, IdFact, IdRequest, IdThreadData } from "./id-messages.js";
import { type PrefixMask, prefixMask, wordAt } from "./id-prefix.js";
import { type IdTable, isTableDamage, SummaryBudget } from "./id-table.js";
import { Patience, untilStill } from "./patience.js";
import { SealedSegments } from "./sealed-segments.js";
import { type RepeatList, SegmentIds } from "./segment-ids.js";
import { TableBuilder } from "./table-builder.js";
import { tableFirstIndex, tableName } from "./table-name.js";

export interface IdEngineOptions extends IdThreadData {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly tell: (fact: IdFact) => void;
}

type FeedRequest = Extract<IdRequest, { kind: "feed" }>;

/** After a failure the next attempt is not made before. */
const retryMs = 2_000;

const closedFault = () => new Fault("SHUTTING_DOWN", "the index of ids is closed");

interface Waiter {
  /** Tables that it waits for. */
  readonly count: number;
  readonly resolve: () => void;
  readonly reject: (fault: Fault) => void;
}

export class IdEngine {
  readonly #options: IdEngineOptions;
  readonly #mask: PrefixMask;
  readonly #hasher = new BlockHasher();
  readonly #budget: SummaryBudget;
  readonly #sealed: SealedSegments;
  readonly #cycle: DutyCycle;
  readonly #builder: TableBuilder;
  readonly #tables: IdTable[] = [];
  readonly #waiters = new Set<Waiter>();
  /** Questions on their way. */
  readonly #asked = new Set<Promise<unknown>>();
  /** Paths of tables that were found damaged, until others are written in their places. */
  readonly #suspects = new Set<string>();
  #starts: readonly number[] = [];
  #live: SegmentIds | undefined;
  #building: Promise<void> | undefined;
  #failure: { readonly fault: Fault; readonly atMs: number } | undefined;
  #isTidy = false;
  #isClosed = false;

  constructor(options: IdEngineOptions) {
    this.#options = options;
    this.#mask = prefixMask(options.prefixBits);
    this.#budget = new SummaryBudget(options.summaryBytesMax);
    this.#sealed = new SealedSegments({
      disk: options.disk,
      logId: options.logId,
      directory: options.segmentsDirectory,
    });
    this.#cycle = new DutyCycle(options.clock, options.restRatio, () => this.#isHurried);
    this.#builder = new TableBuilder(options, {
      sealed: this.#sealed,
      hasher: this.#hasher,
      budget: this.#budget,
      cycle: this.#cycle,
    });
  }

  get #isHurried(): boolean {
    return this.#waiters.size > 0 || this.#isClosed;
  }

  /** First indexes of all segments: all but the last are sealed. */
  segments(starts: readonly number[]): void {
    this.#starts = starts;
    this.#sealed.update(starts.slice(0, -1), starts.at(-1) ?? 0);
    const live = this.#live;
    if (live !== undefined && live.firstIndex !== starts.at(-1)) {
      const end = this.#endOf(starts.indexOf(live.firstIndex));
      if (!live.isComplete(end)) this.#live = undefined;
    }
    this.#build();
  }

  /** Takes blocks of the newest segment; undefined where they do not follow what it knows. */
  feed(fed: FeedRequest): Promise<RepeatList | undefined> {
    return this.#track(this.#feed(fed));
  }

  /** Where an id stands first in the log's first `size` entries, or further on. */
  find(id: Uint8Array, size: number): Promise<FindAnswer> {
    return this.#track(this.#find(id, size));
  }

  /** The repeats of a sealed segment. */
  repeats(segment: number): Promise<RepeatList> {
    return this.#track(this.#repeats(segment));
  }

  /** Returns when nothing runs any more; what waits is refused. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { reject } of this.#waiters) reject(closedFault());
    this.#waiters.clear();
    this.#cycle.wake();
    await this.#building;
    while (this.#asked.size > 0) await Promise.allSettled(this.#asked);
    for (const table of this.#tables) await table.close();
    await this.#sealed.close();
  }

  #track<T>(question: Promise<T>): Promise<T> {
    this.#asked.add(question);
    const forget = () => this.#asked.delete(question);
    question.then(forget, forget);
    return question;
  }

  async #feed(fed: FeedRequest): Promise<RepeatList | undefined> {
    const { segment, blocks } = fed;
    await this.#built(this.#starts.length - 1);
    if (segment !== this.#starts.at(-1)) return undefined;
    if (fed.isStart) this.#live = new SegmentIds(segment, this.#mask);
    const live = this.#live;
    const first = blocks[0]?.firstIndex ?? fed.end;
    if (live?.firstIndex !== segment || first < live.next) return undefined;
    const known = live.count;
    try {
      for (const block of blocks) this.#addFed(live, block);
      live.passTo(fed.end);
      const fresh = live.fresh(known);
      await this.#onTables({ start: 0, end: this.#starts.length - 1 }, async (table) => {
        await noteEarlierOfSome(live, fresh, table, this.#sealed);
        return undefined;
      });
    } catch (error) {
      this.#live = undefined; // it holds what was not looked up
      throw error;
    }
    return live.repeats(first);
  }

  async #find(id: Uint8Array, size: number): Promise<FindAnswer> {
    const high = (wordAt(id, 0) & this.#mask.high) >>> 0;
    const low = (wordAt(id, 4) & this.#mask.low) >>> 0;
    let asked = 0;
    for (;;) {
      // Those that are built meanwhile are asked in the next round.
      const end = Math.max(asked, this.#tables.length);
      const ask = (table: IdTable) => this.#findIn(table, id, high, low);
      const found = await this.#onTables({ start: asked, end }, ask);
      if (found !== undefined) return { index: found };
      asked = end;
      let covered = this.#starts[asked] ?? 0;
      const live = this.#live;
      if (live?.firstIndex === covered) {
        const index = live.find(id);
        if (index !== undefined) return { index };
        covered = live.next;
      }
      if (covered >= size) return { index: undefined };
      if (asked === this.#starts.length - 1) return "behind";
      await this.#built(asked + 1);
    }
  }

  async #repeats(segment: number): Promise<RepeatList> {
    const place = this.#starts.indexOf(segment);
    assert(place >= 0, "repeats are asked of a segment that was told");
    const patience = new Patience();
    for (;;) {
      await this.#built(place + 1);
      const table = this.#tables[place];
      if (table === undefined) continue;
      const list = await this.#guarded(patience, () => table.repeats());
      if (list !== undefined) return list;
    }
  }

  /** Asks some tables, in order, until one has an answer; damaged ones are built first. */
  async #onTables<T>(
    { start, end }: { readonly start: number; readonly end: number },
    ask: (table: IdTable) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const patience = new Patience();
    for (let place = start; place < end; ) {
      await this.#built(place + 1);
      const table = this.#tables[place];
      if (table === undefined) continue;
      const answer = await this.#guarded(patience, async () => ({ of: await ask(table) }));
      if (answer === undefined) continue;
      if (answer.of !== undefined) return answer.of;
      place += 1;
    }
    return undefined;
  }

  async #findIn(
    table: IdTable,
    id: Uint8Array,
    high: number,
    low: number,
  ): Promise<number | undefined> {
    for (const index of await table.lookUp(high, low)) {
      if (await this.#sealed.isAt(index, id)) return index;
    }
    return undefined;
  }

  /** `undefined` where a table was damaged, and is dropped. */
  async #guarded<T>(patience: Patience, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!isTableDamage(error)) throw error;
      await this.#drop(`${(error as Fault).detail["reason"]}`, patience);
      return undefined;
    }
  }

  /** Drops the damaged table and those behind it, and has them opened or built again. */
  async #drop(reason: string, patience: Patience): Promise<void> {
    const place = this.#tables.findIndex((table) => table.isDamaged);
    if (place < 0) return; // somebody else met the damage too
    // In one turn: whatever is being built from here on knows which files are not to be trusted.
    const dropped = this.#tables.splice(place);
    const paths = dropped.map(({ header }) => this.#pathOf(header.firstIndex));
    dropped.forEach((table, i) => {
      if (table.isDamaged) this.#suspects.add(paths[i] as string);
    });
    this.#build();
    const [path] = paths as [string];
    this.#options.tell({
      level: "warn",
      message: "id table dropped",
      fields: { path, reason },
    });
    for (const table of dropped) await table.close();
    patience.meet(path, reason);
  }

  /** Waits until so many segments have their tables. */
  #built(count: number): Promise<void> {
    if (this.#tables.length >= count) return Promise.resolve();
    if (this.#isClosed) return Promise.reject(closedFault());
    const failure = this.#failure;
    if (failure !== undefined) {
      const elapsedMs = this.#options.clock.monotonicMs() - failure.atMs;
      if (elapsedMs < retryMs) return Promise.reject(failure.fault);
    }
    return new Promise((resolve, reject) => {
      this.#waiters.add({ count, resolve, reject });
      this.#cycle.wake();
      this.#build();
    });
  }

  /** Starts building, where something is to be built and nothing is being built. */
  #build(): void {
    if (this.#building !== undefined || this.#isClosed || this.#starts.length === 0) return;
    if (this.#isTidy && this.#tables.length >= this.#starts.length - 1) return;
    this.#building = this.#buildAll().finally(() => {
      this.#building = undefined;
      // What came while it ended.
      if (this.#failure === undefined && this.#tables.length < this.#starts.length - 1) {
        this.#build();
      }
    });
  }

  async #buildAll(): Promise<void> {
    this.#cycle.begin();
    try {
      await this.#tidy();
      let patience = new Patience();
      let furthest = this.#tables.length;
      while (!this.#isClosed && this.#tables.length < this.#starts.length - 1) {
        await this.#buildNext(patience);
        if (this.#tables.length > furthest) {
          furthest = this.#tables.length;
          patience = new Patience();
        }
        this.#failure = undefined;
        await this.#cycle.pause();
      }
    } catch (error) {
      if (!isFault(error)) throw error;
      const { clock, tell } = this.#options;
      this.#failure = { fault: error, atMs: clock.monotonicMs() };
      const fields = { code: error.code, reason: error.message };
      tell({ level: "warn", message: "id table could not be built", fields });
      for (const { reject } of this.#waiters) reject(error);
      this.#waiters.clear();
    }
  }

  async #buildNext(patience: Patience): Promise<void> {
    const place = this.#tables.length;
    const before = this.#tables[place - 1];
    const table = await this.#guarded(patience, () => this.#openOrMake(place));
    // Unless a table before it was dropped meanwhile: then it rests on nothing.
    const isFirm = this.#tables.length === place && this.#tables[place - 1] === before;
    if (!isFirm || this.#isClosed) return table?.close();
    if (table === undefined) return;
    this.#suspects.delete(this.#pathOf(table.header.firstIndex));
    this.#tables.push(table);
    if (this.#live?.firstIndex === table.header.firstIndex) this.#live = undefined;
    for (const waiter of this.#waiters) {
      if (waiter.count > this.#tables.length) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  async #openOrMake(place: number): Promise<IdTable | undefined> {
    const firstIndex = this.#starts[place] as number;
    const end = this.#endOf(place);
    const tables = this.#tables.slice(0, place);
    const live = this.#live;
    const path = this.#pathOf(firstIndex);
    return this.#builder.openOrMake(
      { firstIndex, end, path, isSuspect: this.#suspects.has(path) },
      tables,
      live?.firstIndex === firstIndex && live.isComplete(end) ? live : undefined,
      () => !this.#isClosed && tables.every((table, i) => this.#tables[i] === table),
    );
  }

  #addFed(live: SegmentIds, fed: FedBlock): void {
    const { firstIndex } = fed;
    if ("ids" in fed) {
      for (let at = 0; at < fed.ids.length; at += entryIdBytes) {
        live.add(firstIndex + at / entryIdBytes, fed.ids, at);
      }
      return;
    }
    const block = new StoredBlock(fed, fed.payload);
    this.#hasher.visit(block, (i, bytes, at) => live.add(firstIndex + i, bytes, at));
  }

  /** Removes what is no table of a sealed segment, once. */
  async #tidy(): Promise<void> {
    if (this.#isTidy) return;
    const { disk, tablesDirectory } = this.#options;
    const sealed = new Set(this.#starts.slice(0, -1));
    const names = await untilStill(async () => {
      await disk.makeDirectory(tablesDirectory);
      return disk.list(tablesDirectory);
    });
    for (const name of names ?? []) {
      const firstIndex = tableFirstIndex(name);
      if (firstIndex !== undefined && sealed.has(firstIndex)) continue;
      await disk.remove(`${tablesDirectory}/${name}`);
    }
    this.#isTidy = true;
  }

  #endOf(place: number): number {
    return this.#starts[place + 1] as number;
  }

  #pathOf(firstIndex: number): string {
    return `${this.#options.tablesDirectory}/${tableName(firstIndex)}`;
  }
}
