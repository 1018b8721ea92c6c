/** SHA-256 (FIPS 180-4) and HMAC (RFC 2104) of single messages, by Node's OpenSSL. */
import { createHash, createHmac, hash } from "node:crypto";

export const HASH_BYTES = 32;

/** The hash of the parts, one behind the other; of nothing if there are none. 32 bytes. */
export function sha256(...parts: Uint8Array[]): Uint8Array {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return hash("sha256", only, "buffer");
  const hasher = createHash("sha256");
  for (const part of parts) hasher.update(part);
  return hasher.digest();
}

/** HMAC-SHA-256, 32 bytes; a key of any length. */
export function hmacSha256(key: Uint8Array, message: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(message).digest();
}
