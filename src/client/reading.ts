/** A bounded range of a log: read once, to its end or until it is left. */
import { Fault } from "../model/fault.js";
import type { LogId } from "../model/position.js";
import { LogServiceService, ReadRequest } from "../wire/steme/v1/log_service.js";
import { type Connection, cancelledFault } from "./connection.js";
import { type EntriesFrame, entriesFrameOf } from "./entries-frame.js";
import type { EntryRecord } from "./entry-record.js";
import { FrameReader } from "./frame-reader.js";
import { readStatus } from "./node-status.js";
import { type FilterInput, filterOf } from "./start-and-filter.js";
import { lengthEnd } from "./subscription-event.js";

export interface ReadOptions {
  /**
   * Forwards: the first index that is read. Backwards: the first that is *not* read any more,
   * counted from above; the log's size reads from its end. Absent: 0, or the log's size.
   */
  readonly from?: number;
  /** At most this many entries are sent: 1 to 1,000,000. */
  readonly count: number;
  /** Newest first. */
  readonly backwards?: boolean;
  readonly filter?: FilterInput | undefined;
  /** Absent: the node's own. */
  readonly logId?: LogId;
  /** Gives up after this long; absent: never. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** `ReadResponse.entries`: field 1, length-delimited. */
const ENTRIES_TAG = 0x0a;

export class Reading implements AsyncIterable<EntryRecord> {
  readonly #connection: Connection;
  readonly #options: ReadOptions;

  constructor(connection: Connection, options: ReadOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The entries in the order asked for. */
  async *[Symbol.asyncIterator](): AsyncGenerator<EntryRecord, void, undefined> {
    for await (const frame of this.frames()) {
      for (let place = 0; place < frame.count; place++) {
        yield frame.record(this.#options.backwards === true ? frame.count - 1 - place : place);
      }
    }
  }

  /** The same in runs; where reading backwards, each run still stands in ascending order. */
  async *frames(): AsyncGenerator<EntriesFrame, void, undefined> {
    const { signal } = this.#options;
    if (signal?.aborted === true) throw cancelledFault(signal.reason);
    const reader = this.#open(await this.#from());
    const cancel = () =>
      reader.cancel({ fault: cancelledFault(signal?.reason), isTransient: false });
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      for (;;) {
        const message = reader.read();
        if (message !== undefined) yield frameIn(message);
        else if (reader.over === undefined) {
          await reader.wait(this.#connection.options.clock, undefined);
        } else if (reader.over.failure !== undefined) throw reader.over.failure.fault;
        else return;
      }
    } finally {
      signal?.removeEventListener("abort", cancel);
      if (reader.over === undefined) reader.cancel();
    }
  }

  /** Backwards from the end: where that is, the node's status says. */
  async #from(): Promise<number> {
    const { from, backwards = false, signal } = this.#options;
    if (from !== undefined || !backwards) return from ?? 0;
    return (await readStatus(this.#connection, { signal })).size;
  }

  #open(from: number): FrameReader {
    const { count, backwards = false, filter, logId, timeoutMs } = this.#options;
    const request = ReadRequest.encode({
      logId: logId === undefined ? undefined : Buffer.from(logId),
      fromIndex: wholeOf("from", from),
      count: wholeOf("count", count),
      backwards,
      filter: filterOf(filter),
    }).finish();
    const limits = timeoutMs === undefined ? {} : { timeoutMs };
    const { path } = LogServiceService.read;
    return new FrameReader(this.#connection.readableCall(path, request, limits));
  }
}

function frameIn(message: Buffer): EntriesFrame {
  const start = message[0] === ENTRIES_TAG ? lengthEnd(message) : undefined;
  if (start === undefined)
    throw new Fault("MESSAGE_MALFORMED", "a frame of the range is malformed");
  return entriesFrameOf(message, start, message.length);
}

function wholeOf(field: string, value: number): bigint {
  if (Number.isSafeInteger(value) && value >= 0) return BigInt(value);
  throw new Fault("ARGUMENT_INVALID", `${field} is not a whole number`, {
    field,
    limit: "0..2^53-1",
    value,
  });
}
