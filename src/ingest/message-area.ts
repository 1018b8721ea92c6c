/**
 * The memory that one admission thread and the main thread look at together, in pages.
 *
 *     | reserved by the hashing module | scratch | page | page | page | …
 *
 * A message from the network is copied once into a range of pages; admission leaves what it found
 * (ids, roots, gathered entries, a table of batches) behind it in the same range; the log copies
 * from there into its block. The range is released when the outcome of the request is known.
 *
 * Invariants:
 *
 * - A page belongs to at most one range. Only the main thread acquires and releases.
 * - Memory in flight is bounded by the area: where nothing is free, `acquire` says so, and the
 *   caller stops reading from its peer.
 */
import { assert } from "../invariant/assert.js";

export interface AreaRange {
  readonly start: number;
  readonly bytes: number;
}

export const areaPageBytes = 32 * 1024;

export class MessageArea {
  readonly #used: Uint8Array;
  readonly #firstPage: number;
  #next = 0;
  #usedPages = 0;

  /** @param reserved bytes at the beginning that are not handed out */
  constructor(options: { readonly bytes: number; readonly reserved: number }) {
    this.#firstPage = Math.ceil(options.reserved / areaPageBytes);
    const pages = Math.floor(options.bytes / areaPageBytes) - this.#firstPage;
    assert(pages > 0, "an area has room for a page");
    this.#used = new Uint8Array(pages);
  }

  /** Bytes that are neither reserved nor in use. */
  get freeBytes(): number {
    return (this.#used.length - this.#usedPages) * areaPageBytes;
  }

  get isIdle(): boolean {
    return this.#usedPages === 0;
  }

  /** Next fit: ranges are released about in the order in which they were acquired. */
  acquire(bytes: number): AreaRange | undefined {
    const pages = Math.max(1, Math.ceil(bytes / areaPageBytes));
    const page = this.#find(pages, this.#next) ?? this.#find(pages, 0);
    if (page === undefined) return undefined;
    this.#used.fill(1, page, page + pages);
    this.#usedPages += pages;
    this.#next = page + pages;
    return { start: (this.#firstPage + page) * areaPageBytes, bytes: pages * areaPageBytes };
  }

  release(range: AreaRange): void {
    const page = range.start / areaPageBytes - this.#firstPage;
    const pages = range.bytes / areaPageBytes;
    for (let at = page; at < page + pages; at++) {
      assert(this.#used[at] === 1, "a released page was in use");
      this.#used[at] = 0;
    }
    this.#usedPages -= pages;
  }

  #find(pages: number, from: number): number | undefined {
    let run = 0;
    for (let at = from; at < this.#used.length; at++) {
      run = this.#used[at] === 0 ? run + 1 : 0;
      if (run === pages) return at - pages + 1;
    }
    return undefined;
  }
}
