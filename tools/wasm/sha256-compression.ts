/**
 * Writes SHA-256's compression of one block per lane, four lanes side by side: 64 rounds in a
 * row, so that the eight state variables are renamed instead of moved (FIPS 180-4, section 6.2).
 *
 * The message schedule is a ring of 16 vectors in memory. In locals it is as fast (the compiler
 * spills them, for state and temporaries fill the registers), and callers would have to pass them.
 *
 * Where words of the block are the same in every message (the padding behind a tree node's 65
 * bytes), what depends on them alone is computed here and not in the machine code.
 */
import * as wasm from "./assembler.js";
import { layout, roundConstants } from "./sha256-layout.js";

type Code = wasm.Code;
type Local = wasm.Local;

/** A word of the schedule: known now, or a vector at its place in the ring. */
type Word = { readonly constant: number } | "vector";

const rotate = (value: Local, bits: number): Code =>
  wasm.or(wasm.shiftRight(wasm.get(value), bits), wasm.shiftLeft(wasm.get(value), 32 - bits));
const xor3 = (first: Code, second: Code, third: Code): Code =>
  wasm.xor(wasm.xor(first, second), third);

const bigSigma0 = (x: Local): Code => xor3(rotate(x, 2), rotate(x, 13), rotate(x, 22));
const bigSigma1 = (x: Local): Code => xor3(rotate(x, 6), rotate(x, 11), rotate(x, 25));
const smallSigma0 = (x: Local): Code =>
  xor3(rotate(x, 7), rotate(x, 18), wasm.shiftRight(wasm.get(x), 3));
const smallSigma1 = (x: Local): Code =>
  xor3(rotate(x, 17), rotate(x, 19), wasm.shiftRight(wasm.get(x), 10));

const rotateNumber = (x: number, bits: number): number => (x >>> bits) | (x << (32 - bits));
const smallSigma0Of = (x: number): number => rotateNumber(x, 7) ^ rotateNumber(x, 18) ^ (x >>> 3);
const smallSigma1Of = (x: number): number => rotateNumber(x, 17) ^ rotateNumber(x, 19) ^ (x >>> 10);

/**
 * The function `(scratch)`: adds the compression of the block in the ring to the state.
 * `known` gives the words of the block that are constants; the others stand in the ring.
 */
export function compression(known: ReadonlyMap<number, number>): wasm.FunctionCode {
  const scratch: Local = 0;
  const state: Local[] = [1, 2, 3, 4, 5, 6, 7, 8];
  const [t1, xorNow, xorBefore, wordLocal, argument] = [9, 10, 11, 12, 13] as const;
  const parts: Code[] = [];
  for (const [index, local] of state.entries()) {
    parts.push(wasm.set(local, wasm.load(wasm.get(scratch), layout.state + index * 16)));
  }

  const words: Word[] = Array.from({ length: 16 }, (_, index) => {
    const constant = known.get(index);
    return constant === undefined ? "vector" : { constant };
  });
  const schedule = { scratch, wordLocal, argument };
  let [now, before] = [xorNow, xorBefore] as [Local, Local];
  let names = state;
  parts.push(wasm.set(before, wasm.xor(wasm.get(name(names, 1)), wasm.get(name(names, 2)))));
  for (let round = 0; round < 64; round++) {
    const { code, input } = roundInput(round, words, schedule);
    const [a, b, , d, e, f, g, h] = names as [
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
      Local,
    ];
    const choice = wasm.xor(wasm.and(wasm.xor(wasm.get(f), wasm.get(g)), wasm.get(e)), wasm.get(g));
    // Majority = ((a ^ b) & (b ^ c)) ^ b; this round's a ^ b is the next one's b ^ c.
    const majority = wasm.xor(wasm.and(wasm.get(now), wasm.get(before)), wasm.get(b));
    parts.push(
      code,
      wasm.set(t1, wasm.add(wasm.add(wasm.add(wasm.get(h), input), choice), bigSigma1(e))),
      wasm.set(d, wasm.add(wasm.get(d), wasm.get(t1))),
      wasm.set(now, wasm.xor(wasm.get(a), wasm.get(b))),
      wasm.set(h, wasm.add(wasm.add(wasm.get(t1), majority), bigSigma0(a))),
    );
    [now, before] = [before, now];
    names = [h, ...names.slice(0, 7)];
  }
  for (const [index, local] of names.entries()) {
    const sum = wasm.add(wasm.load(wasm.get(scratch), layout.state + index * 16), wasm.get(local));
    parts.push(wasm.store(wasm.get(scratch), sum, layout.state + index * 16));
  }
  return {
    parameters: [wasm.I32],
    results: [],
    locals: Array.from({ length: 13 }, () => wasm.V128),
    code: wasm.sequence(...parts),
  };
}

