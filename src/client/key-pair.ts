/**
 * Whoever speaks: an Ed25519 key pair, with the secret that its salts are derived from.
 *
 * The salt key is HMAC-SHA-256(seed, "stemedb/salt/v1" ‖ 0x00): it follows from the seed, so that
 * a key file is all that a repeated import needs to make the same ids, and it is not the seed, so
 * that it can be handed to something that encodes and must not sign.
 */
import { keyPairFromSeed, sign } from "../crypto/ed25519.js";
import { hmacSha256 } from "../crypto/sha256.js";
import { readKeyFile, writeKeyFile } from "../host/key-file.js";
import { type Random, systemRandom } from "../host/random.js";
import { Fault } from "../model/fault.js";
import { toHex } from "../model/hex.js";

const seedBytes = 32;
const SALT_CONTEXT = new TextEncoder().encode("stemedb/salt/v1\0");

export class KeyPair {
  /** 32 bytes: the author that entries name. */
  readonly publicKey: Uint8Array;
  /** 64 bytes: the seed, then the public key. */
  readonly secretKey: Uint8Array;
  /** 32 bytes: what salts are derived from. */
  readonly saltKey: Uint8Array;
  readonly #seed: Uint8Array;

  private constructor(seed: Uint8Array) {
    const pair = keyPairFromSeed(seed);
    this.publicKey = pair.publicKey;
    this.secretKey = pair.secretKey;
    this.saltKey = hmacSha256(seed, SALT_CONTEXT);
    this.#seed = Uint8Array.from(seed);
  }

  /** A new pair from 32 unpredictable bytes. */
  static generate(random: Random = systemRandom): KeyPair {
    return new KeyPair(random.bytes(seedBytes));
  }

  /** The pair of a seed of 32 bytes; throws KEY_INVALID for any other length. */
  static fromSeed(seed: Uint8Array): KeyPair {
    if (seed.length !== seedBytes) {
      throw new Fault("KEY_INVALID", "a seed has 32 bytes", { bytes: seed.length });
    }
    return new KeyPair(seed);
  }

  /**
   * Reads a key file (src/host/key-file.ts says its form). Throws KEY_INVALID where it is missing,
   * is not a key, or may be read by any user.
   */
  static async load(path: string): Promise<KeyPair> {
    return new KeyPair((await readKeyFile(path)).seed);
  }

  /** Writes a new key file, mode 0600, durable when this resolves; never overwrites one. */
  save(path: string, kind = "author"): Promise<void> {
    return writeKeyFile(path, { kind, seed: this.#seed });
  }

  /** The public key as people read it: 64 hexadecimal digits. */
  get publicKeyHex(): string {
    return toHex(this.publicKey);
  }

  /** 64 bytes. */
  sign(message: Uint8Array): Uint8Array {
    return sign(message, this.secretKey);
  }
}
