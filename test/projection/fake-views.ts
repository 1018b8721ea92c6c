/**
 * A store of views in memory and a log of numbers, for pipelines: what a projection has applied is
 * the list of indexes that it saw, so that nothing lost and nothing doubled can be read off it.
 */
import { systemClock } from "../../src/host/clock.js";
import type { ProjectionStatus } from "../../src/model/query.js";
import type { Probe } from "../../src/observability/probe.js";
import { silentProbe } from "../../src/observability/probe.js";
import type { BlockCursor, BlockSource } from "../../src/projection/batches.js";
import { Pace } from "../../src/projection/pace.js";
import { Projections, type ProjectionsOptions } from "../../src/projection/projections.js";
import type {
  AppliedTo,
  CommittedEntries,
  ProjectionName,
  ViewProjection,
  ViewTransaction,
} from "../../src/views/view-types.js";
import { projectionNames } from "../../src/views/view-types.js";
import type { Block } from "../../src/wal/block.js";

export const logId = new Uint8Array(32).fill(9);

interface Applied {
  readonly frontier: AppliedTo | undefined;
  readonly indexes: readonly number[];
}

/** Throws, or returns, before a projection applies a block. */
export type Obstacle = (name: ProjectionName, block: CommittedEntries) => void;

export class FakeStore {
  readonly projections: readonly ViewProjection[];
  obstacle: Obstacle = () => {};
  /** Throws at the end of a transaction. */
  onCommit: () => void = () => {};
  sweepsLeft = 0;
  sweeps = 0;
  transactions = 0;
  #state: ReadonlyMap<ProjectionName, Applied>;

  constructor(names: readonly ProjectionName[] = projectionNames) {
    const nothing: Applied = { frontier: undefined, indexes: [] };
    this.#state = new Map(names.map((name) => [name, nothing]));
    this.projections = names.map((name) => ({
      name,
      apply: (transaction, blocks) => this.#apply(name, transaction, blocks),
    }));
  }

  indexes(name: ProjectionName): readonly number[] {
    return this.#of(name).indexes;
  }

  sizeOf(name: ProjectionName): number {
    return this.#of(name).frontier?.size ?? 0;
  }

  transaction<T>(work: (transaction: ViewTransaction) => T): T {
    const before = this.#state;
    try {
      const result = work({
        applied: (name) => this.#of(name).frontier,
        setApplied: (name, _logId, frontier) => this.#set(name, { ...this.#of(name), frontier }),
      });
      if (this.#state !== before) this.onCommit();
      this.transactions += 1;
      return result;
    } catch (error) {
      this.#state = before;
      throw error;
    }
  }

  sweep(limit: number): number {
    this.sweeps += 1;
    this.sweepsLeft = Math.max(0, this.sweepsLeft - limit);
    return this.sweepsLeft;
  }

  #apply(name: ProjectionName, transaction: ViewTransaction, blocks: readonly CommittedEntries[]) {
    for (const block of blocks) {
      this.obstacle(name, block);
      const { firstIndex, count, rootPrefix, recorded } = block;
      const added = Array.from({ length: count }, (_none, i) => firstIndex + i);
      const { frontier, indexes } = this.#of(name);
      this.#set(name, { frontier, indexes: [...indexes, ...added] });
      transaction.setApplied(name, logId, { size: firstIndex + count, rootPrefix, recorded });
    }
    const questions = this.sizeOf("questions");
    if (name === "answers" && this.sizeOf(name) > questions) {
      throw new Error("answers stand further than questions");
    }
  }

  #of(name: ProjectionName): Applied {
    const found = this.#state.get(name);
    if (found === undefined) throw new Error(`no projection ${name}`);
    return found;
  }

  #set(name: ProjectionName, applied: Applied): void {
    this.#state = new Map([...this.#state, [name, applied]]);
  }
}

/** A log whose blocks are only places. */
export class FakeLog implements BlockSource {
  readonly starts: number[] = [0];
  /** Throws, or returns, before the block at an index is read. */
  obstacle: (index: number) => void = () => {};
  /** Blocks read by all cursors, and how many cursors are open. */
  pulled = 0;
  open = 0;

  get size(): number {
    return this.starts.at(-1) ?? 0;
  }

  append(...counts: readonly number[]): number {
    for (const count of counts) this.starts.push(this.size + count);
    return this.size;
  }

  cursor(fromIndex: number): BlockCursor {
    let nextIndex = fromIndex;
    this.open += 1;
    return {
      get nextIndex() {
        return nextIndex;
      },
      next: async () => {
        this.obstacle(nextIndex);
        const at = this.starts.indexOf(nextIndex);
        const end = this.starts[at + 1];
        if (at < 0) throw new Error(`no block begins at ${nextIndex}`);
        if (end === undefined) return undefined;
        const block = { firstIndex: nextIndex, count: end - nextIndex, payloadBytes: 100 };
        this.pulled += 1;
        nextIndex = end;
        return block as Block;
      },
      close: async () => {
        this.open -= 1;
      },
    };
  }
}

export const translate = (block: Block): CommittedEntries => ({
  logId,
  firstIndex: block.firstIndex,
  recorded: BigInt(block.firstIndex + block.count),
  rootPrefix: new Uint8Array(8),
  count: block.count,
  entry: () => undefined,
  id: () => new Uint8Array(32),
  batchAuthor: () => new Uint8Array(32),
});

/** Lines of a probe, for a look at what was told. */
export function recordingProbe(): { readonly probe: Probe; readonly lines: string[] } {
  const lines: string[] = [];
  const take = (message: string, fields = {}) => lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, probe: { ...silentProbe, info: take, warn: take, error: take } };
}

export class Following {
  readonly projections: Projections;
  failure: unknown;
  readonly #running;

  constructor(store: FakeStore, log: FakeLog, more: Partial<ProjectionsOptions> = {}) {
    this.projections = new Projections({
      store,
      logId,
      source: log,
      translate,
      pace: new Pace({ shortMs: 50, longMs: 200 }),
      size: log.size,
      retries: { msMin: 1, msMax: 4 },
      clock: systemClock,
      probe: silentProbe,
      ...more,
    });
    this.#running = this.projections.run().subscribe({
      error: (error) => {
        this.failure = error;
      },
    });
  }

  status(name: ProjectionName): ProjectionStatus {
    const found = this.projections.statuses().find((status) => status.name === name);
    if (found === undefined) throw new Error(`no status of ${name}`);
    return found;
  }

  get areAllLive(): boolean {
    return this.projections.statuses().every(({ state }) => state === "live");
  }

  stop(): void {
    this.#running.unsubscribe();
  }
}
