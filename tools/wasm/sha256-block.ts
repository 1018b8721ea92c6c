/**
 * Parts of the functions that bring blocks to the compression: the locals they share, and the turn
 * from four messages of words, one behind the other, to vectors with one word of each message.
 */
import * as wasm from "./assembler.js";
import { layout } from "./sha256-layout.js";

type Code = wasm.Code;
type Local = wasm.Local;

const { get, set, i32, plus } = wasm;
export const lanes = [0, 1, 2, 3] as const;

/** Imported globals: where this instance's scratch starts, and where the area ends. */
export const globalNames = ["scratch", "limit"] as const;
const SCRATCH = 0;
export const LIMIT = 1;

/** Indexes of the compressions among the module's functions. */
export const COMPRESS = 0;
export const COMPRESS_NODE_END = 1;

/** Hands out the places of a function's locals. */
export class Locals {
  readonly types: wasm.ValueType[] = [];
  readonly #parameterCount: number;

  constructor(parameterCount: number) {
    this.#parameterCount = parameterCount;
  }

  take(type: wasm.ValueType): Local {
    this.types.push(type);
    return this.#parameterCount + this.types.length - 1;
  }
}

export const increase = (local: Local, by: number): Code => set(local, plus(get(local), i32(by)));

/** Puts the initial state into all lanes. */
export const resetState = (scratch: Local): Code =>
  wasm.sequence(
    ...Array.from({ length: 8 }, (_, word) =>
      wasm.store(
        get(scratch),
        wasm.loadSplat(get(scratch), layout.initial + word * 4),
        layout.state + word * 16,
      ),
    ),
  );

/** Four vectors of four words each: code that prepares, then code for each column of the four. */
export function transpose(
  rows: readonly Local[],
  halves: readonly Local[],
): { readonly prepare: Code; readonly columns: readonly Code[] } {
  const [a, b, c, d] = rows as [Local, Local, Local, Local];
  const [p, q, r, s] = halves as [Local, Local, Local, Local];
  const low = [0, 4, 1, 5];
  const high = [2, 6, 3, 7];
  const prepare = wasm.sequence(
    set(p, wasm.shuffleWords(get(a), get(c), low)),
    set(q, wasm.shuffleWords(get(b), get(d), low)),
    set(r, wasm.shuffleWords(get(a), get(c), high)),
    set(s, wasm.shuffleWords(get(b), get(d), high)),
  );
  const columns = [
    wasm.shuffleWords(get(p), get(q), low),
    wasm.shuffleWords(get(p), get(q), high),
    wasm.shuffleWords(get(r), get(s), low),
    wasm.shuffleWords(get(r), get(s), high),
  ];
  return { prepare, columns };
}

export interface BlockLocals {
  readonly scratch: Local;
  readonly mask: Local;
  readonly rows: readonly Local[];
  readonly halves: readonly Local[];
}

export function takeBlockLocals(locals: Locals): BlockLocals {
  return {
    scratch: locals.take(wasm.I32),
    mask: locals.take(wasm.V128),
    rows: lanes.map(() => locals.take(wasm.V128)),
    halves: lanes.map(() => locals.take(wasm.V128)),
  };
}

export const openBlockLocals = ({ scratch, mask }: BlockLocals): Code =>
  wasm.sequence(
    set(scratch, wasm.globalGet(SCRATCH)),
    set(mask, wasm.load(get(scratch), layout.mask)),
  );

/** Fills the ring's words 4k..4k+3 from a vector of each lane, its bytes picked by the mask. */
export function fillRing(
  quarter: number,
  vectors: readonly Code[],
  block: BlockLocals,
  mask: Code = get(block.mask),
): Code {
  const { scratch, rows, halves } = block;
  const { prepare, columns } = transpose(rows, halves);
  return wasm.sequence(
    ...vectors.map((vector, lane) => set(rows[lane] ?? 0, wasm.swizzle(vector, mask))),
    prepare,
    ...columns.map((column, word) =>
      wasm.store(get(scratch), column, layout.ring + (quarter * 4 + word) * 16),
    ),
  );
}
