/**
 * Opens the WebAssembly module of the SHA-256 lanes (tools/wasm/sha256.ts writes it) over a
 * memory of its own or a shared one.
 *
 * Each instance grows the memory by one page of scratch, behind everything that was there:
 * instances in several threads over one memory get pages of their own, since growing is atomic.
 */
import { assert } from "../invariant/assert.js";
import type { Sha256Kernel } from "./sha256-kernel.js";
import { memoryFlagsOffset, moduleBase64 } from "./sha256-lanes.generated.js";

export const pageBytes = 65_536;
/** Pages of scratch that each opened module takes behind the area. */
export const scratchPages = 1;

const FLAGS_SHARED = 3;
const FLAGS_UNSHARED = 1;

interface CompiledModules {
  readonly shared: WebAssembly.Module;
  readonly unshared: WebAssembly.Module;
}

let compiled: CompiledModules | "unsupported" | undefined;

/** Whether this machine and Node.js run the module: it needs SIMD, bulk memory, and threads. */
export function isWasmSupported(): boolean {
  return compiledModules() !== "unsupported";
}

/**
 * An instance whose area is the first `areaBytes` of the memory.
 * A shared memory must have room to grow by `scratchPages`.
 */
export function openWasmKernel(
  areaBytes: number,
  shared: WebAssembly.Memory | undefined,
): { readonly kernel: Sha256Kernel; readonly memory: WebAssembly.Memory } {
  const modules = compiledModules();
  assert(modules !== "unsupported", "WebAssembly with SIMD runs here");
  const memory = shared ?? privateMemory(areaBytes);
  const scratch = growByScratch(memory);
  const instance = new WebAssembly.Instance(shared ? modules.shared : modules.unshared, {
    env: { memory, scratch, limit: areaBytes },
  });
  return { kernel: instance.exports as unknown as Sha256Kernel, memory };
}

function privateMemory(areaBytes: number): WebAssembly.Memory {
  const initial = Math.ceil(areaBytes / pageBytes);
  return new WebAssembly.Memory({ initial, maximum: initial + scratchPages });
}

function growByScratch(memory: WebAssembly.Memory): number {
  try {
    return memory.grow(scratchPages) * pageBytes;
  } catch {
    assert(false, "the memory has room for the scratch of one more instance");
  }
}

function compiledModules(): CompiledModules | "unsupported" {
  compiled ??= compileModules();
  return compiled;
}

function compileModules(): CompiledModules | "unsupported" {
  if (typeof WebAssembly === "undefined") return "unsupported";
  const shared = Uint8Array.from(Buffer.from(moduleBase64, "base64"));
  const unshared = shared.slice();
  assert(shared[memoryFlagsOffset] === FLAGS_SHARED, "the module asks for a shared memory");
  unshared[memoryFlagsOffset] = FLAGS_UNSHARED;
  if (!WebAssembly.validate(shared) || !WebAssembly.validate(unshared)) return "unsupported";
  return { shared: new WebAssembly.Module(shared), unshared: new WebAssembly.Module(unshared) };
}
