/**
 * Steps through the fields of a message that a scanner has accepted, without allocating.
 *
 * It trusts the bytes: structure was checked before. Reading a field's content follows its rule.
 */
import { assert } from "../invariant/assert.js";
import { VarintReader } from "./varint-reader.js";

export class FieldCursor {
  /** Number of the field that the cursor stands on. */
  number: number;
  wireType: number;
  /** Where its content lies: bytes of a length-delimited or fixed field, or of a varint. */
  start: number;
  end: number;
  /** Its value, where it is a varint. */
  readonly varint: VarintReader;
  #bytes: Uint8Array;
  #messageEnd: number;

  constructor() {
    this.number = 0;
    this.wireType = 0;
    this.start = 0;
    this.end = 0;
    this.varint = new VarintReader();
    this.#bytes = new Uint8Array(0);
    this.#messageEnd = 0;
  }

  /** Stands before the first field of the message in `bytes[start..end)`. */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#messageEnd = end;
    this.number = 0;
    this.end = start;
  }

  /** Steps to the next field; `false` behind the last. */
  next(): boolean {
    if (this.end >= this.#messageEnd) return false;
    const behindTag = this.varint.read(this.#bytes, this.end, this.#messageEnd);
    const tag = this.varint.low >>> 0;
    this.number = tag >>> 3;
    this.wireType = tag & 7;
    this.start = behindTag;
    if (this.wireType === 1) this.end = behindTag + 8;
    else {
      const behindVarint = this.varint.read(this.#bytes, behindTag, this.#messageEnd);
      this.end = behindVarint;
      if (this.wireType === 2) {
        this.start = behindVarint;
        this.end = behindVarint + this.varint.value();
      }
    }
    assert(behindTag > 0 && this.end > 0 && this.end <= this.#messageEnd, "fields were scanned");
    return true;
  }

  /** Finds a field of the message; `false` where it is absent. */
  find(bytes: Uint8Array, start: number, end: number, number: number): boolean {
    this.open(bytes, start, end);
    while (this.next()) if (this.number === number) return true;
    return false;
  }
}
