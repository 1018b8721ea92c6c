/**
 * The keys that sources speak with: one per source, derived from the importer's.
 *
 * What several sources say under one key is one voice to every lens: the source that was imported
 * last would have revised the others, and nobody would disagree with anybody. So each has a key,
 *
 *     seed = HMAC-SHA-256(importer's seed, "stemedb/importer/v1" ‖ 0x00 ‖ source id)
 *
 * which follows from the importer's key file alone, so that a repeated import gives the same ids.
 */
import { KeyPair } from "../../src/client/index.js";
import { hmacSha256 } from "../../src/crypto/sha256.js";

const SOURCE_CONTEXT = "stemedb/importer/v1\0";
const seedBytes = 32;

export function sourceKeys(importer: KeyPair, sourceId: string): KeyPair {
  const seed = importer.secretKey.subarray(0, seedBytes);
  return KeyPair.fromSeed(hmacSha256(seed, Buffer.from(`${SOURCE_CONTEXT}${sourceId}`)));
}
