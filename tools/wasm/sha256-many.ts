/**
 * Writes `many`: messages of different lengths, hashed in four lanes that are kept apart. Each lane
 * has its own place in its own message; one that is done writes its hash and takes the table's next
 * message while the others go on. No lane idles before the table's end, whatever the lengths.
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
import {
  type BlockLocals,
  COMPRESS,
  fillRing,
  increase,
  LIMIT,
  Locals,
  lanes,
  openBlockLocals,
  resetState,
  takeBlockLocals,
} from "./sha256-block.js";
import { layout } from "./sha256-layout.js";

type Code = wasm.Code;
type Local = wasm.Local;

const { get, set, i32, plus, minus } = wasm;

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

/** `(table, count, out)`: 0, or -1 where a message is not in the area. */
export function many(): wasm.FunctionCode {
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
