/** The SHA-256 lanes on node:crypto: the oracle of the WebAssembly module, and its fallback. */
import { hash } from "node:crypto";
import { HASH_BYTES } from "./sha256.js";
import type { Sha256Kernel } from "./sha256-kernel.js";

const PAIR_BYTES = 64;
const NODE_PREFIX = 0x01;

export function portableKernel(bytes: Uint8Array): Sha256Kernel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const node = new Uint8Array(1 + PAIR_BYTES);
  node[0] = NODE_PREFIX;

  const range = (table: number, index: number): Uint8Array | undefined => {
    const pointer = view.getUint32(table + index * 8, true);
    const length = view.getUint32(table + index * 8 + 4, true);
    if (pointer + length > bytes.length) return undefined;
    return bytes.subarray(pointer, pointer + length);
  };

  return {
    many(table, count, out) {
      for (let index = 0; index < count; index++) {
        const message = range(table, index);
        if (message === undefined) return -1;
        bytes.set(hash("sha256", message, "buffer"), out + index * HASH_BYTES);
      }
      return 0;
    },

    nodes(pairs, count, out) {
      for (let index = 0; index < count; index++) {
        const pair = pairs + index * PAIR_BYTES;
        node.set(bytes.subarray(pair, pair + PAIR_BYTES), 1);
        bytes.set(hash("sha256", node, "buffer"), out + index * HASH_BYTES);
      }
    },

    gather(table, count, out) {
      let end = out;
      for (let index = 0; index < count; index++) {
        const source = range(table, index);
        if (source === undefined || end + source.length > bytes.length) return -1;
        bytes.copyWithin(
          end,
          source.byteOffset - bytes.byteOffset,
          source.byteOffset - bytes.byteOffset + source.length,
        );
        end += source.length;
      }
      return end - out;
    },
  };
}
