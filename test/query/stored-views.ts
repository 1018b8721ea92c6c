/**
 * The query engine over real views: a store in a temporary directory, written and read on this
 * thread, and a log in memory whose blocks the test says.
 */
import { sha256 } from "../../src/crypto/sha256.js";
import { encodeEntry } from "../../src/entry/codec.js";
import { systemClock } from "../../src/host/clock.js";
import { systemRandom } from "../../src/host/random.js";
import { systemWorkers, type Workers } from "../../src/host/workers.js";
import type { EntryFields, LogGenesis } from "../../src/model/entry.js";
import { hybridTimeAt, toHybridTime } from "../../src/model/hybrid-time.js";
import { type QueriedLog, QueryEngine } from "../../src/query/query-engine.js";
import type { ViewStore } from "../../src/views/view-store.js";
import type { CommittedEntries } from "../../src/views/view-types.js";
import type { Block } from "../../src/wal/block.js";
import type { PlacedEntry } from "../support/naive-entries.js";
import {
  administrator,
  apply,
  blockOf,
  logId,
  logKey,
  openStore,
  root,
} from "../views/applying.js";

const genesis: LogGenesis = {
  kind: "log_genesis",
  logKey,
  clusterId: root.clusterId,
  nonce: new Uint8Array(32).fill(3),
  firstAdministrator: administrator,
};

interface StoredBlock {
  readonly committed: CommittedEntries;
  readonly entries: readonly Uint8Array[];
}

export class StoredViews implements QueriedLog {
  readonly id = logId;
  readonly genesis = genesis;
  readonly store: ViewStore;
  readonly engine: QueryEngine;
  readonly placed: PlacedEntry[] = [];
  readonly never: AbortSignal = new AbortController().signal;
  #blocks: StoredBlock[] = [];
  #last = 0n;
  #size = 0;
  #salts = 0;

  private constructor(store: ViewStore, workers: Workers) {
    this.store = store;
    this.engine = new QueryEngine({
      log: this,
      views: {
        read: (work) => store.read(work),
        reached: () => Promise.resolve(true),
        appliedSize: Number.MAX_SAFE_INTEGER,
      },
      clock: systemClock,
      random: systemRandom,
      workers,
    });
  }

  static async open(workers: Workers = systemWorkers): Promise<StoredViews> {
    const stored = new StoredViews(await openStore(), workers);
    stored.append([{ author: logKey, salt: new Uint8Array(16), body: genesis }], 1);
    return stored;
  }

  get size(): number {
    return this.#size;
  }

  get lastTime() {
    return toHybridTime(this.#last);
  }

  salt(): Uint8Array {
    const salt = new Uint8Array(16);
    new DataView(salt.buffer).setUint32(0, ++this.#salts);
    return salt;
  }

  /** Appends a block, and has the views apply it; returns the ids. */
  append(entries: readonly EntryFields[], atMs: number): readonly Uint8Array[] {
    const now = hybridTimeAt(atMs);
    this.#last = now > this.#last ? now : this.#last + 1n;
    const bytes = entries.map((fields) => encodeEntry(fields));
    const at = { firstIndex: this.#size, recorded: this.#last };
    const committed = blockOf(bytes, at);
    for (const [i, fields] of entries.entries()) {
      const place = { recorded: this.#last, logId, index: this.#size + i };
      this.placed.push({ place, id: committed.id(i), fields });
    }
    this.#size += entries.length;
    this.#blocks.push({ committed, entries: bytes });
    apply(this.store, [committed]);
    return entries.map((_, i) => committed.id(i));
  }

  read(index: number): Promise<Block> {
    const found = this.#blocks.find(({ committed }) => {
      return index >= committed.firstIndex && index < committed.firstIndex + committed.count;
    });
    if (found === undefined) throw new Error(`no block holds ${index}`);
    const { committed, entries } = found;
    const size = committed.firstIndex + committed.count;
    const block = {
      firstIndex: committed.firstIndex,
      count: committed.count,
      hybridTime: committed.recorded,
      statement: { root: sha256(Buffer.from(`${size}`)) },
      state: () => "whole",
      entry: (i: number) => entries[i],
      leaf: (i: number) => committed.id(i),
    };
    return Promise.resolve(block as unknown as Block);
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.store.close();
  }
}
