/**
 * Feeds the index's thread with the newest segment, while somebody asks for what stands in it.
 *
 *     segment        fed                       size
 *     |--------------|.........................|
 *      repeats known   read by a cursor when somebody waits for it
 *
 * Nothing is fed that nobody asks for: an append costs nothing here. Blocks that were just written
 * bring the ids of their entries along; of others the stored bytes are sent, and hashed there.
 *
 * Invariants:
 *
 * - The thread is not told that a segment is sealed while it is being fed with it: so feeding goes
 *   up to a segment's very end, and its table is made of what is at hand.
 * - After a fault the segment is fed anew: what the thread has of it may be half.
 */
import { isFault } from "../model/fault.js";
import type { Block } from "../wal/block.js";
import type { BlockCursor } from "../wal/block-reader.js";
import type { Log } from "../wal/log.js";
import type { FedBlock } from "./id-messages.js";
import type { IdThread } from "./id-thread.js";
import { KnownRepeats } from "./known-repeats.js";

const feedEntriesMax = 16_384;
const feedBytesMax = 1024 * 1024;

class Fed {
  /** First index of the segment. */
  readonly segment: number;
  readonly repeats = new KnownRepeats();
  isStart = true;
  /** Behind the last entry whose repeats are known. */
  size: number;
  /** Behind the last entry that was read. */
  next: number;
  cursor: BlockCursor;

  constructor(log: Log, segment: number) {
    this.segment = segment;
    this.size = segment;
    this.next = segment;
    this.cursor = log.cursor(segment);
  }
}

export class LiveFeed {
  readonly #log: Log;
  readonly #thread: IdThread;
  /** What the thread was told of. */
  #segments: Log["segments"] = [];
  #starts: readonly number[] = [];
  #fed: Fed | undefined;
  #feeding: Promise<void> | undefined;
  #wantedSize = 0;

  constructor(log: Log, thread: IdThread) {
    this.#log = log;
    this.#thread = thread;
    this.#tellNow();
  }

  /** First indexes of the segments that the thread knows: all but the last are sealed. */
  get starts(): readonly number[] {
    return this.#starts;
  }

  /** Tells the thread of new segments; while it is fed, that is done at the segment's end. */
  tell(): void {
    if (this.#feeding === undefined) this.#tellNow();
  }

  /** The repeats of the newest segment, where they are known up to a size. */
  repeats(segment: number, size: number): KnownRepeats | undefined {
    const fed = this.#fed;
    return fed?.segment === segment && fed.size >= size ? fed.repeats : undefined;
  }

  /**
   * Feeds the newest segment up to a size. Callers look again behind it: it may have been sealed,
   * or a feed that was about to end was joined.
   */
  async through(size: number): Promise<void> {
    this.#wantedSize = Math.max(this.#wantedSize, size);
    this.#feeding ??= this.#feed().finally(() => {
      this.#feeding = undefined;
      this.#wantedSize = 0;
      this.#tellNow();
    });
    await this.#feeding;
  }

  #tellNow(): void {
    if (this.#log.segments === this.#segments) return;
    this.#segments = this.#log.segments;
    this.#starts = this.#segments.map(({ firstIndex }) => firstIndex);
    // Where the thread has ended, whatever is asked next says so.
    this.#thread.ask({ kind: "segments", starts: this.#starts }).catch(() => {});
  }

  async #feed(): Promise<void> {
    try {
      for (;;) {
        const fed = this.#current();
        const end = this.#endOf(fed.segment);
        if (fed.size >= this.#wantedSize) return;
        if (fed.size === end) this.#tellNow();
        else await this.#send(fed, await this.#read(fed, end ?? this.#log.size));
      }
    } catch (error) {
      this.#fed = undefined;
      throw error;
    }
  }

  /** Where feeding goes on: in the newest segment that the thread knows of. */
  #current(): Fed {
    const newest = this.#starts.at(-1) ?? 0;
    if (this.#fed?.segment !== newest) this.#fed = new Fed(this.#log, newest);
    return this.#fed;
  }

  async #send(fed: Fed, blocks: readonly Block[]): Promise<void> {
    const { segment, isStart, next } = fed;
    const parts = blocks.map(fedBlock);
    const transfer = parts.map((part) => ("ids" in part ? part.ids : part.payload).buffer);
    const request = { kind: "feed", segment, isStart, end: next, blocks: parts } as const;
    const found = await this.#thread.ask<"feed">(request, transfer);
    if (found === undefined) {
      this.#fed = undefined;
      return;
    }
    fed.repeats.add(found);
    fed.isStart = false;
    fed.size = next;
  }

  /** Some blocks behind what was fed. */
  async #read(fed: Fed, end: number): Promise<readonly Block[]> {
    const blocks: Block[] = [];
    let entries = 0;
    let bytes = 0;
    while (entries < feedEntriesMax && bytes < feedBytesMax) {
      const block = await this.#next(fed, end);
      if (block === undefined) break;
      blocks.push(block);
      entries += block.count;
      if (block.leaves === undefined) bytes += block.payloadBytes;
    }
    return blocks;
  }

  /** The next block; what cannot be read is passed over, in growing steps. */
  async #next(fed: Fed, end: number): Promise<Block | undefined> {
    for (let step = 1; fed.next < end; step *= 2) {
      try {
        const block = await fed.cursor.next();
        if (block === undefined) return undefined;
        fed.next = block.firstIndex + block.count;
        return block;
      } catch (error) {
        if (!isFault(error, "LOG_CORRUPT")) throw error;
        fed.next = Math.min(end, fed.next + step);
        fed.cursor = this.#log.cursor(fed.next);
      }
    }
    return undefined;
  }

  #endOf(segment: number): number | undefined {
    return this.#log.segments.find(({ firstIndex }) => firstIndex > segment)?.firstIndex;
  }
}

/** Copies, for the thread to own: the block's bytes are shared with readers. */
function fedBlock(block: Block): FedBlock {
  const { firstIndex, leaves, statement, hybridTime } = block;
  if (leaves !== undefined) return { firstIndex, ids: new Uint8Array(leaves) };
  const { logId, root, signature } = statement;
  const copies = { logId: logId.slice(), root: root.slice(), signature: signature.slice() };
  const payload = new Uint8Array(block.bytes);
  return { firstIndex, statement: { ...statement, ...copies }, hybridTime, payload };
}
