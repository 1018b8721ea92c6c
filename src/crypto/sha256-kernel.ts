/**
 * What differs between the two implementations of the SHA-256 lanes: WebAssembly
 * (sha256-wasm.ts) and node:crypto (sha256-portable.ts), which is the other's oracle.
 *
 * Places are byte offsets in the area. The caller (sha256-lanes.ts) has checked that tables and
 * outputs lie in the area; the ranges a table names are checked by the kernel, which answers
 * -1 if one does not, with an undefined part of its output written.
 */
export interface Sha256Kernel {
  many(table: number, count: number, out: number): number;
  nodes(pairs: number, count: number, out: number): void;
  gather(table: number, count: number, out: number): number;
}
