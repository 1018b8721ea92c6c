/**
 * The hash that tree arithmetic takes as its argument, so that it runs in a browser as it does in
 * the log. Domain separation as RFC 6962 section 2.1 has it.
 */
export interface TreeHash {
  /** SHA-256(0x00 ‖ data). */
  leaf(data: Uint8Array): Uint8Array;
  /** SHA-256(0x01 ‖ left ‖ right). */
  node(left: Uint8Array, right: Uint8Array): Uint8Array;
  /** SHA-256(0x01 ‖ 64 bytes) for `count` consecutive pairs. */
  nodes(pairs: Uint8Array, count: number): Uint8Array;
}

export const HASH_BYTES = 32;
