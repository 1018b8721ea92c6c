/**
 * A small assembler for WebAssembly: functions that give the bytes of instructions, and one that
 * frames a module around them. Expressions nest as they would in the text format:
 *
 *     add(get(x), load(get(base), 16))    =    (i32x4.add (local.get x) (v128.load offset=16 ...))
 *
 * Opcodes: https://webassembly.github.io/spec/core/binary/instructions.html. Only what
 * tools/wasm/sha256.ts uses is here; vector arithmetic is on four 32-bit lanes.
 */
import { assert } from "../../src/invariant/assert.js";

export type Code = readonly number[];

export const I32 = 0x7f;
export const V128 = 0x7b;
export type ValueType = typeof I32 | typeof V128;

/** An index among a function's parameters and locals. */
export type Local = number;

// Numbers: LEB128, as the binary format has them.

export function unsigned(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  do {
    const more = rest >= 0x80;
    bytes.push((rest % 0x80) | (more ? 0x80 : 0));
    rest = Math.floor(rest / 0x80);
  } while (rest > 0);
  return bytes;
}

export function signed(value: number): Code {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return bytes;
  }
}

/** Instructions one behind the other. */
export const sequence = (...parts: readonly Code[]): Code => parts.flat();

// Variables and control.

export const get = (local: Local): Code => [0x20, ...unsigned(local)];
export const set = (local: Local, value: Code): Code => [...value, 0x21, ...unsigned(local)];
export const tee = (local: Local, value: Code): Code => [...value, 0x22, ...unsigned(local)];
export const globalGet = (index: number): Code => [0x23, ...unsigned(index)];
export const call = (index: number, ...values: readonly Code[]): Code => [
  ...values.flat(),
  0x10,
  ...unsigned(index),
];
export const ifElse = (condition: Code, then: Code, otherwise: Code = []): Code => [
  ...condition,
  ...[0x04, 0x40],
  ...then,
  ...(otherwise.length === 0 ? [] : [0x05, ...otherwise]),
  0x0b,
];
/** Repeats the body as long as the condition holds; it is asked first. */
export const whileDo = (condition: Code, body: Code): Code => [
  ...[0x03, 0x40],
  ...condition,
  ...[0x04, 0x40],
  ...body,
  ...[0x0c, 0x01], // br 1: to the start of the loop
  ...[0x0b, 0x0b],
];
export const returnValue = (value: Code): Code => [...value, 0x0f];

// 32-bit integers.

export const i32 = (value: number): Code => [0x41, ...signed(value)];
const binary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, opcode];
export const isZero = (value: Code): Code => [...value, 0x45];
export const lessUnsigned = binary(0x49);
export const greaterUnsigned = binary(0x4b);
export const plus = binary(0x6a);
export const minus = binary(0x6b);
export const and32 = binary(0x71);
export const or32 = binary(0x72);
export const shiftLeft32 = binary(0x74);
export const shiftRight32 = binary(0x76);
export const rotateLeft32 = binary(0x77);
/** The first value if the condition is not 0, else the second. */
export const select = (yes: Code, no: Code, condition: Code): Code => [
  ...yes,
  ...no,
  ...condition,
  0x1b,
];

// Memory. Nothing is promised about alignment (hint 0).

export const load32 = (address: Code, offset = 0): Code => [
  ...address,
  ...[0x28, 0x00],
  ...unsigned(offset),
];
export const load8 = (address: Code, offset = 0): Code => [
  ...address,
  ...[0x2d, 0x00],
  ...unsigned(offset),
];
export const store32 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...[0x36, 0x00],
  ...unsigned(offset),
];
export const store8 = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...[0x3a, 0x00],
  ...unsigned(offset),
];
export const copyMemory = (to: Code, from: Code, bytes: Code): Code => [
  ...to,
  ...from,
  ...bytes,
  ...[0xfc, 0x0a, 0x00, 0x00],
];

// Vectors.

const vector = (opcode: number): Code => [0xfd, ...unsigned(opcode)];
const vectorBinary =
  (opcode: number) =>
  (left: Code, right: Code): Code => [...left, ...right, ...vector(opcode)];
