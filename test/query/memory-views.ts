/**
 * Views and a log in memory, for tests of the query engine: what a snapshot says is computed anew
 * from the entries each time, by the model's reading of them (naive-entries.ts).
 *
 *     said(atMs, entry) ─▶ log (a block per entry) ─▶ apply() ─▶ snapshot
 *
 * The views lag behind until `apply` is called, and move between reads where a test says so.
 */
import { sha256 } from "../../src/crypto/sha256.js";
import { encodeEntry } from "../../src/entry/codec.js";
import { assert } from "../../src/invariant/assert.js";
import { everything } from "../../src/lens/cut.js";
import type { Candidate, WorldRecord } from "../../src/lens/history.js";
import { rule, World, weigh } from "../../src/lens/index.js";
import type { Ruling } from "../../src/lens/ruling.js";
import type { EntryFields, LogGenesis } from "../../src/model/entry.js";
import { encodeFrontier } from "../../src/model/frontier.js";
import { toHex } from "../../src/model/hex.js";
import { hybridTimeAt, toHybridTime } from "../../src/model/hybrid-time.js";
import type { QueriedLog, QueryEngineOptions } from "../../src/query/query-engine.js";
import { questionKey } from "../../src/views/question-key.js";
import type {
  ConceptRange,
  MaterialisedLens,
  Page,
  StoredQuestion,
  ViewSnapshot,
} from "../../src/views/view-types.js";
import type { Block } from "../../src/wal/block.js";
import { inputsOf, type PlacedEntry } from "../support/naive-entries.js";

const clusterId = new Uint8Array(16).fill(7);
const logId = new Uint8Array(32).fill(9);
const administrator = new Uint8Array(32).fill(1);

export interface Stored {
  readonly atMs: number;
  readonly bytes: Uint8Array;
  readonly placed: PlacedEntry;
}

const rootAt = (size: number): Uint8Array => sha256(Buffer.from(`root over ${size}`));

/** A log whose blocks hold one entry each. */
export class MemoryLog implements QueriedLog {
  readonly id = logId;
  readonly stored: Stored[] = [];
  readonly genesis = { clusterId, nonce: new Uint8Array(32).fill(3) } as LogGenesis;
  reads = 0;

  get size(): number {
    return this.stored.length;
  }

  get lastTime() {
    return toHybridTime(this.stored.at(-1)?.placed.place.recorded ?? 0n);
  }

  read(index: number): Promise<Block> {
    this.reads++;
    const { placed, bytes } = this.stored[index] as Stored;
    const block = {
      firstIndex: index,
      count: 1,
      hybridTime: placed.place.recorded,
      statement: { root: rootAt(index + 1) },
      state: () => "whole",
      entry: () => bytes,
      leaf: () => placed.id,
    };
    return Promise.resolve(block as unknown as Block);
  }

  /** Appends an entry; returns its id. */
  say(atMs: number, fields: EntryFields): Uint8Array {
    const bytes = encodeEntry(fields);
    const id = sha256(Uint8Array.of(0), bytes);
    const last = this.stored.at(-1)?.placed.place.recorded ?? 0n;
    const now = hybridTimeAt(atMs);
    const recorded = now > last ? now : last + 1n;
    const place = { recorded, logId, index: this.stored.length };
    this.stored.push({ atMs, bytes, placed: { place, id, fields } });
    return id;
  }
}

type EngineViews = QueryEngineOptions["views"];

/** Views over a `MemoryLog`. */
export class MemoryViews implements EngineViews {
  appliedSize = 0;
  /** Called before each read: a writer that goes on meanwhile. */
  onRead: () => void = () => {};
  /** Rulings are kept, and given out. */
  keepsRulings = true;
  readonly rulingsGiven: string[] = [];
  /** How long `reached` was told to wait. */
  readonly waits: number[] = [];
  readonly #log: MemoryLog;
  readonly #waiting = new Set<() => void>();

  constructor(log: MemoryLog) {
    this.#log = log;
  }

