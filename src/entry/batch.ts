/**
 * What a batch's signature covers, where its entries belong, and who may write which body.
 *
 *     "stemedb/batch/v1" 0x00 | writer 16 | sequence 8 | count 4 | root 32        77 bytes
 *
 * Integers are big-endian. docs/reference/signing.md says it with test vectors.
 */
import { assert } from "../invariant/assert.js";
import { BATCH_SIGNATURE_CONTEXT, integerMax } from "../model/limits.js";
import { rootBytes, writerBytes } from "../model/position.js";

/** The shard of entries without a concept path. */
export const GLOBAL_SHARD = 256;

const context = new TextEncoder().encode(BATCH_SIGNATURE_CONTEXT);
/** How many bytes are signed. */
export const batchMessageBytes = context.length + writerBytes + 8 + 4 + rootBytes;

/** The bytes that an author signs, and a node verifies, for a batch. */
export function batchMessage(
  writer: Uint8Array,
  sequence: number,
  count: number,
  root: Uint8Array,
): Uint8Array {
  assert(writer.length === writerBytes, "a writer has 16 bytes");
  assert(root.length === rootBytes, "a root has 32 bytes");
  assert(sequence >= 1 && sequence <= integerMax, "a sequence is 1 to 2^53 - 1");
  const message = new Uint8Array(batchMessageBytes);
  message.set(context);
  message.set(writer, context.length);
  const view = new DataView(message.buffer);
  const at = context.length + writerBytes;
  view.setUint32(at, Math.floor(sequence / 0x1_0000_0000));
  view.setUint32(at + 4, sequence % 0x1_0000_0000);
  view.setUint32(at + 8, count);
  message.set(root, at + 12);
  return message;
}

/** The shard of a concept path, from its SHA-256: the first byte. */
export function shardOf(hashOfPath: Uint8Array): number {
  const [shard] = hashOfPath;
  assert(shard !== undefined, "a hash is not empty");
  return shard;
}

/** Grants and revocations: an administrator writes them from anywhere, as anybody writes claims. */
export const isAboutRights = (kind: number): boolean => kind === 40 || kind === 41;

/** Who may write a body: any client, an administrator's key, or only the log's own key. */
export function isClientBody(kind: number): "client" | "administrative" | "node" {
  if (kind >= 60) return "node";
  return kind >= 40 ? "administrative" : "client";
}
