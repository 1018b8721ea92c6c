/**
 * Writes protobuf from the end to the beginning, so that the length of a nested message is known
 * when its header is written, and nothing is moved.
 *
 *     | free …                | at → tag | length | content written before |
 *
 * The area is used again for every entry. The encoder bounds each field before it writes it, so
 * that what one entry's fields can hold together fits the area.
 */
import { assert } from "../invariant/assert.js";

/** More than all fields of an assertion at their largest. */
const areaBytes = 160 * 1024;
/** Up to this length a loop beats the call into the engine's encoder. */
const loopCharactersMax = 48;

export class EntryWriter {
  readonly area: Uint8Array;
  /** Where what is written begins; it ends where the area does. */
  at: number;
  readonly #buffer: Buffer;
  readonly #view: DataView;

  constructor() {
    this.area = new Uint8Array(areaBytes);
    this.at = areaBytes;
    this.#buffer = Buffer.from(this.area.buffer);
    this.#view = new DataView(this.area.buffer);
  }

  get end(): number {
    return areaBytes;
  }

  clear(): void {
    this.at = areaBytes;
  }

  /** An integer from 0 to 2^53. */
  varint(value: number): void {
    if (value < 0x80) {
      this.area[this.#down(1)] = value;
      return;
    }
    let width = 1;
    for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) width++;
    let place = this.#down(width);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.area[place++] = (rest % 0x80) | 0x80;
    this.area[place] = rest;
  }

  /** An unsigned 64-bit integer. */
  varint64(value: bigint): void {
    let width = 1;
    for (let rest = value >> 7n; rest > 0n; rest >>= 7n) width++;
    let place = this.#down(width);
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) this.area[place++] = Number(rest & 0x7fn) | 0x80;
    this.area[place] = Number(rest);
  }

  fixed64(value: bigint): void {
    this.#view.setBigUint64(this.#down(8), value, true);
  }

  double(value: number): void {
    this.#view.setFloat64(this.#down(8), value, true);
  }

  float(value: number): void {
    this.#view.setFloat32(this.#down(4), value, true);
  }

  bytes(content: Uint8Array): void {
    this.area.set(content, this.#down(content.length));
  }

  /** UTF-8. The text is well-formed UTF-16. */
  text(content: string): void {
    const length = content.length;
    if (length <= loopCharactersMax) {
      let place = this.at - length;
      assert(place >= 0, "the area holds the largest entry");
      let all = 0;
      for (let i = 0; i < length; i++) {
        const unit = content.charCodeAt(i);
        all |= unit;
        this.area[place++] = unit;
      }
      if (all < 0x80) {
        this.at -= length;
        return;
      }
    }
    const bytes = Buffer.byteLength(content);
    this.#buffer.write(content, this.#down(bytes), bytes, "utf8");
  }

  #down(bytes: number): number {
    const at = this.at - bytes;
    assert(at >= 0, "the area holds the largest entry");
    this.at = at;
    return at;
  }
}
