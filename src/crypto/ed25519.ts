/**
 * Ed25519 signatures (RFC 8032) by libsodium.
 *
 * `verify` accepts exactly what libsodium's `crypto_sign_verify_detached` accepts: S below the
 * group order, R and the key canonical and not of small order. Verifiers of Ed25519 differ in
 * these corners; the database takes libsodium's side, so that all nodes agree on every batch.
 *
 * Inputs may be views of shared memory, which libsodium's binding does not take: they are copied
 * into kept places first. That costs less than making a view.
 */
import { assert } from "../invariant/assert.js";
import { sodium } from "./sodium.js";

const PUBLIC_KEY_BYTES = 32;
const SECRET_KEY_BYTES = 64;
const SEED_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Longer messages are copied to memory of their own: everything signed here is shorter. */
const scratchBytes = 1024;

export interface KeyPair {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** 64 bytes in libsodium's form: the seed, then the public key. */
  readonly secretKey: Uint8Array;
}

const scratch = new Uint8Array(scratchBytes);
const signatureScratch = new Uint8Array(SIGNATURE_BYTES);
const publicKeyScratch = new Uint8Array(PUBLIC_KEY_BYTES);
let messageScratch = scratch.subarray(0, 0);

/** The key pair of a seed of 32 bytes, as RFC 8032 derives it. */
export function keyPairFromSeed(seed: Uint8Array): KeyPair {
  assert(seed.length === SEED_BYTES, "a seed has 32 bytes");
  const publicKey = new Uint8Array(PUBLIC_KEY_BYTES);
  const secretKey = new Uint8Array(SECRET_KEY_BYTES);
  sodium().crypto_sign_seed_keypair(publicKey, secretKey, Uint8Array.from(seed));
  return { publicKey, secretKey };
}

/** The detached signature of `message`: 64 bytes, the same for the same key and message. */
export function sign(message: Uint8Array, secretKey: Uint8Array): Uint8Array {
  assert(secretKey.length === SECRET_KEY_BYTES, "a secret key has 64 bytes");
  const signature = new Uint8Array(SIGNATURE_BYTES);
  sodium().crypto_sign_detached(signature, ownBytes(message), secretKey);
  return signature;
}

/** Whether the signature is valid. Total: whatever the bytes and their lengths, it answers. */
export function verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  if (signature.length !== SIGNATURE_BYTES || publicKey.length !== PUBLIC_KEY_BYTES) return false;
  signatureScratch.set(signature);
  publicKeyScratch.set(publicKey);
  return sodium().crypto_sign_verify_detached(
    signatureScratch,
    ownBytes(message),
    publicKeyScratch,
  );
}

/** The message in memory that is not shared; valid until the next call. */
function ownBytes(message: Uint8Array): Uint8Array {
  if (message.length > scratchBytes) return Uint8Array.from(message);
  if (messageScratch.length !== message.length) {
    messageScratch = scratch.subarray(0, message.length);
  }
  messageScratch.set(message);
  return messageScratch;
}
