/**
 * SHA-256 of many short messages at once: four side by side in the lanes of SIMD registers.
 *
 * The log hashes every entry, every concept path and about two tree nodes per entry, so the cost
 * of calling a hash counts for more than hashing. Here a call hashes hundreds, and inputs and
 * outputs are places in one area, which a worker and its parent may share:
 *
 *     bytes  0                                               options.bytes
 *            +-----------------------------------------------+ - - - - - - - - - - - - - +
 *            | the area: messages, tables, hashes, as the    | scratch of each opened    |
 *            | caller lays them out                          | module (not in `bytes`)   |
 *            +-----------------------------------------------+ - - - - - - - - - - - - - +
 *
 * A table is `count` times (u32 pointer, u32 length), little-endian; a pointer is an offset in
 * `bytes`. Nothing has to be aligned.
 *
 * Two implementations give the same bytes: machine code written by tools/wasm/generate.ts, and
 * node:crypto where the machine cannot run it. Why own code: docs/decisions/0001-sha256-lanes.md.
 *
 * Invariants:
 *
 * - Nothing outside `out` (and `scratch`) is written; a range outside the area is an assertion
 *   failure in both implementations.
 * - One opened object is used by one thread at a time; several threads may each open one over the
 *   same shared memory.
 */
import { assert } from "../invariant/assert.js";
import { HASH_BYTES, sha256 } from "./sha256.js";
import type { Sha256Kernel } from "./sha256-kernel.js";
import { portableKernel } from "./sha256-portable.js";
import { isWasmSupported, openWasmKernel, pageBytes, scratchPages } from "./sha256-wasm.js";

export interface Sha256Lanes {
  /** The memory behind `bytes`; undefined in the portable implementation with no shared memory. */
  readonly memory: WebAssembly.Memory | undefined;
  /** The whole area; inputs and outputs are places in it. */
  readonly bytes: Uint8Array;
  readonly implementation: "wasm" | "portable";
  /**
   * Hashes `count` messages; `out` takes `count * 32` bytes, in the table's order, and must not
   * overlap the table or the messages.
   */
  many(table: number, count: number, out: number): void;
  /** out[i] = SHA-256(0x01 ‖ the 64 bytes at pairs + 64 i); `out` may equal `pairs`. */
  nodes(pairs: number, count: number, out: number): void;
  /**
   * The RFC 6962 tree hash over `count` leaf hashes of 32 bytes. Returns the offset of the root,
   * 32 bytes, in `scratch` or (of one leaf) the leaf itself. Overwrites up to
   * `max(count, 1) * 32` bytes at `scratch`, never the leaves, which may not overlap it.
   */
  root(leaves: number, count: number, scratch: number): number;
  /**
   * Copies the ranges one behind the other and returns the bytes copied. `out` may lie before or
   * in the ranges as long as no range is overwritten before it is copied.
   */
  gather(table: number, count: number, out: number): number;
}

export interface Sha256LanesOptions {
  /** Size of the area. */
  readonly bytes: number;
  /** Takes the first `bytes` of this memory as area (see `createSharedArea`); else a new one. */
  readonly shared?: WebAssembly.Memory;
  /** Preset: wasm where the machine runs it. */
  readonly implementation?: "wasm" | "portable";
}

/** How many times one shared area may be opened, by all its threads together. */
const opensMax = 8;

/**
 * A memory that threads can share, with an area of at least `bytes`. Each `openSha256Lanes` over
 * it takes a page of scratch behind the area, so it may be opened 8 times in its life.
 */
export function createSharedArea(bytes: number): WebAssembly.Memory {
  const initial = Math.ceil(bytes / pageBytes);
  return new WebAssembly.Memory({
    initial,
    maximum: initial + opensMax * scratchPages,
    shared: true,
  });
}

export function openSha256Lanes(options: Sha256LanesOptions): Sha256Lanes {
  const { bytes, shared } = options;
  assert(Number.isInteger(bytes) && bytes > 0, "an area has bytes");
  assert(bytes <= (shared?.buffer.byteLength ?? bytes), "the area lies in the shared memory");
  const implementation = options.implementation ?? (isWasmSupported() ? "wasm" : "portable");
  if (implementation === "wasm") {
    const { kernel, memory } = openWasmKernel(bytes, shared);
    return new AreaLanes(implementation, memory, new Uint8Array(memory.buffer, 0, bytes), kernel);
  }
  const area =
    shared === undefined ? new Uint8Array(bytes) : new Uint8Array(shared.buffer, 0, bytes);
  return new AreaLanes(implementation, shared, area, portableKernel(area));
}

class AreaLanes implements Sha256Lanes {
  readonly implementation: "wasm" | "portable";
  readonly memory: WebAssembly.Memory | undefined;
  readonly bytes: Uint8Array;
  readonly #kernel: Sha256Kernel;

  constructor(
    implementation: "wasm" | "portable",
    memory: WebAssembly.Memory | undefined,
    bytes: Uint8Array,
    kernel: Sha256Kernel,
  ) {
    this.implementation = implementation;
    this.memory = memory;
    this.bytes = bytes;
    this.#kernel = kernel;
  }

  many(table: number, count: number, out: number): void {
    this.#assertInArea(table, count * 8);
    this.#assertInArea(out, count * HASH_BYTES);
    const result = this.#kernel.many(table, count, out);
    assert(result === 0, "every message lies in the area");
  }

  nodes(pairs: number, count: number, out: number): void {
    this.#assertInArea(pairs, count * 2 * HASH_BYTES);
    this.#assertInArea(out, count * HASH_BYTES);
    this.#kernel.nodes(pairs, count, out);
  }

  root(leaves: number, count: number, scratch: number): number {
    this.#assertInArea(leaves, count * HASH_BYTES);
    this.#assertInArea(scratch, Math.max(count, 1) * HASH_BYTES);
    if (count === 1) return leaves;
    if (count === 0) {
      this.bytes.set(sha256(), scratch);
      return scratch;
    }
    // Level by level, each in place of the one below; a last node without a sibling moves up.
    let level = leaves;
    for (let nodes = count; nodes > 1; nodes = Math.ceil(nodes / 2)) {
      const pairs = nodes >>> 1;
      const last = level + (nodes - 1) * HASH_BYTES;
      this.#kernel.nodes(level, pairs, scratch);
      if (nodes % 2 === 1) {
        this.bytes.copyWithin(scratch + pairs * HASH_BYTES, last, last + HASH_BYTES);
      }
      level = scratch;
    }
    return scratch;
  }

  gather(table: number, count: number, out: number): number {
    this.#assertInArea(table, count * 8);
    this.#assertInArea(out, 0);
    const copied = this.#kernel.gather(table, count, out);
    assert(copied >= 0, "every range lies in the area, and so do the copies");
    return copied;
  }

  #assertInArea(offset: number, bytes: number): void {
    assert(
      offset >= 0 && bytes >= 0 && offset + bytes <= this.bytes.length,
      "place is in the area",
    );
  }
}