interface ScheduleLocals {
  readonly scratch: Local;
  readonly wordLocal: Local;
  readonly argument: Local;
}

/** What a round adds: its word plus its constant. Extends the schedule from round 16 on. */
function roundInput(
  round: number,
  words: Word[],
  locals: ScheduleLocals,
): { readonly code: Code; readonly input: Code } {
  const { scratch, wordLocal } = locals;
  const slot = round % 16;
  let code: Code = [];
  let wordCode: Code = wasm.load(wasm.get(scratch), layout.ring + slot * 16);
  if (round >= 16) {
    const next = nextWord(round, words, locals);
    words[slot] = next.word;
    code = next.code;
    wordCode = wasm.get(wordLocal);
  }
  const constant = roundConstants[round] ?? 0;
  const word = words[slot] ?? "vector";
  if (word !== "vector") {
    return { code, input: wasm.splat(wasm.i32((word.constant + constant) | 0)) };
  }
  const constantCode = wasm.loadSplat(wasm.get(scratch), layout.constants + round * 4);
  return { code, input: wasm.add(wordCode, constantCode) };
}

/** W[t] = W[t-16] + s0(W[t-15]) + W[t-7] + s1(W[t-2]), the constant terms summed here. */
function nextWord(
  round: number,
  words: readonly Word[],
  locals: ScheduleLocals,
): { readonly code: Code; readonly word: Word } {
  const { scratch, wordLocal, argument } = locals;
  let constant = 0;
  const before: Code[] = [];
  let sum: Code | undefined;
  const addTerm = (term: Code): void => {
    sum = sum === undefined ? term : wasm.add(sum, term);
  };
  const ring = (back: number): Code =>
    wasm.load(wasm.get(scratch), layout.ring + ((round - back + 16) % 16) * 16);

  for (const [back, sigma, sigmaOf] of [
    [16, undefined, undefined],
    [15, smallSigma0, smallSigma0Of],
    [7, undefined, undefined],
    [2, smallSigma1, smallSigma1Of],
  ] as const) {
    const word = words[(round - back + 16) % 16] ?? "vector";
    if (word !== "vector") {
      constant = (constant + (sigmaOf?.(word.constant) ?? word.constant)) | 0;
    } else if (sigma === undefined) {
      addTerm(ring(back));
    } else {
      // The argument is named three times: it is loaded once, just before its sum.
      before.push(
        wasm.set(argument, ring(back)),
        wasm.set(wordLocal, sum === undefined ? sigma(argument) : wasm.add(sum, sigma(argument))),
      );
      sum = wasm.get(wordLocal);
    }
  }
  if (sum === undefined) return { code: [], word: { constant } };
  if (constant !== 0) sum = wasm.add(sum, wasm.splat(wasm.i32(constant)));
  const place = layout.ring + (round % 16) * 16;
  const code = wasm.sequence(
    ...before,
    wasm.set(wordLocal, sum),
    wasm.store(wasm.get(scratch), wasm.get(wordLocal), place),
  );
  return { code, word: "vector" };
}

function name(names: readonly Local[], index: number): Local {
  return names[index] ?? 0;
}
