/**
 * Writes the module of the SHA-256 lanes (its use: src/crypto/sha256-lanes.ts).
 *
 *     many(table, count, out) -> 0 or -1      nodes(pairs, count, out)      gather(...) -> bytes
 *
 * In `many` messages have different numbers of blocks, so the lanes are kept apart: each has its
 * own place in its own message, and one that is done writes its hash and takes the next message
 * while the others go on. No lane idles before the table's end, whatever the lengths.
 *
 *     lane 0   | m0 b0 | m0 b1 | m0 b2 | m4 b0 | m4 b1 ...      one column is one compression
 *     lane 1   | m1 b0 | m5 b0 | m5 b1 | m5 b2 | m7 b0
 *     lane 2   | m2 b0 | m2 b1 | m6 b0 | m6 b1 | m6 b2
 *     lane 3   | m3 b0 | m3 b1 | m3 b2 | m3 b3 | m8 b0
 *
 * Whole blocks are read where they lie. The last one or two of a message, which carry the padding,
 * are made in scratch when the message is taken. Loads may run up to 63 bytes past a message, and
 * so past the area into the scratch behind it: what they read there is overwritten or ignored.
 */
import * as wasm from "./assembler.js";
import { compression } from "./sha256-compression.js";
import { layout, scratchData } from "./sha256-layout.js";

type Code = wasm.Code;
type Local = wasm.Local;

const { get, set, i32, plus, minus } = wasm;
const lanes = [0, 1, 2, 3] as const;

/** Imported globals: where this instance's scratch starts, and where the area ends. */
const globalNames = ["scratch", "limit"] as const;
const SCRATCH = 0;
const LIMIT = 1;

/** Indexes of the functions in the module. */
const COMPRESS = 0;
const COMPRESS_NODE_END = 1;

/** The block behind the first 64 of a node's 65 bytes: one byte, padding, the length in bits. */
const nodeEndWords = new Map<number, number>([
  ...Array.from({ length: 14 }, (_, index): [number, number] => [index + 1, 0]),
  [15, 65 * 8],
]);

export function sha256Module(): wasm.AssembledModule {
  return wasm.assembleModule({
    globals: globalNames,
    functions: [compression(new Map()), compression(nodeEndWords), many(), nodes(), gather()],
    data: scratchData,
  });
}

