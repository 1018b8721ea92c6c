/**
 * The ids of a block's entries, hashed four at a time.
 *
 * A leaf hash covers a zero byte in front of the entry, and entries stand one behind the other. So
 * every second entry is hashed with the last byte of its neighbour overwritten, then the bytes are
 * copied anew and the others follow: two copies of a stretch instead of one per entry.
 */
import { openSha256Lanes, type Sha256Lanes } from "../crypto/sha256-lanes.js";
import { entryBytesMax } from "../model/limits.js";
import { entryIdBytes } from "../model/position.js";
import type { Block } from "./block.js";

const stretchEntriesMax = 4096;
const stretchBytesMax = 512 * 1024;
const TABLE_ROW_BYTES = 8;

// The area: a zero byte and the stretch, the table of one half, the ids of both.
const stretchAt = 1;
const tableAt = 4 * Math.ceil((stretchAt + stretchBytesMax + entryBytesMax) / 4);
const idsAt = tableAt + (stretchEntriesMax / 2) * TABLE_ROW_BYTES;
const halfBytes = (stretchEntriesMax / 2) * entryIdBytes;
const areaBytes = idsAt + 2 * halfBytes;

/** Takes the id of entry `i`, which stands in `bytes` at `at` until the visit returns. */
export type IdVisitor = (i: number, bytes: Uint8Array, at: number) => void;

export class BlockHasher {
  readonly #lanes: Sha256Lanes = openSha256Lanes({ bytes: areaBytes });
  readonly #view = new DataView(this.#lanes.bytes.buffer, this.#lanes.bytes.byteOffset);

  /** Visits the ids of all entries in their order. */
  visit(block: Block, visitor: IdVisitor): void {
    for (let start = 0; start < block.count; ) {
      const end = stretchEnd(block, start);
      this.#hashHalf(block, start, end, 0);
      this.#hashHalf(block, start, end, 1);
      for (let i = start; i < end; i++) {
        const known = block.leaf(i);
        if (known !== undefined) visitor(i, known, 0);
        else {
          const half = (i - start) & 1;
          visitor(i, this.#lanes.bytes, idsAt + half * halfBytes + ((i - start) >> 1) * 32);
        }
      }
      start = end;
    }
  }

  #hashHalf(block: Block, start: number, end: number, half: 0 | 1): void {
    const { bytes } = this.#lanes;
    const base = block.offset(start);
    const last = end - 1;
    bytes.set(block.bytes.subarray(base, block.offset(last) + block.length(last)), stretchAt);
    let count = 0;
    for (let i = start + half; i < end; i += 2) {
      const at = stretchAt + block.offset(i) - base - 1;
      bytes[at] = 0;
      this.#view.setUint32(tableAt + count * TABLE_ROW_BYTES, at, true);
      this.#view.setUint32(tableAt + count * TABLE_ROW_BYTES + 4, block.length(i) + 1, true);
      count += 1;
    }
    this.#lanes.many(tableAt, count, idsAt + half * halfBytes);
  }
}

function stretchEnd(block: Block, start: number): number {
  const base = block.offset(start);
  let end = start + 1;
  while (
    end < block.count &&
    end - start < stretchEntriesMax &&
    block.offset(end) - base < stretchBytesMax
  ) {
    end += 1;
  }
  return end;
}
