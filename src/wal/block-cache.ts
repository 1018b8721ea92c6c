/**
 * The blocks that were written last, for readers at the live end: bounded in bytes, contiguous,
 * oldest out first. The newest block stays, whatever its size.
 */
import { assert } from "../invariant/assert.js";
import type { Block } from "./block.js";

/** A block's entries cost more than its payload: its offsets, and its leaf hashes. */
const bytesPerEntry = 4 + 32;

const costOf = (block: Block): number => block.payloadBytes + block.count * bytesPerEntry;

export class BlockCache {
  private readonly bytesMax: number;
  private blocks: Block[] = [];
  private head = 0;
  private bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  add(block: Block): void {
    const last = this.blocks.at(-1);
    assert(
      last === undefined || last.firstIndex + last.count === block.firstIndex,
      "blocks follow each other",
    );
    this.blocks.push(block);
    this.bytes += costOf(block);
    while (this.bytes > this.bytesMax && this.blocks.length - this.head > 1) {
      this.bytes -= costOf(this.blocks[this.head] as Block);
      this.head += 1;
    }
    if (this.head > 1024 && this.head * 2 > this.blocks.length) this.compact();
    else if (this.head > 0) this.forget();
  }

  /** The block that holds an index, if it is a recent one. */
  find(index: number): Block | undefined {
    const { blocks } = this;
    const last = blocks.at(-1);
    if (last === undefined || index >= last.firstIndex + last.count) return undefined;
    if (index >= last.firstIndex) return last;
    let low = this.head;
    let high = blocks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((blocks[middle] as Block).firstIndex <= index) low = middle + 1;
      else high = middle;
    }
    return low > this.head ? blocks[low - 1] : undefined;
  }

  private compact(): void {
    this.blocks = this.blocks.slice(this.head);
    this.head = 0;
  }

  /** Dropped blocks are not kept alive by their places. */
  private forget(): void {
    const oldest = this.blocks[this.head] as Block;
    for (let i = this.head - 1; i >= 0 && this.blocks[i] !== oldest; i--) {
      this.blocks[i] = oldest;
    }
  }
}
