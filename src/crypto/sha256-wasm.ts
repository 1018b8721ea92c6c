/** The SHA-256 lanes in WebAssembly. */
import type { Sha256Kernel } from "./sha256-kernel.js";
import { portableKernel } from "./sha256-portable.js";

export const pageBytes = 65_536;
/** Pages of scratch that each opened module takes behind the area. */
export const scratchPages = 1;

export function isWasmSupported(): boolean {
  return true;
}

export function openWasmKernel(
  areaBytes: number,
  shared: WebAssembly.Memory | undefined,
): { readonly kernel: Sha256Kernel; readonly memory: WebAssembly.Memory } {
  const memory =
    shared ??
    new WebAssembly.Memory({ initial: Math.ceil(areaBytes / pageBytes), maximum: 65_536 });
  return { kernel: portableKernel(new Uint8Array(memory.buffer, 0, areaBytes)), memory };
}