export const load = (address: Code, offset = 0): Code => [
  ...address,
  ...vector(0x00),
  0x00,
  ...unsigned(offset),
];
/** One 32-bit word into all four lanes. */
export const loadSplat = (address: Code, offset = 0): Code => [
  ...address,
  ...vector(0x09),
  0x00,
  ...unsigned(offset),
];
export const store = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  ...vector(0x0b),
  0x00,
  ...unsigned(offset),
];
export const storeLane = (address: Code, value: Code, lane: number, offset = 0): Code => [
  ...address,
  ...value,
  ...vector(0x5a),
  0x00,
  ...unsigned(offset),
  lane,
];
export const splat = (value: Code): Code => [...value, ...vector(0x11)];
/** Picks bytes of the first value by the second's; 0x80 and above give 0. */
export const swizzle = vectorBinary(0x0e);
export const and = vectorBinary(0x4e);
export const or = vectorBinary(0x50);
export const xor = vectorBinary(0x51);
export const add = vectorBinary(0xae);
export const shiftLeft = (value: Code, bits: number): Code => [
  ...value,
  ...i32(bits),
  ...vector(0xab),
];
export const shiftRight = (value: Code, bits: number): Code => [
  ...value,
  ...i32(bits),
  ...vector(0xad),
];
/** Four 32-bit words out of the eight of both values: 0..3 of the first, 4..7 of the second. */
export const shuffleWords = (left: Code, right: Code, words: readonly number[]): Code => [
  ...left,
  ...right,
  ...vector(0x0d),
  ...words.flatMap((word) => [0, 1, 2, 3].map((byte) => word * 4 + byte)),
];

// Modules.

export interface FunctionCode {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly code: Code;
  /** The name it is exported under, if it is. */
  readonly exported?: string;
}

export interface ModuleCode {
  /** Immutable i32 globals that are imported from `env`, in the order of their indexes. */
  readonly globals: readonly string[];
  readonly functions: readonly FunctionCode[];
  /** Bytes written at the address in the first global when the module is instantiated. */
  readonly data: Code;
}

export interface AssembledModule {
  readonly bytes: Uint8Array;
  /** Where the flags of the imported memory stand: 0x03 for shared; 0x01 makes it unshared. */
  readonly memoryFlagsOffset: number;
}

const text = (value: string): Code => {
  const bytes = [...Buffer.from(value, "utf8")];
  return [...unsigned(bytes.length), ...bytes];
};
const list = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const sized = (content: Code): Code => [...unsigned(content.length), ...content];
const section = (id: number, content: Code): Code => [id, ...sized(content)];

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const MEMORY_PAGES_MAX = 65_536;

/** A module that imports `env.memory` and the globals, and has one function type per function. */
export function assembleModule(module: ModuleCode): AssembledModule {
  const { globals, functions, data } = module;
  const types = functions.map((each) => [
    0x60,
    ...list(each.parameters.map((type) => [type])),
    ...list(each.results.map((type) => [type])),
  ]);
  const memoryName = [...text("env"), ...text("memory"), 0x02];
  const memory = [...memoryName, 0x03, ...unsigned(1), ...unsigned(MEMORY_PAGES_MAX)];
  const imports = list([
    memory,
    ...globals.map((name) => [...text("env"), ...text(name), 3, I32, 0]),
  ]);
  const exported = functions.flatMap((each, index) =>
    each.exported === undefined ? [] : [[...text(each.exported), 0x00, ...unsigned(index)]],
  );
  const bodies = functions.map((each) => sized([...localsOf(each), ...each.code, 0x0b]));

  const beforeImports = [...MAGIC_AND_VERSION, ...section(1, list(types))];
  const importSection = section(2, imports);
  const bytes = Uint8Array.from([
    ...beforeImports,
    ...importSection,
    ...section(3, list(functions.map((_, index) => unsigned(index)))),
    ...section(7, list(exported)),
    ...section(10, list(bodies)),
    ...section(11, list([[0x00, ...globalGet(0), 0x0b, ...sized(data)]])),
  ]);
  const importHeaderBytes = importSection.length - imports.length;
  const memoryFlagsOffset =
    beforeImports.length +
    importHeaderBytes +
    unsigned(globals.length + 1).length +
    memoryName.length;
  assert(bytes[memoryFlagsOffset] === 0x03, "the flags of the memory stand where they are said to");
  return { bytes, memoryFlagsOffset };
}

function localsOf(code: FunctionCode): Code {
  return list(code.locals.map((type) => [...unsigned(1), type]));
}
