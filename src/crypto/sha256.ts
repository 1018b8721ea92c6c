/** SHA-256 (FIPS 180-4) and HMAC (RFC 2104) of single messages, by Node's OpenSSL. */
import { createHash, hash } from "node:crypto";

export const HASH_BYTES = 32;

/** The hash of the parts, one behind the other; of nothing if there are none. 32 bytes. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return hash("sha256", only, "buffer");
  const hasher = createHash("sha256");
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

const BLOCK_BYTES = 64;

/**
 * HMAC-SHA-256, 32 bytes; a key of any length. By two one-shot hashes (RFC 2104): Node's Hmac
 * objects cost three times as much as the hashing of a short message.
 */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  const block = key.length > BLOCK_BYTES ? sha256(key) : key;
  const inner = Buffer.allocUnsafe(BLOCK_BYTES + message.length).fill(0x36, 0, BLOCK_BYTES);
  const outer = Buffer.allocUnsafe(BLOCK_BYTES + HASH_BYTES).fill(0x5c, 0, BLOCK_BYTES);
  for (let at = 0; at < block.length; at++) {
    const byte = block[at] ?? 0;
    inner[at] = byte ^ 0x36;
    outer[at] = byte ^ 0x5c;
  }
  inner.set(message, BLOCK_BYTES);
  outer.set(sha256(inner), BLOCK_BYTES);
  return sha256(outer);
}
