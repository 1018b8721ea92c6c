/**
 * Frontiers and resume tokens: what a reader has seen, in bytes that any node understands.
 *
 *     frontier      = one item per log, log ids ascending
 *     item          = log id (32) | size (8) | first 8 bytes of the root over that size
 *     resume token  = frontier
 *                   | 0x01, then per log: item | next index (8), for a place inside the next block
 *
 * Integers are big-endian. Sizes stand at ends of blocks, where a signed statement vouches for the
 * root; a place inside a block is the end of the block before and the next index. The lengths of
 * the two forms differ modulo 8, so that neither reads as the other.
 *
 * What was seen has one form: the second is there only where some index is inside a block, and the
 * root over no entries is that of RFC 6962, SHA-256 of nothing.
 */
import { assert } from "../invariant/assert.js";
import { bytesEqual } from "./hex.js";
import { logIdBytes } from "./position.js";

const ROOT_PREFIX_BYTES = 8;
const ITEM_BYTES = logIdBytes + 8 + ROOT_PREFIX_BYTES;
/** Of the root over no entries. */
export const emptyRootPrefix: Uint8Array = Uint8Array.of(
  ...[0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14],
);
const INSIDE_MARK = 1;
const INSIDE_ITEM_BYTES = ITEM_BYTES + 8;
/** Bounds a token: no cluster has more logs. */
const itemsMax = 4_096;

export interface FrontierItem {
  readonly logId: Uint8Array;
  /** Entries seen, at the end of a block. */
  readonly size: number;
  /** First 8 bytes of the root over `size` entries. */
  readonly rootPrefix: Uint8Array;
  /** The first index not seen: `size`, or further on inside the next block. */
  readonly next: number;
}

export function encodeFrontier(items: readonly FrontierItem[]): Uint8Array {
  const isInside = items.some((item) => item.next !== item.size);
  const itemBytes = isInside ? INSIDE_ITEM_BYTES : ITEM_BYTES;
  const token = new Uint8Array((isInside ? 1 : 0) + items.length * itemBytes);
  const view = new DataView(token.buffer);
  let at = 0;
  if (isInside) token[at++] = INSIDE_MARK;
  for (const item of items) {
    assert(item.next >= item.size, "a place inside a block lies behind the block before");
    token.set(item.logId, at);
    view.setBigUint64(at + logIdBytes, BigInt(item.size));
    token.set(item.rootPrefix.subarray(0, ROOT_PREFIX_BYTES), at + logIdBytes + 8);
    if (isInside) view.setBigUint64(at + ITEM_BYTES, BigInt(item.next));
    at += itemBytes;
  }
  return token;
}

/** Returns undefined where the bytes are not a frontier or resume token. */
export function decodeFrontier(token: Uint8Array): readonly FrontierItem[] | undefined {
  const isInside = token.length % 8 === 1;
  if (isInside && token[0] !== INSIDE_MARK) return undefined;
  const itemBytes = isInside ? INSIDE_ITEM_BYTES : ITEM_BYTES;
  const count = (token.length - (isInside ? 1 : 0)) / itemBytes;
  if (!Number.isInteger(count) || count > itemsMax) return undefined;
  const view = new DataView(token.buffer, token.byteOffset, token.byteLength);
  const items: FrontierItem[] = [];
  for (let at = isInside ? 1 : 0; at < token.length; at += itemBytes) {
    const logId = token.slice(at, at + logIdBytes);
    const size = view.getBigUint64(at + logIdBytes);
    const next = isInside ? view.getBigUint64(at + ITEM_BYTES) : size;
    if (next > BigInt(Number.MAX_SAFE_INTEGER) || next < size) return undefined;
    const last = items.at(-1);
    if (last !== undefined && Buffer.compare(last.logId, logId) >= 0) return undefined;
    const rootPrefix = token.slice(at + logIdBytes + 8, at + ITEM_BYTES);
    if (size === 0n && !bytesEqual(rootPrefix, emptyRootPrefix)) return undefined;
    items.push({ logId, size: Number(size), rootPrefix, next: Number(next) });
  }
  if (isInside && items.every((item) => item.next === item.size)) return undefined;
  return items;
}