  /** Catches up with the log, or as far as told. */
  apply(size = this.#log.size): void {
    this.appliedSize = size;
    for (const wake of [...this.#waiting]) wake();
  }

  reached(
    size: number,
    { withinMs, signal }: { readonly withinMs: number; readonly signal: AbortSignal },
  ): Promise<boolean> {
    this.waits.push(withinMs);
    return new Promise((resolve) => {
      const end = () => {
        this.#waiting.delete(wake);
        clearTimeout(timer);
        resolve(this.appliedSize >= size);
      };
      const timer = setTimeout(end, withinMs);
      const wake = () => {
        if (this.appliedSize >= size) end();
      };
      signal.addEventListener("abort", end, { once: true });
      this.#waiting.add(wake);
      wake();
    });
  }

  read<T>(work: (snapshot: ViewSnapshot) => T): T {
    this.onRead();
    const result = work(this.#snapshot());
    assert(!(result instanceof Promise), "a read of the views ends with its callback");
    return result;
  }

  #snapshot(): ViewSnapshot {
    const size = this.appliedSize;
    const entries = this.#log.stored.slice(0, size).map(({ placed }) => placed);
    const root = { clusterId, firstAdministrator: administrator };
    const asked = { root, parameters: {}, cut: everything, evaluatedAtMs: 0 };
    const records = inputsOf(entries, { ...asked, question: { conceptPath: "", predicate: "" } });
    const plainRead = (conceptPath: string, predicate: string) => {
      const plain = entries.filter(({ fields }) => fields.body.kind !== "alias");
      return inputsOf(plain, { ...asked, question: { conceptPath, predicate } });
    };
    const claims = entries.flatMap(({ fields: { body } }) =>
      body.kind === "assertion" ? [body] : [],
    );
    const names = new Map<string, readonly [string, string]>();
    for (const { conceptPath, predicate } of claims) {
      names.set(`${conceptPath}\0${predicate}\0`, [conceptPath, predicate]);
    }
    const keyed = [...names.values()]
      .map(([path, predicate]) => ({ path, predicate, key: questionKey(path, predicate) }))
      .sort((left, right) => Buffer.compare(left.key, right.key));
    const question = (path: string, predicate: string): StoredQuestion | undefined =>
      names.has(`${path}\0${predicate}\0`)
        ? this.#question(plainRead(path, predicate), records.records)
        : undefined;
    const isBelow = (path: string, prefix: string) =>
      prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
    const behind = ({ after }: Page) => {
      return ({ key }: { readonly key: Uint8Array }) =>
        after === undefined || Buffer.compare(key, after) > 0;
    };
    const place = this.#log.stored[size - 1]?.placed.place;
    const rootPrefix = rootAt(size).slice(0, 8);
    const snapshot: Partial<ViewSnapshot> = {
      applied: () => (place ? { size, rootPrefix, recorded: place.recorded } : undefined),
      frontier: () =>
        place ? encodeFrontier([{ logId, size, rootPrefix, next: size }]) : new Uint8Array(0),
      worldStamp: records.records.length,
      worldRoot: root,
      worldRecords: () => records.records,
      question,
      questions: (range) =>
        keyed
          .filter(behind(range))
          .filter(({ path }) => isBelow(path, range.prefix ?? ""))
          .filter(({ predicate }) => (range.predicate ?? predicate) === predicate)
          .slice(0, range.limit)
          .map(({ path, predicate }) => question(path, predicate) as StoredQuestion),
      predicatesOf: (path) => keyed.flatMap((one) => (one.path === path ? [one.predicate] : [])),
      concepts: (range: ConceptRange) =>
        [...new Set(keyed.map(({ path }) => path))]
          .filter((path) => isBelow(path, range.prefix))
          .map((conceptPath) => ({
            conceptPath,
            predicates: snapshot.predicatesOf?.(conceptPath) ?? [],
            claimCount: claims.filter((one) => one.conceptPath === conceptPath).length,
            hasChildren: false,
            key: new Uint8Array(Buffer.from(conceptPath)),
          }))
          .filter(behind(range))
          .slice(0, range.limit),
      outcomesFor: () =>
        inputsOf(entries, { ...asked, question: { conceptPath: "", predicate: "" } }).outcomes,
      redactedCount: () => 0,
      assertionsOf: (of, page) => {
        const rows = entries
          .filter(({ fields }) => fields.body.kind === "assertion")
          .filter(({ fields }) =>
            of.kind === "author"
              ? toHex(fields.author) === toHex(of.author)
              : fields.body.kind === "assertion" && fields.body.source.id === of.sourceId,
          )
          .map(({ place: at }) => ({ ...at, key: Uint8Array.of(at.index >> 8, at.index) }));
        const after = page.after;
        if (page.isBackward) rows.reverse();
        const isBehind = ({ key }: { readonly key: Uint8Array }) => {
          if (after === undefined) return true;
          const order = Buffer.compare(key, after);
          return page.isBackward ? order < 0 : order > 0;
        };
        return rows.filter(isBehind).slice(0, page.limit);
      },
      sources: (page) =>
        [...new Set(claims.map(({ source }) => source.id))]
          .sort()
          .map((sourceId) => ({
            sourceId,
            claimCount: claims.filter(({ source }) => source.id === sourceId).length,
            key: new Uint8Array(Buffer.from(sourceId)),
          }))
          .filter(behind(page))
          .slice(0, page.limit),
    };
    return snapshot as ViewSnapshot;
  }

  #question(
    { history, root }: ReturnType<typeof inputsOf>,
    records: readonly WorldRecord[],
  ): StoredQuestion {
    const { conceptPath, predicate, candidates, acts } = history;
    const latest = candidates.at(-1)?.recorded ?? 0n;
    return {
      conceptPath,
      predicate,
      claimCount: candidates.length,
      conflictMillionths: 0,
      valueCount: 0,
      latest,
      key: questionKey(conceptPath, predicate),
      records: () => ({ candidates, acts }),
      claim: (ordinal) => candidates[ordinal] as Candidate,
      piece: () => {
        throw new Error("the model has no rows");
      },
      ruling: (lens: MaterialisedLens, { evaluatedAtMs }): Ruling | undefined => {
        if (!this.keepsRulings) return undefined;
        this.rulingsGiven.push(`${conceptPath} ${predicate} ${lens}`);
        const world = World.fold({ root, records, cut: everything });
        const input = { history, world, outcomes: [], parameters: { decay: "none" } as const };
        const weighed = weigh({ ...input, cut: everything, evaluatedAtMs });
        const [only] = weighed;
        if (only === undefined || only.isManyValued) return undefined;
        return rule(lens, only);
      },
    };
  }
}
