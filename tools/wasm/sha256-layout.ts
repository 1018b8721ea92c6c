/**
 * Where the module of the SHA-256 lanes keeps things in its page of scratch, and the numbers of
 * FIPS 180-4 (section 4.2.2 and 5.3.3).
 *
 *       0  round constants, 64 x u32     \
 *     256  initial state, 8 x u32         | written when the module is instantiated
 *     288  byte order mask, 16 B          |
 *     304  the same, one byte up          /
 *     512  ring of the message schedule: 16 vectors, word t of four lanes in vector t mod 16
 *     768  state: 8 vectors, a..h of four lanes
 *    1024  last blocks of the four lanes' messages: 256 B each (128, and what stores overrun)
 */
import { assert } from "../../src/invariant/assert.js";
import type { Code } from "./assembler.js";

export const layout = {
  constants: 0,
  initial: 256,
  mask: 288,
  prefixMask: 304,
  ring: 512,
  state: 768,
  tails: 1024,
  tailBytes: 256,
} as const;

export const roundConstants: readonly number[] = firstPrimes(64).map((prime) =>
  fractionBits(BigInt(prime), 3n),
);
const initialState: readonly number[] = firstPrimes(8).map((prime) =>
  fractionBits(BigInt(prime), 2n),
);
assert(roundConstants[0] === 0x428a2f98 && roundConstants[63] === 0xc67178f2, "FIPS 180-4 4.2.2");
assert(initialState[0] === 0x6a09e667 && initialState[7] === 0x5be0cd19, "FIPS 180-4 5.3.3");

/** The words of a message are big-endian and the machine's are little-endian. */
const byteOrderMask = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

/** The first words of a node, whose first byte (0 here) stands before its pair. */
const prefixMask = [2, 1, 0, 0xff, 6, 5, 4, 3, 10, 9, 8, 7, 14, 13, 12, 11];

/** What stands at the start of the scratch, from `layout.constants` to the masks' end. */
export const scratchData: Code = [
  ...[...roundConstants, ...initialState].flatMap((word) => [
    word & 0xff,
    (word >>> 8) & 0xff,
    (word >>> 16) & 0xff,
    word >>> 24,
  ]),
  ...byteOrderMask,
  ...prefixMask,
];
assert(scratchData.length === layout.prefixMask + 16, "the data stands where the layout says");

function firstPrimes(count: number): number[] {
  const primes: number[] = [];
  for (let candidate = 2; primes.length < count; candidate++) {
    if (primes.every((prime) => candidate % prime !== 0)) primes.push(candidate);
  }
  return primes;
}

/** The first 32 bits of the fraction of a number's square or cube root, by integers alone. */
function fractionBits(value: bigint, degree: 2n | 3n): number {
  const scaled = value << (32n * degree);
  let low = 0n;
  let high = 1n << 40n;
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (middle ** degree <= scaled) low = middle;
    else high = middle;
  }
  return Number(low & 0xffff_ffffn);
}
