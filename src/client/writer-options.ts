/** The options of a writer, all of them: `client.writer` fills in the presets. */
import type { Random } from "../host/random.js";
import { Fault } from "../model/fault.js";
import { batchBytesMax, batchEntriesMax, entryBytesMax, integerMax } from "../model/limits.js";
import { writerBytes } from "../model/position.js";
import type { Level } from "./append-request.js";
import type { KeyPair } from "./key-pair.js";

export interface WriterOptions {
  /** Who speaks. */
  readonly keys: KeyPair;
  /** When a receipt comes. */
  readonly level: Level;
  /** How long a single append waits for others that may share its batch; 0: for this turn only. */
  readonly lingerMs: number;
  /** Most entries of a batch of single appends: 1 to 4,096. */
  readonly batchEntriesMax: number;
  /** Most entry bytes of such a batch: 65,535 to 1 MiB. */
  readonly batchBytesMax: number;
  /** Most entries taken and not settled; further appends wait. */
  readonly unsettledEntriesMax: number;
  /** The same in bytes. */
  readonly unsettledBytesMax: number;
  /** Most entries that wait; further appends are refused with OVERLOADED. */
  readonly waitingEntriesMax: number;
  /** Most bytes sent and not answered. */
  readonly inFlightBytesMax: number;
  /** Small batches that wait are sent together, up to this size. */
  readonly requestBytesMax: number;
  /** How long a batch is tried again after its first failure. */
  readonly retryMsMax: number;
  /** First and longest delay between tries. */
  readonly retryDelayMsMin: number;
  readonly retryDelayMsMax: number;
  /** A call on which nothing is answered for this long is given up, and resumed on a new one. */
  readonly replyMsMax: number;
  /** How long one try to connect may take. */
  readonly connectMsMax: number;
  /** 16 bytes that name the line of sequences. */
  readonly writerId: Uint8Array;
  /** Where the sequences begin: 1 for a new writer. */
  readonly firstSequence: number;
  /** Aborts the writer: what is not settled is rejected. */
  readonly signal?: AbortSignal | undefined;
}

/** What `client.writer` takes: keys, and whatever differs from the presets. */
export type WriterInput = Partial<WriterOptions> & Pick<WriterOptions, "keys">;

const MiB = 1024 * 1024;

export const writerPresets: Omit<WriterOptions, "keys" | "writerId"> = {
  level: "default",
  lingerMs: 2,
  batchEntriesMax: 256,
  batchBytesMax: MiB / 4,
  unsettledEntriesMax: 16_384,
  unsettledBytesMax: 8 * MiB,
  waitingEntriesMax: 1_000_000,
  inFlightBytesMax: MiB,
  requestBytesMax: MiB / 2,
  retryMsMax: 60_000,
  retryDelayMsMin: 20,
  retryDelayMsMax: 1_000,
  replyMsMax: 30_000,
  connectMsMax: 2_000,
  firstSequence: 1,
};

/** Throws ARGUMENT_INVALID, with field, limit and value. */
export function writerOptions(given: WriterInput, random: Random): WriterOptions {
  const writerId = given.writerId ?? random.bytes(writerBytes);
  const options = { ...writerPresets, ...given, writerId };
  check("batchEntriesMax", options.batchEntriesMax, 1, batchEntriesMax);
  check("batchBytesMax", options.batchBytesMax, entryBytesMax, batchBytesMax);
  check("lingerMs", options.lingerMs, 0, 60_000);
  check("unsettledEntriesMax", options.unsettledEntriesMax, 1, integerMax);
  check("unsettledBytesMax", options.unsettledBytesMax, 1, integerMax);
  check("waitingEntriesMax", options.waitingEntriesMax, 0, integerMax);
  check("inFlightBytesMax", options.inFlightBytesMax, 1, integerMax);
  check("requestBytesMax", options.requestBytesMax, 1, MiB);
  check("firstSequence", options.firstSequence, 1, integerMax);
  check("writerId.length", options.writerId.length, writerBytes, writerBytes);
  return options;
}

function check(field: string, value: number, min: number, max: number): void {
  if (value >= min && value <= max) return;
  const limit = min === max ? String(min) : `${min}..${max}`;
  throw new Fault("ARGUMENT_INVALID", `${field} is outside its limits`, { field, limit, value });
}
