/**
 * The bytes of a file at one moment, never changed: writing gives new contents that share all pages
 * but the touched ones. So thousands of states of a disk can be kept and derived from one another.
 */

/** What a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;
const PAGE_BYTES = 4096;
const zeros = new Uint8Array(PAGE_BYTES);

/** A page of zeros is not stored. */
type Page = Uint8Array | undefined;

const isZero = (bytes: Uint8Array): boolean => Buffer.compare(bytes, zeros) === 0;

export class Content {
  static readonly empty = new Content(0, []);

  readonly size: number;
  private readonly pages: readonly Page[];

  private constructor(size: number, pages: readonly Page[]) {
    this.size = size;
    this.pages = pages;
  }

  static of(bytes: Uint8Array): Content {
    return Content.empty.write(0, bytes);
  }

  write(offset: number, bytes: Uint8Array): Content {
    if (bytes.length === 0) return this;
    const pages = this.pages.slice();
    const end = offset + bytes.length;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / PAGE_BYTES);
      const start = at - index * PAGE_BYTES;
      const count = Math.min(PAGE_BYTES - start, end - at);
      const part = bytes.subarray(at - offset, at - offset + count);
      const page = Uint8Array.from(pages[index] ?? zeros);
      page.set(part, start);
      pages[index] = isZero(page) ? undefined : page;
      at += count;
    }
    return new Content(Math.max(this.size, end), pages);
  }

  truncate(size: number): Content {
    if (size >= this.size) return new Content(size, this.pages);
    const pages = this.pages.slice(0, Math.ceil(size / PAGE_BYTES));
    const last = Math.floor(size / PAGE_BYTES);
    const page = pages[last];
    // What is cut must not come back when the file grows again.
    if (page !== undefined) pages[last] = Uint8Array.from(page).fill(0, size - last * PAGE_BYTES);
    return new Content(size, pages);
  }

  /** Fills `target` from an offset; returns how many bytes there were before the end. */
  read(target: Uint8Array, offset: number): number {
    const count = Math.max(0, Math.min(target.length, this.size - offset));
    for (let done = 0; done < count; ) {
      const index = Math.floor((offset + done) / PAGE_BYTES);
      const start = offset + done - index * PAGE_BYTES;
      const part = Math.min(PAGE_BYTES - start, count - done);
      target.set((this.pages[index] ?? zeros).subarray(start, start + part), done);
      done += part;
    }
    return count;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    this.read(bytes, 0);
    return bytes;
  }
}
