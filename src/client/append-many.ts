/**
 * Appends a source of any length with bounded memory: takes from it only while the writer has room
 * and its results are being read, and gives one result per item, in the order of the source.
 */
import { Fault } from "../model/fault.js";
import type { EntryInput } from "./entry-input.js";
import type { EntryReceipt } from "./outcome.js";
import { Queue } from "./queue.js";
import type { Writer } from "./writer.js";

/** What became of the `ordinal`-th item of the source, counted from 0. */
export type AppendResult =
  | { readonly ordinal: number; readonly receipt: EntryReceipt; readonly fault?: undefined }
  | { readonly ordinal: number; readonly receipt?: undefined; readonly fault: Fault };

export type EntrySource = Iterable<EntryInput> | AsyncIterable<EntryInput>;

export interface AppendManyOptions {
  /** Most results that wait to be read. */
  readonly resultsMax: number;
}

const presets: AppendManyOptions = { resultsMax: 16_384 };

/** A refused item does not stop the others. What the source throws ends it, after its results. */
export async function* appendMany(
  writer: Writer,
  source: EntrySource,
  options: AppendManyOptions = presets,
): AsyncGenerator<AppendResult, void, undefined> {
  const results = new Queue<Promise<AppendResult>>();
  const changed = new Bell();
  let isOver = false;
  let failure: unknown;

  const feed = async () => {
    let ordinal = 0;
    for await (const input of source) {
      await writer.capacity();
      while (results.length >= options.resultsMax && !isOver) await changed.rung();
      if (isOver) return;
      results.push(settledAppend(writer, input, ordinal++));
      changed.ring();
    }
  };
  const feeding = feed()
    .catch((error: unknown) => {
      failure = error;
    })
    .finally(() => {
      isOver = true;
      changed.ring();
    });

  try {
    for (;;) {
      const next = results.shift();
      if (next !== undefined) {
        changed.ring();
        yield await next;
      } else if (isOver) break;
      else await changed.rung();
    }
  } finally {
    isOver = true;
    changed.ring();
  }
  await feeding;
  if (failure !== undefined) throw failure;
}

async function settledAppend(
  writer: Writer,
  input: EntryInput,
  ordinal: number,
): Promise<AppendResult> {
  try {
    return { ordinal, receipt: await writer.append(input) };
  } catch (error) {
    if (error instanceof Fault) return { ordinal, fault: error };
    throw error;
  }
}

/** Wakes everybody who waits for it. */
class Bell {
  #sleepers: (() => void)[] = [];

  rung(): Promise<void> {
    return new Promise((resolve) => this.#sleepers.push(resolve));
  }

  ring(): void {
    const sleepers = this.#sleepers;
    if (sleepers.length === 0) return;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }
}
