/**
 * Writes the module of the SHA-256 lanes (its use: src/crypto/sha256-lanes.ts).
 *
 *     many(table, count, out) -> 0 or -1      nodes(pairs, count, out)      gather(...) -> bytes
 *
 * The scratch of an instance is a page behind the area (sha256-layout.ts).
 */
import * as wasm from "./assembler.js";
import {
  type BlockLocals,
  COMPRESS,
  COMPRESS_NODE_END,
  fillRing,
  globalNames,
  increase,
  LIMIT,
  Locals,
  lanes,
  openBlockLocals,
  resetState,
  takeBlockLocals,
  transpose,
} from "./sha256-block.js";
import { compression } from "./sha256-compression.js";
import { layout, scratchData } from "./sha256-layout.js";
import { many } from "./sha256-many.js";

type Code = wasm.Code;
type Local = wasm.Local;

const { get, set, i32, plus, minus } = wasm;

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

/** `(pairs, count, out)`: four nodes at a time; a group's pairs are read before it is written. */
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

/** `(table, count, out)`: the bytes copied, or -1 where a range or its copy is not in the area. */
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
