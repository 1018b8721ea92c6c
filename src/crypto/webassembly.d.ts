/**
 * The part of the WebAssembly JavaScript interface that this project uses. Node has it; the types
 * come with TypeScript's DOM library alone, which would promise a browser everywhere else.
 * Shapes from https://webassembly.github.io/spec/js-api/ and the threads proposal (`shared`).
 */
declare namespace WebAssembly {
  interface MemoryDescriptor {
    /** In pages of 64 KiB. */
    initial: number;
    maximum?: number;
    shared?: boolean;
  }
  interface Memory {
    readonly buffer: ArrayBuffer | SharedArrayBuffer;
    /** Returns the size before, in pages. Throws RangeError beyond the maximum. */
    grow(pages: number): number;
  }
  interface Module {
    readonly [Symbol.toStringTag]: string;
  }
  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  const Memory: { prototype: Memory; new (descriptor: MemoryDescriptor): Memory };
  const Module: { prototype: Module; new (bytes: Uint8Array): Module };
  const Instance: {
    prototype: Instance;
    new (module: Module, imports?: Record<string, Record<string, unknown>>): Instance;
  };
  function validate(bytes: Uint8Array): boolean;
}