/** Hands out the places of a function's locals. */
class Locals {
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

const increase = (local: Local, by: number): Code => set(local, plus(get(local), i32(by)));

/** Puts the initial state into all lanes. */
const resetState = (scratch: Local): Code =>
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
function transpose(
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

interface BlockLocals {
  readonly scratch: Local;
  readonly mask: Local;
  readonly rows: readonly Local[];
  readonly halves: readonly Local[];
}

function takeBlockLocals(locals: Locals): BlockLocals {
  return {
    scratch: locals.take(wasm.I32),
    mask: locals.take(wasm.V128),
    rows: lanes.map(() => locals.take(wasm.V128)),
    halves: lanes.map(() => locals.take(wasm.V128)),
  };
}

const openBlockLocals = ({ scratch, mask }: BlockLocals): Code =>
  wasm.sequence(
    set(scratch, wasm.globalGet(SCRATCH)),
    set(mask, wasm.load(get(scratch), layout.mask)),
  );

/** Fills the ring's words 4k..4k+3 from a vector of each lane, its bytes picked by the mask. */
function fillRing(
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

// many

interface Lane {
  /** Where its next block lies. */
  readonly block: Local;
  /** Blocks to go, the current one included. */
  readonly toGo: Local;
  /** Of those, how many lie in the message and not in the tail. */
  readonly whole: Local;
  /** 64, or 0 in a lane with nothing left to do. */
  readonly step: Local;
  readonly out: Local;
}

interface Many {
  readonly table: Local;
  readonly count: Local;
  readonly out: Local;
  readonly next: Local;
  readonly active: Local;
  readonly pointer: Local;
  readonly length: Local;
  readonly rest: Local;
  readonly bits: Local;
  readonly block: BlockLocals;
}

const FOREVER = 0x7fff_ffff;

function many(): wasm.FunctionCode {
  const locals = new Locals(3);
  const take = () => locals.take(wasm.I32);
  const [next, active, pointer, length, rest, bits] = [
    take(),
    take(),
    take(),
    take(),
    take(),
    take(),
  ];
  const block = takeBlockLocals(locals);
  const shared: Many = {
    ...{ table: 0, count: 1, out: 2, next, active, pointer, length, rest, bits, block },
  };
  const state = lanes.map((): Lane => {
    return { block: take(), toGo: take(), whole: take(), step: take(), out: take() };
  });

  const code = wasm.sequence(
    openBlockLocals(block),
    resetState(block.scratch),
    ...state.map((lane, index) => takeMessage(shared, lane, index)),
    wasm.whileDo(
      get(active),
      wasm.sequence(
        ...lanes.map((quarter) =>
          fillRing(
            quarter,
            state.map((lane) => wasm.load(get(lane.block), quarter * 16)),
            block,
          ),
        ),
        wasm.call(COMPRESS, get(block.scratch)),
        ...state.map((lane, index) => advance(shared, lane, index)),
      ),
    ),
    i32(0),
  );
  return {
    parameters: [wasm.I32, wasm.I32, wasm.I32],
    results: [wasm.I32],
    locals: locals.types,
    code,
    exported: "many",
  };
}

/** After a compression: the lane's next block, or its hash and the next message. */
function advance(shared: Many, lane: Lane, index: number): Code {
  const { scratch } = shared.block;
  const nextBlock = wasm.sequence(
    set(lane.block, plus(get(lane.block), get(lane.step))),
    set(lane.whole, minus(get(lane.whole), i32(1))),
    wasm.ifElse(wasm.isZero(get(lane.whole)), set(lane.block, tailOf(scratch, index))),
  );
  const finish = wasm.sequence(
    writeLane(shared.block, index, lane.out),
    set(shared.active, minus(get(shared.active), i32(1))),
    ...Array.from({ length: 8 }, (_, word) =>
      wasm.store32(
        get(scratch),
        wasm.load32(get(scratch), layout.initial + word * 4),
        layout.state + word * 16 + index * 4,
      ),
    ),
    takeMessage(shared, lane, index),
  );
  return wasm.sequence(
    set(lane.toGo, minus(get(lane.toGo), i32(1))),
    wasm.ifElse(get(lane.toGo), nextBlock, finish),
  );
}

const tailOf = (scratch: Local, lane: number): Code =>
  plus(get(scratch), i32(layout.tails + lane * layout.tailBytes));

/** Writes the hash that stands in one lane of the state, as bytes. */
function writeLane(block: BlockLocals, lane: number, out: Local): Code {
  return wasm.sequence(
    ...Array.from({ length: 8 }, (_, word) => {
      const vector = wasm.load(get(block.scratch), layout.state + word * 16);
      return wasm.storeLane(get(out), wasm.swizzle(vector, get(block.mask)), lane, word * 4);
    }),
  );
}

/** Gives the lane the table's next message, or lets it idle on its tail where there is none. */
function takeMessage(shared: Many, lane: Lane, index: number): Code {
  const { table, count, out, next, active, pointer, length, rest } = shared;
  const row = plus(get(table), wasm.shiftLeft32(get(next), i32(3)));
  const outside = wasm.or32(
    wasm.greaterUnsigned(get(length), wasm.globalGet(LIMIT)),
    wasm.greaterUnsigned(get(pointer), minus(wasm.globalGet(LIMIT), get(length))),
  );
  const tail = tailOf(shared.block.scratch, index);
  const work = wasm.sequence(
    set(pointer, wasm.load32(row)),
    set(length, wasm.load32(row, 4)),
    wasm.ifElse(outside, wasm.returnValue(i32(-1))),
    set(lane.out, plus(get(out), wasm.shiftLeft32(get(next), i32(5)))),
    increase(next, 1),
    increase(active, 1),
    set(lane.whole, wasm.shiftRight32(get(length), i32(6))),
    set(rest, wasm.and32(get(length), i32(63))),
    // 0x80 and the length need 9 bytes behind the rest.
    set(lane.toGo, plus(plus(get(lane.whole), i32(1)), wasm.greaterUnsigned(get(rest), i32(55)))),
    set(lane.step, i32(64)),
    makeTail(shared, lane, index),
    set(lane.block, wasm.select(get(pointer), tail, get(lane.whole))),
  );
  const idle = wasm.sequence(
    set(lane.block, tail),
    set(lane.toGo, i32(FOREVER)),
    set(lane.whole, i32(FOREVER)),
    set(lane.step, i32(0)),
  );
  return wasm.ifElse(wasm.lessUnsigned(get(next), get(count)), work, idle);
}

/** The rest of the message, 0x80, zeros, and the length in bits, big-endian, at the blocks' end. */
function makeTail(shared: Many, lane: Lane, index: number): Code {
  const { scratch, halves } = shared.block;
  const { pointer, length, rest, bits } = shared;
  const [zero] = halves as [Local];
  const places = [0, 16, 32, 48];
  const base = layout.tails + index * layout.tailBytes;
  const restAddress = plus(get(pointer), minus(get(length), get(rest)));
  const lengthPlace = plus(
    get(scratch),
    wasm.shiftLeft32(minus(get(lane.toGo), get(lane.whole)), i32(6)),
  );
  const swapped = wasm.or32(
    wasm.and32(wasm.rotateLeft32(get(bits), i32(8)), i32(0x00ff00ff)),
    wasm.and32(wasm.rotateLeft32(get(bits), i32(24)), i32(0xff00ff00)),
  );
  const storeWord = (before: number): Code => wasm.store32(lengthPlace, swapped, base - before);
  return wasm.sequence(
    ...places.map((place) => wasm.store(get(scratch), wasm.load(restAddress, place), base + place)),
    set(zero, wasm.splat(i32(0))),
    ...places.map((place) => wasm.store(plus(get(scratch), get(rest)), get(zero), base + place)),
    ...places.map((place) => wasm.store(get(scratch), get(zero), base + 64 + place)),
    wasm.store8(plus(get(scratch), get(rest)), i32(0x80), base),
    set(bits, wasm.shiftLeft32(get(length), i32(3))),
    storeWord(4),
    set(bits, wasm.shiftRight32(get(length), i32(29))),
    storeWord(8),
  );
}

// nodes

function nodes(): wasm.FunctionCode {
  const [pairs, count, out] = [0, 1, 2] as const;
  const locals = new Locals(3);
  const block = takeBlockLocals(locals);
  const { scratch } = block;
  const index = locals.take(wasm.I32);
  const pointers = lanes.map(() => locals.take(wasm.I32));
  const last = minus(get(count), i32(1));
  const at = (lane: number): Code => plus(get(index), i32(lane));
  const smaller = (lane: number): Code =>
    wasm.select(at(lane), last, wasm.lessUnsigned(at(lane), get(count)));

  const group = wasm.sequence(
    resetState(scratch),
    ...pointers.map((pointer, lane) =>
      set(pointer, plus(get(pairs), wasm.shiftLeft32(smaller(lane), i32(6)))),
    ),
    ...nodeBlocks(block, pointers),
    ...writeNodes({ block, out, count, index }),
    increase(index, 4),
  );
  return {
    parameters: [wasm.I32, wasm.I32, wasm.I32],
    results: [],
    locals: locals.types,
    code: wasm.sequence(
      openBlockLocals(block),
      wasm.whileDo(wasm.lessUnsigned(get(index), get(count)), group),
    ),
    exported: "nodes",
  };
}

/** A node's input is 0x01 and its pair: all words lie one byte before a pair's. */
function nodeBlocks(block: BlockLocals, pointers: readonly Local[]): Code[] {
  const { scratch } = block;
  const first = wasm.load(get(scratch), layout.ring);
  const prefixMask = wasm.load(get(scratch), layout.prefixMask);
  return [
    // The first vector is loaded from the pair's start, for there may be nothing before it; its
    // mask moves it up by a byte of zeros, which becomes the prefix.
    fillRing(
      0,
      pointers.map((pointer) => wasm.load(get(pointer))),
      block,
      prefixMask,
    ),
    wasm.store(get(scratch), wasm.or(first, wasm.splat(i32(0x0100_0000))), layout.ring),
    ...[1, 2, 3].map((quarter) =>
      fillRing(
        quarter,
        pointers.map((pointer) => wasm.load(get(pointer), quarter * 16 - 1)),
        block,
      ),
    ),
    wasm.call(COMPRESS, get(scratch)),
    ...pointers.map((pointer, lane) =>
      wasm.store32(
        get(scratch),
        wasm.or32(wasm.shiftLeft32(wasm.load8(get(pointer), 63), i32(24)), i32(0x0080_0000)),
        layout.ring + lane * 4,
      ),
    ),
    wasm.call(COMPRESS_NODE_END, get(scratch)),
  ];
}

function writeNodes(parts: {
  readonly block: BlockLocals;
  readonly out: Local;
  readonly count: Local;
  readonly index: Local;
}): Code[] {
  const { block, out, count, index } = parts;
  const { scratch, mask, rows, halves } = block;
  const { prepare, columns } = transpose(rows, halves);
  return [0, 1].flatMap((half) => [
    ...rows.map((row, word) => {
      const vector = wasm.load(get(scratch), layout.state + (half * 4 + word) * 16);
      return set(row, wasm.swizzle(vector, get(mask)));
    }),
    prepare,
    ...columns.map((column, lane) => {
      const place = plus(get(index), i32(lane));
      const address = plus(get(out), wasm.shiftLeft32(place, i32(5)));
      return wasm.ifElse(
        wasm.lessUnsigned(place, get(count)),
        wasm.store(address, column, half * 16),
      );
    }),
  ]);
}

// gather

function gather(): wasm.FunctionCode {
  const [table, count, out] = [0, 1, 2] as const;
  const locals = new Locals(3);
  const [pointer, length, end] = [
    locals.take(wasm.I32),
    locals.take(wasm.I32),
    locals.take(wasm.I32),
  ];
  const limit = wasm.globalGet(LIMIT);
  const beyond = (place: Local): Code =>
    wasm.greaterUnsigned(get(place), minus(limit, get(length)));
  const copyOne = wasm.sequence(
    set(pointer, wasm.load32(get(table))),
    set(length, wasm.load32(get(table), 4)),
    wasm.ifElse(
      wasm.or32(wasm.greaterUnsigned(get(length), limit), wasm.or32(beyond(pointer), beyond(end))),
      wasm.returnValue(i32(-1)),
    ),
    wasm.copyMemory(get(end), get(pointer), get(length)),
    set(end, plus(get(end), get(length))),
    increase(table, 8),
    increase(count, -1),
  );
  return {
    parameters: [wasm.I32, wasm.I32, wasm.I32],
    results: [wasm.I32],
    locals: locals.types,
    code: wasm.sequence(
      set(end, get(out)),
      wasm.whileDo(get(count), copyOne),
      minus(get(end), get(out)),
    ),
    exported: "gather",
  };
}
