/**
 * The log as an observable of batches: what a projection applies in one transaction.
 *
 *     told: there is more ─┐
 *     log files ── cursor ─┴─▶ blocks ─▶ batch ─▶ (subscriber applies it) ─▶ the next is pulled
 *
 * Nothing is read before the subscriber is done with what it has: there is no queue to bound. At
 * the end of the log a batch is one new block or a few; with much to read it is as large as the
 * pace says. Replaying and following are the same.
 */
import { from, Observable } from "rxjs";
import { nextTurn } from "../host/clock.js";
import type { CommittedEntries } from "../views/view-types.js";
import type { Block } from "../wal/block.js";
import type { Progress } from "./progress.js";

const MiB = 1024 * 1024;
/** Of the log that is in memory at once. */
const batchBytesMax = 32 * MiB;

export interface BlockCursor {
  readonly nextIndex: number;
  /** `undefined` at the durable end. Throws where a block cannot be read; may be called again. */
  next(): Promise<Block | undefined>;
  close(): Promise<void>;
}

/** Where blocks come from. */
export interface BlockSource {
  cursor(fromIndex: number): BlockCursor;
}

/** Whole blocks that follow each other. */
export interface Batch {
  readonly blocks: readonly CommittedEntries[];
  /** First index. */
  readonly start: number;
  /** Behind the last. */
  readonly end: number;
}

export interface BatchesOptions {
  readonly source: BlockSource;
  readonly translate: (block: Block) => CommittedEntries;
  readonly from: number;
  /** Where to wait: nothing that begins there or behind is pulled. Asked again and again. */
  readonly end: () => number;
  /** How many entries a batch should have. */
  readonly entriesMax: () => number;
  readonly progress: Progress;
  /** Called at the end; where it returns `true` there is more to do before waiting. */
  readonly atEnd?: () => boolean;
}

/** Never completes. Errs with what the source throws, after all blocks before were handed out. */
export const batchesFrom = (options: BatchesOptions): Observable<Batch> =>
  new Observable((subscriber) => {
    const ending = new AbortController();
    const pulled = from(pull(options, ending.signal)).subscribe(subscriber);
    return () => {
      ending.abort();
      pulled.unsubscribe();
    };
  });

async function* pull(options: BatchesOptions, signal: AbortSignal): AsyncGenerator<Batch, void> {
  const { progress } = options;
  const cursor = options.source.cursor(options.from);
  try {
    while (!signal.aborted) {
      const { version } = progress;
      const batch = await pullBatch(options, cursor);
      if (batch !== undefined) yield batch;
      else if (options.atEnd?.() !== true) {
        await progress.past(version, signal);
        continue;
      }
      // Messages of the main process have their turn between two transactions.
      await nextTurn();
    }
  } finally {
    await cursor.close();
  }
}

async function pullBatch(options: BatchesOptions, cursor: BlockCursor): Promise<Batch | undefined> {
  const { translate, end, entriesMax } = options;
  const start = cursor.nextIndex;
  const blocks: CommittedEntries[] = [];
  let bytes = 0;
  while (cursor.nextIndex < end()) {
    const block = await cursor.next().catch((error: unknown) => {
      // What stands before the block that cannot be read is applied first.
      if (blocks.length === 0) throw error;
      return undefined;
    });
    if (block === undefined) break;
    blocks.push(translate(block));
    bytes += block.payloadBytes;
    if (cursor.nextIndex - start >= entriesMax() || bytes >= batchBytesMax) break;
  }
  return blocks.length === 0 ? undefined : { blocks, start, end: cursor.nextIndex };
}
